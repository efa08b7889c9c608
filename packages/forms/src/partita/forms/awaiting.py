"""Telling async functions from others before they are called."""

from functools import partial
from typing import Any, Final

__all__ = ("is_async_function",)

_COROUTINE: Final = 0x80  # inspect.CO_COROUTINE; that module takes longer to import than half of this package


def is_async_function(call: Any) -> bool:
    """Tell whether calling ``call`` gives something to await: an ``async def``, a method, an object with such a ``__call__``."""
    while isinstance(call, partial):
        call = call.func
    method = getattr(type(call), "__call__", None)  # noqa: B004 - not whether it can be called, but with what code
    code = getattr(call, "__code__", None) or getattr(method, "__code__", None)
    return bool(code is not None and code.co_flags & _COROUTINE)

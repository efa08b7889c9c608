"""Objects that say how they were made, so that generated code can make them again: `deconstructible`."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar, overload

from partita.text.errors import DeconstructionError

__all__ = ("deconstructible",)

C = TypeVar("C", bound=type)


@overload
def deconstructible(cls: C, /) -> C: ...
@overload
def deconstructible(*, path: str | None = None) -> Callable[[C], C]: ...
def deconstructible(cls: Any = None, /, *, path: str | None = None) -> Any:
    """Give a class a method ``deconstruct()``, which returns dotted path, arguments and keyword arguments.

    Each object keeps what it was made with; ``path(*args, **kwargs)`` makes an equal one, for migrations for example.

    Args:
        cls: The class.
        path: Where the class can be imported from, if not from the module that it is defined in.
    """

    def decorate(kind: Any) -> Any:
        made: Callable[..., Any] = kind.__new__

        def __new__(made_of: Any, *args: Any, **kwargs: Any) -> Any:
            # A class that makes objects in its own way gets the arguments; `object` would refuse them.
            made_object = made(made_of) if made is object.__new__ else made(made_of, *args, **kwargs)
            made_object._made_with = (args, kwargs)
            return made_object

        def deconstruct(self: Any) -> tuple[str, tuple[Any, ...], Mapping[str, Any]]:
            """Return the dotted path of the class, and the arguments that make an equal object."""
            args, kwargs = self._made_with
            kind_here = type(self)
            named = path if path and kind_here is kind else f"{kind_here.__module__}.{kind_here.__name__}"
            return _checked(named), args, kwargs

        kind.__new__ = __new__
        kind.deconstruct = deconstruct
        return kind

    return decorate if cls is None else decorate(cls)


def _checked(path: str) -> str:
    """Return ``path`` if something is there."""
    module, _, name = path.rpartition(".")
    if not hasattr(import_module(module), name):
        raise DeconstructionError(name, module)
    return path

"""Converters that generated code need not call, because they tell what it is that they do."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ("InlineConverter",)


class InlineConverter:
    """A converter that tells the expression for the common case; a call of it costs as much as the conversion itself.

    Args:
        convert: Takes any value.
        common: An expression for ``{value}`` that stands for a conversion which is right where ``test`` is true.
        test: An expression for ``{value}``.
        names: What both mean by the names in them, which have to mean the same in every converter.
    """

    __slots__ = ("_common", "_convert", "_test", "names")

    def __init__(self, convert: Callable[[Any], Any], common: str, test: str, names: Mapping[str, Any]) -> None:
        self._convert, self._common, self._test, self.names = convert, common, test, names

    def __call__(self, value: Any) -> Any:
        """Convert."""
        return self._convert(value)

    def written(self, value: str, otherwise: str) -> str:
        """Return an expression that converts ``value``, a name, and calls ``otherwise`` where the case is not the common one."""
        common, test = self._common.format(value=value), self._test.format(value=value)
        return f"{common} if {test} else {otherwise}({value})"

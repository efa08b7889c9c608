"""Operators of Python as operators of the database: arithmetic, logic, and directions of an order."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partita.orm.expressions.operators import Combined
    from partita.orm.expressions.ordering_terms import OrderBy

__all__ = ("Combinable",)


class Combinable:
    """Arithmetic and logic in the database."""

    ADD, SUB, MUL, DIV, POW, MOD = "+", "-", "*", "/", "^", "%"
    BITAND, BITOR, BITXOR, BITLEFTSHIFT, BITRIGHTSHIFT = "&", "|", "#", "<<", ">>"

    @property
    def conditional(self) -> bool:
        """Whether this is true or false, so that rows can be filtered by it."""
        return False

    def _combine(self, other: Any, operator: str, swapped: bool = False) -> "Combined":
        from partita.orm.expressions.base import expression, value_or_expression
        from partita.orm.expressions.operators import Combined

        left, right = expression(self), value_or_expression(other)
        return Combined(right, operator, left) if swapped else Combined(left, operator, right)

    def __add__(self, other: Any) -> "Combined":
        return self._combine(other, "+")

    def __radd__(self, other: Any) -> "Combined":
        return self._combine(other, "+", True)

    def __sub__(self, other: Any) -> "Combined":
        return self._combine(other, "-")

    def __rsub__(self, other: Any) -> "Combined":
        return self._combine(other, "-", True)

    def __mul__(self, other: Any) -> "Combined":
        return self._combine(other, "*")

    def __rmul__(self, other: Any) -> "Combined":
        return self._combine(other, "*", True)

    def __truediv__(self, other: Any) -> "Combined":
        return self._combine(other, "/")

    def __rtruediv__(self, other: Any) -> "Combined":
        return self._combine(other, "/", True)

    def __mod__(self, other: Any) -> "Combined":
        return self._combine(other, "%")

    def __rmod__(self, other: Any) -> "Combined":
        return self._combine(other, "%", True)

    def __pow__(self, other: Any) -> "Combined":
        return self._combine(other, "^")

    def __rpow__(self, other: Any) -> "Combined":
        return self._combine(other, "^", True)

    def __neg__(self) -> "Combined":
        return self._combine(-1, "*")

    def bitand(self, other: Any) -> "Combined":
        """Bits that both numbers have."""
        return self._combine(other, "&")

    def bitor(self, other: Any) -> "Combined":
        """Bits that any of the numbers has."""
        return self._combine(other, "|")

    def bitxor(self, other: Any) -> "Combined":
        """Bits that one of the numbers has."""
        return self._combine(other, "#")

    def bitleftshift(self, other: Any) -> "Combined":
        """Bits moved to the left."""
        return self._combine(other, "<<")

    def bitrightshift(self, other: Any) -> "Combined":
        """Bits moved to the right."""
        return self._combine(other, ">>")

    def _logic(self, other: Any, connector: str) -> Any:
        if not (self.conditional and getattr(other, "conditional", False)):
            raise TypeError("Use .bitand(), .bitor(), and .bitxor() for bitwise logical operations.")
        return _joined(self, other, connector)

    def __and__(self, other: Any) -> Any:
        return self._logic(other, "AND")

    def __or__(self, other: Any) -> Any:
        return self._logic(other, "OR")

    def __xor__(self, other: Any) -> Any:
        return self._logic(other, "XOR")

    def __invert__(self) -> Any:
        return _negated(self)

    def asc(self, *, nulls_first: bool | None = None, nulls_last: bool | None = None) -> "OrderBy":
        """Order by this, smallest first."""
        from partita.orm.expressions.ordering_terms import OrderBy

        return OrderBy(self, nulls_first=nulls_first, nulls_last=nulls_last)

    def desc(self, *, nulls_first: bool | None = None, nulls_last: bool | None = None) -> "OrderBy":
        """Order by this, largest first."""
        from partita.orm.expressions.ordering_terms import OrderBy

        return OrderBy(self, descending=True, nulls_first=nulls_first, nulls_last=nulls_last)


def _negated(source: Any) -> Any:
    from partita.orm.expressions.operators import Negated

    return Negated(source)


def _joined(left: Any, right: Any, connector: str) -> Any:
    from partita.orm.q import Q

    first = left if isinstance(left, Q) else Q(left)
    if connector == "AND":
        return first & right
    return first | right if connector == "OR" else first ^ right

"""Comparisons with whole numbers that the column's type cannot hold."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from partita.orm.errors import FieldError
from partita.orm.expressions import BIG, Expression, Param
from partita.orm.fields import BigIntegerField, Field, ForeignKey, IntegerField
from partita.orm.lookups.base import Comparison, Element
from partita.orm.lookups.plain import LOOKUPS
from partita.orm.sql_elements import nothing

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("BOUNDED", "NEVER", "limits_of", "wider")


def limits_of(source: Expression) -> tuple[int, int] | None:
    """Return the smallest and the largest number that the type of ``source`` holds; None if it is no whole number."""
    try:
        field = source.output
    except FieldError:
        return None
    if isinstance(field, ForeignKey):
        if field.related_model is None:
            return None
        field = field.column_field
    if not isinstance(field, IntegerField):
        return None
    high = field.limits[1]
    return -high - 1, high


def wider(lookup: Comparison, rhs: Any) -> "tuple[Comparison, Any]":
    """Return a look-up and its right side for numbers beyond the column's type."""
    if lookup.name == "in":
        kept = [leaf for leaf in rhs if _LOWEST <= leaf.value <= _HIGHEST]
        return (_WIDE["in"], LOOKUPS["in"].prepare(BIG, [leaf.value for leaf in kept])) if kept else (NEVER, True)
    if lookup.name == "range":
        low, high = (leaf.value for leaf in rhs)
        if low is None or high is None or low > _HIGHEST or high < _LOWEST:
            return NEVER, True
        return _WIDE["range"], (Param(max(low, _LOWEST), BIG), Param(min(high, _HIGHEST), BIG))
    value = rhs.value
    if _LOWEST <= value <= _HIGHEST:
        return _WIDE[lookup.name], Param(value, BIG)
    below = lookup.name in ("lt", "lte")
    return (_ALWAYS if lookup.name != "exact" and below == (value > _HIGHEST) else NEVER), True


class _Known(Comparison):
    """A comparison whose outcome is known for every value but NULL."""

    def __init__(self, name: str, *, outcome: bool) -> None:
        self.name = name  # type: ignore[misc]  # one class serves two names
        self.outcome = outcome

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.is_not(None) if self.outcome else nothing(lhs)


class _Wide(Comparison):
    """A comparison with numbers larger than the column's own; another look-up, so that its plan is another as well."""

    def __init__(self, plain: Comparison) -> None:
        self.name = plain.name  # type: ignore[misc]  # one class serves several names
        self.plain = plain

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return self.plain.compile(compiler, lhs, rhs, field)


BOUNDED = frozenset({"exact", "gt", "gte", "lt", "lte", "in", "range"})
_WIDE: Mapping[str, Comparison] = MappingProxyType({name: _Wide(LOOKUPS[name]) for name in sorted(BOUNDED)})
NEVER, _ALWAYS = _Known("never", outcome=False), _Known("always", outcome=True)
_LOWEST, _HIGHEST = BigIntegerField.limits

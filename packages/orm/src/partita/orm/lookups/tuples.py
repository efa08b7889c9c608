"""Comparisons of several columns at once, for keys that are made of several."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, ColumnElement, and_, false, or_, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import Tuple

from partita.orm.expressions import Param
from partita.orm.lookups.base import Comparison, Element
from partita.orm.lookups.classes import BuiltinLookup

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("TUPLE_LOOKUPS", "parts_of")


def parts_of(element: Any) -> list[Any]:
    """Return the columns of a tuple; of anything else, itself alone."""
    return list(element.clauses) if isinstance(element, Tuple) else [element]


class _TupleComparison(Comparison):
    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]  # one class serves several names

    def prepare(self, field: Any, value: Any) -> Any:
        return tuple(
            Param(part.get_prep_value(each), part)
            for part, each in zip(field.fields, field.checked(value, self.name), strict=True)
        )

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Any) -> Element:
        left: Any = lhs
        if self.name == "exact":
            right = rhs if isinstance(rhs, tuple) else parts_of(rhs)
            if len(right) == len(parts_of(lhs)):
                return and_(*[one == other for one, other in zip(parts_of(lhs), right, strict=True)])
            return left == rhs  # type: ignore[no-any-return]  # a row that a query gives
        other = tuple_(*rhs) if isinstance(rhs, tuple) else rhs
        match self.name:
            case "gt":
                return left > other  # type: ignore[no-any-return]  # a condition
            case "gte":
                return left >= other  # type: ignore[no-any-return]  # same
            case "lt":
                return left < other  # type: ignore[no-any-return]  # same
            case _:
                return left <= other  # type: ignore[no-any-return]  # same


class _TupleIn(Comparison):
    name = "in"

    def prepare(self, field: Any, value: Any) -> Any:
        if isinstance(value, str | bytes) or not isinstance(value, Iterable):
            raise ValueError(f"'in' lookup of {field.name!r} must be a collection of tuples or lists")
        keys: dict[Any, None] = {}
        for key in value:
            if key is None:
                continue
            if not isinstance(key, list | tuple):
                raise ValueError(f"'in' lookup of {field.name!r} must be a collection of tuples or lists")
            if len(key) != len(field.fields):
                raise ValueError(f"'in' lookup of {field.name!r} must have {len(field.fields)} elements each")
            if not any(part is None for part in key):
                keys[tuple(part.get_prep_value(each) for part, each in zip(field.fields, key, strict=True))] = None
        if not keys:
            return ()
        wanted = list(keys)
        wanted += [wanted[-1]] * ((1 << (len(wanted) - 1).bit_length()) - len(wanted))  # few shapes for all lengths
        return tuple(Param(each, part) for key in wanted for part, each in zip(field.fields, key, strict=True))

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Any) -> Element:
        left: Any = lhs
        if not isinstance(rhs, tuple):
            return left.in_(rhs)  # type: ignore[no-any-return]  # a condition
        if not rhs:
            return false()
        width = len(field.fields)
        return _InRows(left, [rhs[start : start + width] for start in range(0, len(rhs), width)])


class _TupleIsNull(Comparison):
    name = "isnull"

    def prepare(self, field: Any, value: Any) -> Any:
        if not isinstance(value, bool):
            raise ValueError("The value of an isnull lookup must be True or False.")
        return value

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Any) -> Element:
        parts = parts_of(lhs)
        return or_(*[part.is_(None) for part in parts]) if rhs else and_(*[part.is_not(None) for part in parts])


class _InRows(ColumnElement[bool]):
    """``(a, b) IN ((1, 2), (3, 4))``; SQLite wants the word VALUES before the rows."""

    inherit_cache = False
    _is_implicitly_boolean = True  # or SQLAlchemy writes "= 1" behind it, and no index helps
    type = Boolean()

    def __init__(self, left: Any, rows: Sequence[Sequence[Any]]) -> None:
        self.left, self.rows = left, rows


@compiles(_InRows)
def _written(element: _InRows, compiler: Any, **options: Any) -> str:
    rows = ", ".join(f"({', '.join(compiler.process(part, **options) for part in row)})" for row in element.rows)
    values = "VALUES " if compiler.dialect.name == "sqlite" else ""
    return f"{compiler.process(element.left, **options)} IN ({values}{rows})"


def _class(comparison: Comparison) -> Any:
    namespace = {"lookup_name": comparison.name, "comparison": comparison, "__module__": BuiltinLookup.__module__}
    return type(f"Tuple{comparison.name.title()}", (BuiltinLookup,), namespace)


TUPLE_LOOKUPS: Mapping[str, Any] = MappingProxyType(
    {
        comparison.name: _class(comparison)
        for comparison in (
            *(_TupleComparison(name) for name in ("exact", "gt", "gte", "lt", "lte")),
            _TupleIn(),
            _TupleIsNull(),
        )
    }
)

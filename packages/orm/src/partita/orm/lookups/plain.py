"""The comparisons that any column may take part in."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, literal_column
from sqlalchemy.sql import operators

from partita.orm.errors import FieldError
from partita.orm.expressions import TEXT, Param
from partita.orm.fields import Field, IntegerField
from partita.orm.lookups.base import Comparison, Element
from partita.orm.sql_elements import cast, constant, func, nothing

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("ISNULL", "LOOKUPS")

_FILLED = 16_384  # values up to which lists are filled up


class _Exact(Comparison):
    name = "exact"

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.operate(operators.eq, rhs)


class _Compare(Comparison):
    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]  # one class serves four names

    def prepare(self, field: Field[Any], value: Any) -> Any:
        if isinstance(value, float) and isinstance(field, IntegerField) and self.name in ("gte", "lt"):
            value = math.ceil(value)  # 2 is the first whole number that is not less than 1.5
        return Param(field.get_prep_value(value), field)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        match self.name:
            case "gt":
                return lhs.operate(operators.gt, rhs)
            case "gte":
                return lhs.operate(operators.ge, rhs)
            case "lt":
                return lhs.operate(operators.lt, rhs)
            case _:
                return lhs.operate(operators.le, rhs)


class _In(Comparison):
    """Lists are filled up to the next power of two, so that few shapes serve all lengths."""

    name = "in"

    def prepare(self, field: Field[Any], value: Any) -> Any:
        if isinstance(value, str | bytes):
            raise FieldError(f"__in needs a list of values, not {value!r:.80}.")
        if not isinstance(value, Iterable):
            raise TypeError(f"__in needs a list of values, not {value!r:.80}, for it is not iterable.")
        given = [item for item in value if item is not None]
        # Keys, as prefetch_related() asks for them, are the very values that the driver takes.
        is_plain = {field.takes_plain()}.issuperset(map(type, given))
        prepared = given if is_plain else [field.get_prep_value(item) for item in given]
        try:
            if is_plain or len(set(map(type, prepared))) < 2:
                values = list(dict.fromkeys(prepared))
            else:  # 1 and True are equal to Python, but not to JSON
                values = list({(type(item), item): item for item in prepared}.values())
        except TypeError:  # JSON's objects and arrays
            values = prepared
        if not values:
            return ()
        # Drivers take 65,535 (PostgreSQL) or 32,766 parameters (SQLite, as many build it): the longest lists leave no room to fill.
        room = len(values) if len(values) > _FILLED else 1 << (len(values) - 1).bit_length()
        params = [Param(item, field) for item in values]
        params.extend(Param(values[-1], field) for _ in range(room - len(values)))
        return tuple(params)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if isinstance(rhs, tuple):
            return lhs.in_(rhs) if rhs else nothing(lhs)
        # What a user wrote as SQL brings its brackets.
        return lhs.op("IN", is_comparison=True)(rhs) if isinstance(rhs, ColumnElement) else lhs.in_(rhs)


class _Range(Comparison):
    name = "range"

    def prepare(self, field: Field[Any], value: Any) -> Any:
        if isinstance(value, str) or not isinstance(value, Iterable) or len(ends := tuple(value)) != 2:
            raise ValueError(f"__range needs the least and the greatest value, not {value!r:.80}.")
        low, high = ends
        return Param(field.get_prep_value(low), field), Param(field.get_prep_value(high), field)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.between(*rhs)


class _IsNull(Comparison):
    name = "isnull"

    def prepare(self, field: Field[Any], value: Any) -> Any:
        if not isinstance(value, bool):
            raise ValueError("The value of an isnull lookup must be True or False.")
        return value

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.is_(None) if rhs else lhs.is_not(None)


class _Like(Comparison):
    """Part of a text, with or without regard to case."""

    pattern = True

    def __init__(self, name: str, before: str, after: str, *, ignore_case: bool) -> None:
        self.name = name  # type: ignore[misc]  # one class serves seven names
        self.before, self.after, self.ignore_case = before, after, ignore_case

    def prepare(self, field: Field[Any], value: Any) -> Any:
        text = str(field.get_prep_value(value) if field.is_text else value)
        for special in ("\\", "%", "_"):
            text = text.replace(special, f"\\{special}")
        return Param(f"{self.before}{text}{self.after}", TEXT)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if not field.is_text:
            lhs = cast(lhs, Text)
        if not compiler.is_bound(rhs):  # another column: its wildcards must be escaped by the database
            backslash = "\\\\" if compiler.vendor == "mysql" else "\\"  # which is an escape there
            for special in (backslash, "%", "_"):
                rhs = func.replace(rhs, literal_column(f"'{special}'"), literal_column(f"'{backslash}{special}'"))
            before = constant(f"'{self.before}'", rhs)
            after: Element = literal_column(f"'{self.after}'")
            if compiler.vendor == "mysql":
                rhs = func.concat(before, rhs, after)
            else:  # PostgreSQL's CONCAT would take NULL for an empty text, which every text contains
                rhs = before.op("||")(rhs).op("||")(after)
        if compiler.vendor == "postgresql":
            return lhs.ilike(rhs, escape="\\") if self.ignore_case else lhs.like(rhs, escape="\\")
        if compiler.vendor == "mysql" and not self.ignore_case:
            return lhs.op("LIKE BINARY", is_comparison=True)(rhs)
        # SQLite's LIKE ignores the case of ASCII letters; MySQL's that of its collation. A backslash escapes in MySQL anyway.
        return lhs.like(rhs) if compiler.vendor == "mysql" else lhs.like(rhs, escape="\\")


class _Regex(Comparison):
    pattern = True

    def __init__(self, name: str, *, ignore_case: bool) -> None:
        self.name = name  # type: ignore[misc]  # one class serves two names
        self.ignore_case = ignore_case

    def prepare(self, field: Field[Any], value: Any) -> Any:
        return Param(str(value), TEXT)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if not field.is_text:
            lhs = cast(lhs, Text)
        if compiler.vendor == "postgresql":
            return lhs.op("~*" if self.ignore_case else "~", is_comparison=True)(rhs)
        if compiler.vendor == "mysql":
            # Neither by the collation, nor by bytes, as REGEXP BINARY does in MariaDB.
            flag = constant("'(?i)'" if self.ignore_case else "'(?-i)'", rhs)
            return lhs.op("REGEXP", is_comparison=True)(func.concat(flag, rhs))
        if self.ignore_case:
            return func.partita_iregexp(rhs, lhs) == literal_column("1")
        return lhs.op("REGEXP", is_comparison=True)(rhs)


ISNULL = _IsNull()
_IN = _In()
LOOKUPS: Mapping[str, Comparison] = MappingProxyType(
    {
        lookup.name: lookup
        for lookup in (
            _Exact(),
            _IN,
            _Range(),
            ISNULL,
            *(_Compare(name) for name in ("gt", "gte", "lt", "lte")),
            _Like("iexact", "", "", ignore_case=True),
            _Like("contains", "%", "%", ignore_case=False),
            _Like("icontains", "%", "%", ignore_case=True),
            _Like("startswith", "", "%", ignore_case=False),
            _Like("istartswith", "", "%", ignore_case=True),
            _Like("endswith", "%", "", ignore_case=False),
            _Like("iendswith", "%", "", ignore_case=True),
            _Regex("regex", ignore_case=False),
            _Regex("iregex", ignore_case=True),
        )
    }
)

"""Comparisons, such as ``__icontains``, and the transforms that may come before them, such as ``__year``."""

import datetime as dt
import json
import math
from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, cast, extract, false, func, literal, or_
from sqlalchemy.sql import operators

from partita.orm.errors import FieldError
from partita.orm.expressions import BIG, INTEGER, OF_VALUE, TEXT, Expression, Leaf, Param
from partita.orm.fields import (
    BigIntegerField,
    DateField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    TimeField,
)

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "BOUNDED",
    "ISNULL",
    "LOOKUPS",
    "DatePart",
    "Key",
    "Lookup",
    "limits_of",
    "parse_rest",
    "transformed",
    "wider",
)

Element = ColumnElement[Any]


class Lookup:
    """One kind of comparison."""

    name: ClassVar[str]

    def prepare(self, field: Field[Any], value: Any) -> Any:
        """Return ``value`` as bound parameters: one, or a tuple of them."""
        return Param(field.get_prep_value(value), field)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        """Return SQLAlchemy's condition."""
        raise NotImplementedError


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


def wider(lookup: Lookup, rhs: Any) -> "tuple[Lookup, Any]":
    """Return a look-up and its right side for numbers beyond the column's type."""
    if lookup.name == "in":
        kept = [leaf for leaf in rhs if _LOWEST <= leaf.value <= _HIGHEST]
        return (_WIDE["in"], _IN.prepare(BIG, [leaf.value for leaf in kept])) if kept else (_NEVER, True)
    if lookup.name == "range":
        low, high = (leaf.value for leaf in rhs)
        if low is None or high is None or low > _HIGHEST or high < _LOWEST:
            return _NEVER, True
        return _WIDE["range"], (Param(max(low, _LOWEST), BIG), Param(min(high, _HIGHEST), BIG))
    value = rhs.value
    if _LOWEST <= value <= _HIGHEST:
        return _WIDE[lookup.name], Param(value, BIG)
    below = lookup.name in ("lt", "lte")
    return (_ALWAYS if lookup.name != "exact" and below == (value > _HIGHEST) else _NEVER), True


class _Exact(Lookup):
    name = "exact"

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.operate(operators.eq, rhs)


class _JsonExact(Lookup):
    """Equality of JSON values, which only PostgreSQL can compare by itself."""

    name = "exact"

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor == "postgresql":
            return lhs.operate(operators.eq, rhs)
        return func.json_extract(lhs, "$") == func.json_extract(rhs, "$")


class _OfKey(Lookup):
    """A comparison with a value inside of JSON, whose other side is JSON as well."""

    def __init__(self, plain: Lookup) -> None:
        self.name = plain.name  # type: ignore[misc]  # one class serves several names
        self.plain = plain

    def prepare(self, field: Field[Any], value: Any) -> Any:
        return self.plain.prepare(field, value)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor != "postgresql":
            rhs = (
                tuple(func.json_extract(one, "$") for one in rhs)
                if isinstance(rhs, tuple)
                else func.json_extract(rhs, "$")
            )
        if compiler.vendor == "mysql" and self.name == "exact":  # MariaDB finds quoted texts unequal to themselves
            lhs, rhs = func.json_unquote(lhs), func.json_unquote(rhs)
        return self.plain.compile(compiler, lhs, rhs, field)


class _Compare(Lookup):
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


class _In(Lookup):
    """Lists are filled up to the next power of two, so that few shapes serve all lengths."""

    name = "in"

    def prepare(self, field: Field[Any], value: Any) -> Any:
        if isinstance(value, str | bytes):
            raise FieldError(f"__in needs a list of values, not {value!r:.80}.")
        values = list(dict.fromkeys(field.get_prep_value(item) for item in value if item is not None))
        if not values:
            return ()
        room = 1 << (len(values) - 1).bit_length()
        params = [Param(item, field) for item in values]
        params.extend(Param(values[-1], field) for _ in range(room - len(values)))
        return tuple(params)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if isinstance(rhs, tuple):
            return lhs.in_(rhs) if rhs else false()
        return lhs.in_(rhs)


class _Range(Lookup):
    name = "range"

    def prepare(self, field: Field[Any], value: Any) -> Any:
        low, high = value
        return Param(field.get_prep_value(low), field), Param(field.get_prep_value(high), field)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.between(*rhs)


class _IsNull(Lookup):
    name = "isnull"

    def prepare(self, field: Field[Any], value: Any) -> Any:
        if not isinstance(value, bool):
            raise ValueError("The value of an isnull lookup must be True or False.")
        return value

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.is_(None) if rhs else lhs.is_not(None)


class _Like(Lookup):
    """Part of a text, with or without regard to case."""

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
            for special in ("\\", "%", "_"):
                rhs = func.replace(rhs, special, f"\\{special}")
            if compiler.vendor == "mysql":
                rhs = func.concat(self.before, rhs, self.after)
            else:  # PostgreSQL's CONCAT would take NULL for an empty text, which every text contains
                rhs = literal(self.before).op("||")(rhs).op("||")(self.after)
        if compiler.vendor == "postgresql":
            return lhs.ilike(rhs, escape="\\") if self.ignore_case else lhs.like(rhs, escape="\\")
        if compiler.vendor == "mysql" and not self.ignore_case:
            return lhs.op("LIKE BINARY", is_comparison=True)(rhs)
        # SQLite's LIKE ignores the case of ASCII letters; MySQL's that of its collation. A backslash escapes in MySQL anyway.
        return lhs.like(rhs) if compiler.vendor == "mysql" else lhs.like(rhs, escape="\\")


class _Regex(Lookup):
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
            return lhs.op("REGEXP" if self.ignore_case else "REGEXP BINARY", is_comparison=True)(rhs)
        return lhs.op("REGEXP", is_comparison=True)(("(?i)" + rhs) if self.ignore_case else rhs)


class _Known(Lookup):
    """A comparison whose outcome is known for every value but NULL."""

    def __init__(self, name: str, *, outcome: bool) -> None:
        self.name = name  # type: ignore[misc]  # one class serves two names
        self.outcome = outcome

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return lhs.is_not(None) if self.outcome else false()


class _Wide(Lookup):
    """A comparison with numbers larger than the column's own; another look-up, so that its plan is another as well."""

    def __init__(self, plain: Lookup) -> None:
        self.name = plain.name  # type: ignore[misc]  # one class serves several names
        self.plain = plain

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        return self.plain.compile(compiler, lhs, rhs, field)


class _HasKey(Lookup):
    """Whether a JSON object has a key, or all or any of several."""

    def __init__(self, name: str, *, several: bool, every: bool) -> None:
        self.name = name  # type: ignore[misc]  # one class serves three names
        self.several, self.every = several, every

    def prepare(self, field: Field[Any], value: Any) -> Any:
        return tuple(Param(str(key), TEXT) for key in (value if self.several else [value]))

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        join = and_ if self.every else or_
        return join(*[self._has(compiler, lhs, key) for key in rhs])

    def _has(self, compiler: "Compiler", lhs: Element, key: Element) -> Element:
        if compiler.vendor == "postgresql":
            return func.jsonb_exists(lhs, key)
        if compiler.vendor == "mysql":
            return func.json_contains_path(lhs, "one", func.concat("$.", func.json_quote(key))) == 1
        return func.json_type(lhs, "$." + func.json_quote(key)).is_not(None)


class _JsonContains(Lookup):
    name = "contains"

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor == "postgresql":
            return lhs.op("@>", is_comparison=True)(rhs)
        if compiler.vendor == "mysql":
            return func.json_contains(lhs, rhs) == 1
        raise FieldError("SQLite cannot look up JSON with __contains.")


class Transform(Expression):
    """An expression made from one other."""

    def __init__(self, source: Expression) -> None:
        self.source = source
        self.contains_aggregate = source.contains_aggregate
        self.multiple = source.multiple

    def resolve(self, scope: Any) -> Expression:
        """It is resolved."""
        return self


class DatePart(Transform):
    """A number out of a date or time, in UTC."""

    output_field = INTEGER
    _SIMPLE: ClassVar[Mapping[str, str]] = {
        "year": "%Y",
        "month": "%m",
        "day": "%d",
        "hour": "%H",
        "minute": "%M",
        "second": "%S",
    }
    _POSTGRESQL: ClassVar[Mapping[str, str]] = {"iso_year": "isoyear", "iso_week_day": "isodow"}
    _MYSQL: ClassVar[Mapping[str, str]] = {"week_day": "dayofweek", "quarter": "quarter"}
    PARTS: ClassVar[frozenset[str]] = frozenset({*_SIMPLE, "week", "week_day", "quarter", "iso_year", "iso_week_day"})

    def __init__(self, source: Expression, part: str) -> None:
        if part not in self.PARTS:
            raise FieldError(f"{part!r:.80} is no part of a date. Known are {', '.join(sorted(self.PARTS))}.")
        super().__init__(source)
        self.part = part

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The part, and of what."""
        return (DatePart, self.part, self.source.shape(leaves))

    def compile(self, compiler: "Compiler") -> Element:
        """EXTRACT, or what the database has instead."""
        source, part = self.source.compile(compiler), self.part
        if compiler.vendor == "sqlite":
            if part in self._SIMPLE:
                return cast(func.strftime(self._SIMPLE[part], source), INTEGER.sql_type())
            return func.partita_part(part, source)
        if compiler.vendor == "postgresql":
            if part == "week_day":
                return cast(extract("dow", source), INTEGER.sql_type()) + 1
            if part == "second":
                return cast(func.floor(extract("second", source)), INTEGER.sql_type())
            return cast(extract(self._POSTGRESQL.get(part, part), source), INTEGER.sql_type())
        if part in self._MYSQL:
            return func.dayofweek(source) if part == "week_day" else func.quarter(source)
        if part == "iso_week_day":
            return func.weekday(source) + 1
        if part == "week":
            return func.week(source, 3)
        if part == "iso_year":
            return func.floor(func.yearweek(source, 3) / 100)
        return extract(part, source)


class _DayOrTime(Transform):
    """The date or the time of a moment, in UTC."""

    def __init__(self, source: Expression, kind: str) -> None:
        super().__init__(source)
        self.kind = kind
        self.output_field = OF_VALUE[dt.date if kind == "date" else dt.time]

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """Which, and of what."""
        return (_DayOrTime, self.kind, self.source.shape(leaves))

    def compile(self, compiler: "Compiler") -> Element:
        """DATE or TIME."""
        source = self.source.compile(compiler)
        if compiler.vendor == "postgresql":
            return cast(source, self.output.sql_type())
        if compiler.vendor == "sqlite" and self.kind == "time":
            return func.substr(source, 12)  # TIME() would drop the microseconds
        return func.date(source) if self.kind == "date" else func.time(source)


class Key(Transform):
    """A value inside of JSON. The key is a bound parameter, never part of the SQL."""

    def __init__(self, source: Expression, key: str) -> None:
        super().__init__(source)
        self.output_field = source.output_field if isinstance(source.output_field, JSONField) else _JSON
        inner = source.keys if isinstance(source, Key) else ()
        self.root: Expression = source.root if isinstance(source, Key) else source
        self.keys: tuple[str, ...] = (*inner, key)
        self.param = Param(self.keys, _KeyPath())

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """How deep; the keys are values."""
        leaves.append(self.param)
        return (Key, len(self.keys), self.root.shape(leaves))

    def compile(self, compiler: "Compiler") -> Element:
        """The value as JSON."""
        root, path = self.root.compile(compiler), compiler.param(self.param)
        if compiler.vendor == "postgresql":
            return root.op("#>")(_text_array(path))
        return func.json_extract(root, path)

    def as_text(self, compiler: "Compiler") -> Element:
        """Return the value as text."""
        root, path = self.root.compile(compiler), compiler.param(self.param)
        if compiler.vendor == "postgresql":
            return root.op("#>>")(_text_array(path))
        found = func.json_extract(root, path)
        return func.json_unquote(found) if compiler.vendor == "mysql" else found


class _KeyPath(Field[Any]):
    """The parameter that holds the keys of a look-up in JSON."""

    def sql_type(self) -> Any:
        return TEXT.sql_type()

    def to_driver(self, dialect: str) -> Any:
        return _postgresql_path if dialect == "postgresql" else _json_path

    def __eq__(self, other: object) -> bool:
        return type(other) is _KeyPath

    def __hash__(self) -> int:
        return hash(_KeyPath)


def _text_array(path: Element) -> Element:
    # A text array travels as its literal, which psycopg and asyncpg take alike.
    from sqlalchemy.dialects.postgresql import ARRAY

    return cast(path, ARRAY(Text))


def _postgresql_path(keys: Sequence[str]) -> str:
    quoted = (key.replace("\\", "\\\\").replace('"', '\\"') for key in keys)
    return "{" + ",".join(f'"{key}"' for key in quoted) + "}"


def _json_path(keys: Sequence[str]) -> str:
    return "$" + "".join(f"[{key}]" if key.isascii() and key.isdigit() else f".{json.dumps(key)}" for key in keys)


_JSON = JSONField(null=True)
ISNULL = _IsNull()
_IN = _In()
LOOKUPS: Mapping[str, Lookup] = MappingProxyType(
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
BOUNDED = frozenset({"exact", "gt", "gte", "lt", "lte", "in", "range"})
_WIDE: Mapping[str, Lookup] = MappingProxyType({name: _Wide(LOOKUPS[name]) for name in sorted(BOUNDED)})
_NEVER, _ALWAYS = _Known("never", outcome=False), _Known("always", outcome=True)
_LOWEST, _HIGHEST = BigIntegerField.limits
_JSON_LOOKUPS: Mapping[str, Lookup] = MappingProxyType(
    {
        "exact": _JsonExact(),
        "contains": _JsonContains(),
        "has_key": _HasKey("has_key", several=False, every=True),
        "has_keys": _HasKey("has_keys", several=True, every=True),
        "has_any_keys": _HasKey("has_any_keys", several=True, every=False),
    }
)
_KEY_LOOKUPS: Mapping[str, Lookup] = MappingProxyType(
    {name: _OfKey(LOOKUPS[name]) for name in ("exact", "gt", "gte", "lt", "lte", "range")}
)
_RELATION_LOOKUPS = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte"})


def transformed(source: Expression, names: Sequence[str]) -> Expression:
    """Apply the transforms ``names`` to ``source``.

    Raises:
        FieldError: If one does not apply.
    """
    for name in names:
        following = _transform(source, name)
        if following is None:
            raise FieldError(f"Unsupported lookup {name!r:.80} for {type(source.output).__name__}.")
        source = following
    return source


def parse_rest(source: Expression, names: Sequence[str], relation: Any) -> tuple[Expression, Lookup, bool]:
    """Split what follows a field into transforms and a look-up.

    Returns:
        The left side, the look-up, and whether both depend on nothing a user may choose freely.

    Raises:
        FieldError: If a name is neither.
    """
    kept = not isinstance(source.output_field, JSONField) or not names
    for index, name in enumerate(names):
        is_last = index == len(names) - 1
        if is_last and (lookup := _lookup(source, name, relation)) is not None:
            return source, lookup, kept
        following = None if relation is not None else _transform(source, name)
        if following is None:
            where = f"relation {relation.name!r}" if relation is not None else f"{type(source.output).__name__}"
            raise FieldError(f"Unsupported lookup {name!r:.80} for {where}, or join on the field not permitted.")
        source = following
    lookup = _lookup(source, "exact", relation)
    return source, lookup or LOOKUPS["exact"], kept


def _lookup(source: Expression, name: str, relation: Any) -> Lookup | None:
    if relation is not None:
        return LOOKUPS[name] if name in _RELATION_LOOKUPS else None
    if isinstance(source, Key) and name in _KEY_LOOKUPS:
        return _KEY_LOOKUPS[name]
    if isinstance(source.output_field, JSONField) and name in _JSON_LOOKUPS:
        return _JSON_LOOKUPS[name]
    return LOOKUPS.get(name)


def _transform(source: Expression, name: str) -> Expression | None:
    field = source.output
    if isinstance(field, JSONField):
        return Key(source, name)
    if isinstance(field, DateTimeField) and name in ("date", "time"):
        return _DayOrTime(source, name)
    if isinstance(field, DateField | DateTimeField | TimeField) and name in DatePart.PARTS:
        return DatePart(source, name)
    return None

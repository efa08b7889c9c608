"""Comparisons with JSON, and values inside of it."""

import json
from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Text, literal_column
from sqlalchemy.sql import operators

from partita.orm.errors import FieldError
from partita.orm.expressions import TEXT, Expression, F, Leaf, Param, Ref, Scope
from partita.orm.fields import Field, JSONField
from partita.orm.lookups.base import Comparison, Derived, Element
from partita.orm.lookups.plain import LOOKUPS
from partita.orm.sql_elements import and_, case, cast, constant, func, or_
from partita.orm.written import NotPlain, WrittenSelect

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "JSON_LOOKUPS",
    "JSON_NULL",
    "KEY_LOOKUPS",
    "KEY_NULL",
    "KT",
    "JSONNull",
    "Key",
    "KeyText",
    "NamedKey",
    "WholeKey",
    "of_one_kind",
    "with_key",
)


class _JsonExact(Comparison):
    """Equality of JSON values, which only PostgreSQL can compare by itself."""

    name = "exact"

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor == "postgresql":
            return lhs.operate(operators.eq, rhs)
        if compiler.vendor == "mysql":
            return _same_in_mysql(func.json_extract(lhs, _ROOT), func.json_extract(rhs, _ROOT))
        same: Element = func.json_extract(lhs, _ROOT) == func.json_extract(rhs, _ROOT)
        if compiler.vendor == "sqlite":  # where true is 1, and a text may look like a list
            same = and_(same, _number_or_kind(func.json_type(lhs)) == _number_or_kind(func.json_type(rhs)))
        return same


def _same_in_mysql(one: Element, other: Any) -> Element:
    """Return whether two JSON values are the same: MariaDB finds quoted texts unequal to themselves, and unquoted ones equal to numbers."""
    text: Any = literal_column("'STRING'")
    same: Element = func.json_unquote(one) == func.json_unquote(other)
    return and_(same, (func.json_type(one) == text) == (func.json_type(other) == text))


def _number_or_kind(kind: Element) -> Element:
    """Return a type of JSON values in SQLite, the same for all numbers."""
    return func.replace(kind, literal_column("'real'"), literal_column("'integer'"))


def of_one_kind(compiler: "Compiler", key: "Key", rhs: Element) -> Element:
    """Return whether a value inside of JSON and a parameter are both true or false, both text and so on.

    Once they are taken out of JSON, true is 1 to SQLite, and ``"1"`` is 1 to MySQL and MariaDB.
    """
    kind, other = key.as_type(compiler), func.json_type(rhs)
    if compiler.vendor == "mysql":
        text: Any = literal_column("'STRING'")
        return func.instr(kind, text) == func.instr(other, text)
    return _number_or_kind(kind) == _number_or_kind(other)


class _OfKey(Comparison):
    """A comparison with a value inside of JSON, whose other side is JSON as well."""

    def __init__(self, plain: Comparison) -> None:
        self.name = plain.name  # type: ignore[misc]  # one class serves several names
        self.plain = plain

    def prepare(self, field: Field[Any], value: Any) -> Any:
        return self.plain.prepare(field, value)

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor != "postgresql" and not (self.name == "in" and not isinstance(rhs, tuple)):  # a query
            rhs = (
                tuple(func.json_extract(one, _ROOT) for one in rhs)
                if isinstance(rhs, tuple)
                else func.json_extract(rhs, _ROOT)
            )
        if compiler.vendor == "mysql" and self.name == "in" and isinstance(rhs, tuple) and rhs:
            return or_(*[_same_in_mysql(lhs, one) for one in rhs])
        if compiler.vendor == "mysql" and self.name == "in" and isinstance(rhs, WrittenSelect):
            raise NotPlain  # what it selects is to be written otherwise
        if compiler.vendor == "mysql" and self.name == "in" and isinstance(rhs, Select):
            texts = [func.json_unquote(column) for column in rhs.selected_columns]
            return func.json_unquote(lhs).in_(rhs.with_only_columns(*texts, maintain_column_froms=True))
        if compiler.vendor == "mysql" and self.name == "exact":
            return _same_in_mysql(lhs, rhs)
        return self.plain.compile(compiler, lhs, rhs, field)


class _HasKey(Comparison):
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
            path = func.concat(literal_column("'$.'"), func.json_quote(key))
            return func.json_contains_path(lhs, literal_column("'one'"), path) == literal_column("1")
        return func.json_type(lhs, constant("'$.'", key).op("||")(func.json_quote(key))).is_not(None)


class _JsonContains(Comparison):
    """Whether one JSON value has all that another has (PostgreSQL's containment, section 8.14.3 of its manual)."""

    def __init__(self, name: str, *, swapped: bool) -> None:
        self.name = name  # type: ignore[misc]  # one class serves two names
        self.swapped = swapped

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor == "postgresql":
            return lhs.op("<@" if self.swapped else "@>", is_comparison=True)(rhs)
        outer, inner = (rhs, lhs) if self.swapped else (lhs, rhs)
        if compiler.vendor == "mysql":
            return func.json_contains(outer, inner) == literal_column("1")
        return func.partita_json_contains(outer, inner) == literal_column("1")


class _JsonNull(Comparison):
    """Whether there is JSON's null, which is something else than no value."""

    name = "jsonnull"

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor == "postgresql":
            return lhs.operate(operators.eq, literal_column("'null'::jsonb"))
        if compiler.vendor == "mysql":
            return func.json_type(lhs) == literal_column("'NULL'")
        return func.json_type(lhs) == literal_column("'null'")


class _KeyNull(_JsonNull):
    """The same of a value inside, where the left side is its type in SQLite."""

    name = "keynull"

    def compile(self, compiler: "Compiler", lhs: Element, rhs: Any, field: Field[Any]) -> Element:
        if compiler.vendor == "sqlite":
            return lhs == literal_column("'null'")
        return super().compile(compiler, lhs, rhs, field)


class Key(Derived):
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

    def as_type(self, compiler: "Compiler") -> Element:
        """Return something that is NULL only where there is no such key; JSON's null is something."""
        root, path = self.root.compile(compiler), compiler.param(self.param)
        if compiler.vendor == "postgresql":
            return root.op("#>")(_text_array(path))
        return (
            func.json_type(root, path) if compiler.vendor == "sqlite" else func.json_type(func.json_extract(root, path))
        )

    def as_json(self, compiler: "Compiler") -> Element:
        """Return the value as JSON in SQLite, which gives plain values where they are taken out of JSON."""
        root, path = self.root.compile(compiler), compiler.param(self.param)
        kind = func.json_type(root, path)
        words: list[tuple[Any, Any]] = [
            (kind == literal_column(f"'{word}'"), literal_column(f"'{word}'")) for word in ("true", "false")
        ]
        return case(*words, else_=func.json_quote(func.json_extract(root, path)))

    def as_text(self, compiler: "Compiler") -> Element:
        """Return the value as text."""
        root, path = self.root.compile(compiler), compiler.param(self.param)
        if compiler.vendor == "postgresql":
            return root.op("#>>")(_text_array(path))
        found = func.json_extract(root, path)
        return func.json_unquote(found) if compiler.vendor == "mysql" else found


class NamedKey(Key):
    """A value inside of JSON that has a name: an annotation in a condition."""

    def __init__(self, ref: Ref, key: Key) -> None:
        self.__dict__.update(key.__dict__)
        self.ref = ref

    def get_group_by_cols(self) -> list[Any]:
        """As the annotation."""
        return self.ref.get_group_by_cols()

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The alias, and the keys, which some comparisons look up once more."""
        leaves.append(self.param)
        return (NamedKey, self.ref.shape(leaves))

    def compile(self, compiler: "Compiler") -> Element:
        """The annotation."""
        return self.ref.compile(compiler)


class WholeKey(Derived):
    """A value inside of JSON as it is given to Python: SQLite would give the text ``"1"`` as it gives the number, and true as 1."""

    def __init__(self, source: Key) -> None:
        super().__init__(source)
        self.key = source

    def compile(self, compiler: "Compiler") -> Element:
        """The value as JSON."""
        return self.key.as_json(compiler)


def with_key(source: Any) -> Any:
    """Return an annotation as the value inside of JSON that it is, if it is one; all else unchanged."""
    key = source.source if isinstance(source, Ref) else None
    return NamedKey(source, key) if isinstance(key, Key) and not key.multiple else source


class KeyText(Derived):
    """A value inside of JSON, as text."""

    output_field = TEXT

    def __init__(self, source: Key) -> None:
        super().__init__(source)
        self.key = source

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """As the key's."""
        return (KeyText, self.key.shape(leaves))

    def compile(self, compiler: "Compiler") -> Element:
        """The value as text."""
        return self.key.as_text(compiler)


class KT(F):
    """A value inside of JSON as text, by its way: ``KT("data__owner__name")``."""

    def resolve(self, scope: Scope) -> Expression:
        """Return the value as text.

        Raises:
            FieldError: If the way does not lead into JSON.
        """
        found = scope.column(self.name)
        if not isinstance(found, Key):
            raise FieldError(f"KT({self.name!r:.80}) does not lead to a key of a JSONField.")
        return KeyText(found)


class JSONNull(Expression):
    """JSON's null, where None is NULL."""

    def __init__(self) -> None:
        self.output_field = _JSON

    @property
    def identity(self) -> Hashable:
        """It is always the same."""
        return JSONNull

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """It is always the same."""
        return JSONNull

    def compile(self, compiler: "Compiler") -> Element:
        """The text, or JSONB in PostgreSQL."""
        return literal_column("'null'::jsonb" if compiler.vendor == "postgresql" else "'null'")


class _KeyPath(Field[Any]):
    """The parameter that holds the keys of a look-up in JSON."""

    def sql_type(self) -> Any:
        return TEXT.sql_type()

    def to_driver(self, dialect: str) -> Any:
        return {"postgresql": _postgresql_path, "sqlite": _sqlite_path}.get(dialect, _mysql_path)

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


def _sqlite_path(keys: Sequence[str]) -> str:
    return "$" + "".join(_written(key, "[#-%s]") for key in keys)


def _mysql_path(keys: Sequence[str]) -> str:
    return "$" + "".join(_written(key, "[-%s]") for key in keys)


def _written(key: str, from_end: str) -> str:
    """Return a part of a path: a place in an array, perhaps counted from its end, or a quoted key."""
    digits = key[1:] if key[:1] == "-" else key
    if not (digits.isascii() and digits.isdigit()):
        return f".{json.dumps(key)}"
    return from_end % digits if key[0] == "-" else f"[{key}]"


_JSON = JSONField(null=True)
_ROOT: Any = literal_column("'$'")
JSON_LOOKUPS: Mapping[str, Comparison] = MappingProxyType(
    {
        "exact": _JsonExact(),
        "contains": _JsonContains("contains", swapped=False),
        "contained_by": _JsonContains("contained_by", swapped=True),
        "has_key": _HasKey("has_key", several=False, every=True),
        "has_keys": _HasKey("has_keys", several=True, every=True),
        "has_any_keys": _HasKey("has_any_keys", several=True, every=False),
    }
)
KEY_LOOKUPS: Mapping[str, Comparison] = MappingProxyType(
    {name: _OfKey(LOOKUPS[name]) for name in ("exact", "in", "gt", "gte", "lt", "lte", "range")}
)
JSON_NULL = _JsonNull()
KEY_NULL = _KeyNull()

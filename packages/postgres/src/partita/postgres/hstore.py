"""Fields that hold texts by name (extension ``hstore``)."""

import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, func
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm import Field, TextField, Transform, Value
from partita.orm.fields.base import Converter, Text
from partita.postgres.arrays import ArrayField
from partita.postgres.comparisons import OperatorLookup, of_postgresql
from partita.postgres.literals import LiteralType, stored

__all__ = ("HStoreField",)

_TEXT, _KEYS = TextField(), ArrayField(TextField())
_STRING = r'"((?:[^"\\]|\\.)*)"'
_PAIR = re.compile(rf"{_STRING}=>(?:NULL|{_STRING})(?:, )?", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'["\\]')


class HStoreField(Field[Any]):
    """A mapping of texts to texts or None.

    Look-ups: ``contains``, ``contained_by``, ``has_key``, ``has_keys``, ``has_any_keys``, ``keys``, ``values`` and any key
    (``facts__label="Blue Note"``).
    """

    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("Could not load JSON data."),
        "not_a_string": gettext_lazy("The value of “%(key)s” is not a string or null."),
    }
    empty_strings_allowed = False

    def formfield(self, **options: Any) -> Any:
        """Return the field of a form; needs the extra ``forms``."""
        from partita.postgres.forms import formfield_of

        return formfield_of(self, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """HSTORE."""
        return LiteralType("hstore")

    def placeholder(self, mark: str, dialect: str) -> str:
        """A parameter that is text."""
        return stored(mark, "hstore", dialect)

    def to_driver(self, dialect: str) -> Converter | None:
        """The mapping as PostgreSQL writes it."""
        return _written

    def from_driver(self, dialect: str) -> Converter | None:
        """A mapping, from what PostgreSQL writes."""
        return _read

    def get_prep_value(self, value: Any) -> Any:
        """Return a mapping whose keys and values are text.

        Raises:
            TypeError: If ``value`` is no mapping.
        """
        if value is None or hasattr(value, "resolve"):
            return value
        if not isinstance(value, Mapping):
            raise TypeError(f"{self!r} takes a mapping, not {type(value).__name__} {str(value)[:80]!r}.")
        return {str(key): None if each is None else str(each) for key, each in value.items()}

    def to_python(self, value: Any) -> Any:
        """Return ``value``, a mapping or JSON, as a dictionary."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                raise self.invalid("invalid", value=value[:80]) from None
        if value is not None and not isinstance(value, Mapping):
            raise self.invalid("invalid", value=str(value)[:80])
        return None if value is None else dict(value)

    def validate(self, value: Any, instance: Any) -> None:
        """Check that every value is text or None."""
        super().validate(value, instance)
        for key, each in (value or {}).items():
            if each is not None and not isinstance(each, str):
                raise self.invalid("not_a_string", key=key)

    def value_to_string(self, instance: Any) -> str:
        """Return JSON."""
        return json.dumps(self.value_from_object(instance))

    def get_transform(self, name: str) -> Any:
        """The value of a key, besides the transforms that are registered."""
        found = super().get_transform(name)
        return partial(_OfKey, key=name) if found is None else found

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Name the package, not the module."""
        name, path, args, kwargs = super().deconstruct()
        return name, path.replace("partita.postgres.hstore.", "partita.postgres."), args, kwargs


class _OfKey(Transform):
    """The value of one key; the key is a bound parameter."""

    output_field = _TEXT
    arity = 2

    def __init__(self, source: Any, key: str) -> None:
        super().__init__(source, Value(key, _TEXT))

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("HStoreField", compiler)
        source, key = (each.compile(compiler) for each in self.sources)
        value: ColumnElement[Any] = source.op("->")(key)
        return value.self_group()


@HStoreField.register_lookup
class _Contains(OperatorLookup):
    lookup_name, operator = "contains", "@>"


@HStoreField.register_lookup
class _ContainedBy(OperatorLookup):
    lookup_name, operator = "contained_by", "<@"


@HStoreField.register_lookup
class _HasKey(OperatorLookup):
    lookup_name, operator = "has_key", "?"

    def rhs_field(self) -> Field[Any]:
        return _TEXT

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        # The function behind the operator, whose question mark some drivers take for a parameter.
        of_postgresql("HStoreField", compiler)
        return func.exist(self.lhs.compile(compiler), self.rhs.compile(compiler))


class _HasKeys(_HasKey):
    lookup_name, function = "has_keys", "exists_all"

    def rhs_field(self) -> Field[Any]:
        return _KEYS

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql("HStoreField", compiler)
        found: ColumnElement[Any] = getattr(func, self.function)(self.lhs.compile(compiler), self.rhs.compile(compiler))
        return found


class _HasAnyKeys(_HasKeys):
    lookup_name, function = "has_any_keys", "exists_any"


HStoreField.register_lookup(_HasKeys)
HStoreField.register_lookup(_HasAnyKeys)


@HStoreField.register_lookup
class _Keys(Transform):
    lookup_name, function = "keys", "akeys"
    output_field = _KEYS


@HStoreField.register_lookup
class _Values(Transform):
    lookup_name, function = "values", "avals"
    output_field = _KEYS


def _written(value: Mapping[str, str | None]) -> str:
    return ",".join(f"{_quoted(key)}=>{'NULL' if each is None else _quoted(each)}" for key, each in value.items())


def _quoted(text: str) -> str:
    return '"' + _SPECIAL.sub(r"\\\g<0>", text) + '"'


def _read(text: Any) -> dict[str, str | None]:
    if isinstance(text, Mapping):  # a driver that was taught the type
        return dict(text)
    found: dict[str, str | None] = {}
    for pair in _PAIR.finditer(text):
        key, value = pair.groups()
        found[_ESCAPED.sub(r"\1", key)] = None if value is None else _ESCAPED.sub(r"\1", value)
    return found

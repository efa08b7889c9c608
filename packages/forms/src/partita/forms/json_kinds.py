"""How the values of fields look in JSON: which types they may have, and what is read from them."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from partita.contracts.i18n import gettext_lazy
from partita.forms import fields
from partita.validation import Message, ValidationError

__all__ = ("Kind", "NumberText", "kind_of", "plain_json")

_WRONG: Final = gettext_lazy("Expected %(expected)s, got %(given)s.")


class NumberText(str):
    """A number of a JSON text as it was written there, so that no digit is lost."""

    __slots__ = ()

    @property
    def is_whole(self) -> bool:
        """True if it is written without fraction and exponent, or with a fraction of zeros."""
        whole, _, fraction = self.partition(".")
        return whole.lstrip("-").isdigit() and not fraction.strip("0")


class Kind(NamedTuple):
    """What fields of one class take in JSON."""

    types: tuple[str, ...]
    """Names of JSON types (JSON Schema, section 6.1.1)."""
    read: Callable[[fields.Field, Any], object]
    """Makes what the form would have got from a browser, or raises `ValidationError`."""


def wrong(expected: Message, value: object) -> ValidationError:
    """Return the error for a value of another JSON type."""
    return ValidationError(_WRONG, code="invalid_type", params={"expected": expected, "given": _type(value)})


def kind_of(field: fields.Field) -> Kind:
    """Return what ``field`` takes: by its class, or that of the nearest base."""
    for base in type(field).__mro__:
        found = _KINDS.get(base) or (_OF_ROWS.get(base.__name__) if base.__module__ == _ROWS_MODULE else None)
        if found is not None:
            return found
    return _ANY_SCALAR


def plain_json(value: Any) -> Any:
    """Return a value of a JSON text with numbers as numbers.

    Raises:
        ValidationError: If a number has more digits than Python converts.
    """
    if isinstance(value, NumberText):
        try:
            return json.loads(value)
        except ValueError:
            raise wrong(gettext_lazy("a number of fewer digits"), value) from None
    if isinstance(value, list):
        return [plain_json(one) for one in value]
    return {key: plain_json(one) for key, one in value.items()} if isinstance(value, dict) else value


def _type(value: object) -> str:
    if isinstance(value, NumberText):
        return "number"
    names = {str: "string", bool: "boolean", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), type(value).__name__)


def _text(field: fields.Field, value: Any) -> object:
    if type(value) is not str:
        raise wrong(gettext_lazy("a string"), value)
    return value


def _integer(field: fields.Field, value: Any) -> object:
    if not isinstance(value, NumberText) or not value.is_whole:
        raise wrong(gettext_lazy("an integer"), value)
    return value.partition(".")[0]


def _number(field: fields.Field, value: Any) -> object:
    if not isinstance(value, NumberText):
        raise wrong(gettext_lazy("a number"), value)
    return str(value)


def _decimal(field: fields.Field, value: Any) -> object:
    if not isinstance(value, str):
        raise wrong(gettext_lazy("a number, or a string with one"), value)
    return str(value)


def _boolean(field: fields.Field, value: Any) -> object:
    if not isinstance(value, bool):
        raise wrong(gettext_lazy("true or false"), value)
    return value


def _scalar(field: fields.Field, value: Any) -> object:
    if not isinstance(value, str | bool):
        raise wrong(gettext_lazy("a string or a number"), value)
    return str(value)


def _scalars(field: fields.Field, value: Any) -> object:
    if not isinstance(value, list):
        raise wrong(gettext_lazy("an array"), value)
    return [_scalar(field, one) for one in value]


def _anything(field: fields.Field, value: Any) -> object:
    return json.dumps(plain_json(value))


def _parts(field: fields.Field, value: Any) -> object:
    parts = getattr(field, "fields", ())
    if not isinstance(value, list) or len(value) > len(parts):
        raise wrong(gettext_lazy("an array with a value for each part"), value)
    return [None if one is None else kind_of(part).read(part, one) for part, one in zip(parts, value, strict=False)]


def _day_and_time(field: fields.Field, value: Any) -> object:
    made = fields.DateTimeField(required=False).clean(_text(field, value))
    return [made.date().isoformat(), made.time().isoformat()] if isinstance(made, datetime) else [None, None]


def _no_file(field: fields.Field, value: Any) -> object:
    raise wrong(gettext_lazy("a file, which JSON cannot carry: send multipart/form-data"), value)


_TEXT = Kind(("string",), _text)
_ANY_SCALAR = Kind(("string", "number", "boolean"), _scalar)
_ROWS_MODULE = "partita.forms.models.choices"  # needs the extra orm, so its classes are known by name

_KINDS: Mapping[type, Kind] = MappingProxyType(
    {
        fields.CharField: _TEXT,
        fields.GenericIPAddressField: _TEXT,
        fields.UUIDField: _TEXT,
        fields.SignedHiddenField: _TEXT,
        fields.JSONField: Kind((), _anything),
        fields.IntegerField: Kind(("integer",), _integer),
        fields.FloatField: Kind(("number",), _number),
        fields.DecimalField: Kind(("number", "string"), _decimal),
        fields.DateField: _TEXT,
        fields.TimeField: _TEXT,
        fields.DateTimeField: _TEXT,
        fields.DurationField: _TEXT,
        fields.BooleanField: Kind(("boolean",), _boolean),
        fields.NullBooleanField: Kind(("boolean", "null"), _boolean),
        fields.ChoiceField: Kind(("string", "number", "boolean"), _scalar),
        fields.MultipleChoiceField: Kind(("array",), _scalars),
        fields.TypedMultipleChoiceField: Kind(("array",), _scalars),
        fields.FileField: Kind(("string",), _no_file),
        fields.MultiValueField: Kind(("array",), _parts),
        fields.SplitDateTimeField: Kind(("string",), _day_and_time),
    }
)
_OF_ROWS: Mapping[str, Kind] = MappingProxyType(
    {
        "ModelChoiceField": Kind(("string", "number"), _scalar),
        "ModelMultipleChoiceField": Kind(("array",), _scalars),
    }
)

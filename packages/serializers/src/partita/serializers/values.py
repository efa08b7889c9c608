"""Values of fields as the formats write them, and back."""

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from partita.orm import BinaryField, DecimalField, Field, FileField, JSONField
from partita.text.durations import duration_string

__all__ = ("Text", "json_ready", "plain_of", "read_value", "text_of")

_AS_THEY_ARE = (type(None), bool, int, float, Decimal, dt.datetime, dt.date, dt.time)

_DIGITS = 10_000  # of decimals whose column has no limit


class Text(str):
    """A value in a format that knows texts only, such as XML."""

    __slots__ = ()


def plain_of(field: Field[Any]) -> Callable[[Any], Any]:
    """Return the function that gives the plain value of ``field`` of an instance.

    Plain are None, bool, int, float, text, `Decimal`, dates and times, and what JSON is made of for a `JSONField`. What else
    there is becomes text, as `Field.value_to_string` says.
    """
    if isinstance(field, JSONField):
        return _json_of(field)
    read: Any = field.value_from_object
    if isinstance(field, FileField):
        return lambda instance: None if read(instance).name is None else str(read(instance))
    if getattr(field, "is_tuple", False):
        parts = [plain_of(part) for part in field.fields]  # type: ignore[attr-defined]  # keys of several columns have it
        return lambda instance: [part(instance) for part in parts]

    def plain(instance: Any) -> Any:
        value = read(instance)
        kind = type(value)
        if kind in _AS_THEY_ARE:
            return value
        if isinstance(value, dt.timedelta):
            return duration_string(value)
        if isinstance(value, int):
            return int(value)  # a member of an enumeration
        if isinstance(value, _AS_THEY_ARE):
            return value
        return field.value_to_string(instance)

    return plain


def _json_of(field: JSONField) -> Callable[[Any], Any]:
    read, encoder = field.value_from_object, field.encoder
    if encoder is None:
        return read
    return lambda instance: json.loads(json.dumps(read(instance), cls=encoder))


def json_ready(value: Any) -> Any:
    """Return a plain value, or a part of a natural key, as what JSON and YAML can say.

    Numbers that are not finite become text, which JSON has no number for; so do decimals, which would lose digits.
    """
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return duration_string(value)
    if isinstance(value, list | tuple):
        return [json_ready(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): json_ready(part) for key, part in value.items()}
    if isinstance(value, int):
        return int(value)
    return str(value)


def text_of(field: Field[Any], value: Any) -> str:
    """Return a plain value as the text that `read_value` takes for a `Text`."""
    if isinstance(field, JSONField):
        return json.dumps(value, ensure_ascii=False)
    ready = json_ready(value)
    return ready if isinstance(ready, str) else json.dumps(ready) if isinstance(ready, list) else str(ready)


def read_value(field: Field[Any], value: Any) -> Any:
    """Return what stands in a file as the Python value of ``field``.

    Raises:
        ValidationError: If the field refuses it; also ValueError and TypeError, as `Field.to_python` of own fields may.
    """
    if isinstance(field, JSONField):
        if isinstance(value, Text):
            return json.loads(value, cls=field.decoder)
        return value if field.decoder is None else json.loads(json.dumps(value), cls=field.decoder)
    if getattr(field, "is_tuple", False):
        return _read_key(field, json.loads(value) if isinstance(value, str) else value)
    if value is None:
        return None
    if isinstance(field, BinaryField) and isinstance(value, list):
        raise ValueError("expected text in base64, got a list")
    if isinstance(value, Text):
        value = str(value) if field.is_text or isinstance(field, FileField) else value.strip()
    if isinstance(field, DecimalField):
        return _checked_size(field, field.to_python(value))
    return field.to_python(value)


def _checked_size(field: Any, number: Decimal | None) -> Decimal | None:
    """Return a number whose digits the column has room for: a few characters can mean billions of them."""
    if number is None or not number:
        return number
    digits = _DIGITS if field.max_digits is None else field.max_digits - (field.decimal_places or 0)
    if number.adjusted() >= digits or number.adjusted() < -_DIGITS:
        raise ValueError(f"expected at most {digits} digits before the point")
    return number


def _read_key(field: Any, parts: Any) -> tuple[Any, ...] | None:
    if parts is None:
        return None
    if not isinstance(parts, list | tuple) or len(parts) != len(field.fields):
        raise ValueError(f"expected a list of {len(field.fields)} values, got {parts!r:.80}")
    return tuple([read_value(part, value) for part, value in zip(field.fields, parts, strict=True)])

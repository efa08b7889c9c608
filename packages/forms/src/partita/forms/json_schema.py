"""The JSON schema of a form (draft 2020-12): the same definition that makes its HTML."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from partita.forms import fields
from partita.forms.bound import pretty_name
from partita.forms.choices import Choice
from partita.forms.form import BaseForm
from partita.forms.formsets import BaseFormSet
from partita.forms.json_kinds import kind_of
from partita.forms.widgets import PasswordInput

__all__ = ("DIALECT", "field_schema", "form_schema", "formset_schema")

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_Schema = dict[str, Any]


def form_schema(form: "BaseForm | type[BaseForm]", *, title: str | None = None) -> _Schema:
    """Return the JSON schema of what `form_from_json` takes.

    Args:
        form: A form, or a class whose forms need no arguments.
        title: The title; that of the class unless given.
    """
    made = form() if isinstance(form, type) else form
    return {"$schema": DIALECT, **_object(made), "title": title or type(made).__name__}


def formset_schema(formset: "BaseFormSet[Any] | type[BaseFormSet[Any]]", *, title: str | None = None) -> _Schema:
    """Return the JSON schema of what `formset_from_json` takes: an array of objects."""
    made = formset() if isinstance(formset, type) else formset
    return {"$schema": DIALECT, **_array(made), "title": title or type(made).__name__}


def field_schema(field: fields.Field, name: str = "") -> _Schema:
    """Return the JSON schema of one field. A method ``json_schema`` of the field has the last word.

    Args:
        field: The field.
        name: Its name, for the title if it has no label.
    """
    schema: _Schema = {}
    types = kind_of(field).types
    if types:
        schema["type"] = types[0] if len(types) == 1 else list(types)
        for base in reversed(type(field).__mro__):
            if base in _DETAILS:
                schema |= _DETAILS[base](field)
    if type(field).__name__ == "ModelMultipleChoiceField":
        schema |= {"items": {"type": ["string", "number"]}, "uniqueItems": True}
    if not field.required and schema and not _forced(field):
        schema = _or_null(schema)
    title = str(field.label) if field.label is not None else pretty_name(name)
    if title:
        schema["title"] = title
    if field.help_text:
        schema["description"] = str(field.help_text)
    if field.disabled:
        schema["readOnly"] = True
    if isinstance(field.widget, PasswordInput):
        schema["writeOnly"] = True
    initial = _plain(field.initial)
    if initial is not None:
        schema["default"] = initial
    return getattr(field, "json_schema", lambda made: made)(schema)  # type: ignore[no-any-return]  # a field's own hook


def _object(form: BaseForm) -> _Schema:
    properties = {name: field_schema(field, name) for name, field in form.fields.items()}
    required = [name for name, field in form.fields.items() if field.required and not field.disabled]
    for name, rows in getattr(form, "formsets", {}).items():
        properties[name] = _array(rows)
    schema: _Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _array(formset: "BaseFormSet[Any]") -> _Schema:
    schema: _Schema = {"type": "array", "items": _object(formset.empty_form)}
    if formset.validate_min and formset.min_num:
        schema["minItems"] = formset.min_num
    schema["maxItems"] = formset.max_num if formset.validate_max else formset.absolute_max
    return schema


def _or_null(schema: _Schema) -> _Schema:
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return {"anyOf": [schema, {"type": "null"}]}
    types = schema.get("type")
    if types is None:
        return schema
    several = types if isinstance(types, list) else [types]
    return schema if "null" in several else {**schema, "type": [*several, "null"]}


def _forced(field: fields.Field) -> bool:
    return field.required and isinstance(field, fields.BooleanField)


def _plain(value: object) -> object:
    if isinstance(value, str | int | float | bool) and not callable(value):
        return value
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime | time) else None


def _given(**values: object) -> _Schema:
    return {name: value for name, value in values.items() if value is not None}


def _text(field: Any) -> _Schema:
    least = field.min_length if field.min_length is not None else (1 if field.required else None)
    return _given(minLength=None if not field.required and least == 1 else least, maxLength=field.max_length)


def _number(field: Any) -> _Schema:
    least, most, step = field.min_value, field.max_value, field.step_size
    values = {"minimum": least, "maximum": most, "multipleOf": step if not least else None}
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in values.items()
        if isinstance(value, int | float | Decimal)
    }


def _decimal(field: Any) -> _Schema:
    whole = (
        None if field.max_digits is None or field.decimal_places is None else field.max_digits - field.decimal_places
    )
    digits = "[0-9]*" if whole is None else f"[0-9]{{0,{whole}}}"
    places = "[0-9]+" if field.decimal_places is None else f"[0-9]{{1,{field.decimal_places}}}"
    fraction = "" if field.decimal_places == 0 else f"(\\.{places})?"
    return {"pattern": f"^\\s*[-+]?{digits}{fraction}\\s*$"}


def _choice(field: Any) -> _Schema:
    if hasattr(field, "queryset"):
        return {}  # rows of a database: too many to list, and others by the time they are sent
    if isinstance(field, fields.MultipleChoiceField):
        return {}  # the items are chosen, see _several
    return {"oneOf": _options(field.choices.flat())}


def _several(field: Any) -> _Schema:
    schema: _Schema = {"items": {"oneOf": _options(field.choices.flat())}, "uniqueItems": True}
    return {**schema, "minItems": 1} if field.required else schema


def _options(choices: Any) -> list[_Schema]:
    pairs: list[Choice] = [pair for pair in choices if pair[0] not in ("", None)]
    return [
        {"const": value if isinstance(value, str | int | float) else str(value), "title": str(label)}
        for value, label in pairs
    ]


def _parts(field: Any) -> _Schema:
    if isinstance(field, fields.SplitDateTimeField):
        return {}  # one text, see json_kinds
    return {"prefixItems": [field_schema(part) for part in field.fields], "items": False}


def _address(field: Any) -> _Schema:
    return {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}


def _nothing(field: Any) -> _Schema:
    return {}


def _always(**schema: object) -> Callable[[Any], _Schema]:
    return lambda field: schema


_DETAILS: Mapping[type, Callable[[Any], _Schema]] = MappingProxyType(
    {
        fields.CharField: _text,
        fields.EmailField: _always(format="email"),
        fields.URLField: _always(format="uri"),
        fields.UUIDField: _always(format="uuid"),
        fields.GenericIPAddressField: _address,
        fields.IntegerField: _number,
        fields.DecimalField: _decimal,
        fields.DateField: _always(format="date"),
        fields.TimeField: _always(format="time"),
        fields.DateTimeField: _always(format="date-time"),
        fields.DurationField: _always(format="duration"),
        fields.BooleanField: lambda field: {"const": True} if field.required else {},
        fields.NullBooleanField: _nothing,
        fields.ChoiceField: _choice,
        fields.MultipleChoiceField: _several,
        fields.FileField: _always(contentMediaType="application/octet-stream"),
        fields.MultiValueField: _parts,
        fields.SplitDateTimeField: _always(format="date-time"),
    }
)

"""Forms made of a JSON schema (draft 2020-12): what another program describes becomes a page and a check."""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from partita.forms import fields
from partita.forms.choices import BLANK_CHOICE
from partita.forms.errors import FormsError
from partita.forms.formsets import BaseFormSet, formset_factory
from partita.forms.nesting import NestedForm
from partita.forms.widgets import PasswordInput, Textarea

__all__ = ("SchemaError", "field_from_schema", "form_from_schema")

_DEEPEST: Final = 20
_LONGEST_PATTERN: Final = 500
_TEXTAREA: Final = 200
"""Characters from which on a text gets several lines."""

_FORMATS: Final[Mapping[str, type[fields.Field]]] = MappingProxyType(
    {
        "email": fields.EmailField,
        "uri": fields.URLField,
        "uuid": fields.UUIDField,
        "ipv4": fields.GenericIPAddressField,
        "ipv6": fields.GenericIPAddressField,
        "date": fields.DateField,
        "time": fields.TimeField,
        "date-time": fields.DateTimeField,
        "duration": fields.DurationField,
    }
)


class SchemaError(FormsError, ValueError):
    """A JSON schema describes no form."""


def form_from_schema(schema: Mapping[str, Any], name: str | None = None) -> type[NestedForm]:
    """Return a form class for an object that a JSON schema describes.

    Texts, numbers, days, choices (``enum``, ``const``, ``oneOf`` with titles), lists of choices, and lists of objects (as sets of
    forms) become the fields that fit; what has no fitting field is written as JSON. Limits, titles, descriptions and defaults
    are kept. References stay within the schema. The schema must come from somebody you trust as you trust code: its patterns
    are run.

    Args:
        schema: The schema, an object with ``properties``.
        name: The name of the class; made of the title unless given.

    Raises:
        SchemaError: If it describes no object, or refers to what is not there, or to itself without end.
    """
    return _form(schema, schema, name, 0)


def field_from_schema(schema: Mapping[str, Any], required: bool = True) -> fields.Field:
    """Return the field for one value that a JSON schema describes.

    Args:
        schema: The schema of the value.
        required: Refuse nothing.

    Raises:
        SchemaError: If it refers to what is not there.
    """
    return _field(*_resolved(schema, schema, 0), required)


def _form(schema: Mapping[str, Any], root: Mapping[str, Any], name: str | None, depth: int) -> type[NestedForm]:
    schema, _ = _resolved(schema, root, depth)
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or "object" not in _types(schema, "object"):
        raise SchemaError("A form is made of the schema of an object with properties.")
    needed = set(schema.get("required", ()))
    body: dict[str, Any] = {}
    sets: dict[str, type[BaseFormSet[Any]]] = {}
    for key, part in properties.items():
        if not isinstance(key, str) or not key.isidentifier():
            raise SchemaError(f"{str(key)[:80]!r} cannot be the name of a field: letters, digits and _ can.")
        part, optional = _resolved(part, root, depth + 1)
        items = part.get("items")
        row = _resolved(items, root, depth + 1)[0] if isinstance(items, Mapping) else {}
        if "array" in _types(part) and "properties" in row:
            sets[key] = _set(part, _form(row, root, None, depth + 1))
        else:
            body[key] = _field(part, optional, key in needed)
    made = name or re.sub(r"\W", "", str(schema.get("title", ""))) or "Schema"
    return type(f"{made.removesuffix('Form')}Form", (NestedForm,), {**body, "formset_classes": MappingProxyType(sets)})


def _set(schema: Mapping[str, Any], form: type[NestedForm]) -> type[BaseFormSet[Any]]:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    return formset_factory(
        form,
        extra=0 if least else 1,
        min_num=least,
        validate_min=bool(least),
        max_num=most,
        validate_max=most is not None,
        can_delete=True,
    )


def _resolved(schema: Any, root: Mapping[str, Any], depth: int) -> tuple[Mapping[str, Any], bool]:
    """Return a schema without references and without the alternative ``null``, and whether there was one."""
    if depth > _DEEPEST:
        raise SchemaError("The schema refers to itself; a form has an end.")
    if not isinstance(schema, Mapping):
        return {}, False
    reference = schema.get("$ref")
    if reference is not None:
        found, optional = _resolved(_target(str(reference), root), root, depth + 1)
        return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}, optional
    for key in ("anyOf", "oneOf"):
        several = schema.get(key)
        if isinstance(several, list):
            left = [one for one in several if not (isinstance(one, Mapping) and one.get("type") == "null")]
            if len(left) == 1 and len(several) == 2:
                found, _ = _resolved(left[0], root, depth + 1)
                return {**found, **{name: value for name, value in schema.items() if name != key}}, True
    types = schema.get("type")
    return schema, isinstance(types, list) and "null" in types


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    if reference != "#" and not reference.startswith("#/"):
        raise SchemaError(f"{reference[:80]!r} is not in this schema; nothing else is fetched.")
    found: Any = root
    for step in reference[2:].split("/") if reference != "#" else ():
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or step not in found:
            raise SchemaError(f"{reference[:80]!r} is not in this schema.")
        found = found[step]
    return found


def _types(schema: Mapping[str, Any], default: str = "") -> list[str]:
    types = schema.get("type", default)
    return [one for one in types if one != "null"] if isinstance(types, list) else [types]


def _field(schema: Mapping[str, Any], optional: bool, needed: bool) -> fields.Field:
    options: dict[str, Any] = {"required": needed and not optional, "help_text": schema.get("description", "")}
    if "title" in schema:
        options["label"] = str(schema["title"])
    if schema.get("default") is not None:
        options["initial"] = schema["default"]
    if schema.get("readOnly") is True:
        options["disabled"] = True
    choices = _choices(schema)
    types = _types(schema)
    if types == ["boolean"] and schema.get("enum") is None:
        return fields.BooleanField(**{**options, "required": schema.get("const") is True})
    if choices:
        return _choice(choices, options)
    if types == ["array"]:
        inner = _choices(schema.get("items") or {})
        return _several(inner, options) if inner else fields.JSONField(**options)
    if types == ["integer"]:
        return fields.IntegerField(**options, **_number(schema))
    if types == ["number"]:
        return fields.FloatField(**options, **_number(schema))
    if types == ["string"]:
        return _text(schema, options)
    return fields.JSONField(**options)


def _choices(schema: Any) -> list[tuple[Any, str]]:
    if not isinstance(schema, Mapping):
        return []
    if isinstance(schema.get("enum"), list):
        return [(one, str(one)) for one in schema["enum"] if one is not None]
    several = schema.get("oneOf") or schema.get("anyOf")
    if isinstance(several, list) and several and all(isinstance(one, Mapping) and "const" in one for one in several):
        return [(one["const"], str(one.get("title", one["const"]))) for one in several if one["const"] is not None]
    return [(schema["const"], str(schema.get("title", schema["const"])))] if "const" in schema else []


def _choice(choices: list[tuple[Any, str]], options: dict[str, Any]) -> fields.Field:
    known = {str(value): value for value, _ in choices}
    shown: list[Any] = choices if options["required"] and "initial" in options else [*BLANK_CHOICE, *choices]
    return fields.TypedChoiceField(choices=shown, coerce=known.__getitem__, empty_value=None, **options)


def _several(choices: list[tuple[Any, str]], options: dict[str, Any]) -> fields.Field:
    known = {str(value): value for value, _ in choices}
    return fields.TypedMultipleChoiceField(choices=choices, coerce=known.__getitem__, **options)


def _number(schema: Mapping[str, Any]) -> dict[str, Any]:
    whole = _types(schema) == ["integer"]
    least, most = schema.get("minimum"), schema.get("maximum")
    below, above = schema.get("exclusiveMaximum"), schema.get("exclusiveMinimum")
    if whole and below is not None:
        most = math.ceil(below) - 1
    if whole and above is not None:
        least = math.floor(above) + 1
    step = schema.get("multipleOf")
    if step and least is not None:
        least = math.ceil(least / step) * step  # steps of a field begin at its least value, those of a schema at zero
    limits = {"min_value": least, "max_value": most, "step_size": step}
    return {name: value for name, value in limits.items() if value is not None}


def _text(schema: Mapping[str, Any], options: dict[str, Any]) -> fields.Field:
    kind: Any = _FORMATS.get(str(schema.get("format")), fields.CharField)
    more: dict[str, Any] = {}
    if "contentMediaType" in schema:
        return fields.FileField(**options)
    if issubclass(kind, fields.CharField) and kind is not fields.UUIDField:
        more = {
            name: schema[key]
            for key, name in (("minLength", "min_length"), ("maxLength", "max_length"))
            if key in schema
        }
    if kind is fields.GenericIPAddressField:
        more["protocol"] = str(schema["format"])
    if kind is fields.CharField:
        if "pattern" in schema:
            kind, more["regex"] = fields.RegexField, _pattern(str(schema["pattern"]))
        if schema.get("writeOnly") is True:
            more["widget"] = PasswordInput
        elif schema.get("maxLength", 0) > _TEXTAREA:
            more["widget"] = Textarea
    return kind(**options, **more)  # type: ignore[no-any-return]  # all are fields


def _pattern(text: str) -> re.Pattern[str]:
    try:
        if len(text) > _LONGEST_PATTERN:
            raise SchemaError(f"A pattern may have {_LONGEST_PATTERN} characters, this one has {len(text)}.")
        return re.compile(text)
    except re.error as error:
        raise SchemaError(f"{text[:80]!r} is no pattern that Python knows: {error}.") from None

"""Forms filled from JSON: types are checked by field, everything else as for what a browser sends."""

import json
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from partita.contracts.i18n import gettext_lazy
from partita.forms.errors import FormsError
from partita.forms.form import BaseForm
from partita.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT, BaseFormSet
from partita.forms.json_kinds import NumberText, kind_of, wrong
from partita.forms.widgets import MultiWidget
from partita.validation import NON_FIELD_ERRORS, ValidationError

__all__ = ("MAX_JSON_BYTES", "JSONBodyError", "form_from_json", "formset_from_json", "read_json")

F = TypeVar("F", bound=BaseForm)
S = TypeVar("S", bound=BaseFormSet[Any])

MAX_JSON_BYTES: Final = 1_048_576
"""Bytes of a JSON text that are read unless another limit is given."""

_UNKNOWN: Final = gettext_lazy("There is no field “%(name)s”.")


class JSONBodyError(FormsError, ValueError):
    """A body is not the JSON that a form takes; answer 400."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"The body is not the JSON expected: {self.reason}."


def read_json(body: bytes | str, max_bytes: int = MAX_JSON_BYTES) -> Any:
    """Return the value of a JSON text (RFC 8259), numbers as `NumberText`.

    Args:
        body: The text; bytes must be UTF-8.
        max_bytes: More is refused unread.

    Raises:
        JSONBodyError: If it is too long, not UTF-8, not JSON, too deeply nested, or names a key twice.
    """
    if len(body) > max_bytes:
        raise JSONBodyError(f"it has more than {max_bytes} bytes")
    try:
        text = body if isinstance(body, str) else body.decode()
        return json.loads(
            text,
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_repeats,
        )
    except UnicodeDecodeError as error:
        raise JSONBodyError(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise JSONBodyError("it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise JSONBodyError(f"{error.msg} in line {error.lineno}, column {error.colno}") from None


def form_from_json(
    form: type[F], body: bytes | str | Mapping[str, Any], *, max_bytes: int = MAX_JSON_BYTES, **kwargs: Any
) -> F:
    """Return a bound form with the values of a JSON object, whose keys are names of fields.

    A value of a type that the field does not take is an error of the field (``invalid_type``), a key that is no field is
    an error of the form (``unknown_field``). ``null`` is the same as leaving the key out.

    Args:
        form: The class of the form.
        body: The JSON text, or what `read_json` made of it.
        max_bytes: As for `read_json`.
        **kwargs: As for the form.

    Raises:
        JSONBodyError: If the body is not a JSON object.
    """
    values = read_json(body, max_bytes) if isinstance(body, bytes | str) else body
    if not isinstance(values, Mapping):
        raise JSONBodyError("an object with a key for each field is expected")
    made = form({}, **kwargs)
    fill_from_json(made, values)
    return made


def formset_from_json(
    formset: type[S], body: bytes | str | list[Any], *, max_bytes: int = MAX_JSON_BYTES, **kwargs: Any
) -> S:
    """Return a bound set of forms with the objects of a JSON array; all count as new ones.

    Args:
        formset: The class of the set.
        body: The JSON text, or what `read_json` made of it.
        max_bytes: As for `read_json`.
        **kwargs: As for the set.

    Raises:
        JSONBodyError: If the body is not a JSON array.
    """
    rows = read_json(body, max_bytes) if isinstance(body, bytes | str) else body
    if not isinstance(rows, list):
        raise JSONBodyError("an array with an object for each form is expected")
    made = formset(_counts(kwargs.get("prefix") or formset.get_default_prefix(), len(rows)), **kwargs)
    _fill_rows(made, rows)
    return made


def _counts(prefix: str, number: int) -> dict[str, object]:
    return {f"{prefix}-{TOTAL_FORM_COUNT}": str(number), f"{prefix}-{INITIAL_FORM_COUNT}": "0"}


def _fill_rows(formset: BaseFormSet[Any], rows: list[Any]) -> None:
    for one, values in zip(formset.forms, rows, strict=False):  # the set makes no more forms than it may have
        if isinstance(values, Mapping):
            fill_from_json(one, values)
        else:
            one.data_errors = {NON_FIELD_ERRORS: wrong(gettext_lazy("an object"), values)}
        one.empty_permitted = False  # an empty object was sent on purpose


def fill_from_json(form: BaseForm, values: Mapping[str, Any]) -> None:
    """Give a form the values of a JSON object."""
    data: dict[str, object] = {}
    errors: dict[str, ValidationError] = {}
    unknown: list[ValidationError] = []
    sets: dict[str, Any] = {}
    for name, value in values.items():
        field = form.fields.get(name)
        if field is None and name in getattr(form, "formset_classes", ()):
            if isinstance(value, list):
                sets[name] = value
            elif value is not None:
                unknown.append(wrong(gettext_lazy("an array"), value))
        elif field is None:
            unknown.append(ValidationError(_UNKNOWN, code="unknown_field", params={"name": name[:80]}))
        elif value is not None:
            try:
                read = kind_of(field).read(field, value)
            except ValidationError as error:
                errors[name] = error
                continue
            html_name = form.add_prefix(name)
            if isinstance(field.widget, MultiWidget) and isinstance(read, list):
                data |= {f"{html_name}_{index}": part for index, part in enumerate(read) if part is not None}
            else:
                data[html_name] = read
    if unknown:
        errors[NON_FIELD_ERRORS] = ValidationError(unknown)
    form.data, form.files, form.data_errors = data, {}, errors
    for name in getattr(form, "formset_classes", ()):
        rows = sets.get(name, [])
        data |= _counts(form.add_prefix(name), len(rows))
    for name, formset in getattr(form, "formsets", {}).items():
        _fill_rows(formset, sets.get(name, []))


def _refuse_constant(name: str) -> object:
    raise JSONBodyError(f"{name} is no JSON number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise JSONBodyError("a key stands twice in one object")
    return made

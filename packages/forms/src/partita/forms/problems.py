"""The errors of a form as a problem document (RFC 9457), for programs."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from partita.contracts.i18n import gettext
from partita.forms.error_lists import ErrorDict
from partita.forms.form import BaseForm
from partita.forms.formsets import BaseFormSet
from partita.forms.json_input import JSONBodyError
from partita.validation import NON_FIELD_ERRORS, ValidationError

__all__ = ("PROBLEM_JSON", "problem")

PROBLEM_JSON: Final = "application/problem+json"
"""The media type to answer with."""


def problem(
    source: "BaseForm | BaseFormSet[Any] | JSONBodyError", status: int | None = None, **members: object
) -> dict[str, Any]:
    """Return a problem document (RFC 9457, section 3) that tells what is wrong with what was sent.

    Each error under ``errors`` has a ``detail`` in the reader's language, a ``code``, and a ``pointer`` to the value
    (RFC 6901, section 6), as in the RFC's own example.

    Args:
        source: A form or a set of forms that was validated, or the error of a body that is no JSON.
        status: The status of the response; 422, or 400 for what is no JSON, unless given.
        **members: More members, such as ``instance`` or ``type``.
    """
    broken = isinstance(source, JSONBodyError)
    code = status or (HTTPStatus.BAD_REQUEST if broken else HTTPStatus.UNPROCESSABLE_ENTITY)
    document: dict[str, Any] = {"type": "about:blank", "title": _title(code), "status": int(code)}
    if isinstance(source, JSONBodyError):
        document["detail"] = str(source)
    else:
        document["detail"] = gettext("What was sent has errors.")
        document["errors"] = list(_errors(source))
    return document | members


def _title(code: int) -> str:
    # The phrase of RFC 9110; older versions of Python have that of its predecessor.
    return "Unprocessable Content" if code == HTTPStatus.UNPROCESSABLE_ENTITY else HTTPStatus(code).phrase


def _errors(source: "BaseForm | BaseFormSet[Any]", path: str = "#") -> Iterator[dict[str, str]]:
    if isinstance(source, BaseForm):
        yield from _of_form(source.errors, path)
        for name, rows in getattr(source, "formsets", {}).items():
            yield from _errors(rows, f"{path}/{_token(name)}")
        return
    yield from _each(source.non_form_errors().as_data(), path)
    for index, form in enumerate(source.forms):
        if not source._should_delete_form(form):
            yield from _errors(form, f"{path}/{index}")


def _of_form(errors: ErrorDict, path: str) -> Iterator[dict[str, str]]:
    for name, found in errors.items():
        yield from _each(found.as_data(), path if name == NON_FIELD_ERRORS else f"{path}/{_token(name)}")


def _each(errors: list[ValidationError], pointer: str) -> Iterator[dict[str, str]]:
    for error in errors:
        for text in error.messages:
            yield {"pointer": pointer, "detail": text, "code": error.code or "invalid"}


def _token(name: str) -> str:
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@")

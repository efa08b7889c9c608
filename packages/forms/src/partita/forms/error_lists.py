"""The errors of a form, as data, text, JSON and HTML."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import SupportsIndex, overload

from markupsafe import Markup, escape

from partita.forms.attributes import fill_html
from partita.validation import MessageSource, ValidationError

__all__ = ("ErrorDict", "ErrorList")


class ErrorList(Sequence[str]):
    """Errors of one field, or of the whole form. It reads as a list of texts in the current language.

    Args:
        errors: What to begin with.
        error_class: CSS classes beside ``errorlist``.
        field_id: The ``id`` of the control; the list gets it with ``_error``, for ``aria-describedby``.
    """

    def __init__(
        self, errors: Iterable[MessageSource] = (), error_class: str | None = None, field_id: str | None = None
    ) -> None:
        self.data: list[MessageSource] = list(errors)
        self.error_class = f"errorlist {error_class}" if error_class else "errorlist"
        self.field_id = field_id

    def as_data(self) -> list[ValidationError]:
        """Return the errors themselves."""
        return ValidationError(self.data).error_list

    def append(self, error: MessageSource) -> None:
        """Add one error."""
        self.data.append(error)

    def extend(self, errors: Iterable[MessageSource]) -> None:
        """Add several errors."""
        self.data.extend(errors)

    def get_json_data(self, escape_html: bool = False) -> list[dict[str, str]]:
        """Return a text and a code for each error.

        Args:
            escape_html: Escape the texts, for pages that put them in as HTML.
        """
        return [
            {"message": str(escape(text)) if escape_html else text, "code": error.code or ""}
            for error in self.as_data()
            for text in error.messages
        ]

    def as_json(self, escape_html: bool = False) -> str:
        """Return `get_json_data` as JSON."""
        return json.dumps(self.get_json_data(escape_html))

    def as_ul(self) -> Markup:
        """Return an HTML list, or nothing if there is no error."""
        texts = list(self)
        if not texts:
            return Markup()
        mark = fill_html(' id="%s_error"', self.field_id) if self.field_id else ""
        items = Markup().join(fill_html("<li>%s</li>", text) for text in texts)
        return fill_html('<ul class="%s"%s>%s</ul>', self.error_class, mark, items)

    def as_text(self) -> str:
        """Return a line for each error."""
        return "\n".join(f"* {text}" for text in self)

    def copy(self) -> "ErrorList":
        """Return a list with the same errors."""
        again = ErrorList(self.data, field_id=self.field_id)
        again.error_class = self.error_class
        return again

    def __html__(self) -> str:
        return self.as_ul()

    def __str__(self) -> str:
        return self.as_ul()

    def __iter__(self) -> Iterator[str]:
        for error in self.as_data():
            yield from error.messages

    def __len__(self) -> int:
        return len(self.as_data())

    def __bool__(self) -> bool:
        return bool(self.data)

    @overload
    def __getitem__(self, index: SupportsIndex) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> str | list[str]:
        return list(self)[index]

    def __contains__(self, item: object) -> bool:
        return item in list(self)

    def __eq__(self, other: object) -> bool:
        return list(self) == (list(other) if isinstance(other, ErrorList) else other)

    __hash__ = None  # type: ignore[assignment]  # it can be changed, as a list can

    def __repr__(self) -> str:
        return repr(list(self))


class ErrorDict(dict[str, ErrorList]):
    """Errors by field; those of the whole form are under ``__all__``."""

    def as_data(self) -> dict[str, list[ValidationError]]:
        """Return the errors themselves, by field."""
        return {field: errors.as_data() for field, errors in self.items()}

    def get_json_data(self, escape_html: bool = False) -> dict[str, list[dict[str, str]]]:
        """Return a text and a code for each error, by field."""
        return {field: errors.get_json_data(escape_html) for field, errors in self.items()}

    def as_json(self, escape_html: bool = False) -> str:
        """Return `get_json_data` as JSON."""
        return json.dumps(self.get_json_data(escape_html))

    def as_ul(self) -> Markup:
        """Return an HTML list of the fields with their errors, or nothing if there is no error."""
        if not self:
            return Markup()
        items = Markup().join(fill_html("<li>%s%s</li>", field, errors) for field, errors in self.items())
        return fill_html('<ul class="errorlist">%s</ul>', items)

    def as_text(self) -> str:
        """Return the fields, each with its errors in lines below it."""
        return "\n".join(
            line for field, errors in self.items() for line in (f"* {field}", *(f"  * {text}" for text in errors))
        )

    def __html__(self) -> str:
        return self.as_ul()

    def __str__(self) -> str:
        return self.as_ul()

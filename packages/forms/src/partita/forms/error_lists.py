"""The errors of a form, as data, text, JSON and HTML."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, SupportsIndex, overload

from markupsafe import Markup, escape

from partita.forms.renderers import BaseRenderer
from partita.forms.rendering.renderable import Renderable
from partita.validation import MessageSource, ValidationError

__all__ = ("ErrorDict", "ErrorList")


class ErrorList(list[str], Renderable):
    """Errors of one field, or of the whole form. It reads as a list of texts in the current language.

    ``data`` holds the errors. What C code sees of the list, such as `json.dumps`, are the texts in the language in force when
    they were added.

    Args:
        errors: What to begin with.
        error_class: CSS classes beside ``errorlist``.
        renderer: Instead of that of the current application.
        field_id: The ``id`` of the control; the list gets it with ``_error``, for ``aria-describedby``.
    """

    template_name = "partita/forms/errors/list/ul.html"
    template_name_text = "partita/forms/errors/list/text.txt"
    template_name_ul = "partita/forms/errors/list/ul.html"

    def __init__(
        self,
        errors: Iterable[MessageSource] | None = None,
        error_class: str | None = None,
        renderer: BaseRenderer | None = None,
        field_id: str | None = None,
    ) -> None:
        super().__init__()
        self.data: list[MessageSource] = []
        self.error_class = f"errorlist {error_class}" if error_class else "errorlist"
        self.renderer, self.field_id = renderer, field_id
        if errors is not None:
            self.extend(errors)

    def as_data(self) -> list[ValidationError]:
        """Return the errors themselves."""
        errors: list[ValidationError] = []
        for one in self.data:
            errors += (one if isinstance(one, ValidationError) else ValidationError(one)).single_errors()
        return errors

    def append(self, error: MessageSource) -> None:
        """Add one error."""
        self.extend((error,))

    def extend(self, errors: Iterable[MessageSource]) -> None:
        """Add several errors."""
        for error in errors.data if isinstance(errors, ErrorList) else errors:
            self.data.append(error)
            super().extend(_plain(error))

    def insert(self, index: SupportsIndex, error: MessageSource) -> None:
        """Add one error before the one at ``index``."""
        self.data.insert(index, error)
        self._renew()

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Take one error out and return it."""
        error = self.data.pop(index)
        self._renew()
        return error

    def remove(self, error: MessageSource) -> None:
        """Take one error out.

        Raises:
            ValueError: If it is not there.
        """
        self.data.remove(error)
        self._renew()

    def clear(self) -> None:
        """Take all errors out."""
        self.data.clear()
        self._renew()

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

    def get_context(self) -> dict[str, Any]:
        """Return the list itself and its CSS classes."""
        return {"errors": self, "error_class": self.error_class}

    def as_ul(self) -> Markup:
        """Return an HTML list, or nothing if there is no error."""
        return self.render(self.template_name_ul)

    def as_text(self) -> str:
        """Return a line for each error."""
        return str(self.render(self.template_name_text))

    def copy(self) -> Self:
        """Return a list with the same errors."""
        again = type(self)(self.data, renderer=self.renderer, field_id=self.field_id)
        again.error_class = self.error_class
        return again

    __copy__ = copy

    def __iter__(self) -> Iterator[str]:
        for error in self.data:
            yield from (error if isinstance(error, ValidationError) else ValidationError(error)).messages

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

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        state = {"error_class": self.error_class, "field_id": self.field_id, "renderer": self.renderer}
        return (type(self), (self.data,), state)

    def _renew(self) -> None:
        super().clear()
        super().extend(text for error in self.data for text in _plain(error))


class ErrorDict(dict[str, ErrorList], Renderable):
    """Errors by field; those of the whole form are under ``__all__``.

    Args:
        errors: What to begin with: a mapping, or pairs.
        renderer: Instead of that of the current application.
        **more: Lists by field.
    """

    template_name = "partita/forms/errors/dict/ul.html"
    template_name_text = "partita/forms/errors/dict/text.txt"
    template_name_ul = "partita/forms/errors/dict/ul.html"

    def __init__(
        self,
        errors: Mapping[str, ErrorList] | Iterable[tuple[str, ErrorList]] = (),
        renderer: BaseRenderer | None = None,
        **more: ErrorList,
    ) -> None:
        super().__init__(errors, **more)
        self.renderer = renderer

    def get_context(self) -> dict[str, Any]:
        """Return pairs of field and list."""
        return {"errors": self.items(), "error_class": "errorlist"}

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
        return self.render(self.template_name_ul)

    def as_text(self) -> str:
        """Return the fields, each with its errors in lines below it."""
        return str(self.render(self.template_name_text))

    def copy(self) -> Self:
        """Return a dictionary with the same lists."""
        return type(self)(self, renderer=self.renderer)

    __copy__ = copy
    __str__ = Renderable.__str__


def _plain(error: MessageSource) -> list[Any]:
    """Return what C code shall see of an error: its texts; errors by field stay as they are."""
    if isinstance(error, ValidationError):
        return error.messages
    return [error] if isinstance(error, Mapping) else ValidationError(error).messages

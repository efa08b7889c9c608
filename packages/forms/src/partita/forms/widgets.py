"""Controls of one value: what a field looks like, and where its value is in what was sent."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import ClassVar, Self

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.attributes import escape_text, fill_html, write_attributes
from partita.forms.data import FormData, has_value, one_value, value_list
from partita.validation import Message

__all__ = (
    "CheckboxInput",
    "ClearableFileInput",
    "ColorInput",
    "DateInput",
    "DateTimeInput",
    "EmailInput",
    "FileInput",
    "HiddenInput",
    "Input",
    "MonthInput",
    "MultipleHiddenInput",
    "NumberInput",
    "PasswordInput",
    "RangeInput",
    "SearchInput",
    "SubWidget",
    "TelInput",
    "TextInput",
    "Textarea",
    "TimeInput",
    "URLInput",
    "WeekInput",
    "Widget",
)


class SubWidget:
    """One control of several that belong together, such as one radio button; templates loop over them."""

    __slots__ = ("choice_label", "html", "id_for_label", "value")

    def __init__(self, html: Markup, choice_label: object, value: object, id_for_label: str | None) -> None:
        self.html, self.choice_label, self.value, self.id_for_label = html, choice_label, value, id_for_label

    def tag(self) -> Markup:
        """Return the control without its label."""
        return self.html

    def __html__(self) -> str:
        if not self.choice_label:
            return self.html
        mark = write_attributes({"for": self.id_for_label})
        return fill_html("<label%s>%s %s</label>", mark, self.html, self.choice_label)

    def __str__(self) -> str:
        return self.__html__()


class Widget:
    """Base of all controls.

    Args:
        attrs: Attributes of the HTML element; True writes the bare name, False and None leave it away.
    """

    is_required: bool = False
    needs_multipart_form: ClassVar[bool] = False
    use_fieldset: ClassVar[bool] = False
    """True if there are several controls, so that the label becomes the legend of a fieldset."""

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        self.attrs: dict[str, object] = dict(attrs or {})

    @property
    def is_hidden(self) -> bool:
        """True if there is nothing to see."""
        return False

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the HTML.

        Args:
            name: The name to send the value under.
            value: What to show; None for nothing.
            attrs: More attributes.
        """
        raise NotImplementedError

    def subwidgets(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Iterator[SubWidget]:
        """Iterate over the single controls."""
        yield SubWidget(self.render(name, value, attrs), "", value, self.id_for_label(_id(attrs)))

    def format_value(self, value: object) -> object:
        """Return ``value`` as it is written into the control."""
        return None if value is None or value == "" else str(value)

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the value sent under ``name``, or None."""
        return one_value(data, name)

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether nothing was sent, so that a model keeps its default."""
        return not has_value(data, name)

    def id_for_label(self, id_: str | None) -> str | None:
        """Return the ``id`` that a label points to."""
        return id_

    def use_required_attribute(self, initial: object) -> bool:
        """Tell whether the browser may insist on a value."""
        return not self.is_hidden

    def build_attrs(self, extra: Mapping[str, object] | None = None) -> dict[str, object]:
        """Return the attributes of the widget and the extra ones, which win."""
        return {**self.attrs, **(extra or {})}

    def clone(self) -> Self:
        """Return a copy with attributes of its own, for one form."""
        again = object.__new__(type(self))  # what copy.copy does, in a third of the time
        again.__dict__.update(self.__dict__)
        again.attrs = dict(self.attrs)
        return again


class Input(Widget):
    """Base of the ``<input>`` elements."""

    input_type: str = "text"

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(attrs)
        if "type" in self.attrs:
            self.input_type = str(self.attrs.pop("type"))

    @property
    def is_hidden(self) -> bool:
        """True for ``type="hidden"``."""
        return self.input_type == "hidden"

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the ``<input>``."""
        own = {"type": self.input_type, "name": name, "value": self.format_value(value)}
        return fill_html("<input%s>", write_attributes({**own, **self.build_attrs(attrs)}))


class TextInput(Input):
    """One line of text."""


class NumberInput(Input):
    """A number."""

    input_type = "number"


class RangeInput(NumberInput):
    """A number on a slider."""

    input_type = "range"

    def use_required_attribute(self, initial: object) -> bool:
        """Return False: a slider always has a value, and HTML does not allow the attribute there."""
        return False


class EmailInput(Input):
    """An address for electronic mail."""

    input_type = "email"


class URLInput(Input):
    """A URL."""

    input_type = "url"


class TelInput(Input):
    """A telephone number."""

    input_type = "tel"


class SearchInput(Input):
    """Words to search for."""

    input_type = "search"


class ColorInput(Input):
    """A colour, sent as ``#rrggbb``."""

    input_type = "color"

    def use_required_attribute(self, initial: object) -> bool:
        """Return False: there is always a colour, and HTML does not allow the attribute there."""
        return False


class MonthInput(Input):
    """A month, sent as ``2026-11``."""

    input_type = "month"

    def format_value(self, value: object) -> object:
        """Return the year and month of a date."""
        return f"{value:%Y-%m}" if isinstance(value, date) else super().format_value(value)


class WeekInput(Input):
    """A week, sent as ``2026-W47`` (ISO 8601)."""

    input_type = "week"

    def format_value(self, value: object) -> object:
        """Return the year and week of a date."""
        return f"{value:%G-W%V}" if isinstance(value, date) else super().format_value(value)


class PasswordInput(Input):
    """A secret. What was sent is not written back into the page.

    Args:
        attrs: Attributes of the element.
        render_value: Write it back nevertheless.
    """

    input_type = "password"

    def __init__(self, attrs: Mapping[str, object] | None = None, render_value: bool = False) -> None:
        super().__init__(attrs)
        self.render_value = render_value

    def format_value(self, value: object) -> object:
        """Return None, unless ``render_value`` is set."""
        return super().format_value(value) if self.render_value else None


class HiddenInput(Input):
    """A value that is sent but not shown. Whoever sends can change it."""

    input_type = "hidden"


class MultipleHiddenInput(HiddenInput):
    """Several hidden values under one name."""

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return one ``<input>`` for each value."""
        values = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []
        attrs = dict(attrs or {})
        id_ = attrs.pop("id", None)
        numbered = ({**attrs, "id": f"{id_}_{index}" if id_ else None} for index in range(len(values)))
        return Markup("\n").join(
            super(MultipleHiddenInput, self).render(name, one, more) for one, more in zip(values, numbered, strict=True)
        )

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the list of values."""
        return value_list(data, name)


class Textarea(Widget):
    """Several lines of text."""

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__({"cols": "40", "rows": "10", **(attrs or {})})

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the ``<textarea>``; browsers drop the line break that begins its content."""
        mark = write_attributes({"name": name, **self.build_attrs(attrs)})
        text = self.format_value(value)
        return fill_html("<textarea%s>\n%s</textarea>", mark, escape_text("" if text is None else text))


class DateInput(Input):
    """A day.

    Args:
        attrs: Attributes of the element; ``{"type": "text"}`` for a plain line of text.
        format: How to write it (`datetime.date.strftime`); the default is what browsers expect.
    """

    input_type = "date"
    format: str | None = None

    def __init__(self, attrs: Mapping[str, object] | None = None, format: str | None = None) -> None:
        super().__init__(attrs)
        self.format = format or self.format

    def format_value(self, value: object) -> object:
        """Return the day as ISO 8601 writes it, or by ``format``."""
        if not isinstance(value, date):
            return super().format_value(value)
        if self.format is not None:
            return value.strftime(self.format)
        return (value.date() if isinstance(value, datetime) else value).isoformat()


class DateTimeInput(DateInput):
    """A day and a time of day."""

    input_type = "datetime-local"

    def format_value(self, value: object) -> object:
        """Return day and time as ISO 8601 writes them, without the zone, or by ``format``."""
        if not isinstance(value, datetime) or self.format is not None:
            return super().format_value(value)
        return value.replace(tzinfo=None).isoformat(timespec="minutes" if _whole_minute(value) else "auto")


class TimeInput(DateInput):
    """A time of day."""

    input_type = "time"

    def format_value(self, value: object) -> object:
        """Return the time as ISO 8601 writes it, or by ``format``."""
        if not isinstance(value, time):
            return super().format_value(value)
        if self.format is not None:
            return value.strftime(self.format)
        return value.replace(tzinfo=None).isoformat(timespec="minutes" if _whole_minute(value) else "auto")


class CheckboxInput(Input):
    """A box that is ticked or not. Browsers send nothing for one that is not."""

    input_type = "checkbox"

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the ``<input>``, ticked if ``value`` is true."""
        more = self.build_attrs(attrs)
        if value is not None and value is not False and value != "":
            more["checked"] = True
        return super().render(name, value, more)

    def format_value(self, value: object) -> object:
        """Return None for values that are only yes or no."""
        return None if value is True or value is False or value is None or value == "" else str(value)

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return True or False; what was sent if it is a value of its own."""
        value = one_value(data, name)
        if value is None:
            return False
        return {"true": True, "false": False}.get(value.lower(), bool(value)) if isinstance(value, str) else bool(value)

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Return False: that nothing was sent means that the box was not ticked."""
        return False


class FileInput(Input):
    """A file.

    Args:
        attrs: Attributes of the element.

    Raises:
        ValueError: If it shall take several files, and the class does not say ``allow_multiple_selected``.
    """

    input_type = "file"
    needs_multipart_form = True
    allow_multiple_selected: ClassVar[bool] = False

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(attrs)
        several = self.attrs.get("multiple")
        if several and not self.allow_multiple_selected:
            # A field that looks at one file would let all others through unchecked (CVE-2023-31047).
            raise ValueError(f"{type(self).__name__} takes one file. Use MultipleFileField, which checks each file.")
        if self.allow_multiple_selected and several is None:
            self.attrs["multiple"] = True

    def format_value(self, value: object) -> object:
        """Return None: browsers do not take a file from the page."""
        return None

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the file, or the list of files if several are allowed."""
        return value_list(files, name) if self.allow_multiple_selected else one_value(files, name)

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether no file was sent."""
        return not has_value(files, name)

    def use_required_attribute(self, initial: object) -> bool:
        """Return False if there is a file already."""
        return super().use_required_attribute(initial) and not initial


class ClearableFileInput(FileInput):
    """A file, with a link to the present one and a box to remove it."""

    initial_text: Message = gettext_lazy("Currently")
    input_text: Message = gettext_lazy("Change")
    clear_checkbox_label: Message = gettext_lazy("Clear")

    CONTRADICTION: ClassVar[object] = object()
    """The value if somebody both sent a file and ticked the box."""

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the ``<input>``; before it the present file, if it has a ``url``."""
        control = super().render(name, value, attrs)
        url = getattr(value, "url", None)
        if not isinstance(url, str) or not url.lower().startswith(("http://", "https://", "/")):
            return control
        html = fill_html('%s: <a href="%s">%s</a>', self.initial_text, url, str(value))
        if not self.is_required:
            box, box_id = self.clear_checkbox_name(name), self.clear_checkbox_id(name)
            html += fill_html(
                '\n<input type="checkbox" name="%s" id="%s">\n<label for="%s">%s</label>',
                box,
                box_id,
                box_id,
                self.clear_checkbox_label,
            )
        return html + fill_html("<br>\n%s:\n%s", self.input_text, control)

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the file, None, False to remove the present file, or `CONTRADICTION`."""
        upload = super().value_from_datadict(data, files, name)
        if self.is_required or not CheckboxInput().value_from_datadict(data, files, self.clear_checkbox_name(name)):
            return upload
        return self.CONTRADICTION if upload else False

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether neither a file nor the box was sent."""
        return super().value_omitted_from_data(data, files, name) and not has_value(
            data, self.clear_checkbox_name(name)
        )

    def clear_checkbox_name(self, name: str) -> str:
        """Return the name of the box."""
        return f"{name}-clear"

    def clear_checkbox_id(self, name: str) -> str:
        """Return the ``id`` of the box."""
        return f"{name}-clear_id"


def _id(attrs: Mapping[str, object] | None) -> str | None:
    id_ = (attrs or {}).get("id")
    return None if id_ is None else str(id_)


def _whole_minute(value: datetime | time) -> bool:
    return not value.second and not value.microsecond

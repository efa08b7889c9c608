"""Controls of one value: lines of text, numbers, secrets, hidden values, text areas and boxes to tick."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from partita.forms.data import FormData, one_value, value_list
from partita.forms.widgets.base import SubWidget, Widget

__all__ = (
    "CheckboxInput",
    "ColorInput",
    "EmailInput",
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
    "URLInput",
    "WeekInput",
    "Widget",
)


class Input(Widget):
    """Base of the ``<input>`` elements."""

    reads_shared = True
    input_type: str = "text"
    template_name = "partita/forms/widgets/input.html"

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(attrs)
        if "type" in self.attrs:
            self.input_type = str(self.attrs.pop("type"))

    @property
    def is_hidden(self) -> bool:
        """True for ``type="hidden"``."""
        return self.input_type == "hidden"

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with the ``type`` of the ``<input>``."""
        context = super().get_context(name, value, attrs)
        context["widget"]["type"] = self.input_type
        return context


class TextInput(Input):
    """One line of text."""

    reads_shared = True
    template_name = "partita/forms/widgets/text.html"


class NumberInput(Input):
    """A number."""

    reads_shared = True
    input_type = "number"
    template_name = "partita/forms/widgets/number.html"


class RangeInput(NumberInput):
    """A number on a slider."""

    reads_shared = True
    input_type = "range"
    template_name = "partita/forms/widgets/range.html"

    def use_required_attribute(self, initial: object) -> bool:
        """Return False: a slider always has a value, and HTML does not allow the attribute there."""
        return False


class EmailInput(Input):
    """An address for electronic mail."""

    reads_shared = True
    input_type = "email"
    template_name = "partita/forms/widgets/email.html"


class URLInput(Input):
    """A URL."""

    reads_shared = True
    input_type = "url"
    template_name = "partita/forms/widgets/url.html"


class TelInput(Input):
    """A telephone number."""

    reads_shared = True
    input_type = "tel"
    template_name = "partita/forms/widgets/tel.html"


class SearchInput(Input):
    """Words to search for."""

    reads_shared = True
    input_type = "search"
    template_name = "partita/forms/widgets/search.html"


class ColorInput(Input):
    """A colour, sent as ``#rrggbb``."""

    reads_shared = True
    input_type = "color"
    template_name = "partita/forms/widgets/color.html"

    def use_required_attribute(self, initial: object) -> bool:
        """Return False: there is always a colour, and HTML does not allow the attribute there."""
        return False


class MonthInput(Input):
    """A month, sent as ``2026-11``."""

    reads_shared = True
    input_type = "month"
    template_name = "partita/forms/widgets/month.html"

    def format_value(self, value: object) -> object:
        """Return the year and month of a date."""
        return f"{value:%Y-%m}" if isinstance(value, date) else super().format_value(value)


class WeekInput(Input):
    """A week, sent as ``2026-W47`` (ISO 8601)."""

    reads_shared = True
    input_type = "week"
    template_name = "partita/forms/widgets/week.html"

    def format_value(self, value: object) -> object:
        """Return the year and week of a date."""
        return f"{value:%G-W%V}" if isinstance(value, date) else super().format_value(value)


class PasswordInput(Input):
    """A secret. What was sent is not written back into the page.

    Args:
        attrs: Attributes of the element.
        render_value: Write it back nevertheless.
    """

    reads_shared = True
    input_type = "password"
    template_name = "partita/forms/widgets/password.html"

    def __init__(self, attrs: Mapping[str, object] | None = None, render_value: bool = False) -> None:
        super().__init__(attrs)
        self.render_value = render_value

    def format_value(self, value: object) -> object:
        """Return None, unless ``render_value`` is set."""
        return super().format_value(value) if self.render_value else None


class HiddenInput(Input):
    """A value that is sent but not shown. Whoever sends can change it."""

    reads_shared = True
    input_type = "hidden"
    template_name = "partita/forms/widgets/hidden.html"


class MultipleHiddenInput(HiddenInput):
    """Several hidden values under one name."""

    reads_shared = True
    template_name = "partita/forms/widgets/multiple_hidden.html"

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with an ``<input>`` for each value under ``subwidgets``."""
        context = super().get_context(name, value, attrs)
        own = context["widget"]["attrs"]
        id_ = own.pop("id", None)
        context["widget"]["subwidgets"] = [
            {
                **context["widget"],
                "value": one,
                "attrs": {**own, "id": f"{id_}_{index}"} if id_ else own,
                "template_name": HiddenInput.template_name,
            }
            for index, one in enumerate(context["widget"]["value"])
        ]
        return context

    def format_value(self, value: object) -> object:
        """Return the list of values."""
        return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the list of values."""
        return value_list(data, name)


class Textarea(Widget):
    """Several lines of text."""

    reads_shared = True
    template_name = "partita/forms/widgets/textarea.html"

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__({"cols": "40", "rows": "10", **(attrs or {})})


class CheckboxInput(Input):
    """A box that is ticked or not. Browsers send nothing for one that is not.

    Args:
        attrs: Attributes of the element.
        check_test: Tells for a value whether the box is ticked; by default for all but False, None and nothing.
    """

    reads_shared = True
    input_type = "checkbox"
    template_name = "partita/forms/widgets/checkbox.html"

    def __init__(
        self, attrs: Mapping[str, object] | None = None, check_test: Callable[[Any], bool] | None = None
    ) -> None:
        super().__init__(attrs)
        self.check_test = _is_ticked if check_test is None else check_test

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, ticked if the test says so."""
        context = super().get_context(name, value, attrs)
        if self.check_test(value):
            context["widget"]["attrs"]["checked"] = True
        return context

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


def _is_ticked(value: object) -> bool:
    return not (value is False or value is None or value == "")

"""Controls to choose from a list with."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Self

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.attributes import escape_text, fill_html, write_attributes
from partita.forms.choices import Choice, Choices, ChoiceSource
from partita.forms.data import FormData, has_value, one_value, value_list
from partita.forms.widgets import SubWidget, Widget

__all__ = ("CheckboxSelectMultiple", "ChoiceWidget", "NullBooleanSelect", "RadioSelect", "Select", "SelectMultiple")


class ChoiceWidget(Widget):
    """Base of the controls with choices.

    Args:
        attrs: Attributes of the HTML element.
        choices: What to choose from; a field puts its own choices here.
    """

    allow_multiple_selected: ClassVar[bool] = False
    choices: Choices

    def __init__(self, attrs: Mapping[str, object] | None = None, choices: ChoiceSource = ()) -> None:
        super().__init__(attrs)
        self.choices = Choices(choices)

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the value sent, or the list of values if several can be chosen."""
        return value_list(data, name) if self.allow_multiple_selected else one_value(data, name)

    def chosen(self, value: object) -> frozenset[str]:
        """Return the values chosen, as they are written in HTML."""
        if value is None and self.allow_multiple_selected:
            return frozenset()
        several = isinstance(value, Iterable) and not isinstance(value, str)
        values = value if several and isinstance(value, Iterable) else [value]
        return frozenset("" if one is None else str(one) for one in values)

    def clone(self) -> Self:
        """Return a copy with attributes and choices of its own."""
        again = super().clone()
        again.choices = self.choices.copy()
        return again


class Select(ChoiceWidget):
    """A list that opens, to choose one from."""

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the ``<select>`` with its options."""
        mark = write_attributes({"name": name, **self.build_attrs(attrs)})
        options = Markup("\n").join(self._options(self.choices, self.chosen(value)))
        return fill_html("<select%s>\n%s\n</select>", mark, options)

    def use_required_attribute(self, initial: object) -> bool:
        """Return False if the first option is not the empty one: then there is always a choice."""
        return super().use_required_attribute(initial) and self.choices.begins_empty()

    def _options(self, choices: Iterable[Choice], chosen: frozenset[str]) -> Iterator[Markup]:
        for value, label in choices:
            if isinstance(label, list):
                inner = Markup("\n").join(self._options(label, chosen))
                yield fill_html("<optgroup%s>\n%s\n</optgroup>", write_attributes({"label": value}), inner)
                continue
            text = "" if value is None else str(value)
            mark = write_attributes({"value": text, "selected": text in chosen})
            yield fill_html("<option%s>%s</option>", mark, escape_text(label))


class SelectMultiple(Select):
    """A list to choose several from."""

    allow_multiple_selected = True

    def build_attrs(self, extra: Mapping[str, object] | None = None) -> dict[str, object]:
        """Return the attributes, with ``multiple``."""
        return {**super().build_attrs(extra), "multiple": True}

    def use_required_attribute(self, initial: object) -> bool:
        """Return True: the browser insists on at least one."""
        return not self.is_hidden

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Return False: browsers send nothing if nothing is chosen."""
        return False


class NullBooleanSelect(Select):
    """Yes, no or unknown."""

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        choices = [("unknown", gettext_lazy("Unknown")), ("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))]
        super().__init__(attrs, choices)

    def chosen(self, value: object) -> frozenset[str]:
        """Return the name of what was chosen."""
        return frozenset({_NULL_BOOLEANS.get(str(value).lower(), "unknown")})

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return True, False or None."""
        value = _NULL_BOOLEANS.get(str(one_value(data, name)).lower())
        return None if value is None else value == "true"


_NULL_BOOLEANS = {"true": "true", "2": "true", "false": "false", "3": "false"}


class RadioSelect(ChoiceWidget):
    """Round buttons to choose one with."""

    use_fieldset = True
    input_type: ClassVar[str] = "radio"

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return the buttons with their labels in a ``<div>``, those of a group under its name."""
        own = self.build_attrs(attrs)
        chosen, number, rows = self.chosen(value), 0, []
        for choice, label in self.choices:
            group = label if isinstance(label, list) else [(choice, label)]
            inner = []
            for one, text in group:
                inner.append(fill_html("<div>\n%s\n</div>", self._button(name, one, text, own, chosen, number)))
                number += 1
            html = Markup("\n").join(inner)
            rows.append(_group(choice, html) if group is label else html)
        mark = write_attributes({"id": own.get("id"), "class": own.get("class")})
        return fill_html("<div%s>\n%s\n</div>", mark, Markup("\n").join(rows))

    def subwidgets(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Iterator[SubWidget]:
        """Iterate over the buttons."""
        own, chosen = self.build_attrs(attrs), self.chosen(value)
        for number, (choice, label) in enumerate(self.choices.flat()):
            yield self._button(name, choice, label, own, chosen, number)

    def id_for_label(self, id_: str | None) -> str | None:
        """Return None: the legend belongs to all buttons and to no single one."""
        return None

    def _button(
        self,
        name: str,
        value: object,
        label: object,
        attrs: Mapping[str, object],
        chosen: frozenset[str],
        number: int,
    ) -> SubWidget:
        id_ = f"{attrs['id']}_{number}" if attrs.get("id") else None
        text = "" if value is None else str(value)
        own = {"type": self.input_type, "name": name, "value": text, **attrs, "id": id_, "checked": text in chosen}
        return SubWidget(fill_html("<input%s>", write_attributes(own)), label, value, id_)


def _group(name: object, buttons: Markup) -> Markup:
    mark = write_attributes({"role": "group", "aria-label": name})
    return fill_html("<div%s>\n<div>%s</div>\n%s\n</div>", mark, name, buttons)


class CheckboxSelectMultiple(RadioSelect):
    """Boxes to choose several with."""

    allow_multiple_selected = True
    input_type = "checkbox"

    def use_required_attribute(self, initial: object) -> bool:
        """Return False: with the attribute, browsers would insist on every box."""
        return False

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Return False: browsers send nothing for boxes that are not ticked."""
        return False

    def sent(self, data: FormData, name: str) -> bool:
        """Tell whether any box was ticked."""
        return has_value(data, name)

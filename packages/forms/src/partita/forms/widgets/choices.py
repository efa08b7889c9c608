"""Controls to choose from a list with."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeAlias

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.choices import Choices, ChoiceSource
from partita.forms.data import FormData, has_value, one_value, value_list
from partita.forms.renderers import BaseRenderer
from partita.forms.widgets.base import SubWidget, Widget

__all__ = ("CheckboxSelectMultiple", "ChoiceWidget", "NullBooleanSelect", "RadioSelect", "Select", "SelectMultiple")

Option: TypeAlias = dict[str, Any]
Group: TypeAlias = tuple[object, list[Option], int]


class ChoiceWidget(Widget):
    """Base of the controls with choices.

    Args:
        attrs: Attributes of the HTML element.
        choices: What to choose from; a field puts its own choices here.
    """

    reads_shared = True
    allow_multiple_selected: ClassVar[bool] = False
    input_type: str | None = None
    option_template_name: str = ""
    add_id_index: bool = True
    """Whether each option has an ``id`` of its own."""
    checked_attribute: Mapping[str, object] = {"checked": True}
    option_inherits_attrs: bool = True

    def __init__(self, attrs: Mapping[str, object] | None = None, choices: ChoiceSource = ()) -> None:
        super().__init__(attrs)
        self.choices = choices

    @property
    def choices(self) -> Choices:
        """What is offered; anything `Choices` takes can be assigned."""
        return self._choices

    @choices.setter
    def choices(self, source: ChoiceSource) -> None:
        self._choices = source if isinstance(source, Choices) else Choices(source)

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with the options by group under ``optgroups``."""
        context = super().get_context(name, value, attrs)
        context["widget"]["optgroups"] = self.optgroups(name, context["widget"]["value"], attrs)
        return context

    def optgroups(self, name: str, value: Iterable[str], attrs: Mapping[str, object] | None = None) -> list[Group]:
        """Return the groups: the name (None without one), the options and the number of each.

        Args:
            name: The name to send the value under.
            value: The values chosen, as they are written in HTML.
            attrs: More attributes.
        """
        chosen = frozenset(value)
        groups: list[Group] = []
        found = False
        for index, (choice, label) in enumerate(self.choices):
            group = label if isinstance(label, list) else None
            options: list[Option] = []
            for subindex, (one, text) in enumerate([(choice, label)] if group is None else group):
                one = "" if one is None else one
                # A list that opens can show one choice only, even if two have the same value.
                selected = bool(chosen) and str(one) in chosen and (self.allow_multiple_selected or not found)
                found = found or selected
                options.append(
                    self.create_option(
                        name, one, text, selected, index, subindex=None if group is None else subindex, attrs=attrs
                    )
                )
            # The name stands in an attribute: of HTML, what it says is shown, and no mark of it ends the attribute.
            told = choice.unescape() if isinstance(choice, Markup) else choice
            groups.append((None if group is None else told, options, index))
        return groups

    def options(self, name: str, value: Iterable[str], attrs: Mapping[str, object] | None = None) -> Iterator[Option]:
        """Iterate over the options of all groups."""
        for _, options, _ in self.optgroups(name, value, attrs):
            yield from options

    def create_option(
        self,
        name: str,
        value: object,
        label: object,
        selected: bool,
        index: int,
        subindex: int | None = None,
        attrs: Mapping[str, object] | None = None,
    ) -> Option:
        """Return what the template of one option gets.

        Args:
            name: The name of the control.
            value: The value of the option.
            label: Its text.
            selected: Whether it is chosen.
            index: Its place, or that of its group.
            subindex: Its place in the group.
            attrs: More attributes of the control.
        """
        number = str(index) if subindex is None else f"{index}_{subindex}"
        own = self.build_attrs(self.attrs, attrs) if self.option_inherits_attrs else {}
        if selected:
            own.update(self.checked_attribute)
        if "id" in own:
            own["id"] = self.id_for_label(str(own["id"]), number)
        return {
            "name": name,
            "value": value,
            "label": label,
            "selected": selected,
            "index": number,
            "attrs": own,
            "type": self.input_type,
            "template_name": self.option_template_name,
            "wrap_label": True,
        }

    def subwidgets(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Iterator[SubWidget]:
        """Iterate over the options."""
        for option in self.options(name, self.format_value(value), attrs):
            yield SubWidget(self, option, renderer)

    def id_for_label(self, id_: str | None, index: str | None = "0") -> str | None:
        """Return the ``id`` of the option number ``index``."""
        return f"{id_}_{index}" if id_ and self.add_id_index and index is not None else id_

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the value sent, or the list of values if several can be chosen."""
        return value_list(data, name) if self.allow_multiple_selected else one_value(data, name)

    def format_value(self, value: object) -> list[str]:
        """Return the values chosen, as they are written in HTML."""
        if value is None and self.allow_multiple_selected:
            return []
        values = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
        return ["" if one is None else str(one) for one in values]

    def clone(self) -> Self:
        """Return a copy with attributes and choices of its own."""
        again = super().clone()
        again._choices = self._choices.copy()
        return again


class Select(ChoiceWidget):
    """A list that opens, to choose one from."""

    reads_shared = True
    input_type = "select"
    template_name = "partita/forms/widgets/select.html"
    option_template_name = "partita/forms/widgets/select_option.html"
    add_id_index = False
    checked_attribute = {"selected": True}
    option_inherits_attrs = False

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with the attribute ``multiple`` if several can be chosen."""
        context = super().get_context(name, value, attrs)
        if self.allow_multiple_selected:
            context["widget"]["attrs"]["multiple"] = True
        return context

    def use_required_attribute(self, initial: object) -> bool:
        """Return False if the first option is not the empty one: then there is always a choice."""
        if self.allow_multiple_selected:
            return super().use_required_attribute(initial)
        return super().use_required_attribute(initial) and self.choices.begins_empty()


class SelectMultiple(Select):
    """A list to choose several from."""

    reads_shared = True
    allow_multiple_selected = True

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Return False: browsers send nothing if nothing is chosen."""
        return False


class NullBooleanSelect(Select):
    """Yes, no or unknown."""

    reads_shared = True

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        choices = [("unknown", gettext_lazy("Unknown")), ("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))]
        super().__init__(attrs, choices)

    def format_value(self, value: object) -> list[str]:
        """Return the name of what was chosen."""
        return [_NULL_BOOLEANS.get(str(value).lower(), "unknown")]

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return True, False or None."""
        value = _NULL_BOOLEANS.get(str(one_value(data, name)).lower())
        return None if value is None else value == "true"


_NULL_BOOLEANS = {"true": "true", "2": "true", "false": "false", "3": "false"}


class RadioSelect(ChoiceWidget):
    """Round buttons to choose one with."""

    reads_shared = True
    use_fieldset = True
    input_type = "radio"
    template_name = "partita/forms/widgets/radio.html"
    option_template_name = "partita/forms/widgets/radio_option.html"

    def id_for_label(self, id_: str | None, index: str | None = None) -> str | None:
        """Return the ``id`` of a button; empty without ``index``: the legend belongs to all buttons and to no single one."""
        return super().id_for_label(id_, index) if index is not None else ""


class CheckboxSelectMultiple(RadioSelect):
    """Boxes to choose several with."""

    reads_shared = True
    allow_multiple_selected = True
    input_type = "checkbox"
    template_name = "partita/forms/widgets/checkbox_select.html"
    option_template_name = "partita/forms/widgets/checkbox_option.html"

    def use_required_attribute(self, initial: object) -> bool:
        """Return False: with the attribute, browsers would insist on every box."""
        return False

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Return False: browsers send nothing for boxes that are not ticked."""
        return False

    def sent(self, data: FormData, name: str) -> bool:
        """Tell whether any box was ticked."""
        return has_value(data, name)

"""A field of one form: its names, what was sent for it, its errors and its HTML."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, overload

from markupsafe import Markup, escape

from partita.contracts.i18n import gettext
from partita.forms.attributes import fill_html, write_attributes
from partita.forms.error_lists import ErrorList
from partita.forms.widgets import SubWidget, Textarea, TextInput, Widget
from partita.validation import Message, ValidationError

if TYPE_CHECKING:
    from partita.forms.field import Field
    from partita.forms.form import BaseForm

__all__ = ("BoundField", "pretty_name")


class BoundField:
    """What ``form["name"]`` returns and what a template gets for ``form.name``. It renders as its control.

    Args:
        form: The form.
        field: The form's own copy of the field.
        name: The name of the field in the form.
    """

    def __init__(self, form: "BaseForm", field: "Field", name: str) -> None:
        self.form, self.field, self.name = form, field, name
        self.html_name = form.add_prefix(name)
        self.html_initial_name = form.add_initial_prefix(name)
        self.html_initial_id = form.add_initial_prefix(self.auto_id) if self.auto_id else ""
        self.label: Message = pretty_name(name) if field.label is None else field.label
        self.help_text: Message = field.help_text or ""

    @property
    def errors(self) -> ErrorList:
        """The errors of this field, an empty list if there are none."""
        found = self.form.errors.get(self.name)
        return self.form.error_class(field_id=self.auto_id or None) if found is None else found

    @property
    def data(self) -> object:
        """What was sent for this field."""
        return self.form.sent_value(self.field.widget, self.html_name)

    @cached_property
    def initial(self) -> object:
        """The value shown at first."""
        return self.form.get_initial_for_field(self.field, self.name)

    def value(self) -> object:
        """Return what the control shows: what was sent, or the initial value."""
        value = self.field.bound_data(self.data, self.initial) if self.form.is_bound else self.initial
        return self.field.prepare_value(value)

    def has_changed(self) -> bool:
        """Tell whether what was sent is another value than the initial one."""
        initial = self.initial
        if self.field.show_hidden_initial:
            sent = self.form.sent_value(self.field.hidden_widget(), self.html_initial_name)
            try:
                initial = self.field.to_python(sent)
            except ValidationError:
                return True  # somebody changed what was sent along
        return self.field.has_changed(initial, self.data)

    @property
    def is_hidden(self) -> bool:
        """True if the control is hidden."""
        return self.field.widget.is_hidden

    @property
    def auto_id(self) -> str:
        """The ``id`` that the form gives to the control, or nothing."""
        auto_id = self.form.auto_id
        if isinstance(auto_id, str) and "%s" in auto_id:
            return auto_id.replace("%s", self.html_name)
        return self.html_name if auto_id else ""

    @property
    def id_for_label(self) -> str:
        """The ``id`` that a label points to."""
        return self.field.widget.id_for_label(self._id()) or ""

    @property
    def use_fieldset(self) -> bool:
        """True if there are several controls, which belong into a fieldset."""
        return self.field.widget.use_fieldset

    @property
    def widget_type(self) -> str:
        """The kind of the control, such as ``text`` or ``checkbox``, for CSS."""
        return type(self.field.widget).__name__.removesuffix("Input").removesuffix("Widget").lower()

    @property
    def aria_describedby(self) -> str | None:
        """The ``id`` of the help text and of the errors; None if there are none, or if the control has its own."""
        if self.field.widget.attrs.get("aria-describedby") or not self.auto_id or self.is_hidden:
            return None
        parts = [f"{self.auto_id}_helptext"] if self.help_text else []
        if self.form.is_bound and self.errors:
            parts.append(f"{self.auto_id}_error")
        return " ".join(parts) or None

    def as_widget(
        self, widget: Widget | None = None, attrs: Mapping[str, object] | None = None, only_initial: bool = False
    ) -> Markup:
        """Return the control.

        Args:
            widget: Another control than that of the field.
            attrs: More attributes.
            only_initial: Render the initial value that is sent along, see ``show_hidden_initial`` of the field.
        """
        widget = widget or self.field.widget
        own = self.build_widget_attrs(dict(attrs or {}), widget)
        if self.auto_id and "id" not in widget.attrs:
            own.setdefault("id", self.html_initial_id if only_initial else self.auto_id)
        if only_initial and self.html_initial_name in self.form.data:
            value = self.form.sent_value(self.field.hidden_widget(), self.html_initial_name)
        else:
            value = self.value()
        return widget.render(self.html_initial_name if only_initial else self.html_name, value, own)

    def as_text(self, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return a line of text as control."""
        return self.as_widget(TextInput(), attrs)

    def as_textarea(self, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return lines of text as control."""
        return self.as_widget(Textarea(), attrs)

    def as_hidden(self, attrs: Mapping[str, object] | None = None, only_initial: bool = False) -> Markup:
        """Return a hidden control."""
        return self.as_widget(self.field.hidden_widget(), attrs, only_initial)

    def as_field_group(self) -> Markup:
        """Return label, help text, errors and control."""
        from partita.forms.rendering import field_group

        return field_group(self)

    def build_widget_attrs(self, attrs: dict[str, object], widget: Widget | None = None) -> dict[str, object]:
        """Return ``attrs`` with what the state of the field adds: required, disabled, errors, descriptions."""
        widget = widget or self.field.widget
        if self.field.required and self.form.use_required_attribute and widget.use_required_attribute(self.initial):
            # Whoever renders a field twice keeps the browser from insisting on the hidden one.
            attrs["required"] = True
        if self.field.disabled:
            attrs["disabled"] = True
        if not widget.is_hidden:
            if self.form.is_bound and self.errors and "aria-invalid" not in widget.attrs:
                attrs["aria-invalid"] = "true"
            described = attrs.get("aria-describedby") or (None if widget.use_fieldset else self.aria_describedby)
            if described:
                attrs["aria-describedby"] = described
        return attrs

    def label_tag(
        self,
        contents: Message | None = None,
        attrs: Mapping[str, object] | None = None,
        label_suffix: Message | None = None,
        tag: str = "label",
    ) -> Markup:
        """Return the label.

        Args:
            contents: Instead of the label of the field.
            attrs: Attributes of the element.
            label_suffix: Instead of that of the field or the form; not added to what ends in punctuation.
            tag: ``label`` or ``legend``.
        """
        text = escape(self.label if contents is None else contents)
        suffix = self._suffix(label_suffix)
        if suffix and text and text[-1] not in gettext(":?.!"):
            text += escape(suffix)
        own = dict(attrs or {})
        if tag == "label" and self.id_for_label:
            own = {"for": self.id_for_label, **own}
        if self.field.required and self.form.required_css_class:
            own["class"] = (
                f"{own['class']} {self.form.required_css_class}" if own.get("class") else self.form.required_css_class
            )
        mark = write_attributes(own)
        return fill_html("<%s%s>%s</%s>", tag, mark, text, tag)

    def legend_tag(
        self,
        contents: Message | None = None,
        attrs: Mapping[str, object] | None = None,
        label_suffix: Message | None = None,
    ) -> Markup:
        """Return the label as the legend of a fieldset."""
        return self.label_tag(contents, attrs, label_suffix, tag="legend")

    def css_classes(self, extra_classes: str = "") -> str:
        """Return the CSS classes of the row: the extra ones and those for errors and required fields."""
        classes = dict.fromkeys(extra_classes.split())
        if self.form.error_css_class and self.form.is_bound and self.errors:
            classes[self.form.error_css_class] = None
        if self.form.required_css_class and self.field.required:
            classes[self.form.required_css_class] = None
        return " ".join(classes)

    @cached_property
    def subwidgets(self) -> list[SubWidget]:
        """The single controls, such as the buttons of a radio group."""
        id_ = self._id()
        attrs = self.build_widget_attrs({"id": id_} if id_ else {})
        return list(self.field.widget.subwidgets(self.html_name, self.value(), attrs))

    def __iter__(self) -> Iterator[SubWidget]:
        return iter(self.subwidgets)

    def __len__(self) -> int:
        return len(self.subwidgets)

    def __bool__(self) -> bool:
        return True  # even if there is nothing to choose from

    @overload
    def __getitem__(self, index: int) -> SubWidget: ...
    @overload
    def __getitem__(self, index: slice) -> list[SubWidget]: ...
    def __getitem__(self, index: int | slice) -> SubWidget | list[SubWidget]:
        if not isinstance(index, int | slice):
            raise TypeError(f"The controls of a field are numbered, got {index!r}.")
        return self.subwidgets[index]

    def __html__(self) -> str:
        html = self.as_widget()
        return html + self.as_hidden(only_initial=True) if self.field.show_hidden_initial else html

    def __str__(self) -> str:
        return self.__html__()

    def __repr__(self) -> str:
        return f"<BoundField {self.html_name!r} of {type(self.form).__name__}>"

    def _id(self) -> str | None:
        id_ = self.field.widget.attrs.get("id")
        return str(id_) if id_ else self.auto_id or None

    def _suffix(self, given: Message | None) -> Message:
        if given is not None:
            return given
        return self.form.label_suffix if self.field.label_suffix is None else self.field.label_suffix


def pretty_name(name: str) -> str:
    """Return ``first_name`` as ``First name``."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]

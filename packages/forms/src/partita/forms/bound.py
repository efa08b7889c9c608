"""A field of one form: its names, what was sent for it, its errors and its HTML."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from markupsafe import Markup

from partita.contracts.i18n import gettext
from partita.forms.error_lists import ErrorList
from partita.forms.rendering.attributes import html_text
from partita.forms.rendering.renderable import Renderable
from partita.forms.widgets import SubWidget, Textarea, TextInput, Widget
from partita.validation import Message, ValidationError

if TYPE_CHECKING:
    from partita.forms.fields import Field
    from partita.forms.form import BaseForm

__all__ = ("BoundField", "pretty_name")


class BoundField(Renderable):
    """What ``form["name"]`` returns and what a template gets for ``form.name``. It renders as its control.

    Args:
        form: The form.
        field: The form's own copy of the field.
        name: The name of the field in the form.
    """

    def __init__(self, form: "BaseForm", field: "Field", name: str) -> None:
        self.form, self.field, self.name = form, field, name
        self.renderer = form.renderer
        self.html_name = form.add_prefix(name)
        self._auto_id: str | None = None
        self.label: Message = pretty_name(name) if field.label is None else field.label
        self.help_text: Message = field.help_text or ""

    @property
    def html_initial_name(self) -> str:
        """The name under which the initial value is sent along, see ``show_hidden_initial`` of the field."""
        return self.form.add_initial_prefix(self.name)

    @property
    def html_initial_id(self) -> str:
        """The ``id`` of the control with the initial value."""
        return self.form.add_initial_prefix(self.auto_id) if self.auto_id else ""

    @property
    def errors(self) -> ErrorList:
        """The errors of this field, an empty list if there are none."""
        found = self.form.errors.get(self.name)
        if found is None:
            return self.form.error_class(renderer=self.form.renderer, field_id=self.auto_id or None)
        return found

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
        if self._auto_id is None:
            self._auto_id = self.form.auto_id_of(self.name)
        return self._auto_id

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
        return type(self.field.widget).__name__.lower().removesuffix("input").removesuffix("widget")

    @property
    def aria_describedby(self) -> str | None:
        """The ``id`` of the help text and of the errors; None if there are none, or if the control has its own."""
        if self.field.widget.attrs.get("aria-describedby") or not self.auto_id or self.is_hidden:
            return None
        parts = [f"{self.auto_id}_helptext"] if self.help_text else []
        if self._has_errors():
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
        if self.field.localize:
            widget.is_localized = True
        if hasattr(widget, "labels_parts") and not widget.is_hidden:
            setattr(widget, "labels_parts", True)  # noqa: B010 - only some widgets have it
        own = self.build_widget_attrs(dict(attrs) if attrs else {}, widget)
        if "id" not in widget.attrs and (auto_id := self.auto_id):
            own.setdefault("id", self.html_initial_id if only_initial else auto_id)
        if only_initial and self.html_initial_name in self.form.data:
            value = self.form.sent_value(self.field.hidden_widget(), self.html_initial_name)
        else:
            value = self.value()
        name = self.html_initial_name if only_initial else self.html_name
        return widget.render(name, value, own, self.form.renderer)

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
        return self.render()

    @property
    def template_name(self) -> str:  # type: ignore[override]  # it depends on the field, nobody assigns it
        """The template of `as_field_group`: that of the field, else that of the renderer."""
        return self.field.template_name or self.form.renderer.field_template_name

    def get_context(self) -> dict[str, Any]:
        """Return what the template of `as_field_group` gets."""
        return {"field": self}

    def build_widget_attrs(self, attrs: dict[str, object], widget: Widget | None = None) -> dict[str, object]:
        """Return ``attrs`` with what the state of the field adds: required, disabled, errors, descriptions."""
        widget = widget or self.field.widget
        if self.field.required and self.form.use_required_attribute and widget.use_required_attribute(self.initial):
            # Whoever renders a field twice keeps the browser from insisting on the hidden one.
            attrs["required"] = True
        if self.field.disabled:
            attrs["disabled"] = True
        if not widget.is_hidden:
            if "aria-invalid" not in widget.attrs and self._has_errors():
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
        text: Message = self.label if contents is None else contents
        suffix = self._suffix(label_suffix)
        if suffix and text and str(text)[-1] not in gettext(":?.!"):
            text = Markup(html_text(text) + html_text(suffix))
        id_ = self._id()
        own = dict(attrs) if attrs else {}
        if tag == "label" and id_ and (target := self.field.widget.id_for_label(id_)):
            own = {"for": target, **own}
        if self.field.required and (css := self.form.required_css_class):
            own["class"] = f"{own['class']} {css}" if own.get("class") else css
        context = {"field": self, "label": text, "attrs": own, "use_tag": bool(id_), "tag": tag}
        return self.form.render(self.form.template_name_label, context)

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
        if not (self.form.error_css_class or self.form.required_css_class):
            return extra_classes
        classes = dict.fromkeys(extra_classes.split())
        if self.form.error_css_class and self._has_errors():
            classes[self.form.error_css_class] = None
        if self.form.required_css_class and self.field.required:
            classes[self.form.required_css_class] = None
        return " ".join(classes)

    @cached_property
    def subwidgets(self) -> list[SubWidget]:
        """The single controls, such as the buttons of a radio group."""
        id_ = self._id()
        attrs = self.build_widget_attrs({"id": id_} if id_ else {})
        return list(self.field.widget.subwidgets(self.html_name, self.value(), attrs, self.form.renderer))

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

    def _has_errors(self) -> bool:
        return self.form.is_bound and bool(self.form.errors.get(self.name))

    def _id(self) -> str | None:
        id_ = self.field.widget.attrs.get("id")
        return str(id_) if id_ else self.auto_id or None

    def _suffix(self, given: Message | None) -> Message:
        if given is not None:
            return given
        return self.form.label_suffix if self.field.label_suffix is None else self.field.label_suffix


def pretty_name(name: str | None) -> str:
    """Return ``first_name`` as ``First name``."""
    if not name:
        return ""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]

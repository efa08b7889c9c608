"""The base of all controls: their names, attributes and data, and the way to their HTML."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from markupsafe import Markup

from partita.forms.data import FormData, has_value, one_value
from partita.forms.media import Media, add_media
from partita.forms.renderers import BaseRenderer, default_renderer

__all__ = ("SubWidget", "Widget")


class SubWidget:
    """One control of several that belong together, such as one radio button; templates loop over them.

    Args:
        parent: The widget that it is part of.
        data: What its template gets as ``widget``.
        renderer: Instead of that of the current application.
    """

    __slots__ = ("data", "parent", "renderer")

    def __init__(self, parent: "Widget", data: Mapping[str, Any], renderer: BaseRenderer | None = None) -> None:
        self.parent, self.data, self.renderer = parent, data, renderer

    def tag(self, wrap_label: bool = False) -> Markup:
        """Return the control.

        Args:
            wrap_label: With its label around it.
        """
        context = {"widget": {**self.data, "wrap_label": wrap_label}}
        return self.parent.render_template(self.template_name, context, self.renderer)

    @property
    def template_name(self) -> str:
        """The template that renders it."""
        return str(self.data["template_name"])

    @property
    def choice_label(self) -> object:
        """The label of a button or box."""
        return self.data.get("label")

    @property
    def value(self) -> object:
        """What is sent if it is chosen."""
        return self.data.get("value")

    @property
    def id_for_label(self) -> str:
        """The ``id`` of the control, empty if it has none."""
        return str(self.data["attrs"].get("id") or "")

    def __html__(self) -> str:
        return self.tag(wrap_label=True)

    def __str__(self) -> str:
        return self.tag(wrap_label=True)


class Widget:
    """Base of all controls.

    What is rendered is the template ``template_name`` with what `get_context` returns. Subclasses change either.

    Args:
        attrs: Attributes of the HTML element; True writes the bare name, False and None leave it away.
    """

    template_name: str = ""
    is_required: bool = False
    is_localized: bool = False
    """True if values are written as the current language writes them."""
    needs_multipart_form: bool = False
    use_fieldset: bool = False
    """True if there are several controls, so that the label becomes the legend of a fieldset."""
    supports_microseconds: ClassVar[bool] = True
    reads_shared: ClassVar[bool] = True
    """True if forms may read what was sent with the widget of their class, since that changes nothing on it. False for classes
    from elsewhere unless they say so themselves."""

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        self.attrs: dict[str, object] = dict(attrs) if attrs else {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        add_media(cls)
        if "reads_shared" not in vars(cls):
            cls.reads_shared = False

    @property
    def media(self) -> Media:
        """The scripts and style sheets that the control needs; ``class Media`` of a subclass names them."""
        return Media()

    @property
    def is_hidden(self) -> bool:
        """True if there is nothing to see."""
        return False

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return what the template gets: a mapping ``widget``, and whatever a subclass adds.

        Args:
            name: The name to send the value under.
            value: What to show; None for nothing.
            attrs: More attributes.
        """
        return {
            "widget": {
                "name": name,
                "is_hidden": self.is_hidden,
                "required": self.is_required,
                "value": self.format_value(value),
                "attrs": self.build_attrs(self.attrs, attrs),
                "template_name": self.template_name,
            }
        }

    def render(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Markup:
        """Return the HTML.

        Args:
            name: The name to send the value under.
            value: What to show; None for nothing.
            attrs: More attributes.
            renderer: Instead of that of the current application.
        """
        return self.render_template(self.template_name, self.get_context(name, value, attrs), renderer)

    def render_template(
        self, template_name: str, context: Mapping[str, object], renderer: BaseRenderer | None = None
    ) -> Markup:
        """Return the HTML of one template."""
        return Markup((renderer or default_renderer()).write(template_name, context))

    def subwidgets(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Iterator[SubWidget]:
        """Iterate over the single controls."""
        yield SubWidget(self, self.get_context(name, value, attrs)["widget"], renderer)

    def format_value(self, value: object) -> object:
        """Return ``value`` as it is written into the control, None to write nothing."""
        if value is None or value == "":
            return None
        if self.is_localized and not isinstance(value, str):
            from partita.forms.localised import write_value  # who does not localise does not pay for it

            return write_value(value)
        return str(value)

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

    def build_attrs(
        self, base_attrs: Mapping[str, object], extra_attrs: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """Return both attributes together; the extra ones win."""
        return {**base_attrs, **extra_attrs} if extra_attrs else dict(base_attrs)

    def clone(self) -> Self:
        """Return a copy with attributes of its own, for one form."""
        again = object.__new__(type(self))  # what copy.copy does, in a third of the time
        again.__dict__.update(self.__dict__)
        again.attrs = self.attrs.copy()
        return again

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.clone()

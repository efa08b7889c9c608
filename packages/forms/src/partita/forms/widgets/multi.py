"""Controls made of several controls."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Self, TypeAlias

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.data import FormData
from partita.forms.media import Media
from partita.forms.renderers import BaseRenderer, default_renderer
from partita.forms.widgets.base import SubWidget, Widget
from partita.forms.widgets.times import DateInput, TimeInput
from partita.validation import Message

__all__ = ("MultiWidget", "SplitDateTimeWidget", "SplitHiddenDateTimeWidget")

Parts: TypeAlias = "Iterable[Widget | type[Widget]] | Mapping[str, Widget | type[Widget]]"


class MultiWidget(Widget):
    """Several controls that make one value.

    Args:
        widgets: The controls, in order. Their names are the name of the field with ``_0``, ``_1`` and so on; a mapping gives
            them names of their own, ``_year``, and an empty one is the name of the field itself.
        attrs: Attributes for each of them.
    """

    use_fieldset = True
    template_name = "partita/forms/widgets/multiwidget.html"
    part_labels: Sequence[Message] = ()
    """What each control is called for those who hear the page; the legend names the whole."""
    labels_parts: bool = False
    """True if the controls belong to a field of a form, which has them called by ``part_labels``."""

    def __init__(self, widgets: Parts, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(attrs)
        if isinstance(widgets, Mapping):
            self.widgets_names = [f"_{name}" if name else "" for name in widgets]
            widgets = widgets.values()
        else:
            widgets = list(widgets)
            self.widgets_names = [f"_{index}" for index in range(len(widgets))]
        self.widgets = [widget() if isinstance(widget, type) else widget for widget in widgets]
        self.needs_multipart_form = any(widget.needs_multipart_form for widget in self.widgets)

    @property
    def is_hidden(self) -> bool:
        """True if all controls are hidden."""
        return all(widget.is_hidden for widget in self.widgets)

    @property
    def media(self) -> Media:
        """What all controls need."""
        media = Media()
        for widget in self.widgets:
            media += widget.media
        return media

    def decompress(self, value: Any) -> Sequence[object]:
        """Return one value for each control. Subclasses say how; without that only None can be taken apart.

        Args:
            value: The value of the field, or None.

        Raises:
            TypeError: If the class does not say how.
        """
        if value is None:
            return [None] * len(self.widgets)
        raise TypeError(
            f"{type(self).__name__} cannot take {type(value).__name__} apart into {len(self.widgets)} values: define "
            "its method decompress(value), or give it a list."
        )

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with that of the controls under ``subwidgets``."""
        context = super().get_context(name, value, attrs)
        own = context["widget"]["attrs"]
        values = list(value) if isinstance(value, list | tuple) else list(self.decompress(value))
        kind, id_ = own.pop("type", None), own.get("id")
        subwidgets = []
        for index, (widget, suffix) in enumerate(zip(self.widgets, self.widgets_names, strict=True)):
            if self.is_localized:
                widget.is_localized = True
            more = {**own, "id": f"{id_}{suffix}"} if id_ else dict(own)
            if self.labels_parts and index < len(self.part_labels) and "aria-label" not in widget.attrs:
                more.setdefault("aria-label", self.part_labels[index])
            one = widget.get_context(f"{name}{suffix}", values[index] if index < len(values) else None, more)["widget"]
            subwidgets.append({**one, "type": kind} if kind is not None else one)
        context["widget"]["subwidgets"] = subwidgets
        return context

    def render_template(
        self, template_name: str, context: Mapping[str, object], renderer: BaseRenderer | None = None
    ) -> Markup:
        """Return the HTML of one template; controls with templates of their own have them rendered first."""
        renderer = renderer or default_renderer()
        widget: Any = context["widget"]
        parts = widget.get("subwidgets", ()) if isinstance(widget, Mapping) else ()
        if renderer.direct(template_name) is not None and any(
            renderer.direct(part["template_name"]) is None for part in parts
        ):
            return Markup("").join(Markup(renderer.write(part["template_name"], {"widget": part})) for part in parts)
        return super().render_template(template_name, context, renderer)

    def subwidgets(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Iterator[SubWidget]:
        """Iterate over the controls."""
        for part in self.get_context(name, value, attrs)["widget"]["subwidgets"]:
            yield SubWidget(self, part, renderer)

    def format_value(self, value: object) -> object:
        """Return ``value``: the controls write their parts."""
        return value

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the list of values."""
        return [
            widget.value_from_datadict(data, files, name + suffix)
            for widget, suffix in zip(self.widgets, self.widgets_names, strict=True)
        ]

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether none of the values was sent."""
        return all(
            widget.value_omitted_from_data(data, files, name + suffix)
            for widget, suffix in zip(self.widgets, self.widgets_names, strict=True)
        )

    def id_for_label(self, id_: str | None) -> str | None:
        """Return nothing: the legend belongs to all controls."""
        return ""

    def clone(self) -> Self:
        """Return a copy with controls of its own."""
        again = super().clone()
        again.widgets = [widget.clone() for widget in self.widgets]
        return again


class SplitDateTimeWidget(MultiWidget):
    """A day and a time of day in two controls.

    Args:
        attrs: Attributes for both.
        date_format: See `DateInput`.
        time_format: See `TimeInput`.
        date_attrs: Attributes for the day, instead of ``attrs``.
        time_attrs: Attributes for the time of day, instead of ``attrs``.
    """

    supports_microseconds = False
    template_name = "partita/forms/widgets/splitdatetime.html"
    part_labels = (gettext_lazy("Date"), gettext_lazy("Time"))

    def __init__(
        self,
        attrs: Mapping[str, object] | None = None,
        date_format: str | None = None,
        time_format: str | None = None,
        date_attrs: Mapping[str, object] | None = None,
        time_attrs: Mapping[str, object] | None = None,
    ) -> None:
        day = DateInput(attrs if date_attrs is None else date_attrs, date_format)
        clock = TimeInput(attrs if time_attrs is None else time_attrs, time_format)
        super().__init__((day, clock))
        self.attrs = {name: value for name, value in (attrs or {}).items() if name in {"id"}}

    def decompress(self, value: Any) -> Sequence[object]:
        """Return day and time, as clocks in the current zone show them."""
        if not isinstance(value, datetime):
            return [None, None]
        if value.tzinfo is not None and (zone := _zone()) is not None:
            value = value.astimezone(zone).replace(tzinfo=None)
        return [value.date(), value.time()]


class SplitHiddenDateTimeWidget(SplitDateTimeWidget):
    """A day and a time of day in two hidden values. Arguments are those of `SplitDateTimeWidget`."""

    template_name = "partita/forms/widgets/splithiddendatetime.html"

    def __init__(
        self,
        attrs: Mapping[str, object] | None = None,
        date_format: str | None = None,
        time_format: str | None = None,
        date_attrs: Mapping[str, object] | None = None,
        time_attrs: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(attrs, date_format, time_format, date_attrs, time_attrs)
        for widget in self.widgets:
            if isinstance(widget, DateInput):
                widget.input_type = "hidden"


def _zone() -> tzinfo | None:
    from partita.forms.times import current_zone  # what reads text is not needed to show it

    return current_zone()

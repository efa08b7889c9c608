"""The control for a relation to a model with many rows: keys are typed, not chosen from thousands."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from partita.admin.fields import key_of
from partita.contracts.i18n import gettext
from partita.forms import BaseRenderer, TextInput
from partita.forms.data import FormData

__all__ = ("RawIdInput",)

_MOST_SHOWN = 10


class RawIdInput(TextInput):
    """A line for a key, with the object it stands for and a link to the list to look it up in.

    Args:
        model: The model pointed to.
        list_url: Its list in the administration, or empty.
        several: Whether several keys may be typed, with commas between.
        attrs: Attributes of the ``<input>``.
    """

    def __init__(
        self, model: Any, list_url: str = "", *, several: bool = False, attrs: Mapping[str, object] | None = None
    ) -> None:
        hint = {"placeholder": "1, 2, 3"} if several else {}
        super().__init__({"autocomplete": "off", **hint, **(attrs or {})})
        self.model, self.list_url, self.several = model, list_url, several

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the key, or the list of keys."""
        value = super().value_from_datadict(data, files, name)
        if not self.several or not isinstance(value, str):
            return value
        return [key.strip() for key in value.split(",") if key.strip()]

    def format_value(self, value: object) -> object:
        """Return the keys with commas between."""
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else super().format_value(value)

    def render(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Markup:
        """Return the ``<input>`` with what surrounds it."""
        html = super().render(name, value, attrs, renderer)
        if self.list_url:
            link = Markup('<a class="button" href="{}" target="_blank" rel="noopener">{}</a>')
            html += link.format(self.list_url, gettext("Look up"))
        if text := self._text_of(value):
            html += Markup('<span class="raw-id-label">{}</span>').format(text)
        return Markup('<div class="raw-id">{}</div>').format(html)

    def _text_of(self, value: object) -> str:
        values = value if isinstance(value, list | tuple) else [value]
        keys = [
            key
            for each in values[:_MOST_SHOWN]
            if each not in (None, "") and (key := key_of(self.model, each)) is not None
        ]
        if not keys:
            return ""
        found = ", ".join(str(one) for one in self.model._default_manager.filter(pk__in=keys))
        return found if len(values) <= _MOST_SHOWN else f"{found}, …"

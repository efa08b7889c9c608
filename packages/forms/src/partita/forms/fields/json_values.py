"""A field for JSON."""

import json
from typing import Any

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.texts import CharField
from partita.forms.widgets import Textarea, Widget

__all__ = ("JSONField",)


class _InvalidText(str):
    """Text that is no JSON; it is shown again as it was sent."""

    __slots__ = ()


class JSONField(CharField):
    """Any value that JSON can write (RFC 8259). NaN and infinity are refused.

    Args:
        encoder: A subclass of `json.JSONEncoder`.
        decoder: A subclass of `json.JSONDecoder`.
        **kwargs: As for `CharField`.
    """

    widget: Widget = Textarea()
    default_error_messages = {"invalid": gettext_lazy("Enter a valid JSON.")}
    empty_values = (None, "")

    def __init__(
        self,
        *,
        encoder: type[json.JSONEncoder] | None = None,
        decoder: type[json.JSONDecoder] | None = None,
        **kwargs: Any,
    ) -> None:
        self.encoder, self.decoder = encoder, decoder
        super().__init__(**kwargs)
        self.validators = [*kwargs.get("validators", ())]

    def to_python(self, value: object) -> object:
        """Return the value, or None."""
        if self.disabled or self.is_empty(value):
            return value if self.disabled else None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value, cls=self.decoder, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise self.error("invalid", value=value) from None

    def bound_data(self, data: object, initial: object) -> object:
        """Return the value sent, or the text if it is no JSON."""
        if self.disabled:
            return initial
        if data is None or not isinstance(data, str):
            return None
        try:
            return json.loads(data, cls=self.decoder, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return _InvalidText(data)

    def prepare_value(self, value: object) -> object:
        """Return the value as JSON."""
        if isinstance(value, _InvalidText):
            return str(value)
        return json.dumps(value, ensure_ascii=False, cls=self.encoder)

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether the values differ, with True and 1 being different."""
        if super().has_changed(initial, data):
            return True
        if self.disabled:
            return False
        return json.dumps(initial, sort_keys=True, cls=self.encoder) != json.dumps(
            self.to_python(data), sort_keys=True, cls=self.encoder
        )


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON.")

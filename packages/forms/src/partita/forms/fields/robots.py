"""Fields that tell people from programs without asking anything: a honeypot and a time trap."""

import math
import time
from collections.abc import Callable
from typing import Any, Final

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.base import Field
from partita.forms.fields.signed import ValueSigner
from partita.forms.widgets import HiddenInput, TextInput, Widget

__all__ = ("HoneypotField", "HoneypotInput", "TimeTrapField")

_DAY: Final = 86_400.0


class HoneypotInput(TextInput):
    """A line of text that people neither see nor reach with the keyboard, nor have read to them, nor have filled in for them."""

    template_name = "partita/forms/widgets/text.html"

    def __init__(self, attrs: dict[str, object] | None = None) -> None:
        hidden: dict[str, object] = {"tabindex": "-1", "autocomplete": "off", "aria-hidden": "true", "hidden": True}
        super().__init__({**hidden, **(attrs or {})})

    @property
    def is_hidden(self) -> bool:
        """True: it has no label, and no row of its own that would be empty."""
        return True

    def use_required_attribute(self, initial: object) -> bool:
        """Return False: nobody shall fill it in."""
        return False


class HoneypotField(Field):
    """A field that must stay empty. Programs fill in whatever has a promising name, such as ``website`` or ``phone``.

    It has no label; what is hidden with the attribute ``hidden`` needs no style sheet, and no content security policy is in its way.

    Args:
        **kwargs: As for `Field`; ``required`` is not one of them.
    """

    widget: Widget = HoneypotInput()
    default_error_messages = {"filled": gettext_lazy("This field must stay empty.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **{"label": "", **kwargs})

    def clean(self, value: object) -> object:
        """Return an empty text.

        Raises:
            ValidationError: If there is anything.
        """
        if not self.is_empty(value):
            raise self.error("filled")
        return ""

    def has_changed(self, initial: object, data: object) -> bool:
        """Return False: that it is empty says nothing about the rest of the form."""
        return False


class TimeTrapField(Field):
    """The time when the page was made, signed. What comes back sooner than people type, or much later, is an error.

    The same page can be sent several times until it is too old; a one-time token needs a place that remembers.

    Args:
        signer: Signs with a salt of its own, see `SignedHiddenField`.
        min_seconds: Less is too fast.
        max_seconds: More is too old; a day unless given.
        clock: Returns seconds since 1970.
        **kwargs: As for `Field`; ``required`` and ``initial`` are not among them.
    """

    widget: Widget = HiddenInput()
    default_error_messages = {
        "too_fast": gettext_lazy("This was filled in faster than people can. Please send it again."),
        "too_old": gettext_lazy("This page is too old. Please send it again."),
        "tampered": gettext_lazy("This hidden value was changed on its way."),
    }

    def __init__(
        self,
        *,
        signer: ValueSigner,
        min_seconds: float = 3.0,
        max_seconds: float = _DAY,
        clock: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        if not 0 <= min_seconds < max_seconds:
            raise ValueError(
                f"min_seconds ({min_seconds}) must be at least 0 and less than max_seconds ({max_seconds})."
            )
        super().__init__(required=True, **kwargs)
        self.signer, self.min_seconds, self.max_seconds, self.clock = signer, min_seconds, max_seconds, clock

    def to_python(self, value: object) -> object:
        """Return the seconds since 1970 when the page was made, or None."""
        if self.is_empty(value):
            return None
        try:
            made = float(self.signer.unsign(str(value)[:512]))
        except ValueError:
            raise self.error("tampered") from None
        if not math.isfinite(made):
            raise self.error("tampered")
        return made

    def validate(self, value: object) -> None:
        """Raise `ValidationError` if it took too little or too much time."""
        super().validate(value)
        age = self.clock() - value if isinstance(value, float) else 0.0
        if age < self.min_seconds:
            raise self.error("too_fast")
        if age > self.max_seconds:
            raise self.error("too_old")

    def bound_data(self, data: object, initial: object) -> object:
        """Return the time of now: whoever reads the errors gets a fresh page."""
        return initial

    def prepare_value(self, value: object) -> object:
        """Return the time of now, signed."""
        return self.signer.sign(f"{self.clock():.3f}")

    def has_changed(self, initial: object, data: object) -> bool:
        """Return False: it says nothing about the rest of the form."""
        return False

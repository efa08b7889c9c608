"""Hidden values that whoever sends them cannot change."""

from typing import Any, Protocol

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.base import Field
from partita.forms.widgets import HiddenInput, Widget

__all__ = ("SignedHiddenField", "ValueSigner")


class ValueSigner(Protocol):
    """Signs text, as `partita.signing.Signer` does."""

    def sign(self, value: str, /) -> str:
        """Return ``value`` with its signature."""
        ...

    def unsign(self, signed: str, /) -> str:
        """Return the value.

        Raises:
            ValueError: If the signature does not fit.
        """
        ...


class _Sent(str):
    """What was sent, with its signature; it is shown again as it is."""

    __slots__ = ()


class SignedHiddenField(Field):
    """A hidden value with a signature; a value that was changed is an error. Anybody can read it.

    Args:
        signer: Signs with a salt of its own for each purpose, or a value signed for one place would do in another.
        **kwargs: As for `Field`.
    """

    widget: Widget = HiddenInput()
    default_error_messages = {"tampered": gettext_lazy("This hidden value was changed on its way.")}

    def __init__(self, *, signer: ValueSigner, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.signer = signer

    def to_python(self, value: object) -> object:
        """Return the text that was signed, or None."""
        if self.is_empty(value):
            return None
        try:
            return self.signer.unsign(str(value))
        except ValueError:
            raise self.error("tampered") from None

    def clean(self, value: object) -> object:
        """Return the text that was signed; that of a disabled field as it is."""
        return value if self.disabled else super().clean(value)

    def bound_data(self, data: object, initial: object) -> object:
        """Return what was sent."""
        return initial if self.disabled else None if data is None else _Sent(data)

    def prepare_value(self, value: object) -> object:
        """Return the value with its signature."""
        return value if isinstance(value, _Sent) or self.is_empty(value) else self.signer.sign(str(value))

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether another value was sent."""
        return super().has_changed(None if self.is_empty(initial) else str(initial), data)

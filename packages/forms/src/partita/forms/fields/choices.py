"""Fields for one or several of the values offered, and for yes and no."""

from collections.abc import Callable
from typing import Any, Self

from partita.contracts.i18n import gettext_lazy
from partita.forms.choices import Choices, ChoiceSource
from partita.forms.fields.base import Field
from partita.forms.widgets import (
    CheckboxInput,
    ChoiceWidget,
    MultipleHiddenInput,
    NullBooleanSelect,
    Select,
    SelectMultiple,
    Widget,
)
from partita.validation import EMPTY_VALUES, ValidationError

__all__ = (
    "BooleanField",
    "ChoiceField",
    "MultipleChoiceField",
    "NullBooleanField",
    "TypedChoiceField",
    "TypedMultipleChoiceField",
)


class BooleanField(Field):
    """A box to tick. If it is required, it must be ticked."""

    validates_shared = True
    widget: Widget = CheckboxInput()

    def to_python(self, value: object) -> object:
        """Return True or False."""
        if isinstance(value, str) and value.lower() in {"false", "0"}:
            return False
        return bool(value)

    def validate(self, value: object) -> None:
        """Raise `ValidationError` if the box must be ticked and is not."""
        if not value and self.required:
            raise self.error("required")

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether the box was ticked or cleared."""
        return not self.disabled and BooleanField.to_python(self, initial) != BooleanField.to_python(self, data)


class NullBooleanField(BooleanField):
    """Yes, no or unknown."""

    validates_shared = True
    widget: Widget = NullBooleanSelect()

    def to_python(self, value: object) -> object:
        """Return True, False or None."""
        return {"true": True, "on": True, "1": True, "false": False, "0": False}.get(str(value).lower())

    def validate(self, value: object) -> None:
        """Accept all three."""

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether another of the three was chosen."""
        return not self.disabled and self.to_python(initial) != self.to_python(data)


class ChoiceField(Field):
    """One of the values offered, as text.

    Args:
        choices: Pairs of value and label; groups; a mapping; an enumeration; a function that returns one of these. With an async
            function, call `BaseForm.ais_valid`, or `BaseForm.aload` before an unbound form is shown.
        **kwargs: As for `Field`.
    """

    validates_shared = True
    widget: Widget = Select()
    default_error_messages = {
        "invalid_choice": gettext_lazy("Select a valid choice. %(value)s is not one of the available choices.")
    }

    def __init__(self, *, choices: ChoiceSource = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    @property
    def choices(self) -> Choices:
        """What is offered, shared with the widget."""
        return self._choices

    @choices.setter
    def choices(self, source: ChoiceSource) -> None:
        self._choices = source if isinstance(source, Choices) else Choices(source)
        if self._choices.is_async:
            self.validates_shared = False  # what was loaded for one form must not serve another
        if isinstance(self.widget, ChoiceWidget):
            self.widget.choices = self._choices

    def to_python(self, value: object) -> object:
        """Return text."""
        return "" if self.is_empty(value) else str(value)

    def validate(self, value: object) -> None:
        """Raise `ValidationError` if the value was not offered."""
        if not value or self.empty_values is not EMPTY_VALUES:
            super().validate(value)
            if self.is_empty(value):
                return
        if not self.valid_value(value):
            raise self.error("invalid_choice", value=value)

    def valid_value(self, value: object) -> bool:
        """Tell whether ``value`` is among the choices."""
        return str(value) in self._choices.offered()

    async def aload(self) -> None:
        """Ask an async function for the choices."""
        await self._choices.aload()

    @property
    def is_loaded(self) -> bool:
        """False if the choices come from an async function."""
        return not self._choices.is_async

    def clone(self) -> Self:
        """Return a copy with choices of its own."""
        again = super().clone()
        again.choices = self._choices.copy()
        return again


class TypedChoiceField(ChoiceField):
    """One of the values offered, as another type.

    Args:
        coerce: Makes the value from text; what it refuses with an exception counts as not offered.
        empty_value: What nothing given becomes.
        **kwargs: As for `ChoiceField`.
    """

    validates_shared = True

    def __init__(
        self, *, coerce: Callable[[Any], object] = lambda value: value, empty_value: object = "", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.coerce, self.empty_value = coerce, empty_value

    def clean(self, value: object) -> object:
        """Return the value made of the text."""
        return self._made(super().clean(value))

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether another value was chosen, by what the values are made into."""
        if self.disabled:
            return False
        try:
            return self._made(initial) != self._made(data)
        except ValidationError:
            return True

    def _made(self, value: object) -> object:
        return self.empty_value if value == self.empty_value or self.is_empty(value) else self._coerced(value)

    def _coerced(self, value: object) -> object:
        try:
            return self.coerce(value)
        except (ArithmeticError, ValueError, TypeError, ValidationError):
            raise self.error("invalid_choice", value=value) from None


class MultipleChoiceField(ChoiceField):
    """Several of the values offered, as a list of texts."""

    validates_shared = True
    widget: Widget = SelectMultiple()
    hidden_widget = MultipleHiddenInput
    default_error_messages = {"invalid_list": gettext_lazy("Enter a list of values.")}

    def to_python(self, value: object) -> object:
        """Return a list of texts."""
        if not value:
            return []
        if not isinstance(value, list | tuple):
            raise self.error("invalid_list")
        return [str(one) for one in value]

    def validate(self, value: object) -> None:
        """Raise `ValidationError` if one of the values was not offered."""
        if self.required and not value:
            raise self.error("required")
        if not isinstance(value, list):
            return
        for one in value:
            if not self.valid_value(one):
                raise self.error("invalid_choice", value=one)

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether other values were chosen, in whatever order."""
        return not self.disabled and _texts(initial) != _texts(data)


class TypedMultipleChoiceField(MultipleChoiceField):
    """Several of the values offered, as another type.

    Args:
        coerce: Makes each value from text.
        empty_value: What nothing chosen becomes; an empty list unless given.
        **kwargs: As for `ChoiceField`.
    """

    validates_shared = True

    def __init__(self, *, coerce: Callable[[Any], object] = lambda value: value, **kwargs: Any) -> None:
        self.empty_value: object = kwargs.pop("empty_value", [])
        super().__init__(**kwargs)
        self.coerce = coerce

    def clean(self, value: object) -> object:
        """Return the values made of the texts."""
        found = super().clean(value)
        if not found or not isinstance(found, list):
            return self.empty_value
        made = []
        for one in found:
            try:
                made.append(self.coerce(one))
            except (ArithmeticError, ValueError, TypeError, ValidationError):
                raise self.error("invalid_choice", value=one) from None
        return made


def _texts(values: object) -> set[str]:
    return {str(one) for one in values} if isinstance(values, list | tuple | set | frozenset) else set()

"""Fields made of several fields."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, Self

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.base import Field
from partita.forms.fields.times import DateField, DateTimeField, TimeField
from partita.forms.widgets import MultiWidget, SplitDateTimeWidget, SplitHiddenDateTimeWidget, Widget
from partita.validation import ValidationError

__all__ = (
    "ComboField",
    "MultiValueField",
    "SplitDateTimeField",
)


class ComboField(Field):
    """One value that several fields must accept, each taking what the one before made.

    Args:
        fields: The fields, in order.
        **kwargs: As for `Field`.
    """

    def __init__(self, fields: Iterable[Field], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = [field.clone() for field in fields]
        for field in self.fields:
            field.required = False

    def clean(self, value: object) -> object:
        """Return what the last field made."""
        super().clean(value)
        for field in self.fields:
            value = field.clean(value)
        return value


class MultiValueField(Field, ABC):
    """One value made of several fields.

    Args:
        fields: The fields, in order. Subclasses define `compress` and bring a `MultiWidget`.
        require_all_fields: A missing part is an error of the whole; False leaves that to each part.
        **kwargs: As for `Field`.
    """

    default_error_messages = {
        "invalid": gettext_lazy("Enter a list of values."),
        "incomplete": gettext_lazy("Enter a complete value."),
    }

    def __init__(self, fields: Iterable[Field], *, require_all_fields: bool = True, **kwargs: Any) -> None:
        self.require_all_fields = require_all_fields
        super().__init__(**kwargs)
        self.fields = [field.clone() for field in fields]
        for field in self.fields:
            field.error_messages.setdefault("incomplete", self.error_messages["incomplete"])
            field.disabled = field.disabled or self.disabled
            if require_all_fields:
                field.required = False

    @abstractmethod
    def compress(self, data_list: Sequence[Any]) -> object:
        """Return the value made of the parts.

        Args:
            data_list: One for each field; empty if nothing was given.
        """

    def clean(self, value: object) -> object:
        """Return the value made of what was sent.

        Raises:
            ValidationError: With the errors of all parts.
        """
        if self.disabled and not isinstance(value, list) and isinstance(self.widget, MultiWidget):
            value = list(self.widget.decompress(value))
        if not isinstance(value, list | tuple) or all(self.is_empty(part) for part in value):
            if value and not isinstance(value, list | tuple):
                raise self.error("invalid")
            if self.required:
                raise self.error("required")
            return self.compress([])
        made, errors = self._parts(list(value))
        if errors:
            raise ValidationError(errors)
        whole = self.compress(made)
        self.validate(whole)
        self.run_validators(whole)
        return whole

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether any part is another."""
        if self.disabled:
            return False
        if not isinstance(initial, list) and isinstance(self.widget, MultiWidget):
            initial = list(self.widget.decompress(initial)) if initial is not None else [""] * len(self.fields)
        before = initial if isinstance(initial, list) else []
        after = data if isinstance(data, list) else [None] * len(self.fields)
        for field, was, now in zip(self.fields, before, after, strict=False):
            try:
                was = field.to_python(was)
            except ValidationError:
                return True
            if field.has_changed(was, now):
                return True
        return False

    def clone(self) -> Self:
        """Return a copy with fields of its own."""
        again = super().clone()
        again.fields = [field.clone() for field in self.fields]
        return again

    def _parts(self, values: list[object]) -> tuple[list[object], list[ValidationError]]:
        made: list[object] = []
        errors: list[ValidationError] = []
        for index, field in enumerate(self.fields):
            part = values[index] if index < len(values) else None
            if self.is_empty(part):
                if self.require_all_fields:
                    if self.required:
                        raise self.error("required")
                elif field.required:
                    errors.append(field.error("incomplete"))
                    continue
            try:
                made.append(field.clean(part))
            except ValidationError as error:
                errors.extend(one for one in error.error_list if one not in errors)
        return made, errors


class SplitDateTimeField(MultiValueField):
    """A day and a time of day, sent as two values.

    Args:
        input_date_formats: See ``input_formats`` of `DateField`.
        input_time_formats: See ``input_formats`` of `TimeField`.
        **kwargs: As for `Field`.
    """

    widget: Widget = SplitDateTimeWidget()
    hidden_widget = SplitHiddenDateTimeWidget
    default_error_messages = {
        "invalid_date": gettext_lazy("Enter a valid date."),
        "invalid_time": gettext_lazy("Enter a valid time."),
    }

    def __init__(
        self,
        *,
        input_date_formats: Iterable[str] | None = None,
        input_time_formats: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        messages = kwargs.get("error_messages") or {}
        day = {"invalid": messages["invalid_date"]} if "invalid_date" in messages else None
        clock = {"invalid": messages["invalid_time"]} if "invalid_time" in messages else None
        localize = bool(kwargs.get("localize"))
        super().__init__(
            (
                DateField(input_formats=input_date_formats, error_messages=day, localize=localize),
                TimeField(input_formats=input_time_formats, error_messages=clock, localize=localize),
            ),
            **kwargs,
        )

    def compress(self, data_list: Sequence[Any]) -> object:
        """Return a `datetime.datetime`, or None."""
        if not data_list:
            return None
        day, clock = data_list
        if not isinstance(day, date):
            raise self.error("invalid_date")
        if not isinstance(clock, time):
            raise self.error("invalid_time")
        return DateTimeField(required=False).clean(datetime.combine(day, clock))

"""Fields made of several fields."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Self

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.data import FormData
from partita.forms.field import Field
from partita.forms.time_fields import DateField, DateTimeField, TimeField
from partita.forms.widgets import DateInput, HiddenInput, TimeInput, Widget
from partita.validation import ValidationError

__all__ = (
    "ComboField",
    "MultiValueField",
    "MultiWidget",
    "SplitDateTimeField",
    "SplitDateTimeWidget",
    "SplitHiddenDateTimeWidget",
)


class MultiWidget(Widget):
    """Several controls that make one value.

    Args:
        widgets: The controls, in order. Their names are the name of the field with ``_0``, ``_1`` and so on.
        attrs: Attributes for each of them.
    """

    use_fieldset = True

    def __init__(self, widgets: Iterable[Widget | type[Widget]], attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(attrs)
        self.widgets = [widget() if isinstance(widget, type) else widget for widget in widgets]

    @property
    def is_hidden(self) -> bool:
        """True if all controls are hidden."""
        return all(widget.is_hidden for widget in self.widgets)

    def decompress(self, value: object) -> Sequence[object]:
        """Return one value for each control.

        Args:
            value: The value of the field, or None.
        """
        raise NotImplementedError

    def render(self, name: str, value: object, attrs: Mapping[str, object] | None = None) -> Markup:
        """Return all controls."""
        values = value if isinstance(value, list) else list(self.decompress(value))
        own = self.build_attrs(attrs)
        id_ = own.get("id")
        html = []
        for index, widget in enumerate(self.widgets):
            more = {**own, "id": f"{id_}_{index}"} if id_ else own
            html.append(widget.render(f"{name}_{index}", values[index] if index < len(values) else None, more))
        return Markup("").join(html)

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the list of values."""
        return [widget.value_from_datadict(data, files, f"{name}_{index}") for index, widget in enumerate(self.widgets)]

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether none of the values was sent."""
        return all(
            widget.value_omitted_from_data(data, files, f"{name}_{index}") for index, widget in enumerate(self.widgets)
        )

    def id_for_label(self, id_: str | None) -> str | None:
        """Return None: the legend belongs to all controls."""
        return None

    def clone(self) -> Self:
        """Return a copy with controls of its own."""
        again = super().clone()
        again.widgets = [widget.clone() for widget in self.widgets]
        return again


class SplitDateTimeWidget(MultiWidget):
    """A day and a time of day in two controls."""

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__((DateInput(), TimeInput()), attrs)

    def decompress(self, value: object) -> Sequence[object]:
        """Return day and time."""
        return [value.date(), value.time()] if isinstance(value, datetime) else [None, None]


class SplitHiddenDateTimeWidget(SplitDateTimeWidget):
    """A day and a time of day in two hidden values."""

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(attrs)
        self.widgets = [HiddenInput(), HiddenInput()]


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


class MultiValueField(Field):
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

    def compress(self, values: Sequence[object]) -> object:
        """Return the value made of the parts.

        Args:
            values: One for each field; empty if nothing was given.
        """
        raise NotImplementedError

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
        return any(field.has_changed(was, now) for field, was, now in zip(self.fields, before, after, strict=False))

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
    """A day and a time of day, sent as two values."""

    widget: Widget = SplitDateTimeWidget()
    hidden_widget = SplitHiddenDateTimeWidget
    default_error_messages = {
        "invalid_date": gettext_lazy("Enter a valid date."),
        "invalid_time": gettext_lazy("Enter a valid time."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__((DateField(), TimeField()), **kwargs)

    def compress(self, values: Sequence[object]) -> object:
        """Return a `datetime.datetime`, or None."""
        if not values:
            return None
        day, clock = values
        if not isinstance(day, date):
            raise self.error("invalid_date")
        if not isinstance(clock, time):
            raise self.error("invalid_time")
        return DateTimeField(required=False).clean(datetime.combine(day, clock))

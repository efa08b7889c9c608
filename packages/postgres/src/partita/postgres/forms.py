"""Form fields and widgets for arrays, mappings and ranges. Needs the extra ``forms``."""

import copy
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

from partita import forms
from partita.contracts.i18n import gettext_lazy
from partita.postgres.ranges import Range
from partita.postgres.validators import ArrayMaxLengthValidator, ArrayMinLengthValidator
from partita.validation import ValidationError

__all__ = (
    "BaseRangeField",
    "DateRangeField",
    "DateTimeRangeField",
    "DecimalRangeField",
    "HStoreField",
    "HiddenRangeWidget",
    "IntegerRangeField",
    "RangeWidget",
    "SimpleArrayField",
    "SplitArrayField",
    "SplitArrayWidget",
    "formfield_of",
)

# The same text as the model's field has: forms put theirs in the place of it.
_ITEM_INVALID = gettext_lazy("Item %(nth)s in the array did not validate: %(reason)s")
_MOST_ITEMS = 10_000


class SimpleArrayField(forms.CharField):
    """A list in one line of text, its items divided by a comma.

    Args:
        base_field: What each item is; it sees the text between two delimiters.
        delimiter: What divides them; no item can contain it.
        max_length: Most items.
        min_length: Fewest items.
        options: As for `forms.CharField`.
    """

    default_error_messages = {"item_invalid": _ITEM_INVALID, "too_many": gettext_lazy("There are too many items.")}

    def __init__(
        self,
        base_field: forms.Field,
        *,
        delimiter: str = ",",
        max_length: int | None = None,
        min_length: int | None = None,
        **options: Any,
    ) -> None:
        self.base_field, self.delimiter = base_field, delimiter
        super().__init__(**options)
        self.max_length, self.min_length = max_length, min_length  # of the list; the texts in it are the base field's
        if min_length is not None:
            self.validators.append(ArrayMinLengthValidator(int(min_length)))
        if max_length is not None:
            self.validators.append(ArrayMaxLengthValidator(int(max_length)))

    def clone(self) -> Self:
        """Return a copy with a field of its own for the items."""
        again = super().clone()
        again.base_field = self.base_field.clone()
        return again

    def prepare_value(self, value: object) -> object:
        """Return the items in one line."""
        if isinstance(value, list | tuple):
            return self.delimiter.join(str(self.base_field.prepare_value(item)) for item in value)
        return value

    def to_python(self, value: object) -> Any:
        """Return the items, each made by the field for items.

        Raises:
            ValidationError: With the errors of all items.
        """
        if isinstance(value, list | tuple):
            items: list[object] = list(value)
        elif self.is_empty(value):
            items = []
        else:
            items = list(str(value).split(self.delimiter, _MOST_ITEMS))
        if len(items) > _MOST_ITEMS:
            raise self.error("too_many")
        made, errors = [], []
        for place, item in enumerate(items):
            try:
                made.append(self.base_field.to_python(item.strip() if isinstance(item, str) else item))
            except ValidationError as error:
                errors += _prefixed(error, self.error_messages["item_invalid"], place)
        if errors:
            raise ValidationError(errors)
        return made

    def validate(self, value: Any) -> None:
        """Check each item as well."""
        super().validate(value)
        self._each(value, lambda item: self.base_field.validate(item))

    def run_validators(self, value: Any) -> None:
        """Run the validators of the whole, then those of each item."""
        super().run_validators(value)
        self._each(value, lambda item: self.base_field.run_validators(item))

    def clean(self, value: object) -> Any:
        """Return the list; each item as the field for items cleans it, such as a choice as its value."""
        return self._each(super().clean(value), lambda item: self.base_field.clean(item))

    def _each(self, value: Any, check: Any) -> list[Any]:
        found: list[Any] = []
        errors: list[ValidationError] = []
        for place, item in enumerate(value or ()):
            try:
                found.append(check(item))
            except ValidationError as error:
                errors += _prefixed(error, self.error_messages["item_invalid"], place)
        if errors:
            raise ValidationError(errors)
        return found

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether the lists differ, as the field for items sees it."""
        try:
            value = self.to_python(data)
        except ValidationError:
            return True
        before: list[Any] = list(initial) if isinstance(initial, list | tuple) else []
        if len(before) != len(value):
            return True
        return any(self.base_field.has_changed(old, new) for old, new in zip(before, value, strict=True))


class SplitArrayWidget(forms.Widget):
    """One control for each item of a list of a fixed length."""

    template_name = "partita/forms/widgets/multiwidget.html"
    use_fieldset = True

    def __init__(self, widget: forms.Widget | type[forms.Widget], size: int, attrs: Mapping[str, object] | None = None):
        super().__init__(attrs)
        self.widget = widget() if isinstance(widget, type) else widget
        self.size = size

    def clone(self) -> Self:
        """Return a copy with a control of its own."""
        again = super().clone()
        again.widget = self.widget.clone()
        return again

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return what each control was given."""
        return [self.widget.value_from_datadict(data, files, f"{name}_{place}") for place in range(self.size)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Tell whether no control was sent."""
        omitted = self.widget.value_omitted_from_data
        return all(omitted(data, files, f"{name}_{place}") for place in range(self.size))

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with that of each control under ``subwidgets``."""
        context = super().get_context(name, value, attrs)
        own = context["widget"]["attrs"]
        values = list(value) if isinstance(value, list | tuple) else []
        parts = []
        for place in range(max(len(values), self.size)):
            more = {**own, **({"id": f"{own['id']}_{place}"} if own.get("id") else {})}
            item = values[place] if place < len(values) else None
            parts.append(self.widget.get_context(f"{name}_{place}", item, more)["widget"])
        context["widget"]["subwidgets"] = parts
        return context

    @property
    def media(self) -> forms.Media:
        """What the control needs."""
        return self.widget.media


class SplitArrayField(forms.Field):
    """A list of a fixed length, one control for each item.

    Args:
        base_field: What each item is.
        size: How many controls.
        remove_trailing_nulls: Leave empty items at the end out.
        options: As for `forms.Field`.
    """

    default_error_messages = {"item_invalid": _ITEM_INVALID}

    def __init__(
        self, base_field: forms.Field, size: int, *, remove_trailing_nulls: bool = False, **options: Any
    ) -> None:
        self.base_field, self.size, self.remove_trailing_nulls = base_field, size, remove_trailing_nulls
        options.setdefault("widget", SplitArrayWidget(base_field.widget, size))
        super().__init__(**options)

    def clone(self) -> Self:
        """Return a copy with a field of its own for the items."""
        again = super().clone()
        again.base_field = self.base_field.clone()
        return again

    def to_python(self, value: object) -> Any:
        """Return the items as the field for items makes them."""
        return [self.base_field.to_python(item) for item in value] if isinstance(value, list | tuple) else []

    def clean(self, value: object) -> object:
        """Return the list.

        Raises:
            ValidationError: With the errors of all items.
        """
        items: list[Any] = list(value) if isinstance(value, list | tuple) else []
        if not any(not self.is_empty(item) for item in items) and self.required:
            raise self.error("required")
        made: list[Any] = []
        errors: list[ValidationError] = []
        last = self._last(items)
        for place in range(max(self.size, len(items)) if not self.remove_trailing_nulls else last):
            try:
                made.append(self.base_field.clean(items[place] if place < len(items) else None))
            except ValidationError as error:
                made.append(None)
                errors += _prefixed(error, self.error_messages["item_invalid"], place)
        if errors and (self.required or any(not self.is_empty(item) for item in items)):
            raise ValidationError(errors)
        self.run_validators(made)
        return made

    def _last(self, items: Sequence[object]) -> int:
        """Return how many items there are up to the last that is not empty."""
        filled = [place for place, item in enumerate(items) if not self.is_empty(item)]
        return filled[-1] + 1 if filled else 0

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether the lists differ, apart from empty items at the end."""
        try:
            now = self.to_python(data)
        except ValidationError:
            return True
        before: list[Any] = list(initial) if isinstance(initial, list | tuple) else []
        return bool(before[: self._last(before)] != now[: self._last(now)])


class HStoreField(forms.CharField):
    """A mapping of texts to texts, written as JSON."""

    widget: forms.Widget = forms.Textarea()
    default_error_messages = {
        "invalid_json": gettext_lazy("Could not load JSON data."),
        "invalid_format": gettext_lazy("Input must be a JSON dictionary."),
    }

    def prepare_value(self, value: object) -> object:
        """Return the mapping as JSON."""
        return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else value

    def to_python(self, value: object) -> Any:
        """Return the mapping, its values as text or None.

        Raises:
            ValidationError: If it is no JSON, or no mapping.
        """
        if self.is_empty(value):
            return {}
        if not isinstance(value, Mapping):
            try:
                value = json.loads(str(value))
            except (ValueError, RecursionError):
                raise self.error("invalid_json") from None
        if not isinstance(value, Mapping):
            raise self.error("invalid_format")
        return {str(key): item if item is None else str(item) for key, item in value.items()}

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether the mappings differ; nothing is an empty one."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


class RangeWidget(forms.MultiWidget):
    """Two controls: the lower limit and the upper one.

    Args:
        base_widget: The kind of control.
        attrs: Attributes of both.
    """

    def __init__(
        self, base_widget: forms.Widget | type[forms.Widget], attrs: Mapping[str, object] | None = None
    ) -> None:
        pair = (base_widget, base_widget) if isinstance(base_widget, type) else (base_widget, base_widget.clone())
        super().__init__(pair, attrs)

    def decompress(self, value: Any) -> Sequence[Any]:
        """Return both limits."""
        return (value.lower, value.upper) if value else (None, None)


class HiddenRangeWidget(RangeWidget):
    """Both limits in controls that nobody sees."""

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(forms.HiddenInput, attrs)


class BaseRangeField(forms.MultiValueField):
    """Base of the fields for ranges; ``base_field`` is what the limits are.

    Args:
        default_bounds: Which limits belong to the range, such as ``[]``.
        options: As for `forms.MultiValueField`.
    """

    default_error_messages = {
        "invalid": gettext_lazy("Enter two valid values."),
        "bound_ordering": gettext_lazy("The start of the range must not exceed the end of the range."),
    }
    hidden_widget: ClassVar[type[forms.Widget]] = HiddenRangeWidget
    base_field: ClassVar[type[forms.Field]]

    def __init__(self, *, default_bounds: str = "[)", **options: Any) -> None:
        self.default_bounds = default_bounds
        limits = options.pop("fields", None) or [self.base_field(required=False), self.base_field(required=False)]
        options.setdefault("widget", RangeWidget(copy.copy(limits[0].widget)))
        options.setdefault("required", False)
        options.setdefault("require_all_fields", False)
        super().__init__(limits, **options)

    def prepare_value(self, value: Any) -> Any:
        """Return both limits as their fields show them."""
        lower, upper = self.fields
        if isinstance(value, Range):
            return [lower.prepare_value(value.lower), upper.prepare_value(value.upper)]
        return [None, None] if value is None else value

    def compress(self, data_list: Sequence[Any]) -> Any:
        """Return the range.

        Raises:
            ValidationError: If it ends before it begins.
        """
        if not data_list:
            return None
        lower, upper = data_list
        if lower is not None and upper is not None and lower > upper:
            raise self.error("bound_ordering")
        return Range(lower, upper, self.default_bounds)


class IntegerRangeField(BaseRangeField):
    """A range of whole numbers."""

    base_field = forms.IntegerField


class DecimalRangeField(BaseRangeField):
    """A range of decimal numbers."""

    base_field = forms.DecimalField


class DateRangeField(BaseRangeField):
    """A range of days."""

    base_field = forms.DateField


class DateTimeRangeField(BaseRangeField):
    """A range of moments."""

    base_field = forms.DateTimeField


def formfield_of(field: Any, **options: Any) -> forms.Field:
    """Return the form field of a model's field, which is an `ArrayField`, an `HStoreField` or a range.

    Args:
        field: The model's field.
        options: For the form field, instead of what the model's field says; ``form_class`` for another one.
    """
    from partita.forms.models import formfield

    name = str(field.verbose_name)
    given: dict[str, Any] = {
        "required": not field.blank,
        "label": name[:1].upper() + name[1:],
        "help_text": field.help_text,
    }
    if field.has_default():
        given["initial"] = field.default
    kind: Any = options.pop("form_class", None)
    if hasattr(field, "size"):
        kind = kind or SimpleArrayField
        given |= {"base_field": formfield(field.base_field), "max_length": field.size}
    elif hasattr(field, "type_name"):
        kind = kind or _RANGES[field.type_name]
        if hasattr(field, "default_bounds"):
            given["default_bounds"] = field.default_bounds
    made: forms.Field = (kind or HStoreField)(**{**given, **options})
    return made


_RANGES: Mapping[str, type[BaseRangeField]] = MappingProxyType(
    {
        "int4range": IntegerRangeField,
        "int8range": IntegerRangeField,
        "numrange": DecimalRangeField,
        "daterange": DateRangeField,
        "tstzrange": DateTimeRangeField,
    }
)


def _prefixed(error: ValidationError, prefix: Any, place: int) -> list[ValidationError]:
    """Return the errors of an item with its place before the text."""
    text = str(prefix) if "%(reason)s" in str(prefix) else f"{prefix} %(reason)s"
    return [
        ValidationError(
            text, "item_invalid", {**(one.params or {}), "nth": place + 1, "reason": " ".join(map(str, one.messages))}
        )
        for one in error.error_list
    ]

"""Fields whose values are rows of the database. Needs the extra ``orm``."""

from collections.abc import Coroutine, Iterable, Iterator
from typing import Any, ClassVar, Self

from partita.bridge import active, drive
from partita.contracts.i18n import gettext_lazy
from partita.forms.choices import BLANK_CHOICE_LABEL, Choice, Choices
from partita.forms.fields import ChoiceField, Field
from partita.forms.widgets import MultipleHiddenInput, RadioSelect, SelectMultiple, Widget
from partita.orm import Manager, Model, QuerySet
from partita.orm.errors import FieldDoesNotExist, ObjectDoesNotExist
from partita.validation import Message, ProhibitNullCharactersValidator

__all__ = ("ModelChoiceField", "ModelChoiceIterator", "ModelChoiceValue", "ModelMultipleChoiceField")

_LARGEST_KEY = 2**63 - 1
_NO_NUL = ProhibitNullCharactersValidator()


class ModelChoiceValue:
    """The value of one choice, with the row it stands for."""

    __slots__ = ("instance", "value")

    def __init__(self, value: object, instance: Model) -> None:
        self.value, self.instance = value, instance

    def __str__(self) -> str:
        return str(self.value)

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, ModelChoiceValue) else other)

    def __hash__(self) -> int:
        return hash(self.value)


class ModelChoiceIterator(Choices):
    """The rows of a field's queryset as choices, asked for anew at each iteration.

    Subclasses may override `choice`, and become the ``iterator`` of a subclass of `ModelChoiceField`.

    Args:
        field: The field whose queryset it is.
    """

    __slots__ = ("field",)

    def __init__(self, field: "ModelChoiceField") -> None:
        super().__init__()
        self.field = field

    @property
    def queryset(self) -> "QuerySet[Any]":
        """The rows to choose from."""
        return self.field.queryset

    def __iter__(self) -> Iterator[Choice]:
        """Iterate over pairs of value and label, the empty one first if there is one."""
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        for row in self.queryset:
            yield self.choice(row)

    def __len__(self) -> int:
        """Return the number of choices, counted by the database."""
        return self.queryset.count() + (self.field.empty_label is not None)

    def __bool__(self) -> bool:
        """Tell whether there is anything to choose."""
        return self.field.empty_label is not None or self.queryset.exists()

    def choice(self, row: Model) -> Choice:
        """Return the value and label of one row."""
        return (ModelChoiceValue(self.field.prepare_value(row), row), self.field.label_from_instance(row))

    def begins_empty(self) -> bool:
        """Tell whether the first choice is the empty one."""
        return self.field.empty_label is not None

    def copy(self) -> Choices:
        """Return itself: it holds nothing that changes."""
        return self


class ModelChoiceField(ChoiceField):
    """One row of a queryset.

    Args:
        queryset: The rows to choose from, or a manager. They are asked for anew by each form.
        empty_label: What to show for no row; None for no such choice.
        to_field_name: The field whose value is sent; the primary key unless given.
        limit_choices_to: Narrows the queryset: keywords for ``filter``, a ``Q``, or a function that returns one of these.
        blank: Offer the empty choice among radio buttons too.
        **kwargs: As for `Field`.
    """

    default_error_messages = {
        "invalid_choice": gettext_lazy("Select a valid choice. That choice is not one of the available choices.")
    }
    iterator: ClassVar[type[ModelChoiceIterator]] = ModelChoiceIterator

    def __init__(
        self,
        queryset: "QuerySet[Any] | Manager[Any]",
        *,
        empty_label: Message | None = BLANK_CHOICE_LABEL,
        to_field_name: str | None = None,
        limit_choices_to: Any = None,
        blank: bool = False,
        **kwargs: Any,
    ) -> None:
        Field.__init__(self, **kwargs)
        needless = (self.required and kwargs.get("initial") is not None) or (
            isinstance(self.widget, RadioSelect) and not blank
        )
        self.empty_label = None if needless else empty_label
        self.to_field_name, self.limit_choices_to = to_field_name, limit_choices_to
        self._queryset: Any = queryset
        self.choices = self.iterator(self)

    def get_limit_choices_to(self) -> Any:
        """Return what narrows the queryset: ``limit_choices_to``, or what it returns if it is a function."""
        return self.limit_choices_to() if callable(self.limit_choices_to) else self.limit_choices_to

    @property
    def queryset(self) -> "QuerySet[Any]":
        """The rows to choose from; they have not been asked for yet."""
        rows: QuerySet[Any] = self._queryset.all()
        limit = self.get_limit_choices_to()
        if not limit:
            return rows
        # In a query of its own: a condition on other tables would give a row once for each match.
        offered = rows.model._base_manager.complex_filter(limit)
        return rows.filter(pk__in=offered.order_by().values("pk"))

    @queryset.setter
    def queryset(self, queryset: "QuerySet[Any] | Manager[Any]") -> None:
        self._queryset = queryset
        self.choices = self.iterator(self)

    def label_from_instance(self, instance: Model) -> object:
        """Return what to show for one row."""
        return str(instance)

    def prepare_value(self, value: object) -> object:
        """Return the key of a row; other values as they are."""
        if isinstance(value, Model):
            return getattr(value, self.to_field_name) if self.to_field_name else value.pk
        return value

    def to_python(self, value: object) -> object:
        """Return the row, or None."""
        if self.is_empty(value):
            return None
        if isinstance(value, Model):
            if not isinstance(value, self._queryset.model._meta.concrete_model):
                raise self.error("invalid_choice", value=value)
            value = self.prepare_value(value)
        _NO_NUL(value)
        try:
            return self.queryset.get(**{self.key_name: self.key(value)})
        except (ValueError, TypeError, OverflowError, ObjectDoesNotExist):
            raise self.error("invalid_choice", value=value) from None

    @property
    def key_name(self) -> str:
        """The field whose value is sent."""
        return self.to_field_name or "pk"

    def key(self, value: object) -> object:
        """Return what was sent as a value of the key.

        Raises:
            ValueError: If it cannot be one.
        """
        meta = self.queryset.model._meta
        try:
            field = meta.get_field(self.to_field_name) if self.to_field_name else meta.pk
        except FieldDoesNotExist as error:
            raise TypeError(str(error)) from None
        while field.remote_field is not None:  # the key of a model that shares it with another
            field = field.related_model._meta.pk
        key = field.to_python(value)
        if isinstance(key, int) and abs(key) > _LARGEST_KEY:
            raise OverflowError("No database keeps keys of more than 64 bits.")
        if key is None or (isinstance(key, str) and "\x00" in key):
            raise ValueError("A key must be given, and databases refuse NUL.")
        return key

    def validate(self, value: object) -> None:
        """Raise `ValidationError` if a row is required and missing."""
        Field.validate(self, value)

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether another row was chosen, without asking the database."""
        if self.disabled:
            return False
        before = "" if initial is None else initial
        return str(self.prepare_value(before)) != str("" if data is None else data)

    def clone(self) -> Self:
        """Return a copy that asks for the rows itself."""
        again = super().clone()
        again.choices = type(self._choices)(again) if isinstance(self._choices, ModelChoiceIterator) else self._choices
        return again

    async def drive(self, validation: Coroutine[Any, Any, bool]) -> bool:
        """Run the validation so that its queries are awaited."""
        return await (validation if active() else drive(validation))


class ModelMultipleChoiceField(ModelChoiceField):
    """Several rows of a queryset, as a queryset."""

    widget: Widget = SelectMultiple()
    hidden_widget = MultipleHiddenInput
    default_error_messages = {
        "invalid_list": gettext_lazy("Enter a list of values."),
        "invalid_choice": gettext_lazy("Select a valid choice. %(value)s is not one of the available choices."),
        "invalid_pk_value": gettext_lazy("“%(pk)s” is not a valid value."),
    }

    def __init__(self, queryset: "QuerySet[Any] | Manager[Any]", **kwargs: Any) -> None:
        super().__init__(queryset, empty_label=None, **kwargs)

    def to_python(self, value: object) -> object:
        """Return the list of rows."""
        return list(self._rows(value)) if isinstance(value, list | tuple) and value else []

    def clean(self, value: object) -> object:
        """Return the queryset of rows.

        Raises:
            ValidationError: If a value is no key, or not one of a row offered.
        """
        value = self.prepare_value(value)
        if isinstance(value, list):
            value = [one for one in value if not self.is_empty(one)]  # a select without a choice may send an empty text
        if not value:
            if self.required:
                raise self.error("required")
            return self.queryset.none()
        if not isinstance(value, list | tuple):
            raise self.error("invalid_list")
        rows = self._rows(value)
        self.run_validators(rows)
        return rows

    def prepare_value(self, value: object) -> object:
        """Return the keys of rows."""
        if isinstance(value, str | Model) or not isinstance(value, Iterable):
            return super().prepare_value(value)
        return [ModelChoiceField.prepare_value(self, one) for one in value]

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether other rows were chosen, in whatever order."""
        return not self.disabled and self._texts(initial) != self._texts(data)

    def _rows(self, values: "list[Any] | tuple[Any, ...]") -> "QuerySet[Any]":
        keys = []
        for value in values:
            _NO_NUL(value)
            try:
                keys.append(self.key(value))
            except (ValueError, TypeError, OverflowError):
                raise self.error("invalid_pk_value", pk=value) from None
        rows = self.queryset.filter(**{f"{self.key_name}__in": list(dict.fromkeys(keys))})
        found = {str(self.prepare_value(row)) for row in rows}
        for key in keys:
            if str(key) not in found:
                raise self.error("invalid_choice", value=key)
        return rows

    def _texts(self, value: object) -> set[str]:
        keys = self.prepare_value(value)
        return {str(key) for key in keys if key not in {"", None}} if isinstance(keys, list) else set()

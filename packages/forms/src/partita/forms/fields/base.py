"""What all form fields share: from what was sent to a value, or to errors."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from partita.contracts.i18n import gettext_lazy
from partita.forms.awaiting import is_async_function
from partita.forms.bound import BoundField
from partita.forms.widgets import HiddenInput, TextInput, Widget
from partita.validation import EMPTY_VALUES, Message, Validate, ValidationError

if TYPE_CHECKING:
    from partita.forms.form import BaseForm

AsyncValidate: TypeAlias = Callable[[Any], Coroutine[Any, Any, None]]

__all__ = ("Field",)

_EMPTY_TYPES = frozenset(type(empty) for empty in EMPTY_VALUES)


class Field:
    """One value of a form.

    Subclasses define `to_python`, and `validate` if a value can be wrong in itself.

    Args:
        required: Refuse empty values.
        widget: The control, made or as a class; the default is the one of the class.
        label: What to call it; the default is made of the name. Escaped, unless it is marked as HTML.
        initial: The value shown at first, or a function that returns it.
        help_text: A sentence below the label. Escaped, unless it is marked as HTML.
        error_messages: Texts by code, instead of those of the class.
        show_hidden_initial: Send the initial value along, so that `has_changed` compares with what was shown.
        validators: Functions that raise `ValidationError`, run after those of the class; async ones by `BaseForm.ais_valid`
            and `aclean`, after all others.
        disabled: The browser shows it but does not let it be changed; what is sent is ignored, ``initial`` counts.
        label_suffix: What stands behind the label, instead of that of the form.
        autocomplete: What browsers and password managers may fill in (HTML, section 4.10.18.7), such as ``email``.
        localize: Read and write values as the current language does.
        template_name: What renders label, errors and control together, instead of ``field_template_name`` of the renderer.
        bound_field_class: Instead of `BoundField`.
    """

    widget: Widget = TextInput()
    hidden_widget: ClassVar[type[Widget]] = HiddenInput
    default_validators: ClassVar[tuple[Validate, ...]] = ()
    default_error_messages: ClassVar[Mapping[str, Message]] = {"required": gettext_lazy("This field is required.")}
    empty_values: tuple[object, ...] = EMPTY_VALUES

    _messages: ClassVar[dict[str, Message]] = {}

    validates_shared: bool = True
    """True if forms may validate with the field of their class: cleaning neither changes it nor needs the initial value.
    False for classes from elsewhere unless they say so themselves, since theirs may keep something on the field."""

    checks_plainly: ClassVar[bool] = True
    """True if `validate` asks only for a value that is not empty."""
    cleans_plainly: ClassVar[bool] = True
    """True if `clean` is `to_python`, `validate` and `refusals`, and nothing else."""

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "validates_shared" not in vars(cls):
            cls.validates_shared = False
        cls.checks_plainly = cls.validate is Field.validate and cls.is_empty is Field.is_empty
        cls.cleans_plainly = cls.clean is Field.clean and cls.run_validators is Field.run_validators
        cls._messages = {}
        for base in reversed(cls.__mro__):
            cls._messages |= base.__dict__.get("default_error_messages", {})

    def __init__(
        self,
        *,
        required: bool = True,
        widget: Widget | type[Widget] | None = None,
        label: Message | None = None,
        initial: object = None,
        help_text: Message = "",
        error_messages: Mapping[str, Message] | None = None,
        show_hidden_initial: bool = False,
        validators: Iterable[Validate | AsyncValidate] = (),
        disabled: bool = False,
        label_suffix: Message | None = None,
        localize: bool = False,
        template_name: str | None = None,
        autocomplete: str | None = None,
        bound_field_class: type[BoundField] | None = None,
    ) -> None:
        self.required, self.label, self.initial, self.help_text = required, label, initial, help_text
        self.show_hidden_initial, self.disabled, self.label_suffix = show_hidden_initial, disabled, label_suffix
        self.localize, self.template_name, self.bound_field_class = localize, template_name, bound_field_class
        given: list[Any] = [*self.default_validators, *validators]
        self.async_validators: list[AsyncValidate] = [one for one in given if is_async_function(one)]
        self.validators: list[Validate] = [one for one in given if one not in self.async_validators]
        self.error_messages: dict[str, Message] = {
            **Field.default_error_messages,
            **self._messages,
            **(error_messages or {}),
        }
        chosen = self.widget if widget is None else widget
        self.widget = chosen() if isinstance(chosen, type) else chosen.clone()
        self.widget.is_required = required
        if localize:
            self.widget.is_localized = True
        self.widget.attrs |= self.widget_attrs(self.widget)
        if autocomplete is not None:
            self.widget.attrs.setdefault("autocomplete", autocomplete)

    def clean(self, value: object) -> object:
        """Return the value made of what was sent.

        Raises:
            ValidationError: If it cannot be made, or is refused.
        """
        value = self.to_python(value)
        if not value or not self.checks_plainly or self.empty_values is not EMPTY_VALUES:
            self.validate(value)  # what counts as true is not empty, and that is all that most ask
        self.run_validators(value)
        return value

    async def aclean(self, value: object) -> object:
        """Return `clean` of ``value``, and run the async validators too.

        Raises:
            ValidationError: If the value cannot be made, or is refused.
        """
        await self.aload()
        value = self.clean(value)
        errors: list[ValidationError] = []
        for validate in () if self.is_empty(value) else self.async_validators:
            try:
                await validate(value)
            except ValidationError as error:
                errors.extend(self.reworded(error))
        if errors:
            raise ValidationError(errors)
        return value

    @property
    def is_loaded(self) -> bool:
        """False if `aload` must be awaited before the field can clean or show anything."""
        return True

    async def aload(self) -> None:
        """Load what the field needs and only async code can give, such as choices."""

    def clean_with_initial(self, value: object, initial: object) -> object:
        """Return `clean` of ``value``; fields for files need the initial value too."""
        return self.clean(value)

    def to_python(self, value: object) -> object:
        """Return ``value`` as the type of this field."""
        return value

    def validate(self, value: object) -> None:
        """Raise `ValidationError` if ``value`` is refused by the field itself."""
        if self.required and self.is_empty(value):
            raise self.error("required")

    def run_validators(self, value: object) -> None:
        """Raise `ValidationError` with the errors of all validators."""
        errors = self.refusals(value)
        if errors:
            raise errors[0] if len(errors) == 1 else ValidationError(errors)

    def refusals(self, value: object) -> list[ValidationError] | None:
        """Return the errors of all validators, None or an empty list if there are none. Empty values are not validated."""
        if not self.validators or ((not value or self.empty_values is not EMPTY_VALUES) and self.is_empty(value)):
            return None
        errors: list[ValidationError] | None = None
        for validate in self.validators:
            try:
                result: object = validate(value)  # nothing, unless untyped code has put an async one here
                if result is not None and hasattr(result, "__await__"):
                    raise _put_among_async_ones(validate, result)
            except ValidationError as error:
                error.__traceback__ = error.__context__ = None  # they would keep alive all that was there
                errors = [*(errors or ()), *self.reworded(error)]
        return errors

    def error(self, code: str, **params: object) -> ValidationError:
        """Return the error of this field under ``code``."""
        return ValidationError(self.error_messages[code], code=code, params=params or None)

    def is_empty(self, value: object) -> bool:
        """Tell whether ``value`` counts as nothing given."""
        if self.empty_values is EMPTY_VALUES:  # nearly always, and asked several times for each field
            return value is None or (not value and type(value) in _EMPTY_TYPES)
        return any(value is empty or (type(value) is type(empty) and value == empty) for empty in self.empty_values)

    async def drive(self, validation: Coroutine[Any, Any, bool]) -> bool:
        """Run the async validation of a form with this field. Fields whose sync code waits for a database override it."""
        return await validation

    def widget_attrs(self, widget: Widget) -> dict[str, object]:
        """Return attributes that this field gives to its control."""
        return {}

    def bound_data(self, data: object, initial: object) -> object:
        """Return what a bound form shows."""
        return initial if self.disabled else data

    def prepare_value(self, value: object) -> object:
        """Return ``value`` as the widget takes it."""
        return value

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether what was sent is another value than ``initial``."""
        if self.disabled:
            return False
        try:
            data = self.to_python(data)
        except ValidationError:
            return True
        before = "" if initial is None else initial
        return before != ("" if data is None else data)

    def clone(self) -> Self:
        """Return a copy that one form can change."""
        again = object.__new__(type(self))  # what copy.copy does, in a third of the time
        again.__dict__.update(self.__dict__)
        again.widget = self.widget.clone()
        again.validators = self.validators.copy()
        again.async_validators = self.async_validators.copy()
        again.error_messages = self.error_messages.copy()
        return again

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.clone()

    def get_bound_field(self, form: "BaseForm", name: str) -> BoundField:
        """Return this field together with its name and what was sent."""
        return (self.bound_field_class or form.bound_field_class or BoundField)(form, self, name)

    def reworded(self, error: ValidationError) -> list[ValidationError]:
        """Return the errors of a validator, in the words of ``error_messages`` where these have their code."""
        own = self.error_messages
        return [
            ValidationError(own[one.code], code=one.code, params=one.params) if one.code in own else one
            for one in error.single_errors()
        ]


def _put_among_async_ones(validate: object, result: Any) -> TypeError:
    if hasattr(result, "close"):
        result.close()
    return TypeError(f"{validate!r} is async: give it to the field when it is made, or add it to async_validators.")

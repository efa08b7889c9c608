"""Several forms of one kind on one page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.choice_fields import BooleanField
from partita.forms.data import FormData
from partita.forms.error_lists import ErrorDict, ErrorList
from partita.forms.form import BaseForm, Form
from partita.forms.number_fields import IntegerField
from partita.forms.widgets import CheckboxInput, HiddenInput, NumberInput
from partita.validation import Message, ValidationError, ngettext_lazy

__all__ = ("DELETE", "ORDER", "BaseFormSet", "ManagementForm", "formset_factory")

F = TypeVar("F", bound=BaseForm)

DELETE = "DELETE"
"""The field that takes a form out of its set."""
ORDER = "ORDER"
"""The field with the place of a form in its set."""

_DEFAULT_MAX = 1000


class ManagementForm(Form):
    """How many forms were on the page; it goes along as hidden fields."""

    TOTAL_FORMS = IntegerField(widget=HiddenInput, min_value=0)
    INITIAL_FORMS = IntegerField(widget=HiddenInput, min_value=0)
    MIN_NUM_FORMS = IntegerField(widget=HiddenInput, required=False)
    MAX_NUM_FORMS = IntegerField(widget=HiddenInput, required=False)

    def counts(self) -> tuple[int, int]:
        """Return how many forms there are in all, and how many had values at first; zero if the numbers are no good."""
        if not self.is_valid():
            return (0, 0)
        total, initial = self.cleaned_data["TOTAL_FORMS"], self.cleaned_data["INITIAL_FORMS"]
        return (total, initial) if isinstance(total, int) and isinstance(initial, int) else (0, 0)


class BaseFormSet(Generic[F]):
    """Several forms of one kind; `formset_factory` makes subclasses.

    Args:
        data: What was sent, see `BaseForm`.
        files: The files sent.
        auto_id: As for `BaseForm`.
        prefix: Goes before each name; ``form`` unless given.
        initial: Initial values, one mapping for each form that has some.
        error_class: As for `BaseForm`.
        form_kwargs: More arguments for each form.
        error_messages: Texts by code, instead of those of the class.
    """

    form: type[F]
    extra: int = 1
    can_order: bool = False
    can_delete: bool = False
    can_delete_extra: bool = True
    max_num: int = _DEFAULT_MAX
    min_num: int = 0
    absolute_max: int = 2 * _DEFAULT_MAX
    validate_max: bool = False
    validate_min: bool = False

    default_error_messages: ClassVar[Mapping[str, Message]] = {
        "missing_management_form": gettext_lazy(
            "ManagementForm data is missing or has been tampered with. Missing fields: %(field_names)s."
        ),
        "too_many_forms": ngettext_lazy(
            "Please submit at most %(num)d form.", "Please submit at most %(num)d forms.", "num"
        ),
        "too_few_forms": ngettext_lazy(
            "Please submit at least %(num)d form.", "Please submit at least %(num)d forms.", "num"
        ),
    }

    def __init__(
        self,
        data: FormData | None = None,
        files: FormData | None = None,
        auto_id: str | bool | None = "id_%s",
        prefix: str | None = None,
        initial: Sequence[Mapping[str, object]] | None = None,
        error_class: type[ErrorList] = ErrorList,
        form_kwargs: Mapping[str, Any] | None = None,
        error_messages: Mapping[str, Message] | None = None,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.data, self.files, self.auto_id = data, files, auto_id
        self.prefix = prefix or self.get_default_prefix()
        self.initial, self.error_class = initial, error_class
        self.form_kwargs = dict(form_kwargs or {})
        self.error_messages = {**self.default_error_messages, **(error_messages or {})}
        self._management: ManagementForm | None = None
        self._forms: list[F] | None = None
        self._non_form_errors: ErrorList | None = None

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return the prefix if none is given."""
        return "form"

    # -- the forms -----------------------------------------------------------------------------------------------

    @property
    def management_form(self) -> ManagementForm:
        """The hidden fields with the number of forms. A page must show them."""
        if self._management is None:
            if self.is_bound:
                self._management = ManagementForm(self.data or {}, auto_id=self.auto_id, prefix=self.prefix)
            else:
                numbers = {
                    "TOTAL_FORMS": self.total_form_count(),
                    "INITIAL_FORMS": self.initial_form_count(),
                    "MIN_NUM_FORMS": self.min_num,
                    "MAX_NUM_FORMS": self.max_num,
                }
                self._management = ManagementForm(auto_id=self.auto_id, prefix=self.prefix, initial=numbers)
        return self._management

    def total_form_count(self) -> int:
        """Return the number of forms, never more than ``absolute_max``."""
        if self.is_bound:
            return min(self.management_form.counts()[0], self.absolute_max)
        initial = self.initial_form_count()
        total = max(initial, self.min_num) + self.extra
        return initial if initial > self.max_num >= 0 else min(total, self.max_num)

    def initial_form_count(self) -> int:
        """Return the number of forms that had values at first."""
        if self.is_bound:
            return min(*self.management_form.counts(), self.absolute_max)
        return len(self.initial) if self.initial else 0

    @property
    def forms(self) -> list[F]:
        """All forms."""
        if self._forms is None:
            self._forms = [self._construct_form(index) for index in range(self.total_form_count())]
        return self._forms

    @property
    def initial_forms(self) -> list[F]:
        """The forms that had values at first."""
        return self.forms[: self.initial_form_count()]

    @property
    def extra_forms(self) -> list[F]:
        """The forms that were empty at first."""
        return self.forms[self.initial_form_count() :]

    @property
    def empty_form(self) -> F:
        """A form with ``__prefix__`` for its number, for scripts that add forms."""
        form = self.form(
            auto_id=self.auto_id,
            prefix=self.add_prefix("__prefix__"),
            empty_permitted=True,
            use_required_attribute=False,
            **self.get_form_kwargs(None),
        )
        self.add_fields(form, None)
        return form

    @property
    def deleted_forms(self) -> list[F]:
        """The valid forms that are to be taken out."""
        if not self.can_delete or not self.is_valid():
            return []
        return [form for index, form in enumerate(self.forms) if not self._is_blank(index) and self._shall_go(form)]

    @property
    def ordered_forms(self) -> list[F]:
        """The forms that stay, in the order chosen.

        Raises:
            AttributeError: If the set has no order, or is not valid.
        """
        if not self.can_order or not self.is_valid():
            raise AttributeError(f"{type(self).__name__} has no ordered forms: can_order must be set, and it be valid.")
        kept = [form for index, form in enumerate(self.forms) if not self._is_blank(index) and not self._shall_go(form)]
        return sorted(kept, key=_place)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Return more arguments for the form number ``index`` (None for the empty one)."""
        return dict(self.form_kwargs)

    def add_prefix(self, index: int | str) -> str:
        """Return the prefix of the form number ``index``."""
        return f"{self.prefix}-{index}"

    def add_fields(self, form: F, index: int | None) -> None:
        """Add the fields for order and deletion."""
        initial_count = self.initial_form_count()
        if self.can_order:
            known = index is not None and index < initial_count
            place = index + 1 if known and index is not None else None
            form.fields[ORDER] = IntegerField(
                label=gettext_lazy("Order"), initial=place, required=False, widget=self.get_ordering_widget()
            )
        if self.can_delete and (self.can_delete_extra or (index is not None and index < initial_count)):
            form.fields[DELETE] = BooleanField(
                label=gettext_lazy("Delete"), required=False, widget=self.get_deletion_widget()
            )

    def get_ordering_widget(self) -> NumberInput:
        """Return the control of the place."""
        return NumberInput({"min": 1})

    def get_deletion_widget(self) -> CheckboxInput:
        """Return the control that takes a form out."""
        return CheckboxInput()

    def _form_arguments(self, index: int) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "auto_id": self.auto_id,
            "prefix": self.add_prefix(index),
            "error_class": self.error_class,
            # Browsers would insist on the fields of forms that may stay empty, or are to be deleted.
            "use_required_attribute": False,
        }
        if self.is_bound:
            arguments |= {"data": self.data or {}, "files": self.files}
        if self.initial and index < len(self.initial):
            arguments["initial"] = self.initial[index]
        if index >= self.initial_form_count() and index >= self.min_num:
            arguments["empty_permitted"] = True
        return arguments | self.get_form_kwargs(index)

    def _construct_form(self, index: int) -> F:
        form = self.form(**self._form_arguments(index))
        self.add_fields(form, index)
        return form

    # -- validation ----------------------------------------------------------------------------------------------

    def is_valid(self) -> bool:
        """Tell whether all forms that stay are valid, and the set as a whole."""
        if not self.is_bound:
            return False
        self.full_clean()
        return not self._non_form_errors and all(form.is_valid() for form in self.forms if not self._shall_go(form))

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`."""
        if not self.is_bound:
            return False
        for form in self.forms:
            await form.ais_valid()
        return self.is_valid()

    @property
    def errors(self) -> list[ErrorDict]:
        """The errors of each form; those of forms that are to be taken out do not count."""
        if not self.is_bound:
            return []
        return [ErrorDict() if self._shall_go(form) else form.errors for form in self.forms]

    def non_form_errors(self) -> ErrorList:
        """Return the errors of the set as a whole."""
        if self.is_bound:
            self.full_clean()
        return self.error_class(error_class="nonform") if self._non_form_errors is None else self._non_form_errors

    def total_error_count(self) -> int:
        """Return the number of all errors."""
        return len(self.non_form_errors()) + sum(len(found) for errors in self.errors for found in errors.values())

    @property
    def cleaned_data(self) -> list[dict[str, object]]:
        """The values of each form.

        Raises:
            AttributeError: If the set is not valid.
        """
        if not self.is_valid():
            raise AttributeError(f"{type(self).__name__} has no cleaned_data: it is not valid.")
        return [form.cleaned_data for form in self.forms]

    def full_clean(self) -> None:
        """Validate the set as a whole, once."""
        if self._non_form_errors is not None:
            return
        errors = self.error_class(error_class="nonform")
        try:
            if not self.management_form.is_valid():
                missing = ", ".join(self.management_form.add_prefix(name) for name in self.management_form.errors)
                raise self._error("missing_management_form", field_names=missing)
            self._check_number()
            self._non_form_errors = errors  # clean() of a subclass may ask whether the forms are valid
            self.clean()
        except ValidationError as error:
            errors.extend(error.error_list)
        self._non_form_errors = errors

    def clean(self) -> None:
        """Validate what concerns several forms.

        Raises:
            ValidationError: For the whole set.
        """

    def has_changed(self) -> bool:
        """Tell whether any form was changed."""
        return any(form.has_changed() for form in self.forms)

    def _check_number(self) -> None:
        kept = 0
        for index, form in enumerate(self.forms):
            blank = index >= self.initial_form_count() and not form.has_changed()
            kept += not blank and not self._shall_go(form)
        sent = self.management_form.counts()[0]
        if (self.validate_max and kept > self.max_num) or sent > self.absolute_max:
            raise self._error("too_many_forms", num=self.max_num)
        if self.validate_min and kept < self.min_num:
            raise self._error("too_few_forms", num=self.min_num)

    def _error(self, code: str, **params: object) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)

    def _is_blank(self, index: int) -> bool:
        return index >= self.initial_form_count() and not self.forms[index].has_changed()

    def _shall_go(self, form: BaseForm) -> bool:
        """Tell whether the box of a form is ticked; only where the page had one."""
        field = form.fields.get(DELETE) if self.can_delete else None
        return field is not None and bool(field.to_python(form[DELETE].data))

    # -- HTML ----------------------------------------------------------------------------------------------------

    def is_multipart(self) -> bool:
        """Tell whether the ``<form>`` needs ``enctype="multipart/form-data"``."""
        return self.forms[0].is_multipart() if self.forms else self.empty_form.is_multipart()

    def as_div(self) -> Markup:
        """Return the hidden numbers and all forms."""
        return Markup("").join([self.management_form.as_div(), *(form.as_div() for form in self.forms)])

    def as_p(self) -> Markup:
        """Return the hidden numbers and all forms in paragraphs."""
        return Markup("").join([self.management_form.as_div(), *(form.as_p() for form in self.forms)])

    def __html__(self) -> str:
        return self.as_div()

    def __str__(self) -> str:
        return self.as_div()

    def __iter__(self) -> Iterator[F]:
        return iter(self.forms)

    def __getitem__(self, index: int) -> F:
        return self.forms[index]

    def __len__(self) -> int:
        return len(self.forms)

    def __bool__(self) -> bool:
        return True  # the hidden numbers must be shown even if there are no forms


def formset_factory(
    form: type[F], formset: type[BaseFormSet[Any]] = BaseFormSet, *, absolute_max: int | None = None, **options: Any
) -> type[BaseFormSet[F]]:
    """Return a class of sets of ``form``.

    Args:
        form: The class of each form.
        formset: The base class.
        absolute_max: Forms that are read at all, whatever was sent; ``max_num`` and 1000 more unless given.
        **options: ``extra``, ``can_order``, ``can_delete``, ``can_delete_extra``, ``max_num``, ``min_num``,
            ``validate_max``, ``validate_min``, as on `BaseFormSet`. None is the same as leaving one out.

    Raises:
        TypeError: If there is no such option.
        ValueError: If ``absolute_max`` is less than ``max_num``.
    """
    chosen = {name: value for name, value in options.items() if value is not None}
    unknown = set(chosen) - {
        "extra", "can_order", "can_delete", "can_delete_extra", "max_num", "min_num", "validate_max", "validate_min",
    }  # fmt: skip
    if unknown:
        raise TypeError(f"A formset has no option {sorted(unknown)[0]!r}.")
    max_num = chosen.get("max_num", formset.max_num)
    limit = max_num + _DEFAULT_MAX if absolute_max is None else absolute_max
    if limit < max_num:
        raise ValueError(f"absolute_max ({limit}) must be at least max_num ({max_num}).")
    return type(f"{form.__name__}FormSet", (formset,), {"form": form, "absolute_max": limit, **chosen})


def _place(form: BaseForm) -> tuple[bool, int]:
    place = form.cleaned_data.get(ORDER)
    return (True, 0) if not isinstance(place, int) else (False, place)

"""The base of sets of forms: several forms of one kind on one page."""

import inspect
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.data import FormData, has_value
from partita.forms.error_lists import ErrorDict, ErrorList
from partita.forms.errors import AsyncCleanError
from partita.forms.fields import BooleanField, Field, FieldDict, IntegerField
from partita.forms.form import BaseForm
from partita.forms.formsets.management import (
    ADD_BUTTON_NAME,
    DEFAULT_MAX_NUM,
    DEFAULT_MIN_NUM,
    DELETION_FIELD_NAME,
    INITIAL_FORM_COUNT,
    MAX_NUM_FORM_COUNT,
    MIN_NUM_FORM_COUNT,
    ORDERING_FIELD_NAME,
    TOTAL_FORM_COUNT,
    ManagementForm,
)
from partita.forms.media import Media
from partita.forms.renderers import BaseRenderer, default_renderer, renderer_of
from partita.forms.rendering.renderable import RenderableForm
from partita.forms.widgets import CheckboxInput, NumberInput, Widget
from partita.validation import Message, ValidationError, ngettext_lazy

__all__ = ("BaseFormSet",)

F = TypeVar("F", bound=BaseForm)


class BaseFormSet(RenderableForm, Generic[F]):
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
        renderer: Instead of that of the class, of the form, or of the current application.
    """

    template_name_div = "partita/forms/formsets/div.html"
    template_name_p = "partita/forms/formsets/p.html"
    template_name_table = "partita/forms/formsets/table.html"
    template_name_ul = "partita/forms/formsets/ul.html"

    form: type[F]
    renderer: BaseRenderer | None = None
    extra: int = 1
    can_order: bool = False
    can_delete: bool = False
    can_delete_extra: bool = True
    max_num: int = DEFAULT_MAX_NUM
    min_num: int = DEFAULT_MIN_NUM
    absolute_max: int = 2 * DEFAULT_MAX_NUM
    validate_max: bool = False
    validate_min: bool = False
    deletion_widget: Widget | type[Widget] = CheckboxInput
    ordering_widget: Widget | type[Widget] = NumberInput

    default_error_messages: ClassVar[Mapping[str, Message]] = {
        "missing_management_form": gettext_lazy(
            "ManagementForm data is missing or has been tampered with. Missing fields: %(field_names)s. "
            "You may need to file a bug report if the issue persists."
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
        renderer: BaseRenderer | None = None,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.data, self.files, self.auto_id = data, files, auto_id
        self.prefix = prefix or self.get_default_prefix()
        self.initial, self.error_class = initial, error_class
        self.form_kwargs = dict(form_kwargs or {})
        self.error_messages = {**self.default_error_messages, **(error_messages or {})}
        if renderer is not None or self.renderer is None:
            self.renderer = renderer or renderer_of(self.form.default_renderer)
        self._management: ManagementForm | None = None
        self._sent_forms: int | None = None  # unless all were, see adds_form
        self._forms: list[F] | None = None
        self._non_form_errors: ErrorList | None = None
        self._deletion_field: BooleanField | None = None  # one for all forms, which mostly only read it

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return the prefix if none is given."""
        return "form"

    @property
    def adds_form(self) -> bool:
        """True if the button for one more form was pressed: the set shows what was sent and one form more, without errors.

        Such a set is not valid, so a view that shows a set again if it is not valid needs no further thought.
        """
        return self.is_bound and has_value(self.data or {}, f"{self.prefix}-{ADD_BUTTON_NAME}")

    # -- the forms -----------------------------------------------------------------------------------------------

    @property
    def management_form(self) -> ManagementForm:
        """The hidden fields with the number of forms. A page must show them."""
        if self._management is None:
            if self.is_bound:
                self._management = ManagementForm(
                    self.data or {}, auto_id=self.auto_id, prefix=self.prefix, renderer=self.renderer
                )
                self._management.fields.update(self.management_fields())
                if self.adds_form and self._management.is_valid():
                    self._sent_forms = self._management.counts()[0]
                    self._management = self._management.with_one_more(min(self.max_num, self.absolute_max))
            else:
                numbers = {
                    TOTAL_FORM_COUNT: self.total_form_count(),
                    INITIAL_FORM_COUNT: self.initial_form_count(),
                    MIN_NUM_FORM_COUNT: self.min_num,
                    MAX_NUM_FORM_COUNT: self.max_num,
                }
                self._management = ManagementForm(
                    auto_id=self.auto_id, prefix=self.prefix, initial=numbers, renderer=self.renderer
                )
                self._management.fields.update(self.management_fields())
        return self._management

    def management_fields(self) -> dict[str, Field]:
        """Return more hidden fields that go along with the numbers."""
        return {}

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
            total, initial = self.management_form.counts()
            return min(total, initial, self.absolute_max)
        return len(self.initial) if self.initial else 0

    @property
    def forms(self) -> list[F]:
        """All forms."""
        if self._forms is None:
            self._forms = [self._construct_form(index) for index in range(self.total_form_count())]
            if self.adds_form:
                for form in self._forms:
                    form.skip_validation()
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
        arguments = {
            "renderer": self.renderer,
            **self.get_form_kwargs(None),
            "empty_permitted": True,
            "use_required_attribute": False,
        }
        form = self.form(auto_id=self.auto_id, prefix=self.add_prefix("__prefix__"), **arguments)
        self.add_fields(form, None)
        return form

    @property
    def deleted_forms(self) -> list[F]:
        """The valid forms that are to be taken out."""
        if not self.can_delete or not self.is_valid():
            return []
        return [
            form
            for index, form in enumerate(self.forms)
            if not self._is_blank(index) and self._should_delete_form(form)
        ]

    @property
    def ordered_forms(self) -> list[F]:
        """The forms that stay, in the order chosen.

        Raises:
            AttributeError: If the set has no order, or is not valid.
        """
        if not self.can_order or not self.is_valid():
            raise AttributeError(f"{type(self).__name__} has no ordered forms: can_order must be set, and it be valid.")
        kept = [
            form
            for index, form in enumerate(self.forms)
            if not self._is_blank(index) and not self._should_delete_form(form)
        ]
        return sorted(kept, key=_place)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Return more arguments for the form number ``index`` (None for the empty one)."""
        return dict(self.form_kwargs)

    def add_prefix(self, index: int | str) -> str:
        """Return the prefix of the form number ``index``."""
        return f"{self.prefix}-{index}"

    def add_fields(self, form: F, index: int | None) -> None:
        """Add the fields for order and deletion."""
        if self.can_order:
            place = index + 1 if index is not None and index < self.initial_form_count() else None
            form.fields[ORDERING_FIELD_NAME] = IntegerField(
                label=gettext_lazy("Order"), initial=place, required=False, widget=self.get_ordering_widget()
            )
        if self.can_delete and (self.can_delete_extra or (index is not None and index < self.initial_form_count())):
            if self._deletion_field is None:
                self._deletion_field = BooleanField(
                    label=gettext_lazy("Delete"), required=False, widget=self.get_deletion_widget()
                )
            if isinstance(form.fields, FieldDict):
                form.fields.share(DELETION_FIELD_NAME, self._deletion_field)
            else:
                form.fields[DELETION_FIELD_NAME] = self._deletion_field.clone()

    def get_ordering_widget(self) -> Widget | type[Widget]:
        """Return the control of the place: ``ordering_widget``, unless a subclass chooses another."""
        return self.ordering_widget

    def get_deletion_widget(self) -> Widget | type[Widget]:
        """Return the control that takes a form out: ``deletion_widget``, unless a subclass chooses another."""
        return self.deletion_widget

    def _form_arguments(self, index: int) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "auto_id": self.auto_id,
            "prefix": self.add_prefix(index),
            "error_class": self.error_class,
            "renderer": self.renderer,
            # Browsers would insist on the fields of forms that may stay empty, or are to be deleted.
            "use_required_attribute": False,
        }
        if self.is_bound and (self._sent_forms is None or index < self._sent_forms):
            arguments["data"], arguments["files"] = self.data or {}, self.files
        if self.initial and index < len(self.initial):
            arguments["initial"] = self.initial[index]
        if index >= self.initial_form_count() and index >= self.min_num:
            arguments["empty_permitted"] = True
        return arguments

    def _construct_form(self, index: int) -> F:
        form = self.form(**(self._form_arguments(index) | self.get_form_kwargs(index)))
        self.add_fields(form, index)
        return form

    # -- validation ----------------------------------------------------------------------------------------------

    def is_valid(self) -> bool:
        """Tell whether all forms that stay are valid, and the set as a whole.

        Raises:
            AsyncCleanError: If `clean` or a hook of a form is async.
        """
        if not self.is_bound or self.adds_form:
            return False
        self.full_clean()
        return not self._non_form_errors and all(
            form.is_valid() or self._should_delete_form(form) for form in self.forms
        )

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`, in which `clean` and the hooks of the forms may be async."""
        if not self.is_bound or self.adds_form:
            return False
        for form in self.forms:
            await form.ais_valid()
        await self._aclean()
        return self.is_valid()

    @property
    def errors(self) -> list[ErrorDict]:
        """The errors of each form; those of forms that are to be taken out do not count."""
        if not self.is_bound:
            return []
        self.full_clean()
        return [ErrorDict() if self._should_delete_form(form) else form.errors for form in self.forms]

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
        """Validate all forms, then the set as a whole, once."""
        steps = self._cleaning()
        try:
            for waiting in steps:
                if inspect.iscoroutine(waiting):
                    waiting.close()
                raise AsyncCleanError(type(self).__name__, "clean")
        except BaseException:  # a mistake in a hook: half a validation counts for nothing
            steps.close()
            self._non_form_errors = None
            raise

    def clean(self) -> object:
        """Validate what concerns several forms; each was validated before. May be async.

        Raises:
            ValidationError: For the whole set.
        """
        return None

    def skip_validation(self) -> None:
        """Show what was sent without validating it."""
        self._non_form_errors = self.error_class(error_class="nonform")
        for form in self.forms:
            form.skip_validation()

    def has_changed(self) -> bool:
        """Tell whether any form was changed."""
        return any(form.has_changed() for form in self.forms)

    async def _aclean(self) -> None:
        steps = self._cleaning()
        try:
            waiting = next(steps)
            while True:
                try:
                    await waiting
                except ValidationError as error:
                    waiting = steps.throw(error)
                else:
                    waiting = steps.send(None)
        except StopIteration:
            pass  # the steps are done
        except BaseException:
            steps.close()
            self._non_form_errors = None
            raise

    def _cleaning(self) -> Generator[Awaitable[object], None, None]:
        """Validate, and stop where `clean` turns out to be async."""
        if self._non_form_errors is not None or not self.is_bound:
            return
        errors = self.error_class(error_class="nonform")
        if self.adds_form:
            self._non_form_errors = errors
            return
        if not self.management_form.is_valid():
            names = ", ".join(self.management_form.add_prefix(name) for name in self.management_form.errors)
            errors.extend(self._error("missing_management_form", field_names=names).error_list)
            self._non_form_errors = errors
            return
        for form in self.forms:
            form.is_valid()
        self._non_form_errors = errors  # what `clean` asks, such as whether the set is valid, is answered by now
        for check in self._checks():
            try:
                check()
            except ValidationError as error:
                errors.extend(error.error_list)
        if errors:
            return  # `clean` may rely on the number of forms, and that each row is what it says
        try:
            result = self.clean()
            if inspect.isawaitable(result):
                yield result
        except ValidationError as error:
            errors.extend(error.error_list)

    def _checks(self) -> list[Callable[[], None]]:
        """Return what is checked before `clean`."""
        return [self._check_number]

    def _check_number(self) -> None:
        sent = self.management_form.counts()[0]
        if sent > self.absolute_max:
            raise self._error("too_many_forms", num=self.max_num)
        if not (self.validate_max or self.validate_min):
            return
        kept = sum(not self._is_blank(index) and not self._should_delete_form(form)
                   for index, form in enumerate(self.forms))  # fmt: skip
        if self.validate_max and kept > self.max_num:
            raise self._error("too_many_forms", num=self.max_num)
        if self.validate_min and kept < self.min_num:
            raise self._error("too_few_forms", num=self.min_num)

    def _error(self, code: str, **params: object) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)

    def _is_blank(self, index: int) -> bool:
        return index >= self.initial_form_count() and not self.forms[index].has_changed()

    def _should_delete_form(self, form: BaseForm) -> bool:
        """Tell whether the box of a form is ticked; only where the page had one."""
        fields = form.fields
        if not self.can_delete or DELETION_FIELD_NAME not in fields:
            return False
        field = fields.peek(DELETION_FIELD_NAME) if isinstance(fields, FieldDict) else fields[DELETION_FIELD_NAME]
        return bool(field.to_python(form.sent_value(field.widget, form.add_prefix(DELETION_FIELD_NAME))))

    # -- HTML ----------------------------------------------------------------------------------------------------

    def is_multipart(self) -> bool:
        """Tell whether the ``<form>`` needs ``enctype="multipart/form-data"``."""
        return self.forms[0].is_multipart() if self.forms else self.empty_form.is_multipart()

    @property
    def media(self) -> Media:
        """The scripts and style sheets that the controls need."""
        return self.forms[0].media if self.forms else self.empty_form.media

    @property
    def template_name(self) -> str:  # type: ignore[override]  # it depends on the renderer; subclasses may assign one
        """The template of ``{{ formset }}``: that of the renderer, unless a subclass chooses another."""
        return (self.renderer or default_renderer()).formset_template_name

    def get_context(self) -> dict[str, Any]:
        """Return what the templates of the set get."""
        return {"formset": self}

    def as_rows(self, name: Message | None = None) -> Markup:
        """Return the set as groups of fields with a button for one more; `partita.forms.rows` says how it works.

        Args:
            name: What one form is called, such as "Track".
        """
        from partita.forms.rows import write_rows

        return write_rows(self, name)

    def __repr__(self) -> str:
        known = self._non_form_errors is not None and self._forms is not None
        valid = self.is_valid() if known else None
        count = len(self.forms) if self._forms is not None else self.total_form_count()
        shown = "Unknown" if valid is None else valid
        return f"<{type(self).__name__}: bound={self.is_bound} valid={shown} total_forms={count}>"

    def __iter__(self) -> Iterator[F]:
        return iter(self.forms)

    def __getitem__(self, index: int) -> F:
        return self.forms[index]

    def __len__(self) -> int:
        return len(self.forms)

    def __bool__(self) -> bool:
        return True  # the hidden numbers must be shown even if there are no forms


def _place(form: BaseForm) -> tuple[bool, int]:
    place = form.cleaned_data.get(ORDERING_FIELD_NAME)
    return (True, 0) if not isinstance(place, int) else (False, place)

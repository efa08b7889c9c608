"""Sets of forms for the rows of a queryset. Needs the extra ``orm``."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from partita.bridge import active, drive, run
from partita.contracts.i18n import gettext_lazy
from partita.forms.data import FormData, has_value, one_value
from partita.forms.fields import Field, SignedHiddenField, ValueSigner
from partita.forms.formsets import BaseFormSet, formset_factory
from partita.forms.models.forms import ModelForm, ModelFormError, database_of, modelform_factory
from partita.forms.models.uniqueness import check_unique_rows
from partita.forms.renderers import BaseRenderer
from partita.forms.widgets import HiddenInput, Widget
from partita.orm import Model, QuerySet, atomic
from partita.validation import Message, ValidationError

__all__ = ("SHOWN_ROWS", "BaseModelFormSet", "modelformset_factory")

SHOWN_ROWS: Final = "ROWS"
"""The hidden field with the signed keys of the rows that a page shows."""

_LARGEST_KEY: Final = 2**63 - 1

M = TypeVar("M", bound=Model)


class RowField(Field):
    """The key of the row that a form changes, out of the rows that were offered; it asks no database."""

    widget: Widget = HiddenInput()
    default_error_messages = {
        "invalid_choice": gettext_lazy("Select a valid choice. That choice is not one of the available choices.")
    }

    def __init__(self, find: Callable[[object], Model | None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._find = find

    def to_python(self, value: object) -> object:
        """Return the row, or None."""
        if self.is_empty(value):
            return None
        row = self._find(value)
        if row is None:
            raise self.error("invalid_choice", value=value)
        return row

    def has_changed(self, initial: object, data: object) -> bool:
        """Return False: which row a form is about is no change."""
        return False


class BaseModelFormSet(BaseFormSet[ModelForm[M]], Generic[M]):
    """Forms that change, add and delete rows of a queryset; `modelformset_factory` makes subclasses.

    A row is changed or deleted only if it is in the queryset, whatever was sent; a row twice is refused. To delete a row
    that is not there (any more) does nothing. Override `may_add`, `may_change` and `may_delete` to check each operation
    against the rights of whoever sends.

    Args:
        data: What was sent, see `BaseForm`.
        files: The files sent.
        auto_id: As for `BaseForm`.
        prefix: Goes before each name; ``form`` unless given.
        queryset: The rows offered; all of the model unless given.
        initial: Initial values of the extra forms.
        signer: Signs the keys of the rows that the page shows, so that only these can be changed or deleted, whatever else
            is in the queryset. Give it a salt for each person and page, or what was signed for one would do for another.
        **kwargs: As for `BaseFormSet`.
    """

    model: type[M]
    edit_only: bool = False
    same_for_all: ClassVar[frozenset[str]] = frozenset()
    """Fields whose value is the same in all rows of the set."""

    default_error_messages: ClassVar[Mapping[str, Message]] = {
        **BaseFormSet.default_error_messages,
        "unknown_row": gettext_lazy("A row that was sent is not, or no longer, among those offered."),
        "duplicate_row": gettext_lazy("One row was sent twice."),
        "forbidden": gettext_lazy("You may not do this."),
    }

    def __init__(
        self,
        data: FormData | None = None,
        files: FormData | None = None,
        auto_id: str | bool | None = "id_%s",
        prefix: str | None = None,
        queryset: "QuerySet[M] | None" = None,
        *,
        initial: Sequence[Mapping[str, object]] | None = None,
        signer: ValueSigner | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, files, auto_id, prefix, initial=None, **kwargs)
        self.queryset, self.initial_extra, self.signer = queryset, initial, signer
        self._rows: dict[object, M] | None = None
        self.new_objects: list[M] = []
        self.changed_objects: list[tuple[M, list[str]]] = []
        self.deleted_objects: list[M] = []
        self.saved_forms: list[ModelForm[M]] = []

    def get_queryset(self) -> "QuerySet[M]":
        """Return the rows offered, in an order that stays."""
        rows: QuerySet[M] = self.model._default_manager.all() if self.queryset is None else self.queryset
        return rows if rows.ordered else rows.order_by(self.model._meta.pk.name)

    @property
    def rows(self) -> dict[object, M]:
        """The rows offered, by their key; of a set that was sent, those that it names. Asked for once."""
        if self._rows is None:
            found = self.get_queryset()
            if self.is_bound and not found.query.is_sliced:
                found = found.filter(pk__in=self._sent_keys())  # a page of ten rows need not read a table of a million
            shown = self._shown_keys()
            self._rows = {row.pk: row for row in found if shown is None or str(row.pk) in shown}
        return self._rows

    def find_row(self, key: object) -> M | None:
        """Return the row offered whose key was sent as ``key``, or None."""
        return self.rows.get(self._key(key))

    def management_fields(self) -> dict[str, Field]:
        """Return the signed keys of the rows shown, if there is a signer."""
        if self.signer is None:
            return {}
        keys = None if self.is_bound else json.dumps([str(key) for key in self.rows])
        return {SHOWN_ROWS: SignedHiddenField(signer=self.signer, initial=keys)}

    def _shown_keys(self) -> set[str] | None:
        if self.signer is None or not self.is_bound:
            return None
        form = self.management_form
        return set(json.loads(form.cleaned_data[SHOWN_ROWS])) if form.is_valid() else set()

    def _sent_keys(self) -> list[object]:
        names = (f"{self.add_prefix(index)}-{self.model._meta.pk.name}" for index in range(self.initial_form_count()))
        keys = (self._key(one_value(self.data or {}, name)) for name in names)
        return [key for key in dict.fromkeys(keys) if key is not None]

    def _key(self, sent: object) -> object:
        field = self.model._meta.pk
        while field.remote_field is not None:  # the key of a model that shares it with another
            field = field.related_model._meta.pk
        try:
            key = field.to_python(sent)
        except (ValidationError, ValueError, TypeError, OverflowError):
            return None
        if (isinstance(key, int) and abs(key) > _LARGEST_KEY) or (isinstance(key, str) and "\x00" in key):
            return None  # no database has such keys, and some complain
        return key

    def may_add(self, form: ModelForm[M]) -> bool:
        """Tell whether whoever sends may add the row of ``form``."""
        return not self.edit_only

    def may_change(self, form: ModelForm[M]) -> bool:
        """Tell whether whoever sends may change the row of ``form``."""
        return True

    def may_delete(self, form: ModelForm[M]) -> bool:
        """Tell whether whoever sends may delete the row of ``form``."""
        return True

    def initial_form_count(self) -> int:
        """Return the number of rows offered, or of those sent."""
        return super().initial_form_count() if self.is_bound else len(self.rows)

    def total_form_count(self) -> int:
        """Return the number of forms; no extra ones if rows can only be changed."""
        total = super().total_form_count()
        return min(total, self.initial_form_count()) if self.edit_only else total

    def add_fields(self, form: ModelForm[M], index: int | None) -> None:
        """Add the key of the row, unless it is one of the fields that people fill in."""
        super().add_fields(form, index)
        pk = self.model._meta.pk
        known = index is not None and index < self.initial_form_count()
        editable = pk.editable and not pk.is_auto and not pk.auto_created
        if editable and pk.name in form.fields:
            form.fields[pk.name].required |= known
            return
        widget = form._meta.widgets.get(pk.name, HiddenInput)
        initial = None if form.instance._state.adding else form.instance.pk
        form.fields[pk.name] = RowField(self.find_row, initial=initial, required=known, label="", widget=widget)

    def save(self, commit: bool = True) -> list[M]:
        """Change, add and delete rows in one transaction.

        Args:
            commit: If False, nothing is saved or deleted: do it with `new_objects`, `changed_objects` and
                `deleted_objects`, then call `save_m2m`.

        Returns:
            The rows changed and added.

        Raises:
            ValueError: If the set has errors.
        """
        if not self.is_valid():
            raise ValueError(
                f"The rows could not be saved because the data didn't validate: {self.non_form_errors()!r}."
            )
        if not commit:
            return self._save(commit=False)
        rows = [form.instance for form in self.initial_forms]
        with atomic(database_of(rows[0] if rows else self.model())):
            return self._save(commit=True)

    async def asave(self, commit: bool = True) -> list[M]:
        """Async twin of `save`."""
        return await run(self.save, commit)

    def save_new(self, form: ModelForm[M], commit: bool = True) -> M:
        """Save the row of a form that adds one."""
        return form.save(commit)

    def save_existing(self, form: ModelForm[M], instance: M, commit: bool = True) -> M:
        """Save the row of a form that changes one."""
        return form.save(commit)

    def delete_existing(self, instance: M, commit: bool = True) -> None:
        """Delete a row, if ``commit`` is set."""
        if commit:
            instance.delete()

    def save_m2m(self) -> None:
        """Save the many-to-many relations after ``save(commit=False)``; the rows must have been saved."""
        for form in self.saved_forms:
            form.save_m2m()

    async def asave_m2m(self) -> None:
        """Async twin of `save_m2m`."""
        await run(self.save_m2m)

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`: its queries are awaited."""
        validation = super().ais_valid()
        return await (validation if active() else drive(validation))

    def validate_unique(self) -> None:
        """Refuse values that no row has yet, but two forms give.

        Raises:
            ValidationError: With a text for each group of fields.
        """
        forms = [form for form in self.forms if not self._should_delete_form(form) and form.is_valid()]
        check_unique_rows(forms, self.model, self.same_for_all)

    def _checks(self) -> list[Callable[[], None]]:
        return [*super()._checks(), self._check_rows, self._check_rights, self.validate_unique]

    def _form_arguments(self, index: int) -> dict[str, Any]:
        arguments = super()._form_arguments(index)
        known = self.initial_form_count()
        if index < known:
            row = self._row(index)
            if row is not None:
                arguments["instance"] = row
        elif self.initial_extra and index - known < len(self.initial_extra):
            arguments["initial"] = self.initial_extra[index - known]
        return arguments

    def _row(self, index: int) -> M | None:
        if not self.is_bound:
            return list(self.rows.values())[index]
        name = f"{self.add_prefix(index)}-{self.model._meta.pk.name}"
        data = self.data or {}
        return self.find_row(one_value(data, name)) if has_value(data, name) else None

    def _save(self, commit: bool) -> list[M]:
        self.new_objects, self.changed_objects, self.deleted_objects, self.saved_forms = [], [], [], []
        saved: list[M] = []
        for form in self.initial_forms:
            if form.instance._state.adding:
                continue  # a row that is not there (any more) and was to be deleted
            if self._should_delete_form(form):
                self.deleted_objects.append(form.instance)
                self.delete_existing(form.instance, commit)
            elif form.has_changed():
                self.changed_objects.append((form.instance, form.changed_data))
                saved.append(self.save_existing(form, form.instance, commit))
                self.saved_forms.append(form)
        for form in self._added():
            self.new_objects.append(self.save_new(form, commit))
            self.saved_forms.append(form)
        return [*saved, *self.new_objects]

    def _added(self) -> list[ModelForm[M]]:
        return [form for form in self.extra_forms if form.has_changed() and not self._should_delete_form(form)]

    def _check_rows(self) -> None:
        keys = []
        for form in self.initial_forms:
            if not form.instance._state.adding:
                keys.append(form.instance.pk)
            elif not self._should_delete_form(form) and self.model._meta.pk.name not in form.errors:
                raise self._error("unknown_row")
        if len(set(keys)) < len(keys):
            raise self._error("duplicate_row")

    def _check_rights(self) -> None:
        for form in self.initial_forms:
            gone = self._should_delete_form(form)
            allowed = self.may_delete if gone else self.may_change if form.has_changed() else None
            if allowed is not None and not form.instance._state.adding and not allowed(form):
                raise self._error("forbidden")
        for form in self._added():
            if not self.may_add(form):
                raise self._error("forbidden")


def modelformset_factory(
    model: type[M],
    form: type[ModelForm[Any]] = ModelForm,
    formfield_callback: Callable[..., Field | None] | None = None,
    formset: type[BaseModelFormSet[Any]] = BaseModelFormSet,
    extra: int = 1,
    can_delete: bool = False,
    can_order: bool = False,
    max_num: int | None = None,
    fields: Sequence[str] | str | None = None,
    exclude: Sequence[str] | None = None,
    widgets: Mapping[str, Widget | type[Widget]] | None = None,
    validate_max: bool = False,
    localized_fields: Sequence[str] | str | None = None,
    labels: Mapping[str, Message] | None = None,
    help_texts: Mapping[str, Message] | None = None,
    error_messages: Mapping[str, Mapping[str, Message]] | None = None,
    min_num: int | None = None,
    validate_min: bool = False,
    field_classes: Mapping[str, type[Field]] | None = None,
    absolute_max: int | None = None,
    can_delete_extra: bool = True,
    renderer: BaseRenderer | None = None,
    edit_only: bool = False,
) -> type[BaseModelFormSet[M]]:
    """Return a class of sets of forms for a model.

    Args:
        model: The model.
        form: The base class of each form.
        formfield_callback: As for `modelform_factory`, as are ``fields``, ``exclude``, ``widgets``, ``localized_fields``,
            ``labels``, ``help_texts``, ``error_messages`` and ``field_classes``.
        formset: The base class of the set.
        extra: As for `formset_factory`, as are ``can_delete``, ``can_order``, ``can_delete_extra``, ``max_num``,
            ``min_num``, ``validate_max``, ``validate_min``, ``absolute_max`` and ``renderer``.
        edit_only: Offer no extra forms, and refuse those sent.

    Raises:
        ModelFormError: If neither fields nor exclude are given, here or in the base class.
    """
    base = getattr(form, "Meta", None)
    if fields is None and exclude is None and not (getattr(base, "fields", None) or getattr(base, "exclude", None)):
        raise ModelFormError(
            "A set of forms for a model needs 'fields' or 'exclude': name the fields that people may edit, or say "
            'fields="__all__".'
        )
    kind = modelform_factory(
        model, form, fields, exclude, formfield_callback, widgets, localized_fields, labels, help_texts, error_messages,
        field_classes,
    )  # fmt: skip
    made: Any = formset_factory(
        kind, formset, extra, can_order, can_delete, max_num, validate_max, min_num, validate_min, absolute_max,
        can_delete_extra, renderer,
    )  # fmt: skip
    made.model, made.edit_only = model, edit_only
    return made  # type: ignore[no-any-return]  # formset_factory returns a subclass of `formset`

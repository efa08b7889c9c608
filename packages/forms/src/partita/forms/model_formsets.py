"""Sets of forms made of rows: of a queryset, or of those that belong to one row. Needs the extra ``orm``."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from partita.bridge import active, drive, run
from partita.contracts.i18n import gettext_lazy
from partita.forms.data import FormData
from partita.forms.field import Field
from partita.forms.formsets import BaseFormSet, formset_factory
from partita.forms.models import ModelForm, ModelFormError, database_of, modelform_factory
from partita.forms.widgets import HiddenInput, Widget
from partita.orm import ForeignKey, Model, QuerySet, atomic
from partita.validation import ValidationError

__all__ = ("BaseInlineFormSet", "BaseModelFormSet", "inlineformset_factory", "modelformset_factory")

M = TypeVar("M", bound=Model)


class _RowField(Field):
    """The key of the row that a form changes, out of the rows that were offered; it asks no database."""

    widget: Widget = HiddenInput()
    default_error_messages = {
        "invalid_choice": gettext_lazy("Select a valid choice. That choice is not one of the available choices.")
    }

    def __init__(self, rows: Mapping[str, Model], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rows = rows

    def to_python(self, value: object) -> object:
        if self.is_empty(value):
            return None
        row = self.rows.get(str(value))
        if row is None:
            raise self.error("invalid_choice")
        return row

    def has_changed(self, initial: object, data: object) -> bool:
        return False


class BaseModelFormSet(BaseFormSet[ModelForm[M]], Generic[M]):
    """Forms that change, add and delete rows of a queryset; `modelformset_factory` makes subclasses.

    A row is changed or deleted only if it is in the queryset, whatever was sent; a row twice is refused. Override
    `may_add`, `may_change` and `may_delete` to check each operation against the rights of whoever sends.

    Args:
        data: What was sent, see `BaseForm`.
        files: The files sent.
        queryset: The rows offered; all of the model unless given.
        initial: Initial values of the extra forms.
        **kwargs: As for `BaseFormSet`.
    """

    model: type[M]
    edit_only: bool = False
    same_for_all: frozenset[str] = frozenset()
    """Fields whose value is the same in all rows of the set."""

    default_error_messages = {
        **BaseFormSet.default_error_messages,
        "unknown_row": gettext_lazy("A row that was sent is not, or no longer, among those offered."),
        "duplicate_row": gettext_lazy("One row was sent twice."),
        "duplicate_value": gettext_lazy("Please correct the duplicate data for %(field)s, which must be unique."),
        "forbidden": gettext_lazy("You may not do this."),
    }

    def __init__(
        self,
        data: FormData | None = None,
        files: FormData | None = None,
        *,
        queryset: "QuerySet[M] | None" = None,
        initial: Sequence[Mapping[str, object]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, files, initial=None, **kwargs)
        self.queryset, self.initial_extra = queryset, initial
        self._rows: dict[str, M] | None = None
        self.new_objects: list[M] = []
        self.changed_objects: list[tuple[M, list[str]]] = []
        self.deleted_objects: list[M] = []

    def get_queryset(self) -> "QuerySet[M]":
        """Return the rows offered, in an order that stays."""
        rows: QuerySet[M] = self.model._default_manager.all() if self.queryset is None else self.queryset
        return rows if rows.ordered else rows.order_by(self.model._meta.pk.name)

    @property
    def rows(self) -> dict[str, M]:
        """The rows offered, by their key as text; asked for once."""
        if self._rows is None:
            self._rows = {str(row.pk): row for row in self.get_queryset()}
        return self._rows

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
        """Add the key of the row."""
        super().add_fields(form, index)
        known = index is not None and index < self.initial_form_count()
        rows = self.rows if known else {}
        initial = form.instance.pk if known else None
        form.fields[self.model._meta.pk.name] = _RowField(rows, initial=initial, required=known, label="")

    def save(self, commit: bool = True) -> list[M]:
        """Change, add and delete rows in one transaction.

        Args:
            commit: If False, nothing is saved or deleted: do it with `new_objects`, `changed_objects` and `deleted_objects`.

        Returns:
            The rows added and changed.

        Raises:
            ValueError: If the set has errors.
        """
        if not self.is_valid():
            raise ValueError("The rows could not be saved because the data didn't validate.")
        if not commit:
            return self._save(commit=False)
        rows = [form.instance for form in self.initial_forms]
        with atomic(database_of(rows[0] if rows else self.model())):
            return self._save(commit=True)

    async def asave(self, commit: bool = True) -> list[M]:
        """Async twin of `save`."""
        return await run(self.save, commit)

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`: its queries are awaited."""
        validation = super().ais_valid()
        return await (validation if active() else drive(validation))

    def full_clean(self) -> None:
        """Validate the set as a whole, once: its rows, its rights, its unique values."""
        if self._non_form_errors is not None:
            return
        super().full_clean()
        errors = self._non_form_errors
        if errors is None:
            return
        for check in (self._check_rows, self._check_rights, self._check_unique):
            try:
                check()
            except ValidationError as error:
                errors.extend(error.error_list)

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
        return self.rows.get(str(HiddenInput().value_from_datadict(self.data or {}, {}, name)))

    def _save(self, commit: bool) -> list[M]:
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        saved: list[M] = []
        for form in self.initial_forms:
            if self._shall_go(form):
                self.deleted_objects.append(form.instance)
                if commit:
                    form.instance.delete()
            elif form.has_changed():
                self.changed_objects.append((form.instance, form.changed_data))
                saved.append(form.save(commit))
        for form in self._added():
            self.new_objects.append(form.save(commit))
        return [*saved, *self.new_objects]

    def _added(self) -> list[ModelForm[M]]:
        return [form for form in self.extra_forms if form.has_changed() and not self._shall_go(form)]

    def _check_rows(self) -> None:
        keys = [form.instance.pk for form in self.initial_forms]
        if None in keys:
            raise self._error("unknown_row")
        if len(set(keys)) < len(keys):
            raise self._error("duplicate_row")

    def _check_rights(self) -> None:
        for form in self.initial_forms:
            allowed = self.may_delete if self._shall_go(form) else self.may_change if form.has_changed() else None
            if allowed is not None and not allowed(form):
                raise self._error("forbidden")
        for form in self._added():
            if not self.may_add(form):
                raise self._error("forbidden")

    def _check_unique(self) -> None:
        """Refuse values that no row has yet, but two forms give."""
        forms = [form for form in self.forms if not self._shall_go(form) and form.is_valid() and form.cleaned_data]
        meta = self.model._meta
        groups = [(field.name,) for field in meta.fields if field.unique and not field.primary_key]
        for group in [*groups, *meta.unique_together]:
            names = [name for name in group if name not in self.same_for_all]
            seen = set()
            for form in forms:
                if not any(name in form.fields for name in names):
                    continue
                values = tuple(_hashable(getattr(form.instance, meta.get_field(name).attname)) for name in names)
                if values in seen and None not in values:
                    raise self._error("duplicate_value", field=", ".join(names))
                seen.add(values)


class BaseInlineFormSet(BaseModelFormSet[M], Generic[M]):
    """Forms for the rows that belong to one row; `inlineformset_factory` makes subclasses.

    Args:
        data: What was sent, see `BaseForm`.
        files: The files sent.
        instance: The row that the others belong to; a new one unless given.
        queryset: Narrows the rows offered.
        **kwargs: As for `BaseModelFormSet`.
    """

    fk_name: str
    parent: type[Model]

    def __init__(
        self,
        data: FormData | None = None,
        files: FormData | None = None,
        *,
        instance: Model | None = None,
        queryset: "QuerySet[M] | None" = None,
        **kwargs: Any,
    ) -> None:
        self.instance: Model = self.parent() if instance is None else instance
        super().__init__(data, files, queryset=queryset, **kwargs)

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return the name of the relation, seen from the row that the others belong to."""
        return f"{cls.model._meta.model_name}_set"

    def get_queryset(self) -> "QuerySet[M]":
        """Return the rows that belong to the instance."""
        rows = super().get_queryset()
        return rows.none() if self.instance.pk is None else rows.filter(**{self.fk_name: self.instance})

    def _construct_form(self, index: int) -> ModelForm[M]:
        form = super()._construct_form(index)
        form.belongs_to(self.fk_name, self.instance)
        return form

    def _save(self, commit: bool) -> list[M]:
        for form in self.forms:
            setattr(form.instance, self.fk_name, self.instance)  # it has a key by now
        return super()._save(commit)


def modelformset_factory(
    model: type[M],
    form: type[ModelForm[Any]] = ModelForm,
    formset: type[BaseModelFormSet[Any]] = BaseModelFormSet,
    *,
    edit_only: bool = False,
    meta: Mapping[str, Any] | None = None,
    fields: Sequence[str] | str | None = None,
    exclude: Sequence[str] | None = None,
    **options: Any,
) -> type[BaseModelFormSet[M]]:
    """Return a class of sets of forms for a model.

    Args:
        model: The model.
        form: The base class of each form.
        formset: The base class of the set.
        edit_only: Offer no extra forms, and refuse those sent.
        meta: More for ``class Meta`` of the form, such as ``widgets``.
        fields: As in ``class Meta`` of the form.
        exclude: As in ``class Meta`` of the form.
        **options: As for `formset_factory`.
    """
    kind = modelform_factory(model, form, fields=fields, exclude=exclude, **(meta or {}))
    made: Any = formset_factory(kind, formset, **options)
    made.model, made.edit_only = model, edit_only
    return made  # type: ignore[no-any-return]  # formset_factory returns a subclass of `formset`


def inlineformset_factory(
    parent: type[Model],
    model: type[M],
    form: type[ModelForm[Any]] = ModelForm,
    formset: type[BaseInlineFormSet[Any]] = BaseInlineFormSet,
    *,
    fk_name: str | None = None,
    exclude: Sequence[str] | None = None,
    extra: int = 3,
    can_delete: bool = True,
    max_num: int | None = None,
    **options: Any,
) -> type[BaseInlineFormSet[M]]:
    """Return a class of sets of forms for the rows that belong to a row of ``parent``.

    Args:
        parent: The model that the others belong to.
        model: The model of the rows.
        form: The base class of each form.
        formset: The base class of the set.
        fk_name: The field that points to ``parent``; needed if there are several.
        exclude: As in ``class Meta`` of the form; the field that points to ``parent`` comes in addition.
        extra: Empty forms.
        can_delete: Offer to delete rows.
        max_num: Forms at most; 1 if the relation is one to one.
        **options: As for `modelformset_factory`.

    Raises:
        ModelFormError: If no field points to ``parent``, or several do and ``fk_name`` is missing.
    """
    fk = _foreign_key(parent, model, fk_name)
    made: Any = modelformset_factory(
        model,
        form,
        formset,
        exclude=[*(exclude or ()), fk.name],
        extra=extra,
        can_delete=can_delete,
        max_num=1 if fk.unique else max_num,
        **options,
    )
    made.fk_name, made.parent, made.same_for_all = fk.name, parent, frozenset({fk.name})
    return made  # type: ignore[no-any-return]  # modelformset_factory returns a subclass of `formset`


def _foreign_key(parent: type[Model], model: type[Model], name: str | None) -> Any:
    found = [field for field in model._meta.fields if isinstance(field, ForeignKey) and field.related_model is parent]
    if name is not None:
        found = [field for field in found if field.name == name]
    if len(found) != 1:
        many = "has no foreign key" if not found else "has several foreign keys; name one with fk_name. They point"
        raise ModelFormError(f"{model.__name__} {many} to {parent.__name__}{f' called {name!r}' if name else ''}.")
    return found[0]


def _hashable(value: object) -> object:
    return None if value == "" else str(value) if isinstance(value, dict | list) else value

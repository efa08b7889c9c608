"""Sets of forms for the rows that belong to one row. Needs the extra ``orm``."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from partita.contracts.i18n import gettext_lazy
from partita.forms.data import FormData, value_list
from partita.forms.fields import Field
from partita.forms.models.forms import ModelForm, ModelFormError
from partita.forms.models.row_formsets import BaseModelFormSet, modelformset_factory
from partita.forms.renderers import BaseRenderer
from partita.forms.widgets import HiddenInput, Widget
from partita.orm import ForeignKey, Model, QuerySet
from partita.validation import Message

__all__ = ("BaseInlineFormSet", "InlineForeignKeyField", "InlineRelationError", "inlineformset_factory")

M = TypeVar("M", bound=Model)


class InlineRelationError(ModelFormError, ValueError):
    """It is not clear which foreign key joins the rows to the row that they belong to."""


class InlineForeignKeyField(Field):
    """The row that the others belong to, as a hidden field: sent along, and refused if it is another.

    Args:
        parent_instance: The row.
        pk_field: The relation is the key of the rows, too; an empty one is a new row.
        to_field: The field of the row that the relation points to; the key unless given.
        **kwargs: As for `Field`.
    """

    widget: Widget = HiddenInput()
    default_error_messages = {
        "invalid_choice": gettext_lazy("The inline value did not match the parent instance."),
    }

    def __init__(
        self, parent_instance: Model, *, pk_field: bool = False, to_field: str | None = None, **kwargs: Any
    ) -> None:
        self.parent_instance, self.pk_field, self.to_field = parent_instance, pk_field, to_field
        initial = None
        if not parent_instance._state.adding:  # a key that a default made is no key before the row is saved
            initial = getattr(parent_instance, to_field) if to_field else parent_instance.pk
        super().__init__(**{"initial": initial, "required": False, "label": "", **kwargs})

    def clean(self, value: object) -> object:
        """Return the row.

        Raises:
            ValidationError: If another one was sent.
        """
        if self.is_empty(value):
            return None if self.pk_field else self.parent_instance
        own = getattr(self.parent_instance, self.to_field) if self.to_field else self.parent_instance.pk
        if str(value) != str(own):
            raise self.error("invalid_choice", value=value)
        return self.parent_instance

    def has_changed(self, initial: object, data: object) -> bool:
        """Return False: it cannot change."""
        return False


class BaseInlineFormSet(BaseModelFormSet[M], Generic[M]):
    """Forms for the rows that belong to one row; `inlineformset_factory` makes subclasses.

    Args:
        data: What was sent, see `BaseForm`.
        files: The files sent.
        instance: The row that the others belong to; a new one unless given.
        save_as_new: Add all rows sent to ``instance`` as new ones, as copies do.
        prefix: Goes before each name; the name of the relation seen from the row, unless given.
        queryset: Narrows the rows offered.
        **kwargs: As for `BaseModelFormSet`.
    """

    fk_name: str
    parent: type[Model]

    def __init__(
        self,
        data: FormData | None = None,
        files: FormData | None = None,
        instance: Model | None = None,
        save_as_new: bool = False,
        prefix: str | None = None,
        queryset: "QuerySet[M] | None" = None,
        **kwargs: Any,
    ) -> None:
        self.instance: Model = self.parent() if instance is None else instance
        self.save_as_new = save_as_new
        super().__init__(data, files, prefix=prefix, queryset=queryset, **kwargs)

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return the name of the relation, seen from the row that the others belong to."""
        fk = cls.relation()
        accessor: str | None = fk.remote_field.accessor
        if accessor == f"{fk.model._meta.model_name}_set":
            accessor = None  # nobody chose it: a model that inherits the relation has a name of its own
        return accessor or f"{cls.model._meta.model_name}_set"

    @classmethod
    def relation(cls) -> "ForeignKey[Any]":
        """Return the field that points to the row that the others belong to."""
        field: ForeignKey[Any] = cls.model._meta.get_field(cls.fk_name)
        return field

    def get_queryset(self) -> "QuerySet[M]":
        """Return the rows that belong to the instance."""
        rows = super().get_queryset()
        return rows.none() if self.instance._state.adding else rows.filter(**{self.fk_name: self.instance})

    def initial_form_count(self) -> int:
        """Return the number of rows offered, or of those sent; none if all are to be new."""
        return 0 if self.save_as_new else super().initial_form_count()

    def add_fields(self, form: ModelForm[M], index: int | None) -> None:
        """Add the row that the others belong to."""
        super().add_fields(form, index)
        fk = self.relation()
        target = fk.target_field
        to_field = None if target.primary_key else target.attname
        form.fields[fk.name] = InlineForeignKeyField(
            self.instance, pk_field=fk.primary_key, to_field=to_field, label=form._meta.labels.get(fk.name, "")
        )

    def save_new(self, form: ModelForm[M], commit: bool = True) -> M:
        """Save the row of a form that adds one, as one of the instance."""
        setattr(form.instance, self.fk_name, self.instance)
        return super().save_new(form, commit)

    def _construct_form(self, index: int) -> ModelForm[M]:
        form = super()._construct_form(index)
        form.belongs_to(self.fk_name, self.instance)
        return form

    def _form_arguments(self, index: int) -> dict[str, Any]:
        arguments = super()._form_arguments(index)
        if self.save_as_new and self.is_bound:  # what was sent as the key of the old row is no key of the new one
            names = (self.model._meta.pk.name, self.fk_name)
            arguments["data"] = _Without(self.data or {}, {f"{self.add_prefix(index)}-{name}" for name in names})
        return arguments

    def _save(self, commit: bool) -> list[M]:
        for form in self.initial_forms:
            setattr(form.instance, self.fk_name, self.instance)  # it has a key by now
        return super()._save(commit)


class _Without:
    """Data without some names, read through."""

    def __init__(self, data: FormData, names: set[str]) -> None:
        self._data, self._names = data, names

    def getlist(self, key: str, /) -> list[object]:
        return [] if key in self._names else value_list(self._data, key)

    def __contains__(self, key: object, /) -> bool:
        return key not in self._names and key in self._data


def inlineformset_factory(
    parent_model: type[Model],
    model: type[M],
    form: type[ModelForm[Any]] = ModelForm,
    formset: type[BaseInlineFormSet[Any]] = BaseInlineFormSet,
    fk_name: str | None = None,
    fields: Sequence[str] | str | None = None,
    exclude: Sequence[str] | None = None,
    extra: int = 3,
    can_order: bool = False,
    can_delete: bool = True,
    max_num: int | None = None,
    formfield_callback: Callable[..., Field | None] | None = None,
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
) -> type[BaseInlineFormSet[M]]:
    """Return a class of sets of forms for the rows that belong to a row of ``parent_model``.

    Args:
        parent_model: The model that the others belong to.
        model: The model of the rows.
        form: The base class of each form, and so on: all others are as for `modelformset_factory`.
        formset: The base class of the set.
        fk_name: The field that points to ``parent_model``; needed if there are several.
        extra: Empty forms.
        can_delete: Offer to delete rows.
        max_num: Forms at most; 1 if the relation is one to one.

    Raises:
        InlineRelationError: If no field points to ``parent_model``, or several do and ``fk_name`` is missing.
    """
    fk = _foreign_key(parent_model, model, fk_name)
    made: Any = modelformset_factory(
        model,
        form,
        formfield_callback,
        formset,
        extra=extra,
        can_delete=can_delete,
        can_order=can_order,
        max_num=1 if fk.unique else max_num,
        fields=fields,
        exclude=exclude,
        widgets=widgets,
        validate_max=validate_max,
        localized_fields=localized_fields,
        labels=labels,
        help_texts=help_texts,
        error_messages=error_messages,
        min_num=min_num,
        validate_min=validate_min,
        field_classes=field_classes,
        absolute_max=absolute_max,
        can_delete_extra=can_delete_extra,
        renderer=renderer,
        edit_only=edit_only,
    )
    options = made.form._meta
    if options.names is not None and fk.name not in options.names:
        options.fields = [*options.names, fk.name]  # the class is our own: what the caller gave stays as it is
    made.fk_name, made.parent, made.same_for_all = fk.name, parent_model, frozenset({fk.name})
    return made  # type: ignore[no-any-return]  # modelformset_factory returns a subclass of `formset`


def _foreign_key(parent: type[Model], model: type[Model], name: str | None) -> Any:
    names = {field.name for field in model._meta.fields}
    found = [field for field in model._meta.fields if isinstance(field, ForeignKey) and _points_to(field, parent)]
    shown, target = model._meta.label, parent._meta.label
    if name is not None:
        if name not in names:
            raise InlineRelationError(f"'{shown}' has no field named '{name}'.")
        found = [field for field in found if field.name == name]
        if not found:
            raise InlineRelationError(f"fk_name '{name}' is not a ForeignKey to '{target}'.")
    elif not found:
        raise InlineRelationError(f"'{shown}' has no ForeignKey to '{target}'.")
    elif len(found) > 1:
        raise InlineRelationError(
            f"'{shown}' has more than one ForeignKey to '{target}'. You must specify a 'fk_name' attribute."
        )
    return found[0]


def _points_to(field: Any, parent: type[Model]) -> bool:
    """Tell whether ``field`` points to ``parent``, to its proxies, or to a model that it inherits from."""
    target: type[Model] = field.related_model._meta.concrete_model
    link = getattr(field.remote_field, "parent_link", False) or getattr(field, "parent_link", False)
    return issubclass(parent._meta.concrete_model, target) and not (link and issubclass(field.model, parent))

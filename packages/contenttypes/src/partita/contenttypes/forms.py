"""Sets of forms for the rows that point to one row with a generic foreign key. Needs the extra ``forms``."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from partita.contenttypes.models import ContentType
from partita.forms.data import FormData
from partita.forms.models import BaseModelFormSet, ModelForm, ModelFormError, modelformset_factory
from partita.orm import ForeignKey, Model, QuerySet

__all__ = ("BaseGenericInlineFormSet", "GenericInlineError", "generic_inlineformset_factory")

M = TypeVar("M", bound=Model)


class GenericInlineError(ModelFormError, ValueError):
    """The fields named are not those of a generic foreign key."""


class BaseGenericInlineFormSet(BaseModelFormSet[M], Generic[M]):
    """Forms for the rows that point to one row; `generic_inlineformset_factory` makes subclasses.

    Args:
        data: What was sent, see `BaseForm`.
        files: The files sent.
        instance: The row that the others point to; a new one has none yet.
        save_as_new: Add all rows sent to ``instance`` as new ones, as copies do.
        prefix: Goes before each name; made of the model's label and the two fields unless given.
        queryset: Narrows the rows offered.
        **kwargs: As for `BaseModelFormSet`.
    """

    ct_field: str
    ct_fk_field: str
    for_concrete_model: bool

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
        self.instance, self.save_as_new = instance, save_as_new
        super().__init__(data, files, prefix=prefix, queryset=queryset, **kwargs)

    @classmethod
    def get_default_prefix(cls) -> str:
        """Return the app's label, the model's name and the two fields."""
        meta = cls.model._meta
        return f"{meta.app_label}-{meta.model_name}-{cls.ct_field}-{cls.ct_fk_field}"

    def get_queryset(self) -> "QuerySet[M]":
        """Return the rows that point to the instance."""
        rows = super().get_queryset()
        if self.instance is None or self.instance.pk is None:
            return rows.none()
        return rows.filter(**self._ends(self.instance))

    def initial_form_count(self) -> int:
        """Return the number of rows offered, or of those sent; none if all are to be new."""
        return 0 if self.save_as_new else super().initial_form_count()

    def add_fields(self, form: ModelForm[M], index: int | None) -> None:
        """Add what tells rows apart; copies have no keys yet, and those sent are the keys of the rows copied."""
        super().add_fields(form, index)
        if self.save_as_new:
            form.fields.pop(self.model._meta.pk.name, None)

    def save_new(self, form: ModelForm[M], commit: bool = True) -> M:
        """Save the row of a form that adds one, as one that points to the instance.

        Raises:
            ValueError: If there is no instance, or it has no key yet.
        """
        if self.instance is None or self.instance.pk is None:
            raise ValueError("New rows need an instance that is saved: give the set its instance, and save that first.")
        for name, value in self._ends(self.instance).items():
            setattr(form.instance, name, value)
        return super().save_new(form, commit)

    def _ends(self, instance: Model) -> dict[str, Any]:
        types = ContentType.objects.db_manager(instance._state.db)
        kind = types.get_for_model(instance, for_concrete_model=self.for_concrete_model)
        return {self.ct_field: kind, self.ct_fk_field: instance.pk}


def generic_inlineformset_factory(
    model: type[M],
    form: type[ModelForm[Any]] = ModelForm,
    formset: type[BaseGenericInlineFormSet[Any]] = BaseGenericInlineFormSet,
    ct_field: str = "content_type",
    fk_field: str = "object_id",
    fields: Sequence[str] | str | None = None,
    exclude: Sequence[str] | None = None,
    extra: int = 3,
    can_delete: bool = True,
    for_concrete_model: bool = True,
    **options: Any,
) -> type[BaseGenericInlineFormSet[M]]:
    """Return a class of sets of forms for the rows of ``model`` that point to one row.

    Args:
        model: The model of the rows, which has the two fields.
        form: The base class of each form.
        formset: The base class of the set.
        ct_field: The foreign key to `ContentType`.
        fk_field: The field with the key.
        fields: As for `modelform_factory`.
        exclude: As for `modelform_factory`; the two fields are left out in any case.
        extra: Empty forms.
        can_delete: Offer to delete rows.
        for_concrete_model: Whether a proxy counts as the model that it stands for.
        **options: All others of `modelformset_factory`.

    Raises:
        GenericInlineError: If ``ct_field`` is no foreign key to `ContentType`.
    """
    pointer = model._meta.get_field(ct_field)
    if not isinstance(pointer, ForeignKey) or pointer.related_model is not ContentType:
        raise GenericInlineError(f"fk_name '{ct_field}' is not a ForeignKey to ContentType")
    key = model._meta.get_field(fk_field)
    left_out = [*(exclude or ()), pointer.name, key.name]
    made: Any = modelformset_factory(
        model, form, formset=formset, fields=fields, exclude=left_out, extra=extra, can_delete=can_delete, **options
    )
    made.ct_field, made.ct_fk_field = pointer.name, key.name
    made.for_concrete_model = for_concrete_model
    made.same_for_all = frozenset({pointer.name, key.name})
    return made  # type: ignore[no-any-return]  # modelformset_factory returns a subclass of `formset`

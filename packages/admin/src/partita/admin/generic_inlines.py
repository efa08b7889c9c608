"""Rows that point to objects of any model, edited along with one of these."""

from typing import Any, ClassVar

from partita.admin.inlines import InlineModelAdmin, StackedInline, TabularInline
from partita.contenttypes.forms import BaseGenericInlineFormSet, generic_inlineformset_factory
from partita.forms.models import BaseModelFormSet
from partita.http import Request
from partita.orm import Model

__all__ = ("GenericInlineModelAdmin", "GenericStackedInline", "GenericTabularInline")


class GenericInlineModelAdmin(InlineModelAdmin):
    """Inherit `GenericTabularInline` or `GenericStackedInline`, name the ``model``, which has a generic foreign key."""

    ct_field: ClassVar[str] = "content_type"
    """The foreign key to the content type."""
    ct_fk_field: ClassVar[str] = "object_id"
    """The field with the key of the object."""
    for_concrete_model: ClassVar[bool] = True
    """Whether rows of a proxy belong to the model that the proxy stands for."""
    formset: ClassVar[type[BaseModelFormSet[Any]]] = BaseGenericInlineFormSet

    def end_fields(self) -> set[str]:
        """Return the fields that tie a row to the object, which nobody fills in."""
        return {self.ct_field, self.ct_fk_field}

    def get_formset(self, request: Request, obj: Model | None = None, **options: Any) -> type[BaseModelFormSet[Any]]:
        """Return the class of the set of forms; ``options`` are as for `generic_inlineformset_factory`."""
        made: Any = generic_inlineformset_factory(
            self.model,
            ct_field=self.ct_field,
            fk_field=self.ct_fk_field,
            for_concrete_model=self.for_concrete_model,
            **{**self.formset_options(request, obj), **options},
        )
        return made  # type: ignore[no-any-return]  # the factory's answer is a subclass of `formset`


class GenericStackedInline(GenericInlineModelAdmin, StackedInline):
    """Each row as a form of its own, one below the other."""


class GenericTabularInline(GenericInlineModelAdmin, TabularInline):
    """Each row as a line; on phones as a form of its own."""

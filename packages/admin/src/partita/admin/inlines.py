"""Rows of other models that are edited along with an object: on its page, below its own fields."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from partita.admin.base_options import BaseModelAdmin
from partita.admin.fields import plural_name, singular_name
from partita.admin.inline_formsets import GuardedRows, Rights
from partita.contracts.i18n import LazyText
from partita.forms.models import BaseInlineFormSet, BaseModelFormSet, inlineformset_factory
from partita.http import Request
from partita.orm import Model, QuerySet

if TYPE_CHECKING:
    from partita.admin.sites import AdminSite

__all__ = ("InlineModelAdmin", "StackedInline", "TabularInline")


class InlineModelAdmin(BaseModelAdmin):
    """Inherit `TabularInline` or `StackedInline`, name the ``model``, and list the class in ``ModelAdmin.inlines``.

    Args:
        parent_model: The model of the object that the rows belong to.
        admin_site: Where that is shown.
    """

    model: type[Model]
    fk_name: ClassVar[str | None] = None
    """The foreign key to the object, where the model has several."""
    formset: ClassVar[type[BaseModelFormSet[Any]]] = BaseInlineFormSet
    extra: ClassVar[int] = 3
    """Empty forms for new rows; a button adds more."""
    min_num: ClassVar[int | None] = None
    max_num: ClassVar[int | None] = None
    can_delete: ClassVar[bool] = True
    show_change_link: ClassVar[bool] = False
    """Whether each row links to its own page, where there is one that the user may see."""
    verbose_name: ClassVar[str | LazyText | None] = None
    verbose_name_plural: ClassVar[str | LazyText | None] = None
    classes: ClassVar[Sequence[str]] = ()
    """Classes of the group in HTML; with ``collapse`` it opens at a click."""
    template: ClassVar[str]

    def __init__(self, parent_model: type[Model], admin_site: "AdminSite") -> None:
        super().__init__(type(self).model, admin_site)
        self.parent_model = parent_model

    @property
    def singular(self) -> str:
        """What people call one row."""
        return singular_name(self.model) if self.verbose_name is None else str(self.verbose_name)

    @property
    def plural(self) -> str:
        """What people call several."""
        if self.verbose_name_plural is not None:
            return str(self.verbose_name_plural)
        return plural_name(self.model) if self.verbose_name is None else f"{self.verbose_name}s"

    # -- who may ----------------------------------------------------------------------------------------------------

    def has_add_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may add rows to ``obj``, the object that they belong to."""
        return self._may(request, "add")

    def has_view_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may see the rows of ``obj``."""
        return self._may(request, "view") or self._may(request, "change")

    def has_change_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may change the rows of ``obj``."""
        return self._may(request, "change")

    def has_delete_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may delete the rows of ``obj``."""
        return self._may(request, "delete")

    def rights(self, request: Request, obj: Model | None = None) -> Rights:
        """Return all of it at once."""
        return Rights(
            view=self.has_view_permission(request, obj),
            add=self.has_add_permission(request, obj),
            change=self.has_change_permission(request, obj),
            delete=self.has_delete_permission(request, obj),
        )

    def _may(self, request: Request, what: str, obj: Model | None = None) -> bool:
        if not self.opts.auto_created:
            return super()._may(request, what, obj)
        # The rows of a table between two models are nobody's own: who may change the other side may link to it.
        others = [field.related_model for field in self.opts.fields if field.is_relation]
        target = next((model for model in others if model is not self.parent_model), self.parent_model)
        return self._may_with(request, target._meta, "view" if what == "view" else "change")

    # -- the forms --------------------------------------------------------------------------------------------------

    def get_extra(self, request: Request, obj: Model | None = None) -> int:
        """Return the number of empty forms."""
        return self.extra

    def get_min_num(self, request: Request, obj: Model | None = None) -> int | None:
        """Return the least number of forms."""
        return self.min_num

    def get_max_num(self, request: Request, obj: Model | None = None) -> int | None:
        """Return the largest number of forms."""
        return self.max_num

    def get_queryset(self, request: Request) -> QuerySet[Any]:
        """Return the rows of all objects; others are not there."""
        rows = super().get_queryset(request)
        order = self.get_ordering(request)
        return rows.order_by(*order) if order else rows

    def get_fields(self, request: Request, obj: Model | None = None) -> list[str]:
        """Return what a form shows, in order; the way to the object is left out."""
        ends = self.end_fields()
        return [name for name in super().get_fields(request, obj) if name not in ends]

    def end_fields(self) -> set[str]:
        """Return the fields that tie a row to the object, which nobody fills in."""
        kinds = {self.parent_model, *self.parent_model.__mro__}
        pointing = [field.name for field in self.opts.fields if field.is_relation and field.related_model in kinds]
        return {self.fk_name} if self.fk_name is not None else set(pointing) if len(pointing) == 1 else set()

    def get_formset(self, request: Request, obj: Model | None = None, **options: Any) -> type[BaseModelFormSet[Any]]:
        """Return the class of the set of forms.

        Args:
            request: Who asks.
            obj: The object that the rows belong to; None if it is to be made.
            options: As for `inlineformset_factory`, instead of what this class says.
        """
        made: Any = inlineformset_factory(
            self.parent_model,
            self.model,
            **{"fk_name": self.fk_name, **self.formset_options(request, obj), **options},
        )
        return made  # type: ignore[no-any-return]  # the factory's answer is a subclass of `formset`

    def formset_options(self, request: Request, obj: Model | None = None) -> dict[str, Any]:
        """Return what the factories of all kinds of sets take: the number of forms, fields, and rights."""
        names, widgets = self.asked_fields(request, obj)
        rights = self.rights(request, obj)
        body = {"rights": rights, "edit_only": not rights.add or self.formset.edit_only}
        return {
            "form": self.form,
            "formset": type(f"Guarded{self.formset.__name__}", (GuardedRows, self.formset), body),
            "fields": names,
            "widgets": widgets,
            "extra": self.get_extra(request, obj),
            "min_num": self.get_min_num(request, obj),
            "max_num": self.get_max_num(request, obj),
            "can_delete": self.can_delete and rights.delete,
            "edit_only": not rights.add or self.formset.edit_only,
        }


class StackedInline(InlineModelAdmin):
    """Each row as a form of its own, one below the other."""

    template: ClassVar[str] = "admin/edit_inline/stacked.html"


class TabularInline(InlineModelAdmin):
    """Each row as a line; on phones as a form of its own."""

    template: ClassVar[str] = "admin/edit_inline/tabular.html"

"""Forms for a row together with the rows that belong to it, to any depth. Needs the extra ``orm``."""

from typing import Any, Generic, TypeVar

from partita.bridge import active, drive
from partita.forms.models import BaseInlineFormSet, ModelForm
from partita.forms.models.forms import database_of
from partita.forms.nesting import NestingMixin
from partita.orm import Model, atomic

__all__ = ("NestedModelForm",)

M = TypeVar("M", bound=Model)


class NestedModelForm(NestingMixin, ModelForm[M], Generic[M]):
    """A form for a row whose ``formset_classes`` are for the rows that belong to it.

    `save` saves all of them in one transaction: the row, its rows, theirs, and so on.
    """

    def get_formset_kwargs(self, name: str) -> dict[str, Any]:
        """Return the arguments for the set called ``name``; an inline one gets the row that the others belong to."""
        arguments = super().get_formset_kwargs(name)
        if issubclass(self.formset_classes[name], BaseInlineFormSet):
            arguments["instance"] = self.instance
        return arguments

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`: its queries are awaited."""
        validation = super().ais_valid()
        return await (validation if active() else drive(validation))

    def save(self, commit: bool = True) -> M:
        """Save the row and all that belong to it in one transaction.

        Args:
            commit: If False, nothing is saved: save the instance, then call `save_formsets`.

        Raises:
            ValueError: If anything has errors.
        """
        if not commit:
            return super().save(commit=False)
        with atomic(database_of(self.instance)):
            instance = super().save()
            self.save_formsets()
        return instance

    def save_formsets(self) -> None:
        """Save the rows that belong to the instance, which must have been saved."""
        for formset in self.formsets.values():
            save = getattr(formset, "save", None)
            if save is not None:
                save()

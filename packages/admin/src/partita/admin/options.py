"""What a model's pages show and who may use them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from partita.admin.base_options import BaseModelAdmin, Fieldset
from partita.admin.columns import ColumnSource
from partita.admin.deleting import delete_selected
from partita.admin.fields import key_of, plural_name, singular_name
from partita.admin.filters import FilterSource
from partita.admin.keys import quote_key
from partita.admin.notices import Level, add_notice
from partita.contracts.i18n import LazyText, gettext
from partita.forms.models import ModelForm, modelform_factory
from partita.http import Request
from partita.orm import Model, QuerySet
from partita.urls import reverse

if TYPE_CHECKING:
    from partita.admin.inlines import InlineModelAdmin
    from partita.forms.models import BaseModelFormSet

__all__ = ("Action", "Fieldset", "ModelAdmin")

Page = Literal["changelist", "add", "change", "delete"]
ActionFunction = Callable[["ModelAdmin", Request, QuerySet[Any]], object]


class Action(msgspec.Struct, frozen=True):
    """Something that can be done with the selected objects."""

    name: str
    text: str
    run: ActionFunction


class ModelAdmin(BaseModelAdmin):
    """Inherit this and register it, to say how the administration shows a model.

    Args:
        model: The model.
        site: Where it is registered.
    """

    list_display: ClassVar[Sequence[ColumnSource]] = ("__str__",)
    list_display_links: ClassVar[Sequence[ColumnSource] | None] = ()
    """Columns that lead to the object: the first one unless given, none if None."""
    list_filter: ClassVar[Sequence[FilterSource]] = ()
    list_per_page: ClassVar[int] = 50
    list_select_related: ClassVar[Sequence[str]] = ()
    """Relations to load with the list, besides those that ``list_display`` shows."""
    search_fields: ClassVar[Sequence[str]] = ()
    inlines: "ClassVar[Sequence[type[InlineModelAdmin]]]" = ()
    """Rows of other models that are edited along with an object."""
    actions: ClassVar[Sequence[str | ActionFunction]] = ()

    # -- who may ----------------------------------------------------------------------------------------------------

    def has_add_permission(self, request: Request) -> bool:
        """Tell whether the user may add objects."""
        return self._may(request, "add")

    def has_module_permission(self, request: Request) -> bool:
        """Tell whether the user sees that the model exists."""
        return self.has_view_permission(request) or self.has_add_permission(request)

    # -- what the list shows ----------------------------------------------------------------------------------------

    def get_list_display(self, request: Request) -> Sequence[ColumnSource]:
        """Return the columns."""
        return self.list_display

    def get_list_display_links(self, request: Request, columns: Sequence[ColumnSource]) -> set[int]:
        """Return the places of the columns that lead to the object."""
        if self.list_display_links is None:
            return set()
        return {index for index, column in enumerate(columns) if column in self.list_display_links} or {0}

    def get_list_filter(self, request: Request) -> Sequence[FilterSource]:
        """Return the filters."""
        return self.list_filter

    def get_search_fields(self, request: Request) -> Sequence[str]:
        """Return the fields that the search box looks into."""
        return self.search_fields

    def get_actions(self, request: Request) -> list[Action]:
        """Return what can be done with selected objects."""
        found = [self._action(source) for source in self.actions]
        kept = [action for action in found if self._may_run(action, request)]
        if self.has_delete_permission(request):
            text = gettext("Delete selected %(objects)s") % {"objects": plural_name(self.model)}
            kept.append(Action(delete_selected.__name__, text, delete_selected))
        return kept

    def _action(self, source: str | ActionFunction) -> Action:
        if isinstance(source, str):
            own = getattr(type(self), source)
            name, run = source, own
        else:
            name, run = source.__name__, source
        text: str | LazyText = getattr(run, "short_description", None) or name.replace("_", " ").capitalize()
        return Action(name, str(text), run)

    def _may_run(self, action: Action, request: Request) -> bool:
        needed = getattr(action.run, "allowed_permissions", ())
        return all(getattr(self, f"has_{what}_permission")(request) for what in needed)

    # -- what the form shows ----------------------------------------------------------------------------------------

    def get_form(self, request: Request, obj: Model | None = None) -> type[ModelForm[Any]]:
        """Return the form's class: the fields on show that are not read only."""
        # Another key would be another object.
        names, widgets = self.asked_fields(request, obj, () if obj is None else (self.opts.pk.name,))
        return modelform_factory(self.model, form=self.form, fields=names, widgets=widgets)

    def get_inlines(self, request: Request, obj: Model | None = None) -> "Sequence[type[InlineModelAdmin]]":
        """Return the kinds of rows that are edited along with ``obj``."""
        return self.inlines

    def get_inline_instances(self, request: Request, obj: Model | None = None) -> "list[InlineModelAdmin]":
        """Return those of them of which the user may do anything."""
        every = [kind(self.model, self.site) for kind in self.get_inlines(request, obj)]
        return [inline for inline in every if inline.rights(request, obj).any]

    def get_formsets_with_inlines(
        self, request: Request, obj: Model | None = None
    ) -> "Iterator[tuple[type[BaseModelFormSet[Any]], InlineModelAdmin]]":
        """Yield the class of each set of forms with what it is made by; leave some out to hide them."""
        for inline in self.get_inline_instances(request, obj):
            yield inline.get_formset(request, obj), inline

    # -- what happens -----------------------------------------------------------------------------------------------

    def get_object(self, request: Request, key: str) -> Any | None:
        """Return the object with this primary key, or None."""
        value = key_of(self.model, key)
        return None if value is None else self.get_queryset(request).filter(pk=value).first()

    def save_form(self, request: Request, form: ModelForm[Any], *, is_new: bool) -> Any:
        """Store the form's object with its relations to many, and return it."""
        obj = form.save(commit=False)
        self.save_model(request, obj, form, not is_new)
        form.save_m2m()
        return obj

    def save_model(self, request: Request, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Store ``obj``.

        Args:
            request: Who does it.
            obj: With the form's values.
            form: The valid form.
            change: False if the object is new.
        """
        obj.save()

    def save_formset(
        self, request: Request, form: ModelForm[Any], formset: "BaseModelFormSet[Any]", change: bool
    ) -> None:
        """Store the rows of one kind that are edited along with an object, which is stored by now.

        Args:
            request: Who does it.
            form: The valid form of the object.
            formset: The valid forms of its rows.
            change: False if the object is new.
        """
        formset.save()

    def save_related(
        self, request: Request, form: ModelForm[Any], formsets: "Sequence[BaseModelFormSet[Any]]", change: bool
    ) -> None:
        """Store all rows that are edited along with an object; see `save_formset`."""
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def delete_model(self, request: Request, obj: Any) -> None:
        """Delete ``obj``."""
        obj.delete()

    def delete_queryset(self, request: Request, queryset: QuerySet[Any]) -> None:
        """Delete the selected objects."""
        queryset.delete()

    def message_user(self, request: Request, text: str, level: Level = "success") -> None:
        """Show ``text`` on the next page."""
        add_notice(request, text, level)

    # -- where ------------------------------------------------------------------------------------------------------

    def url_for(self, page: Page, obj: Any = None) -> str:
        """Return the path of a page of this model."""
        names: dict[str, object] = {"app_label": self.opts.app_label, "model_name": self.opts.model_name}
        if page in {"change", "delete"}:
            names["key"] = quote_key(obj.pk)
        return reverse(f"{self.site.name}:{page}", kwargs=names)

    def templates(self, page: str) -> list[str]:
        """Return the names of a page's template, the most special first: of the model, of the app, of all."""
        app, model = self.opts.app_label, self.opts.model_name
        return [f"admin/{app}/{model}/{page}.html", f"admin/{app}/{page}.html", f"admin/{page}.html"]

    @property
    def singular(self) -> str:
        """What people call one object."""
        return singular_name(self.model)

    @property
    def plural(self) -> str:
        """What people call several."""
        return plural_name(self.model)

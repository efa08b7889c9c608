"""What a model's pages show and who may use them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import msgspec

from partita.admin.columns import ColumnSource
from partita.admin.deleting import delete_selected
from partita.admin.fields import find_field, key_of, plural_name, singular_name
from partita.admin.filters import FilterSource
from partita.admin.keys import quote_key
from partita.admin.notices import Level, add_notice
from partita.admin.widgets import RawIdInput
from partita.auth import USER
from partita.contracts.i18n import LazyText, gettext
from partita.forms.models import ModelForm, modelform_factory
from partita.http import Request
from partita.orm import Model, QuerySet
from partita.urls import reverse

if TYPE_CHECKING:
    from partita.admin.sites import AdminSite

__all__ = ("Action", "Fieldset", "ModelAdmin")

Page = Literal["changelist", "add", "change", "delete"]
ActionFunction = Callable[["ModelAdmin", Request, QuerySet[Any]], object]


class Fieldset(msgspec.Struct, frozen=True):
    """Fields that belong together.

    Args:
        title: Stands above them; may be empty.
        fields: Their names.
        description: A sentence below the title.
    """

    title: str
    fields: tuple[str, ...]
    description: str = ""


class Action(msgspec.Struct, frozen=True):
    """Something that can be done with the selected objects."""

    name: str
    text: str
    run: ActionFunction


class ModelAdmin:
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
    ordering: ClassVar[Sequence[str]] = ()
    fields: ClassVar[Sequence[str] | None] = None
    exclude: ClassVar[Sequence[str]] = ()
    fieldsets: ClassVar[Sequence[Fieldset | tuple[str | None, Mapping[str, Any]]]] = ()
    readonly_fields: ClassVar[Sequence[str]] = ()
    raw_id_fields: ClassVar[Sequence[str]] = ()
    raw_id_limit: ClassVar[int] = 100
    """Beyond so many rows a relation is a key to type instead of a list to choose from."""
    form: ClassVar[type[ModelForm[Any]]] = ModelForm
    actions: ClassVar[Sequence[str | ActionFunction]] = ()
    empty_value_display: ClassVar[str] = "–"

    def __init__(self, model: type[Model], site: "AdminSite") -> None:
        self.model, self.site = model, site
        self.opts: Any = model._meta

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.opts.label}>"

    # -- who may ----------------------------------------------------------------------------------------------------

    def has_view_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may see ``obj``, or objects at all."""
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: Request) -> bool:
        """Tell whether the user may add objects."""
        return self._may(request, "add")

    def has_change_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may change ``obj``, or objects at all."""
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may delete ``obj``, or objects at all."""
        return self._may(request, "delete", obj)

    def has_module_permission(self, request: Request) -> bool:
        """Tell whether the user sees that the model exists."""
        return self.has_view_permission(request) or self.has_add_permission(request)

    def _may(self, request: Request, what: str, obj: Model | None = None) -> bool:
        user = request[USER]
        permission = f"{self.opts.app_label}.{what}_{self.opts.model_name}"
        return user.is_active and user.is_staff and user.has_perm(permission, obj)

    # -- what the list shows ----------------------------------------------------------------------------------------

    def get_queryset(self, request: Request) -> QuerySet[Any]:
        """Return the objects that these pages know; others are not there."""
        every: QuerySet[Any] = self.model._default_manager.all()
        return every

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

    def get_ordering(self, request: Request) -> Sequence[str]:
        """Return the order of the list until the user chooses another."""
        return self.ordering or tuple(self.opts.ordering or ())

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

    def get_readonly_fields(self, request: Request, obj: Model | None = None) -> Sequence[str]:
        """Return names of fields, methods and attributes that are shown but not asked for."""
        return self.readonly_fields

    def get_fields(self, request: Request, obj: Model | None = None) -> list[str]:
        """Return what the form shows, in order."""
        if self.fieldsets:
            return [name for fieldset in self.get_fieldsets(request, obj) for name in fieldset.fields]
        if self.fields is not None:
            return list(self.fields)
        every = [*self.opts.fields, *self.opts.many_to_many]
        names = [field.name for field in every if field.editable and not field.is_auto and _is_simple(field)]
        names += [name for name in self.get_readonly_fields(request, obj) if name not in names]
        return [name for name in names if name not in self.exclude]

    def get_fieldsets(self, request: Request, obj: Model | None = None) -> list[Fieldset]:
        """Return the fields in groups."""
        if not self.fieldsets:
            return [Fieldset("", tuple(self.get_fields(request, obj)))]
        return [each if isinstance(each, Fieldset) else _fieldset(*each) for each in self.fieldsets]

    def get_form(self, request: Request, obj: Model | None = None) -> type[ModelForm[Any]]:
        """Return the form's class: the fields on show that are not read only."""
        fixed = set(self.get_readonly_fields(request, obj))
        if obj is not None:
            fixed.add(self.opts.pk.name)  # another key would be another object
        names = [name for name in self.get_fields(request, obj) if name not in fixed]
        fields = [name for name in names if (field := find_field(self.model, name)) is not None and field.editable]
        own = [name for name in names if name in getattr(self.form, "base_fields", {})]
        widgets = {name: widget for name in fields if (widget := self._raw_id_widget(request, name)) is not None}
        asked = [name for name in fields if name not in own]
        return modelform_factory(self.model, form=self.form, fields=[*own, *asked], widgets=widgets)

    def _raw_id_widget(self, request: Request, name: str) -> RawIdInput | None:
        field = find_field(self.model, name)
        if field is None or field.related_model is None:
            return None
        target = field.related_model
        if name not in self.raw_id_fields:
            beyond = target._default_manager.all().order_by()[self.raw_id_limit : self.raw_id_limit + 1]
            if not list(beyond.values_list("pk", flat=True)):
                return None
        other = self.site.find_model_admin(target)
        url = other.url_for("changelist") if other is not None and other.has_view_permission(request) else ""
        return RawIdInput(target, url, several=field.many_to_many)

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


def _is_simple(field: Any) -> bool:
    """Tell whether a form can ask for ``field``: a relation with a model of its own between the two needs more."""
    through = getattr(getattr(field, "remote_field", None), "through", None)
    return through is None or bool(through._meta.auto_created)


def _fieldset(title: str | None, options: Mapping[str, Any]) -> Fieldset:
    names: Iterable[Any] = options.get("fields", ())
    flat = [name for entry in names for name in (entry if isinstance(entry, list | tuple) else [entry])]
    return Fieldset(str(title or ""), tuple(flat), str(options.get("description", "")))

"""What the pages of a model and the rows edited along with an object have in common: fields, and who may do what."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from partita.admin.fields import find_field
from partita.admin.widgets import RawIdInput
from partita.auth import USER
from partita.forms.models import ModelForm
from partita.http import Request
from partita.orm import Model, QuerySet

if TYPE_CHECKING:
    from partita.admin.sites import AdminSite

__all__ = ("BaseModelAdmin", "Fieldset")


class Fieldset(msgspec.Struct, frozen=True):
    """Fields that belong together.

    Args:
        title: Stands above them; may be empty.
        fields: Their names.
        description: A sentence below the title.
        tabs: What a row of tabs is called: groups one behind the other that say the same stand side by side there, one of them
            shown. Without scripts all are.
        is_open: Whether it is the tab that is shown first.
        language: The tag of the language that the title is in, if it is another one than the page's.
    """

    title: str
    fields: tuple[str, ...]
    description: str = ""
    tabs: str = ""
    is_open: bool = False
    language: str = ""


class BaseModelAdmin:
    """Which fields of a model a form asks for, and who may do what.

    Args:
        model: The model.
        site: Where it is shown.
    """

    fields: ClassVar[Sequence[str] | None] = None
    exclude: ClassVar[Sequence[str]] = ()
    fieldsets: ClassVar[Sequence[Fieldset | tuple[str | None, Mapping[str, Any]]]] = ()
    readonly_fields: ClassVar[Sequence[str]] = ()
    raw_id_fields: ClassVar[Sequence[str]] = ()
    raw_id_limit: ClassVar[int] = 100
    """Beyond so many rows a relation is a key to type instead of a list to choose from."""
    form: ClassVar[type[ModelForm[Any]]] = ModelForm
    ordering: ClassVar[Sequence[str]] = ()
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

    def has_change_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may change ``obj``, or objects at all."""
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: Request, obj: Model | None = None) -> bool:
        """Tell whether the user may delete ``obj``, or objects at all."""
        return self._may(request, "delete", obj)

    def _may(self, request: Request, what: str, obj: Model | None = None) -> bool:
        return self._may_with(request, self.opts, what, obj)

    def _may_with(self, request: Request, opts: Any, what: str, obj: Model | None = None) -> bool:
        user = request[USER]
        if not (user.is_active and user.is_staff):
            return False
        permission = f"{opts.app_label}.{what}_{opts.model_name}"
        # Who may change all rows may change each; some backends allow single ones besides.
        return user.has_perm(permission) or (obj is not None and user.has_perm(permission, obj))

    # -- rows -------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: Request) -> QuerySet[Any]:
        """Return the objects that these pages know; others are not there."""
        every: QuerySet[Any] = self.model._default_manager.all()
        return every

    def get_ordering(self, request: Request) -> Sequence[str]:
        """Return the order of the rows until the user chooses another."""
        return self.ordering or tuple(self.opts.ordering or ())

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

    def asked_fields(
        self, request: Request, obj: Model | None = None, fixed: Iterable[str] = ()
    ) -> tuple[list[str], dict[str, RawIdInput]]:
        """Return the names of what a form asks for, those of the form's own class first, and the controls that differ.

        Args:
            request: Who asks.
            obj: The object of the page; None for a new one.
            fixed: Names that are not asked for, besides those that are read only.
        """
        fixed = {*self.get_readonly_fields(request, obj), *fixed}
        names = [name for name in self.get_fields(request, obj) if name not in fixed]
        fields = [name for name in names if (field := find_field(self.model, name)) is not None and field.editable]
        own = [name for name in names if name in getattr(self.form, "base_fields", {})]
        widgets = {name: widget for name in fields if (widget := self._raw_id_widget(request, name)) is not None}
        return [*own, *(name for name in fields if name not in own)], widgets

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


def _is_simple(field: Any) -> bool:
    """Tell whether a form can ask for ``field``: a relation with a model of its own between the two needs more."""
    through = getattr(getattr(field, "remote_field", None), "through", None)
    return through is None or bool(through._meta.auto_created)


def _fieldset(title: str | None, options: Mapping[str, Any]) -> Fieldset:
    names: Iterable[Any] = options.get("fields", ())
    flat = [name for entry in names for name in (entry if isinstance(entry, list | tuple) else [entry])]
    return Fieldset(str(title or ""), tuple(flat), str(options.get("description", "")))

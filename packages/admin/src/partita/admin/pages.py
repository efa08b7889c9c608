"""The pages of a site: overview, lists, forms, deletion."""

from typing import TYPE_CHECKING, Any

import msgspec
from markupsafe import Markup

from partita.admin.changelist import ChangeList
from partita.admin.columns import make_column
from partita.admin.deleting import delete_one
from partita.admin.fields import key_of
from partita.admin.keys import unquote_key
from partita.admin.values import show_value
from partita.contracts.i18n import gettext
from partita.forms import CheckboxInput
from partita.forms.models import ModelForm
from partita.http import Forbidden, MethodNotAllowed, NotFound, Request, Response
from partita.orm import IntegrityError, atomic
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.admin.options import ModelAdmin
    from partita.admin.sites import AdminSite

__all__ = ("FormRow", "FormSection", "add", "app_index", "change", "changelist", "delete", "index")

_MOST_SELECTED = 1000


class FormRow(msgspec.Struct, frozen=True):
    """One line of a form: something to fill in, or something to read."""

    is_input: bool
    field: Any = None
    label: Any = ""
    is_check: bool = False
    text: str = ""
    html: Markup = Markup()


class FormSection(msgspec.Struct, frozen=True):
    """Lines that belong together."""

    title: str
    description: str
    rows: list[FormRow]


def index(site: "AdminSite", request: Request) -> Response:
    """Show all apps."""
    _allow(request, "GET")
    context = {"title": site.index_title, "shown_apps": site.get_app_list(request)}
    return site.render(request, "admin/index.html", context)


def app_index(site: "AdminSite", request: Request, app_label: str) -> Response:
    """Show one app."""
    _allow(request, "GET")
    shown = [app for app in site.get_app_list(request) if app.label == app_label]
    if not shown:
        raise NotFound
    templates = [f"admin/{app_label}/app_index.html", "admin/index.html"]
    return site.render(request, templates, {"title": shown[0].name, "shown_apps": shown}, way=[(shown[0].name, "")])


def changelist(site: "AdminSite", request: Request, app_label: str, model_name: str) -> Response:
    """Show the list of a model, or do something with the objects selected there."""
    _allow(request, "GET", "POST")
    admin = _admin(site, app_label, model_name)
    _check(admin.has_view_permission(request))
    if request.method == "POST":
        return _act(admin, request)
    changes = ChangeList(admin, request)
    context = {
        "title": admin.plural[:1].upper() + admin.plural[1:],
        "list": changes,
        "actions": admin.get_actions(request),
        "add_url": admin.url_for("add") if admin.has_add_permission(request) else "",
        "singular": admin.singular,
        "plural": admin.plural,
    }
    return site.render(request, admin.templates("change_list"), context, admin=admin)


def add(site: "AdminSite", request: Request, app_label: str, model_name: str) -> Response:
    """Show an empty form, or make a new object of it."""
    _allow(request, "GET", "POST")
    admin = _admin(site, app_label, model_name)
    _check(admin.has_add_permission(request))
    return _form_page(admin, request, None)


def change(site: "AdminSite", request: Request, app_label: str, model_name: str, key: str) -> Response:
    """Show the form of an object, or store what was changed."""
    _allow(request, "GET", "POST")
    admin = _admin(site, app_label, model_name)
    obj = _object(admin, request, key)
    _check(admin.has_view_permission(request, obj))
    if request.method == "POST":
        _check(admin.has_change_permission(request, obj))
    return _form_page(admin, request, obj)


def delete(site: "AdminSite", request: Request, app_label: str, model_name: str, key: str) -> Response:
    """Ask whether to delete an object, or delete it."""
    _allow(request, "GET", "POST")
    admin = _admin(site, app_label, model_name)
    obj = _object(admin, request, key)
    _check(admin.has_delete_permission(request, obj))
    return delete_one(admin, request, obj)


# -- forms --------------------------------------------------------------------------------------------------------


def _form_page(admin: "ModelAdmin", request: Request, obj: Any) -> Response:
    may_save = admin.has_add_permission(request) if obj is None else admin.has_change_permission(request, obj)
    form_class = admin.get_form(request, obj)
    if request.method == "POST":
        data = request.form()
        form = form_class(data, data.files, instance=obj, label_suffix="")
        if form.is_valid():
            saved = _save(admin, request, form, is_new=obj is None)
            if saved is not None:
                return _after_saving(admin, request, saved, is_new=obj is None)
    elif obj is None:
        names = form_class.base_fields
        form = form_class(
            initial={name: value for name, value in request.query.items() if name in names}, label_suffix=""
        )
    else:
        form = form_class(instance=obj, label_suffix="")
    may_delete = obj is not None and admin.has_delete_permission(request, obj)
    context = {
        "title": gettext("Add %(kind)s") % {"kind": admin.singular} if obj is None else str(obj),
        "subtitle": "" if obj is None else admin.singular[:1].upper() + admin.singular[1:],
        "form": form,
        "sections": _sections(admin, request, form, obj, may_save),
        "may_save": may_save,
        "may_add": admin.has_add_permission(request),
        "list_url": admin.url_for("changelist"),
        "delete_url": admin.url_for("delete", obj) if may_delete else "",
    }
    way = [(gettext("Add") if obj is None else str(obj), "")]
    return admin.site.render(request, admin.templates("change_form"), context, admin=admin, way=way)


def _save(admin: "ModelAdmin", request: Request, form: ModelForm[Any], *, is_new: bool) -> Any | None:
    try:
        with atomic():
            return admin.save_form(request, form, is_new=is_new)
    except IntegrityError:
        # Somebody stored the same value between our check and our write, or a constraint only the database knows.
        text = gettext("The database refused this: it may exist already. Please check and try again.")
        form.add_error(None, ValidationError(text, code="integrity"))
        return None


def _after_saving(admin: "ModelAdmin", request: Request, obj: Any, *, is_new: bool) -> Response:
    data = request.form()
    added, changed = gettext("The %(kind)s “%(object)s” was added."), gettext("The %(kind)s “%(object)s” was changed.")
    text = added if is_new else changed
    admin.message_user(request, text % {"kind": admin.singular, "object": obj})
    if "_continue" in data and admin.has_view_permission(request, obj):
        return Response.redirect(admin.url_for("change", obj))
    if "_another" in data and admin.has_add_permission(request):
        return Response.redirect(admin.url_for("add"))
    may_see = admin.has_view_permission(request)
    return Response.redirect(admin.url_for("changelist") if may_see else admin.site.url("index"))


def _sections(
    admin: "ModelAdmin", request: Request, form: ModelForm[Any], obj: Any, may_save: bool
) -> list[FormSection]:
    return [
        FormSection(each.title, each.description, [_row(admin, form, name, obj, may_save) for name in each.fields])
        for each in admin.get_fieldsets(request, obj)
    ]


def _row(admin: "ModelAdmin", form: ModelForm[Any], name: str, obj: Any, may_save: bool) -> FormRow:
    if may_save and name in form.fields:
        bound = form[name]
        is_check = isinstance(bound.field.widget, CheckboxInput)
        return FormRow(True, bound, bound.label_tag(), is_check)
    column = make_column(admin, name, longest=None)
    html = show_value(None, admin.empty_value_display) if obj is None else column.show(obj)
    return FormRow(False, text=column.text, html=html)


# -- actions ------------------------------------------------------------------------------------------------------


def _act(admin: "ModelAdmin", request: Request) -> Response:
    data = request.form()
    here = Response.redirect(request.full_path)
    chosen = data.get("_action", "")
    action = next((one for one in admin.get_actions(request) if one.name == chosen), None)
    keys = [
        key for text in data.getlist("_selected")[:_MOST_SELECTED] if (key := key_of(admin.model, text)) is not None
    ]
    if action is None or not keys:
        text = gettext("Choose an action first.") if action is None else gettext("Nothing was selected.")
        admin.message_user(request, text, "warning")
        return here
    answer = action.run(admin, request, admin.get_queryset(request).filter(pk__in=keys))
    return answer if isinstance(answer, Response) else here


# -- checks -------------------------------------------------------------------------------------------------------


def _allow(request: Request, *methods: str) -> None:
    if request.method not in {*methods, "HEAD"}:
        raise MethodNotAllowed(methods)


def _admin(site: "AdminSite", app_label: str, model_name: str) -> "ModelAdmin":
    admin = site.find_by_name(app_label, model_name)
    if admin is None:
        raise NotFound
    return admin


def _object(admin: "ModelAdmin", request: Request, key: str) -> Any:
    obj = admin.get_object(request, unquote_key(key))
    if obj is None:
        raise NotFound
    return obj


def _check(allowed: bool) -> None:
    if not allowed:
        raise Forbidden

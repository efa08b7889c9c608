"""The pages of a site: overview, lists, forms, deletion."""

from typing import TYPE_CHECKING, Any

from partita.admin.changelist import ChangeList
from partita.admin.deleting import delete_one
from partita.admin.fields import key_of
from partita.admin.form_page import form_page
from partita.admin.keys import unquote_key
from partita.contracts.i18n import gettext
from partita.http import Forbidden, MethodNotAllowed, NotFound, Request, Response

if TYPE_CHECKING:
    from partita.admin.options import ModelAdmin
    from partita.admin.sites import AdminSite

__all__ = ("add", "app_index", "change", "changelist", "delete", "index")

_MOST_SELECTED = 1000


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
    return form_page(admin, request, None)


def change(site: "AdminSite", request: Request, app_label: str, model_name: str, key: str) -> Response:
    """Show the form of an object, or store what was changed."""
    _allow(request, "GET", "POST")
    admin = _admin(site, app_label, model_name)
    obj = _object(admin, request, key)
    _check(admin.has_view_permission(request, obj))
    if request.method == "POST":
        _check(admin.has_change_permission(request, obj))
    return form_page(admin, request, obj)


def delete(site: "AdminSite", request: Request, app_label: str, model_name: str, key: str) -> Response:
    """Ask whether to delete an object, or delete it."""
    _allow(request, "GET", "POST")
    admin = _admin(site, app_label, model_name)
    obj = _object(admin, request, key)
    _check(admin.has_delete_permission(request, obj))
    return delete_one(admin, request, obj)


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

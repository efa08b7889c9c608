"""Delete objects after showing what goes with them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from partita.admin.cascade import Cascade, find_cascade
from partita.contracts.i18n import gettext
from partita.http import Forbidden, Request, Response
from partita.orm import ProtectedError, QuerySet, RestrictedError, atomic

if TYPE_CHECKING:
    from partita.admin.options import ModelAdmin

__all__ = ("CONFIRMED", "delete_one", "delete_selected")

CONFIRMED = "_confirmed"


def delete_one(admin: "ModelAdmin", request: Request, obj: Any) -> Response:
    """Ask, or delete ``obj`` if that has been answered."""
    cascade = find_cascade([obj])
    text = str(obj)
    refusal = _refusal(admin, request, cascade)
    if not _is_confirmed(request) or refusal is not None:
        return _ask(admin, request, cascade, [obj], refusal, admin.url_for("change", obj))
    try:
        with atomic():
            admin.delete_model(request, obj)
    except (ProtectedError, RestrictedError) as error:  # something came to need it meanwhile
        admin.message_user(request, str(error), "error")
        return Response.redirect(admin.url_for("change", obj))
    message = gettext("The %(kind)s “%(object)s” was deleted.")
    admin.message_user(request, message % {"kind": admin.singular, "object": text})
    return Response.redirect(admin.url_for("changelist"))


def delete_selected(admin: "ModelAdmin", request: Request, queryset: QuerySet[Any]) -> Response | None:
    """Ask, or delete the objects of ``queryset`` if that has been answered."""
    objects = list(queryset)
    if not all(admin.has_delete_permission(request, obj) for obj in objects):
        raise Forbidden(gettext("You may not delete all of these."))
    cascade = find_cascade(objects)
    refusal = _refusal(admin, request, cascade)
    if not _is_confirmed(request) or refusal is not None:
        return _ask(admin, request, cascade, objects, refusal, admin.url_for("changelist"))
    try:
        with atomic():
            admin.delete_queryset(request, queryset)
    except (ProtectedError, RestrictedError) as error:
        admin.message_user(request, str(error), "error")
        return None
    name = admin.singular if len(objects) == 1 else admin.plural
    admin.message_user(request, gettext("%(count)d %(kind)s deleted.") % {"count": len(objects), "kind": name})
    return None


def _is_confirmed(request: Request) -> bool:
    return request.method == "POST" and request.form().get(CONFIRMED) == "1"


def _refusal(admin: "ModelAdmin", request: Request, cascade: Cascade) -> dict[str, object] | None:
    if cascade.protected:
        return {"protected": cascade.protected}
    others = ((group, admin.site.find_model_admin(group.model)) for group in cascade.groups)
    forbidden = [group.name for group, other in others if other and not other.has_delete_permission(request)]
    return {"forbidden": forbidden} if forbidden else None


def _ask(
    admin: "ModelAdmin",
    request: Request,
    cascade: Cascade,
    objects: Sequence[Any],
    refusal: dict[str, object] | None,
    back_url: str,
) -> Response:
    is_one = len(objects) == 1
    what = f"“{objects[0]}”" if is_one else f"{len(objects)} {admin.plural}"
    several = request.form().get("_action", "") if request.method == "POST" else ""
    context: dict[str, object] = {
        "title": gettext("Delete %(what)s?") % {"what": what},
        "summary": what if len(cascade.groups) < 2 else gettext("%(what)s and all that belongs to it") % {"what": what},
        "groups": cascade.groups,
        "selected": [str(obj.pk) for obj in objects] if several else [],
        "action": several,
        "action_url": admin.url_for("changelist") if several else admin.url_for("delete", objects[0]),
        "back_url": back_url,
        **(refusal or {}),
    }
    way = [] if several else [(str(objects[0]), admin.url_for("change", objects[0]))]
    template = admin.templates("delete_confirmation")
    return admin.site.render(request, template, context, admin=admin, way=[*way, (gettext("Delete"), "")])

"""The page on which an object is added or changed, with the rows that are edited along with it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from partita.admin.form_rows import sections_of
from partita.admin.inline_sections import section_of
from partita.contracts.i18n import gettext
from partita.forms.models import ModelForm
from partita.http import Request, Response
from partita.orm import IntegrityError, atomic
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.admin.inlines import InlineModelAdmin
    from partita.admin.options import ModelAdmin
    from partita.forms.models import BaseModelFormSet

__all__ = ("form_page",)


def form_page(admin: "ModelAdmin", request: Request, obj: Any) -> Response:
    """Show the form of ``obj``, or store what was sent.

    Args:
        admin: Whose page it is.
        request: A POST by somebody who may save, or a GET.
        obj: The object; None for a new one.
    """
    may_save = admin.has_add_permission(request) if obj is None else admin.has_change_permission(request, obj)
    form_class = admin.get_form(request, obj)
    if request.method == "POST":
        data = request.form()
        form = form_class(data, data.files, instance=obj, label_suffix="")
        inlines = _inlines(admin, request, obj, form.instance if obj is None else obj, sent=True)
        formsets = [formset for formset, _ in inlines]
        if any(formset.adds_form for formset in formsets):  # the button for one more row, without a script
            for each in (form, *formsets):
                each.skip_validation()
        elif _are_valid(form, formsets):
            saved = _save(admin, request, form, formsets, is_new=obj is None)
            if saved is not None:
                return _after_saving(admin, request, saved, is_new=obj is None)
    else:
        if obj is None:
            names = form_class.base_fields
            form = form_class(
                initial={name: value for name, value in request.query.items() if name in names}, label_suffix=""
            )
        else:
            form = form_class(instance=obj, label_suffix="")
        inlines = _inlines(admin, request, obj, form.instance, sent=False)
    sections = [section_of(inline, request, formset, obj, may_save) for formset, inline in inlines]
    may_delete = obj is not None and admin.has_delete_permission(request, obj)
    context = {
        "title": gettext("Add %(kind)s") % {"kind": admin.singular} if obj is None else str(obj),
        "subtitle": "" if obj is None else admin.singular[:1].upper() + admin.singular[1:],
        "form": form,
        "sections": (groups := sections_of(admin, request, form, obj, may_save)),
        "has_tabs": any(group.tabs for group in groups),
        "inlines": sections,
        "has_errors": bool(form.errors) or any(section.has_errors for section in sections),
        "is_multipart": form.is_multipart() or any(section.formset.is_multipart() for section in sections),
        "may_save": may_save,
        "may_add": admin.has_add_permission(request),
        "list_url": admin.url_for("changelist"),
        "delete_url": admin.url_for("delete", obj) if may_delete else "",
    }
    way = [(gettext("Add") if obj is None else str(obj), "")]
    return admin.site.render(request, admin.templates("change_form"), context, admin=admin, way=way)


def _inlines(
    admin: "ModelAdmin", request: Request, obj: Any, instance: Any, *, sent: bool
) -> "list[tuple[Any, InlineModelAdmin]]":
    """Return the sets of forms for the rows of ``instance``, which is ``obj`` or a new object."""
    found: list[tuple[Any, InlineModelAdmin]] = []
    numbers: dict[str, int] = {}
    data = request.form() if sent else None
    for kind, inline in admin.get_formsets_with_inlines(request, obj):
        made: Any = kind
        prefix: str = made.get_default_prefix()
        number = numbers[prefix] = numbers.get(prefix, 0) + 1
        formset = made(
            data,
            None if data is None else data.files,
            instance=instance,
            prefix=prefix if number == 1 else f"{prefix}-{number}",
            queryset=inline.get_queryset(request),
            form_kwargs={"label_suffix": ""},
        )
        found.append((formset, inline))
    return found


def _are_valid(form: ModelForm[Any], formsets: "Iterable[BaseModelFormSet[Any]]") -> bool:
    # All of them, so that the page shows all mistakes; the object first, for its rows are held against it.
    return all([form.is_valid(), *[formset.is_valid() for formset in formsets]])


def _save(
    admin: "ModelAdmin",
    request: Request,
    form: ModelForm[Any],
    formsets: "list[BaseModelFormSet[Any]]",
    *,
    is_new: bool,
) -> Any | None:
    try:
        with atomic():
            saved = admin.save_form(request, form, is_new=is_new)
            for formset in formsets:
                formset.instance = saved  # type: ignore[attr-defined]  # both kinds of sets have it
            admin.save_related(request, form, formsets, not is_new)
            return saved
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

"""A view that leads to the page of any row, by content type and key. Needs the extra ``http``."""

from typing import Any

from partita.contenttypes.models import ContentType
from partita.http import NotFound, Request, Response
from partita.http.drafts import HttpRequest
from partita.orm import ForeignKey, ManyToManyField, Model, ObjectDoesNotExist
from partita.validation import ValidationError

__all__ = ("shortcut",)


def shortcut(request: Request | HttpRequest, content_type_id: object, object_id: object) -> Response:
    """Redirect to the page of a row, on the site that it belongs to, if it belongs to one, else on the host of the request.

    Args:
        request: Its scheme is kept.
        content_type_id: Key of the row's content type.
        object_id: Key of the row, as the URL has it.

    Raises:
        NotFound: If there is no such row, or it has no page.
    """
    row = _found(content_type_id, object_id)
    locate: Any = getattr(row, "get_absolute_url", None)
    if locate is None:
        raise NotFound(f"{row._meta.verbose_name} objects don’t have a get_absolute_url() method")
    url = str(locate())
    if url.startswith(("http://", "https://", "//")):
        return Response.redirect(url)
    host = request.get_host() if isinstance(request, HttpRequest) else request.host
    return Response.redirect(f"{request.scheme}://{_domain(row, host)}{url}")


def _found(content_type_id: object, object_id: object) -> Any:
    missing = NotFound(f"Content type {str(content_type_id)[:40]} object {str(object_id)[:80]} doesn’t exist")
    try:
        content_type = ContentType.objects.get_for_id(int(str(content_type_id)))
        model = content_type.model_class()
        if model is None:
            raise NotFound(f"Content type {str(content_type_id)[:40]} object has no associated model")
        return content_type.get_object_for_this_type(pk=object_id)
    except (ObjectDoesNotExist, ValueError, ValidationError, OverflowError) as error:
        raise missing from error


def _domain(row: Model, host: str) -> str:
    """Return the domain of the site that ``row`` belongs to: of several the one that was asked, else the first."""
    fields: tuple[Any, ...] = (*row._meta.many_to_many, *row._meta.fields)
    for field in fields:
        if not _leads_to_sites(field):
            continue
        if isinstance(field, ManyToManyField):
            domains = [str(site.domain) for site in getattr(row, field.name).all()]
            if domains:
                return host if host in domains else domains[0]
        elif (site := getattr(row, field.name)) is not None:
            return str(site.domain)
    return host


def _leads_to_sites(field: Any) -> bool:
    # By its label: sites are in a package above this one, which need not be there.
    return isinstance(field, ForeignKey | ManyToManyField) and field.related_model._meta.label == "sites.Site"

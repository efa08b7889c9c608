"""What most views end with: a rendered template, a redirect, or a 404 for a missing object."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast, overload, runtime_checkable

from partita.contracts.i18n import LazyText
from partita.http import NotFound, Request, Response
from partita.http.drafts import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from partita.http.drafts.statuses import MAX_URL_REDIRECT_LENGTH
from partita.urls import NoReverseMatch, reverse
from partita.views.template_response import TemplateResponse

__all__ = (
    "aget_list_or_404",
    "aget_object_or_404",
    "arender",
    "get_list_or_404",
    "get_object_or_404",
    "redirect",
    "render",
    "resolve_url",
)

T = TypeVar("T", covariant=True)
M = TypeVar("M")


@runtime_checkable
class Located(Protocol):
    """An object that knows its own page."""

    def get_absolute_url(self) -> str:
        """Return the path of the page."""
        ...


class Rows(Protocol[T]):
    """What `get_object_or_404` takes: a manager or a query set."""

    model: Any

    def filter(self, *conditions: Any, **look_ups: Any) -> Any:
        """Return the rows that fit."""
        ...

    def get(self, *conditions: Any, **look_ups: Any) -> T:
        """Return the one row that fits."""
        ...

    async def aget(self, *conditions: Any, **look_ups: Any) -> T:
        """Async twin of `get`."""
        ...


def render(
    request: Request | HttpRequest,
    template_name: str | Sequence[str],
    context: Mapping[str, object] | None = None,
    content_type: str | None = None,
    status: int | None = None,
    using: str | None = None,
) -> Response:
    """Answer with a template of the current application.

    Args:
        request: The template has it as ``request``, and context processors see it.
        template_name: Such as ``shop/album.html``; of several the first that exists.
        context: Names for the template.
        content_type: HTML unless given.
        status: From 200 to 599; 200 unless given.
        using: Here for code that gives it; an application has one engine.

    Raises:
        LookupError: If there is no such template, or no application is current.
    """
    made = TemplateResponse(request, template_name, context, content_type, status, using=using)
    return _page(request, made.rendered_content, status, content_type)


async def arender(
    request: Request | HttpRequest,
    template_name: str | Sequence[str],
    context: Mapping[str, object] | None = None,
    content_type: str | None = None,
    status: int | None = None,
    using: str | None = None,
) -> Response:
    """Async twin of `render`."""
    made = TemplateResponse(request, template_name, context, content_type, status, using=using)
    return _page(request, await made.arendered_content(), status, content_type)


def redirect(
    to: object,
    *args: object,
    permanent: bool = False,
    preserve_request: bool = False,
    max_length: int | None = MAX_URL_REDIRECT_LENGTH,
    **kwargs: object,
) -> HttpResponseRedirect | HttpResponsePermanentRedirect:
    """Answer with a redirect.

    Args:
        to: See `resolve_url`.
        args: Values for the route's parameters.
        permanent: Whether clients may remember it for ever.
        preserve_request: Whether the client repeats its method and body; otherwise it comes with GET.
        max_length: Characters of the URL, beyond which it is refused; None for any number.
        kwargs: Values for the route's parameters by name.

    Raises:
        NoReverseMatch: If ``to`` is no URL, and no route has this name.
        ValueError: If the URL has a scheme other than ``http`` and ``https``, or is too long.
    """
    kind = HttpResponsePermanentRedirect if permanent else HttpResponseRedirect
    return kind(resolve_url(to, *args, **kwargs), preserve_request, max_length=max_length)


def resolve_url(to: object, *args: object, **kwargs: object) -> str:
    """Return the URL that ``to`` stands for.

    Args:
        to: An object with ``get_absolute_url()``, a view or the name of a route, or a URL.
        args: Values for the route's parameters.
        kwargs: Values for the route's parameters by name.

    Raises:
        NoReverseMatch: If ``to`` is no URL, and no route has this name.
    """
    return _url(to, args, kwargs)


@overload
def get_object_or_404(rows: type[M], *conditions: object, **look_ups: object) -> M: ...
@overload
def get_object_or_404(rows: Rows[M], *conditions: object, **look_ups: object) -> M: ...
def get_object_or_404(rows: "type[M] | Rows[M]", *conditions: object, **look_ups: object) -> M:
    """Return the one object that fits.

    Args:
        rows: A model, a manager or a query set.
        conditions: For its ``get``.
        look_ups: For its ``get``.

    Raises:
        NotFound: If there is none; more than one stays the error that it is.
    """
    found = _rows(rows)
    try:
        return cast("M", found.get(*conditions, **look_ups))
    except found.model.DoesNotExist as error:
        raise _missing(found) from error


@overload
async def aget_object_or_404(rows: type[M], *conditions: object, **look_ups: object) -> M: ...
@overload
async def aget_object_or_404(rows: Rows[M], *conditions: object, **look_ups: object) -> M: ...
async def aget_object_or_404(rows: "type[M] | Rows[M]", *conditions: object, **look_ups: object) -> M:
    """Async twin of `get_object_or_404`."""
    found = _rows(rows)
    try:
        return cast("M", await found.aget(*conditions, **look_ups))
    except found.model.DoesNotExist as error:
        raise _missing(found) from error


@overload
def get_list_or_404(rows: type[M], *conditions: object, **look_ups: object) -> list[M]: ...
@overload
def get_list_or_404(rows: Rows[M], *conditions: object, **look_ups: object) -> list[M]: ...
def get_list_or_404(rows: "type[M] | Rows[M]", *conditions: object, **look_ups: object) -> list[M]:
    """Return all objects that fit.

    Raises:
        NotFound: If there are none.
    """
    found = _rows(rows)
    objects = list(found.filter(*conditions, **look_ups))
    if not objects:
        raise _missing(found)
    return objects


@overload
async def aget_list_or_404(rows: type[M], *conditions: object, **look_ups: object) -> list[M]: ...
@overload
async def aget_list_or_404(rows: Rows[M], *conditions: object, **look_ups: object) -> list[M]: ...
async def aget_list_or_404(rows: "type[M] | Rows[M]", *conditions: object, **look_ups: object) -> list[M]:
    """Async twin of `get_list_or_404`."""
    found = _rows(rows)
    objects = [each async for each in found.filter(*conditions, **look_ups)]
    if not objects:
        raise _missing(found)
    return objects


def _page(request: object, text: str, status: int | None, content_type: str | None) -> Response:
    if isinstance(request, HttpRequest):
        return HttpResponse(text, content_type, status)
    if content_type is None:
        return Response.html(text, status or 200)
    return Response(text, status or 200, content_type=content_type)


def _url(to: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    if isinstance(to, LazyText):  # first of all: it has every method that its text has
        to = str(to)
    if isinstance(to, Located) and not isinstance(to, str):
        return to.get_absolute_url()
    if not isinstance(to, str):
        return reverse(cast("Any", to), args=args, kwargs=kwargs)
    if to.startswith(("/", "./", "../", "?", "#")) or "://" in to:
        return to
    try:
        return reverse(to, args=args, kwargs=kwargs)
    except NoReverseMatch:
        if args or kwargs or not ("/" in to or "." in to):
            raise
        return to


def _rows(rows: Any) -> Any:
    manager = getattr(rows, "_default_manager", None)  # a model
    found = rows if manager is None else manager
    if not hasattr(found, "get") or not hasattr(found, "model"):
        raise TypeError(f"expected a model, a manager or a query set, got {type(rows).__name__}")
    return found


def _missing(rows: Any) -> NotFound:
    name = getattr(getattr(rows.model, "_meta", None), "verbose_name", None) or rows.model.__name__
    return NotFound(f"There is no such {name}.")

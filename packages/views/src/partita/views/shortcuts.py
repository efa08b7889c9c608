"""What most views end with: a rendered template, a redirect, or a 404 for a missing object."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar, cast, overload, runtime_checkable

from partita.contracts.current import require
from partita.contracts.i18n import LazyText
from partita.contracts.templates import TEMPLATES
from partita.http import NotFound, Request, Response
from partita.urls import NoReverseMatch, reverse

__all__ = (
    "aget_list_or_404",
    "aget_object_or_404",
    "arender",
    "get_list_or_404",
    "get_object_or_404",
    "redirect",
    "render",
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
    request: Request,
    template: str,
    context: Mapping[str, object] | None = None,
    status: int = 200,
    content_type: str | None = None,
) -> Response:
    """Answer with a template of the current application.

    Args:
        request: The template has it as ``request``, and context processors see it.
        template: Its name, such as ``shop/album.html``.
        context: Names for the template.
        status: From 200 to 599.
        content_type: HTML unless given.

    Raises:
        LookupError: If there is no such template, or no application is current.
    """
    return _page(require(TEMPLATES).render(template, context, request), status, content_type)


async def arender(
    request: Request,
    template: str,
    context: Mapping[str, object] | None = None,
    status: int = 200,
    content_type: str | None = None,
) -> Response:
    """Async twin of `render`."""
    return _page(await require(TEMPLATES).arender(template, context, request), status, content_type)


def redirect(
    to: object, *args: object, permanent: bool = False, preserve_method: bool = False, **kwargs: object
) -> Response:
    """Answer with a redirect.

    Args:
        to: An object with ``get_absolute_url()``, the name of a route, or a URL.
        args: Values for the route's parameters.
        permanent: Whether clients may remember it for ever.
        preserve_method: Whether the client repeats its method and body; otherwise it comes with GET.
        kwargs: Values for the route's parameters by name.

    Raises:
        NoReverseMatch: If ``to`` is no URL, and no route has this name.
    """
    return Response.redirect(_url(to, args, kwargs), permanent, preserve_method)


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


def _page(text: str, status: int, content_type: str | None) -> Response:
    if content_type is None:
        return Response.html(text, status)
    return Response(text, status, content_type=content_type)


def _url(to: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    if isinstance(to, Located):
        return to.get_absolute_url()
    if isinstance(to, LazyText):
        to = str(to)
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

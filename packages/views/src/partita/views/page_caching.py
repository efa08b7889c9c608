"""The decorator that keeps whole answers of a view."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.contracts.cache import Cache
from partita.http import Request, Response
from partita.http.around import require_request
from partita.http.drafts import HttpRequest, HttpResponseBase
from partita.http.drafts.conversion import draft_response
from partita.http.page_cache import PageCache, page_cache

__all__ = ("cache_page",)

V = TypeVar("V", bound=Callable[..., Any])


def cache_page(timeout: float | timedelta, *, cache: Cache | None = None, key_prefix: str = "") -> Callable[[V], V]:
    """Answer a view's ``GET`` and ``HEAD`` with what it answered before, for ``timeout`` seconds.

    What is kept, and under which keys, is said at `partita.http.page_cache.PageCache`: an answer that sets a cookie, is private or
    is made of one visitor's form token is made anew each time; one that looked at the session or the user is kept by cookie.
    It stands outside of other decorators of the view that change the answer.

    Args:
        timeout: Seconds, or a span; what the view says of ``max-age`` goes to clients, and does not change how long it is kept here.
        cache: Instead of the application's `CACHE`. Without either, as in a test without an application, nothing is kept.
        key_prefix: Keeps this view's answers apart, such as a version of its template.

    Raises:
        TypeError: If ``timeout`` is no number, as when the parentheses are missing.
    """
    if isinstance(timeout, timedelta):
        timeout = timeout.total_seconds()
    if not isinstance(timeout, int | float) or isinstance(timeout, bool):
        raise TypeError(f"cache_page() needs seconds, as in @cache_page(60 * 15), not {timeout!r:.80}")
    seconds, own = float(timeout), None if cache is None else PageCache(cache)

    def decorate(view: V) -> V:
        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: object, **kwargs: object) -> Response:
                pages, native = own or page_cache(), _native(request)
                if pages is None:
                    return cast("Response", await view(request, *args, **kwargs))
                found = await pages.aload(native, key_prefix)
                if found is not None:
                    return _given(request, found)
                response: Response = await view(request, *args, **kwargs)
                if _rendered_later(response, pages, native, seconds, key_prefix):
                    return response
                return _taken(response, await pages.akeep(native, _sealed(response), seconds, key_prefix))

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Any, *args: object, **kwargs: object) -> Response:
            pages, native = own or page_cache(), _native(request)
            if pages is None:
                return cast("Response", view(request, *args, **kwargs))
            found = pages.load(native, key_prefix)
            if found is not None:
                return _given(request, found)
            response: Response = view(request, *args, **kwargs)
            if _rendered_later(response, pages, native, seconds, key_prefix):
                return response
            return _taken(response, pages.keep(native, _sealed(response), seconds, key_prefix))

        return cast("V", calling)

    return decorate


def _native(request: Request | HttpRequest) -> Request:
    require_request(request, "cache_page")
    return request.seal() if isinstance(request, HttpRequest) else request


def _given(request: Request | HttpRequest, found: Response) -> Response:
    return draft_response(found) if isinstance(request, HttpRequest) else found


def _sealed(response: Response) -> Response:
    return response.seal() if isinstance(response, HttpResponseBase) else response


def _taken(response: Response, kept: Response) -> Response:
    """Return what the client gets: a draft stays the draft that it is."""
    if isinstance(response, HttpResponseBase):
        response.take_headers(kept)
        return response
    return kept


def _rendered_later(response: Any, pages: PageCache, request: Request, seconds: float, prefix: str) -> bool:
    """Keep a template's answer once it is rendered; tell whether there is nothing to keep yet."""
    if not isinstance(response, Response):
        return True  # a mistake of the view's, which the application tells
    late: Any = response
    if getattr(late, "is_rendered", True):
        return False

    def keep(rendered: HttpResponseBase) -> None:
        _taken(rendered, pages.keep(request, rendered.seal(), seconds, prefix))

    late.add_post_render_callback(keep)
    return True

"""Decorators that say who may put one view's page into a frame (RFC 7034, CSP ``frame-ancestors``)."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.http.around import around, is_draft_response
from partita.http.response import Response
from partita.http.state import Slot

__all__ = ("FRAME_EXEMPT", "xframe_options_deny", "xframe_options_exempt", "xframe_options_sameorigin")

V = TypeVar("V", bound=Callable[..., Any])

FRAME_EXEMPT = Slot[bool]("partita.security.frame_exempt")
"""Whether the page may stand in anybody's frame; `headers_middleware` looks."""


def xframe_options_deny(view: V) -> V:
    """Keep the page out of all frames, unless the view says something else itself."""
    return around(view, after=lambda response: _with_option(response, "DENY"))


def xframe_options_sameorigin(view: V) -> V:
    """Keep the page out of other sites' frames, unless the view says something else itself."""
    return around(view, after=lambda response: _with_option(response, "SAMEORIGIN"))


def xframe_options_exempt(view: V) -> V:
    """Let anybody put the page into a frame: neither ``X-Frame-Options`` nor ``frame-ancestors`` is added."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Any, *args: object, **kwargs: object) -> Response:
            return _exempt(request, await view(request, *args, **kwargs))

        return cast("V", awaiting)

    @wraps(view)
    def calling(request: Any, *args: object, **kwargs: object) -> Response:
        return _exempt(request, view(request, *args, **kwargs))

    return cast("V", calling)


def _with_option(response: Response, value: str) -> Response:
    return response if "x-frame-options" in response.headers else response.with_header("X-Frame-Options", value)


def _exempt(request: Any, response: Response) -> Response:
    request.state.fill(FRAME_EXEMPT, True)
    if is_draft_response(response):
        cast("Any", response).xframe_options_exempt = True  # the name that Django's own middleware asks for
    return response

"""What all decorators of views share: something before the view, something after it, sync and async alike."""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar, cast

from partita.http.request import Request
from partita.http.response import Response

if TYPE_CHECKING:
    from partita.http.drafts import HttpRequest, HttpResponseBase

__all__ = (
    "afterwards",
    "around",
    "changed",
    "is_draft_request",
    "is_draft_response",
    "once_rendered",
    "require_request",
)

V = TypeVar("V", bound=Callable[..., Any])


def around(
    view: V,
    before: Callable[[Any], Response | None] | None = None,
    after: Callable[[Response], Response] | None = None,
    name: str = "",
) -> V:
    """Return ``view`` with something around it.

    Args:
        view: Sync or async; what is returned is the same.
        before: Gets the request; a response keeps the view from running.
        after: Gets the response, returns it with other headers. A draft stays the draft that it is; what is no response is passed on,
            for the application to say which view returned it.
        name: Of the decorator, for the error if it stands on a method.

    Raises:
        TypeError: At a call, if the first argument is no request.
    """

    def prepare(request: Any) -> Response | None:
        if name:
            require_request(request, name)
        return None if before is None else before(request)

    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Any, *args: object, **kwargs: object) -> Response:
            early = prepare(request)
            if early is not None:
                return early
            response = await cast("Callable[..., Awaitable[Response]]", view)(request, *args, **kwargs)
            return response if after is None else changed(response, after)

        return cast("V", awaiting)

    @wraps(view)
    def calling(request: Any, *args: object, **kwargs: object) -> Response:
        early = prepare(request)
        if early is not None:
            return early
        response: Response = view(request, *args, **kwargs)
        return response if after is None else changed(response, after)

    return cast("V", calling)


def changed(response: Response, change: Callable[[Response], Response]) -> Response:
    """Return what ``change`` makes of the headers of ``response``; a draft takes them over and is returned itself."""
    if response.__class__ is Response:
        return change(response)
    if is_draft_response(response):
        response.take_headers(change(response.head()))
        return response
    return cast("Response", afterwards(response, change))


def afterwards(returned: Any, finish: Callable[[Any], Any]) -> Any:
    """Return ``finish(response)`` for what a view returned, or something that gives it, if the response is still to be awaited.

    A plain function may return what an async view gave it. What is no response stays as it is: the application, which knows the
    name of the view, refuses it.
    """
    if isinstance(returned, Response):
        return finish(returned)
    return _after_waiting(returned, finish) if isawaitable(returned) else returned


def once_rendered(response: Any, finish: Callable[[Any], Any]) -> Any:
    """Return ``finish(response)``; of a template that is still to be rendered, let what ``finish`` returns then take its place."""
    if getattr(response, "is_rendered", True):
        return finish(response)
    response.add_post_render_callback(finish)
    return response


def is_draft_request(request: object) -> "TypeGuard[HttpRequest]":
    """Tell whether ``request`` is a draft; where nobody makes any, their modules are not loaded for the question."""
    if isinstance(request, Request):
        return False
    from partita.http.drafts.requests import HttpRequest

    return isinstance(request, HttpRequest)


def is_draft_response(response: object) -> "TypeGuard[HttpResponseBase]":
    """Tell whether ``response`` is a draft; where nobody makes any, their modules are not loaded for the question."""
    if response.__class__ is Response:
        return False
    from partita.http.drafts.base import HttpResponseBase

    return isinstance(response, HttpResponseBase)


def require_request(request: object, decorator: str) -> None:
    """Refuse anything but a request.

    Raises:
        TypeError: If it is something else, such as the ``self`` of a method.
    """
    if (
        not isinstance(request, Request) and not is_draft_request(request) and not hasattr(request, "META")
    ):  # what stands for one passes
        raise TypeError(
            f"{decorator} didn't receive an HttpRequest. If you are decorating a classmethod, be sure to use @method_decorator."
        )


async def _after_waiting(returned: Awaitable[object], finish: Callable[[Any], Any]) -> Any:
    response = await returned
    return finish(response) if isinstance(response, Response) else response

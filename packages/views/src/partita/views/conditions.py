"""Decorators that answer 304 or 412 before a view does its work (RFC 9110, section 13)."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.http import ETag, PreconditionFailed, Request, Response, respond_to
from partita.http.around import afterwards, changed, once_rendered, require_request
from partita.http.conditional import check_preconditions, is_unchanged
from partita.http.dates import format_date
from partita.http.drafts import HttpRequest, HttpResponse, HttpResponseBase
from partita.http.drafts.conversion import draft_response
from partita.http.etag import parse_etag

__all__ = ("condition", "conditional_page", "etag", "last_modified")

V = TypeVar("V", bound=Callable[..., Any])
TagOf = Callable[..., "str | None"]
TimeOf = Callable[..., "datetime | None"]


def condition(etag_func: TagOf | None = None, last_modified_func: TimeOf | None = None) -> Callable[[V], V]:
    """Skip a view if the client has what it would answer with, or would overwrite what it has not seen.

    Args:
        etag_func: Gets what the view gets, returns an entity tag, with or without quotes; None if there is nothing yet.
        last_modified_func: Gets what the view gets, returns the time of the last change; without a zone it is taken for UTC.

    Raises:
        PreconditionFailed: At a request, if its conditions do not hold; it becomes 412. For a draft the answer is returned.
    """

    def decorate(view: V) -> V:
        def before(request: Any, *args: object, **kwargs: object) -> "_Found":
            require_request(request, "condition")
            text = etag_func(request, *args, **kwargs) if etag_func is not None else None
            tag = None if text is None else parse_etag(text if text.startswith(('"', "W/")) else f'"{text}"')
            moment = last_modified_func(request, *args, **kwargs) if last_modified_func is not None else None
            if moment is not None and moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return _Found(request, tag, moment)

        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: object, **kwargs: object) -> Response:
                found = before(request, *args, **kwargs)
                return cast("Response", afterwards(found.early or await view(request, *args, **kwargs), found.mark))

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Any, *args: object, **kwargs: object) -> Response:
            found = before(request, *args, **kwargs)
            return cast("Response", afterwards(found.early or view(request, *args, **kwargs), found.mark))

        return cast("V", calling)

    return decorate


def etag(etag_func: TagOf) -> Callable[[V], V]:
    """Like `condition`, with an entity tag alone."""
    return condition(etag_func=etag_func)


def last_modified(last_modified_func: TimeOf) -> Callable[[V], V]:
    """Like `condition`, with a time alone."""
    return condition(last_modified_func=last_modified_func)


def conditional_page(view: V) -> V:
    """Give the answers of one view an entity tag of their bytes, and leave them out if the client has them."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def awaiting(request: Any, *args: object, **kwargs: object) -> Any:
            return _conditional(request, await view(request, *args, **kwargs))

        return cast("V", awaiting)

    @wraps(view)
    def calling(request: Any, *args: object, **kwargs: object) -> Any:
        return _conditional(request, view(request, *args, **kwargs))

    return cast("V", calling)


class _Found:
    """What is known of the resource, and the answer that makes the view needless."""

    __slots__ = ("early", "method", "moment", "tag")

    def __init__(self, request: Request | HttpRequest, tag: ETag | None, moment: datetime | None) -> None:
        self.tag, self.moment, self.method = tag, moment, request.method
        self.early: Response | None = None
        draft = isinstance(request, HttpRequest)
        native = _native(request)
        try:
            check_preconditions(native, tag, moment)
            if is_unchanged(native, tag, moment):
                self.early = Response.empty(304)
        except PreconditionFailed:
            if not draft:
                raise
            self.early = HttpResponse(status=412)
        if draft and self.early is not None:
            self.early = draft_response(self.early)

    def mark(self, response: Response) -> Response:
        """Say what is known of the resource, if this is an answer to somebody who reads it."""
        tag, moment = self.tag, self.moment
        if self.method not in {"GET", "HEAD"} or response.status not in {200, 304}:
            return response
        if tag is not None and "etag" not in response.headers:
            response = changed(response, lambda given: given.with_header("etag", str(tag)))
        if moment is not None and "last-modified" not in response.headers:
            response = changed(response, lambda given: given.with_header("last-modified", format_date(moment)))
        return response


def _conditional(request: Request | HttpRequest, returned: object) -> Any:
    def finish(response: Response) -> Response:
        body = response.body
        if request.method not in {"GET", "HEAD"} or response.status != 200:
            return response
        if isinstance(body, bytes) and body and "etag" not in response.headers:
            digest = hashlib.blake2b(body, digest_size=16).hexdigest()
            response = changed(response, lambda given: given.with_header("etag", f'"{digest}"'))
        answered = respond_to(_native(request), response)
        return draft_response(answered) if isinstance(response, HttpResponseBase) else answered

    return afterwards(returned, lambda response: once_rendered(response, finish))


def _native(request: Request | HttpRequest) -> Request:
    if not isinstance(request, HttpRequest):
        return request
    sealed = request.seal()
    # Conditions that somebody put into META count as much as those that came over the wire.
    given = {name: value for name, value in request.headers.items() if name.lower().startswith("if-")}
    fields = sealed.headers
    for name, value in given.items():
        fields = fields.with_header(name, value)
    from msgspec.structs import replace

    return replace(sealed, headers=fields) if given else sealed

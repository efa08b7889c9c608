"""Decorators that answer 304 or 412 before a view does its work (RFC 9110, section 13)."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.http import ETag, Request, Response
from partita.http.conditional import check_preconditions, is_unchanged
from partita.http.dates import format_date
from partita.http.etag import parse_etag

__all__ = ("condition", "etag", "last_modified")

V = TypeVar("V", bound=Callable[..., Any])
TagOf = Callable[..., "str | None"]
TimeOf = Callable[..., "datetime | None"]


def condition(etag_of: TagOf | None = None, modified_of: TimeOf | None = None) -> Callable[[V], V]:
    """Skip a view if the client has what it would answer with, or would overwrite what it has not seen.

    Args:
        etag_of: Gets what the view gets, returns an entity tag, with or without quotes; None if there is nothing yet.
        modified_of: Gets what the view gets, returns the time of the last change, with a time zone.

    Raises:
        PreconditionFailed: At a request, if its conditions do not hold; it becomes 412.
    """

    def decorate(view: V) -> V:
        def before(request: Request, *args: object, **kwargs: object) -> tuple[ETag | None, datetime | None, bool]:
            text = etag_of(request, *args, **kwargs) if etag_of is not None else None
            tag = None if text is None else parse_etag(text if text.startswith(('"', "W/")) else f'"{text}"')
            moment = modified_of(request, *args, **kwargs) if modified_of is not None else None
            check_preconditions(request, tag, moment)
            return tag, moment, is_unchanged(request, tag, moment)

        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Request, *args: object, **kwargs: object) -> Response:
                tag, moment, unchanged = before(request, *args, **kwargs)
                response = Response.empty(304) if unchanged else await view(request, *args, **kwargs)
                return _marked(response, tag, moment)

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Request, *args: object, **kwargs: object) -> Response:
            tag, moment, unchanged = before(request, *args, **kwargs)
            response = Response.empty(304) if unchanged else view(request, *args, **kwargs)
            return _marked(response, tag, moment)

        return cast("V", calling)

    return decorate


def etag(etag_of: TagOf) -> Callable[[V], V]:
    """Like `condition`, with an entity tag alone."""
    return condition(etag_of=etag_of)


def last_modified(modified_of: TimeOf) -> Callable[[V], V]:
    """Like `condition`, with a time alone."""
    return condition(modified_of=modified_of)


def _marked(response: Response, tag: ETag | None, moment: datetime | None) -> Response:
    if response.status not in {200, 304}:
        return response
    if tag is not None and "etag" not in response.headers:
        response = response.with_header("etag", str(tag))
    if moment is not None and "last-modified" not in response.headers:
        response = response.with_header("last-modified", format_date(moment))
    return response

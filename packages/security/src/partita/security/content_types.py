"""Which content types the bodies of requests may have."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from partita.http.around import around, is_draft_request
from partita.http.errors import UnsupportedMediaType
from partita.http.handlers import SAFE_METHODS, Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("content_types_middleware", "require_content_type")

V = TypeVar("V", bound=Callable[..., Any])


def require_content_type(*types: str) -> Callable[[V], V]:
    """Let a view take bodies of these types only; others get 415.

    Args:
        types: Such as ``application/json``; ``text/*`` takes all of one kind.
    """
    accepted = tuple(each.lower() for each in types)
    return lambda view: around(view, before=lambda request: _check(request, accepted))


def content_types_middleware(types: Iterable[str], *, exempt: Iterable[str] = ()) -> Middleware:
    """Return a middleware that answers 415 to bodies of other types, and to bodies that name none.

    Args:
        types: As for `require_content_type`.
        exempt: Beginnings of paths that take anything.
    """
    accepted, prefixes = tuple(each.lower() for each in types), tuple(exempt)

    def middleware(handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if not (prefixes and request.path.startswith(prefixes)):
                try:
                    _check(request, accepted)
                except UnsupportedMediaType as error:
                    return Response.error(error)
            return await handler(request)

        return checked

    return middleware


def _check(request: Any, accepted: tuple[str, ...]) -> None:
    if not _may_have_body(request):
        return
    kind = request.content_type or ""
    if not any(kind == each or (each.endswith("/*") and kind.startswith(each[:-1])) for each in accepted):
        raise UnsupportedMediaType(
            f"The body is {kind or 'of no type'}; these are read here: {', '.join(accepted)}.",
            [("Accept", ", ".join(accepted))],
        )


def _may_have_body(request: Any) -> bool:
    headers = request.headers
    if "transfer-encoding" in headers:
        return True
    length = headers.get("content-length", "").strip()
    if length:
        return bool(length.strip("0"))
    # From HTTP/2 on a body needs neither of them (RFC 9113, section 8.1); in HTTP/1 there is none then.
    version = (request.seal() if is_draft_request(request) else request).http_version
    return not version.startswith("1") and request.method not in SAFE_METHODS

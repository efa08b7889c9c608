"""What CGI calls the environment of a request (RFC 3875, section 4.1), for `HttpRequest.META`."""

from collections.abc import Mapping
from typing import Any

from partita.http.drafts.headers import HttpHeaders
from partita.http.errors import BadRequest, HeaderSyntaxError
from partita.http.media_types import parse_media_type
from partita.http.request import Request
from partita.http.wsgi import ENVIRON

__all__ = ("content_type_of_field", "environment")


def environment(request: Request) -> dict[str, Any]:
    """Return the fields of ``request`` as ``HTTP_...``, what is known of its connection, and what a WSGI server said besides."""
    # A server may say more, such as REMOTE_USER; its fields are those from before the proxies' were looked at.
    given = request.state.get(ENVIRON) or {}
    meta = {name: value for name, value in given.items() if not name.startswith("HTTP_")}
    meta |= HttpHeaders.to_wsgi_names({name: request.headers[name] for name in request.headers})
    meta |= {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "SCRIPT_NAME": request.root_path,
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version}",
    }
    if request.client is not None:
        meta["REMOTE_ADDR"], meta["REMOTE_PORT"] = request.client[0], str(request.client[1])
    if request.server is not None:
        meta["SERVER_NAME"], meta["SERVER_PORT"] = request.server[0], str(request.server[1])
    return meta


def content_type_of_field(value: str) -> tuple[str, Mapping[str, str]]:
    """Return the media type and its parameters; both empty if there is none.

    Raises:
        BadRequest: If it cannot be read.
    """
    if not value:
        return "", {}
    try:
        found = parse_media_type(value)
    except HeaderSyntaxError as error:
        raise BadRequest("Invalid Content-Type header.") from error
    return found.essence, dict(found.parameters)

"""Files sent by the web server in front instead of by us: ``X-Accel-Redirect`` (nginx) and ``X-Sendfile`` (Apache, lighttpd)."""

import os
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from partita.http.files import FileBody
from partita.http.handlers import HOST, Handler, Layer
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("offload_layer",)


def offload_layer(folders: Mapping[str, str] | None = None) -> Layer:
    """Return the layer for ``App(middleware=[...])`` that leaves the bytes of files to the server in front.

    The answer keeps its fields and has no body. Only for a server that understands the field and hides it from visitors; a file that
    lies in none of the folders is sent by us as ever.

    Args:
        folders: Places that the server knows by folder, such as ``{"/srv/media": "/protected"}`` for nginx's ``X-Accel-Redirect``;
            None for ``X-Sendfile`` with the path itself.

    Raises:
        ValueError: If a folder is relative, or a place does not begin with a slash.
    """
    places = None if folders is None else [(_folder(folder), _place(place)) for folder, place in folders.items()]

    def middleware(handler: Handler) -> Handler:
        async def offload(request: Request) -> Response:
            response = await handler(request)
            body = response.body
            # A part has been cut out by us already, and its fields say so.
            if not isinstance(body, FileBody) or response.status != 200 or body.length != body.size:
                return response
            return _handed_over(response, body.path, places)

        return offload

    return Layer(HOST - 70, middleware, "offload")


def _handed_over(response: Response, path: str, places: Sequence[tuple[str, str]] | None) -> Response:
    path = os.path.realpath(path)
    if places is None:
        return _empty(response, "X-Sendfile", quote(os.fsencode(path)))  # a name need not be UTF-8
    for folder, place in places:
        if path.startswith(folder):
            return _empty(response, "X-Accel-Redirect", quote(os.fsencode(f"{place}/{path[len(folder) :]}")))
    return response


def _empty(response: Response, name: str, value: str) -> Response:
    headers = Headers([*response.headers.without("content-length").items(), (name, value)])
    return Response(b"", response.status, headers)


def _folder(folder: str) -> str:
    if not os.path.isabs(folder):
        raise ValueError(f"{folder!r} is relative; name the folder from the root on")
    return os.path.realpath(folder).rstrip(os.sep) + os.sep


def _place(place: str) -> str:
    if not place.startswith("/"):
        raise ValueError(f"{place!r} is no place of the server: it begins with a slash, as in its `location`")
    return place.rstrip("/")

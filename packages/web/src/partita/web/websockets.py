"""Views for WebSockets: marked, found by their route, and called within the same layers as other views."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast, overload

from partita.bridge import drive
from partita.http import Handler, Request, Response
from partita.http.websocket import WEBSOCKET, WebSocket, WebSocketDisconnect, WebSocketState, origin_fits
from partita.urls import Match

__all__ = ("METHOD", "call_websocket", "serve_websocket", "websocket")

V = TypeVar("V", bound=Callable[..., Any])

METHOD = "WEBSOCKET"
"""What stands for the method where routes are asked for a WebSocket."""

_log = logging.getLogger("partita.request")


@overload
def websocket(view: V) -> V: ...
@overload
def websocket(*, origins: Iterable[str] = ()) -> Callable[[V], V]: ...
def websocket(view: V | None = None, *, origins: Iterable[str] = ()) -> V | Callable[[V], V]:
    """Mark an async function as a view for WebSockets: it gets the `WebSocket` and what the route captured.

    It stands in ``urlpatterns`` like any view. A handshake from another site's page is refused with 403, or else that page could
    speak for whoever looks at it. When the view returns, the connection is closed; if it raises, with code 1011.

    Args:
        view: The function.
        origins: Sites whose pages may connect, besides our own, such as ``https://app.example.com``; ``*`` for any.
    """
    if isinstance(origins, str):
        raise TypeError(f"origins must be a list, such as [{origins!r}]")

    def mark(function: V) -> V:
        marked = cast("Any", function)
        marked.http_methods = frozenset({METHOD})
        marked.websocket_origins = tuple(origins)
        return function

    return mark if view is None else mark(view)


async def call_websocket(request: Request, match: Match) -> Response:
    """Call the view of a handshake; returns when the connection has ended, with an answer that nobody gets."""
    socket = request[WEBSOCKET]
    if not hasattr(match.view, "websocket_origins"):
        return Response.text("Nobody listens to WebSockets here.\n", 404)
    if not origin_fits(request, getattr(match.view, "websocket_origins", ())):
        _log.warning("Refused a WebSocket at %r: its origin is another site", request.path[:200])
        return Response.text("This page may not connect here.\n", 403)
    try:
        await match.view(socket, *match.args, **match.kwargs)
    except WebSocketDisconnect as left:
        if socket.state is WebSocketState.CONNECTING:
            raise
        _log.debug("%r: %s", request.path[:200], left)
    except Exception:
        if socket.state is WebSocketState.CONNECTING:
            raise  # it becomes the answer to the handshake
        _log.exception("The WebSocket at %r failed", request.path[:200])
        await socket.close(1011, "something went wrong on our side")
    if socket.state is WebSocketState.CONNECTING:
        return Response.text("This connection was not accepted.\n", 403)
    await socket.close()
    return Response.empty()


async def serve_websocket(handler: Handler, socket: WebSocket) -> None:
    """Take a handshake through all layers to its view.

    Args:
        handler: Of the whole application.
        socket: Not yet accepted.
    """
    try:
        response = await drive(handler(socket.request))
        if socket.state is WebSocketState.CONNECTING:
            await socket.deny(response)
    except WebSocketDisconnect:
        return
    finally:
        socket.request.close()

"""Views for WebSockets: marked, found by their route, and called within the same layers as other views."""

import logging
from collections import Counter
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
def websocket(
    *, origins: Iterable[str] = (), limit: int | None = None, who: Callable[[Request], str] | None = None
) -> Callable[[V], V]: ...
def websocket(
    view: V | None = None,
    *,
    origins: Iterable[str] = (),
    limit: int | None = None,
    who: Callable[[Request], str] | None = None,
) -> V | Callable[[V], V]:
    """Mark an async function as a view for WebSockets: it gets the `WebSocket` and what the route captured.

    It stands in ``urlpatterns`` like any view. A handshake from another site's page is refused with 403, or else that page could
    speak for whoever looks at it. When the view returns, the connection is closed; if it raises, with code 1011.

    Args:
        view: The function.
        origins: Sites whose pages may connect, besides our own, such as ``https://app.example.com``; ``*`` for any.
        limit: Connections to this view that one visitor may have at once in each worker process; more get 429.
        who: Tells visitors apart, such as ``lambda request: str(request[USER].pk)``; by their address if it is not given.

    Raises:
        TypeError: If ``origins`` is a string.
        ValueError: If ``limit`` lets nobody in.
    """
    if isinstance(origins, str):
        raise TypeError(f"origins must be a list, such as [{origins!r}]")
    if limit is not None and limit < 1:
        raise ValueError(f"limit must be 1 at least, or None for any number: got {limit}")

    def mark(function: V) -> V:
        marked = cast("Any", function)
        marked.http_methods = frozenset({METHOD})
        marked.websocket_origins = tuple(origins)
        marked.websocket_limit, marked.websocket_visitor = limit, who or _address
        return function

    return mark if view is None else mark(view)


async def call_websocket(request: Request, match: Match, open_sockets: Counter[tuple[object, str]]) -> Response:
    """Call the view of a handshake; returns when the connection has ended, with an answer that nobody gets.

    Args:
        request: The handshake.
        match: The route.
        open_sockets: How many connections each visitor has to each view that counts them.
    """
    socket = request[WEBSOCKET]
    if not hasattr(match.view, "websocket_origins"):
        return Response.text("Nobody listens to WebSockets here.\n", 404)
    if not origin_fits(request, getattr(match.view, "websocket_origins", ())):
        _log.warning("Refused a WebSocket at %r: its origin is another site", request.path[:200])
        return Response.text("This page may not connect here.\n", 403)
    view: Any = match.view
    limit = view.websocket_limit
    if limit is None:
        return await _converse(request, match, socket)
    key = (view, view.websocket_visitor(request))
    if open_sockets[key] >= limit:
        return Response.text("You have too many connections here. Close one of them first.\n", 429)
    open_sockets[key] += 1
    try:
        return await _converse(request, match, socket)
    finally:
        open_sockets[key] -= 1
        if not open_sockets[key]:
            del open_sockets[key]


async def _converse(request: Request, match: Match, socket: WebSocket) -> Response:
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


def _address(request: Request) -> str:
    """Return who asks as far as the network knows: an address of IPv4, or the 64 bits that one network of IPv6 shares."""
    host = request.client[0] if request.client is not None else ""
    if ":" not in host:
        return host
    from ipaddress import ip_network  # few need it

    try:
        return str(ip_network(f"{host.partition('%')[0]}/64", strict=False))
    except ValueError:
        return host


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

"""What a server can serve: a native application or one of ASGI."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol, cast

from partita.http import Headers, Request, Response
from partita.http.asgi import ASGIApp
from partita.server.shared import Begin, Writer

__all__ = ("Application", "NativeApp", "is_asgi", "native", "with_early_hints")


class NativeApp(Protocol):
    """Answers requests.

    It may also have coroutine functions ``startup`` and ``shutdown``; a function ``stopping``, called when the server begins
    to stop, so that streams without an end can end; and ``websocket``, which is called as ASGI says, with
    scope, receive and send, for each WebSocket.

    With a function ``early_hints(request)``, which gives values of ``Link``, it names files that the answer will need; they go out
    at once, as 103 (RFC 8297).

    With a function ``for_server(root_path)`` it may give a coroutine function to call instead of itself. That is called once,
    after ``startup``; context variables that it sets are set for all requests, and all of them run beneath the bridge.
    """

    def __call__(self, request: Request, /) -> Awaitable[Response]:
        """Answer ``request``."""
        ...


Application = NativeApp | ASGIApp


def is_asgi(app: object) -> bool:
    """Tell whether ``app`` can only be called as ASGI 3 says: with scope, receive and send."""
    try:
        parameters = inspect.signature(cast("Callable[..., object]", app)).parameters.values()
    except (TypeError, ValueError):
        return False
    required = [
        p for p in parameters if p.default is p.empty and p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}
    ]
    return len(required) == 3


def native(app: NativeApp) -> Begin:
    """Return what begins to answer a request with a native application."""

    def begin(request: Request, outgoing: Writer | None, /) -> Coroutine[Any, Any, Response | None]:
        answer = app(request)
        return answer if inspect.iscoroutine(answer) else _await(answer)

    return begin


def with_early_hints(app: NativeApp, hints: Callable[[Request], Sequence[str]]) -> Begin:
    """Return what begins to answer a request with a native application, and sends 103 Early Hints before that."""
    begin = native(app)

    def begin_with_hints(request: Request, outgoing: Writer | None, /) -> Coroutine[Any, Any, Response | None]:
        links = hints(request)
        if links and outgoing is not None:
            outgoing.inform(103, list(Headers([("link", link) for link in links]).raw))
        return begin(request, outgoing)

    return begin_with_hints


async def _await(answer: Awaitable[Response]) -> Response:
    return await answer

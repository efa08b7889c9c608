"""What a server can serve: a native application or one of ASGI."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol, cast

from partita.http import Headers, Request, Response
from partita.http.asgi import ASGIApp
from partita.server.errors import NotAnApplication
from partita.server.shared import Begin, Writer

__all__ = ("Application", "NativeApp", "check_application", "is_asgi", "native", "with_early_hints")


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

_FORMS = "Expected: async def app(request) -> Response, or ASGI's async def app(scope, receive, send)."


def check_application(app: object) -> None:
    """Look whether ``app`` can be called at all, so that a mistake shows at the start and not at each request.

    Raises:
        NotAnApplication: If it is certain that it cannot be called with a request, nor with scope, receive and send.
    """
    if not callable(app):
        raise NotAnApplication(f"{_named(app)} cannot be called, so it is no application. {_FORMS}")
    if inspect.isclass(app) and not hasattr(app, "__await__"):
        raise NotAnApplication(f"{_named(app)} is a class. Serve an instance of it: {app.__name__}(...).")
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):
        return  # some that are written in C tell nothing
    if _takes(signature, 1) or _takes(signature, 3):
        return
    if _takes(signature, 2):
        hint = "It looks like WSGI; give it to partita.http.foreign.wsgi_handler first. "
    elif _takes(signature, 0):
        hint = "It looks like a function that makes the application; call it. "
    else:
        hint = ""
    raise NotAnApplication(f"{_named(app)} does not take one argument, nor three. {hint}{_FORMS}")


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _named(app: object) -> str:
    name = getattr(app, "__qualname__", None)
    return name if isinstance(name, str) else f"{app!r:.80}"


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

"""Who the visitor is: logging a client in and out, and reaching into its session, without going through pages."""

import hmac
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from partita.contracts.current import CURRENT
from partita.http import Request, Response
from partita.http.handlers import compose
from partita.testing.errors import ClientError

if TYPE_CHECKING:
    from partita.sessions import Change, Session
    from partita.testing.client import Client

__all__ = ("achange_session", "alog_in", "alog_out", "aopen_session", "awithin_layers")

T = TypeVar("T")


async def awithin_layers(client: "Client", visit: Callable[[Request], Awaitable[Any]]) -> Any:
    """Call ``visit`` with a request of the client that has gone through all layers of the application, as to a view.

    What it does to the session or the user is kept as after a real request.

    Raises:
        ClientError: If the client does not ask an application of `partita.web`.
    """
    app = client.application
    layers = getattr(app, "layers", None)
    if layers is None:
        raise ClientError("Only a client of an App can do this; this one asks a handler.")
    found: list[Any] = []

    async def innermost(request: Request) -> Response:
        found.append(await visit(request))
        return Response.empty()

    from partita.bridge import drive

    token = CURRENT.set(app)
    try:
        request = client.build_request("GET", "/")
        response = await drive(compose(innermost, layers())(request))
    finally:
        CURRENT.reset(token)
    if not found:
        raise ClientError(f"A layer of the application answered {response.status} before the request came through.")
    client.take_cookies(request, response)
    return found[0]


async def alog_in(client: "Client", user: Any, backend: str | None = None) -> None:
    """Log ``user`` in, whatever the password."""
    from partita.auth import alogin

    async def visit(request: Request) -> None:
        await alogin(request, user, backend)

    await awithin_layers(client, visit)


async def alog_out(client: "Client") -> None:
    """Log out, and forget the cookies."""
    from partita.auth import alogout

    await awithin_layers(client, alogout)
    client.cookies.clear()


async def achange_session(client: "Client", change: Callable[[Any], None] | None) -> dict[str, object]:
    """Let ``change`` change the session, and return what is in it then."""
    session = await _avisit_session(client, change or (lambda _: None))
    return dict(session)


async def aopen_session(client: "Client") -> "Session":
    """Return the visitor's session, loaded; what is saved of it goes through the layers of the application."""
    from partita.sessions import Session

    found = await _avisit_session(client, lambda _: None)
    session = Session(
        _ClientStore(client, msgspec.json.encode(found.load())),
        found.session_key,
        max_age=found.get_expiry_age(),
        at_browser_close=found.get_expire_at_browser_close(),
    )
    await session.aload()
    return session


async def _avisit_session(client: "Client", change: Callable[["Session"], None]) -> "Session":
    """Change the session as a view would; return it as the layers have left it, with its key of now."""
    from partita.sessions import SESSION

    async def visit(request: Request) -> "Session":
        session = request[SESSION]
        await session.aload()
        change(session)
        return session

    found: Session = await awithin_layers(client, visit)
    return found


class _ClientStore:
    """A session store that asks the application, so that the client gets the cookies of what it keeps.

    Args:
        client: The visitor.
        loaded: What was in the session when it was opened.
    """

    def __init__(self, client: "Client", loaded: bytes) -> None:
        self._client, self._loaded = client, loaded

    async def aload(self, token: str) -> bytes | None:
        loaded, self._loaded = self._loaded, b""
        if loaded:
            return loaded
        found = await _avisit_session(self._client, lambda _: None)
        return msgspec.json.encode(found.load()) if _has_token(found, token) else None

    async def asave(self, token: str | None, change: "Change", lifetime: float) -> str:
        def keep(session: "Session") -> None:
            if token is None:
                session.cycle_key()
            for name in change.removed:
                session.pop(name, None)
            session.update(change.updated)
            session.modified = True

        return (await _avisit_session(self._client, keep)).session_key or ""

    async def adelete(self, token: str) -> None:
        def end(session: "Session") -> None:
            if _has_token(session, token):
                for name in session.load():
                    del session[name]

        await _avisit_session(self._client, end)

    async def aclear_expired(self) -> int:
        return 0  # the application's own store does that

    def load(self, token: str) -> bytes | None:
        return self._run(self.aload(token))

    def save(self, token: str | None, change: "Change", lifetime: float) -> str:
        return self._run(self.asave(token, change, lifetime))

    def delete(self, token: str) -> None:
        self._run(self.adelete(token))

    def clear_expired(self) -> int:
        return 0

    def _run(self, steps: Coroutine[Any, Any, T]) -> T:
        from partita import bridge

        return bridge.wait(steps) if bridge.active() else self._client.run(steps)


def _has_token(session: "Session", token: str) -> bool:
    return hmac.compare_digest(session.session_key or "", token)

"""Who the visitor is: logging a client in and out, and reaching into its session, without going through pages."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from partita.contracts.current import CURRENT
from partita.http import Request, Response
from partita.http.handlers import compose
from partita.testing.errors import ClientError

if TYPE_CHECKING:
    from partita.testing.client import Client

__all__ = ("ahave_session", "alog_in", "alog_out", "awithin_layers")


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


async def alog_in(client: "Client", user: Any) -> None:
    """Log ``user`` in, whatever the password."""
    from partita.auth import alogin

    async def visit(request: Request) -> None:
        await alogin(request, user)

    await awithin_layers(client, visit)


async def alog_out(client: "Client") -> None:
    """Log out, and forget the cookies."""
    from partita.auth import alogout

    await awithin_layers(client, alogout)
    client.cookies.clear()


async def ahave_session(client: "Client", change: Callable[[Any], None] | None) -> dict[str, object]:
    """Let ``change`` change the session, and return what is in it then."""
    from partita.sessions import SESSION

    async def visit(request: Request) -> dict[str, object]:
        session = request[SESSION]
        await session.aload()
        if change is not None:
            change(session)
        return dict(session)

    found: dict[str, object] = await awithin_layers(client, visit)
    return found

"""Log users in for tests, without a password and its hashing."""

import asyncio
from typing import Any, Protocol

from partita.auth.login import alogin
from partita.auth.users import AbstractUser
from partita.contracts.current import CURRENT
from partita.http import MIDDLEWARE, Request, Response
from partita.http.handlers import SESSION, compose

__all__ = ("aforce_login", "force_login")


class Browser(Protocol):
    """What `force_login` needs of a client, such as `partita.testing.Client`."""

    app: Any
    host: str

    @property
    def cookies(self) -> Any:
        """The cookie jar."""


def force_login(client: Browser, user: AbstractUser) -> None:
    """Give ``client`` a session in which ``user`` is logged in."""
    asyncio.run(aforce_login(client, user))


async def aforce_login(client: Browser, user: AbstractUser) -> None:
    """Async twin of `force_login`."""

    async def log_in(request: Request) -> Response:
        await alogin(request, user)
        return Response.empty()

    app = client.app
    # The application's own session layer makes the session, whatever store it has.
    handler = compose(log_in, [layer for layer in app.all(MIDDLEWARE) if layer.order == SESSION])
    token = CURRENT.set(app)
    try:
        response = await handler(Request.build("POST", "/", headers={"host": client.host}))
    finally:
        CURRENT.reset(token)
    for field in response.headers.get_all("set-cookie"):
        client.cookies.take(field, client.host, "/")

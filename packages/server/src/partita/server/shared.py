"""What all connections of one server share."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from partita.http import Request, Response
from partita.http.dates import format_date
from partita.server.options import Options

if TYPE_CHECKING:
    from partita.http.forwarded import TrustedProxies
    from partita.server.connection import Connection
    from partita.server.outgoing import Outgoing

__all__ = ("Begin", "Shared")


class Begin(Protocol):
    """Begins to answer a request."""

    def __call__(self, request: Request, outgoing: "Outgoing | None", /) -> Coroutine[Any, Any, Response | None]:
        """Return a coroutine that gives the response, or None once it has written one to ``outgoing``."""
        ...


class Shared:
    """The application, the options, the connections and a clock that is good enough for timeouts.

    Args:
        begin: Called with each request.
        options: Of the server.
        loop: The running event loop.
        wants_outgoing: Whether ``begin`` writes by itself.
    """

    __slots__ = ("begin", "connections", "date", "loop", "now", "options", "proxies", "stopping", "wants_outgoing")

    def __init__(self, begin: Begin, options: Options, loop: asyncio.AbstractEventLoop, wants_outgoing: bool) -> None:
        self.begin, self.options, self.loop, self.wants_outgoing = begin, options, loop, wants_outgoing
        self.proxies = _proxies(options) if options.trusted_proxies else None
        self.connections: set[Connection] = set()
        self.stopping = False
        self.now = loop.time()
        self.date = b""

    def tick(self, seconds: float) -> None:
        """Set the clocks and end what took too long.

        Args:
            seconds: Since 1970, for the ``Date`` of responses.
        """
        self.now = self.loop.time()
        self.date = b"date: %b\r\n" % format_date(seconds).encode("ascii")
        for connection in [*self.connections]:
            connection.check_deadline(self.now)


def _proxies(options: Options) -> "TrustedProxies":
    from partita.http import forwarded  # few servers need it

    return forwarded.TrustedProxies(options.trusted_proxies, options.forwarded_fields, options.forwarded_host)

"""What all connections of one server share."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextvars import Context, copy_context
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Protocol

from partita.http import Headers, Request, Response
from partita.http.asgi import ASGIApp
from partita.http.dates import format_date
from partita.server.capacity import SPARE
from partita.server.options import Options
from partita.server.tasks import Starter

if TYPE_CHECKING:
    from partita.http.forwarded import TrustedProxies

__all__ = ("CLIENT_LEFT", "Begin", "Served", "Shared", "Writer", "mounted")


_log = logging.getLogger("partita.server")

CLIENT_LEFT = "The client went away."
"""The message with which a task is cancelled whose client has left."""


class Writer(Protocol):
    """Writes one response piece by piece, in whatever version of HTTP; see `outgoing.Outgoing`."""

    @property
    def started(self) -> bool:
        """Whether the head has been written."""
        ...

    def begin(self, status: int, headers: Headers, length: int | None = None) -> None:
        """Write the head."""

    async def write(self, chunk: bytes) -> None:
        """Write a piece of the body."""

    def end(self) -> None:
        """Say that the body is complete."""

    def end_with_trailers(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Say that the body is complete, with fields behind it."""

    def inform(self, status: int, fields: list[tuple[bytes, bytes]]) -> None:
        """Write an interim response."""


class Served(Protocol):
    """A connection as the server sees it, whatever it speaks."""

    def check_deadline(self, now: float) -> None:
        """End what takes too long."""

    def shut_down(self) -> None:
        """End once what runs is done."""

    def cut(self) -> None:
        """End at once."""


class Begin(Protocol):
    """Begins to answer a request."""

    def __call__(self, request: Request, outgoing: Writer | None, /) -> Coroutine[Any, Any, Response | None]:
        """Return a coroutine that gives the response, or None once it has written one to ``outgoing``."""
        ...


class Shared:
    """The application, the options, the connections and the clocks.

    Args:
        begin: Called with each request.
        options: Of the server.
        loop: The running event loop.
        wants_outgoing: Whether ``begin`` writes by itself.
        websocket: Called for each WebSocket, as ASGI says; None if they are not served.
        state: Of the application's lifespan.
        context: What all requests see of context variables; each gets a copy of its own. That of here by default.
        handler: What ``begin`` calls in the end, if that is a coroutine function and needs nothing but the request.
    """

    __slots__ = (
        "_told",
        "begin",
        "connections",
        "context",
        "date",
        "handler",
        "idle_timeout",
        "is_direct",
        "is_plain",
        "limits",
        "loop",
        "max_requests",
        "most",
        "options",
        "proxies",
        "root_path",
        "start",
        "state",
        "stopping",
        "time",
        "wants_outgoing",
        "websocket",
    )

    def __init__(
        self,
        begin: Begin,
        options: Options,
        loop: asyncio.AbstractEventLoop,
        wants_outgoing: bool,
        websocket: ASGIApp | None = None,
        state: Mapping[str, Any] | None = None,
        context: Context | None = None,
        handler: Callable[..., Any] | None = None,
    ) -> None:
        self.begin, self.options, self.loop, self.wants_outgoing = begin, options, loop, wants_outgoing
        # These are asked for at each request.
        self.limits, self.idle_timeout, self.max_requests = options.limits, options.idle_timeout, options.max_requests
        self.context = copy_context() if context is None else context
        self.handler = handler if handler is not None and iscoroutinefunction(handler) else None
        # Whether there is nothing to a request but to ask the handler and to write what it gives.
        self.is_plain = self.handler is not None and not options.access_log and not options.max_requests
        self.start = Starter(loop).start
        self.root_path = options.root_path.rstrip("/")
        self.proxies = _proxies(options) if options.trusted_proxies else None
        # Whether what comes over the wire is what a request says: there is no proxy whose word counts, nor a path to cut off.
        self.is_direct = self.proxies is None and not self.root_path
        self.connections: set[Served] = set()
        self.websocket = websocket
        self.state: dict[str, Any] = dict(state or {})
        self.stopping = False
        self.most = options.max_connections  # connections; 0 for no bound
        self._told = False
        self.time = loop.time  # in seconds, for deadlines
        self.date = b""

    @property
    def is_crowded(self) -> bool:
        """Whether there are more connections than there may be, so that the newest one is to be refused."""
        if not self.most or len(self.connections) <= self.most:
            return False
        if not self._told:
            self._told = True
            bound = "max_connections" if self.options.max_connections else "the limit on open files (ulimit -n)"
            _log.warning("More than %d connections, which is what %s allows: others are refused", self.most, bound)
        return True

    @property
    def is_overcrowded(self) -> bool:
        """Whether there is not even room to say so."""
        return len(self.connections) > self.most + SPARE

    def tick(self, seconds: float) -> None:
        """Set the date and end what took too long.

        Args:
            seconds: Since 1970, for the ``Date`` of responses.
        """
        self.date = b"date: %b\r\n" % format_date(seconds).encode("ascii")
        now = self.time()
        for connection in [*self.connections]:
            try:
                connection.check_deadline(now)
            except Exception:  # noqa: BLE001 - one fault of ours must not leave all that come behind it without timeouts
                _log.exception("A connection could not be looked at, and is cut")
                connection.cut()


def mounted(path: str, raw_path: bytes, root_path: str) -> tuple[str, bytes]:
    """Return the two forms of a path without the part where the application is mounted, if it is there.

    Proxies differ in whether they cut it off themselves.

    Args:
        path: Decoded.
        raw_path: As it came.
        root_path: Begins with a slash and does not end with one.
    """
    if path != root_path and not path.startswith(root_path + "/"):
        return path, raw_path
    # The raw form may be escaped differently, so it is cut by parts.
    return path[len(root_path) :] or "/", b"/" + b"/".join(raw_path.split(b"/")[root_path.count("/") + 1 :])


def _proxies(options: Options) -> "TrustedProxies":
    from partita.http import forwarded  # few servers need it

    return forwarded.TrustedProxies(options.trusted_proxies, options.forwarded_fields, options.forwarded_host)

"""A server in a running event loop: start it, stop it."""

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, cast

from partita.http import Request
from partita.http.asgi import ASGIApp
from partita.server.applications import Application, NativeApp, check_application, is_asgi, native, with_early_hints
from partita.server.asgi import Lifespan, asgi
from partita.server.capacity import SPARE, most_connections
from partita.server.connection import Connection
from partita.server.errors import ServerError, StartupFailed
from partita.server.options import Options
from partita.server.shared import Shared
from partita.server.sockets import listen

if TYPE_CHECKING:
    import ssl

    from partita.server.tls_accepting import TLSAccepting
    from partita.server.watch import LoopWatch

__all__ = ("Server",)

_log = logging.getLogger("partita.server")
_TICK = 0.25  # seconds between looks at all connections: no timeout ends early, none later than two of these
_LATE, _CATCH_UP = 0.1, 0.02
_OPTIONS = Options()
_POLL = 0.05
_AT_ONCE = SPARE // 4  # connections
_ACCEPTED = 0.05  # seconds in which connections that were accepted already turn up


class Server:
    """Serves one application.

    Args:
        app: Native (``async __call__(request) -> Response``), or of ASGI.
        options: Limits and timeouts.
        asgi: Whether ``app`` is of ASGI; found out from its signature by default.
        ssl: For TLS.

    Raises:
        NotAnApplication: If ``app`` can be neither.
    """

    def __init__(
        self,
        app: Application,
        options: Options = _OPTIONS,
        *,
        asgi: bool | None = None,
        ssl: "ssl.SSLContext | None" = None,
    ) -> None:
        check_application(app)
        self._app = app
        self._options = options
        self._is_asgi = is_asgi(app) if asgi is None else asgi
        self._ssl = ssl
        self._lifespan: Lifespan | None = None
        self._shared: Shared | None = None
        self._servers: list[asyncio.AbstractServer | TLSAccepting] = []
        self._timer: asyncio.TimerHandle | None = None
        self._due, self._caught_up = 0.0, False
        self._watch: LoopWatch | None = None
        self._sockets: list[socket.socket] = []

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Host and port of everything it listens on, but for UNIX sockets."""
        return tuple([sock.getsockname()[:2] for sock in self._sockets if sock.family != socket.AF_UNIX])

    async def start(
        self, host: str = "127.0.0.1", port: int = 8000, sockets: Sequence[socket.socket] | None = None
    ) -> None:
        """Start the application, then listen.

        Args:
            host: To listen on.
            port: 0 takes a free one; see `addresses`.
            sockets: Instead of host and port; they listen already.

        Raises:
            AddressInUse: If something else listens there.
            CannotListen: If the system does not allow it, or ``host`` is not of this machine.
            ServerError: If the options do not fit together.
            StartupFailed: If the application cannot start.
        """
        if self._options.proxy_protocol and self._ssl is not None:
            raise ServerError(
                "The PROXY protocol comes before TLS, which this server cannot read then: end TLS at the proxy."
            )
        loop = asyncio.get_running_loop()
        self._sockets = list(sockets) if sockets is not None else [listen(host, port, self._options.backlog)]
        try:
            shared = self._shared = await self._start_app(loop)
        except BaseException:
            for sock in self._sockets:
                sock.close()
            raise
        shared.most = shared.most or most_connections()
        shared.tick(time.time())
        if self._options.blocked_after:
            from partita.server.watch import LoopWatch  # for development

            self._watch = LoopWatch(loop, self._options.blocked_after)
            self._watch.start()
        self._due = shared.time() + _TICK
        self._timer = loop.call_later(_TICK, self._tick)
        for sock in self._sockets:
            self._servers.append(await self._accepting(sock, shared))
            sock.listen(self._options.backlog)

    async def _accepting(self, sock: socket.socket, shared: Shared) -> "asyncio.AbstractServer | TLSAccepting":
        """Begin to accept connections."""
        make = partial(Connection, shared)
        if self._ssl is not None:
            from partita.server.tls_accepting import TLSAccepting  # few servers need it: a proxy does it for them

            return TLSAccepting(sock, shared, make, self._ssl, _AT_ONCE)
        factory: Callable[[], asyncio.Protocol] = make
        if self._options.proxy_protocol:
            from partita.server.proxy_protocol import Behind  # few servers need it

            factory = Behind(self._options.proxy_protocol, shared, make)
        # asyncio accepts as many at one turn as it takes for the backlog, and counts none of them meanwhile.
        backlog = min(self._options.backlog, _AT_ONCE)
        return await shared.loop.create_server(factory, sock=sock, backlog=backlog)

    async def stop(self, grace: float | None = None) -> bool:
        """Stop: accept nothing more, finish what runs, then end the application.

        Args:
            grace: Seconds for running requests; the options' by default.

        Returns:
            Whether every request was finished.
        """
        shared = self._shared
        if shared is None:
            return True
        shared.stopping, shared.is_plain = True, False
        stopping = cast("Callable[[], object] | None", getattr(self._app, "stopping", None))
        if stopping is not None:
            stopping()
        for server in self._servers:
            server.close()
        await asyncio.sleep(_ACCEPTED)
        for connection in [*shared.connections]:
            connection.shut_down()
        finished = await self._wait_for_connections(shared, self._options.grace if grace is None else grace)
        if not finished:
            _log.warning("Cutting %d connections that did not finish in time", len(shared.connections))
            self.cut()
            await self._wait_for_connections(shared, 1.0)
        if self._timer is not None:
            self._timer.cancel()
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
        self._servers.clear()
        self._shared = None
        await self._stop_app(self._options.grace if grace is None else grace)
        return finished

    def cut(self) -> None:
        """Close every connection without waiting for anything."""
        if self._shared is not None:
            for connection in [*self._shared.connections]:
                connection.cut()

    async def _wait_for_connections(self, shared: Shared, seconds: float) -> bool:
        deadline = shared.loop.time() + seconds
        pause = 0.001
        while shared.connections and shared.loop.time() < deadline:
            await asyncio.sleep(pause)
            pause = min(pause * 2, _POLL)
        return not shared.connections

    async def _start_app(self, loop: asyncio.AbstractEventLoop) -> Shared:
        if self._is_asgi:
            app = cast("ASGIApp", self._app)
            self._lifespan = Lifespan(app)
            await self._lifespan.startup()
            state = self._lifespan.state
            return Shared(
                asgi(app, state, self._lifespan.running),
                self._options,
                loop,
                wants_outgoing=True,
                websocket=app,
                state=state,
            )
        startup = cast("Callable[[], Awaitable[None]] | None", getattr(self._app, "startup", None))
        if startup is not None:
            try:
                await startup()
            except Exception as error:
                raise StartupFailed(f"The application could not start: {error}") from error
        websocket = cast("ASGIApp | None", getattr(self._app, "websocket", None))
        handler, context = cast("NativeApp", self._app), copy_context()
        for_server = cast("Callable[[str], NativeApp] | None", getattr(handler, "for_server", None))
        if for_server is not None:
            handler = context.run(for_server, self._options.root_path.rstrip("/"))
        hints = cast("Callable[[Request], Sequence[str]] | None", getattr(self._app, "early_hints", None))
        return Shared(
            native(handler) if hints is None else with_early_hints(handler, hints),
            self._options,
            loop,
            wants_outgoing=hints is not None,
            websocket=websocket,
            context=context,
            handler=handler if hints is None else None,
        )

    async def _stop_app(self, grace: float) -> None:
        if self._lifespan is not None:
            await self._lifespan.shutdown(grace)
        elif (shutdown := getattr(self._app, "shutdown", None)) is not None:
            await shutdown()

    def _tick(self) -> None:
        """Look at all connections, and after a while again.

        Where something held the loop up, what clients have sent meanwhile may not have been read yet. Nobody is to be ended for
        that, so the look is put off until it has been read, once.
        """
        shared = self._shared
        if shared is None:
            return
        now = shared.time()
        held_up, self._due = now > self._due + _LATE, now + _CATCH_UP
        if held_up and not self._caught_up:
            self._caught_up = True
            self._timer = shared.loop.call_later(_CATCH_UP, self._tick)
            return
        self._caught_up, self._due = False, now + _TICK
        self._timer = shared.loop.call_later(_TICK, self._tick)
        shared.tick(time.time())

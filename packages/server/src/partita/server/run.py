"""Serving until a signal says stop."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from partita.server.applications import Application
from partita.server.options import Options
from partita.server.server import Server
from partita.server.sockets import inherited, listen, listen_unix, remove_unix, url_of
from partita.server.workers import supervise

if TYPE_CHECKING:
    import ssl as tls

__all__ = ("aserve", "serve")

_log = logging.getLogger("partita.server")
_OPTIONS = Options()


def serve(
    app: Application,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    workers: int = 1,
    options: Options = _OPTIONS,
    asgi: bool | None = None,
    ready: Callable[[str], None] | None = None,
    unix: str | None = None,
    ssl: "tls.SSLContext | None" = None,
) -> None:
    """Serve ``app`` until SIGINT or SIGTERM; a second signal does not wait for running requests.

    Args:
        app: Native or ASGI; see `Server`.
        host: To listen on.
        port: 0 takes a free one.
        workers: Processes; more than one need ``fork``, so no Windows.
        options: Limits and timeouts.
        asgi: See `Server`.
        ready: Called with the URL when the server listens.
        unix: Path of a UNIX socket, instead of host and port; removed at the end.
        ssl: For TLS; see `tls.tls_context`.

    Raises:
        AddressInUse: If something else listens there.
        StartupFailed: If the application cannot start.
    """
    handed = inherited()
    sock = handed or (listen(host, port, options.backlog) if unix is None else listen_unix(unix, options.backlog))
    url = url_of(sock, ssl is not None)
    remaining = sock.dup()  # the server closes its own, and the path can be asked for only while one is open
    try:
        if workers > 1:
            if ready is not None:
                ready(url)
            supervise(lambda: _run(app, [sock], options, asgi, None, ssl), workers, options.grace)
        else:
            _run(app, [sock], options, asgi, None if ready is None else lambda: ready(url), ssl)
    finally:
        if handed is None:
            remove_unix(remaining)
        remaining.close()
        sock.close()


async def aserve(
    app: Application,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    sockets: Sequence[socket.socket] | None = None,
    options: Options = _OPTIONS,
    asgi: bool | None = None,
    ready: Callable[[], None] | None = None,
    ssl: "tls.SSLContext | None" = None,
) -> None:
    """Async twin of `serve`, for one process and in the event loop that runs.

    Args:
        app: See `serve`.
        host: See `serve`.
        port: See `serve`.
        sockets: Instead of host and port; they listen already.
        options: See `serve`.
        asgi: See `serve`.
        ready: Called when the server listens.
        ssl: See `serve`.
    """
    server = Server(app, options, asgi=asgi, ssl=ssl)
    await server.start(host, port, sockets)
    if ready is not None:
        ready()
    stop, force = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        (force if stop.is_set() else stop).set()

    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, on_signal)
    try:
        await stop.wait()
        _log.info("Stopping; waiting for running requests")
        stopping = asyncio.create_task(server.stop())
        forced = asyncio.create_task(force.wait())
        await asyncio.wait([stopping, forced], return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            server.cut()
        await stopping
        forced.cancel()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _run(
    app: Application,
    sockets: Sequence[socket.socket],
    options: Options,
    asgi: bool | None,
    ready: Callable[[], None] | None,
    ssl: "tls.SSLContext | None",
) -> None:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(aserve(app, sockets=sockets, options=options, asgi=asgi, ready=ready, ssl=ssl))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop

"""Serving until a signal says stop."""

import asyncio
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from partita.server.applications import Application
from partita.server.errors import ServerError
from partita.server.options import Options
from partita.server.own_command import this_command
from partita.server.server import Server
from partita.server.sockets import inherited, listen, listen_unix, remove_unix, url_of
from partita.server.stopping import Stops, passed_on, started_by
from partita.server.succession import RELOAD_SIGNALS, Reloads, Successor, hold, is_successor, tell_ready
from partita.server.workers import supervise

if TYPE_CHECKING:
    import ssl as tls

__all__ = ("aserve", "serve")

_log = logging.getLogger("partita.server")
_OPTIONS = Options()
_LOOK = 0.5  # seconds between looks for the process that started this one


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
    """Serve ``app`` until SIGINT or SIGTERM; a second signal does not wait for running requests, and from the first on new connections
    are refused, so that whoever makes them turns to somebody else.

    SIGHUP or SIGUSR2 starts the program again, with new code, settings and certificates: the new process takes over the
    socket once it serves, and this one finishes what it has and then only passes signals on. If the new one cannot start,
    nothing changes.

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
        CannotListen: If the system does not allow it, or ``host`` is not of this machine.
        NotAnApplication: If ``app`` is none.
        StartupFailed: If the application cannot start.
    """
    handed = inherited()
    sock = handed or (listen(host, port, options.backlog) if unix is None else listen_unix(unix, options.backlog))
    url = url_of(sock, ssl is not None)
    remaining = sock.dup()  # the server closes its own, and the path can be asked for only while one is open
    restart, reloads = None, None
    parent = started_by()
    if is_successor():
        for number in RELOAD_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # they are for the process that started this one
    elif RELOAD_SIGNALS and threading.current_thread() is threading.main_thread():
        restart, reloads = partial(Successor, this_command(), remaining), Reloads()

    def refuse() -> None:
        if remaining.fileno() != -1:
            if handed is None:
                remove_unix(remaining)
            _close(remaining, sock)

    def on_ready() -> None:
        if ready is not None:
            ready(url)
        tell_ready()

    try:
        with reloads or nullcontext(), Stops(parent) as stops:
            if workers > 1:
                if ready is not None:
                    ready(url)  # the socket listens, so requests wait at worst
                successor = supervise(
                    lambda told, supervisor: _work(
                        app, [sock], options, asgi, told, ssl, supervisor, partial(_close, remaining, sock)
                    ),
                    workers,
                    options.grace,
                    tell_ready,
                    stops,
                    refuse,
                    restart,
                    reloads,
                )
            else:
                successor = _run(app, [sock], options, asgi, on_ready, ssl, stops, refuse, restart, reloads)
            if successor is not None and restart is not None and reloads is not None:
                sock.close()
                status = hold(successor, restart, reloads, stops, refuse)
                if status > 0 and not stops.asked:
                    raise ServerError(f"The process that took over ended with status {status}; its log says why.")
    finally:
        refuse()


def _close(*sockets: socket.socket) -> None:
    for sock in sockets:
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
    with Stops() as stops:
        await _serve_until_told(app, host, port, sockets, options, asgi, ready, ssl, stops, None, None, None)


async def _serve_until_told(
    app: Application,
    host: str,
    port: int,
    sockets: Sequence[socket.socket] | None,
    options: Options,
    asgi: bool | None,
    ready: Callable[[], None] | None,
    ssl: "tls.SSLContext | None",
    stops: Stops,
    refuse: Callable[[], None] | None,
    restart: Callable[[], Successor] | None,
    reloads: Reloads | None,
) -> Successor | None:
    """Serve; return the process that has taken over, or was about to when a signal to stop came, which it has got as well."""
    server = Server(app, options, asgi=asgi, ssl=ssl)
    await server.start(host, port, sockets)
    if ready is not None:
        ready()
    stop, force = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    successor: Successor | None = None
    looks: asyncio.Handle | None = None
    received = 0

    def on_signal() -> None:
        nonlocal received
        for _ in stops.take():
            received += 1
            (stop if received == 1 else force).set()
            if successor is not None:
                successor.process.send_signal(passed_on(received))

    def look_for_parent() -> None:
        nonlocal looks
        if stops.is_orphan():
            _log.warning("The process that started this one has died")
            stop.set()
        else:
            looks = loop.call_later(_LOOK, look_for_parent)

    def on_reload() -> None:
        nonlocal successor
        if successor is None and restart is not None and reloads is not None and not stop.is_set() and reloads.take():
            successor = restart()
            loop.add_reader(successor.fileno, on_successor)

    def on_successor() -> None:
        nonlocal successor
        assert successor is not None
        loop.remove_reader(successor.fileno)
        if stops.asked:
            return
        if successor.poll():
            stop.set()
        else:
            successor = None
            on_reload()  # perhaps another signal has come meanwhile

    stops.notify = lambda: loop.call_soon_threadsafe(on_signal)
    stops.listen()
    look_for_parent()
    if reloads is not None:
        reloads.notify = lambda: loop.call_soon_threadsafe(on_reload)
        on_reload()
    try:
        await stop.wait()
        _log.info("Stopping; waiting for running requests")
        stopping = asyncio.create_task(server.stop())
        forced = asyncio.create_task(force.wait())
        if refuse is not None and (successor is None or stops.asked):
            await asyncio.sleep(0)  # the loop lets go of the socket first
            refuse()
        await asyncio.wait([stopping, forced], return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            server.cut()
        await stopping
        forced.cancel()
    finally:
        if looks is not None:
            looks.cancel()
        stops.notify = None
        if reloads is not None:
            reloads.notify = None
    return successor


def _run(
    app: Application,
    sockets: Sequence[socket.socket],
    options: Options,
    asgi: bool | None,
    ready: Callable[[], None],
    ssl: "tls.SSLContext | None",
    stops: Stops,
    refuse: Callable[[], None],
    restart: Callable[[], Successor] | None,
    reloads: Reloads | None,
) -> Successor | None:
    def on_ready() -> None:
        # What the start has made lives as long as the process; the collector need not visit it again and again.
        # The oldest is hardly ever garbage by now, and going through it would take a tenth of the whole start.
        gc.collect(1)
        gc.freeze()
        ready()

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(
                _serve_until_told(app, "", 0, sockets, options, asgi, on_ready, ssl, stops, refuse, restart, reloads)
            )
    finally:
        gc.unfreeze()


def _work(
    app: Application,
    sockets: Sequence[socket.socket],
    options: Options,
    asgi: bool | None,
    ready: Callable[[], None],
    ssl: "tls.SSLContext | None",
    parent: int,
    refuse: Callable[[], None],
) -> None:
    with Stops(parent) as stops:
        _run(app, sockets, options, asgi, ready, ssl, stops, refuse, None, None)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop

"""What one request costs between the transport's two calls, of the ceiling of `bench_peers` and of applications: microseconds of processor time.

    python packages/server/bench/bench_in_process.py [--sockets] [--varied] [--rounds 15] [--cases JSON] [--count 6400]

64 connections get the bytes of one request each, the loop turns until all have answered, and so on. All take turns, in one process,
and the shortest of the rounds counts, so this tells more than wrk does where other programs run, too. Without ``--sockets`` there
is no kernel: what is measured is the protocol and the application alone. With it there are real connections and the share of the kernel
counts, but for what the client asks of it. With ``--varied`` each request has another query. With ``--steps`` there are,
instead of times, the instructions of the interpreter, which no other program touches.
"""

import argparse
import asyncio
import gc
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextvars import copy_context
from types import FrameType
from typing import Any

import uvloop

sys.path.insert(0, __file__.rpartition("/")[0])

from bench_peers import CASES, CEILING, PARTITA, POST

from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.options import Options
from partita.server.shared import Shared
from partita.web import App, Settings

CONNECTIONS = 64
OWN = "bench_in_process.py"
_FIELDS = b" HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n"
_POST_FIELDS = b"Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\nContent-Length: %d\r\n" % len(POST)


class Nowhere(asyncio.Transport):
    """A transport that counts what is written."""

    written = 0
    last = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Count it."""
        self.written += 1
        self.last = data

    def get_write_buffer_size(self) -> int:
        """Return that nothing waits."""
        return 0


def ceiling(loop: asyncio.AbstractEventLoop) -> Callable[[], Any]:
    """Return what makes connections of the hand-written server."""
    names: dict[str, Any] = {"LOOP": loop}
    exec(compile(CEILING.partition("async def main")[0].replace("int(sys.argv[1])", "0"), "ceiling", "exec"), names)
    return names["Connection"]


async def partita(settings: Settings, **options: Any) -> Callable[[], Connection]:
    """Return what makes connections of an application."""
    names: dict[str, Any] = {}
    exec(compile(PARTITA.replace("int(sys.argv[1])", "0"), "application", "exec"), names)
    app = App(settings, urls=names["urls"], **options)
    await app.startup()
    loop = asyncio.get_running_loop()
    made: list[Shared] = []

    def make() -> Connection:  # called in a context of its own, since the application puts itself into it
        if not made:
            handler = app.for_server()
            made.append(Shared(native(app), Options(), loop, wants_outgoing=False, handler=handler))
            made[0].tick(time.time())
        return Connection(made[0])

    context = copy_context()
    return lambda: context.run(make)


def feed(make: Callable[[], Any]) -> tuple[list[Any], Callable[[list[bytes]], Any]]:
    """Return transports, and what lets their connections answer requests; that gives the seconds of processor time for one."""
    transports = [Nowhere() for _ in range(CONNECTIONS)]
    connections = [make() for _ in transports]
    for connection, transport in zip(connections, transports, strict=True):
        connection.connection_made(transport)
    loop = asyncio.get_running_loop()

    async def run(wanted: list[bytes]) -> float:
        receivers = [connection.data_received for connection in connections]
        before = sum(transport.written for transport in transports)
        done = loop.create_future()
        at, start = 0, 0.0

        def turn() -> None:  # from a callback, as the loop calls it: outside of any task
            nonlocal at, start
            if not start:
                start = time.process_time()
            if at >= len(wanted):
                done.set_result((time.process_time() - start) / len(wanted))
                return
            for receive, request in zip(receivers, wanted[at : at + CONNECTIONS], strict=False):
                receive(request)
            at += CONNECTIONS
            loop.call_soon(turn)  # behind what the connections have called for

        loop.call_soon(turn)
        spent = await done
        if sum(transport.written for transport in transports) - before < len(wanted):
            raise RuntimeError("not every request was answered")
        return spent

    return transports, run


async def feed_sockets(
    make: Callable[[], Any], loop: asyncio.AbstractEventLoop
) -> tuple[list[Any], Callable[[list[bytes]], Any]]:
    """Do as `feed`, over real connections; what the client does in between is not counted."""
    server = await loop.create_server(make, "127.0.0.1", 0)
    clients = [socket.create_connection(server.sockets[0].getsockname()) for _ in range(CONNECTIONS)]
    for client in clients:
        client.setblocking(False)
    answers = [Nowhere() for _ in clients]
    await asyncio.sleep(0.1)

    async def run(wanted: list[bytes]) -> float:
        done = loop.create_future()
        at, spent, start = 0, 0.0, 0.0
        waiting: list[int] = []

        def turn() -> None:
            nonlocal at, spent, start
            if start:
                spent += time.process_time() - start
            while waiting:
                try:
                    answers[waiting[-1]].last = clients[waiting[-1]].recv(65536)
                except BlockingIOError:
                    break
                waiting.pop()
            else:
                if at >= len(wanted):
                    done.set_result(spent / len(wanted))
                    return
                for number, request in enumerate(wanted[at : at + CONNECTIONS]):
                    clients[number].send(request)
                    waiting.insert(0, number)
                at += CONNECTIONS
            start = time.process_time()
            loop.call_soon(turn)

        loop.call_soon(turn)
        return await done

    return answers, run


def request_of(case: str, number: int | None) -> bytes:
    """Return the bytes of a request, with another query for each ``number``."""
    target = CASES[case].encode()
    if number is not None:
        target += b"%bn=%d" % (b"&" if b"?" in target else b"?", number)
    if case == "POST JSON":
        return b"POST %b%b%b\r\n%b" % (target, _FIELDS, _POST_FIELDS, POST.encode())
    return b"GET %b%b\r\n" % (target, _FIELDS)


async def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--varied", action="store_true", help="another query in each request")
    parser.add_argument("--rounds", type=int, default=15, help="of which the best counts")
    parser.add_argument("--count", type=int, default=6400, help="requests of a round")
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--only", default="", help="such as ceiling,all")
    parser.add_argument("--sockets", action="store_true", help="real connections")
    parser.add_argument("--steps", action="store_true", help="instructions of the interpreter instead of times")
    options = parser.parse_args()
    cases = options.cases.split(",")
    whole = Settings(secret_key="x" * 50, allowed_hosts=["127.0.0.1"])
    bare = Settings(secret_key="x" * 50, sections={"web": {"compress": False}})
    makers = {
        "ceiling": ceiling(asyncio.get_running_loop()),
        "no layers": await partita(bare, default_apps=()),
        "all default layers": await partita(whole),
    }
    if options.only:
        makers = {name: make for name, make in makers.items() if any(part in name for part in options.only.split(","))}
    requests = {
        case: [request_of(case, number if options.varied else None) for number in range(options.count)]
        for case in cases
    }
    runs = {}
    for name, make in makers.items():
        for case in cases:
            if options.sockets:
                transports, run = await feed_sockets(make, asyncio.get_running_loop())
            else:
                transports, run = feed(make)
            await run(requests[case])
            if not all(transport.last.startswith(b"HTTP/1.1 200") for transport in transports):
                raise RuntimeError(f"{name}, {case}: {transports[0].last!r}")
            runs[name, case] = run
    gc.collect()
    gc.freeze()
    if options.steps:
        await count_steps(runs, requests)
        return
    best: dict[tuple[str, str], float] = {}
    for _ in range(options.rounds):
        for (name, case), run in runs.items():
            spent = await run(requests[case]) * 1e6
            best[name, case] = min(spent, best.get((name, case), spent))
    first = next(iter(makers))
    print(f"| us a request | {' | '.join(cases)} |")
    print(f"|---|{'---:|' * len(cases)}")
    for name in makers:
        cells = [f"{best[name, case]:.2f} ({best[first, case] / best[name, case]:.2f})" for case in cases]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\nIn brackets: the speed compared with {first}.")


async def count_steps(runs: dict[tuple[str, str], Any], requests: dict[str, list[bytes]]) -> None:
    """Print how many instructions of the interpreter one request takes, and in which functions."""
    for (name, case), run in runs.items():
        counts: Counter[str] = Counter()

        def trace(frame: FrameType, event: str, argument: object, counts: Counter[str] = counts) -> Any:
            frame.f_trace_lines, frame.f_trace_opcodes = False, True
            if event == "opcode":
                counts[f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_code.co_qualname}"] += 1
            return trace

        sys.settrace(trace)
        try:
            await run(requests[case])
        finally:
            sys.settrace(None)
        count = len(requests[case])
        shown = {key: times / count for key, times in counts.most_common() if times >= count and OWN not in key}
        print(f"{name}, {case}: {sum(shown.values()):.0f}")
        for key, times in shown.items():
            print(f"    {times:6.1f} {key}")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())

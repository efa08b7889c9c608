"""Random streams of messages through the server's connection and through a slow strict reader: they may not differ.

    python tools/fuzz_http.py [--count 10000000] [--processes 2] [--seed N] [--minutes 60]

Several messages come over one connection, cut anywhere, so that all its short ways are tried: for what comes whole, for what
comes again, for what has the same fields as the one before. Compared are the requests that the application gets with what it
reads of their bodies, and how the connection ends. One head in sixteen that is taken is read by h11 as well, which has to find
the same in it. A difference is printed with its bytes, and the status is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence

import h11
from strict_http import Bounds, Head, Reading, read_stream

from partita.http import Limits, Request, Response
from partita.server import Options
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.shared import Shared

__all__ = ("Differ", "Difference", "main")

STATUSES = frozenset({400, 413, 414, 417, 431, 501, 505})
LIMITS = Limits(max_target=200, max_header_bytes=600, max_headers=8, max_body=1000, max_upload=1000)
BOUNDS = Bounds(target=200, header_bytes=600, headers=8, body=1000)
BYTES = b'\0\t\n\x0b\x0c\r\x1f !"#%()*+,-./09:;<=>?@AZ[\\]_`az{|}~\x7f\x80\x85\xa0\xad\xb2\xff'
METHODS = [b"GET", b"POST", b"HEAD", b"OPTIONS", b"PUT", b"PROPFIND", b"CONNECT", b"PRI", b"get", b"SETUP", b"SOURCE"]
TARGETS = [b"/", b"/a?b=c", b"/%41/", b"*", b"http://a/", b"https://a:80?x", b"//a", b"a", b"http://b/", b"/" + b"x" * 198,
           b"HTTP://A/b/../c", b"http://a@a/", b"ftp://a/", b"/;x", b"/[]"]  # fmt: skip
VERSIONS = [b"HTTP/1.1"] * 8 + [b"HTTP/1.0", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 "]
FIELDS = [
    b"Host: a", b"Host: a", b"Host: a:80", b"host:A", b"Host: [::1]:8", b"Host:", b"Content-Length: 0", b"Content-Length: 5",
    b"content-length: 007", b"Content-Length: 5, 5", b"Content-Length: +5", b"Content-Length: 1000",
    b"Content-Length: 1001", b"Content-Length: 1000000000000000", b"Transfer-Encoding: chunked",
    b"transfer-encoding:CHUNKED", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding:",
    b"Transfer_Encoding: chunked", b"Content_Length: 5", b"Connection: close", b"Connection: keep-alive",
    b"Connection: Upgrade, x", b"Connection:", b"Connection: x , close", b"Proxy-Connection: upgrade", b"Upgrade: websocket",
    b"Upgrade: h2c", b"Expect: 100-continue", b"Expect: 100-Continue", b"Expect: x", b"Content-Type: a/b", b"X: y", b"X:",
    b"X: y\t ", b"X:\ty", b"X: \xe4", b"X: " + b"y" * 120, b"Cookie: a=b", b"Accept: */*", b"A_B: c", b"X: y\r\n z",
    b"X : y", b":authority: b", b"Keep-Alive: 5", b"Sec-WebSocket-Key: x", b"Trailer: X", b"TE: trailers",
]  # fmt: skip
SIZES = [b"1", b"2", b"a", b"A", b"0", b"5", b"10", b"0001", b"000000000000001", b"0000000000000001", b"1;a", b"2;a=b",
         b'3;a="b\\"c";d', b"1 ", b"+1", b"0x1", b"1;", b";a", b"", b"5;a=b;c", b"1;" + b"a" * 253, b"1;" + b"a" * 254]  # fmt: skip
TRAILERS = [
    b"",
    b"",
    b"",
    b"X: y\r\n",
    b"X:\r\nY: z\r\n",
    b"X: y\n",
    b" X: y\r\n",
    b"X y\r\n",
    b"X: " + b"y" * 4090 + b"\r\n",
]


class Difference(Exception):
    """The two readers disagree."""

    def __init__(self, data: bytes, fast: object, strict: object) -> None:
        super().__init__(data, fast, strict)
        self.data, self.fast, self.strict = data, fast, strict

    def __str__(self) -> str:
        return f"{self.data!r}\n    fast:   {self.fast}\n    strict: {self.strict}"


class Recorder(asyncio.Transport):
    """A transport without a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        """The connection says so in its last answer, too."""

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        """Nothing comes by itself."""

    def resume_reading(self) -> None:
        """Nothing comes by itself."""


class Seen:
    """A request as the application got it, and its body if that could be read to its end."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.body: bytes | None = None


class Differ:
    """Holds the readers against each other; make it where an event loop runs.

    Args:
        seed: Of the randomness: the same gives the same messages.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seen: list[Seen] = []
        self.counts: Counter[str] = Counter()
        options = Options(http2=False, limits=LIMITS)
        loop = asyncio.get_running_loop()
        self._shared = Shared(native(self._app), options, loop, wants_outgoing=False, handler=self._app)

    async def _app(self, request: Request) -> Response:
        seen = Seen(request)
        self._seen.append(seen)
        seen.body = await request.aread()
        return Response.text("read")

    async def step(self) -> int:
        """Make a stream, read it, compare, and return how many messages it has.

        Raises:
            Difference: If the readers disagree.
        """
        pick = self._random
        messages: list[bytes] = []
        for _ in range(pick.randrange(1, 6)):
            messages.append(self._message(messages))
        stream = b"".join(messages)
        kind = pick.random()
        if kind < 0.3:
            cuts: list[int] = []
        elif kind < 0.6:
            cuts = [sum(map(len, messages[:number])) for number in range(1, len(messages))]
        else:
            cuts = sorted(pick.randrange(len(stream) + 1) for _ in range(pick.randrange(1, 4)))
        await self.compare(stream, cuts)
        return len(messages)

    async def compare(self, stream: bytes, cuts: Sequence[int] = ()) -> None:
        """Read one stream both ways, with a connection of its own.

        Args:
            stream: All that comes.
            cuts: Where it is cut, in ascending order.
        """
        strict = read_stream(stream, BOUNDS)
        self._seen.clear()
        transport, connection = Recorder(), Connection(self._shared)
        self._shared.loop.call_soon(connection.connection_made, transport)
        begin = 0
        for end in [*cuts, len(stream)]:
            if begin < end:
                self._shared.loop.call_soon(connection.data_received, stream[begin:end])
                await asyncio.sleep(0)
            begin = end
        enough = -1
        while enough != len(transport.written) + len(self._seen):  # one answer may let the next request begin
            enough = len(transport.written) + len(self._seen)
            for _ in range(3):
                await asyncio.sleep(0)
        seen, written = [*self._seen], transport.written
        connection.connection_lost(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self._judge(stream, cuts, strict, seen, written)

    def _judge(self, stream: bytes, cuts: Sequence[int], strict: Reading, seen: list[Seen], written: bytes) -> None:
        fast = [(*_shown(each.request), each.body) for each in seen]
        expected = [(*_said(head), body) for head, body in strict.requests]
        statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", written) if found != b"100"]
        whole = sum(body is not None for *_, body in expected)
        last = statuses[whole:]
        # A head whose end is not there may be refused by what is there, or waited for.
        ends_well = last == [] or (strict.end == "open" and len(last) == 1 and last[0] in STATUSES)
        if strict.refused:
            ends_well = len(last) == 1 and last[0] in STATUSES and written.count(b"connection: close") == 1
        if fast != expected or statuses[:whole] != [200] * whole or not ends_well:
            raise Difference(stream, f"{fast}, {statuses}, cut at {list(cuts)}", f"{expected}, {strict.end}")
        self.counts[f"streams {'refused' if strict.refused else strict.end}"] += 1
        for head, body in strict.requests:
            self.counts["requests taken" if body is not None else "requests with a bad body"] += 1
            if self.counts["requests taken"] % 16 == 0:
                self._third(stream, head)

    def _third(self, stream: bytes, head: Head) -> None:
        fields = b"".join([b"%b: %b\r\n" % field for field in head.fields])
        data = b"%b %b HTTP/%b\r\n%b\r\n" % (head.method, head.target, head.version.encode(), fields)
        reader = h11.Connection(h11.SERVER)
        try:
            reader.receive_data(data)
            event = reader.next_event()
        except h11.RemoteProtocolError as error:
            raise Difference(stream, f"h11: {error}", head) from error
        if not isinstance(event, h11.Request):
            raise Difference(stream, f"h11: {event!r}", head)
        framing = {b"content-length", b"transfer-encoding"}  # it writes their values anew
        found = tuple((n, v) for n, v in event.headers if n not in framing)
        expected = tuple((n, v) for n, v in head.fields if n not in framing)
        if (event.method, event.target, found) != (head.method, head.target, expected):
            raise Difference(stream, f"h11: {event!r}", head)
        self.counts["heads that h11 read, too"] += 1

    def _message(self, before: list[bytes]) -> bytes:
        pick = self._random
        again = pick.random()
        if before and again < 0.4:
            message = before[-1]  # the very same, or the same fields with another first line
            if again < 0.25:
                message = self._line() + message[message.find(b"\r\n") :]
            return message if pick.random() < 0.8 else self._changed(message)
        fields = [b"Host: a"] if pick.random() < 0.97 else []
        fields += pick.choices(FIELDS, k=pick.randrange(3) if pick.random() < 0.5 else 0)
        kind, body = pick.random(), b""
        if kind < 0.2:
            fields.append(b"Transfer-Encoding: chunked")
            body = self._chunks()
        elif kind < 0.35:
            body = b"x" * pick.randrange(20)
            fields.append(b"Content-Length: %d" % (len(body) + (pick.random() < 0.05)))
        pick.shuffle(fields)
        return self._changed(b"\r\n".join([self._line(), *fields, b"", body]))

    def _line(self) -> bytes:
        pick = self._random
        method = pick.choice(METHODS) if pick.random() < 0.2 else b"GET"
        target = pick.choice(TARGETS) if pick.random() < 0.3 else b"/a"
        version = pick.choice(VERSIONS) if pick.random() < 0.05 else b"HTTP/1.1"
        return b"%b %b %b" % (method, target, version)

    def _chunks(self) -> bytes:
        pick = self._random
        body = b""
        for _ in range(pick.randrange(4)):
            size = pick.choice(SIZES) if pick.random() < 0.3 else b"3"
            try:
                length = int(size.partition(b";")[0], 16)
            except ValueError:
                length = 1
            body += size + b"\r\n" + b"x" * max(0, length + (pick.random() < 0.05)) + b"\r\n"
        body += b"0" + (b";a=b" if pick.random() < 0.1 else b"") + b"\r\n"
        return body + pick.choice(TRAILERS) * (1 + (pick.random() < 0.1)) + b"\r\n"

    def _changed(self, data: bytes) -> bytes:
        pick = self._random
        share = 0.5 if pick.random() < 0.15 else 0.0
        while pick.random() < share and data:
            at = pick.randrange(len(data))
            kind = pick.randrange(5)
            byte = BYTES[pick.randrange(len(BYTES)) :][:1]
            if kind == 0:
                data = data[:at] + byte + data[at + 1 :]
            elif kind == 1:
                data = data[:at] + byte + data[at:]
            elif kind == 2:
                data = data[:at] + data[at + 1 :]
            elif kind == 3:  # at a border, where most mistakes are
                border = pick.choice((b"\r\n", b":", b" ", b"/", b";", b",", b"="))
                found = data.find(border, at)
                if found >= 0:
                    data = data[:found] + byte + data[found + pick.randrange(2) :]
            else:
                end = at + pick.randrange(20)
                data = data[:end] + data[at:end] + data[end:]
        return data


def _shown(request: Request) -> tuple[bytes, bytes, bytes, str, list[tuple[bytes, bytes]]]:
    return request.method.encode(), request.raw_path, request.query_string, request.http_version, [*request.headers.raw]


def _said(head: Head) -> tuple[bytes, bytes, bytes, str, list[tuple[bytes, bytes]]]:
    return head.method, head.path, head.query, head.version, [*head.fields]


async def _compare(seed: int, count: int, until: float) -> tuple[int, Counter[str], list[str]]:
    differ, found, done, steps = Differ(seed), list[str](), 0, 0
    while done < count and len(found) < 10 and (steps % 100 or time.monotonic() < until):
        steps += 1
        try:
            done += await differ.step()
        except Difference as difference:
            found.append(str(difference))
    return done, differ.counts, found


def _work(seed: int, count: int, until: float) -> tuple[int, Counter[str], list[str]]:
    return asyncio.run(_compare(seed, count, until))


def main(arguments: list[str] | None = None) -> int:
    """Compare as many messages as asked for; 1 if there is any difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=None, help="default: another each time; it is printed")
    parser.add_argument("--minutes", type=float, default=60.0, help="when to stop, however many were read")
    options = parser.parse_args(arguments)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**32)
    each = -(-options.count // options.processes)
    until = time.monotonic() + 60 * options.minutes
    work = [(seed + number, each, until) for number in range(options.processes)]
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        results = pool.starmap(_work, work)
    counts: Counter[str] = sum((counts for _, counts, _ in results), Counter())
    found = [text for _, _, texts in results for text in texts]
    sys.stdout.write(f"{sum(done for done, _, _ in results)} messages, seed {seed}: {len(found)} differences\n")
    sys.stdout.write("".join(f"    {count} {name}\n" for name, count in counts.most_common()))
    sys.stdout.write("".join(f"\n{text}\n" for text in found))
    return int(bool(found))


if __name__ == "__main__":
    raise SystemExit(main())

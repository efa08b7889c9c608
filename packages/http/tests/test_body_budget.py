"""However a body comes, no more memory is taken for it than its limit and one MiB: nine ways, four limits, two adapters.

The bodies are many times as long as the limit, and made piece by piece, so that nothing but what is kept of them is measured.
"""

import asyncio
import base64
import gzip
import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from partita.http import Limits, Request, Response, StatusError, asgi_app, wsgi_app
from partita.http.drafts import HttpRequest
from partita.http.drafts.uploads import MemoryFileUploadHandler, TemporaryFileUploadHandler

MIB = 2**20
LIMITS = (64 * 1024, MIB, Limits().max_body, 16 * MIB)
PIECE = 65_536
FORM = "multipart/form-data; boundary=B"
URLENCODED = "application/x-www-form-urlencoded"
PART = b'--B\r\nContent-Disposition: form-data; name="a"\r\n'

Way = tuple[str, dict[str, str], Iterator[bytes]]


def pieces(size: int, first: bytes = b"", piece: bytes = b"x") -> Iterator[bytes]:
    """Give so many bytes, in pieces as they come from a socket."""
    if first:
        yield first
    for _ in range(size // PIECE):
        yield piece * (PIECE // len(piece))


def sent(limit: int) -> int:
    return max(8 * limit, 4 * MIB)


BOMB = gzip.compress(bytes(64 * MIB), 1)


def bomb(size: int) -> Iterator[bytes]:
    for _ in range(size // len(BOMB) + 1):
        yield from [BOMB[at : at + PIECE] for at in range(0, len(BOMB), PIECE)]


def fields(size: int) -> Iterator[bytes]:
    for number in range(size // 1000):
        yield b"a%d=%b&" % (number, b"y" * 990)


def long_names(size: int) -> Iterator[bytes]:
    """Parts whose names are all that there is to them."""
    for number in range(min(size // 7000, 1000)):
        yield b'--B\r\nContent-Disposition: form-data; name="%d%b"\r\n\r\n\r\n' % (number, b"n" * 7000)
    yield b"--B--"


WAYS: dict[str, Callable[[int], Way]] = {
    "no length": lambda limit: ("read", {}, pieces(sent(limit))),
    "a length that is too large": lambda limit: (
        "read",
        {"content-length": str(10 * sent(limit))},
        pieces(sent(limit)),
    ),
    "a length that is too small": lambda limit: ("read", {"content-length": str(limit)}, pieces(sent(limit))),
    "chunks": lambda limit: ("read", {"transfer-encoding": "chunked"}, pieces(sent(limit))),
    "HTTP/2": lambda limit: ("read", {}, pieces(sent(limit))),
    "a part in Base64": lambda limit: (
        "form",
        {"content-type": FORM},
        pieces(
            sent(limit),
            PART + b"Content-Transfer-Encoding: base64\r\n\r\n",
            base64.b64encode(b"x" * 45) + b"\r\n\r\n",
        ),
    ),
    "a compressed body": lambda limit: (
        "json",
        {"content-type": "application/json", "content-encoding": "gzip"},
        bomb(sent(limit)),
    ),
    "JSON": lambda limit: ("json", {"content-type": "application/json"}, pieces(sent(limit), b'["')),
    "fields of a form": lambda limit: ("form", {"content-type": URLENCODED}, fields(sent(limit))),
    "parts of a form": lambda limit: ("form", {"content-type": FORM}, pieces(sent(limit), PART + b"\r\n")),
    "names of parts": lambda limit: ("form", {"content-type": FORM}, long_names(sent(limit))),
    "files of a form": lambda limit: (
        "form",
        {"content-type": FORM},
        pieces(sent(limit), PART.replace(b'"a"', b'"a"; filename="f"') + b"\r\n"),
    ),
    "files for handlers, with a length that is too small": lambda limit: (
        "handlers",
        {"content-type": FORM, "content-length": "100"},
        pieces(sent(limit), PART.replace(b'"a"', b'"a"; filename="f"') + b"\r\n"),
    ),
}


def as_json(limit: int) -> Iterator[bytes]:
    yield from pieces(limit - PIECE, b'["')
    yield b'"]'


def as_form(limit: int, piece: bytes) -> Iterator[bytes]:
    yield from pieces(limit - PIECE, b"a=", piece)


# What is let through, in bodies as long as the limit, and how often its length it takes: the body stays, for whoever wants its bytes
# afterwards, beside the text that was made of it; resolving escapes takes place for another.
ACCEPTED: dict[str, tuple[str, str, int, Callable[[int], Iterator[bytes]]]] = {
    "a text of JSON": ("json", "application/json", 2, as_json),
    "one field": ("form", URLENCODED, 2, lambda limit: as_form(limit, b"x")),
    "one field of escapes": ("form", URLENCODED, 2, lambda limit: as_form(limit, b"%41")),
    "one field of words": ("form", URLENCODED, 3, lambda limit: as_form(limit, b"word+")),
    "fields": ("form", URLENCODED, 2, lambda limit: as_form(limit, b"a=%b&" % (b"y" * 990))),
    "fields of escapes": ("form", URLENCODED, 2, lambda limit: as_form(limit, b"a=%b&" % (b"%41" * 330))),
}


def way_of(way: str, limit: int) -> Way:
    if way in WAYS:
        return WAYS[way](limit)
    kind, content_type, _, chunks = ACCEPTED[way]
    return kind, {"content-type": content_type}, chunks(limit)


def limits_of(limit: int) -> Limits:
    # A file may be longer than the memory for it: that is what the disk is for.
    return Limits(
        max_body=limit,
        max_field_size=min(limit, Limits().max_field_size),
        max_file_memory=min(limit, Limits().max_file_memory),
        max_upload=3 * limit,
        max_file_size=2 * limit,
        max_fields=10**6,
    )


async def handler(request: Request) -> Response:
    """Read the body as the path says; the answer tells the status of the refusal."""
    try:
        if request.path == "/json":
            await request.ajson()
        elif request.path == "/form":
            await request.aform()
        elif request.path == "/handlers":
            draft = HttpRequest(request)
            draft.upload_handlers = [MemoryFileUploadHandler(draft), TemporaryFileUploadHandler(draft)]
            await asyncio.to_thread(lambda: draft.FILES)
        else:
            await request.aread()
    except StatusError as error:
        return Response.empty(error.status)
    return Response.empty(204)


def ask_asgi(way: str, limit: int) -> int:
    """Return the status that an application of ASGI answers with."""
    kind, headers, chunks = way_of(way, limit)
    scope = {
        "type": "http", "method": "POST", "path": f"/{kind}", "raw_path": f"/{kind}".encode(), "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "scheme": "http",
        "http_version": "2" if way == "HTTP/2" else "1.1", "client": None, "server": None,
    }  # fmt: skip
    status: list[int] = []

    async def receive() -> dict[str, Any]:
        chunk = next(chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def send(message: Any) -> None:
        status.append(message.get("status", 0))

    asyncio.run(asgi_app(handler, limits=limits_of(limit))(scope, receive, send))
    return status[0]


class _Input(io.RawIOBase):
    """What a server gives to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int = -1, /) -> bytes:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def ask_wsgi(way: str, limit: int) -> int:
    """Return the status that an application of WSGI answers with."""
    kind, headers, chunks = way_of(way, limit)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "PATH_INFO": f"/{kind}", "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http", "wsgi.input": _Input(chunks), "wsgi.input_terminated": True,
    }  # fmt: skip
    for name, value in headers.items():
        bare = name in {"content-type", "content-length"}
        environ[("" if bare else "HTTP_") + name.upper().replace("-", "_")] = value
    status: list[str] = []
    answer = APPS[limit](environ, lambda line, fields: status.append(line))
    list(answer)
    answer.close()  # type: ignore[attr-defined]
    return int(status[0][:3])


APPS = {limit: wsgi_app(handler, limits=limits_of(limit)) for limit in LIMITS}
ADAPTERS = {"asgi": ask_asgi, "wsgi": ask_wsgi}


def expected(adapter: str, way: str, limit: int) -> set[int]:
    if way == "a part in Base64":
        return {400}
    if way == "names of parts" and limit > 4 * MIB:
        return {204}  # a thousand of the longest names are less than this limit
    if way == "a length that is too small" and adapter == "wsgi":
        return {204}  # what is behind the length is not looked at
    if way.startswith("files for handlers") and adapter == "wsgi":
        return {400}  # the form ends where the length says
    return {413}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_body_takes_no_more_memory_than_its_limit_and_one_mib(adapter: str, way: str, limit: int) -> None:
    ask = ADAPTERS[adapter]
    ask(way, LIMITS[0])  # what is loaded only once
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        status = ask(way, limit)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert status in expected(adapter, way, limit)
    assert peak <= limit + MIB


@pytest.mark.parametrize("limit", LIMITS[1:3])
@pytest.mark.parametrize("way", ACCEPTED)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_body_that_is_taken_is_there_twice_and_not_many_times(adapter: str, way: str, limit: int) -> None:
    ask = ADAPTERS[adapter]
    ask(way, limit)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        status = ask(way, limit)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert status == 204
    assert peak <= ACCEPTED[way][2] * limit + MIB


_STATUS = Path("/proc/self/status")


def resident(field: str) -> int:
    """Bytes that the kernel holds for this process: now (``VmRSS``), or at most (``VmHWM``)."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(f"{field}:"))
    return int(line.split()[1]) * 1024


def measure() -> None:
    """Print what each way takes of the kernel; the main part of the process that the next test starts."""
    for name, ask in ADAPTERS.items():
        for way in WAYS:
            ask(way, LIMITS[0])
            for limit in LIMITS:
                Path("/proc/self/clear_refs").write_text("5")  # the most from here on
                before = resident("VmRSS")
                ask(way, limit)
                sys.stdout.write(json.dumps([name, way, limit, resident("VmHWM") - before]) + "\n")


@pytest.mark.skipif(not _STATUS.exists(), reason="platform: only Linux tells what a process held at most")
def test_the_kernel_holds_no_more_for_a_body_than_its_limit_and_one_mib() -> None:
    # Without thresholds that grow, the C library gives back what was freed, so that each way begins with nothing.
    environ = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run([sys.executable, __file__], env=environ, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(ADAPTERS) * len(WAYS) * len(LIMITS)
    assert [each for each in found if each[3] > each[2] + MIB] == []


if __name__ == "__main__":
    measure()

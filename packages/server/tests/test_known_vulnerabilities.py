"""What went wrong in other servers, by the number under which it became known; the families are in `test_smuggling`."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Request, Response

Start = Callable[..., Any]

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
MARKER = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

MESSAGES = {
    "CVE-2024-1135 two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + END,
    "CVE-2024-6827 an odd coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + END,
    "CVE-2022-24801 a lenient coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END,
    "CVE-2020-10108 two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "CVE-2020-10109 length and coding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    "CVE-2021-21330 a path of two slashes with a coding twice": POST
    + b"Transfer-Encoding: chunked, chunked\r\n\r\n"
    + END,
    "CVE-2022-24761 a signed length": POST + b"Content-Length: +1\r\n\r\na",
    "CVE-2022-31015 a sized chunk with a prefix": CHUNKED + b"0x1\r\na\r\n" + END,
    "CVE-2023-37276 CR in a value": POST + b"X: a\rContent-Length: 5\r\n\r\nabcde",
    "CVE-2023-47627 a length with an underscore": POST + b"Content-Length: 1_0\r\n\r\n0123456789",
    "CVE-2024-23829 a space in a name": POST + b"Content-Length : 1\r\n\r\na",
    "CVE-2025-43859 bytes after a chunk": CHUNKED + b"1\r\naXX" + END,
    "CVE-2025-53643 a bad trailer": CHUNKED + b"0\r\nX y\r\n\r\n",
    "CVE-2025-58068 a trailer that frames": CHUNKED + b"0\r\nTransfer-Encoding\r\n\r\n",
    "CVE-2023-41419 a body behind no length": POST + b"Content-Length:\r\n\r\n",
    "CVE-2026-34525 two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "CVE-2026-53540 a negative length": POST + b"Content-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_it_is_refused_and_nothing_behind_it_is_read(quick: Start, name: str) -> None:
    paths: list[str] = []

    async def app(request: Request) -> Response:
        paths.append(request.path)
        await request.aread()
        return Response.text("ok")

    raw = quick(app).send(MESSAGES[name] + MARKER)
    found = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", raw)]
    assert len(found) == 1
    assert found[0] in {400, 501}
    assert b"connection: close" in raw
    assert "/smuggled" not in paths


def test_cve_2025_67724_the_reason_is_the_one_of_the_standard(quick: Start) -> None:
    async def app(request: Request) -> Response:
        return Response.text("x", status=599)

    first = quick(app).send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").split(b"\r\n")[0]
    assert re.fullmatch(rb"HTTP/1\.1 599[ A-Za-z]*", first)

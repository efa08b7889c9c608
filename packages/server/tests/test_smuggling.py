"""Messages that two readers could take apart differently are refused, and nothing behind them is read.

The families are those that the HTTP Garden found between real servers.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server import Options
from partita.server.applications import native
from partita.server.connection import Connection
from partita.server.shared import Shared

Start = Callable[..., Any]

MARKER = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"

CHUNK_SIZES = [
    b"0x1\r\na\r\n",
    b"1_0\r\naaaaaaaaaaaaaaaa\r\n",
    b"+1\r\na\r\n",
    b"-1\r\na\r\n",
    b" 1\r\na\r\n",
    b"1 \r\na\r\n",
    b"\t1\r\na\r\n",
    b"1\t\r\na\r\n",
    b"\r\n",
    b"g\r\na\r\n",
    b"1g\r\na\r\n",
    b"1\na\r\n",
    b"1\ra\r\n",
    b"1\rXa\r\n",
    b"1\r\na\n",
    b"1\r\na\r",
    b"1\r\naXX",
    b"1\r\nab\r\n",
    b"1\r\na",
    b"1\r\na\r\n\r\n",
    b"10000000000000000\r\na\r\n",
    b"fffffffffffffffff\r\na\r\n",
    b"8000000000000000000000001\r\na\r\n",
    b"\xb2\r\naa\r\n",
    b"\xd9\xa1\r\na\r\n",
    b"1\0\r\na\r\n",
    b"1,1\r\na\r\n",
    b"1.0\r\na\r\n",
    b"0x\r\n\r\n",
    b"0X1\r\na\r\n",
    b"1h\r\na\r\n",
    b"#1\r\na\r\n",
    b"1 1\r\na\r\n",
    b"\x0b1\r\na\r\n",
    b"1\x0c\r\na\r\n",
    b"1\xa0\r\na\r\n",
    b"\x851\r\na\r\n",
    b"1\r\r\na\r\n",
    b"1\n\r\na\r\n",
    b"1\r\na\n\r\n",
    b"1\r\na\r\r\n",
    b"2\r\na\r\n",
    b"1\r\na0\r\n",
    b"-0\r\n\r\n",
    b"+0\r\n\r\n",
    b"0 \r\n\r\n",
    b" 0\r\n\r\n",
    b"0_0\r\n\r\n",
    b"100000000000000000000\r\na\r\n",
    b"1\r\nabcdef\r\n",
    b"\xef\xbc\x91\r\na\r\n",
    b"'1'\r\na\r\n",
    b'"1"\r\na\r\n',
]
EXTENSIONS = [
    b"1;a=\r\na\r\n",
    b"1;\r\na\r\n",
    b"1 ;a=b\r\na\r\n",
    b"1\r;a=b\r\na\r\n",
    b"1;a=b\n\r\na\r\n",
    b'1;a="b\r\na\r\n',
    b'1;a="\n"\r\na\r\n',
    b'1;a="\r\n"\r\na\r\n',
    b"1;a\0\r\na\r\n",
    b"1;a=\x7f\r\na\r\n",
    b"1;" + b"a" * 300 + b"\r\na\r\n",
    b"1;a=b c\r\na\r\n",
    b"1; a=b\r\na\r\n",
    b"1\t;a=b\r\na\r\n",
    b"1;;\r\na\r\n",
    b"1;=b\r\na\r\n",
    b"1;a==b\r\na\r\n",
    b'1;a="b"c\r\na\r\n',
    b'1;a="\\\r\n"\r\na\r\n',
    b"1;a=\xff\r\na\r\n",
    b"1;\ra\r\na\r\n",
    b"1;a\n0\r\n\r\n",
    b"1,a=b\r\na\r\n",
    b"1:a\r\na\r\n",
]
TRAILERS = [
    b"0\r\nX\r\n\r\n",
    b"0\r\nX y: z\r\n\r\n",
    b"0\r\nX: y\n\r\n",
    b"0\r\n X: y\r\n\r\n",
    b"0\r\nX: \0\r\n\r\n",
    b"0\r\n: y\r\n\r\n",
    b"0\n\r\n",
    b"0\r\n\n",
    b"0\r\n\rX",
    b"0\r\nX : y\r\n\r\n",
    b"0\r\nX: y\r\n z\r\n\r\n",
    b"0\r\nX\0: y\r\n\r\n",
    b"0\r\nX: y\rZ: w\r\n\r\n",
    b"0\r\nX: y\nZ: w\r\n\r\n",
    b"0\r\n\tX: y\r\n\r\n",
    b"0\r\nX(: y\r\n\r\n",
    b"0\r\nX: \x7f\r\n\r\n",
    b"0\r\r\n\r\n",
]
LENGTHS = [
    b"+1",
    b"-1",
    b"-0",
    b"1_0",
    b"0x1",
    b"1,1",
    b"1, 1",
    b"1,2",
    b"1;",
    b"1 1",
    b"",
    b"a",
    b"1.0",
    b"1e1",
    b"\xb2",
    b"\xd9\xa1",
    b"1\0",
    b"\x0b1",
    b"1\x0c",
    b"18446744073709551617",
    b"99999999999999999999999999",
    b'"1"',
    b"1,",
    b",1",
    b"1, 1, 1",
    b"1\t1",
    b"1 \x0b",
    b"\xa01",
    b"1\xa0",
    b"0b1",
    b"0o1",
    b"1h",
    b"1\x7f",
    b"--1",
    b"1-",
    b"\xef\xbc\x91",
    b"'1'",
    b"1/1",
    b"NaN",
    b"inf",
]
TWO_LENGTHS = [
    b"Content-Length: 1\r\nContent-Length: \r\n",
    b"Content-Length: \r\nContent-Length: 1\r\n",
    b"Content-Length: 1\r\nX: y\r\nCONTENT-LENGTH: 1\r\n",
    b"Content-Length: 1\r\nContent-Length : 2\r\n",
    b"Content-Length: 1\r\n Content-Length: 2\r\n",
    b"Content-Length: 1,\r\n 2\r\n",
    b"Content-Length: 1\r\nContent-Length: 01\r\n",
    b"Content-Length\x00: 1\r\n",
    b"Content-Length: 1\r\nContent-Length: 1\r\n",
    b"Content-Length: 1\r\nContent-Length: 2\r\n",
    b"Content-Length: 0\r\ncontent-length: 33\r\n",
]
CODINGS = [
    b"Transfer-Encoding: ,chunked",
    b"Transfer-Encoding: chunked,",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked, gzip",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: chunkedx",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: x chunked",
    b'Transfer-Encoding: "chunked"',
    b"Transfer-Encoding: chunked;q=1",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding: \x0cchunked",
    b"Transfer-Encoding: \xa0chunked",
    b"Transfer-Encoding: chunked\x00",
    b"Transfer-Encoding:",
    b"Transfer-Encoding: chun\r\n ked",
    b"Transfer-Encoding:\r\n chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    b"Content-Length: 0\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: identity\r\nContent-Length: 5",
    b"Transfer_Encoding : chunked",
    b"Transfer-Encoding : chunked",
    b" Transfer-Encoding: chunked",
    b"Transfer-Encoding\t: chunked",
    b"Transfer-Encoding\0: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding:",
    b"Transfer-Encoding:\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\x0b",
    b"Transfer-Encoding: \x00chunked",
    b"Transfer-Encoding: chunked\xa0",
    b"Transfer-Encoding: chunked\t",
    b"Transfer-Encoding: deflate",
    b"Transfer-Encoding: compress, chunked",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: chunked;",
    b"Transfer-Encoding: 'chunked'",
    b"Transfer-Encoding: chunke\xc4\x8f",
    b"Transfer-Encoding: c\thunked",
    b"Transfer-Encoding: ch\xadunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 0",
    b"Transfer-Encoding: chunked\r\ncontent-length: 5\r\nContent-Length: 6",
    b"X: y\r\n Transfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"\xa0Transfer-Encoding: chunked",
    b"Transfer Encoding: chunked",
    b"Transfer-Encoding chunked",
]
FIELDS = [
    b"X",
    b": y",
    b" X: y",
    b"\tX: y",
    b"X : y",
    b"X\t: y",
    b"X: y\r\n z",
    b"X: y\r\n\tz",
    b"X: y\r\n :z",
    b"X: \0",
    b"X: y\0z",
    b"X: y\rz",
    b"X: y\nZ: w",
    b"X: y\x7f",
    b"X: y\x01",
    b"X: y\x0b",
    b"X\xa0: y",
    b"X\x85: y",
    b"\xffX: y",
    b"X Y: z",
    b"X(: y",
    b"X@: y",
    b"X/Y: z",
    b"[X]: y",
    b"X\0: y",
    b"X\r: y",
    b"Host: b",
    b"Host: a",
    b"Content-Type: a/b\r\nContent-Type: c/d",
    b"Expect: 100-continue\r\nExpect: 100-continue",
    b"X: y\x1b[31m",
    b"X: y\x00\x00",
    b"X:\x0by",
    b"X:\ry",
    b"X;: y",
    b"X,: y",
    b"X=: y",
    b'"X": y',
    b"{X}: y",
    b"X<>: y",
    b"\x00: y",
    b"\xc3\xa4: y",
    b"X?: y",
    b":X: y",
    b":authority: b",
    b"X\x1f: y",
    b"Host: a, a",
    b"hOST: a",
]
LINES = [
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\rHost: a\r\r",
    b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\0GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1x\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    b"GET / HTTP/01.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/257.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP /1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1,1\r\nHost: a\r\n\r\n",
    b"GET / http/1.1\r\nHost: a\r\n\r\n",
    b"GET / RTSP/1.0\r\nHost: a\r\n\r\n",
    b"SETUP / RTSP/1.0\r\nHost: a\r\n\r\n",
    b"SOURCE / ICE/1.0\r\nHost: a\r\n\r\n",
    b"GET / HTTP\r\nHost: a\r\n\r\n",
    b"GET /\r\nHost: a\r\n\r\n",
    b"GET / \r\nHost: a\r\n\r\n",
    b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n",
    b'GET /" HTTP/1.1\r\nHost: a\r\n\r\n',
    b"GET /\\ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /<> HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://a@b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://a@ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://a:80@b/ HTTP/1.1\r\nHost: a:80\r\n\r\n",
    b"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\x0b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET\x0c/\x0cHTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET\xa0/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\t\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\0\r\nHost: a\r\n\r\n",
    b"GET / HTTP/+1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.+1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/11\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.\r\nHost: a\r\n\r\n",
    b"GET / HTTP/.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/-1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTPS/1.1\r\nHost: a\r\n\r\n",
    b"GET / XHTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET //\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /{} HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /| HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /^ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /` HTTP/1.1\r\nHost: a\r\n\r\n",
    b"G\0T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"G\xe4T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET ./ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET ../ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http:/a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://a:1/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET https://b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a:999999\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xe4\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a%00\r\n\r\n",
    b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n",
]
OTHER = [
    (b"FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501),
    (b"PRI / HTTP/1.0\r\n\r\n", 501),
    (b"PRI / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
    (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\rX", 505),
    (b"PRI / HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"PRI * HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET /" + b"a" * 9000, 414),
    (GET + b"X: " + b"y" * 40_000 + b"\r\n\r\n", 431),
    (GET + b"X: y\r\n" * 101 + b"\r\n", 431),
    (CHUNKED + b"0\r\n" + b"X: " + b"y" * 5000 + b"\r\n" + b"X: " + b"y" * 5000 + b"\r\n\r\n", 431),
    (GET + b"Expect: 200-ok\r\n\r\n", 417),
    (POST + b"Content-Length: 999999999999999\r\n\r\n", 413),
    (GET + b"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n", 400),
]

REFUSED = [
    *[CHUNKED + size + END for size in CHUNK_SIZES],
    *[CHUNKED + size + END for size in EXTENSIONS],
    *[CHUNKED + trailer for trailer in TRAILERS],
    *[POST + b"Content-Length: " + length + b"\r\n\r\na" for length in LENGTHS],
    *[POST + b"Content-Length:" + length + b"\r\n\r\na" for length in LENGTHS],
    *[GET + lengths + b"\r\na" for lengths in TWO_LENGTHS],
    *[POST + coding + b"\r\n\r\n" + END for coding in CODINGS],
    *[GET + coding + b"\r\n\r\n" + END for coding in CODINGS],
    b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + END,
    *[GET + field + b"\r\n\r\n" for field in FIELDS],
    *[
        b"GET / HTTP/1.1\r\n" + field + b"\r\nHost: c\r\n\r\n"
        for field in FIELDS
        if not field.startswith((b"Content", b"Expect"))
    ],
    GET + b"\rX\r\n\r\n",
    GET + b"\nX: y\r\n\r\n",
    *LINES,
]


async def app(request: Request) -> Response:
    try:
        await request.aread()
    finally:
        paths.append(request.path)
    return Response.text("read")


paths: list[str] = []


@pytest.fixture
def server(quick: Start) -> Any:
    paths.clear()
    return quick(app)


def statuses(raw: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", raw)]


def check(raw: bytes, message: bytes, before: int = 0) -> None:
    found = statuses(raw)
    assert found[:before] == [200] * before, message
    assert len(found) == before + 1, message
    assert found[before] in {400, 413, 414, 417, 431, 501, 505}, message
    assert b"connection: close" in raw
    assert "/smuggled" not in paths, message


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(set(REFUSED)) + len(OTHER) >= 400


def test_an_ambiguous_message_is_refused_and_what_follows_is_not_read(server: Any) -> None:
    for message in REFUSED:
        check(server.send(message + MARKER), message)


def test_it_is_refused_behind_a_good_one_too(server: Any) -> None:
    for message in REFUSED:
        check(server.send(GET + b"\r\n" + message + MARKER), message, before=1)


class Recorder(asyncio.Transport):
    """A transport without a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def answer(pieces: Sequence[bytes], shared: Shared) -> bytes:
    """Return what a connection writes when ``pieces`` come one by one."""
    transport, connection = Recorder(), Connection(shared)

    def receive() -> None:  # as the event loop calls it: outside of any task
        connection.connection_made(transport)
        for piece in pieces:
            connection.data_received(piece)

    shared.loop.call_soon(receive)
    for _ in range(6):
        await asyncio.sleep(0)
    return transport.written


def test_it_is_refused_wherever_it_is_cut() -> None:
    paths.clear()

    async def main() -> None:
        shared = Shared(native(app), Options(http2=False), asyncio.get_running_loop(), wants_outgoing=False)
        for message in [*REFUSED, *[message for message, _ in OTHER if len(message) < 1000]]:
            whole = message + MARKER
            for cut in range(1, len(message) + 2):
                check(await answer([whole[:cut], whole[cut:]], shared), message)
            check(await answer([whole[at : at + 1] for at in range(len(whole))], shared), message)

    asyncio.run(main())


def test_empty_lines_between_requests_are_skipped_wherever_they_are_cut() -> None:
    async def main() -> None:
        shared = Shared(
            native(app), Options(http2=False), asyncio.get_running_loop(), wants_outgoing=False, handler=app
        )
        whole = (
            b"\r\n"
            + GET
            + b"\r\n\r\n\r\n"
            + GET
            + b"\r\n\r\n"
            + POST
            + b"Content-Length: 1\r\n\r\na\r\n"
            + GET
            + b"\r\n"
        )
        for cut in range(1, len(whole)):
            assert statuses(await answer([whole[:cut], whole[cut:]], shared)) == [200] * 4, cut
        assert statuses(await answer([whole[at : at + 1] for at in range(len(whole))], shared)) == [200] * 4

    asyncio.run(main())


@pytest.mark.parametrize(("message", "status"), OTHER)
def test_limits_methods_and_versions_have_their_own_statuses(server: Any, message: bytes, status: int) -> None:
    raw = server.send(message)
    assert statuses(raw) == [status]
    assert b"connection: close" in raw


@pytest.mark.parametrize(
    "message",
    [
        GET + b"\r\n",
        b"\r\n" + GET + b"\r\n",
        b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n",
        GET + b"X:\r\n\r\n",
        GET + b"X:y\r\n\r\n",
        GET + b"X: \xe4\r\n\r\n",
        GET + b"Content-Length: 0\r\n\r\n",
        GET + b"Content-Length: 1\r\n\r\na",
        POST + b"Content-Length: 007\r\n\r\nabcdefg",
        POST + b"transfer-encoding: CHUNKED\r\n\r\n1\r\na\r\n" + END,
        CHUNKED + b"001\r\na\r\n" + END,
        CHUNKED + b'A;a=b;c;d="e;\\"f"\r\n0123456789\r\n' + END,
        CHUNKED + b"1\r\na\r\n0;x=y\r\nX: y\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_unusual_but_good_messages_are_read_and_the_next_one_too(server: Any, message: bytes) -> None:
    raw = server.send(message + b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert statuses(raw) == [200, 200]
    assert paths[-1] == "/next"


def test_bytes_behind_an_upgrade_are_not_taken_for_a_request(server: Any) -> None:
    for length in (b"", b"Content-Length: 3\r\n"):
        raw = server.send(GET + b"Connection: upgrade\r\nUpgrade: h2c\r\n" + length + b"\r\nabc" + MARKER)
        assert statuses(raw) == [200]
    assert "/smuggled" not in paths


def test_bytes_behind_the_last_request_are_not_read(server: Any) -> None:
    assert statuses(server.send(GET + b"Connection: close\r\n\r\n" + MARKER)) == [200]
    body = POST + b"Connection: close\r\nContent-Length: 1\r\n\r\na"
    assert statuses(server.send(body + MARKER)) == [200]
    assert "/smuggled" not in paths


def test_a_body_that_was_not_read_is_not_taken_for_a_request(quick: Start) -> None:
    seen: list[str] = []

    async def careless(request: Request) -> Response:
        seen.append(request.path)
        return Response.text("done")

    server = quick(careless)
    raw = server.send(POST + b"Content-Length: %d\r\n\r\n" % len(MARKER) + MARKER + GET + b"Connection: close\r\n\r\n")
    assert statuses(raw) == [200, 200]
    with server.connect() as client:
        client.sendall(POST + b"Content-Length: 1000\r\n\r\n")
        received = client.recv(1000)
        client.sendall(MARKER)
        while more := client.recv(1000):
            received += more
    assert statuses(received) == [200]
    assert seen == ["/", "/", "/"]


def test_cve_2024_52304_a_line_break_within_a_chunk_extension_is_refused(server: Any) -> None:
    for message in (CHUNKED + b"1;a\nb\r\na\r\n" + END, CHUNKED + b'1;a="\n"\r\na\r\n' + END):
        check(server.send(message + MARKER), message)


def test_cve_2025_69224_digits_of_other_scripts_are_no_length(server: Any) -> None:
    for digit in ("\u0661", "\u00b2", "\uff11"):
        message = POST + b"Content-Length: " + digit.encode() + b"\r\n\r\na"
        check(server.send(message + MARKER), message)


def test_cve_2026_22815_trailers_are_bounded(server: Any) -> None:
    raw = server.send(CHUNKED + b"0\r\n" + b"X: y\r\n" * 5000 + b"\r\n")
    assert statuses(raw) == [431]

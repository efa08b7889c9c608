"""The PROXY protocol: who the client is, told by those who may, in both versions, cut at every byte."""

import asyncio
import ipaddress
import socket
import ssl
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.http import Request, Response
from partita.server import Options, Server
from partita.server.errors import BadProxyHeader, ServerError
from partita.server.http2.frames import PREFACE, SETTINGS
from partita.server.proxy_protocol import ProxyHeader, read_proxy_header


class Running(Protocol):
    port: int

    def send(self, data: bytes) -> bytes: ...
    def connect(self, timeout: float = 5.0) -> socket.socket: ...


Start = Callable[..., Running]
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"

addresses = st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4)) | st.tuples(
    st.ip_addresses(v=6), st.ip_addresses(v=6)
)
ports = st.integers(0, 65_535)


def line(client: str, server: str, client_port: int, server_port: int) -> bytes:
    kind = "TCP6" if ":" in client else "TCP4"
    return f"PROXY {kind} {client} {server} {client_port} {server_port}\r\n".encode()


def block(client: str, server: str, client_port: int, server_port: int, extras: bytes = b"") -> bytes:
    pair = [ipaddress.ip_address(each) for each in (client, server)]
    body = b"".join(each.packed for each in pair) + struct.pack("!HH", client_port, server_port) + extras
    return SIGNATURE + bytes([0x21, 0x11 if pair[0].version == 4 else 0x21]) + struct.pack("!H", len(body)) + body


@given(addresses, ports, ports, st.binary(max_size=60), st.binary(max_size=20), st.sampled_from([1, 2]))
def test_what_a_proxy_writes_is_read_wherever_it_is_cut(
    pair: tuple[object, object], client_port: int, server_port: int, extras: bytes, rest: bytes, version: int
) -> None:
    client, server = map(str, pair)
    if version == 1:
        header = line(client, server, client_port, server_port)
    else:
        header = block(client, server, client_port, server_port, extras)
    assert read_proxy_header(header + rest) == ProxyHeader(len(header), (client, client_port), (server, server_port))
    assert all(read_proxy_header(header[:end]) is None for end in range(len(header)))


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=60).map(lambda data: b"PROXY " + data), st.binary(max_size=60).map(lambda data: SIGNATURE + data)))  # fmt: skip
@example(SIGNATURE + b"\x21\x11\xff\xff")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = read_proxy_header(data)
    except BadProxyHeader:
        return
    assert found is None or found.size <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        *(b"GET / HTTP/1.1\r\n", b"proxy TCP4", b"PROXY  TCP4 1.1.1.1 1.1.1.1 1 1\r\n", b"PROXY\r\n", b"PROXY TCP4\r\n"),
        *(b"PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", b"PROXY TCP4 ::1 ::1 1 1\r\n"),
        *(b"PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", b"PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", b"PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n"),
        *(b"PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n", b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n", b"PROXY TCP4 01.1.1.1 1.1.1.1 1 1\r\n"),
        *(b"PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n", b"PROXY UDP4 1.1.1.1 1.1.1.1 1 1\r\n", b"PROXY " + b"x" * 101),
        *(b"PROXY TCP4 1.1.1.1 1.1.1.1 \xb2 1\r\n", b"\r\nGET", SIGNATURE + b"\x11\x11\x00\x0c" + bytes(12)),
        *(SIGNATURE + b"\x22\x11\x00\x0c" + bytes(12), SIGNATURE + b"\x21\x11\x00\x0b" + bytes(11), SIGNATURE + b"\x21\x11\x10\x01"),
    ],
)  # fmt: skip
def test_what_is_no_header_is_refused(data: bytes) -> None:
    with pytest.raises(BadProxyHeader):
        read_proxy_header(data)


@pytest.mark.parametrize(
    "data", [b"PROXY UNKNOWN\r\n", b"PROXY UNKNOWN ::1 ::1 1 1\r\n", SIGNATURE + b"\x20\x00\x00\x00", SIGNATURE + b"\x21\x31\x00\xd8" + bytes(216)]
)  # fmt: skip
def test_a_proxy_may_speak_for_itself(data: bytes) -> None:
    assert read_proxy_header(data) == ProxyHeader(len(data))


@pytest.mark.parametrize("piece", [b"PROXY ", b"PROXY TCP4 ", b"\r\n\r\n\x00", b"1"])
def test_the_cost_is_bounded_whatever_the_length(piece: bytes) -> None:
    def read(size: int) -> None:
        try:
            read_proxy_header(piece * size)
        except BadProxyHeader:
            return

    small, large = (least_seconds(lambda size=size: read(size)) for size in (20_000, 40_000))  # type: ignore[misc]
    assert large <= 2.3 * small + 0.004


async def who(request: Request) -> Response:
    assert request.client is not None
    assert request.server is not None
    return Response.text(f"{request.client[0]} {request.client[1]} {request.server[0]} {request.server[1]}")


HEADERS = {
    1: line("203.0.113.9", "198.51.100.1", 4711, 443),
    2: block("2001:db8::9", "2001:db8::1", 4711, 443, b"\x04\x00\x02ab"),
}
SAID = {1: b"203.0.113.9 4711 198.51.100.1 443", 2: b"2001:db8::9 4711 2001:db8::1 443"}


@pytest.mark.parametrize("version", [1, 2])
def test_a_trusted_proxy_tells_the_client(start: Start, version: int) -> None:
    server = start(who, proxy_protocol=("127.0.0.0/8",))
    assert server.send(HEADERS[version] + REQUEST).endswith(SAID[version])
    with server.connect() as client:  # byte by byte
        for byte in HEADERS[version] + REQUEST:
            client.sendall(bytes([byte]))
        answer = b""
        while data := client.recv(65_536):
            answer += data
    assert answer.endswith(SAID[version])


def test_a_spoofed_header_of_anybody_else_is_a_bad_request(quick: Start) -> None:
    server = quick(who, proxy_protocol=("10.0.0.0/8",))
    assert server.send(HEADERS[1] + REQUEST).startswith(b"HTTP/1.1 400")
    assert b"127.0.0.1" in server.send(REQUEST)
    assert quick(who).send(HEADERS[1] + REQUEST).startswith(b"HTTP/1.1 400")


def test_a_proxy_that_does_not_say_who_it_speaks_for_gets_no_answer(quick: Start) -> None:
    server = quick(who, proxy_protocol=("127.0.0.1/32",))
    assert server.send(REQUEST) == b""
    assert b"127.0.0.1" in server.send(b"PROXY UNKNOWN\r\n" + REQUEST)


def test_a_header_that_never_ends_ends_the_connection(quick: Start) -> None:
    server = quick(who, proxy_protocol=("127.0.0.1/32",), header_timeout=0.2)
    begin = time.monotonic()
    assert server.send(b"PROXY TCP4 ") == b""
    assert time.monotonic() - begin >= 0.15


def test_http2_knows_the_client_too(quick: Start, http2: Callable[..., Any]) -> None:
    client = http2(quick(who, proxy_protocol=("127.0.0.1/32",)), greet=False)
    client.raw(HEADERS[1] + PREFACE)
    client.send(SETTINGS)
    client.request(1)
    assert client.response(1)[1] == SAID[1]


def test_tls_would_hide_it() -> None:
    server = Server(who, Options(proxy_protocol=("unix",)), ssl=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    with pytest.raises(ServerError, match="end TLS at the proxy"):
        asyncio.run(server.start(port=0))

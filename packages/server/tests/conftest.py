"""A server in a thread of its own, and a client that speaks in bytes.

The tests of HTTP/2's requirements (``test_http2_rfc*.py``) run in the clear and over TLS. With PARTITA_HTTP2_CONDITIONS=all, which
takes some minutes, they also run against servers that have answered 10,000 requests already.
"""

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hpack import Decoder, Encoder

from partita.http import Request, Response
from partita.server import Options, Server
from partita.server.applications import Application, NativeApp
from partita.server.http2.frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    frame,
)
from partita.server.tls import tls_context


class Running(Protocol):
    """What the fixtures give."""

    port: int

    def send(self, data: bytes, timeout: float = 5.0) -> bytes: ...

    def connect(self, timeout: float = 5.0) -> socket.socket: ...

    def stop(self, grace: float | None = None) -> bool: ...


class _Running:
    def __init__(
        self,
        app: Application,
        options: Options,
        asgi: bool | None,
        loop_factory: object,
        certificate: Path | None = None,
    ) -> None:
        self._loop = loop_factory()  # type: ignore[operator]
        self._certificate = certificate
        tls = None if certificate is None else tls_context(certificate, http2=options.http2)
        self._server = Server(app, options, asgi=asgi, ssl=tls)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.call(self._server.start("127.0.0.1", 0))
        self.port = self._server.addresses[0][1]
        self._stopped = False

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def call(self, coroutine: object) -> object:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)  # type: ignore[arg-type]

    def connect(self, timeout: float = 5.0) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._certificate is None:
            return sock
        context = ssl.create_default_context(cafile=self._certificate)
        context.set_alpn_protocols(["h2"])
        return context.wrap_socket(sock, server_hostname="127.0.0.1")

    def send(self, data: bytes, timeout: float = 5.0) -> bytes:
        """Send bytes; return everything that comes until the server closes."""
        with self.connect(timeout) as client:
            client.sendall(data)
            return receive_all(client)

    def stop(self, grace: float | None = None) -> bool:
        self._stopped = True
        return bool(self.call(self._server.stop(grace)))

    def close(self) -> None:
        if not self._stopped:
            self.stop(0.2)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def receive_all(client: socket.socket) -> bytes:
    received = b""
    try:
        while data := client.recv(65_536):
            received += data
    except ConnectionResetError:
        pass
    return received


Start = Callable[..., Running]


def _starter(loop_factory: object, certificate: Path | None = None, requests: int = 0) -> Iterator[Start]:
    running: list[_Running] = []

    def start(app: Application, asgi: bool | None = None, **options: object) -> Running:
        given = _answering_before(cast("NativeApp", app)) if requests else app
        running.append(_Running(given, Options(**options), asgi, loop_factory, certificate))  # type: ignore[arg-type]
        if requests and options.get("http2", True):
            _use(running[-1], requests, min(cast("int", options.get("http2_max_streams", 100)), 100))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start a server; once on asyncio's loop, once on uvloop."""
    factory: object = asyncio.new_event_loop
    if request.param == "uvloop":
        factory = pytest.importorskip("uvloop").new_event_loop
    yield from _starter(factory)


_CONDITIONS = {"clear": (False, 0), "TLS": (True, 0), "clear, used": (False, 10_000), "TLS, used": (True, 10_000)}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of HTTP/2's requirements under several conditions."""
    if metafunc.module.__name__.rpartition(".")[2].startswith("test_http2_rfc") and "quick" in metafunc.fixturenames:
        count = len(_CONDITIONS) if os.environ.get("PARTITA_HTTP2_CONDITIONS") == "all" else 2
        metafunc.parametrize("quick", list(_CONDITIONS)[:count], indirect=True)


@pytest.fixture
def quick(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start a server on asyncio's loop only, for tests that do not depend on it."""
    tls, requests = _CONDITIONS[getattr(request, "param", "clear")]
    certificate = request.getfixturevalue("certificate") if tls else None
    yield from _starter(asyncio.new_event_loop, certificate, requests)


def _answering_before(app: NativeApp) -> NativeApp:
    async def answer(request: Request) -> Response:
        return Response.text("used") if request.path == "/used" else await app(request)

    return answer


def _use(server: Running, requests: int, at_once: int) -> None:
    """Let a server answer many requests, a thousand on each connection."""
    answered = 0
    while answered < requests:
        with server.connect() as sock:
            client = Http2Client(sock)
            for batch in range(0, 1000, at_once):
                for number in range(batch, batch + at_once):
                    client.request(2 * number + 1, path="/used")
                ended = 0
                for kind, flags, *_ in client.frames():
                    assert kind not in {RST_STREAM, GOAWAY}
                    ended += kind in {HEADERS, DATA} and bool(flags & END_STREAM)
                    if ended == at_once:
                        break
                assert ended == at_once
                answered += at_once


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1 that the key has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + built.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Http2Client:
    """Speaks HTTP/2 frame by frame, right or wrong, over a socket that is connected."""

    def __init__(self, sock: socket.socket, *, greet: bool = True) -> None:
        self.sock = sock
        self.encoder, self._decoder, self._buffer = Encoder(), Decoder(), b""
        if greet:
            self.raw(PREFACE)
            self.send(SETTINGS)

    def raw(self, data: bytes) -> None:
        self.sock.sendall(data)

    def send(self, kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> None:
        self.raw(frame(kind, flags, stream, payload))

    def request(
        self, stream: int, *extra: tuple[str, str], method: str = "GET", path: str = "/", end: bool = True
    ) -> None:
        """Send a request that has no fault but those in ``extra``."""
        self.headers(stream, *_pseudo(method, path), *extra, end=end)

    def headers(self, stream: int, *fields: tuple[str, str], end: bool = True, flags: int = END_HEADERS) -> None:
        self.send(HEADERS, flags | (END_STREAM if end else 0), stream, self.encoder.encode(fields, huffman=False))

    def frames(self, seconds: float = 5.0) -> Iterator[tuple[int, int, int, bytes]]:
        """Give frames until the server closes, or nothing comes for some time."""
        self.sock.settimeout(seconds)
        while True:
            while len(self._buffer) >= 9 and len(self._buffer) >= 9 + int.from_bytes(self._buffer[:3], "big"):
                size = int.from_bytes(self._buffer[:3], "big")
                kind, flags = self._buffer[3], self._buffer[4]
                stream, payload = int.from_bytes(self._buffer[5:9], "big"), self._buffer[9 : 9 + size]
                self._buffer = self._buffer[9 + size :]
                yield kind, flags, stream, payload
            try:
                data = self.sock.recv(65_536)
            except (ConnectionResetError, TimeoutError):
                return
            if not data:
                return
            self._buffer += data

    def decode(self, payload: bytes) -> dict[str, str]:
        return {str(name): str(value) for name, value in self._decoder.decode(payload)}

    def response(self, stream: int) -> tuple[dict[str, str], bytes]:
        """Return head and body of one response."""
        head, body = {}, b""
        for kind, flags, number, payload in self.frames():
            if kind == HEADERS:
                fields = self.decode(payload)
                if number == stream and not fields.get(":status", "").startswith("1"):
                    head.update(fields)
            elif kind == DATA and number == stream:
                body += payload
            elif kind in {RST_STREAM, GOAWAY} and (number == stream or kind == GOAWAY):
                raise AssertionError((kind, number, payload))
            if number == stream and kind in {HEADERS, DATA} and flags & END_STREAM:
                return head, body
        raise AssertionError(f"stream {stream} got no whole response: {head}")

    def error(self, stream: int | None = None) -> tuple[str, int]:
        """Return ``stream`` or ``connection`` and the code that ended it."""
        for kind, _, number, payload in self.frames():
            if kind == RST_STREAM and number == stream:
                return "stream", int.from_bytes(payload, "big")
            if kind == GOAWAY:
                return "connection", int.from_bytes(payload[4:8], "big")
        raise AssertionError("no error came")

    def is_alive(self) -> bool:
        """Tell whether the connection still answers a PING."""
        self.send(PING, 0, 0, b"partita!")
        for kind, flags, _, payload in self.frames():
            if kind == GOAWAY:
                return False
            if (kind, flags, payload) == (PING, 1, b"partita!"):
                return True
        return False


def _pseudo(method: str, path: str) -> list[tuple[str, str]]:
    return [(":method", method), (":scheme", "http"), (":path", path), (":authority", "a")]


@pytest.fixture
def http2() -> Iterator[Callable[..., Http2Client]]:
    """Connect to a server with HTTP/2, frame by frame."""
    sockets: list[socket.socket] = []

    def connect(server: Running, *, greet: bool = True) -> Http2Client:
        sockets.append(server.connect())
        return Http2Client(sockets[-1], greet=greet)

    yield connect
    for sock in sockets:
        sock.close()

"""A server in a thread of its own, and a client that speaks in bytes."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from partita.server import Options, Server
from partita.server.applications import Application


class Running(Protocol):
    """What the fixtures give."""

    port: int

    def send(self, data: bytes, timeout: float = 5.0) -> bytes: ...

    def connect(self, timeout: float = 5.0) -> socket.socket: ...

    def stop(self, grace: float | None = None) -> bool: ...


class _Running:
    def __init__(self, app: Application, options: Options, asgi: bool | None, loop_factory: object) -> None:
        self._loop = loop_factory()  # type: ignore[operator]
        self._server = Server(app, options, asgi=asgi)
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
        return socket.create_connection(("127.0.0.1", self.port), timeout)

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


def _starter(loop_factory: object) -> Iterator[Start]:
    running: list[_Running] = []

    def start(app: Application, asgi: bool | None = None, **options: object) -> Running:
        running.append(_Running(app, Options(**options), asgi, loop_factory))  # type: ignore[arg-type]
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


@pytest.fixture
def quick() -> Iterator[Start]:
    """Start a server on asyncio's loop only, for tests that do not depend on it."""
    yield from _starter(asyncio.new_event_loop)


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

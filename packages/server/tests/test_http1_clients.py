"""HTTP/1.1 with clients of others: curl, and h11, which takes nothing that RFC 9112 does not allow."""

import asyncio
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import h11
import pytest

from partita.http import Request, Response
from partita.http.limits import Limits

Start = Callable[..., Any]
BIG = bytes(range(256)) * 2000


async def app(request: Request) -> Response:
    """Answer in the way that the path names."""
    kind = request.path
    if kind == "/echo":
        return Response(await request.aread(), 200, {"content-type": "application/octet-stream"})
    if kind == "/about":
        return Response.json(
            [request.method, request.http_version, request.query_string.decode(), len(await request.aread())]
        )
    if kind == "/stream":

        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b"one", b"", b"two" * 5000, b"end"):
                await asyncio.sleep(0)
                yield piece

        return Response.stream(pieces())
    if kind == "/ignored":
        return Response.text("unread")
    if kind.startswith("/status/"):
        return Response(b"", int(kind.rpartition("/")[2]), {})
    if kind == "/fields":
        headers = [("x-empty", ""), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-latin", "caf\xe9")]
        return (
            Response.text("fields")
            .with_added_header(*headers[0])
            .with_added_header(*headers[1])
            .with_added_header(*headers[2])
        )
    if kind == "/fail":
        raise ZeroDivisionError("secret")
    return Response.text("plain")


class Client:
    """One connection, spoken to as h11 says."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), 10)
        self.state = h11.Connection(h11.CLIENT)

    def ask(
        self,
        target: str = "/",
        method: str = "GET",
        pieces: tuple[bytes, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
        trailers: tuple[tuple[str, str], ...] = (),
        *,
        wait_for_100: bool = False,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request, and return status, fields and body of its answer; h11 raises at whatever breaks the protocol."""
        given = [("Host", "a"), *headers]
        self._send(h11.Request(method=method, target=target, headers=given))
        if wait_for_100:
            interim = self._next()
            assert isinstance(interim, h11.InformationalResponse), interim
            assert interim.status_code == 100
        for piece in pieces:
            self._send(h11.Data(data=piece))
        self._send(h11.EndOfMessage(headers=list(trailers)))
        body = b""
        head = self._next()
        while isinstance(head, h11.InformationalResponse):
            head = self._next()
        assert isinstance(head, h11.Response), head
        while not isinstance(event := self._next(), h11.EndOfMessage):
            assert isinstance(event, h11.Data), event
            body += event.data
        return head.status_code, {name.decode(): value.decode("latin-1") for name, value in head.headers}, body

    def again(self) -> None:
        """Make ready for another request on the same connection, which fails if one side has said that it closes."""
        self.state.start_next_cycle()

    def _send(self, event: Any) -> None:
        data = self.state.send(event)
        assert data is not None
        self.sock.sendall(data)

    def _next(self) -> Any:
        while (event := self.state.next_event()) is h11.NEED_DATA:
            self.state.receive_data(self.sock.recv(65_536))
        return event


@pytest.fixture
def client(quick: Start) -> Iterator[Callable[..., Client]]:
    opened: list[Client] = []

    def connect(**options: object) -> Client:
        opened.append(Client(quick(app, **options).port))
        return opened[-1]

    yield connect
    for each in opened:
        each.sock.close()


UNREAD = {"/ignored", "/status/413"}
LENGTH = ("Content-Length", "5")
CHUNKED = ("Transfer-Encoding", "chunked")
MESSAGES: list[tuple[str, str, tuple[bytes, ...], tuple[tuple[str, str], ...], int, bytes | None]] = [
    ("GET", "/", (), (), 200, b"plain"),
    ("GET", "/?a=1&b=%20", (), (), 200, b"plain"),
    ("HEAD", "/", (), (), 200, b""),
    ("HEAD", "/stream", (), (), 200, b""),
    ("OPTIONS", "/", (), (), 200, b"plain"),
    ("DELETE", "/about?x", (), (), 200, b'["DELETE","1.1","x",0]'),
    ("M-SEARCH", "/about", (), (), 200, b'["M-SEARCH","1.1","",0]'),
    ("GET", "http://a/about", (), (), 200, b'["GET","1.1","",0]'),
    ("GET", "/about", (b"hello",), (LENGTH,), 200, b'["GET","1.1","",5]'),
    ("POST", "/echo", (b"hello",), (LENGTH,), 200, b"hello"),
    ("POST", "/echo", (b"he", b"l", b"lo"), (LENGTH,), 200, b"hello"),
    ("POST", "/echo", (), (("Content-Length", "0"),), 200, b""),
    ("POST", "/echo", (), (), 200, b""),
    ("PUT", "/echo", (b"he", b"llo"), (CHUNKED,), 200, b"hello"),
    ("PUT", "/echo", (), (CHUNKED,), 200, b""),
    ("POST", "/echo", (BIG,), (("Content-Length", str(len(BIG))),), 200, BIG),
    ("POST", "/echo", tuple(BIG[at : at + 10_000] for at in range(0, len(BIG), 10_000)), (CHUNKED,), 200, BIG),
    ("PATCH", "/ignored", (b"hello",), (LENGTH,), 200, b"unread"),
    ("POST", "/ignored", (b"x" * 50_000,), (CHUNKED,), 200, b"unread"),
    ("GET", "/stream", (), (), 200, b"one" + b"two" * 5000 + b"end"),
    ("GET", "/status/204", (), (), 204, b""),
    ("GET", "/status/205", (), (), 205, b""),
    ("GET", "/status/304", (), (), 304, b""),
    ("HEAD", "/status/304", (), (), 304, b""),
    ("GET", "/status/404", (), (), 404, b""),
    ("GET", "/status/599", (), (), 599, b""),
    ("POST", "/status/413", (b"hello",), (LENGTH,), 413, b""),
    ("GET", "/fields", (), (), 200, b"fields"),
    ("GET", "/fail", (), (), 500, None),
    ("GET", "/", (), (("Accept", ""), ("X-Long", "x" * 4000)), 200, b"plain"),
    ("GET", "/", (), (("Connection", "keep-alive"),), 200, b"plain"),
    ("GET", "/", (), (("Connection", "X-Own"), ("X-Own", "1")), 200, b"plain"),
]


@pytest.mark.parametrize(
    ("method", "target", "pieces", "headers", "status", "body"),
    MESSAGES,
    ids=[f"{method} {target} {len(pieces)}" for method, target, pieces, *_ in MESSAGES],
)
def test_h11_finds_each_answer_right_and_can_ask_again(
    client: Callable[..., Client],
    method: str,
    target: str,
    pieces: tuple[bytes, ...],
    headers: tuple[tuple[str, str], ...],
    status: int,
    body: bytes | None,
) -> None:
    spoken = client()
    for _ in range(3):
        found, fields, content = spoken.ask(target, method, pieces, headers)
        assert found == status
        assert content == body or (body is None and b"secret" not in content)
        assert "date" in fields
        if status in {204, 304} or found < 200:
            assert "transfer-encoding" not in fields
        if target in UNREAD and fields.get("connection") == "close":  # a server need not wait for what nobody wants
            spoken = client()
        else:
            spoken.again()


def test_h11_trailers_of_a_request_are_taken(client: Callable[..., Client]) -> None:
    spoken = client()
    assert spoken.ask("/echo", "POST", (b"hello",), (CHUNKED,), (("X-Sum", "1"),))[2] == b"hello"
    spoken.again()
    assert spoken.ask()[2] == b"plain"


def test_h11_is_told_to_go_on_before_it_sends_a_body(client: Callable[..., Client]) -> None:
    spoken = client()
    expects = (("Expect", "100-continue"), LENGTH)
    assert spoken.ask("/echo", "POST", (b"hello",), expects, wait_for_100=True)[2] == b"hello"
    spoken.again()
    assert spoken.ask()[2] == b"plain"


def test_h11_agrees_on_when_the_connection_ends(client: Callable[..., Client]) -> None:
    spoken = client()
    _, fields, _ = spoken.ask(headers=(("Connection", "close"),))
    assert fields["connection"] == "close"
    assert spoken.sock.recv(1) == b""
    with pytest.raises(h11.LocalProtocolError):
        spoken.again()
    spoken = client(max_requests=2)
    assert "connection" not in spoken.ask()[1]
    spoken.again()
    assert spoken.ask()[1]["connection"] == "close"
    assert spoken.sock.recv(1) == b""


@pytest.mark.parametrize(
    ("pieces", "headers", "options", "status"),
    [
        ((), (("X-Long", "x" * 100_000),), {}, 431),
        ((), tuple((f"x-{number}", "1") for number in range(500)), {}, 431),
        ((b"x" * 100,), (("Content-Length", "100"),), {"limits": Limits(max_body=10)}, 413),
        ((b"x" * 100,), (CHUNKED,), {"limits": Limits(max_body=10)}, 413),
    ],
    ids=["a long field", "many fields", "a long body", "a long chunk"],
)
def test_h11_reads_refusals_as_whole_answers(
    client: Callable[..., Client],
    pieces: tuple[bytes, ...],
    headers: tuple[tuple[str, str], ...],
    options: dict[str, Any],
    status: int,
) -> None:
    assert client(**options).ask("/echo", "POST", pieces, headers)[0] == status


def curl(*arguments: str) -> tuple[str, bytes]:
    """Return what curl tells of the transfer, and the body."""
    found = shutil.which("curl")
    if found is None:
        pytest.skip("platform: curl is not installed")
    command = [
        found,
        "-sS",
        "--http1.1",
        "--max-time",
        "20",
        "-w",
        "%{stderr}%{http_code} %{http_version} %{num_connects}\n",
    ]
    done = subprocess.run([*command, *arguments], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stderr.decode(), done.stdout


def test_curl_speaks_http_1_1(start: Start, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{start(app).port}"
    (big := tmp_path / "big").write_bytes(BIG)
    assert curl(f"{url}/") == ("200 1.1 1\n", b"plain")
    assert curl(f"{url}/", f"{url}/stream") == ("200 1.1 1\n200 1.1 0\n", b"plainone" + b"two" * 5000 + b"end")
    assert curl("--data-binary", f"@{big}", f"{url}/echo") == ("200 1.1 1\n", BIG)  # it waits for 100 Continue
    assert curl("-T", str(big), "-H", "Transfer-Encoding: chunked", f"{url}/echo") == ("200 1.1 1\n", BIG)
    assert curl("-X", "POST", f"{url}/about")[1] == b'["POST","1.1","",0]'
    assert curl("-I", f"{url}/stream")[0] == "200 1.1 1\n"
    assert curl("--http1.0", f"{url}/about") == ("200 1.1 1\n", b'["GET","1.0","",0]')
    assert curl("--http1.0", f"{url}/stream")[1] == b"one" + b"two" * 5000 + b"end"
    assert curl(f"{url}/status/204") == ("204 1.1 1\n", b"")
    assert curl("-F", f"file=@{big}", f"{url}/about")[1].startswith(b'["POST","1.1","",51')
    assert curl("-H", "Connection: close", f"{url}/", f"{url}/")[0] == "200 1.1 1\n200 1.1 1\n"
    assert curl("--compressed", f"{url}/")[1] == b"plain"
    assert curl("--path-as-is", "--request-target", "*", "-X", "OPTIONS", f"{url}/")[0].startswith("200 ")
    assert json.loads(curl("-G", "--data-urlencode", "a=b&c", f"{url}/about")[1]) == ["GET", "1.1", "a=b%26c", 0]

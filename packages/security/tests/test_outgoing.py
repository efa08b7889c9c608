import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.bridge import STOP, Stop
from partita.security.errors import DestinationRefused, FetchFailed
from partita.security.outgoing import OutgoingGuard, afetch, fetch


def to(*addresses: str) -> OutgoingGuard:
    return OutgoingGuard(resolve=lambda host, port: addresses)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
        ),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "192.0.0.8"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "64:ff9b:1::1"),
        *("2001:0:7f00:1::", "not an address", ""),
    ],
)
def test_nothing_but_the_public_internet_is_reached(address: str) -> None:
    with pytest.raises(DestinationRefused, match="public internet"):
        to(address).check("https://example.com/")
    with pytest.raises(DestinationRefused, match="public internet"):
        to("93.184.216.34", address).check("https://example.com/")  # one bad address is enough


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_pinned(address: str) -> None:
    found = to(address).check("https://Example.com:443/a?b=c")
    assert (found.host, found.port, found.addresses, found.target) == ("example.com", 443, (address,), "/a?b=c")


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.com", "/path", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "https:///"),
        *("https://user:pass@example.com/", "https://example.com@evil.test/", "https://example.com:22/", "http://a:b/"),
        *(
            "https://example.com\\@evil.test/",
            "https://exam ple.com/",
            "https://example.com/\r\nHost: x",
            "https://[::1",
        ),
        *(
            "https://ex%61mple.com/",
            "https://exämple.com/",
            "https://example.com:99999/",
            "javascript:alert(1)",
            "//a/",
        ),
    ],
)
def test_what_is_no_plain_address_is_refused_before_it_is_looked_up(url: str) -> None:
    def never(host: str, port: int) -> Iterable[str]:
        raise AssertionError("looked up")

    with pytest.raises(DestinationRefused):
        OutgoingGuard(resolve=never).check(url)


@pytest.mark.parametrize(
    "host", ["localhost", "127.1", "0x7f000001", "2130706433", "017700000001", "[::1]", "[::ffff:7f00:1]"]
)
def test_other_spellings_of_this_machine_are_known(host: str) -> None:
    with pytest.raises(DestinationRefused):
        OutgoingGuard().check(f"http://{host}/")


def test_names_and_networks_can_be_allowed() -> None:
    guard = OutgoingGuard(
        hosts=["api.example.com", ".internal.test"], networks=["10.1.0.0/16"], resolve=lambda h, p: ["10.1.2.3"]
    )
    assert guard.check("https://api.example.com/").addresses == ("10.1.2.3",)
    assert guard.check("https://a.internal.test/").host == "a.internal.test"
    for host in ("example.com", "xapi.example.com", "evilinternal.test"):
        with pytest.raises(DestinationRefused, match="none of those"):
            guard.check(f"https://{host}/")


@given(st.one_of(st.text(max_size=60), st.text("htps:/@.[]%\\1ae?#", max_size=40).map(lambda text: f"http://{text}")))
def test_any_text_is_checked_or_refused(url: str) -> None:
    try:
        to("8.8.8.8").check(url)
    except DestinationRefused as error:
        assert len(str(error)) < 1200  # noqa: PT017 - one of two right outcomes


class Server(BaseHTTPRequestHandler):
    seen: list[tuple[str, str, str | None, bytes]] = []

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.seen.append(
            (self.command, self.headers["Host"], self.headers.get("Authorization"), self.rfile.read(length))
        )
        kind, _, rest = self.path[1:].partition("/")
        status = 302 if kind == "to" else 307 if kind == "again" else 200
        self.send_response(status)
        if status != 200:
            self.send_header("Location", rest)
        body = b"x" * int(rest) if kind == "size" else b"hello"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def server() -> Iterator[int]:
    Server.seen.clear()
    running = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running.server_address[1]
    running.shutdown()
    thread.join()
    running.server_close()


def local(port: int, looked_up: list[str]) -> OutgoingGuard:
    """Return a guard that allows a server of the test under public names, and nothing else."""

    def resolve(host: str, port: int) -> Iterable[str]:
        looked_up.append(host)
        return ["169.254.169.254"] if host == "metadata.test" else ["127.0.0.1"]

    return OutgoingGuard(ports=[port], networks=["127.0.0.1/32"], resolve=resolve)


def test_an_answer_is_fetched_from_the_address_that_was_checked(server: int) -> None:
    looked_up: list[str] = []
    found = fetch(f"http://example.test:{server}/", local(server, looked_up))
    assert (found.status, found.body) == (200, b"hello")
    assert looked_up == ["example.test"]  # once: a second answer of the name server would not matter
    assert Server.seen[0][1] == f"example.test:{server}"


def test_redirects_are_checked_and_carry_no_secrets_elsewhere(server: int) -> None:
    """CVE-2026-49853, CVE-2022-21712."""
    looked_up: list[str] = []
    guard = local(server, looked_up)
    fetch(
        f"http://a.test:{server}/to/http://b.test:{server}/x",
        guard,
        method="POST",
        body=b"data",
        headers={"Authorization": "secret"},
    )
    assert [(method, authorization, body) for method, _, authorization, body in Server.seen] == [
        ("POST", "secret", b"data"),
        ("GET", None, b""),
    ]
    fetch(f"http://a.test:{server}/again//x", guard, method="POST", body=b"data", headers={"Authorization": "secret"})
    assert Server.seen[-1] == ("POST", f"a.test:{server}", "secret", b"data")
    with pytest.raises(DestinationRefused, match="public internet"):
        fetch(f"http://a.test:{server}/to/http://metadata.test:{server}/latest", guard)
    with pytest.raises(DestinationRefused, match="port"):
        fetch(f"http://a.test:{server}/to/http://b.test:22/", guard)
    assert fetch(f"http://a.test:{server}/to/http://metadata.test/", guard, max_redirects=0).status == 302


def test_endless_redirects_and_answers_end(server: int) -> None:
    guard = local(server, [])
    with pytest.raises(FetchFailed, match="more than 2 redirects"):
        fetch(f"http://a.test:{server}/to//to//to//to/", guard, max_redirects=2)
    with pytest.raises(FetchFailed, match="more than 100 bytes"):
        fetch(f"http://a.test:{server}/size/101", guard, max_bytes=100)
    assert len(fetch(f"http://a.test:{server}/size/100", guard, max_bytes=100).body) == 100
    with pytest.raises(FetchFailed):
        fetch(
            "http://a.test:1/", OutgoingGuard(ports=[1], networks=["127.0.0.1/32"], resolve=lambda h, p: ["127.0.0.1"])
        )


def test_the_async_name_does_the_same(server: int) -> None:
    assert asyncio.run(afetch(f"http://a.test:{server}/", local(server, []), method="GET")).body == b"hello"


@pytest.fixture(params=["nothing", "a head", "a body without an end"])
def silent(request: pytest.FixtureRequest) -> Iterator[tuple[int, threading.Event]]:
    """Serve an answer that stops in its midst; tells the port and when the client has hung up."""
    said = {
        "nothing": b"",
        "a head": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "a body without an end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe beginning",
    }[request.param]
    gone = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                client.settimeout(20)
                client.recv(10_000)
                client.sendall(said)
                with contextlib.suppress(OSError):
                    client.recv(1)
                gone.set()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], gone
        thread.join(20)


def test_a_task_that_is_cancelled_hangs_up(silent: tuple[int, threading.Event]) -> None:
    port, gone = silent

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await afetch(f"http://a.test:{port}/", local(port, []), timeout=30.0)

    asyncio.run(main())
    assert gone.wait(10)


def test_what_came_before_somebody_hung_up_is_no_whole_answer(silent: tuple[int, threading.Event]) -> None:
    port, gone = silent
    stop = Stop()
    token = STOP.set(stop)
    threading.Timer(0.3, stop.set).start()
    try:
        with pytest.raises(FetchFailed):
            fetch(f"http://a.test:{port}/", local(port, []), timeout=30.0)
        assert gone.wait(10)
        with pytest.raises(FetchFailed):
            fetch(f"http://a.test:{port}/", local(port, []), timeout=30.0)  # nothing is begun any more
    finally:
        STOP.reset(token)


@pytest.fixture(params=["a line of the head", "a body with its length", "a body without an end", "chunks"])
def slow(request: pytest.FixtureRequest) -> Iterator[tuple[int, list[bytes]]]:
    """Serve an answer a byte at a time, for half a minute; tells the port and what has been sent."""
    head = b"HTTP/1.1 200 OK\r\n"
    begin, piece = {
        "a line of the head": (head + b"X-Long: ", b"x"),
        "a body with its length": (head + b"Content-Length: 100000\r\n\r\n", b"x"),
        "a body without an end": (head + b"Connection: close\r\n\r\n", b"x"),
        "chunks": (head + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    }[request.param]
    sent: list[bytes] = []
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client, contextlib.suppress(OSError):
                client.recv(10_000)
                client.sendall(begin)
                while len(sent) < 1500 and not over.wait(0.02):
                    client.sendall(piece)
                    sent.append(piece)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], sent
        over.set()
        thread.join(20)


def test_an_answer_that_never_stops_coming_has_an_end(slow: tuple[int, list[bytes]]) -> None:
    port, sent = slow
    with pytest.raises(FetchFailed, match="TimeoutError"):
        fetch(f"http://a.test:{port}/", local(port, []), timeout=20.0, deadline=0.4)
    assert 0 < len(sent) < 1500


def test_redirects_share_the_time_of_all(server: int) -> None:
    def resolve(host: str, port: int) -> Iterable[str]:
        over.wait(0.2)  # the first looks its name up in time, and the second has none left
        return ["127.0.0.1"]

    over = threading.Event()
    guard = OutgoingGuard(ports=[server], networks=["127.0.0.1/32"], resolve=resolve)
    with pytest.raises(FetchFailed, match="TimeoutError"):
        fetch(f"http://a.test:{server}/" + "to//" * 20, guard, max_redirects=20, deadline=0.5)
    assert 0 < len(Server.seen) < 10


@pytest.mark.parametrize("body", [b"", b"three"])
def test_an_answer_that_is_shorter_than_it_says_is_none(body: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                client.recv(10_000)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + body)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        with pytest.raises(FetchFailed, match="announced length"):
            fetch(f"http://a.test:{port}/", local(port, []))
        thread.join(20)


def test_a_head_has_no_body_however_long_it_says_that_it_is(server: int) -> None:
    assert fetch(f"http://a.test:{server}/size/7", local(server, []), method="GET").body == b"x" * 7
    Server.do_HEAD = Server.do_GET  # type: ignore[attr-defined]  # what `http.server` looks for
    assert fetch(f"http://a.test:{server}/size/7", local(server, []), method="HEAD").body == b""


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), FetchFailed),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), DestinationRefused),
        (OSError("anything else"), DestinationRefused),
    ],
)
def test_a_name_that_cannot_be_looked_up_for_now_is_no_refusal(failure: OSError, expected: type[Exception]) -> None:
    def resolve(host: str, port: int) -> Iterable[str]:
        raise failure

    with pytest.raises(expected):
        fetch("https://example.com/", OutgoingGuard(resolve=resolve))

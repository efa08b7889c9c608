"""ASGI 3 as a server, one test for each requirement: the core specification and its part about HTTP."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest

Start = Callable[..., Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
GET = b"GET /caf%C3%A9/x%2Fy?a=%20b&c HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nx-twice: 2\r\nConnection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
GET_AND_STAY = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def answering(then: Callable[[Message, Receive, Send], Awaitable[None]], kind: str = "http") -> App:
    """Return an application that knows only one kind of scope, as the specification wants it: by raising at others."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != kind:
            raise ValueError(scope["type"])
        await then(scope, receive, send)

    return app


async def ok(send: Send, body: bytes = b"ok") -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def scope_of(start: Start, raw: bytes = GET, **options: object) -> Message:
    seen: list[Message] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await ok(send)

    assert b" 200 " in start(answering(app), True, **options).send(raw)
    return seen[0]


def until(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


class TestHttpScope:
    """ "HTTP Connection Scope"."""

    def test_type_and_versions_are_there(self, quick: Start) -> None:
        """``type``, ``asgi["version"]`` and ``asgi["spec_version"]``."""
        scope = scope_of(quick)
        assert (scope["type"], scope["asgi"]["version"]) == ("http", "3.0")
        assert scope["asgi"]["spec_version"] in {"2.0", "2.1", "2.2", "2.3", "2.4", "2.5"}

    def test_http_version_is_one_of_those_named(self, quick: Start) -> None:
        """ "1.0", "1.1", "2" or "3"."""
        assert scope_of(quick)["http_version"] == "1.1"
        assert scope_of(quick, b"GET / HTTP/1.0\r\n\r\n")["http_version"] == "1.0"

    def test_method_is_in_upper_case(self, quick: Start) -> None:
        """A method is case-sensitive in HTTP, so one in lower case never comes in as itself."""
        assert scope_of(quick)["method"] == "GET"

    def test_scheme_is_http_without_tls(self, quick: Start) -> None:
        """Text, not empty."""
        assert scope_of(quick)["scheme"] == "http"

    def test_path_is_decoded_and_raw_path_is_not(self, quick: Start) -> None:
        """Percent-encoded sequences and UTF-8; the raw one without the query."""
        scope = scope_of(quick)
        assert scope["path"] == "/café/x/y"
        assert scope["raw_path"] == b"/caf%C3%A9/x%2Fy"

    def test_query_string_is_percent_encoded_bytes(self, quick: Start) -> None:
        """Without the question mark; empty where there is none."""
        assert scope_of(quick)["query_string"] == b"a=%20b&c"
        assert scope_of(quick, POST)["query_string"] == b""

    def test_root_path_is_text_and_part_of_the_path(self, quick: Start) -> None:
        """As WSGI's SCRIPT_NAME."""
        assert scope_of(quick)["root_path"] == ""
        scope = scope_of(quick, GET.replace(b"/caf", b"/shop/caf"), root_path="/shop")
        assert (scope["root_path"], scope["path"]) == ("/shop", "/shop/café/x/y")

    def test_headers_are_pairs_of_bytes_in_lower_case_in_their_order(self, quick: Start) -> None:
        """Duplicates are kept; pseudo headers are not among them."""
        pairs = [(bytes(name), bytes(value)) for name, value in scope_of(quick)["headers"]]
        assert pairs == [(b"host", b"a"), (b"x-twice", b"1"), (b"x-twice", b"2"), (b"connection", b"close")]

    def test_client_and_server_are_pairs_of_host_and_port(self, quick: Start) -> None:
        """Two items each."""
        scope = scope_of(quick)
        assert (scope["client"][0], scope["server"][0]) == ("127.0.0.1", "127.0.0.1")
        assert all(isinstance(port, int) for port in (scope["client"][1], scope["server"][1]))

    def test_each_request_has_a_scope_of_its_own(self, quick: Start) -> None:
        """What one application puts in is not seen by the next request."""
        seen: list[bool] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            seen.append("mine" in scope or "mine" in scope["state"] or "mine" in scope["extensions"])
            scope["mine"] = scope["state"]["mine"] = scope["extensions"]["mine"] = True
            await ok(send)

        server = quick(answering(app), True)
        server.send(GET)
        server.send(GET)
        assert seen == [False, False]


class TestHttpMessages:
    """ "Request" and "Response Start" to "Disconnect"."""

    def test_a_body_comes_as_messages_until_more_body_is_false(self, quick: Start) -> None:
        """``http.request`` with ``body`` and ``more_body``."""
        seen: list[Message] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            while not seen or seen[-1]["more_body"]:
                seen.append(await receive())
            await ok(send)

        quick(answering(app), True).send(POST)
        assert {message["type"] for message in seen} == {"http.request"}
        assert b"".join(message["body"] for message in seen) == b"hello"

    def test_a_request_without_a_body_gives_one_empty_message(self, quick: Start) -> None:
        """The application need not look at the method."""
        seen: list[Message] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            seen.append(await receive())
            await ok(send)

        quick(answering(app), True).send(GET)
        assert seen == [{"type": "http.request", "body": b"", "more_body": False}]

    def test_the_start_is_not_sent_before_the_first_body_message(self, quick: Start) -> None:
        """The server must not start the response until it gets at least one ``http.response.body``."""
        gate, started = threading.Event(), threading.Event()

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            started.set()
            while not gate.is_set():
                await asyncio.sleep(0.005)
            await send({"type": "http.response.body", "body": b"x"})

        with quick(answering(app), True).connect(0.3) as client:
            client.sendall(GET)
            assert started.wait(5)
            with pytest.raises(TimeoutError):
                client.recv(1)
            gate.set()
            client.settimeout(5)
            assert client.recv(9) == b"HTTP/1.1 "

    def test_a_piece_is_on_its_way_when_send_returns(self, quick: Start) -> None:
        """Yielding a body piece flushes it: the client has it while the application goes on."""
        gate = threading.Event()

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
            while not gate.is_set():
                await asyncio.sleep(0.005)
            await send({"type": "http.response.body", "body": b"two"})

        with quick(answering(app), True).connect() as client:
            client.sendall(GET)
            received = b""
            while not received.endswith(b"one"):
                received += client.recv(1000)
            gate.set()
            assert client.recv(1000) == b"two"

    def test_headers_go_out_as_given_and_default_to_none(self, quick: Start) -> None:
        """Order and duplicates are kept; ``headers`` may be missing, ``body`` and ``more_body`` too."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body"})

        async def bare(scope: Message, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body"})

        assert b"set-cookie: a=1\r\nset-cookie: b=2\r\n" in quick(answering(app), True).send(GET)
        assert quick(answering(bare), True).send(GET).startswith(b"HTTP/1.1 200 OK\r\n")

    def test_a_transfer_encoding_of_the_application_is_ignored(self, quick: Start) -> None:
        """Framing is the server's: it must not appear twice."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            headers = [(b"transfer-encoding", b"chunked")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
            await send({"type": "http.response.body", "body": b"two"})

        raw = quick(answering(app), True).send(GET)
        assert raw.count(b"transfer-encoding: chunked") == 1
        assert raw.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")

    def test_receive_after_the_response_tells_of_the_disconnect(self, quick: Start) -> None:
        """As often as it is called."""
        seen: list[str] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await ok(send)
            seen.append((await asyncio.wait_for(receive(), 5))["type"])
            seen.append((await asyncio.wait_for(receive(), 5))["type"])

        quick(answering(app), True).send(GET)
        assert until(lambda: len(seen) == 2)
        assert seen == ["http.disconnect"] * 2

    @pytest.mark.parametrize("sent", [POST[:-2], GET])
    def test_a_client_that_leaves_is_told_of(self, quick: Start, sent: bytes) -> None:
        """``http.disconnect``, in place of the rest of the body or after it; the application goes on."""
        seen: list[str] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            while not seen or seen[-1] == "http.request":
                seen.append((await receive())["type"])
            await asyncio.sleep(0.01)
            seen.append("went on")

        with quick(answering(app), True).connect() as client:
            client.sendall(sent)
            assert until(lambda: seen == ["http.request"])
        assert until(lambda: seen[-1] == "went on")
        assert seen[-2] == "http.disconnect"

    def test_the_response_does_not_wait_for_work_after_it(self, quick: Start) -> None:
        """Frameworks do background work in the same call; the connection takes the next request meanwhile."""
        go_on = threading.Event()
        seen: list[str] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await ok(send)
            waiting = asyncio.ensure_future(receive())
            while not go_on.is_set():
                await asyncio.sleep(0.005)
            seen.append((await waiting)["type"])

        with quick(answering(app), True).connect() as client:
            for _ in range(2):
                client.sendall(GET_AND_STAY)
                assert b"200" in client.recv(1000)
            assert not seen
            go_on.set()
            assert until(lambda: len(seen) == 2)
        assert seen == ["http.disconnect"] * 2

    def test_an_error_after_the_response_is_logged(self, quick: Start, caplog: pytest.LogCaptureFixture) -> None:
        """The client has its answer."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await ok(send)
            await asyncio.sleep(0)
            raise KeyError("late")

        assert b" 200 " in quick(answering(app), True).send(GET)
        assert until(lambda: "after the end of GET" in caplog.text)

    def test_send_after_the_client_has_left_raises_an_os_error(self, quick: Start) -> None:
        """Since version 2.4; here the task may be cancelled before."""
        seen: list[BaseException] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            try:
                while True:
                    await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
                    await asyncio.sleep(0)
            except BaseException as error:
                seen.append(error)
                raise

        with quick(answering(app), True).connect() as client:
            client.sendall(GET)
            client.recv(100)
        assert until(lambda: seen)
        assert isinstance(seen[0], OSError | asyncio.CancelledError)

    @pytest.mark.parametrize(
        "messages",
        [
            [{"type": "http.response.body", "body": b"x"}],
            [{"type": "http.response.start", "status": 200}, {"type": "http.response.start", "status": 200}],
            [{"type": "websocket.send", "text": "x"}],
            [
                {"type": "http.response.start", "status": 200},
                {"type": "http.response.body"},
                {"type": "http.response.body"},
            ],
        ],
        ids=["body first", "two starts", "of another protocol", "after the end"],
    )
    def test_a_message_out_of_order_raises_in_the_application(self, quick: Start, messages: list[Message]) -> None:
        """And not in the server, which answers the next request."""
        seen: list[Exception] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            try:
                for message in messages:
                    await send(message)
            except Exception as error:
                seen.append(error)
                raise

        server = quick(answering(app), True)
        server.send(GET)
        assert [type(error) for error in seen] == [RuntimeError]
        server.send(GET)
        assert len(seen) == 2

    def test_an_exception_before_the_start_becomes_500(self, quick: Start) -> None:
        """If an application raises, the server answers in its place."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            raise RuntimeError("no")

        assert quick(answering(app), True).send(GET).startswith(b"HTTP/1.1 500 ")

    def test_extensions_that_are_announced_are_there(self, quick: Start) -> None:
        """Each one's messages are taken; `test_operations` shows what they do."""
        assert set(scope_of(quick)["extensions"]) == {
            "http.response.trailers",
            "http.response.pathsend",
            "http.response.early_hint",
        }

"""ASGI 3 as a server, one test for each requirement: its parts about WebSockets (2.5) and the lifespan (2.0)."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import pytest
import websockets.sync.client as ws
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from partita.server import StartupFailed
from partita.server.asgi import Lifespan

Start = Callable[..., Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
CLOSING: Message = {"type": "websocket.close", "code": 4001, "reason": "bye"}


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


def until(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


class TestWebSocket:
    """The WebSocket part, version 2.5."""

    def serve(self, quick: Start, then: Callable[[Message, Receive, Send], Awaitable[None]]) -> str:
        """Return the URL of a server whose WebSockets ``then`` answers."""
        return f"ws://127.0.0.1:{quick(answering(then, 'websocket'), True).port}/room%20a?x=1"

    def test_the_scope_has_all_that_is_required(self, quick: Start) -> None:
        """``type`` to ``state``, with the subprotocols in the client's order."""
        seen: list[Message] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            seen.append(scope)
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close"})

        offered = [Subprotocol("b"), Subprotocol("a")]
        with ws.connect(self.serve(quick, app), subprotocols=offered) as client, pytest.raises(ConnectionClosed):
            client.recv(5)
        (scope,) = seen
        assert (scope["type"], scope["asgi"]["version"], scope["scheme"]) == ("websocket", "3.0", "ws")
        assert (scope["path"], scope["raw_path"], scope["query_string"]) == ("/room a", b"/room%20a", b"x=1")
        assert (scope["http_version"], scope["root_path"], scope["subprotocols"]) == ("1.1", "", ["b", "a"])
        assert all(bytes(name) == bytes(name).lower() for name, _ in scope["headers"])
        assert len(scope["client"]) == len(scope["server"]) == 2
        assert scope["state"] == {}

    def test_connect_comes_first_and_nothing_is_answered_before_accept(self, quick: Start) -> None:
        """The handshake ends when the application says so."""
        seen: list[str] = []
        gate = threading.Event()

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            seen.append((await receive())["type"])
            while not gate.is_set():
                await asyncio.sleep(0.005)
            await send({"type": "websocket.accept"})
            await receive()

        url = self.serve(quick, app)
        with pytest.raises(TimeoutError):
            ws.connect(url, open_timeout=0.3)
        gate.set()
        with ws.connect(url, open_timeout=5):
            pass
        assert seen == ["websocket.connect"] * 2

    def test_accept_chooses_a_subprotocol_and_adds_headers(self, quick: Start) -> None:
        """``subprotocol`` and ``headers`` of ``websocket.accept``."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept", "subprotocol": "a", "headers": [(b"x-mine", b"1")]})
            await receive()

        offered = [Subprotocol("b"), Subprotocol("a")]
        with ws.connect(self.serve(quick, app), subprotocols=offered) as client:
            assert client.subprotocol == "a"
            assert client.response is not None
            assert client.response.headers["x-mine"] == "1"

    def test_text_and_bytes_come_and_go_as_what_they_are(self, quick: Start) -> None:
        """Exactly one of ``text`` and ``bytes`` is not None."""
        seen: list[Message] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] == "websocket.receive":
                seen.append(message)
                given = {name: message.get(name) for name in ("text", "bytes") if message.get(name) is not None}
                await send({"type": "websocket.send", **given})

        with ws.connect(self.serve(quick, app)) as client:
            client.send("é")
            assert client.recv(5) == "é"
            client.send(b"\xff")
            assert client.recv(5) == b"\xff"
        assert [(message.get("text"), message.get("bytes")) for message in seen] == [("é", None), (None, b"\xff")]

    def test_close_before_accept_is_403(self, quick: Start) -> None:
        """The handshake is refused."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.close"})

        with pytest.raises(InvalidStatus) as caught:
            ws.connect(self.serve(quick, app))
        assert caught.value.response.status_code == 403

    def test_the_extension_for_denials_answers_in_place_of_the_handshake(self, quick: Start) -> None:
        """``websocket.http.response``."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            assert "websocket.http.response" in scope["extensions"]
            await receive()
            await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-why", b"key")]})
            await send({"type": "websocket.http.response.body", "body": b"who"})

        with pytest.raises(InvalidStatus) as caught:
            ws.connect(self.serve(quick, app))
        assert (caught.value.response.status_code, caught.value.response.headers["x-why"]) == (401, "key")

    def test_close_has_1000_by_default_and_a_reason_if_given(self, quick: Start) -> None:
        """``code`` and ``reason`` of ``websocket.close``."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            asked = (await receive())["text"]
            await send({"type": "websocket.close"} if asked == "plain" else {**CLOSING})

        for asked, expected in (("plain", (1000, "")), ("full", (4001, "bye"))):
            with ws.connect(self.serve(quick, app)) as client:
                client.send(asked)
                with pytest.raises(ConnectionClosed) as caught:
                    client.recv(5)
                assert caught.value.rcvd is not None
                assert (caught.value.rcvd.code, caught.value.rcvd.reason) == expected

    def test_disconnect_has_the_clients_code_and_reason_and_1006_without_one(self, quick: Start) -> None:
        """``code`` and ``reason`` of ``websocket.disconnect``; it also comes if the connection just breaks."""
        seen: list[tuple[int, str]] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            message = await receive()
            assert message["type"] == "websocket.disconnect"
            seen.append((message["code"], message["reason"] or ""))

        url = self.serve(quick, app)
        with ws.connect(url) as leaving:
            leaving.close(4002, "done")
        assert until(lambda: len(seen) == 1)
        with ws.connect(url) as breaking:
            breaking.socket.shutdown(2)
        assert until(lambda: len(seen) == 2)
        assert seen == [(4002, "done"), (1006, "")]

    def test_send_after_the_end_raises_an_os_error(self, quick: Start) -> None:
        """Since version 2.4."""
        seen: list[BaseException] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            assert (await receive())["type"] == "websocket.disconnect"
            try:
                await send({"type": "websocket.send", "text": "too late"})
            except Exception as error:  # noqa: BLE001 - its type is what is asked
                seen.append(error)

        with ws.connect(self.serve(quick, app)):
            pass
        assert until(lambda: seen)
        assert isinstance(seen[0], OSError)

    def test_an_exception_closes_with_1011_and_before_accept_gives_500(self, quick: Start) -> None:
        """An application that fails leaves nobody waiting."""

        async def late(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            raise RuntimeError("no")

        async def early(scope: Message, receive: Receive, send: Send) -> None:
            raise RuntimeError("no")

        with ws.connect(self.serve(quick, late)) as client:
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(5)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1011
        with pytest.raises(InvalidStatus) as refused:
            ws.connect(self.serve(quick, early))
        assert refused.value.response.status_code == 500


class TestLifespan:
    """The lifespan part, version 2.0."""

    def test_startup_comes_before_requests_and_shutdown_after_them(self, quick: Start) -> None:
        """In one call of the application, with one scope."""
        seen: list[str] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan":
                seen.append("request")
                await ok(send)
                return
            assert scope["asgi"]["version"] == "3.0"
            for phase in ("startup", "shutdown"):
                message = await receive()
                seen.append(message["type"])
                await send({"type": f"lifespan.{phase}.complete"})

        server = quick(app, True)
        server.send(GET)
        server.stop()
        assert seen == ["lifespan.startup", "request", "lifespan.shutdown"]

    def test_an_application_that_raises_at_the_scope_is_served_without(self, quick: Start) -> None:
        """ "If an exception is raised … the server must continue but not send any lifespan events"."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await ok(send)

        assert quick(answering(app), True).send(GET).startswith(b"HTTP/1.1 200 ")

    def test_startup_failed_ends_the_server_with_its_message(self) -> None:
        """``lifespan.startup.failed``."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "lifespan.startup.failed", "message": "no table"})

        with pytest.raises(StartupFailed, match="no table"):
            asyncio.run(Lifespan(app).startup())

    def test_shutdown_failed_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """``lifespan.shutdown.failed``."""

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.failed", "message": "disk full"})

        async def both() -> None:
            lifespan = Lifespan(app)
            await lifespan.startup()
            await lifespan.shutdown()

        asyncio.run(both())
        assert "disk full" in caplog.text

    def test_its_state_is_copied_into_each_request_shallowly(self, quick: Start) -> None:
        """ "Lifespan State"."""
        seen: list[object] = []
        shared: list[int] = []

        async def app(scope: Message, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await receive()
                scope["state"]["shared"] = shared
                await send({"type": "lifespan.startup.complete"})
                await receive()
                await send({"type": "lifespan.shutdown.complete"})
                return
            seen.append(scope["state"]["shared"])
            scope["state"]["shared"] = None
            await ok(send)

        server = quick(app, True)
        server.send(GET)
        server.send(GET)
        assert [each is shared for each in seen] == [True, True]

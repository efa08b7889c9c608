"""ASGI 3 as an application, one test for each requirement on the application's side."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from partita.http import Request, Response, asgi_app
from partita.http.websocket import WebSocket

Message = dict[str, Any]
REQUIRED: Message = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "path": "/café",
    "query_string": b"",
    "headers": [],
}
"""A scope with nothing that is optional."""


async def hello(request: Request) -> Response:
    return Response.text(f"{request.method} {request.path} {request.scheme}").with_header("X-Mine", "1")


async def stream(request: Request) -> Response:
    async def pieces() -> Any:
        yield b"one"
        yield b"two"

    return Response(pieces())


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    async for message in socket:
        await socket.send(message)


def run(app: Callable[..., Any], scope: Message, incoming: Iterable[Message] = ()) -> list[Message]:
    """Return what the application sends; what it wants to receive beyond ``incoming`` never comes."""
    sent: list[Message] = []
    waiting = list(incoming)

    async def receive() -> Message:
        if not waiting:
            await asyncio.get_running_loop().create_future()
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    async def main() -> None:
        await asyncio.wait_for(app(scope, receive, send), 10)

    asyncio.run(main())
    return sent


def test_a_scope_of_unknown_type_raises() -> None:
    with pytest.raises(ValueError, match="telepathy"):
        run(asgi_app(hello), {**REQUIRED, "type": "telepathy"})


def test_a_scope_without_anything_optional_is_enough() -> None:
    sent = run(asgi_app(hello), REQUIRED)
    assert sent[1]["body"] == "GET /café http".encode()


def test_unknown_keys_and_messages_fields_are_ignored() -> None:
    scope = {**REQUIRED, "method": "POST", "headers": [(b"content-length", b"2")], "novelty": 1}

    async def read(request: Request) -> Response:
        return Response.text((await request.aread()).decode())

    incoming: list[Message] = [
        {"type": "http.request", "body": b"h", "more_body": True, "novelty": 1},
        {"type": "http.request", "body": b"i"},
    ]
    assert run(asgi_app(read), scope, incoming)[1]["body"] == b"hi"


def test_the_scope_is_left_as_it_was() -> None:
    scope = {**REQUIRED, "headers": [(b"Host", b"a")], "state": {}}
    before = {name: value.copy() if hasattr(value, "copy") else value for name, value in scope.items()}
    run(asgi_app(hello), scope)
    assert scope == before


def test_a_response_is_one_start_then_bodies_of_which_only_the_last_ends_it() -> None:
    for handler in (hello, stream):
        first, *others = run(asgi_app(handler), REQUIRED)
        assert first["type"] == "http.response.start"
        assert {message["type"] for message in others} == {"http.response.body"}
        assert [message.get("more_body", False) for message in others] == [True] * (len(others) - 1) + [False]


def test_status_is_a_number_and_headers_are_pairs_of_bytes_in_lower_case() -> None:
    start = run(asgi_app(hello), REQUIRED)[0]
    assert type(start["status"]) is int
    assert all(type(name) is type(value) is bytes and name == name.lower() for name, value in start["headers"])
    assert (b"x-mine", b"1") in [tuple(pair) for pair in start["headers"]]


def test_no_transfer_encoding_is_sent_since_framing_is_the_servers() -> None:
    assert all(name != b"transfer-encoding" for name, _ in run(asgi_app(stream), REQUIRED)[0]["headers"])


def test_a_head_request_gets_no_body() -> None:
    assert [message.get("body", b"") for message in run(asgi_app(hello), {**REQUIRED, "method": "HEAD"})[1:]] == [b""]


def test_nothing_is_received_that_is_not_needed() -> None:
    assert run(asgi_app(hello), REQUIRED)  # receive() would wait for ever


def test_a_client_that_leaves_within_its_body_gets_nothing_sent() -> None:
    async def read(request: Request) -> Response:
        await request.aread()
        raise AssertionError("unreachable")

    scope = {**REQUIRED, "method": "POST", "headers": [(b"content-length", b"5")]}
    incoming: list[Message] = [{"type": "http.request", "body": b"he", "more_body": True}, {"type": "http.disconnect"}]
    assert run(asgi_app(read), scope, incoming) == []


WEBSOCKET: Message = {"type": "websocket", "asgi": {"version": "3.0"}, "path": "/", "query_string": b"", "headers": []}
CONNECT: Message = {"type": "websocket.connect"}


def test_a_websocket_is_accepted_after_connect_and_what_comes_is_answered() -> None:
    incoming: list[Message] = [
        CONNECT,
        {"type": "websocket.receive", "text": "a"},
        {"type": "websocket.receive", "bytes": b"b"},
        {"type": "websocket.receive", "text": None, "bytes": b"c"},
        {"type": "websocket.disconnect"},
    ]
    first, *others = run(asgi_app(hello, websocket=echo), WEBSOCKET, incoming)
    assert first["type"] == "websocket.accept"
    given = [message.get("text") if message.get("text") is not None else message.get("bytes") for message in others]
    assert given == ["a", b"b", b"c"]
    assert all((message.get("text") is None) is not (message.get("bytes") is None) for message in others)


def test_nothing_is_sent_after_disconnect() -> None:
    sent = run(asgi_app(hello, websocket=echo), WEBSOCKET, [CONNECT, {"type": "websocket.disconnect", "code": 1001}])
    assert [message["type"] for message in sent] == ["websocket.accept"]


def test_a_websocket_nobody_wants_is_closed_before_it_is_accepted() -> None:
    sent = run(asgi_app(hello), WEBSOCKET, [CONNECT])
    assert [message["type"] for message in sent] == ["websocket.close"]


LIFESPAN: Message = {"type": "lifespan", "asgi": {"version": "3.0"}}
PHASES = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]


def test_each_phase_of_the_lifespan_is_answered_once() -> None:
    assert [message["type"] for message in run(asgi_app(hello), LIFESPAN, PHASES)] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


@pytest.mark.parametrize("phase", ["startup", "shutdown"])
def test_a_phase_that_fails_says_why(phase: str) -> None:
    async def fail() -> None:
        raise OSError("no table")

    sent: list[Message] = []

    async def main() -> None:
        waiting = list(PHASES)

        async def receive() -> Message:
            return waiting.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        with pytest.raises(OSError, match="no table"):
            await asgi_app(hello, **{phase: fail})(LIFESPAN, receive, send)  # type: ignore[arg-type]  # one hook of two

    asyncio.run(main())
    assert sent[-1]["type"] == f"lifespan.{phase}.failed"
    assert "no table" in sent[-1]["message"]

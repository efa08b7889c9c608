"""Applications that do not keep to what they announce, over HTTP/2: the stream is reset, so that nobody takes the answer for complete."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server.http2 import codes

Start = Callable[..., Any]
Connect = Callable[..., Any]
Send = Callable[[dict[str, Any]], Any]
BEGIN = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
TRAILERS = {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}


def piece(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


MISTAKES: dict[str, list[dict[str, Any]]] = {
    "longer": [BEGIN, piece(b"abc"), piece(b"de")],
    "shorter": [BEGIN, piece(b"abc"), piece(b"", more=False)],
    "shorter, with trailers": [{**BEGIN, "trailers": True}, piece(b"abc"), piece(b"", more=False), TRAILERS],
    "not ended": [BEGIN, piece(b"abc")],
}


def is_reset_alone(client: Any) -> bool:
    """Tell whether a request resets its stream and leaves the connection to others."""
    client.request(1)
    return bool(client.error(1) == ("stream", codes.INTERNAL_ERROR) and client.is_alive())


@pytest.mark.parametrize("mistake", MISTAKES)
def test_an_asgi_application_that_breaks_its_word_resets_its_stream(quick: Start, http2: Connect, mistake: str) -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Send) -> None:
        for message in MISTAKES[mistake]:
            await send(message)

    assert is_reset_alone(http2(quick(app, True)))


@pytest.mark.parametrize("length", [3, 5])
def test_a_stream_that_does_not_fit_its_length_resets_its_stream(
    quick: Start, http2: Connect, caplog: pytest.LogCaptureFixture, length: int
) -> None:
    async def app(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"ab"
            yield b"cd"

        return Response(pieces(), 200, {"content-length": str(length)})

    assert is_reset_alone(http2(quick(app)))
    (record,) = caplog.records
    assert "broke off" in record.getMessage()


def test_no_answer_at_all_is_an_answer_with_500(quick: Start, http2: Connect, caplog: pytest.LogCaptureFixture) -> None:
    async def app(request: Request) -> Response:
        return None  # type: ignore[return-value]  # the mistake

    client = http2(quick(app))
    client.request(1, path="/forgotten")
    assert client.response(1)[0][":status"] == "500"
    assert "gave no response to GET b'/forgotten'" in caplog.text


def test_a_status_without_a_body_ends_the_stream_even_if_one_is_sent(quick: Start, http2: Connect) -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": [(b"content-length", b"4")]})
        await send(piece(b"abcd"))
        await send(piece(b"", more=False))

    client = http2(quick(app, True))
    client.request(1)
    head, body = client.response(1)
    assert (head[":status"], body) == ("204", b"")
    assert "content-length" not in head
    assert client.is_alive()


def test_a_websocket_whose_handshake_is_wrong_is_refused_on_its_stream_alone(quick: Start, http2: Connect) -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Send) -> None:
        raise AssertionError("it must not hear of this")

    client = http2(quick(app, True))
    client.headers(
        1,
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/"),
        (":authority", "a"),
        ("sec-websocket-version", "12"),
        end=False,
    )
    head, _ = client.response(1)
    assert head[":status"] == "426"
    assert head["sec-websocket-version"] == "13"
    assert client.is_alive()

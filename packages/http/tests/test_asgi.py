import asyncio
from collections.abc import AsyncIterator, MutableMapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from partita.http import BadRequest, ClientDisconnected, ContentTooLarge, Limits, NotFound, Request, Response, asgi_app
from partita.http.asgi import SCOPE, ASGIApp, request_from_scope
from partita.http.drafts import HttpRequest
from partita.http.drafts.incoming import FileInput
from partita.http.request import decode_path

Message = MutableMapping[str, Any]


def scope(**changes: object) -> Message:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"x=1",
        "root_path": "",
        "headers": [(b"host", b"example.com")],
        "client": ("10.0.0.1", 1234),
        "server": ["10.0.0.2", None],
        **changes,
    }


def call(app: ASGIApp, scope: Message, *incoming: Message) -> list[Message]:
    left, sent = list(incoming), []

    async def receive() -> Message:
        return left.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return sent


def test_a_scope_becomes_a_request() -> None:
    async def receive() -> Message:
        raise AssertionError

    request = request_from_scope(scope(), receive)
    assert (request.method, request.path, request.raw_path, request.query["x"]) == ("GET", "/a b", b"/a%20b", "1")
    assert request.url == "https://example.com/a%20b?x=1"
    assert (request.client, request.server) == (("10.0.0.1", 1234), ("10.0.0.2", 0))


def test_the_root_path_is_cut_off() -> None:
    async def receive() -> Message:
        raise AssertionError

    for raw in (b"/shop/a%20b", None):
        request = request_from_scope(scope(root_path="/shop", path="/shop/a b", raw_path=raw), receive)
        assert (request.root_path, request.path) == ("/shop", "/a b")
        assert request.url in {"https://example.com/shop/a%20b?x=1", "https://example.com/shop/a b?x=1"}
    assert request_from_scope(scope(root_path="/shop", path="/shop", raw_path=b"/shop"), receive).path == "/"


def test_cve_2026_3902_names_with_an_underscore_are_dropped() -> None:
    async def receive() -> Message:
        raise AssertionError

    request = request_from_scope(scope(headers=[(b"x_user", b"root"), (b"x-user", b"ada")]), receive)
    assert request.headers.items() == [("x-user", "ada")]


def test_a_body_comes_in_pieces_and_the_answer_goes_out() -> None:
    async def view(request: Request) -> Response:
        return Response.text((await request.aread()).decode().upper())

    sent = call(
        asgi_app(view),
        scope(method="POST", headers=[(b"content-length", b"4")]),
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cd"},
    )
    assert sent[0]["status"] == 200
    assert (b"content-length", b"4") in sent[0]["headers"]
    assert sent[1:] == [{"type": "http.response.body", "body": b"ABCD"}]


def test_a_client_that_goes_away_in_its_body_ends_the_request() -> None:
    seen: list[type[BaseException]] = []

    async def view(request: Request) -> Response:
        try:
            await request.aread()
        except ClientDisconnected as error:
            seen.append(type(error))
            raise
        raise AssertionError

    sent = call(asgi_app(view), scope(headers=[(b"content-length", b"4")]), {"type": "http.disconnect"})
    assert sent == []
    assert seen == [ClientDisconnected]


def test_limits_reach_the_request() -> None:
    async def view(request: Request) -> Response:
        return Response(await request.aread())

    sent = call(
        asgi_app(view, limits=Limits(max_body=1)),
        scope(headers=[(b"transfer-encoding", b"chunked")]),
        {"type": "http.request", "body": b"ab"},
    )
    assert sent[0]["status"] == 413


def test_statuses_raised_are_answered_and_head_has_no_body() -> None:
    async def view(request: Request) -> Response:
        raise NotFound("gone")

    sent = call(asgi_app(view), scope(method="HEAD"))
    assert sent[0]["status"] == 404
    assert (b"content-length", b"5") in sent[0]["headers"]
    assert sent[1]["body"] == b""


def test_streams_and_files_are_sent_as_they_come(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"file")

    async def letters() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    async def view(request: Request) -> Response:
        return Response.file(tmp_path / "a.txt") if request.query else Response.stream(letters())

    sent = call(asgi_app(view), scope(query_string=b""))
    assert [(m["body"], m.get("more_body", False)) for m in sent[1:]] == [(b"a", True), (b"b", True), (b"", False)]
    sent = call(asgi_app(view), scope())
    assert (b"content-length", b"4") in sent[0]["headers"]
    assert b"".join([m["body"] for m in sent[1:]]) == b"file"


def test_the_lifespan_runs_the_hooks_and_tells_of_failure() -> None:
    ran: list[str] = []

    async def view(request: Request) -> Response:
        raise AssertionError

    async def up() -> None:
        ran.append("up")

    async def down() -> None:
        ran.append("down")

    async def broken() -> None:
        raise OSError("no database")

    messages = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    sent = call(asgi_app(view, up, down), {"type": "lifespan"}, *messages)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert ran == ["up", "down"]
    with pytest.raises(OSError, match="no database"):
        call(asgi_app(view, broken), {"type": "lifespan"}, *messages)


def test_websockets_are_refused() -> None:
    async def view(request: Request) -> Response:
        raise AssertionError

    sent = call(asgi_app(view), {"type": "websocket"}, {"type": "websocket.connect"})
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_cve_2019_12781_a_header_cannot_turn_http_into_https() -> None:
    async def receive() -> Message:
        raise AssertionError

    forged = [(b"x-forwarded-proto", b"https"), (b"forwarded", b"proto=https"), (b"x-forwarded-for", b"1.2.3.4")]
    request = request_from_scope(scope(scheme="http", headers=forged), receive)
    assert not request.is_secure
    assert request.client == ("10.0.0.1", 1234)


@pytest.mark.parametrize(("method", "body"), [("POST", b"text"), ("GET", b"")])
def test_a_body_is_read_though_nobody_said_how_long_it_is(method: str, body: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"text", "more_body": False}

    scope: dict[str, Any] = {"type": "http", "method": method, "path": "/", "headers": []}

    async def read() -> bytes:
        return await request_from_scope(scope, receive).aread()

    assert asyncio.run(read()) == body


def test_a_server_that_gives_no_raw_path_gets_the_same_addresses() -> None:
    async def receive() -> Message:
        raise AssertionError

    request = request_from_scope(scope(path="/café/a b?c%2F", raw_path=None), receive)
    assert request.path == "/café/a b?c%2F"
    assert request.full_path == "/caf%C3%A9/a%20b%3Fc%252F?x=1"


def test_the_scope_is_in_a_slot() -> None:
    async def receive() -> Message:
        raise AssertionError

    given = scope(state={"pool": 1})
    request = request_from_scope(given, receive)
    assert not request.is_looked_into
    assert request[SCOPE]["state"] == {"pool": 1}
    assert HttpRequest(request).scope is given


@pytest.mark.parametrize("length", [[], [(b"content-length", b"3")]])
def test_a_scope_with_its_body_makes_a_draft_without_a_loop(length: list[tuple[bytes, bytes]]) -> None:
    headers = [(b"content-type", b"application/x-www-form-urlencoded"), *length]
    for body in (b"a=1", BytesIO(b"a=1")):
        draft = HttpRequest.from_scope(scope(method="post", headers=headers), body)
        assert draft.POST == {"a": ["1"]}
        assert (draft.method, draft.body) == ("POST", b"a=1")
    file = HttpRequest.from_scope(scope(method="POST"), BytesIO(b"abcdef"))
    assert (file.read(2), file.read()) == (b"ab", b"cdef")
    with pytest.raises(BadRequest, match="Content-Type"):
        HttpRequest.from_scope(scope(headers=[(b"content-type", b"/")]))


def test_a_file_as_body_is_measured_before_it_is_read() -> None:
    class Unread(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError(size)

    async def receive() -> Message:
        raise AssertionError

    for file in (Unread(b"x" * 10), Endless()):
        request = request_from_scope(scope(method="POST"), receive, Limits(max_body=5), body=FileInput(file))
        with pytest.raises(ContentTooLarge):
            request.read()
    assert request_from_scope(scope(), receive, body=FileInput(BytesIO(b"abc"))).read() == b"abc"


class Endless(BytesIO):
    def seekable(self) -> bool:
        return False

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size >= 0
        return b"x" * size


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a%2Fb/x", "/x"),
        (b"/%61/b/x%2Fy", "/x/y"),
        (b"/a/b%2fx", "/x"),
        (b"/a/b", "/"),
        (b"/a/b/%zz", "/%zz"),
        (b"/a/b//c", "//c"),
    ],
)
def test_path_and_address_say_the_same_however_the_root_path_is_escaped(raw: bytes, path: str) -> None:
    async def receive() -> Message:
        raise AssertionError

    request = request_from_scope(scope(root_path="/a/b", path=decode_path(raw), raw_path=raw), receive)
    assert (request.path, decode_path(request.raw_path)) == (path, path)
    assert request.raw_path.startswith(b"/")


def test_a_root_path_in_another_script_is_cut_off_whether_it_is_escaped_or_not() -> None:
    async def receive() -> Message:
        raise AssertionError

    for raw in (b"/caf%C3%A9/x", "/café/x".encode()):
        request = request_from_scope(scope(root_path="/café", path="/café/x", raw_path=raw), receive)
        assert (request.path, request.raw_path) == ("/x", b"/x")


@pytest.mark.parametrize("size", [4, 11, 100])
def test_a_body_that_is_announced_as_too_long_is_read_up_to_the_limit_and_refused(size: int) -> None:
    """An answer at once would be lost, because servers close what is not read while the client still sends."""
    left = [b"x"] * size

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": bool(left)}

    async def main() -> None:
        announced = {**scope(), "method": "POST", "headers": [(b"content-length", b"100")]}
        with pytest.raises(ContentTooLarge):
            await request_from_scope(announced, receive, Limits(max_body=10)).aread()

    asyncio.run(main())
    assert len(left) == max(size - 11, 0)

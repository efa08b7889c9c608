"""ASGI 3 as a server, in each version of HTTP, with TLS and without: what an application sees and may do is the same."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from partita.server import Options, Server
from partita.server.tls import tls_context

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

pytestmark = pytest.mark.parametrize(
    ("version", "tls"), [("1.1", False), ("1.1", True), ("2", False), ("2", True)], ids=["1.1", "1.1 TLS", "2", "2 TLS"]
)


def only_http(then: App) -> App:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(scope["type"])
        await then(scope, receive, send)

    return app


@asynccontextmanager
async def serving(
    app: App, version: str, tls: bool, certificate: Path, options: Options | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    server = Server(only_http(app), options or Options(), asgi=True, ssl=tls_context(certificate) if tls else None)
    await server.start("127.0.0.1", 0)
    verify = ssl.create_default_context(cafile=certificate) if tls else True
    async with httpx.AsyncClient(http1=version == "1.1", http2=version == "2", verify=verify, timeout=20) as client:
        yield client, f"{'https' if tls else 'http'}://127.0.0.1:{server.addresses[0][1]}"
    await server.stop(5)


def run(case: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await asyncio.wait_for(case(), 60)

    asyncio.run(main())


def test_the_scope_says_the_same(version: str, tls: bool, certificate: Path) -> None:
    """HTTP/2's pseudo fields become what HTTP/1.1 has in their place; ``:authority`` is ``host``, the first of the headers."""
    seen: list[Message] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append(scope)
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    async def case() -> None:
        async with serving(app, version, tls, certificate) as (client, url):
            headers = [("X-Twice", "1"), ("x-twice", "2")]
            answer = await client.request("PATCH", f"{url}/caf%C3%A9/x%2Fy?a=%20b&c", headers=headers)
            assert (answer.status_code, answer.http_version) == (204, "HTTP/2" if version == "2" else "HTTP/1.1")
            (scope,) = seen
            assert (scope["type"], scope["http_version"], scope["method"]) == ("http", version, "PATCH")
            assert scope["scheme"] == ("https" if tls else "http")
            assert (scope["path"], scope["raw_path"]) == ("/café/x/y", b"/caf%C3%A9/x%2Fy")
            assert (scope["query_string"], scope["root_path"]) == (b"a=%20b&c", "")
            pairs = [(bytes(name), bytes(value)) for name, value in scope["headers"]]
            assert pairs[0] == (b"host", url.rpartition("/")[2].encode())
            assert [value for name, value in pairs if name == b"x-twice"] == [b"1", b"2"]
            assert all(name == name.lower() and not name.startswith(b":") for name, _ in pairs)
            assert scope["client"][0] == "127.0.0.1"
            assert tuple(scope["server"]) == ("127.0.0.1", int(url.rpartition(":")[2]))

    run(case)


def test_a_large_body_comes_and_goes_in_pieces(version: str, tls: bool, certificate: Path) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-mine", b"1")]})
        pieces, more = 0, True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            pieces, more = pieces + 1, message["more_body"]
            await send({"type": "http.response.body", "body": message["body"], "more_body": True})
        await send({"type": "http.response.body", "body": b"|%d" % min(pieces, 2), "more_body": False})

    async def case() -> None:
        async with serving(app, version, tls, certificate) as (client, url):
            data = bytes(range(256)) * 4000
            answer = await client.post(url, content=data)
            assert (answer.headers["x-mine"], answer.content) == ("1", data + b"|2")

    run(case)


def test_a_client_that_leaves_is_a_disconnect_and_sending_to_it_an_os_error(
    version: str, tls: bool, certificate: Path
) -> None:
    seen: list[str] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        seen.append((await receive())["type"])
        try:
            await send({"type": "http.response.body", "body": b"y", "more_body": True})
        except OSError:
            seen.append("OSError")

    async def case() -> None:
        async with serving(app, version, tls, certificate) as (client, url):
            async with client.stream("GET", url) as answer:
                async for piece in answer.aiter_raw():
                    assert piece == b"x"
                    break
            await client.aclose()
            for _ in range(1000):
                if len(seen) == 2:
                    break
                await asyncio.sleep(0.01)
            assert seen == ["http.disconnect", "OSError"]

    run(case)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"type": "http.response.body", "body": b"x"}],
        [{"type": "http.response.begin", "status": 200}],
        [{"status": 200}],
        [{"type": "http.response.start"}],
        [{"type": "http.response.start", "status": "200"}],
        [{"type": "http.response.start", "status": 200, "headers": [("x-text", "is no bytes")]}],
        [{"type": "http.response.start", "status": 200, "headers": [(b"x", b"a\r\nb: c")]}],
    ],
    ids=["nothing", "body first", "unknown", "no type", "no status", "status as text", "headers as text", "line break"],
)
def test_what_is_no_answer_is_500_and_the_next_request_is_answered(
    version: str, tls: bool, certificate: Path, messages: list[Message]
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        for message in messages if scope["path"] == "/bad" else ():
            await send(message)
        if scope["path"] != "/bad":
            await send({"type": "http.response.start", "status": 200})
        if scope["path"] != "/bad" or messages:
            await send({"type": "http.response.body", "body": b"fine"})

    async def case() -> None:
        async with serving(app, version, tls, certificate) as (client, url):
            assert (await client.get(f"{url}/bad")).status_code == 500
            assert (await client.get(url)).content == b"fine"

    run(case)


def test_an_exception_after_the_start_never_looks_like_a_whole_answer(
    version: str, tls: bool, certificate: Path
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("no more")

    async def case() -> None:
        async with serving(app, version, tls, certificate) as (client, url):
            with pytest.raises(httpx.HTTPError):
                await client.get(url)

    run(case)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [200, 204, 304])
def test_what_has_no_body_gets_none(version: str, tls: bool, certificate: Path, method: str, status: int) -> None:
    """Whatever the application sends, as the next answer on the connection shows."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"body"})

    async def case() -> None:
        async with serving(app, version, tls, certificate) as (client, url):
            for _ in range(2):
                answer = await client.request(method, url)
                wanted = b"body" if (method, status) == ("GET", 200) else b""
                assert (answer.status_code, answer.content) == (status, wanted)

    run(case)

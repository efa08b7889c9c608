"""Bodies that come through WSGI: their lengths, clients that leave, and what is freed."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import ClientDisconnected, ContentTooLarge, Request, Response, wsgi_app
from partita.http.wsgi import request_from_environ


class Cut(io.RawIOBase):
    """A socket that breaks when it is read."""

    def read(self, size: int = -1, /) -> bytes:
        raise OSError(104, "Connection reset by peer")


def environ(body: Any = b"", **more: Any) -> dict[str, Any]:
    stream = io.BytesIO(body) if isinstance(body, bytes) else body
    length = {"CONTENT_LENGTH": str(len(body))} if isinstance(body, bytes) else {}
    return {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": stream, **length, **more}


def ignore(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
    return lambda data: None


def test_sync_code_reads_no_more_than_it_allows() -> None:
    given = environ(b"12345678")
    request = request_from_environ(given)
    with pytest.raises(ContentTooLarge, match="more than 7 bytes"):
        request.body.read(7)
    assert request_from_environ(environ(b"12345678")).body.read(8) == b"12345678"


def test_no_more_is_read_than_was_announced() -> None:
    request = request_from_environ(environ(io.BytesIO(b"abcdef of the next request"), CONTENT_LENGTH="6"))
    assert request.body.read() == b"abcdef"


def test_what_was_read_can_be_read_again_whole_or_in_pieces() -> None:
    body = request_from_environ(environ(b"abc")).body

    async def pieces() -> bytes:
        return b"".join([chunk async for chunk in body])

    assert body.read() == b"abc"
    assert b"".join(body) == b"abc"
    assert asyncio.run(body.aread()) == b"abc"
    assert asyncio.run(pieces()) == b"abc"


def test_a_long_body_comes_in_pieces_of_bounded_size() -> None:
    body = request_from_environ(environ(b"x" * 150_000)).body
    assert [len(chunk) for chunk in body] == [65_536, 65_536, 18_928]


@pytest.mark.parametrize("length", ["", "x", "-1", "1_0", "٣", "1" * 20])
def test_without_a_length_that_is_a_number_there_is_no_body_for_sync_code(length: str) -> None:
    request = request_from_environ(environ(io.BytesIO(b"abc"), CONTENT_LENGTH=length))
    assert request.body.read() == b""


def test_a_client_that_breaks_off_is_told_from_an_end() -> None:
    request = request_from_environ(environ(Cut(), CONTENT_LENGTH="3"))
    with pytest.raises(ClientDisconnected):
        request.body.read()


def test_an_application_is_told_of_a_body_that_ends_before_its_length() -> None:
    async def view(request: Request) -> Response:
        return Response.text((await request.aread()).decode())

    with pytest.raises(ClientDisconnected, match="before the length that was announced"):
        wsgi_app(view)(environ(io.BytesIO(b"ab"), CONTENT_LENGTH="3"), ignore)


def test_a_body_without_a_length_is_read_to_its_end_where_the_server_ends_it() -> None:
    async def view(request: Request) -> Response:
        return Response.text((await request.aread()).decode())

    given = environ(io.BytesIO(b"x" * 70_000), CONTENT_LENGTH="", **{"wsgi.input_terminated": True})
    assert b"".join(wsgi_app(view)(given, ignore)) == b"x" * 70_000


def test_an_application_that_fails_has_its_request_freed() -> None:
    requests: list[Request] = []

    async def view(request: Request) -> Response:
        form = await request.aform()
        requests.append(request)
        assert not form.files["f"].closed
        raise RuntimeError("a mistake of the view")

    content = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nabc\r\n--x--\r\n'
    given = environ(content, CONTENT_TYPE="multipart/form-data; boundary=x")
    with pytest.raises(RuntimeError, match="a mistake of the view"):
        wsgi_app(view)(given, ignore)
    assert asyncio.run(requests[0].aform()).files["f"].closed


def test_a_path_without_its_slash_gets_one() -> None:
    assert request_from_environ({"PATH_INFO": "shop"}).path == "/shop"
    assert request_from_environ({}).path == "/"


def test_half_a_body_is_not_taken_for_a_whole_one() -> None:
    body = request_from_environ(environ(io.BytesIO(b"half"), CONTENT_LENGTH="8")).body
    with pytest.raises(ClientDisconnected, match="ended before the length that was announced"):
        body.read()

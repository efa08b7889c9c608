"""Responses that can be changed, and what is sealed of them."""

import asyncio
import csv
import io
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.i18n import LazyText
from partita.http import CookieError, Headers, Request, Response, asgi_app
from partita.http.drafts import (
    BadHeaderError,
    FileResponse,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseGone,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    HttpResponseNotModified,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
    HttpResponseServerError,
    JsonResponse,
    StreamingHttpResponse,
)
from partita.http.drafts.conversion import draft_response
from partita.http.errors import DisallowedRedirect
from partita.http.files import FileBody


def test_a_draft_is_changed_and_sealed_into_an_immutable_response() -> None:
    draft = HttpResponse("Hello")
    draft["X-A"] = "1"
    draft.headers["X-B"] = 2
    draft.status_code = 201
    draft.write(", world")
    sealed = draft.seal()
    assert type(sealed) is Response
    assert (sealed.status, sealed.body) == (201, b"Hello, world")
    assert sealed.headers.items() == [("content-type", "text/html; charset=utf-8"), ("x-a", "1"), ("x-b", "2")]
    draft["X-A"] = "changed"
    draft.content = "changed"
    assert (sealed.headers["x-a"], sealed.body) == ("1", b"Hello, world")
    with pytest.raises(AttributeError):
        sealed.status = 404  # type: ignore[misc]


def test_whatever_takes_a_response_takes_a_draft_and_gives_a_sealed_one() -> None:
    draft = HttpResponse("Hello")
    for changed in (
        draft.with_header("x", "1"),
        draft.with_status(404),
        draft.with_body(b"x"),
        draft.with_vary("Cookie"),
    ):
        assert type(changed) is Response
        draft["x-late"] = "1"
        assert "x-late" not in changed.headers
        del draft["x-late"]


async def _serve(view: Any) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    await asgi_app(view)({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)
    return sent


def test_a_draft_goes_over_the_wire_as_it_is() -> None:
    async def view(request: Request) -> Response:
        draft = HttpResponse(b"x", content_type="text/plain")
        draft.set_cookie("a", "1")
        return draft

    sent = asyncio.run(_serve(view))
    headers = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1; Path=/"), (b"content-length", b"1")]
    assert sent[0] == {"type": "http.response.start", "status": 200, "headers": headers}
    assert sent[1]["body"] == b"x"


def test_header_access_follows_django() -> None:
    draft = HttpResponse()
    draft.setdefault("x", "1")
    draft.setdefault("X", "2")
    assert draft["x"] == draft.headers["X"] == draft.get("x") == "1"
    assert draft.has_header("X")
    assert "x" in draft
    assert draft.headers.pop("X") == "1"
    del draft["X"]
    assert draft.get("x", "none") == "none"
    draft.headers.update({"A": "1", "B": "2"})
    assert draft.items()[1:] == [("a", "1"), ("b", "2")]
    with pytest.raises(KeyError):
        draft["x"]


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\0b"])
def test_a_line_break_in_a_header_raises_bad_header_error(value: str) -> None:
    draft = HttpResponse()
    with pytest.raises(BadHeaderError):
        draft["x"] = value
    with pytest.raises(BadHeaderError):
        draft["x" + value] = "1"
    with pytest.raises(BadHeaderError):
        HttpResponse(headers={"x": value})
    with pytest.raises(BadHeaderError):
        HttpResponse(content_type=value)
    assert "x" not in draft


def test_a_draft_is_a_file_to_write_to() -> None:
    draft = HttpResponse(content_type="text/csv")
    csv.writer(draft).writerows([["a", 1], ["ü", 2]])
    draft.writelines(["x", b"y"])
    assert draft.getvalue() == "a,1\r\nü,2\r\nxy".encode()
    assert draft.tell() == len(draft.content)
    assert draft.text.startswith("a,1")
    assert draft.writable()
    assert not draft.readable()
    assert not draft.seekable()
    assert not draft.closed
    draft.close()
    assert draft.closed
    assert list(draft) == [draft.content]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("ü", b"\xc3\xbc"),
        (b"x", b"x"),
        (memoryview(b"x"), b"x"),
        (["a", b"b", 3], b"ab3"),
        (17, b"17"),
        (iter("ab"), b"ab"),
    ],
)
def test_content_may_be_anything_that_has_bytes_or_text(content: object, expected: bytes) -> None:
    assert HttpResponse(content).content == expected


def test_the_charset_decides_how_text_becomes_bytes() -> None:
    assert HttpResponse("ü", content_type="text/plain; charset=iso-8859-1").content == b"\xfc"
    draft = HttpResponse("ü", charset="iso-8859-1")
    assert (draft.content, draft.text, draft["content-type"]) == (b"\xfc", "ü", "text/html; charset=iso-8859-1")


@pytest.mark.parametrize(
    ("draft", "status", "phrase"),
    [
        (HttpResponse(), 200, "OK"),
        (HttpResponse(status=418), 418, "I'm a Teapot"),
        (HttpResponse(status=499), 499, "Unknown Status Code"),
        (HttpResponse(reason="Fine"), 200, "Fine"),
        (HttpResponseNotModified(), 304, "Not Modified"),
        (HttpResponseBadRequest("x"), 400, "Bad Request"),
        (HttpResponseForbidden("x"), 403, "Forbidden"),
        (HttpResponseNotFound("x"), 404, "Not Found"),
        (HttpResponseNotAllowed(["GET", "POST"]), 405, "Method Not Allowed"),
        (HttpResponseGone("x"), 410, "Gone"),
        (HttpResponseServerError("x"), 500, "Internal Server Error"),
        (HttpResponseRedirect("/a"), 302, "Found"),
        (HttpResponseRedirect("/a", preserve_request=True), 307, "Temporary Redirect"),
        (HttpResponsePermanentRedirect("/a"), 301, "Moved Permanently"),
        (HttpResponsePermanentRedirect("/a", preserve_request=True), 308, "Permanent Redirect"),
        (HttpResponseRedirect("/a", preserve_request=True, status=303), 303, "See Other"),
    ],
)
def test_each_class_has_its_status(draft: HttpResponse, status: int, phrase: str) -> None:
    assert (draft.status_code, draft.seal().status) == (status, status)
    assert draft.reason_phrase.lower() == phrase.lower()


def test_the_fields_of_special_answers() -> None:
    assert HttpResponseNotAllowed(["GET", "POST"])["allow"] == "GET, POST"
    assert HttpResponseRedirect("/ä?b=c").url == "/%C3%A4?b=c"
    for url in ("javascript:alert(1)", " javascript:alert(1)", "data:text/html,x"):
        with pytest.raises(ValueError, match="redirects lead to"):
            HttpResponseRedirect(url)
    unchanged = HttpResponseNotModified()
    assert "content-type" not in unchanged
    with pytest.raises(AttributeError, match="304"):
        unchanged.content = "x"
    for status in (99, 600):
        with pytest.raises(ValueError, match="status"):
            HttpResponse(status=status)
    with pytest.raises(ValueError, match="Content-Type"):
        HttpResponse(content_type="a/b", headers={"Content-Type": "c/d"})


def test_json_is_written_by_msgspec_or_an_encoder_of_your_own() -> None:
    class Loud(json.JSONEncoder):
        def default(self, o: object) -> object:
            return str(o).upper()

    assert JsonResponse({"a": datetime(2026, 1, 2, tzinfo=UTC)}).content == b'{"a":"2026-01-02T00:00:00Z"}'
    assert JsonResponse({"a": Path("x")}, Loud).content == b'{"a": "X"}'
    assert JsonResponse({"b": 1, "a": 2}, json_dumps_params={"sort_keys": True}).content == b'{"a": 2, "b": 1}'
    assert JsonResponse([1], safe=False, status=201).seal().status == 201
    assert JsonResponse({})["content-type"] == "application/json"
    with pytest.raises(TypeError, match="safe parameter"):
        JsonResponse([1])


def test_cookies_are_set_and_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_767_225_600.0)  # the year 2026 begins
    draft = HttpResponse()
    draft.set_cookie(
        "a", "1", max_age=timedelta(minutes=1), samesite="lax", httponly=True, secure=True, domain="x.test"
    )
    draft.set_cookie("b", "2", expires="Sun, 06 Nov 1994 08:49:37 GMT")
    draft.set_cookie("b", "3", expires=datetime(2030, 1, 1))  # noqa: DTZ001 - Django takes it for UTC
    draft.delete_cookie("c", path="/x")
    assert draft.headers.get_all("set-cookie") == (
        "a=1; Expires=Thu, 01 Jan 2026 00:01:00 GMT; Max-Age=60; Domain=x.test; Path=/; Secure; HttpOnly; SameSite=Lax",
        "b=3; Expires=Tue, 01 Jan 2030 00:00:00 GMT; Max-Age=126230400; Path=/",
        "c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/x; HttpOnly",
    )
    assert draft.cookies["a"]["max-age"] == 60
    draft.cookies["a"]["path"] = "/only"
    draft.cookies["new"] = "x"
    assert draft.headers.get_all("set-cookie")[0].endswith("Path=/only; SameSite=Lax; Secure")
    assert draft.seal().headers.get_all("set-cookie")[-1] == "new=x"
    draft.set_cookie("later", "1")
    assert list(draft.cookies) == ["a", "b", "c", "new", "later"]
    with pytest.raises(CookieError, match="not a date"):
        draft.set_cookie("d", "1", expires="soon")


def test_streams_are_read_while_they_are_sent() -> None:
    async def numbers() -> AsyncIterator[str]:
        for number in range(3):
            yield str(number)

    mixed: list[str | bytes] = ["0", b"1", "2"]
    for draft, is_async in (
        (StreamingHttpResponse(iter(mixed)), False),
        (StreamingHttpResponse(numbers()), True),
    ):
        assert draft.streaming
        assert draft.is_async is is_async
        with pytest.raises(AttributeError, match="streaming_content"):
            draft.content
        assert asyncio.run(draft.seal().aread()) == b"012"
    assert StreamingHttpResponse(["a", "b"]).getvalue() == b"ab"
    with pytest.raises(TypeError, match="async for"):
        iter(StreamingHttpResponse(numbers()))


@pytest.mark.parametrize("is_async", [False, True])
def test_chunks_of_any_kind_are_sent_in_the_charset_of_the_response(is_async: bool) -> None:
    given: list[Any] = ["é", b"-", 7, LazyText(lambda: "ü"), memoryview(b"!")]

    async def chunks() -> AsyncIterator[Any]:
        for chunk in given:
            yield chunk

    draft = StreamingHttpResponse(chunks() if is_async else given, charset="latin-1")
    assert asyncio.run(draft.seal().aread()) == "é-7ü!".encode("latin-1")


@pytest.mark.parametrize("is_async", [False, True])
def test_what_makes_the_chunks_is_ended_with_the_stream(is_async: bool) -> None:
    ended: list[str] = []

    def chunks() -> Iterator[str]:
        try:
            yield "a"
        finally:
            ended.append("plain")

    async def achunks() -> AsyncIterator[str]:
        try:
            yield "a"
        finally:
            ended.append("async")

    async def first() -> bytes:
        made = StreamingHttpResponse(achunks() if is_async else chunks()).seal().chunks()
        found = await anext(made)
        await made.aclose()  # type: ignore[attr-defined]  # a generator
        return found

    assert (asyncio.run(first()), ended) == (b"a", ["async" if is_async else "plain"])


def test_a_file_is_sent_from_where_it_stands_and_closed(tmp_path: Path) -> None:
    path = tmp_path / "ä.txt"
    path.write_bytes(b"0123456789")
    file = path.open("rb")
    file.seek(4)
    draft = FileResponse(file, as_attachment=True)
    assert draft["content-length"] == "6"
    assert draft["content-type"] == "text/plain; charset=utf-8"
    assert draft["content-disposition"] == "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A4.txt"
    assert asyncio.run(draft.aread()) == b"456789"
    assert file.closed
    named = FileResponse(io.BytesIO(b"x"), filename='a"b.pdf')
    assert named["content-disposition"] == "inline; filename=\"a_b.pdf\"; filename*=UTF-8''a%22b.pdf"
    assert FileResponse(io.BytesIO(b"x"), headers={"Content-Type": "a/b"})["content-type"] == "a/b"


def test_drafts_convert_what_others_answered() -> None:
    sealed = Response.json({"a": 1}, 201).with_header("x-a", "1").with_cookie("c", "2")
    draft = draft_response(sealed)
    assert (draft.status_code, draft["x-a"], draft.cookies["c"].value) == (201, "1", "2")
    assert draft_response(draft) is draft
    assert draft.seal().body == sealed.body
    stream = draft_response(Response.stream([b"a", "b"], content_type="a/b"))
    assert (stream.streaming, list(stream), stream["content-type"]) == (True, [b"a", b"b"], "a/b")  # type: ignore[call-overload]


def test_a_file_on_disk_stays_one_for_the_server(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    draft = draft_response(Response.file(tmp_path / "a.txt"))
    draft["x-a"] = "1"
    assert isinstance(draft.seal().body, FileBody)
    assert b"".join(iter(draft)) == b"abc"  # type: ignore[call-overload]


def test_drafts_tell_what_they_are() -> None:
    assert repr(HttpResponseRedirect("/a/")) == (
        '<HttpResponseRedirect status_code=302, "text/html; charset=utf-8", url="/a/">'
    )
    refused = HttpResponseNotAllowed(["GET", "POST"], content_type="text/plain")
    assert repr(refused) == '<HttpResponseNotAllowed [GET, POST] status_code=405, "text/plain">'
    assert repr(HttpResponseNotModified()) == "<HttpResponseNotModified status_code=304>"


def test_headers_are_given_as_pairs_and_values_as_bytes() -> None:
    draft = HttpResponse(headers=[("X-Own", "1")])
    draft["X-Other"] = b"bytes"
    assert (draft["x-own"], draft["x-other"]) == ("1", "bytes")


def test_a_redirect_has_content_and_is_measured_as_it_is_sent() -> None:
    assert HttpResponseRedirect("/a/", content="gone").content == b"gone"
    with pytest.raises(DisallowedRedirect, match="exceeding 2048"):
        HttpResponseRedirect("/" + "\u00e9" * 2000)


def test_a_cookie_is_forgotten_with_samesite_in_any_case() -> None:
    draft = HttpResponse()
    draft.delete_cookie("a", samesite="none")
    assert draft.headers["set-cookie"].endswith("Secure; HttpOnly; SameSite=None")


def test_a_streams_content_is_bytes_and_there_once() -> None:
    draft = StreamingHttpResponse(["a", b"b"])
    assert list(draft.streaming_content) == [b"a", b"b"]  # type: ignore[arg-type]  # not an async one
    assert list(draft.streaming_content) == []  # type: ignore[arg-type]

    async def chunks() -> Any:
        yield "c"

    async def read() -> list[bytes]:
        content: Any = StreamingHttpResponse(chunks()).streaming_content
        return [chunk async for chunk in content]

    assert asyncio.run(read()) == [b"c"]


@pytest.mark.parametrize("seekable", [True, False])
def test_a_file_in_memory_is_sent_from_where_it_stands(seekable: bool) -> None:
    class Buffer(io.BytesIO):
        def seekable(self) -> bool:
            return seekable

    buffer = Buffer(b"binary content")
    buffer.read(7)
    assert FileResponse(buffer)["content-length"] == "7"


def test_a_file_with_a_name_tells_it(tmp_path: Path) -> None:
    (tmp_path / "cover.txt").write_bytes(b"x")
    assert FileResponse((tmp_path / "cover.txt").open("rb"))["content-disposition"] == 'inline; filename="cover.txt"'


def test_looking_at_the_cookies_of_a_response_loses_none() -> None:
    response = HttpResponse()
    response.set_cookie("a", "é 清", max_age=5, secure=True, httponly=True, samesite="None", partitioned=True)
    response.set_cookie("b", "c")
    written = {field.lower() for field in response.headers.get_all("set-cookie")[0].split("; ")}
    assert (response.cookies["a"].value, response.cookies["a"]["max-age"]) == ("é 清", 5)
    assert response.cookies["a"]["partitioned"]
    response.cookies["b"]["path"] = "/x"
    response.headers.add("set-cookie", "no cookie")
    first, second = [field for field in response.headers.get_all("set-cookie") if "=" in field]
    assert {field.lower() for field in first.split("; ")} == written
    assert second == "b=c; Path=/x"


@pytest.mark.parametrize("seconds", ["\u00b2", "9" * 5000, "-1", "1_0", ""])
def test_a_cookie_whose_age_is_no_number_can_be_looked_at(seconds: str) -> None:
    draft = draft_response(Response.text("", headers=Headers([("Set-Cookie", f"a=b; Max-Age={seconds}")])))
    assert draft.cookies["a"].value == "b"
    assert draft.seal().headers["set-cookie"].startswith("a=b")

import asyncio
import csv
import io
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.http import BadRequest, CookieError, Request, Response, Slot, asgi_app
from partita.http.drafts import (
    PROTECTED_COOKIES,
    BadHeaderError,
    DisallowedHost,
    FileResponse,
    HttpHeaders,
    HttpRequest,
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
    QueryDict,
    StreamingHttpResponse,
    parse_cookie,
)
from partita.http.drafts.conversion import draft_response
from partita.http.errors import DisallowedRedirect
from partita.http.files import FileBody
from partita.http.protected_cookies import ProtectedCookies


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


def test_an_immutable_query_dict_refuses_every_change() -> None:
    query = QueryDict("a=1&a=2&b=ü")
    assert (query["a"], query.getlist("a"), query.get("x")) == ("2", ["1", "2"], None)
    changes: tuple[Callable[[], object], ...] = (
        lambda: query.__setitem__("a", "3"),
        lambda: query.__delitem__("a"),
        lambda: query.setlist("a", []),
        lambda: query.appendlist("a", "3"),
        lambda: query.setlistdefault("a"),
        lambda: query.setdefault("a", "1"),
        lambda: query.update({"a": "3"}),
        lambda: query.pop("a"),
        query.popitem,
        query.clear,
    )
    for change in changes:
        with pytest.raises(AttributeError, match="immutable"):
            change()
    assert query.lists() == [("a", ["1", "2"]), ("b", ["ü"])]
    with pytest.raises(TypeError):
        hash(query)


def test_a_copy_of_a_query_dict_may_be_changed_and_the_original_stays() -> None:
    query = QueryDict("a=1")
    copy = query.copy()
    copy["a"] = "2"
    copy.appendlist("a", "3")
    copy.update({"a": "4", "b": "5"})
    copy.update(QueryDict("b=6&b=7"), c="8")
    assert copy.lists() == [("a", ["2", "3", "4"]), ("b", ["5", "6", "7"]), ("c", ["8"])]
    assert copy.urlencode() == "a=2&a=3&a=4&b=5&b=6&b=7&c=8"
    assert copy.setdefault("a", "x") == "4"
    assert copy.setdefault("d", "x") == "x"
    assert copy.setlistdefault("e", ["1", "2"]) == ["1", "2"]
    assert copy.pop("a") == ["2", "3", "4"]
    assert copy.pop("a", "none") == "none"
    assert copy.popitem() == ("e", ["1", "2"])
    del copy["b"]
    with pytest.raises(KeyError):
        copy.pop("b")
    assert copy.dict() == {"c": "8", "d": "x"} == dict(copy.pairs())
    copy.clear()
    assert not copy.keys()
    assert query == QueryDict("a=1") != QueryDict("a=2")
    assert QueryDict.fromkeys(["a", "a", "b"], "1", mutable=True).urlencode() == "a=1&a=1&b=1"
    assert QueryDict.fromkeys(["/ &"], "ü/").urlencode(safe="/") == "/+%26=%C3%BC/"


def test_a_query_dict_bounds_what_it_reads() -> None:
    with pytest.raises(BadRequest, match="More than 1000"):
        QueryDict("a&" * 1000 + "a")


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))))
def test_a_written_query_reads_back_as_itself(pairs: list[tuple[str, str]]) -> None:
    query = QueryDict.of(pairs)
    assert QueryDict(query.urlencode()) == query


USER = Slot[str]("test.user")


def test_a_request_draft_has_what_djangos_has() -> None:
    request = Request.build(
        "POST",
        "/albums/ä/?page=2&page=3",
        form={"title": "Partita", "tags": ["a", "b"]},
        headers={"Host": "shop.test:8443", "Cookie": "a=1", "Accept": "text/html;q=0.5, application/json", "X-A": "x"},
        scheme="https",
        root_path="/shop",
    )
    request.state.fill(USER, "ada")
    draft = HttpRequest(request)
    assert (draft.method, draft.scheme, draft.is_secure()) == ("POST", "https", True)
    assert (draft.path, draft.path_info) == ("/shop/albums/ä/", "/albums/ä/")
    assert draft.GET.getlist("page") == ["2", "3"]
    assert draft.POST.lists() == [("title", ["Partita"]), ("tags", ["a", "b"])]
    assert not draft.FILES.keys()
    assert draft.COOKIES == {"a": "1"}
    assert draft.META["HTTP_X_A"] == "x"
    assert draft.META["REMOTE_ADDR"] == "127.0.0.1"
    assert draft.META["CONTENT_TYPE"] == draft.content_type == "application/x-www-form-urlencoded"
    assert draft.META["SCRIPT_NAME"] == "/shop"
    assert draft.META["QUERY_STRING"] == "page=2&page=3"
    assert draft.body == b"title=Partita&tags=a&tags=b"
    assert draft.read(5) == b"title"
    assert draft.readlines() == [b"=Partita&tags=a&tags=b"]
    assert (draft.get_host(), draft.get_port()) == ("shop.test:8443", "8443")
    assert draft.get_full_path() == "/shop/albums/%C3%A4/?page=2&page=3"
    assert draft.build_absolute_uri() == "https://shop.test:8443/shop/albums/%C3%A4/?page=2&page=3"
    assert draft.build_absolute_uri("../x") == "https://shop.test:8443/shop/albums/x"
    assert draft.build_absolute_uri("//other.test/x") == "https://other.test/x"
    assert draft.accepts("text/html")
    assert not draft.accepts("image/png")
    assert draft.get_preferred_type(["text/html", "application/json"]) == "application/json"
    assert [str(kind) for kind in draft.accepted_types] == ["application/json", "text/html; q=0.5"]
    assert draft.user == "ada"
    with pytest.raises(AttributeError):
        draft.nobody
    assert draft.seal() is request


def test_a_request_draft_can_be_changed_and_the_immutable_one_stays() -> None:
    request = Request.build("GET", "/a")
    draft = HttpRequest(request)
    draft.user = "grace"
    draft.method, draft.path_info = "POST", "/ö"
    draft.GET = QueryDict("x=1")
    assert (draft.GET["x"], draft.path) == ("1", "/ö")
    sealed = draft.seal()
    assert (sealed.method, sealed.path, sealed.raw_path) == ("POST", "/ö", b"/%C3%B6")
    assert (request.method, request.path) == ("GET", "/a")


@pytest.mark.parametrize(
    ("path", "slash", "expected"),
    [("/a", True, "/a/?x=1"), ("/a/", True, "/a/?x=1"), ("/a b;c", False, "/a%20b%3Bc?x=1")],
)
def test_full_paths_are_escaped_and_may_get_a_slash(path: str, slash: bool, expected: str) -> None:
    draft = HttpRequest(Request.build("GET", path, query="x=1"))
    assert draft.get_full_path(slash) == draft.get_full_path_info(slash) == expected


class _Seals:
    """Just enough of a signer to tell what was signed for what."""

    def __init__(self, salt: str) -> None:
        self._salt = salt

    def sign(self, value: str) -> str:
        return f"{value}|{self._salt}"

    def unsign(self, signed: str, max_age: float | timedelta | None = None) -> str:
        value, _, salt = signed.partition("|")
        if salt != self._salt:
            raise ValueError("bad signature")
        if max_age == 0:
            raise ValueError("expired")
        return value


class _App:
    def require(self, key: object) -> Any:
        assert key is PROTECTED_COOKIES
        return ProtectedCookies(_Seals)


def test_signed_cookies_use_what_the_current_application_provides() -> None:
    draft = HttpResponse()
    with pytest.raises(LookupError):
        draft.set_signed_cookie("a", "1")
    token = CURRENT.set(_App())  # type: ignore[arg-type]
    try:
        draft.set_signed_cookie("a", "1", max_age=60)
        cookie = draft.headers["set-cookie"].partition(";")[0]
        request = HttpRequest(Request.build(headers={"Cookie": f"{cookie}; b=forged"}))
        assert request.get_signed_cookie("a", max_age=60) == "1"
        with pytest.raises(ValueError, match="expired"):
            request.get_signed_cookie("a", max_age=0)
        with pytest.raises(ValueError, match="bad signature"):
            request.get_signed_cookie("b")
        with pytest.raises(KeyError):
            request.get_signed_cookie("c")
        assert request.get_signed_cookie("b", default=None) is None
        assert request.get_signed_cookie("c", default="x") == "x"
    finally:
        CURRENT.reset(token)


def test_headers_of_a_request_follow_django() -> None:
    headers = HttpHeaders({"HTTP_USER_AGENT": "x", "CONTENT_TYPE": "a/b", "CONTENT_LENGTH": 3, "PATH_INFO": "/"})
    assert dict(headers) == {"User-Agent": "x", "Content-Type": "a/b", "Content-Length": "3"}
    assert headers["user-agent"] == headers["USER_AGENT"] == headers.get("User-Agent") == "x"
    assert "user_agent" in headers
    assert "path-info" not in headers
    assert len(headers) == 3
    with pytest.raises(KeyError):
        headers["absent"]
    assert HttpHeaders.to_wsgi_name("content-type") == "CONTENT_TYPE"
    assert HttpHeaders.to_wsgi_names({"x-a": 1}) == {"HTTP_X_A": 1}
    assert HttpHeaders.to_asgi_name("X_A") == "x-a"
    assert HttpHeaders.parse_header_name("PATH_INFO") is None


def test_cookies_are_read_into_a_dictionary_of_ones_own() -> None:
    found = parse_cookie('a=1; b="\\303\\274"; broken; a=2; =x')
    assert found == {"a": "1", "b": "ü"}
    found["c"] = "mine"


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


def test_the_host_is_checked_by_the_current_application() -> None:
    class App:
        def find(self, key: object) -> Any:
            return {ALLOWED_HOSTS: (".shop.test",), DEBUG: False}[key]

    def at(host: str) -> HttpRequest:
        return HttpRequest(Request.build(headers={"Host": host}))

    assert at("any.test").get_host() == "any.test"
    token = CURRENT.set(App())  # type: ignore[arg-type]
    try:
        assert at("www.shop.test:8000").get_host() == "www.shop.test:8000"
        for host in ("evil.test", "shop.test.evil.test", "a b", "shop.test@evil.test", "[::1"):
            with pytest.raises(DisallowedHost, match="Invalid HTTP_HOST header"):
                at(host).get_host()
    finally:
        CURRENT.reset(token)


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

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.i18n import gettext_lazy
from partita.http import Headers, HeaderSyntaxError, Http404, MethodNotAllowed, NotFound, Request, Response, StatusError
from partita.http.drafts import JsonResponse
from partita.http.drafts.json_encoder import DjangoJSONEncoder
from partita.http.events import Event
from partita.http.formats import negotiate


class Markup(str):
    """Safe HTML, as template languages have it."""

    __slots__ = ()


def test_constructors_set_status_and_type() -> None:
    assert Response().status == 200
    assert Response("<p>").content_type == "text/html; charset=utf-8"
    assert Response("a", content_type="text/css").content_type == "text/css"
    assert Response.text("ü").body == "ü".encode()
    assert Response.html("a", 201).status == 201
    assert Response.empty().status == 204
    assert Response.text("a", headers={"X-A": "b"}).headers["x-a"] == "b"
    assert Response.text("a", headers={"Content-Type": "text/csv"}).headers.get_all("content-type") == ("text/csv",)


def test_json_encodes_what_applications_have() -> None:
    value = [Decimal("1.50"), uuid.UUID(int=0), datetime(2020, 1, 1, tzinfo=UTC)]
    expected = b'["1.50","00000000-0000-0000-0000-000000000000","2020-01-01T00:00:00Z"]'
    response = Response.json(value)
    assert response.body == expected
    assert response.content_type == "application/json"


def test_json_takes_text_of_other_classes_and_lazy_translations() -> None:
    class Number(int):
        pass

    value = {"html": Markup("<b>é</b>"), "label": gettext_lazy("Cart"), "n": Number(3)}
    expected = '{"html":"<b>é</b>","label":"Cart","n":3}'.encode()
    assert Response.json(value).body == expected
    assert JsonResponse(value).content == expected
    assert Event(value).encode().decode().splitlines()[0] == f"data: {expected.decode()}"
    for kind in ("json", "msgpack", "xml", "csv", "yaml", "html"):
        body = negotiate(Request.build(query=f"format={kind}"), [value]).body
        assert isinstance(body, bytes)
        assert b"Cart" in body, kind


def test_json_asks_for_what_it_does_not_know() -> None:
    def default(value: object) -> object:
        if isinstance(value, complex):
            return [value.real, value.imag]
        raise TypeError(f"what is a {type(value).__name__}?")

    assert Response.json({"a": 1 + 2j, "b": Markup("x")}, default=default).body == b'{"a":[1.0,2.0],"b":"x"}'
    with pytest.raises(TypeError, match="what is a range"):
        Response.json(range(3), default=default)
    with pytest.raises(TypeError, match="complex has no form in JSON"):
        Response.json(1j)


def test_an_encoder_of_the_standard_library_may_be_inherited() -> None:
    class Encoder(DjangoJSONEncoder):
        def default(self, o: object) -> Any:
            return [o.real, o.imag] if isinstance(o, complex) else super().default(o)

    value = {"at": datetime(2020, 1, 1, tzinfo=UTC), "price": Decimal("1.50"), "label": gettext_lazy("Cart"), "z": 1j}
    written = '{"at": "2020-01-01T00:00:00Z", "price": "1.50", "label": "Cart", "z": [0.0, 1.0]}'
    assert JsonResponse(value, encoder=Encoder).text == json.dumps(value, cls=Encoder) == written
    with pytest.raises(TypeError, match="complex"):
        json.dumps(1j, cls=DjangoJSONEncoder)


def test_a_draft_of_json_writes_dates_also_with_parameters() -> None:
    draft = JsonResponse({"at": datetime(2020, 1, 1, tzinfo=UTC)}, json_dumps_params={"indent": 1})
    assert draft.text == '{\n "at": "2020-01-01T00:00:00Z"\n}'
    told = JsonResponse({"a": 1j}, json_dumps_params={"default": str})
    assert told.text == '{"a": "1j"}'


def test_a_response_cannot_be_changed_and_its_changes_are_new_ones() -> None:
    old = Response.text("a")
    with pytest.raises(AttributeError):
        old.status = 404  # type: ignore[misc]
    new = old.with_header("X-A", "1").with_added_header("x-a", "2").with_status(201).with_vary("Cookie", "cookie")
    assert new.headers.get_all("x-a") == ("1", "2")
    assert new.status == 201
    assert new.headers["vary"] == "Cookie"
    assert new.with_vary("Accept", "COOKIE").headers["vary"] == "Cookie, Accept"
    assert new.without_header("X-A").headers.get("x-a") is None
    assert new.with_headers({"X-A": "9"}).headers.get_all("x-a") == ("9",)
    assert old.headers.items() == [("content-type", "text/plain; charset=utf-8")]
    assert old.status == 200


def test_another_body_drops_what_described_the_old_one() -> None:
    response = Response.text("a", headers={"ETag": '"1"'}).with_body("bc")
    assert response.body == b"bc"
    assert "etag" not in response.headers


def test_cookies_are_set_once_by_name_and_taken_back() -> None:
    response = Response.empty().with_cookie("a", "1").with_cookie("b", "2").with_cookie("a", "3", max_age=60)
    assert response.headers.get_all("set-cookie") == (
        "b=2; Path=/; HttpOnly; SameSite=Lax",
        "a=3; Max-Age=60; Path=/; HttpOnly; SameSite=Lax",
    )
    gone = response.without_cookie("__Host-s").headers.get_all("set-cookie")[-1]
    assert gone == "__Host-s=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 302),
        ({"permanent": True}, 301),
        ({"preserve_method": True}, 307),
        ({"permanent": True, "preserve_method": True}, 308),
    ],
)
def test_redirects_have_four_statuses(options: Any, status: int) -> None:
    response = Response.redirect("/ü?a=b#c", **options)
    assert response.status == status
    assert response.headers["location"] == "/%C3%BC?a=b#c"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", " JavaScript:x", "data:text/html,x", "\x01javascript:x", "ftp://a"]
)
def test_redirects_lead_to_http_only(url: str) -> None:
    with pytest.raises(ValueError, match="http or https"):
        Response.redirect(url)


def test_a_redirect_may_have_colons_behind_its_beginning_and_never_a_line_break() -> None:
    assert Response.redirect("?next=a:b").headers["location"] == "?next=a:b"
    assert Response.redirect("/a\r\nSet-Cookie: x=y").headers["location"] == "/a%0D%0ASet-Cookie:%20x=y"


def test_header_injection_is_refused_wherever_headers_are_given() -> None:
    makers: tuple[Callable[[], Response], ...] = (
        lambda: Response.text("a", headers={"x": "a\r\nb"}),
        lambda: Response("a", content_type="a\nb"),
        lambda: Response().with_header("x", "a\0"),
        lambda: Response().with_added_header("x\r\ny", "a"),
    )
    for make in makers:
        with pytest.raises(HeaderSyntaxError):
            make()


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, 1000])
def test_only_final_statuses_are_responses(status: int) -> None:
    with pytest.raises(ValueError, match="between 200 and 599"):
        Response(status=status)
    with pytest.raises(ValueError, match="between 200 and 599"):
        Response.text("", status)


def test_streams_of_both_kinds_give_their_chunks_and_are_closed() -> None:
    closed = []

    async def letters() -> AsyncIterator[str | bytes]:
        try:
            yield "ä"
            yield b""
            yield b"b"
        finally:
            closed.append("async")

    def digits() -> Iterator[bytes]:
        try:
            yield b"1"
            yield b"2"
        finally:
            closed.append("sync")

    async def first_only(response: Response) -> bytes:
        chunks = response.chunks()
        first = await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]
        return first

    assert asyncio.run(Response.stream(letters()).aread()) == "äb".encode()
    assert asyncio.run(Response.stream(digits()).aread()) == b"12"
    assert asyncio.run(first_only(Response.stream(digits()))) == b"1"
    assert asyncio.run(first_only(Response.stream(letters()))) == "ä".encode()
    assert closed == ["async", "sync", "sync", "async"]
    assert Response.stream(iter(())).is_streaming


def test_errors_with_a_status_become_answers() -> None:
    assert Http404 is NotFound
    assert Response.error(NotFound("No such album.")).body == b"No such album.\n"
    response = Response.error(MethodNotAllowed(["POST", "GET"]))
    assert (response.status, response.headers["allow"]) == (405, "GET, POST")
    assert Response.error(StatusError(418)).status == 418


def test_a_file_comes_with_type_length_tag_and_date(tmp_path: Path) -> None:
    path = tmp_path / "a.css"
    path.write_bytes(b"p {}")
    response = Response.file(path)
    assert response.content_type == "text/css; charset=utf-8"
    assert {"etag", "last-modified", "accept-ranges"} <= set(response.headers)
    assert asyncio.run(response.aread()) == b"p {}"
    assert "content-disposition" not in response.headers
    with pytest.raises(FileNotFoundError):
        Response.file(tmp_path)


def test_the_content_encoding_of_an_archive_is_not_taken_for_the_transfers(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"")
    assert Response.file(tmp_path / "a.tar.gz").content_type == "application/gzip"


def test_cve_2022_36359_a_file_name_cannot_break_out_of_its_header(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    response = Response.file(tmp_path / "x", as_attachment=True, filename='a";x="\r\nSet-Cookie: ü.txt')
    value = response.headers["content-disposition"]
    assert value == (
        "attachment; filename=\"a_;x=_Set-Cookie: _.txt\"; filename*=UTF-8''a%22%3Bx%3D%22Set-Cookie%3A%20%C3%BC.txt"
    )
    assert (
        Response.file(tmp_path / "x", as_attachment=True).headers["content-disposition"] == 'attachment; filename="x"'
    )


def test_defaults_are_added_where_a_response_has_nothing_of_that_name() -> None:
    defaults = Headers({"x-one": "1", "x-two": "2"})
    plain = Response.text("x").with_defaults(defaults)
    assert (plain.headers["x-one"], plain.headers["x-two"], plain.body) == ("1", "2", b"x")
    own = Response.text("x", 201, {"X-Two": "own"}).with_defaults(defaults)
    assert own.headers.get_all("x-two") == ("own",)
    assert (own.headers["x-one"], own.status) == ("1", 201)

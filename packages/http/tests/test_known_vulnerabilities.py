"""What went wrong elsewhere, by the number under which it became known, and does not go wrong here."""

import asyncio
import gzip
import logging
import tracemalloc
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import is_linear, least_seconds
from partita.http import BadRequest, ContentTooLarge, Form, Headers, Limits, Request, Response, StatusError
from partita.http.asgi import request_from_scope
from partita.http.cookies import format_cookie, parse_cookies
from partita.http.errors import HttpError
from partita.http.forms import FormReader
from partita.http.media_types import parse_media_type
from partita.http.memory_cache import MemoryCache
from partita.http.page_cache import PageCache
from partita.http.ranges import parse_range

TYPE = "multipart/form-data; boundary=B"
END = b"--B--\r\n"


def part(disposition: str, content: bytes = b"x", more: str = "") -> bytes:
    return f"--B\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + content + b"\r\n"


def read(body: bytes, limits: Limits | None = None, step: int = 0, kind: str = TYPE) -> Form:
    with FormReader(parse_media_type(kind), limits or Limits()) as reader:
        size = step or max(len(body), 1)
        for at in range(0, len(body), size):
            reader.feed(body[at : at + size])
        return reader.finish()


def test_cve_2022_23833_cve_2024_30251_crafted_files_end_with_an_error_and_not_never() -> None:
    body = part('name="a"; filename="a"', b"\r\n-B" * 50)
    for cut in range(1, len(body)):
        with pytest.raises(BadRequest):
            read(body[:cut])


def test_cve_2023_25577_cve_2023_30798_the_number_of_parts_is_bounded() -> None:
    with pytest.raises(ContentTooLarge):
        read(part('name="a"') * 1001 + END)
    with pytest.raises(ContentTooLarge):
        read(part('name="a"; filename="a"') * 101 + END)


def test_cve_2026_31958_parts_are_counted_while_they_come() -> None:
    with FormReader(parse_media_type(TYPE), Limits(max_fields=10)) as reader, pytest.raises(ContentTooLarge):
        for _ in range(12):  # the end never comes
            reader.feed(part('name="a"'))


def test_cve_2024_47874_cve_2024_49767_a_field_without_file_name_takes_bounded_memory() -> None:
    limits = Limits(max_field_size=10_000)
    tracemalloc.start()
    try:
        with FormReader(parse_media_type(TYPE), limits) as reader, pytest.raises(ContentTooLarge):
            reader.feed(b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n')
            for _ in range(5000):
                reader.feed(b"x" * 10_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1_048_576


def test_cve_2026_54283_fields_of_url_encoded_forms_are_bounded_as_well() -> None:
    kind = "application/x-www-form-urlencoded"
    with pytest.raises(StatusError) as refused:
        read(b"a=1&" * 1001, kind=kind)
    assert refused.value.status in {400, 413}
    with pytest.raises(ContentTooLarge):
        read(b"a=" + b"x" * 3_000_000, kind=kind)


@pytest.mark.parametrize("piece", [b"\r", b"\n", b"\r\n", b"\r\n-", b"\r\n--", b"-", b"\r\n--A"])
def test_cve_2023_46136_content_of_line_ends_costs_no_more_than_its_length(piece: bytes) -> None:
    def cost(size: int) -> float:
        body = part('name="a"; filename="a"', piece * (size // len(piece))) + END
        return least_seconds(lambda: read(body, step=1000), attempts=3)

    assert any(cost(400_000) <= 2.3 * cost(200_000) + 0.004 for _ in range(5))


@pytest.mark.parametrize("piece", [b"\r\n", b"\n", b"junk\r\n", b"-"])
def test_cve_2024_53981_cve_2026_40347_what_stands_around_the_parts_is_no_work_and_no_log(
    piece: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    def cost(size: int) -> float:
        around = piece * (size // len(piece))

        def run() -> None:
            for body in (around + part('name="a"') + END, part('name="a"') + END + around):
                try:
                    read(body)
                except StatusError:  # to refuse it is as good
                    continue

        return least_seconds(run, attempts=3)

    with caplog.at_level(logging.DEBUG):
        assert any(cost(800_000) <= 2.3 * cost(400_000) + 0.004 for _ in range(5))
    assert len(caplog.records) < 10


def test_cve_2025_47287_a_bad_part_is_an_answer_and_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(StatusError):
        read(b"--B\r\nnonsense\r\n\r\nx\r\n" * 1000 + END)
    assert caplog.records == []


@pytest.mark.parametrize("more", ["X: y\r\n" * 5000, f"X: {'y' * 20_000}\r\n"])
def test_cve_2026_42561_cve_2026_34516_headers_of_a_part_are_bounded(more: str) -> None:
    with pytest.raises(StatusError) as refused:
        read(part('name="a"', more=more) + END)
    assert 400 <= refused.value.status < 500


def test_cve_2026_53537_the_name_that_others_see_is_the_name_of_the_file() -> None:
    body = part('name="a"; filename="seen.txt"; filename*=UTF-8\'\'hidden.php') + END
    try:
        assert read(body).files["a"].filename == "seen.txt"
    except BadRequest:  # as RFC 7578, section 4.2 forbids it
        return


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\\\x\\\\..\\\\a.php", "/etc/passwd", "..", "a/../../b", "\x00a"]
)
def test_cve_2026_24486_the_name_of_a_file_is_never_a_path(name: str, tmp_path: Path) -> None:
    try:
        file = read(part(f'name="a"; filename="{name}"') + END).files.get("a")
    except BadRequest:
        return
    if file is not None and file.filename:
        assert (tmp_path / file.filename).resolve().parent == tmp_path
        assert "\x00" not in file.filename


@pytest.mark.parametrize("kind", ["text/plain\r\nX: y", "text/plain\nX: y", "text/\x00plain"])
def test_cve_2026_34514_cve_2026_50269_the_type_of_a_part_starts_no_header(kind: str) -> None:
    body = part('name="a"; filename="a"', more=f"Content-Type: {kind}\r\n") + END
    try:
        found = read(body).files["a"].content_type
    except BadRequest:
        return
    assert not {"\r", "\n", "\x00"} & set(str(found))


def test_cve_2026_53538_a_semicolon_separates_no_fields() -> None:
    form = read(b"a=1;b=2&c=3", kind="application/x-www-form-urlencoded")
    assert form.pairs() == (("a", "1;b=2"), ("c", "3"))


@pytest.mark.parametrize("value", ["-1", "+1", "1_0", "0x1", " ", "1,1", "1e3", "²", "9" * 400])
def test_cve_2026_53540_a_length_is_digits(value: str) -> None:
    request = Request.build("POST", headers={"Content-Length": value})
    try:
        assert request.content_length is None
    except StatusError as error:
        assert error.status in {400, 413}  # noqa: PT017 - one of two right outcomes


@pytest.mark.parametrize("piece", ["a=b;", "a;", '"', "\\", "; ", "=", "charset=x; charset=x; "])
def test_cve_2024_24762_a_content_type_costs_no_more_than_its_length(piece: str) -> None:
    def cost(size: int) -> float:
        text = "text/plain; " + piece * (size // len(piece))

        def run() -> None:
            try:
                parse_media_type(text)
            except HttpError:
                return

        return least_seconds(run, attempts=3)

    assert any(cost(100_000) <= 2.3 * cost(50_000) + 0.004 for _ in range(5))


@pytest.mark.parametrize("value", ["=__Host-x=1", "=__Secure-x=1", "=", "==a", "= a=b"])
def test_cve_2023_23934_a_cookie_without_name_is_none(value: str) -> None:
    assert not [name for name in parse_cookies(f"{value}; good=1") if name.startswith("__") or not name.strip()]
    assert parse_cookies(f"{value}; good=1")["good"] == "1"


@pytest.mark.parametrize("piece", ['"\\', "a=b;", "\\0", '="', ";", "a"])
def test_cve_2024_52804_cve_2025_67726_cookies_cost_no_more_than_their_length(piece: str) -> None:
    def cost(size: int) -> float:
        text = 'a="' + piece * (size // len(piece))
        return least_seconds(lambda: parse_cookies(text), attempts=3)

    assert any(cost(100_000) <= 2.3 * cost(50_000) + 0.004 for _ in range(5))


@pytest.mark.parametrize("option", ["path", "domain", "samesite"])
@pytest.mark.parametrize("value", ["a; Domain=evil.test", "a\r\nX: y", "Lax; Secure", "/;b", "\x00"])
def test_cve_2026_35536_attributes_of_cookies_add_no_others(option: str, value: str) -> None:
    with pytest.raises(HttpError):
        format_cookie("a", "b", **{option: value})  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        format_cookie("a", "b", Domain="evil.test")  # type: ignore[call-arg]


def test_cve_2025_62727_ghsa_7f5h_v6xp_fcq8_many_ranges_cost_no_more_than_their_length() -> None:
    def cost(count: int) -> float:
        value = "bytes=" + ",".join([f"{2 * at}-{2 * at}" for at in range(count)])
        return least_seconds(lambda: parse_range(value, 10_000_000), attempts=3)

    assert any(cost(20_000) <= 2.3 * cost(10_000) + 0.004 for _ in range(5))
    many = "bytes=" + ",".join([f"{2 * at}-{2 * at}" for at in range(101)])
    assert len(parse_range(many, 10_000_000) or []) <= 100


@pytest.mark.parametrize(
    "host", ["a/?x", "a@evil.test", "a#b", "a\\b", "a b", "a\tb", "[::1", "a:b", "a:99999999", "http://a"]
)
def test_cve_2026_48710_cve_2026_54282_a_host_changes_neither_path_nor_host_of_the_address(host: str) -> None:
    with pytest.raises(BadRequest):
        assert Request.build("GET", "/private", headers={"Host": host}).url


@given(st.text(alphabet="/@?#\\a:.%é ", min_size=0, max_size=20))
def test_cve_2026_48710_path_and_address_say_the_same(path: str) -> None:
    request = Request.build("GET", f"/{path}", headers={"Host": "shop.test"})
    parts = urlsplit(request.url)
    assert parts.netloc == "shop.test"
    assert parts.path == request.full_path.partition("?")[0]


@pytest.mark.parametrize(
    "kind", ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B"]
)
def test_cve_2021_32677_json_must_say_that_it_is_json(kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    with pytest.raises(StatusError) as refused:
        Request.build("POST", headers=headers, body=b'{"admin": true}').json()
    assert refused.value.status == 415


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\x00b"])
def test_cve_2020_7695_no_value_starts_a_header(value: str) -> None:
    with pytest.raises((HttpError, ValueError)):
        Response.text("a").with_header("X-Name", value)
    with pytest.raises((HttpError, ValueError)):
        Response.text("a").with_header(value, "x")


def test_cve_2025_67724_a_response_has_no_reason_phrase_of_its_own() -> None:
    with pytest.raises(TypeError):
        Response(b"", 404, reason="<script>\r\nX: y")  # type: ignore[call-arg]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_cve_2025_69223_a_compressed_body_is_never_unfolded(coding: str) -> None:
    bomb = gzip.compress(b"a" * 10_000_000)
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}
    request = Request.build("POST", headers=headers, body=bomb)
    assert request.read() == bomb
    with pytest.raises(StatusError):
        request.json()


@pytest.mark.parametrize("piece", ["a=b&", "a=b;", ";", "&", "%41", "%", "+", "a[]="])
def test_cve_2026_53539_an_url_encoded_form_costs_no_more_than_its_length(piece: str) -> None:
    kind = "application/x-www-form-urlencoded"
    limits = Limits(max_body=10**9, max_fields=10**9)
    assert is_linear(lambda text: read(text.encode(), limits, 1000, kind), piece, 2**15)


@pytest.mark.parametrize("separator", ["; ", ";", ";;", "\t;"])
def test_cve_2025_67725_67726_parameters_cost_no_more_than_their_length(separator: str) -> None:
    def disposition(text: str) -> None:
        try:
            read(part(f'name="a"{text}') + END, Limits(max_part_header_bytes=10**9))
        except StatusError:
            return

    assert is_linear(disposition, f'{separator}b="c"', 2**15)
    assert is_linear(disposition, f"{separator}b", 2**15)


def test_cve_2025_67725_many_headers_of_one_name_cost_no_more_than_their_length() -> None:
    def joined(text: str) -> None:
        headers = Headers.from_raw([(b"x", b"a")] * len(text))
        assert headers["x"].count("a") == len(text)

    assert is_linear(joined, "x", 2**15)


def test_cve_2025_69230_bad_cookies_write_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        request = Request.build(headers={"Cookie": "; ".join(['a b="c', "=", "\xff=1", "a=b c", "[]"] * 500)})
        assert request.cookies is not None
    assert caplog.records == []


@pytest.mark.parametrize(
    "control", ["Private", "PRIVATE", " private ", "max-age=60 , Private", "No-Store", 'no-cache="a", Private']
)
def test_cve_2026_8404_private_is_private_in_any_case(control: str) -> None:
    pages = PageCache(MemoryCache())
    request = Request.build("GET", "/")
    pages.keep(request, Response.text("mine", headers={"Cache-Control": control}), 60)
    assert pages.load(request) is None


@pytest.mark.parametrize("vary", ["*", " *", "* ", "Accept, *", "\t*\t", "*,Accept"])
def test_cve_2026_48587_an_answer_that_varies_on_everything_is_not_kept_however_it_is_padded(vary: str) -> None:
    pages = PageCache(MemoryCache())
    request = Request.build("GET", "/")
    pages.keep(request, Response.text("mine", headers={"Vary": vary}), 60)
    assert pages.load(request) is None


@pytest.mark.parametrize(
    "vary", ["Accept-Language", "accept-language ", "  ACCEPT-LANGUAGE", "X,\tAccept-Language , Y"]
)
def test_cve_2026_6907_names_in_vary_are_read_whatever_their_case_and_padding(vary: str) -> None:
    pages = PageCache(MemoryCache())
    german = Request.build("GET", "/", headers={"Accept-Language": "de"})
    pages.keep(german, Response.text("deutsch", headers={"Vary": vary}), 60)
    assert pages.load(german) is not None
    assert pages.load(Request.build("GET", "/", headers={"Accept-Language": "en"})) is None


@pytest.mark.parametrize("announced", [None, "5", "0"])
@pytest.mark.parametrize("limit", [1000, 100_000])
def test_cve_2026_5766_what_came_is_counted_whatever_was_announced(announced: str | None, limit: int) -> None:
    headers = [(b"host", b"a")] + ([(b"content-length", announced.encode())] if announced else [])
    scope = {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": headers,
        "scheme": "http", "http_version": "1.1", "client": None, "server": None,
    }  # fmt: skip
    asked = 0

    async def receive() -> dict[str, object]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"x" * 500, "more_body": True}  # the end never comes

    async def main() -> None:
        request = request_from_scope(scope, receive, Limits(max_body=limit, max_upload=limit))
        with pytest.raises(ContentTooLarge):
            await request.aread()

    asyncio.run(main())
    assert asked <= limit // 500 + 2

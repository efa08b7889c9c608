"""Flaws of other frameworks by the number under which they became known, that `test_known_vulnerabilities` has no room for."""

import ast
import asyncio
import gzip
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import partita.http
from partita.contracts.testing.cost import is_linear
from partita.http import ContentTooLarge, Limits, Request, Response, StatusError
from partita.http.asgi import request_from_scope
from partita.http.cookies import format_cookie
from partita.http.errors import HttpError
from partita.http.forms import FormReader
from partita.http.media_types import parse_media_type
from partita.http.memory_cache import MemoryCache
from partita.http.page_cache import PageCache
from partita.http.ranges import parse_range

MULTIPART = "multipart/form-data; boundary=B"
URLENCODED = "application/x-www-form-urlencoded"


def pages() -> PageCache:
    return PageCache(MemoryCache())


def get(**headers: str) -> Request:
    return Request.build("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("cookie", ["", "theme=dark", "sessionid=old; theme=dark", "="])
@pytest.mark.parametrize("control", ["", "public", "public, max-age=60", "s-maxage=60"])
def test_cve_2026_48588_an_answer_that_sets_a_cookie_is_nobody_else_s(cookie: str, control: str) -> None:
    kept = pages()
    asked = get(Cookie=cookie) if cookie else get()
    answer = Response.text("yours", headers={"Vary": "Cookie", **({"Cache-Control": control} if control else {})})
    kept.keep(asked, answer.with_cookie("sessionid", "secret"), 60)
    for other in (asked, get(), get(Cookie="theme=dark"), get(Cookie="a=b")):
        assert kept.load(other) is None


def test_cve_2026_48588_an_answer_that_varies_on_cookies_goes_to_the_same_cookies_only() -> None:
    kept = pages()
    kept.keep(get(Cookie="theme=dark"), Response.text("dark", headers={"Vary": "Cookie"}), 60)
    assert kept.load(get(Cookie="theme=dark")) is not None
    for other in (get(), get(Cookie="theme=dark; sessionid=x"), get(Cookie="sessionid=x"), get(Cookie="")):
        assert kept.load(other) is None


@pytest.mark.parametrize("credentials", ["Basic YTpi", "Bearer x", "", " "])
def test_cve_2026_35193_what_was_told_to_somebody_with_credentials_is_theirs(credentials: str) -> None:
    kept = pages()
    kept.keep(get(Authorization=credentials), Response.text("mine"), 60)
    for other in (get(), get(Authorization=credentials), get(Authorization="Basic other")):
        assert kept.load(other) is None
    kept.keep(get(), Response.text("public"), 60)
    assert kept.load(get()) is not None
    assert kept.load(get(Authorization=credentials)) is None  # that person may have more to see
    kept.keep(get(Authorization=credentials), Response.text("all", headers={"Cache-Control": "public"}), 60)
    assert kept.load(get(Authorization="Basic other")) is not None


@pytest.mark.parametrize("name", ["X-Tenant", "Accept-Language", "Cookie", "Authorization"])
def test_cve_2026_113593_a_header_that_is_empty_is_not_one_that_is_absent(name: str) -> None:
    absent, empty = Request.build("GET", "/"), Request.build("GET", "/", headers={name: ""})
    for first, second in ((absent, empty), (empty, absent)):
        kept = pages()
        kept.keep(first, Response.text("first", headers={"Vary": name, "Cache-Control": "public"}), 60)
        assert kept.load(first) is not None
        assert kept.load(second) is None


@given(st.permutations(["a", "b", "a\x00b", "", "+", "-", "a, b", "ab"]))
def test_cve_2026_113593_no_two_sets_of_values_share_a_key(values: list[str]) -> None:
    """Neither by being joined nor by being cut in other places."""
    kept = pages()
    requests = [
        Request.build("GET", "/", headers={"X-A": first, "X-B": second})
        for first, second in pairwise(values)
        if "\x00" not in first + second
    ]
    for number, request in enumerate(requests):
        kept.keep(request, Response.text(str(number), headers={"Vary": "X-A, X-B"}), 60)
    for number, request in enumerate(requests):
        found = kept.load(request)
        assert found is not None
        assert found.body == str(number).encode()


def asgi(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": [*headers],
        "scheme": "http", "http_version": "1.1", "client": None, "server": None,
    }  # fmt: skip


def test_cve_2026_54278_what_is_left_of_a_compressed_body_is_not_unfolded_either() -> None:
    """aiohttp unfolded the rest of a body that nobody had read; here nothing of a request ever is."""
    bomb = gzip.compress(bytes(10_000_000))
    sent = 0

    async def receive() -> dict[str, object]:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": bomb if sent == 1 else b"", "more_body": sent < 3}

    async def main() -> None:
        request = request_from_scope(asgi((b"host", b"a"), (b"content-encoding", b"gzip")), receive, Limits())
        assert await request.aread() == bomb
        with pytest.raises(StatusError):
            await request.ajson()

    tracemalloc.start()
    try:
        asyncio.run(main())
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("value", ["bytes=\u0660-\u0669", "bytes=²-³", "bytes=0-１", "bytes=𝟎-𝟗", "bytes=0-0\u0660"])
def test_cve_2025_69225_digits_of_other_scripts_are_no_range(value: str) -> None:
    assert parse_range(value, 1000) is None


def test_cve_2025_69227_nothing_that_keeps_a_request_in_bounds_is_an_assertion() -> None:
    """Python leaves assertions out when it runs with ``-O``; a parser that needs one would then run for ever."""
    (folder,) = partita.http.__path__
    found = []
    for path in Path(folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Assert):
                continue
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            attributes = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            if any(word in name for name in names | attributes for word in ("limit", "max", "left", "size", "len")):
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


def test_cve_2025_69228_cve_2026_34517_a_form_in_memory_is_bounded_before_it_is_whole() -> None:
    limits = Limits(max_body=50_000, max_field_size=40_000)
    for kind, begin in (
        (MULTIPART, b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
        (URLENCODED, b"a="),
    ):
        fed = 0
        tracemalloc.start()
        try:
            with FormReader(parse_media_type(kind), limits) as reader, pytest.raises(ContentTooLarge):
                reader.feed(begin)
                while fed < 10_000_000:
                    reader.feed(b"x" * 5000)
                    fed += 5000
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert fed <= 60_000  # refused at the piece that goes too far, not at the end
        assert peak < 1_000_000


def test_cve_2025_69229_many_small_pieces_cost_no_more_than_their_bytes() -> None:
    def read(text: str) -> None:
        left = list(text)

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": left.pop().encode(), "more_body": bool(left)}

        async def main() -> None:
            assert len(await request_from_scope(asgi(), receive, Limits()).aread()) == len(text)

        asyncio.run(main())

    assert is_linear(read, "x", 2**14)


def test_ghsa_8423_8fgw_73vq_parts_are_counted_while_they_come() -> None:
    fed = 0
    with FormReader(parse_media_type(MULTIPART), Limits(max_fields=10)) as reader, pytest.raises(ContentTooLarge):
        while fed < 10_000:
            reader.feed(b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n')
            fed += 1
    assert fed <= 11


@pytest.mark.parametrize("piece", [b"a&", b"&", b"a=b&", b"%61=%62&"])
def test_ghsa_mpf4_983q_p7j4_fields_are_counted_before_they_are_taken_apart(piece: bytes) -> None:
    body = piece * (2_000_000 // len(piece))
    reader = FormReader(parse_media_type(URLENCODED), Limits(max_fields=10))
    reader.feed(body)
    tracemalloc.start()
    try:
        with pytest.raises(StatusError):
            reader.finish()
        assert tracemalloc.get_traced_memory()[1] < 3 * len(body)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "attributes",
    [
        {"path": "/; Secure"},
        {"path": "/\r\nX: y"},
        {"domain": "evil.test; Path=/"},
        {"domain": "evil\x00.test"},
        {"samesite": "none; Secure"},
        {"samesite": "anything"},
        {"Path": "/x"},
        {"DOMAIN": "evil.test"},
        {"SameSite": "Lax"},
        {"expires_at": "x"},
    ],
)
def test_ghsa_wwv5_g3v4_889x_attributes_of_a_cookie_are_of_a_closed_set(attributes: dict[str, str]) -> None:
    with pytest.raises((HttpError, TypeError, ValueError)):
        format_cookie("a", "b", **attributes)  # type: ignore[arg-type]  # what a caller in plain Python might give
    with pytest.raises((HttpError, TypeError, ValueError)):
        Response.text("").with_cookie("a", "b", **attributes)  # type: ignore[arg-type]  # as above

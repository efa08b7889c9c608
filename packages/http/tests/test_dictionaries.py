"""Compression dictionaries (RFC 9842)."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.http import Request, Response, compose
from partita.http.compression import Compression, compression_layer
from partita.http.dictionaries import SharedDictionary

PAGE = "".join(
    f'<li class="card card-{n % 7}" data-n="{n * 7919 % 1000}"><a href="/p/{n * 31 % 97}">Name {n}</a></li>'
    for n in range(90)
)
OTHER = PAGE.replace("Name 3", "Surname 3") + "<p>What nobody has seen before.</p>"
SHARED = SharedDictionary(PAGE.encode(), "/products/*")
CODINGS = "gzip, br, zstd, dcb, dcz"


def ask(
    response: Response,
    path: str = "/products/7",
    *,
    known: SharedDictionary | None = None,
    dictionaries: tuple[SharedDictionary, ...] = (SHARED,),
    method: str = "GET",
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    fields = {"accept-encoding": CODINGS, **headers}
    if known is not None:
        fields["available-dictionary"] = f":{base64.b64encode(known.digest).decode()}:"

    async def handler(request: Request) -> Response:
        return response

    app = compose(handler, [compression_layer(Compression(dictionaries=dictionaries))])
    return asyncio.run(app(Request.build(method, path, headers=fields)))


def decoded(body: object, dictionary: SharedDictionary = SHARED) -> bytes:
    assert isinstance(body, bytes)
    assert body[:40] == b"\x5e\x2a\x4d\x18\x20\x00\x00\x00" + dictionary.digest
    return zstd.decompress(body[40:], zstd_dict=zstd.ZstdDict(dictionary.content, is_raw=True))


def test_the_second_answer_decodes_with_the_dictionary_and_is_smaller() -> None:
    first = ask(Response.html(OTHER))
    assert first.headers["content-encoding"] == "zstd"
    assert first.headers["link"] == f'<{SHARED.path}>; rel="compression-dictionary"'
    assert first.headers["vary"] == "Accept-Encoding, Available-Dictionary"

    brought = ask(Response.text("not this"), SHARED.path)
    assert brought.body == PAGE.encode()
    assert brought.headers["use-as-dictionary"] == 'match="/products/*"'
    assert brought.headers["cache-control"] == "public, max-age=604800"

    second = ask(Response.html(OTHER, headers={"ETag": '"a"'}), known=SHARED)
    assert second.headers["content-encoding"] == "dcz"
    assert second.headers["etag"] == 'W/"a"'
    assert second.headers["vary"] == "Accept-Encoding, Available-Dictionary"
    assert "link" not in second.headers
    assert decoded(second.body) == OTHER.encode()
    assert isinstance(first.body, bytes)
    assert isinstance(second.body, bytes)
    assert len(second.body) - 100 < len(first.body) / 2  # up to 100 bytes of padding


def test_json_and_streams_are_compressed_with_it_as_well() -> None:
    rows = [{"id": n, "title": f"Title {n * 7919 % 1000}", "tags": ["a", "b"]} for n in range(60)]
    shared = SharedDictionary(bytes(Response.json(rows[:50]).body), "/api/*", path="/api.dictionary")  # type: ignore[arg-type]
    answer = ask(Response.json(rows), "/api/rows?page=2", known=shared, dictionaries=(SHARED, shared))
    assert decoded(answer.body, shared) == Response.json(rows).body

    async def chunks() -> AsyncIterator[str]:
        for start in range(0, len(OTHER), 1000):
            yield OTHER[start : start + 1000]

    streamed = ask(Response.stream(chunks(), content_type="text/html"), known=SHARED)
    assert decoded(asyncio.run(streamed.aread())) == OTHER.encode()


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-encoding": "gzip, zstd"},
        {"accept-encoding": "*"},
        {"accept-encoding": "dcz;q=0, zstd"},
        {"available-dictionary": ":AAAA:"},
        {"available-dictionary": "AAAA"},
        {"available-dictionary": '"text"'},
        {"available-dictionary": ":" + "A" * 10_000 + ":"},
        {"available-dictionary": ""},
    ],
)
def test_a_client_that_does_not_have_it_gets_what_it_got_before(headers: dict[str, str]) -> None:
    known = SHARED if "accept-encoding" in headers else None
    assert ask(Response.html(OTHER), known=known, headers=headers).headers["content-encoding"] == "zstd"


def test_it_is_used_where_it_is_for_and_nowhere_else() -> None:
    elsewhere = ask(Response.html(OTHER), "/about", known=SHARED)
    assert elsewhere.headers["content-encoding"] == "zstd"
    assert elsewhere.headers["vary"] == "Accept-Encoding"
    assert "link" not in elsewhere.headers
    exact = SharedDictionary(PAGE.encode(), "/products", path="/d")
    assert exact.fits(Request.build(path="/products?x=1"))
    assert not exact.fits(Request.build(path="/products/1"))
    middle = SharedDictionary(PAGE.encode(), "/a/*/b/a", path="/d")
    assert middle.fits(Request.build(path="/a/x/b/a"))
    assert not middle.fits(Request.build(path="/a/b/a"))
    assert middle.fits(Request.build(path="/x/b/a", root_path="/a"))
    assert isinstance(ask(Response.html("short"), known=SHARED).body, bytes)
    assert "content-encoding" not in ask(Response.html("short"), known=SHARED).headers


def test_cve_2013_3587_breach_no_other_site_makes_it_be_used_with_cookies() -> None:
    for site in ("cross-site", "same-site"):
        answer = ask(Response.html(OTHER), known=SHARED, headers={"cookie": "session=1", "sec-fetch-site": site})
        assert "content-encoding" not in answer.headers
    lengths = {len(bytes(ask(Response.html(OTHER), known=SHARED).body)) for _ in range(40)}  # type: ignore[arg-type]
    assert len(lengths) > 5


def test_without_dictionaries_nothing_is_different() -> None:
    answer = ask(Response.html(OTHER), known=SHARED, dictionaries=())
    assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("zstd", "Accept-Encoding")
    assert ask(Response.text("page"), SHARED.path, dictionaries=()).body == b"page"
    assert ask(Response.text("page"), SHARED.path, method="POST").body == b"page"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"content": b"1234567"}, "8 to 8388608 bytes"),
        ({"content": b"x" * 8_388_609}, "8 to 8388608 bytes"),
        ({"content": b"\x37\xa4\x30\xecx"}, "trained"),
        ({"match": "products/*"}, "one star"),
        ({"match": "/*/*"}, "one star"),
        ({"match": '/"*'}, "one star"),
        ({"match": "/é"}, "one star"),
        ({"match": "/(a|b)"}, "one star"),
        ({"path": "d"}, "begins with a slash"),
        ({"path": "/d>"}, "begins with a slash"),
        ({"destinations": ('a"',)}, "document"),
    ],
)
def test_what_clients_could_not_use_is_a_mistake_at_start(arguments: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"content": b"x" * 8, "match": "/*"}
    with pytest.raises(ValueError, match=message):
        SharedDictionary(**{**good, **arguments})  # type: ignore[arg-type]  # wrong on purpose


def test_the_destinations_are_told() -> None:
    shared = SharedDictionary(b"x" * 8, "/*", destinations=("document", "iframe"), max_age=60)
    assert shared.response().headers["use-as-dictionary"] == 'match="/*", match-dest=("document" "iframe")'
    assert shared.response().headers["cache-control"] == "public, max-age=60"
    assert shared.path != SHARED.path


@settings(max_examples=40, deadline=None)
@given(
    st.binary(min_size=8, max_size=2000),
    st.lists(st.binary(max_size=500), max_size=6),
    st.integers(0, 255),
    st.booleans(),
)
def test_any_dictionary_gives_back_whatever_was_fed(
    content: bytes, chunks: list[bytes], padding: int, flush: bool
) -> None:
    shared = SharedDictionary(content, "/*")
    compressor = shared.compressor(padding)
    out = b"".join([compressor.feed(chunk) + (compressor.flush() if flush else b"") for chunk in chunks])
    assert decoded(out + compressor.finish(), shared) == b"".join(chunks)

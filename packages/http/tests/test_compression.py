import asyncio
import gzip
import importlib
import sys
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.http import FileBody, Headers, Request, Response, respond_to
from partita.http.codings import CODINGS, available, random_padding
from partita.http.compression import Compression, compressed, compression, compression_layer

PAGE = "<p>Partita in A minor</p>\n" * 200
NAMES = ["gzip", "zstd", pytest.param("br", id="br")]


def decode(coding: str, data: bytes) -> bytes:
    if coding == "gzip":
        return gzip.decompress(data)
    module = importlib.import_module("brotli" if coding == "br" else "backports.zstd")
    found: bytes = module.decompress(data)
    return found


def need(coding: str) -> None:
    pytest.importorskip({"gzip": "zlib", "br": "brotli", "zstd": "backports.zstd"}[coding])


def ask(response: Response, options: Compression | None = None, *, credentials: str = "", **headers: str) -> Response:
    if credentials:
        headers[credentials] = "s=1"
    request = Request.build(headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def view(_: Request) -> Response:
        return response

    return asyncio.run(compression(options or Compression(codings=("gzip",)))(view)(request))


@pytest.mark.parametrize("coding", NAMES)
def test_a_page_is_sent_in_the_coding_that_the_client_accepts(coding: str) -> None:
    need(coding)
    answer = ask(Response.html(PAGE), Compression(), accept_encoding=coding)
    assert answer.headers["content-encoding"] == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert isinstance(answer.body, bytes)
    assert len(answer.body) < len(PAGE) / 10
    assert decode(coding, answer.body) == PAGE.encode()


@pytest.mark.parametrize("coding", NAMES)
def test_cve_2013_3587_breach_padding_makes_the_length_vary_but_not_the_content(coding: str) -> None:
    need(coding)
    lengths = set()
    for padding in (0, 1, 7, 100, 255):
        answer = ask(Response.html(PAGE), Compression((coding,), padding=lambda n=padding: n), accept_encoding=coding)  # type: ignore[misc]
        assert isinstance(answer.body, bytes)
        assert decode(coding, answer.body) == PAGE.encode()
        lengths.add(len(answer.body))
    assert len(lengths) == 5
    assert max(lengths) - min(lengths) >= 255


def test_the_padding_of_each_answer_is_random() -> None:
    numbers = [random_padding() for _ in range(500)]
    assert set(numbers) <= set(range(1, 101))
    assert len(set(numbers)) > 50
    bodies = [ask(Response.html(PAGE), accept_encoding="gzip").body for _ in range(30)]
    assert len({len(body) for body in bodies if isinstance(body, bytes)}) > 5


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
@pytest.mark.parametrize("secret", ["cookie", "authorization"])
def test_cve_2013_3587_breach_needs_other_sites_to_ask_with_credentials_which_gets_nothing_compressed(
    site: str, secret: str
) -> None:
    answer = ask(Response.html(PAGE), accept_encoding="gzip", sec_fetch_site=site, credentials=secret)
    assert answer.body == PAGE.encode()
    assert answer.headers["vary"] == "Accept-Encoding"
    for allowed in ("same-origin", "none"):
        again = ask(Response.html(PAGE), accept_encoding="gzip", sec_fetch_site=allowed, credentials=secret)
        assert "content-encoding" in again.headers
    assert "content-encoding" in ask(Response.html(PAGE), accept_encoding="gzip", sec_fetch_site=site).headers


@pytest.mark.parametrize(
    "response",
    [
        Response.text("short"),
        Response(b"\x89PNG" * 1000, content_type="image/png"),
        Response.html(PAGE, headers={"Content-Encoding": "br"}),
        Response.html(PAGE, headers={"Cache-Control": "public, No-Transform"}),
        Response.html(PAGE, 206, {"Content-Range": "bytes 0-9/10"}),
        Response.stream(iter(["data: x\n\n"]), content_type="text/event-stream"),
        Response.empty(304),
    ],
)
def test_what_must_not_or_need_not_be_compressed_stays_as_it_is(response: Response) -> None:
    assert ask(response, accept_encoding="gzip") is response


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("*;q=0", None),
        ("gzip;q=0.2, identity;q=0.8", None),
        ("deflate", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "zstd"),
        ("gzip, zstd", "zstd"),
        ("gzip, zstd;q=0.5", "gzip"),
        ("zstd;q=0, *", "gzip"),
        ("GZIP", "gzip"),
    ],
)
def test_weights_in_accept_encoding_are_honoured(header: str, expected: str | None) -> None:
    need(expected or "gzip")
    answer = ask(Response.html(PAGE), Compression(("zstd", "gzip")), accept_encoding=header)
    assert answer.headers.get("content-encoding") == expected


def test_no_accept_encoding_means_no_coding() -> None:
    assert ask(Response.html(PAGE)).body == PAGE.encode()


@pytest.mark.parametrize("coding", NAMES)
def test_chunks_of_a_stream_can_be_read_as_they_come(coding: str) -> None:
    need(coding)

    async def main() -> None:
        made: list[int] = []

        async def source() -> AsyncIterator[str]:
            for number in range(3):
                made.append(number)
                yield f"<p>{number}</p>"

        request = Request.build(headers={"accept-encoding": coding})
        answer = await compressed(request, Response.stream(source(), content_type="text/html"), Compression((coding,)))
        chunks = answer.chunks()
        first = await anext(chunks)
        assert made == [0]
        if coding == "gzip":
            assert zlib.decompressobj(31).decompress(first) == b"<p>0</p>"
        rest = b"".join([chunk async for chunk in chunks])
        assert decode(coding, first + rest) == b"<p>0</p><p>1</p><p>2</p>"

    asyncio.run(main())


def test_a_file_is_compressed_while_it_is_read_and_gives_no_ranges(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(PAGE)
    answer = ask(Response.file(path), accept_encoding="gzip")
    assert not isinstance(answer.body, FileBody | bytes)
    assert "accept-ranges" not in answer.headers
    assert gzip.decompress(asyncio.run(answer.aread())) == PAGE.encode()


def test_the_entity_tag_becomes_weak_and_still_gives_304() -> None:
    answer = ask(Response.html(PAGE, headers={"ETag": '"a1"', "Content-Length": "5200"}), accept_encoding="gzip")
    assert answer.headers["etag"] == 'W/"a1"'
    assert "content-length" not in answer.headers
    again = Request.build(headers={"if-none-match": 'W/"a1"', "accept-encoding": "gzip"})
    assert respond_to(again, answer).status == 304


def test_a_large_body_is_compressed_off_the_loop() -> None:
    text = PAGE * 50
    answer = ask(Response.html(text), accept_encoding="gzip")
    assert isinstance(answer.body, bytes)
    assert gzip.decompress(answer.body) == text.encode()


def test_a_coding_that_is_not_known_is_a_mistake_at_start() -> None:
    with pytest.raises(ValueError, match="Unknown codings: lzma"):
        compression(Compression(("lzma",)))
    assert "gzip" in available()
    assert compression_layer().name == "compression"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(0, 255), st.booleans())
def test_gzip_gives_back_whatever_was_fed(chunks: list[bytes], padding: int, flush: bool) -> None:
    compressor = CODINGS["gzip"](padding)
    out = b"".join([compressor.feed(chunk) + (compressor.flush() if flush else b"") for chunk in chunks])
    assert gzip.decompress(out + compressor.finish()) == b"".join(chunks)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=60))
def test_any_accept_encoding_gives_an_answer(value: str) -> None:
    request = Request("GET", "/", headers=Headers.from_raw([(b"accept-encoding", value.encode("latin-1", "replace"))]))
    answer = asyncio.run(compressed(request, Response.html(PAGE), Compression(("gzip",))))
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(("coding", "library"), [("br", "brotli"), ("zstd", "backports.zstd")])
def test_a_coding_whose_library_is_missing_is_refused_at_the_start_with_the_remedy(
    coding: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.version_info >= (3, 14) and coding == "zstd":
        library = "compression.zstd"
    parent, _, name = library.rpartition(".")
    if parent:
        monkeypatch.delattr(importlib.import_module(parent), name, raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=r"pip install 'partita-http\["):
        compression(Compression(codings=(coding, "gzip")))
    compression(Compression())  # what is there is enough

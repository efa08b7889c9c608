import asyncio
import contextlib
import random
import tracemalloc
from collections.abc import AsyncIterator
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.http import BadRequest, ContentTooLarge, Form, Limits, Request, StreamBody
from partita.http.forms import FormReader
from partita.http.media_types import parse_media_type
from partita.http.multipart import MultipartParser

TYPE = "multipart/form-data; boundary=B"


def part(name: str, content: bytes, filename: str | None = None, extra: str = "") -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    return f'--B\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{extra}\r\n'.encode() + content + b"\r\n"


def read(body: bytes, limits: Limits | None = None, step: int | None = None) -> Form:
    reader = FormReader(parse_media_type(TYPE), limits or Limits())
    with reader:
        for at in range(0, len(body), step or len(body) or 1):
            reader.feed(body[at : at + (step or len(body))])
        return reader.finish()


def test_url_encoded_forms_give_their_fields() -> None:
    form = Request.build("POST", form={"a": ["1", "2"], "b": "ü &"}).form()
    assert form.getlist("a") == ["1", "2"]
    assert form["b"] == "ü &"
    assert len(form.files) == 0


def test_a_body_that_is_no_form_gives_an_empty_one() -> None:
    assert len(Request.build("POST", json={"a": 1}).form()) == 0
    assert len(Request.build().form()) == 0


def test_fields_and_files_of_a_multipart_form() -> None:
    body = (
        part("title", "Ärger".encode())
        + part("empty", b"")
        + part("cover", b"\x00\r\n--Ax\xff", "C:\\Music\\ü.png", "Content-Type: image/png\r\n")
        + part("none", b"", "")
        + b"--B--\r\n"
    )
    request = Request.build("POST", body=body, headers={"Content-Type": TYPE})
    form = request.form()
    assert form.pairs() == (("title", "Ärger"), ("empty", ""))
    assert form.files.keys() == ["cover"]
    cover = form.files["cover"]
    assert (cover.filename, cover.name, cover.content_type, cover.size) == ("ü.png", "ü.png", "image/png", 8)
    assert cover.read() == cover.read() == b"\x00\r\n--Ax\xff"
    assert b"".join(cover.chunks(3)) == b"\x00\r\n--Ax\xff"
    assert request.form() is form
    request.close()
    assert cover.file.closed


names = st.text(
    st.characters(min_codepoint=0x20, exclude_characters='"\\\x7f', exclude_categories=["Cs", "Cc"]), max_size=10
)
contents = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"--B", b"--", b"\r\n--", b"x"]), max_size=12).map(b"".join),
).filter(lambda content: b"\r\n--B" not in b"\r\n" + content)


@given(st.lists(st.tuples(names, contents), max_size=4), st.integers(1, 50))
def test_a_form_reads_back_however_it_is_cut(fields: list[tuple[str, bytes]], step: int) -> None:
    body = b"".join([part(name, content, "f") for name, content in fields]) + b"--B--\r\n"
    form = read(body, step=step)
    assert [(name, file.read()) for name, file in form.files.pairs()] == fields
    form.close()


BOUNDARY = "--x-y-x-"
DELIMITER = f"\r\n--{BOUNDARY}".encode()
beginnings = st.integers(1, len(DELIMITER) - 1).map(lambda end: DELIMITER[:end])


@given(
    st.lists(beginnings | st.binary(max_size=3), max_size=30)
    .map(b"".join)
    .filter(lambda c: DELIMITER not in c + b"\r\n"),
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
)
def test_content_of_nothing_but_beginnings_of_the_boundary_stays_content(content: bytes, sizes: list[int]) -> None:
    found: list[bytes] = []
    ends: list[int] = []
    parser = MultipartParser(BOUNDARY, lambda _: None, found.append, lambda: ends.append(len(found)))
    rest = f'{DELIMITER[2:].decode()}\r\nContent-Disposition: form-data; name="f"\r\n\r\nx'.encode() + content
    rest += DELIMITER + b"--"
    for size in cycle(sizes):
        parser.feed(rest[:size])
        rest = rest[size:]
        if not rest:
            break
    parser.finish()
    assert b"".join(found) == b"x" + content
    assert ends == [len(found)]
    assert all(found)


@given(st.binary(max_size=200), st.integers(1, 20))
def test_nothing_but_a_status_escapes_from_hostile_bodies(body: bytes, step: int) -> None:
    with contextlib.suppress(BadRequest, ContentTooLarge):
        read(b"--B\r\n" + body, step=step).close()


@settings(max_examples=200)
@given(st.data())
def test_cutting_and_changing_a_good_body_never_does_more_than_raise_a_status(data: st.DataObject) -> None:
    body = bytearray(part("a", b"1") + part("f", b"data", "x") + b"--B--\r\n")
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadRequest, ContentTooLarge):
        read(bytes(body)).close()


def test_cve_2023_24580_every_cut_of_a_body_ends_with_an_error() -> None:
    body = part("a", b"1") + part("f", b"data", "x") + b"--B--"
    for end in range(1, len(body)):  # nothing at all is a form without fields
        with pytest.raises(BadRequest):
            read(body[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"--B\nContent-Disposition: form-data; name=a\n\nx\n--B--",
        b"--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--B--",
        b"--B\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\nx\r\n--B--",
        b"--B\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--B--",
        b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--",
        b"--B\r\n\r\nx\r\n--B--",
        b"--B\r\nContent-Disposition: form-data; name=a\0\r\n\r\nx\r\n--B--",
        b'--B\r\nContent-Disposition: form-data; name="a\r\n\r\nx\r\n--B--',
        b"--BX\r\n\r\n\r\n--B--",
        b"--B" + b" " * 100 + b"\r\n",
    ],
)
def test_bodies_that_could_be_read_in_two_ways_are_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        read(body)


@pytest.mark.parametrize("boundary", ["", "x" * 71, "a ", "a\tb", "ä"])
def test_a_boundary_has_the_form_of_the_standard(boundary: str) -> None:
    headers = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    with pytest.raises(BadRequest, match="boundary"):
        Request.build("POST", body=b"x", headers=headers).form()


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode"])
def test_cve_2026_108147_cve_2026_33033_encoded_parts_are_refused_unread(encoding: str) -> None:
    with pytest.raises(BadRequest, match="Content-Transfer-Encoding"):
        read(part("a", b" " * 1000, "x", f"Content-Transfer-Encoding: {encoding}\r\n") + b"--B--")
    assert read(part("a", b"1", None, "Content-Transfer-Encoding: 8bit\r\n") + b"--B--")["a"] == "1"


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        (part("a", b"1") * 11, Limits(max_fields=10)),
        (part("a", b"1", "x") * 11, Limits(max_files=10)),
        (part("a", b"1", "") * 11, Limits(max_files=10)),
        (part("a", b"x" * 11), Limits(max_field_size=10)),
        (part("a", b"x" * 11, "f"), Limits(max_file_size=10)),
        (part("a", b"x" * 10) * 11, Limits(max_body=100)),
        (part("a", b"x" * 100, "f"), Limits(max_upload=100)),
        (part("a", b"", None, "X: " + "y" * 9000 + "\r\n"), Limits()),
    ],
)
def test_cve_2023_24580_breaking_a_limit_is_413(body: bytes, limits: Limits) -> None:
    with pytest.raises(ContentTooLarge):
        read(body + b"--B--", limits)


def test_many_headers_of_a_part_are_refused() -> None:
    with pytest.raises(BadRequest, match="16 headers"):
        read(part("a", b"", None, "".join(f"X{i}: y\r\n" for i in range(20))) + b"--B--")


def test_a_url_encoded_form_beyond_the_limits_is_refused() -> None:
    with pytest.raises(ContentTooLarge):
        Request.build("POST", form={"a": "x" * 100}, limits=Limits(max_body=50)).form()
    with pytest.raises(BadRequest):
        Request.build("POST", form={"a": ["1"] * 11}, limits=Limits(max_fields=10)).form()


def test_a_large_file_goes_to_disk_and_takes_no_memory() -> None:
    limits = Limits(max_file_memory=1000)
    small = read(part("f", b"x" * 1000, "f") + b"--B--", limits).files["f"]
    assert type(small.file).__name__ == "BytesIO"
    reader = FormReader(parse_media_type(TYPE), Limits())
    chunk = bytes(65_536)
    tracemalloc.start()
    with reader:
        reader.feed(part("f", b"", "f")[:-2])
        for _ in range(400):
            reader.feed(chunk)
        reader.feed(b"\r\n--B--")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        form = reader.finish()
    assert form.files["f"].size == 400 * 65_536
    assert peak < 1_500_000
    assert form.files["f"].read()[:10] == bytes(10)
    form.close()


def test_small_files_together_stay_within_the_memory_of_one_body() -> None:
    limits = Limits(max_body=3000, max_file_memory=1000)
    form = read(part("f", b"x" * 1000, "f") * 10 + b"--B--", limits)
    kinds = [type(file.file).__name__ for _, file in form.files.pairs()]
    assert kinds.count("BytesIO") == 3
    assert all(file.read() == b"x" * 1000 for _, file in form.files.pairs())
    form.close()


@pytest.mark.parametrize("content", [b"\r" * 500_000, b"\r\n--" * 120_000, b"\r\n--BB" * 70_000, b"\r\n-" * 160_000])
def test_crafted_content_costs_no_more_than_its_length(content: bytes) -> None:
    body = part("f", content.replace(b"--B", b"--C"), "f") + b"--B--"
    assert least_seconds(lambda: read(body, step=4096).close(), enough=0.5) < 2.0


def test_cve_2026_33034_a_streamed_form_counts_the_bytes_that_came() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1000

    async def main() -> None:
        iterator = chunks()

        async def receive() -> bytes | None:
            return await anext(iterator, None)

        for kind in ("application/x-www-form-urlencoded", "application/json"):
            headers = {"Content-Type": kind, "Content-Length": "3"}
            request = Request.build("POST", headers=headers, body=StreamBody(receive), limits=Limits(max_body=5000))
            with pytest.raises(ContentTooLarge):
                await (request.ajson() if "json" in kind else request.aform())

    asyncio.run(main())


def test_async_reading_gives_the_same_form() -> None:
    body = part("a", b"1") + part("f", random.Random(1).randbytes(1000), "f") + b"--B--"

    async def main() -> Form:
        pieces = [body[at : at + 7] for at in range(0, len(body), 7)]

        async def receive() -> bytes | None:
            return pieces.pop(0) if pieces else None

        return await Request.build("POST", headers={"Content-Type": TYPE}, body=StreamBody(receive)).aform()

    form = asyncio.run(main())
    assert form["a"] == "1"
    assert form.files["f"].size == 1000
    form.close()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("f" * 300, "f" * 255),
        ("foo." + "f" * 300, "foo." + "f" * 251),
        ("." + "f" * 300, "." + "f" * 254),
        ("a.b", "a.b"),
    ],
)
def test_what_is_too_long_for_a_name_is_cut(name: str, kept: str) -> None:
    body = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n\r\n--x--\r\n'.encode()
    request = Request.build("POST", "/", body=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert request.form().files["file"].name == kept


def test_a_file_tells_the_parameters_of_its_type_apart_and_keeps_its_ending() -> None:
    name = "f" * 300 + ".txt"
    body = (
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: text/plain; charset=latin-1; blob-key=abc\r\n\r\nhello\r\n--x--\r\n"
    ).encode()
    request = Request.build("POST", "/", body=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    with request.form().files["file"] as file:
        assert (file.content_type, file.charset) == ("text/plain", "latin-1")
        assert file.content_type_extra["blob-key"] == "abc"
        assert file.name == "f" * 251 + ".txt"
        assert file.read() == b"hello"
    assert file.closed


def test_a_semicolon_at_the_end_of_a_disposition_says_nothing() -> None:
    form = read(b'--B\r\nContent-Disposition: form-data; name="f"; filename="a;b";\r\n\r\nx\r\n--B--')
    assert form.files["f"].filename == "a;b"


def test_names_of_fields_count_as_what_they_take() -> None:
    def form(size: int) -> bytes:
        return b"".join([part(f"{number}" + "n" * size, b"") for number in range(100)]) + b"--B--"

    assert len(read(form(200), Limits(max_body=10_000))) == 100  # what honest forms have is free
    with pytest.raises(ContentTooLarge, match="names"):
        read(form(2000), Limits(max_body=10_000))


def test_a_long_name_takes_no_more_memory_than_its_length() -> None:
    body = part("n" * 8000, b"") + b"--B--"
    read(body)
    tracemalloc.start()
    try:
        read(body)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(body)
    finally:
        tracemalloc.stop()

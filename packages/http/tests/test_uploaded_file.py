"""An uploaded file is read like any other file."""

import tempfile
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

import pytest

from partita.http import BadRequest, ContentTooLarge, Form, Limits, UploadedFile
from partita.http.forms import FormReader, content_type_parts
from partita.http.media_types import parse_media_type

LINES = b"first\nsecond\nthird"


def uploaded(content: bytes = LINES) -> UploadedFile:
    return UploadedFile("poem.txt", "text/plain", BytesIO(content), len(content))


def test_it_is_read_whole_from_wherever_it_stands_or_piece_by_piece() -> None:
    file = uploaded()
    assert [file.read(5), file.read(3), file.tell()] == [b"first", b"\nse", 8]
    assert file.read() == LINES
    assert file.seek(6) == 6
    assert file.readline() == b"second\n"
    assert file.readline(2) == b"th"
    assert file.seek(-5, 2) == len(LINES) - 5
    assert file.read(100) == b"third"


def test_iterating_gives_its_lines_from_the_first_each_time() -> None:
    file = uploaded()
    file.read(8)
    assert list(file) == list(file) == [b"first\n", b"second\n", b"third"]


def test_its_chunks_come_from_the_beginning_and_are_no_longer_than_asked() -> None:
    file = uploaded()
    file.read(3)
    assert list(file.chunks(7)) == [LINES[:7], LINES[7:14], LINES[14:]]
    assert [file.multiple_chunks(len(LINES)), file.multiple_chunks(len(LINES) - 1)] == [False, True]


def test_its_length_is_its_bytes_and_an_empty_file_is_still_a_file() -> None:
    assert len(uploaded()) == 18
    empty = uploaded(b"")
    assert len(empty) == 0
    assert bool(empty) is True


def test_it_shows_its_name_and_its_size() -> None:
    assert repr(uploaded()) == "<UploadedFile 'poem.txt' (18 bytes)>"
    assert str(uploaded()) == "poem.txt"


def test_the_block_that_it_manages_ends_with_it_closed() -> None:
    with UploadedFile("a", "text/plain", TemporaryFile(), 0) as file:
        assert not file.closed
    assert file.closed


def test_a_closed_form_has_closed_each_of_its_files() -> None:
    files = [uploaded(), uploaded()]
    form = Form([("a", "1")], [("f", files[0]), ("f", files[1])])
    form.close()
    assert [file.closed for file in files] == [True, True]
    assert form["a"] == "1"


@pytest.mark.parametrize(
    ("value", "kind", "charset", "extra"),
    [
        ("text/plain", "text/plain", None, {}),
        ("text/plain; charset=latin-1; x=1", "text/plain", "latin-1", {"charset": "latin-1", "x": "1"}),
        ("text/plain;; =", "text/plain;; =", None, {}),  # what cannot be read is handed on as it came
    ],
)
def test_the_parameters_of_a_parts_type_are_taken_apart(
    value: str, kind: str, charset: str | None, extra: dict[str, str]
) -> None:
    assert content_type_parts(value) == (kind, charset, extra)


def fed(body: bytes, limits: Limits | None = None, step: int = 50) -> FormReader:
    """Return a reader that has got so much of a form."""
    reader = FormReader(parse_media_type("multipart/form-data; boundary=B"), limits or Limits())
    for at in range(0, len(body), step):
        reader.feed(body[at : at + step])
    return reader


def a_file(content: bytes) -> bytes:
    return b'--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + content + b"\r\n"


def test_what_never_made_it_into_a_form_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[IO[bytes]] = []

    def opening() -> IO[bytes]:
        opened.append(TemporaryFile())  # noqa: SIM115 - whether the reader closes it is the question
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", opening)
    # One file is complete, the next is not; both lie on disk.
    with fed(a_file(b"x" * 200) + a_file(b"y" * 200)[:-1], Limits(max_file_memory=10)):
        assert [file.closed for file in opened] == [False, False]
    assert [file.closed for file in opened] == [True, True]


@pytest.mark.parametrize("take", ["finish", "partial"])
def test_what_made_it_stays_open_until_the_form_is_closed(take: str) -> None:
    with fed(a_file(b"x") + b"--B--") as reader:
        form: Form = getattr(reader, take)()
    assert form.files["f"].read() == b"x"
    form.close()
    assert form.files["f"].closed


def test_the_memory_of_a_file_that_goes_to_disk_is_free_for_others() -> None:
    field = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"y" * 900 + b"\r\n"
    limits = Limits(max_body=1000, max_file_memory=500)
    with fed(a_file(b"x" * 600) + field + b"--B--", limits) as reader:
        form = reader.finish()
    assert (form["a"], form.files["f"].size) == ("y" * 900, 600)
    form.close()
    with pytest.raises(ContentTooLarge), fed(a_file(b"x" * 400) + field + b"--B--", limits):
        pass  # this one stays in memory


def test_as_many_files_and_bytes_as_the_limits_say_are_taken_and_no_more() -> None:
    for limits, body in (
        (Limits(max_files=2), a_file(b"x") * 2),
        (Limits(max_file_size=9), a_file(b"x" * 9)),
        (Limits(max_fields=2), a_file(b"x").replace(b'; filename="f"', b"") * 2),
        (Limits(max_body=310), a_file(b"").replace(b'"f"; filename="f"', b'"%b"' % (b"n" * 300))),
    ):
        with fed(body + b"--B--", limits) as reader:
            reader.finish().close()
    for limits, body in (
        (Limits(max_files=2), a_file(b"x") * 3),
        (Limits(max_file_size=9), a_file(b"x" * 10)),
        (Limits(max_fields=2), a_file(b"x").replace(b'; filename="f"', b"") * 3),
        (Limits(max_body=309), a_file(b"").replace(b'"f"; filename="f"', b'"%b"' % (b"n" * 300))),
    ):
        with pytest.raises(ContentTooLarge), fed(body + b"--B--", limits):
            pass


def test_parts_without_a_boundary_are_refused() -> None:
    for wrong in ("multipart/form-data", 'multipart/form-data; boundary=""'):
        with pytest.raises(BadRequest, match="boundary"):
            FormReader(parse_media_type(wrong), Limits())

import asyncio
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from partita.storage import ContentFile, File, ImageFile, SuspiciousFileOperation, get_image_dimensions
from partita.storage.names import checked_name, fitted_name, valid_filename, validate_file_name


class SmallPieces(ContentFile):
    DEFAULT_CHUNK_SIZE = 3


@given(st.binary(max_size=60))
def test_lines_do_not_depend_on_where_pieces_end(data: bytes) -> None:
    assert list(SmallPieces(data)) == data.splitlines(True)


@given(st.text(alphabet="a\r\n", max_size=30))
def test_lines_of_text_do_not_either(data: str) -> None:
    content = SmallPieces("")
    content.file = StringIO(data, newline="")
    assert list(content) == data.splitlines(True)


def test_pieces_begin_at_the_beginning() -> None:
    file = File(BytesIO(b"x" * 70_000), "big.bin")
    file.read(10)
    assert [len(chunk) for chunk in file.chunks()] == [65_536, 4_464]
    assert [len(chunk) for chunk in file.chunks(40_000)] == [40_000, 30_000]
    assert file.size == len(file) == 70_000
    assert file.multiple_chunks()
    assert not file.multiple_chunks(70_000)


def test_a_file_on_disk_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello")
    file = File(open(path))  # noqa: SIM115 - closed below
    assert (file.name, str(file), bool(file), file.size) == (str(path), str(path), True, 5)
    with file:
        assert file.read() == "hello"
        assert file.readable()
        assert not file.writable()
    assert file.closed
    assert not file.readable()
    assert not file.seekable()
    with file.open("r") as again:
        assert again is file
        assert again.readlines() == ["hello"]
    path.unlink()
    with pytest.raises(ValueError, match="cannot be reopened"):
        file.open()
    with pytest.raises(ValueError, match="closed"):
        list(file.chunks())


def test_content_stays_readable() -> None:
    for content in (ContentFile("text"), ContentFile(b"text", name="a.txt")):
        assert bool(content)
        assert len(content) == 4
        content.read()
        content.close()
        assert len(content.open().read()) == 4
    content = ContentFile("a")
    content.seek(1)
    content.write("bc")
    assert content.size == 3
    assert not File(BytesIO(b"")), "a file without a name is false"
    assert repr(File(BytesIO(b""))) == "<File: None>"
    with pytest.raises(AttributeError, match="Unable to determine the file's size"):
        _ = File(object(), "x").size


def test_reading_is_awaited() -> None:
    async def steps(file: File) -> None:
        async with file:
            assert await file.aread(2) == b"he"
            assert [chunk async for chunk in file.achunks(3)] == [b"hel", b"lo"]

    for file in (ContentFile(b"hello"), File(BytesIO(b"hello"))):
        asyncio.run(steps(file))


def _png(width: int, height: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_image_knows_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(_png(30, 20))
    with open(path, "rb") as opened:
        opened.seek(5)
        assert get_image_dimensions(opened) == (30, 20)
        assert (opened.tell(), opened.closed) == (5, False)
        get_image_dimensions(opened, close=True)
        assert opened.closed
    assert get_image_dimensions(str(path)) == (30, 20)
    image = ImageFile(open(path, "rb"))  # noqa: SIM115 - closed below
    assert (image.width, image.height, image.closed) == (30, 20, False)
    image.close()
    again = ImageFile(open(path, "rb"))  # noqa: SIM115 - closed below
    again.close()
    assert (again.width, again.closed) == (30, True)


@settings(deadline=None)  # decoders are loaded at their first use
@given(st.binary(max_size=200))
def test_what_is_no_image_has_no_size(data: bytes) -> None:
    for content in (data, _png(4, 4)[:20] + data, b"GIF89a" + data):
        width, height = get_image_dimensions(BytesIO(content))
        assert (width is None) == (height is None)


def test_an_image_that_would_fill_the_memory_has_no_size() -> None:
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 40
    assert get_image_dimensions(BytesIO(bomb)) == (None, None)


@given(st.text(max_size=40))
def test_a_name_is_refused_or_stays_inside(name: str) -> None:
    try:
        checked = checked_name(name)
    except SuspiciousFileOperation:
        return
    parts = checked.split("/")
    assert ".." not in parts
    assert parts[-1] not in ("", ".")
    assert not checked.startswith("/")
    assert "\0" not in checked
    fitted = fitted_name(checked, 50)
    assert len(fitted) <= 50
    assert checked_name(fitted) == fitted


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("a b.txt", "a_b.txt"),
        ("^&'@{}[],$=!-#()%+~_123.txt", "-_123.txt"),
        ("ä.ﬁle", "ä.ﬁle"),
        (" spaced ", "spaced"),
    ],
)
def test_names_are_made_valid(given_name: str, kept: str) -> None:
    assert valid_filename(given_name) == kept


@pytest.mark.parametrize("name", ["???", "$.$.$", "", ".."])
def test_a_name_without_anything_to_keep_is_refused(name: str) -> None:
    with pytest.raises(SuspiciousFileOperation, match="Could not derive file name from"):
        valid_filename(name)


def test_folders_are_allowed_or_not() -> None:
    assert validate_file_name("f/a.txt", allow_relative_path=True) == "f/a.txt"
    with pytest.raises(SuspiciousFileOperation, match="includes path elements"):
        validate_file_name("f/a.txt")
    with pytest.raises(SuspiciousFileOperation, match="Detected path traversal attempt in"):
        validate_file_name("../a.txt", allow_relative_path=True)

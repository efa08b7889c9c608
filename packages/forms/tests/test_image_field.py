"""Images: what Pillow can read passes, and nothing else, in bounded memory."""

import io
import struct
import sys
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from partita.forms import ClearableFileInput, Form, ImageField, PillowMissingError, TextInput, ValidationError
from partita.http import UploadedFile


class Upload:
    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.size, self.file = name, len(content), io.BytesIO(content)
        self.content_type = "text/plain"


def picture(kind: str = "PNG", size: tuple[int, int] = (3, 2)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "mime"),
    [
        ("a.png", "PNG", "image/png"),
        ("a.JPG", "JPEG", "image/jpeg"),
        ("a.gif", "GIF", "image/gif"),
        ("a.bmp", "BMP", "image/bmp"),
        ("a.webp", "WEBP", "image/webp"),
    ],
)
def test_an_image_passes_and_tells_what_it_is(name: str, kind: str, mime: str) -> None:
    upload: Any = ImageField().clean(Upload(name, picture(kind)))
    assert upload.image.format == kind
    assert upload.image.size == (3, 2)
    assert upload.content_type == mime
    assert upload.file.tell() == 0


def test_an_upload_of_a_request_passes() -> None:
    content = picture()
    upload = UploadedFile("a.png", "text/plain", io.BytesIO(content), len(content))

    class Cover(Form):
        cover = ImageField()

    form = Cover({}, {"cover": upload})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["cover"].read() == content
    assert upload.content_type == "image/png"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.png", b"not an image", "invalid_image"),
        ("a.png", picture()[:40], "invalid_image"),
        ("a.png", picture().replace(b"IDAT", b"IDAX"), "invalid_image"),
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "invalid_image"),
        ("a.svg", picture(), "invalid_extension"),
        ("a.txt", picture(), "invalid_extension"),
        ("a.png", b"", "empty"),
    ],
)
def test_what_is_no_image_is_refused(name: str, content: bytes, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ImageField().clean(Upload(name, content))
    assert [error.code for error in caught.value.error_list] == [code]


def test_a_small_file_with_a_huge_image_is_refused_without_decoding_it() -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    with pytest.raises(ValidationError):
        ImageField().clean(Upload("a.png", bomb))
    with pytest.raises(ValidationError) as caught:
        ImageField(max_pixels=5).clean(Upload("a.png", picture()))
    assert caught.value.messages == ["Ensure this image has at most 5 pixels (it has 6)."]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:Truncated", "ignore:Metadata")
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"BM", b"RIFF", b"II*\x00"]),
)
def test_no_content_gives_anything_but_a_file_or_an_error(content: bytes, magic: bytes) -> None:
    codes = {"invalid_image"}
    with suppress(ValidationError):
        ImageField(allow_empty_file=True).clean(Upload("a.png", magic + content))
        codes = set()
    try:
        Image.open(io.BytesIO(magic + content)).verify()
    except Exception:  # noqa: BLE001 - whatever the decoder raises
        assert codes
    else:
        assert not codes


def test_the_browser_is_told_to_offer_images() -> None:
    assert ImageField().widget.attrs["accept"] == "image/*"
    assert ImageField(widget=ClearableFileInput({"accept": ".png"})).widget.attrs["accept"] == ".png"
    assert ImageField(widget=ClearableFileInput({"accept": False})).widget.attrs["accept"] is False
    assert "accept" not in ImageField(widget=TextInput()).widget.attrs


def test_without_pillow_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partita.forms.fields.images.find_spec", lambda name: None)
    with pytest.raises(PillowMissingError, match=r"pip install 'partita-forms\[images\]'"):
        ImageField()


def test_forms_come_without_pillow() -> None:
    import subprocess

    code = "import sys, partita.forms; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

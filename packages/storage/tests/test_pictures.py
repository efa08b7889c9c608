import asyncio
import threading
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from partita.storage import InMemoryStorage
from partita.storage.pictures import PictureError, Rendition, Thumbnails, rendered


def picture(width: int, height: int, kind: str = "JPEG", mode: str = "RGB", **options: Any) -> BytesIO:
    out = BytesIO()
    Image.new(mode, (width, height), "red" if mode in ("RGB", "RGBA") else 1).save(out, kind, **options)
    return out


def opened(content: Any) -> Image.Image:
    found = Image.open(BytesIO(b"".join(content.chunks())))
    found.load()
    return found


def test_a_picture_is_made_smaller_and_never_larger() -> None:
    assert opened(rendered(picture(400, 200), Rendition(100, 100))).size == (100, 50)
    assert opened(rendered(picture(400, 200), Rendition(width=100))).size == (100, 50)
    assert opened(rendered(picture(400, 200), Rendition(height=50))).size == (100, 50)
    assert opened(rendered(picture(40, 20), Rendition(100, 100))).size == (40, 20)
    assert opened(rendered(picture(400, 200), Rendition(100, 100, fit="cover"))).size == (100, 100)
    assert opened(rendered(picture(4000, 1), Rendition(100, 100))).size == (100, 1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_a_picture_gets_another_format(kind: str, mode: str) -> None:
    made = opened(rendered(picture(30, 20, "PNG", mode), Rendition(15, 15, format=kind)))
    assert (made.format, made.size) == (kind, (15, 10))


def test_what_is_transparent_becomes_white_where_there_is_no_transparency() -> None:
    clear = BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(clear, "PNG")
    assert opened(rendered(clear, Rendition(format="JPEG"))).getpixel((1, 1)) == (255, 255, 255)


def test_the_camera_s_notes_are_gone_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "a secret place"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    original = picture(40, 20, exif=exif, comment=b"a secret comment")
    assert b"a secret place" in original.getvalue()
    assert b"a secret comment" in original.getvalue()
    for kind in ("JPEG", "PNG", "WEBP"):
        made = rendered(original, Rendition(format=kind))
        assert opened(made).size == (20, 40)
        assert not opened(made).getexif()
        assert b"secret" not in made.open().read()
    noted = picture(4, 4, "PNG", pnginfo=_text())
    assert b"secret" in noted.getvalue()
    assert b"secret" not in rendered(noted, Rendition()).open().read()


def _text() -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Author", "secret")
    return info


@settings(deadline=None)  # decoders are loaded at their first use
@given(st.binary(max_size=300))
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    for content in (data, picture(8, 8, "PNG").getvalue()[:40] + data, b"\xff\xd8\xff" + data):
        with pytest.raises(PictureError, match="no picture that can be opened"):
            rendered(BytesIO(content), Rendition(4, 4))


def test_a_picture_that_would_fill_the_memory_is_not_opened() -> None:
    with pytest.raises(PictureError, match="has 1000000 pixels; at most 10000 are opened"):
        rendered(picture(1000, 1000, "PNG"), Rendition(4, 4, max_pixels=10_000))


def test_a_rendition_that_cannot_be_is_refused() -> None:
    for wrong in ({"width": 0}, {"height": 30_000}, {"format": "EXE"}, {"fit": "cover", "width": 3}):
        with pytest.raises(ValueError, match=r"pixels a side|format is one of|needs both"):
            Rendition(**wrong)


def test_a_thumbnail_is_made_once_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = InMemoryStorage()
    storage.save("covers/blue.png", picture(400, 200, "PNG").getvalue())
    small = Thumbnails(storage, Rendition(40, 40, format="WEBP"))
    name = "thumbnails/40x40-contain-webp-q85/covers/blue.webp"
    assert small.name("covers/blue.png") == name
    assert not storage.exists(name)
    assert small.url("covers/blue.png") == f"/media/{name}"
    assert opened(storage.open(name)).size == (40, 20)
    made = storage.get_modified_time(name)
    assert asyncio.run(small.aurl("covers/blue.png")) == f"/media/{name}"
    assert storage.get_modified_time(name) == made
    asyncio.run(small.adelete("covers/blue.png"))
    assert not storage.exists(name)
    assert asyncio.run(small.amake("covers/blue.png")) == name
    small.delete("covers/blue.png")
    with pytest.raises(FileNotFoundError):
        small.make("absent.png")
    with pytest.raises(ValueError, match="traversal"):
        small.make("../../up.png")
    assert Thumbnails(storage, Rendition(1, 1)).name("a") == "thumbnails/1x1-contain-q85/a.png"


def test_many_who_ask_for_one_thumbnail_get_the_same() -> None:
    storage = InMemoryStorage()
    storage.save("a.png", picture(50, 50, "PNG").getvalue())
    small = Thumbnails(storage, Rendition(8, 8))
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(small.make("a.png"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert storage.listdir("thumbnails/8x8-contain-q85") == ([], ["a.png"])

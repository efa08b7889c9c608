"""Files that somebody uploaded: what they are, what they are called, where they lie."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import ContentTooLarge, UnprocessableContent, UnsupportedMediaType, UploadedFile
from partita.security import UploadRules, check_upload, safe_filename, safe_place
from partita.security.uploads import detect_type

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
RULES = UploadRules(types=("image/png", "image/jpeg", "text/csv"), extensions=("png", "jpg", "csv"), max_size=1000)


def upload(name: str, data: bytes, kind: str = "image/png") -> UploadedFile:
    return UploadedFile(name, kind, io.BytesIO(data), len(data))


def test_a_file_is_taken_for_what_its_bytes_are() -> None:
    file = upload("a.png", PNG)
    file.seek(3)
    assert check_upload(file, RULES) == "image/png"
    assert file.tell() == 3
    assert check_upload(upload("a.JPG", b"\xff\xd8\xff\xe0" + b"x" * 20), RULES) == "image/jpeg"
    assert check_upload(upload("a.csv", b"a,b\n1,2\n", "text/csv"), RULES) == "text/csv"


@pytest.mark.parametrize(
    ("name", "data", "kind", "error"),
    [
        ("a.png", b"<script>alert(1)</script>", "image/png", UnsupportedMediaType),
        ("a.png", b"GIF89a" + b"\0" * 20, "image/png", UnsupportedMediaType),
        ("a.png", b"MZ" + b"\0" * 20, "image/png", UnsupportedMediaType),
        ("a.csv", b"  <!DOCTYPE html><html>", "text/csv", UnsupportedMediaType),
        ("a.csv", b'<svg xmlns="x" onload="alert(1)">', "text/csv", UnsupportedMediaType),
        ("a.csv", b'\xef\xbb\xbf<svg onload="alert(1)">', "text/csv", UnsupportedMediaType),
        ("a.csv", b"<!-- a\n --> <!----><script>alert(1)</script>", "text/csv", UnsupportedMediaType),
        ("a.png", b"\xff\xd8\xff\xe0" + b"x" * 20, "image/jpeg", UnsupportedMediaType),
        ("a.csv", PNG, "image/png", UnsupportedMediaType),
        ("a.jpg", b"a,b", "text/csv", UnsupportedMediaType),
        ("a.php", PNG, "image/png", UnsupportedMediaType),
        ("a.png.php", PNG, "image/png", UnsupportedMediaType),
        ("a", PNG, "image/png", UnsupportedMediaType),
        ("a.png", b"", "image/png", UnprocessableContent),
        ("a.png", PNG + b"x" * 1000, "image/png", ContentTooLarge),
        ("../..", PNG, "image/png", UnprocessableContent),
    ],
)
def test_a_file_that_pretends_is_refused(name: str, data: bytes, kind: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_upload(upload(name, data, kind), RULES)


MEDIA = {
    "a.gif": b"GIF89a" + b"\0" * 20,
    "a.png": PNG,
    "a.jpg": b"\xff\xd8\xff\xe0" + b"x" * 20,
    "a.pdf": b"%PDF-1.7\n",
    "a.mp3": b"ID3" + b"\0" * 20,
}
ANY_MEDIA = UploadRules(
    types=("image/gif", "image/png", "image/jpeg", "application/pdf", "audio/mpeg"),
    extensions=("gif", "png", "jpg", "pdf", "mp3"),
)


def archive(comment: bytes = b"") -> bytes:
    """Return a program for Java, which is a ZIP archive."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as made:
        made.writestr("Main.class", b"\xca\xfe\xba\xbe")
        made.comment = comment
    return kept.getvalue()


@pytest.mark.parametrize("name", MEDIA)
def test_a_file_that_is_two_things_at_once_is_refused(name: str) -> None:
    for filling in (b"", b"\0" * 100_000):
        whole = MEDIA[name] + filling
        assert check_upload(upload(name, whole), ANY_MEDIA)
        for hidden in (archive(), archive(b"c" * 65_535), archive(b"PK\x05\x06" * 9), archive() + b"rest"):
            with pytest.raises(UnsupportedMediaType, match="and a ZIP archive at once"):
                check_upload(upload(name, whole + hidden), ANY_MEDIA)
        assert check_upload(upload(name, whole + b"PK\x05\x06" + b"\1" * 30), ANY_MEDIA)  # by chance
        if name != "a.pdf":
            for code in (b"<script>alert(1)</script>", b"<?php system($_GET[0]);", b"<HTML >", b"<!DOCTYPE\nhtml>"):
                with pytest.raises(UnsupportedMediaType, match="and a page or a program at once"):
                    check_upload(upload(name, whole + code), ANY_MEDIA)
                with pytest.raises(UnsupportedMediaType, match="and a page or a program at once"):
                    check_upload(upload(name, MEDIA[name] + code + filling), ANY_MEDIA)


@pytest.mark.parametrize(
    ("name", "data", "kind", "found"),
    [
        ("a.docx", b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""),
        ("a.docx", b"PK\x03\x04", "application/zip", "application/zip"),
        ("a.mov", b"\0\0\0 ftypqt  ", "video/quicktime", "video/mp4"),
        ("a.ogg", b"OggS", "audio/ogg", "application/ogg"),
        ("a.ico", b"\0\0\1\0", "image/x-icon", "image/x-icon"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/msword", "application/x-ole-storage"),
        ("a.md", b"# a", "text/markdown", "text/markdown"),
        ("a.md", b"# a", "", "text/plain"),
        ("a.rtf", b"{\\rtf1", "application/rtf", "text/plain"),
        ("a.strange", b"\0\1\2", "", "application/octet-stream"),
        ("a.mid", b"MThd\0\0", "audio/midi", "application/octet-stream"),
        ("a.pdf", b"\0\1\2", "", None),
        ("a.docx", b"\0\1\2", "", None),
        ("a.md", b"\0\1\2", "", None),
        ("a.mid", PNG, "", None),
        ("a.pdf", b"PK\x03\x04", "application/zip", None),
    ],
)  # fmt: skip
def test_names_and_bytes_must_belong_together(name: str, data: bytes, kind: str, found: str | None) -> None:
    data += b"\0" * 20 if b"\0" in data else b" " * 20
    seen = detect_type(data, kind)
    rules = UploadRules(types=(seen,), extensions=(name.rpartition(".")[2],))
    if found is None:
        with pytest.raises(UnsupportedMediaType, match="are not named"):
            check_upload(upload(name, data, kind), rules)
    else:
        assert check_upload(upload(name, data, kind), rules) == (found or kind)


@pytest.mark.parametrize(
    ("head", "claimed", "found"),
    [
        (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04", "image/png", "application/zip"),
        (b"RIFF\0\0\0\0WEBP", "", "image/webp"),
        (b"XXXX\0\0\0\0WEBP", "", "application/octet-stream"),
        (b"%PDF-1.7", "text/plain", "application/pdf"),
        (b"hello \xc3\xa4", "image/png", "text/plain"),
        (b"{}", "application/json; charset=utf-8", "application/json"),
        (b"\xff\xfe\xfa\xfa\xfa", "text/plain", "application/octet-stream"),
        (b"<?xml version='1.0'?><a/>", "", "application/xml"),
    ],
)  # fmt: skip
def test_bytes_tell_the_type(head: bytes, claimed: str, found: str) -> None:
    assert detect_type(head, claimed) == found


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\Users\\me\\a.png", "a.png"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\r\n.png", "ab.png"),
        ("con.txt", "_con.txt"),
        (".htaccess", "htaccess"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("x" * 300 + ".png", "x" * 96 + ".png"),
    ],
)
def test_names_are_only_names(name: str, kept: str) -> None:
    assert safe_filename(name) == kept


@given(st.text(max_size=300))
def test_any_name_is_made_safe_or_refused(name: str) -> None:
    try:
        kept = safe_filename(name)
    except UnprocessableContent:
        return
    assert 0 < len(kept) <= 100
    assert not set(kept) & set('/\\\0<>:"|?*')
    assert not kept.startswith(".")


def test_a_place_lies_in_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "up"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    assert safe_place(folder, "a", "b.png") == folder.resolve() / "a" / "b.png"
    for parts in (("..", "x"), ("/etc/passwd",), ("a/../../x",), ("link", "x"), ("",), (".",), ("a\0b",)):
        with pytest.raises(UnprocessableContent):
            safe_place(folder, *parts)


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_have_a_type(head: bytes, claimed: str) -> None:
    assert "/" in detect_type(head, claimed)

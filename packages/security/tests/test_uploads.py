"""Files that somebody uploaded: what they are, what they are called, where they lie."""

import io
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
    assert check_upload(upload("a.PNG", b"\xff\xd8\xff\xe0" + b"x" * 20), RULES) == "image/jpeg"
    assert check_upload(upload("a.csv", b"a,b\n1,2\n", "text/csv"), RULES) == "text/csv"


@pytest.mark.parametrize(
    ("name", "data", "kind", "error"),
    [
        ("a.png", b"<script>alert(1)</script>", "image/png", UnsupportedMediaType),
        ("a.png", b"GIF89a" + b"\0" * 20, "image/png", UnsupportedMediaType),
        ("a.png", b"MZ" + b"\0" * 20, "image/png", UnsupportedMediaType),
        ("a.csv", b"  <!DOCTYPE html><html>", "text/csv", UnsupportedMediaType),
        ("a.csv", b'<svg xmlns="x" onload="alert(1)">', "text/csv", UnsupportedMediaType),
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

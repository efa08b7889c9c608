import pytest

from partita.http.file_types import content_type_of


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.CSS", "text/css; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("a.tar.gz", "application/gzip"),
        ("font.woff2", "font/woff2"),
        ("x.json", "application/json"),
        ("README", "application/octet-stream"),
        ("a.exe", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_the_type_follows_the_last_suffix(name: str, expected: str) -> None:
    assert content_type_of(name) == expected

"""What went wrong elsewhere, by the number under which it became known, and does not go wrong here."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from partita.http.errors import UnprocessableContent
from partita.security.errors import FetchFailed, SecurityError
from partita.security.outgoing import OutgoingGuard, fetch
from partita.security.uploads import safe_filename, safe_place

DEVICES = [
    "CON",
    "con.txt",
    "NUL",
    "nul.tar.gz",
    "AUX",
    "PRN",
    "COM1",
    "lpt9.png",
    "com0",
    "CoN .txt",
    "nul  ",
    "CONIN$",
    "com¹.txt",
]


@pytest.mark.parametrize("name", DEVICES)
def test_cve_2024_49766_2025_66221_2026_21860_27199_no_upload_is_named_like_a_device(name: str) -> None:
    kept = safe_filename(name)
    assert kept.upper().partition(".")[0].strip() not in {"CON", "NUL", "AUX", "PRN", "COM0", "COM1", "LPT9", "CONIN$"}


@pytest.mark.parametrize(
    "name", ["a.txt::$DATA", "a:b", "\\\\host\\share\\a", "//host/share/a", "C:\\a", "C:a", "\\\\?\\C:\\a"]
)
def test_cve_2024_49766_2026_34515_no_upload_names_a_stream_a_drive_or_a_share(name: str, tmp_path: Path) -> None:
    kept = safe_filename(name)
    assert not set(kept) & set(":\\/")
    assert safe_place(tmp_path, kept).parent == tmp_path


def test_a_place_of_very_many_folders_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UnprocessableContent):
        safe_place(tmp_path, "a/" * 50_000)


class Handler(BaseHTTPRequestHandler):
    """Counts what arrives, and answers with more than it should."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.requestline)
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", "300000")
        self.end_headers()
        self.wfile.write(bytes(300_000))

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Handler.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def guard(url: str) -> OutgoingGuard:
    port = int(url.rpartition(":")[2].rstrip("/"))
    return OutgoingGuard(networks=["127.0.0.0/8"], ports=[port])


@pytest.mark.parametrize(
    "method", ["GET / HTTP/1.1\r\nX: y", "GET\r\nX:", "G ET", "GET\x00", "GET /forged", "", "\r\nGET", "GÉT"]
)
def test_cve_2023_49082_no_method_carries_a_request_of_its_own(url: str, method: str) -> None:
    with pytest.raises((SecurityError, ValueError)):
        fetch(url, guard(url), method=method)
    assert Handler.asked == []


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nY: b"}, {"X\r\nY": "b"}, {"X": "a\n\nGET /forged HTTP/1.1"}, {"X: y\r\nZ": "a"}, {"": "a"}]
)
def test_cve_2023_49081_no_header_carries_another_one(url: str, headers: dict[str, str]) -> None:
    with pytest.raises((SecurityError, ValueError)):
        fetch(url, guard(url), headers=headers)
    assert Handler.asked == []


def test_cve_2026_49855_what_is_fetched_is_bounded_and_never_unfolded(url: str) -> None:
    with pytest.raises(FetchFailed, match="more than 1000 bytes"):
        fetch(url, guard(url), max_bytes=1000)
    assert len(fetch(url, guard(url), max_bytes=400_000).body) == 300_000  # as it came, whatever its coding says


def test_cve_2026_34513_every_fetch_asks_for_addresses_anew_and_keeps_none() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"]

    outgoing = OutgoingGuard(resolve=resolve)
    for number in range(1000):
        outgoing.check(f"https://host{number % 2}.example/")
    assert len(asked) == 1000
    slots = [getattr(outgoing, name) for name in getattr(type(outgoing), "__slots__", ())]
    assert all(len(each) < 100 for each in slots if hasattr(each, "__len__"))

import asyncio
from pathlib import Path

import pytest

from partita.http import ETag, PreconditionFailed, Request, Response, respond_to
from partita.http.conditional import check_preconditions

TAG = {"ETag": '"v1"', "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT", "Accept-Ranges": "bytes"}


def answer(headers: dict[str, str], method: str = "GET", body: bytes = b"0123456789") -> Response:
    response = Response(body, headers={**TAG, "Content-Type": "text/plain", "Vary": "Cookie"})
    return respond_to(Request.build(method, headers=headers), response, lambda: "BOUNDARY")


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"v0", W/"v1"'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"},
        {"If-Modified-Since": "Mon, 07 Nov 1994 08:49:37 GMT"},
    ],
)
def test_what_the_client_has_is_not_sent_again(headers: dict[str, str]) -> None:
    response = answer(headers)
    assert response.status == 304
    assert response.body == b""
    assert response.headers["vary"] == "Cookie"
    assert "content-type" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"If-None-Match": '"v2"'},
        {"If-None-Match": "garbage"},
        {"If-None-Match": '"v2"', "If-Modified-Since": "Mon, 07 Nov 1994 08:49:37 GMT"},
        {"If-Modified-Since": "Sat, 05 Nov 1994 08:49:37 GMT"},
        {"If-Modified-Since": "yesterday"},
    ],
)
def test_what_the_client_has_not_is_sent(headers: dict[str, str]) -> None:
    assert answer(headers).status == 200


def test_a_failed_precondition_is_412() -> None:
    assert answer({"If-Match": '"v0"'}).status == 412
    assert answer({"If-Match": '"v1"'}).status == 200
    assert answer({"If-Unmodified-Since": "Sat, 05 Nov 1994 08:49:37 GMT"}).status == 412


def test_changes_are_guarded_against_lost_updates() -> None:
    check_preconditions(Request.build("PUT", headers={"If-Match": '"a"'}), ETag("a"))
    for headers, tag in (
        ({"If-Match": '"a"'}, ETag("b")),
        ({"If-Match": "*"}, None),
        ({"If-None-Match": "*"}, ETag("a")),
    ):
        with pytest.raises(PreconditionFailed):
            check_preconditions(Request.build("PUT", headers=headers), tag)


def test_one_range_is_a_partial_answer() -> None:
    response = answer({"Range": "bytes=2-4"})
    assert (response.status, response.body) == (206, b"234")
    assert response.headers["content-range"] == "bytes 2-4/10"


def test_several_ranges_come_as_parts() -> None:
    response = answer({"Range": "bytes=0-1,-2"})
    assert response.status == 206
    assert response.content_type == "multipart/byteranges; boundary=BOUNDARY"
    assert asyncio.run(response.aread()) == (
        b"--BOUNDARY\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n"
        b"--BOUNDARY\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--BOUNDARY--\r\n"
    )


def test_a_range_outside_is_416_and_one_that_cannot_be_read_is_ignored() -> None:
    response = answer({"Range": "bytes=10-"})
    assert (response.status, response.headers["content-range"]) == (416, "bytes */10")
    assert answer({"Range": "bytes=x"}).status == 200
    assert answer({"Range": "bytes=0-1"}, method="HEAD").status == 200


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"v1"', 206),
        ('W/"v1"', 200),
        ('"v0"', 200),
        (TAG["Last-Modified"], 206),
        ("Mon, 07 Nov 1994 08:49:37 GMT", 200),
    ],
)
def test_if_range_asks_for_the_same_version(condition: str, status: int) -> None:
    assert answer({"Range": "bytes=0-1", "If-Range": condition}).status == status


def test_files_are_sent_in_part_too(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)) * 2000)

    def get(wanted: str) -> Response:
        return respond_to(Request.build(headers={"Range": wanted}), Response.file(path))

    assert asyncio.run(get("bytes=256-511").aread()) == bytes(range(256))
    assert len(asyncio.run(get("bytes=0-").aread())) == 512_000
    assert asyncio.run(get("bytes=-1").aread()) == b"\xff"


def test_errors_and_changes_are_left_alone() -> None:
    missing = Response.text("no", 404, headers=TAG)
    assert respond_to(Request.build(headers={"If-None-Match": "*"}), missing) is missing
    posted = Response.text("ok", headers=TAG)
    assert respond_to(Request.build("POST", headers={"If-None-Match": "*"}), posted) is posted


def test_a_304_has_the_fields_that_the_200_would_have_had_but_those_of_the_content() -> None:
    whole = Response(
        b"x",
        headers={
            "ETag": '"a"',
            "Content-Location": "/page.de.html",
            "Content-Security-Policy": "default-src 'self'",
            "Cache-Control": "max-age=5",
            "Vary": "Accept-Language",
            "Expires": "Mon, 04 May 2026 03:02:01 GMT",
            "Content-Type": "text/html",
            "Content-Language": "de",
            "Content-Disposition": "inline",
            "Content-Length": "1",
        },
    )
    same = respond_to(Request.build(headers={"if-none-match": '"a"'}), whole)
    assert (same.status, same.body) == (304, b"")
    assert {name for name, _ in same.headers.items()} == {
        *("etag", "content-location", "content-security-policy", "cache-control", "vary", "expires")
    }

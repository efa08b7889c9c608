"""Conditions and ranges of requests that most clients never send."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from partita.http import ETag, FileBody, PreconditionFailed, Request, Response, respond_to
from partita.http.accept import parse_accept
from partita.http.conditional import check_preconditions, is_unchanged

CHANGED = datetime(2026, 5, 4, 3, 2, 1, 900_000, tzinfo=UTC)
SAME, BEFORE, AFTER = (f"Mon, 04 May 2026 03:02:0{second} GMT" for second in (1, 0, 2))


def asks(method: str = "GET", **headers: str) -> Request:
    return Request.build(method, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("since", "holds"), [(SAME, True), (AFTER, True), (BEFORE, False), ("yesterday", True), ("", True)]
)
def test_what_was_changed_within_the_same_second_counts_as_unmodified(since: str, holds: bool) -> None:
    request = asks("PUT", if_unmodified_since=since)
    if holds:
        check_preconditions(request, None, CHANGED)
    else:
        with pytest.raises(PreconditionFailed):
            check_preconditions(request, None, CHANGED)
    check_preconditions(request, None, None)  # nothing is known of the resource's time


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_readers_are_told_that_nothing_changed(method: str) -> None:
    headers = {"if_none_match": '"a"', "if_modified_since": SAME}
    assert is_unchanged(asks("GET", **headers), ETag("a"), CHANGED)
    assert is_unchanged(asks("HEAD", **headers), ETag("a"), CHANGED)
    assert not is_unchanged(asks(method, **headers), ETag("a"), CHANGED)


def test_several_ranges_of_a_file_are_read_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"0123456789")
    response = Response(
        FileBody.open(tmp_path / "a.txt"), headers={"content-type": "text/plain", "accept-ranges": "bytes"}
    )
    answered = respond_to(asks(range="bytes=0-1,-2"), response)
    kind, _, boundary = answered.headers["content-type"].partition("; boundary=")
    assert (answered.status, kind) == (206, "multipart/byteranges")
    body = asyncio.run(answered.aread())
    parts = body.split(f"--{boundary}".encode())
    assert [part.strip().partition(b"\r\n\r\n")[2] for part in parts[1:-1]] == [b"01", b"89"]
    assert b"Content-Type: text/plain\r\nContent-Range: bytes 8-9/10" in parts[2]


@pytest.mark.parametrize("tag", ["", "a", '"a', 'W/a"', '"a", "b"'])
def test_a_tag_of_a_view_that_is_none_makes_no_condition_hold(tag: str) -> None:
    response = Response.text("abc").with_header("etag", tag)
    assert respond_to(asks(if_none_match=tag or '"a"'), response).status == 200
    assert respond_to(asks(if_match='"a"'), response).status == 412


def test_a_weight_that_is_none_drops_its_range_and_no_other() -> None:
    ranges = parse_accept("text/html;q=2, text/plain;q=x, a/b;q=, application/json;q=0.5, image/png")
    assert [(each.value, each.quality) for each in ranges] == [("image/png", 1.0), ("application/json", 0.5)]


def test_everything_is_kept_apart_by_a_star_in_vary() -> None:
    response = Response.text("").with_header("vary", "*")
    assert response.with_vary("Cookie").headers["vary"] == "*"
    assert sorted(Response.text("").with_vary("Cookie", "Accept", "Cookie").headers["vary"].split(", ")) == [
        "Accept",
        "Cookie",
    ]

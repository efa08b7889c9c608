"""What the fields of a head mean for its connection and its body, and the limits of heads, without a server."""

import pytest

from partita.http import Limits
from partita.server.errors import BadMessage
from partita.server.message import HeadParser, Message


def head(*fields: str, line: str = "GET / HTTP/1.1", host: bool = True) -> bytes:
    return "\r\n".join([line, *(["Host: a"] if host else []), *fields, "", ""]).encode("latin-1")


def parse(*fields: str, line: str = "GET / HTTP/1.1", limits: Limits | None = None) -> Message:
    return HeadParser(limits or Limits()).parse(head(*fields, line=line))


def status(data: bytes, limits: Limits | None = None) -> int:
    with pytest.raises(BadMessage) as caught:
        HeadParser(limits or Limits()).parse(data)
    return caught.value.status


@pytest.mark.parametrize(
    ("connection", "new", "old"),
    [
        (None, True, False), ("close", False, False), ("Close", False, False), ("keep-alive", True, True), ("Keep-Alive", True, True), ("x", True, False),
        ("keep-alive, close", False, False), ("x,\tkeep-alive ", True, True), ("closed", True, False), ("x, CLOSE", False, False), ("", True, False),
    ],
)  # fmt: skip
def test_a_connection_stays_open_as_version_and_field_say(connection: str | None, new: bool, old: bool) -> None:
    fields = [] if connection is None else [f"Connection: {connection}"]
    assert parse(*fields).keep_alive is new
    assert parse(*fields, line="GET / HTTP/1.0").keep_alive is old
    assert parse(*fields, "X-Twice: 1", "X-Twice: 2").keep_alive is new


def test_several_fields_about_the_connection_are_one_list() -> None:
    assert not parse("Connection: x", "Connection: close", "Connection: keep-alive").keep_alive
    assert parse("Connection: keep-alive", "Connection: x", line="GET / HTTP/1.0").keep_alive


@pytest.mark.parametrize(
    ("fields", "keeps", "upgrades"),
    [
        (["Connection: upgrade", "Upgrade: websocket"], False, True),
        (["Connection: keep-alive, Upgrade", "Upgrade: WebSocket"], False, True),
        (["Connection: upgrade", "Upgrade: h2c"], False, False),
        (["Connection: upgrade"], True, False),
        (["Upgrade: websocket"], True, False),
        (["Connection: keep-alive", "Upgrade: websocket"], True, False),
    ],
)
def test_another_protocol_is_offered_by_two_fields_together(fields: list[str], keeps: bool, upgrades: bool) -> None:
    message = parse(*fields)
    assert (message.keep_alive, message.upgrade) == (keeps, upgrades)


@pytest.mark.parametrize(
    ("fields", "length", "chunked"),
    [([], 0, False), (["Content-Length: 0"], 0, False), (["Content-Length: 1"], 1, False), (["Content-Length: 007"], 7, False),
     (["Transfer-Encoding: chunked"], 0, True)],
)  # fmt: skip
def test_a_body_has_the_length_that_is_said_or_comes_in_chunks(fields: list[str], length: int, chunked: bool) -> None:
    message = parse(*fields, line="POST / HTTP/1.1")
    assert (message.length, message.chunked) == (length, chunked)


def test_a_body_may_be_as_long_as_forms_or_uploads_may() -> None:
    limits = Limits(max_body=10, max_upload=20)
    assert parse("Content-Length: 20", limits=limits).length == 20
    assert status(head("Content-Length: 21"), limits) == 413
    assert parse("Content-Length: 30", limits=Limits(max_body=30, max_upload=20)).length == 30


@pytest.mark.parametrize("value", ["100-continue", "100-Continue"])
def test_who_waits_to_be_told_to_go_on_is_told_in_http_1_1(value: str) -> None:
    assert parse(f"Expect: {value}").expects_continue
    assert not parse(f"Expect: {value}", line="GET / HTTP/1.0").expects_continue
    assert not parse().expects_continue


@pytest.mark.parametrize("value", ["200-ok", "", "100-continue, x"])
def test_any_other_expectation_is_not_met(value: str) -> None:
    assert status(head(f"Expect: {value}")) == 417


def test_fields_are_as_many_as_they_may_be() -> None:
    limits = Limits(max_headers=3)
    assert len(parse("A: 1", "B: 2", limits=limits).fields) == 3
    assert status(head("A: 1", "B: 2", "C: 3"), limits) == 431
    assert len(parse("A: 1", "B: 2", "C_D: 3", limits=limits).fields) == 3  # never seen by anybody


def test_fields_have_as_many_bytes_as_they_may() -> None:
    whole = head("A: b")
    size = len(whole) - whole.find(b"\r\n")
    assert HeadParser(Limits(max_header_bytes=size)).parse(whole).values[b"a"] == b"b"
    assert status(whole, Limits(max_header_bytes=size - 1)) == 431


def test_a_head_that_does_not_end_is_refused_when_it_is_too_long() -> None:
    limits = Limits(max_header_bytes=100, max_target=50)
    parser = HeadParser(limits)
    begun = b"GET / HTTP/1.1\r\nA: "
    parser.check_unfinished(begun + b"x" * (214 - len(begun)))
    with pytest.raises(BadMessage) as caught:
        parser.check_unfinished(begun + b"x" * (215 - len(begun)))
    assert caught.value.status == 431


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\nHost: a", b"GET / HTTP/1.1\r\nHost: a\nB: c", b"\nGET", b"GET / HTTP/1.1\r\nA: b\n"]
)
def test_a_head_that_has_not_ended_already_has_whole_line_breaks(data: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        HeadParser(Limits()).check_unfinished(data)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "fields",
    [
        ["a b: c"],
        ["a : b"],
        [": b"],
        ["a"],
        [" a: b"],
        ["a: b", " c"],
        ["a: b\x00"],
        ["a: b\nc: d"],
        ["a: b\rc"],
        ["\xe4: b"],
        ["a\x0b: b"],
    ],
)
def test_fields_that_break_the_grammar_are_refused(fields: list[str]) -> None:
    assert status(head(*fields)) == 400


def test_a_method_that_the_parser_does_not_know_is_told_so() -> None:
    assert status(head(line="NOBODY / HTTP/1.1")) == 501


def test_a_target_with_a_host_of_its_own_must_be_that_of_the_field() -> None:
    assert parse(line="GET http://a/b?c HTTP/1.1").path == b"/b"
    assert status(head(line="GET http://b/ HTTP/1.1")) == 400


def test_the_same_head_again_gives_the_same_message_but_for_its_body() -> None:
    parser = HeadParser(Limits())
    plain, with_body = head("A: b"), head("Content-Length: 3", line="POST / HTTP/1.1")
    first = parser.parse(plain)
    second, third = parser.parse(plain), parser.parse(plain)
    assert second is third
    assert (first.values, first.path) == (second.values, second.path)
    parser.parse(with_body)
    one, other = parser.parse(with_body), parser.parse(with_body)
    assert one is not other
    one.content = b"abc"
    assert (other.content, other.length, parser.parse(with_body).content) == (None, 3, None)


def test_the_same_fields_behind_another_line_are_checked_against_it() -> None:
    parser = HeadParser(Limits())
    for _ in range(3):
        assert parser.parse(head("A: b")).keep_alive
        assert parser.parse(head("A: b", line="GET /c?d HTTP/1.1")).query == b"d"
        assert not parser.parse(head("A: b", line="GET / HTTP/1.0")).keep_alive
        with pytest.raises(BadMessage):
            parser.parse(head("A: b", line="GET http://b/ HTTP/1.1"))
        assert parser.parse(head("A: b", line="PUT http://a/e HTTP/1.1")).path == b"/e"


@pytest.mark.parametrize("field", ["Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close"])
def test_what_a_head_says_about_itself_alone_is_not_remembered_for_the_next(field: str) -> None:
    parser = HeadParser(Limits())
    for path in ("/", "/", "/a", "/b", "/b"):
        special = parser.parse(head(field, line=f"POST {path} HTTP/1.1"))
        assert (special.chunked, special.expects_continue, special.keep_alive) == (
            "chunked" in field, "continue" in field, "close" not in field,
        )  # fmt: skip
    for path in ("/", "/", "/a"):
        plain = parser.parse(head(line=f"POST {path} HTTP/1.1"))
        assert (plain.chunked, plain.expects_continue, plain.keep_alive) == (False, False, True)

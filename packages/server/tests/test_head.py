"""Rules for the head of a request, one by one, without a server."""

import pytest

from partita.server.errors import BadMessage
from partita.server.head import METHODS, PLAIN_METHODS, check_fields, check_start, check_target, read_line, split_target

MOST = 100
EVERYTHING_ALLOWED = b"/!$%&'()*+,-./0:;=?@AZ[]_az~"


def start(line: bytes, max_target: int = MOST) -> tuple[str, bytes, str]:
    return check_start(line + b"\r\nHost: a\r\n\r\n", len(line), max_target)


def status(line: bytes, max_target: int = MOST) -> int:
    with pytest.raises(BadMessage) as caught:
        start(line, max_target)
    return caught.value.status


@pytest.mark.parametrize("method", [*sorted(METHODS), "TRACE", "get", "X", "!#$%&'*+-.^_`|~09AZaz"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_request_line_is_taken_apart(method: str, version: str) -> None:
    line = f"{method} /a?b=c HTTP/{version}".encode()
    assert start(line) == (method, b"/a?b=c", version)
    if version == "1.1" and method in METHODS - {"HEAD"}:
        found = read_line(line)
        assert found is not None
        assert found.groups() == (method.encode(), b"/a", b"b=c")
        assert PLAIN_METHODS[found[1]] == method
    else:
        assert read_line(line) is None


@pytest.mark.parametrize(
    "line",
    [
        b"", b"GET", b"GET /", b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"GET\t/ HTTP/1.1", b" / HTTP/1.1",
        b"GET  HTTP/1.1", b"G(T / HTTP/1.1", b"G\xc3T / HTTP/1.1", b"GET / http/1.1", b"GET / HTTP/1", b"GET / HTTP/1.", b"GET / HTTP/1.11",
        b"GET / HTTP/11.1", b"GET / HTTP/1,1", b"GET / HTTPS/1.1", b"GET /\x00 HTTP/1.1", b"GET /\x7f HTTP/1.1", b"GET /\xff HTTP/1.1", b"GET /a b HTTP/1.1",
        b"GET / HTTP/1.1\r", b"GET / HTTP/1.1\nX", b"GET /# HTTP/1.1", b'GET /" HTTP/1.1', b"GET /< HTTP/1.1", b"GET /> HTTP/1.1", b"GET /\\ HTTP/1.1",
        b"GET /^ HTTP/1.1", b"GET /` HTTP/1.1", b"GET /{ HTTP/1.1", b"GET /| HTTP/1.1", b"GET /} HTTP/1.1",
    ],
)  # fmt: skip
def test_what_is_no_request_line_is_refused(line: bytes) -> None:
    assert status(line) == 400
    found = read_line(line)  # whoever asks looks where it ended
    assert found is None or found.end() < len(line)


@pytest.mark.parametrize("version", [b"0.9", b"1.2", b"1.9", b"2.0", b"2.1", b"0.1", b"3.0", b"0.0"])
def test_another_version_of_http_is_told_so(version: bytes) -> None:
    assert status(b"GET / HTTP/" + version) == 505


@pytest.mark.parametrize("method", [b"CONNECT", b"PRI"])
def test_what_is_for_proxies_and_for_http2_is_not_done_here(method: bytes) -> None:
    assert status(method + b" a:443 HTTP/1.1") == 501
    assert status(method + b" * HTTP/1.1") == 501


@pytest.mark.parametrize("method", [b"GET", b"TRACE"])
def test_a_target_may_be_as_long_as_it_may_and_no_longer(method: bytes) -> None:
    assert start(method + b" /" + b"a" * 99 + b" HTTP/1.1")[1] == b"/" + b"a" * 99
    assert status(method + b" /" + b"a" * 100 + b" HTTP/1.1") == 414


def test_every_character_that_a_target_may_hold_is_taken() -> None:
    assert start(b"GET " + EVERYTHING_ALLOWED + b" HTTP/1.1")[1] == EVERYTHING_ALLOWED
    for byte in (
        set(range(256))
        - set(EVERYTHING_ALLOWED)
        - set(range(0x30, 0x3A))
        - set(range(0x41, 0x5B))
        - set(range(0x61, 0x7B))
    ):
        assert status(b"GET /" + bytes([byte]) + b" HTTP/1.1") == 400
        with pytest.raises(BadMessage) as caught:
            check_target(b"/" + bytes([byte]), MOST)
        assert caught.value.status == 400


def test_the_target_of_another_protocol_is_checked_alike() -> None:
    check_target(EVERYTHING_ALLOWED, len(EVERYTHING_ALLOWED))
    with pytest.raises(BadMessage) as caught:
        check_target(EVERYTHING_ALLOWED, len(EVERYTHING_ALLOWED) - 1)
    assert caught.value.status == 414
    with pytest.raises(BadMessage):
        check_target(b"", MOST)


@pytest.mark.parametrize(
    "head", [b"G", b"GET", b"GET ", b"GET /", b"GET / HTTP/1.", b"X" * 64, b"X" * 64 + b" /", b"GET " + b"a" * 176]
)
def test_a_line_that_has_not_ended_is_waited_for(head: bytes) -> None:
    assert check_start(head, -1, MOST) == ("", b"", "")


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", 400), (b" ", 400), (b"G(", 400), (b"\x16\x03\x01", 400), (b"X" * 65, 400), (b"GET\t", 400), (b"GET\x00", 400), (b"\n", 400),
        (b"GET " + b"a" * 177, 414),
    ],
)  # fmt: skip
def test_a_line_that_can_become_none_is_refused_before_it_ends(head: bytes, code: int) -> None:
    with pytest.raises(BadMessage) as caught:
        check_start(head, -1, MOST)
    assert caught.value.status == code


@pytest.mark.parametrize(
    ("method", "target", "host", "parts"),
    [
        ("GET", b"/", b"a", (b"/", b"")),
        ("GET", b"/a?b?c", b"a", (b"/a", b"b?c")),
        ("GET", b"//b/c", b"a", (b"//b/c", b"")),
        ("OPTIONS", b"*", b"a", (b"*", b"")),
        ("GET", b"http://a/b?c", b"a", (b"/b", b"c")),
        ("GET", b"https://a/b", b"a", (b"/b", b"")),
        ("GET", b"HTTP://A:80/", b"a:80", (b"/", b"")),
        ("GET", b"http://a/", b"A", (b"/", b"")),
        ("GET", b"http://a", b"a", (b"/", b"")),
        ("GET", b"http://a?b", b"a", (b"/", b"b")),
        ("GET", b"http://a//b", b"a", (b"//b", b"")),
        ("GET", b"http://a/b", None, (b"/b", b"")),
    ],
)
def test_a_target_is_a_path_and_a_query(
    method: str, target: bytes, host: bytes | None, parts: tuple[bytes, bytes]
) -> None:
    assert split_target(method, target, host) == parts


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", b"*"), ("OPTIONS", b"**"), ("OPTIONS", b"*/"), ("GET", b""), ("GET", b"a"), ("GET", b"?a"), ("GET", b"a:80"), ("GET", b"http:///"), ("GET", b"http://"),
        ("GET", b"http:/a/"), ("GET", b"ftp://a/"), ("GET", b"httpss://a/"), ("GET", b"http://b/"), ("GET", b"http://a:80/"), ("GET", b"http://u@a/"),
        ("GET", b"http://a@b/"), ("GET", b"http://a#/"), ("GET", b"http://a/#b"),
    ],
)  # fmt: skip
def test_a_target_that_stands_for_no_resource_here_is_refused(method: str, target: bytes) -> None:
    with pytest.raises(BadMessage) as caught:
        split_target(method, target, b"a")
    assert caught.value.status == 400


HOST = (b"host", b"a")


def test_fields_are_found_by_name_and_the_last_of_several_counts() -> None:
    assert check_fields([HOST, (b"x", b"1"), (b"x", b"2")], "1.1") == {b"host": b"a", b"x": b"2"}
    assert check_fields([], "1.0") == {}


@pytest.mark.parametrize("name", [b"host", b"content-type", b"content-length", b"transfer-encoding", b"expect"])
@pytest.mark.parametrize("value", [b"1", b"2"])
def test_what_decides_about_a_message_comes_once(name: bytes, value: bytes) -> None:
    fields = [HOST, (name, b"1"), (name, value)]
    with pytest.raises(BadMessage, match="more than one") as caught:
        check_fields(fields, "1.1")
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("fields", "version", "code"),
    [
        ([(b"transfer-encoding", b"chunked")], "1.1", None),
        ([(b"transfer-encoding", b"Chunked")], "1.1", None),
        ([(b"transfer-encoding", b"chunked")], "1.0", 400),
        ([(b"transfer-encoding", b"chunked"), (b"content-length", b"1")], "1.1", 400),
        ([(b"transfer-encoding", b"gzip, chunked")], "1.1", 501),
        ([(b"transfer-encoding", b"identity")], "1.1", 501),
        ([(b"transfer-encoding", b"")], "1.1", 501),
        ([(b"transfer-encoding", b"\x0bchunked")], "1.1", 501),
        ([(b"content-length", b"0")], "1.1", None),
        ([(b"content-length", b"9" * 15)], "1.1", None),
        ([(b"content-length", b"9" * 16)], "1.1", 400),
        ([(b"content-length", b"")], "1.1", 400),
        ([(b"content-length", b"+1")], "1.1", 400),
        ([(b"content-length", b"-1")], "1.1", 400),
        ([(b"content-length", b"1_0")], "1.1", 400),
        ([(b"content-length", b"0x1")], "1.1", 400),
        ([(b"content-length", b"1, 1")], "1.1", 400),
        ([(b"content-length", b" 1")], "1.1", 400),
        ([(b"content-length", "\u0661".encode())], "1.1", 400),
    ],
)
def test_where_a_message_ends_can_be_read_in_one_way_only(
    fields: list[tuple[bytes, bytes]], version: str, code: int | None
) -> None:
    if code is None:
        assert check_fields([HOST, *fields], version) == dict([HOST, *fields])
        return
    with pytest.raises(BadMessage) as caught:
        check_fields([HOST, *fields], version)
    assert caught.value.status == code


def test_only_http_1_0_may_do_without_a_host() -> None:
    with pytest.raises(BadMessage, match="needs a Host"):
        check_fields([], "1.1")


@pytest.mark.parametrize(
    "host", [b"a", b"a.example", b"A-b_c.example.", b"127.0.0.1:80", b"[::1]", b"[::ffff:1.2.3.4]:65535", b"a:99999"]
)
def test_a_host_is_a_name_or_an_address_perhaps_with_a_port(host: bytes) -> None:
    assert check_fields([(b"host", host)], "1.1") == {b"host": host}


@pytest.mark.parametrize(
    "host",
    [
        b"", b" ", b":80", b"a:", b"a:123456", b"a:b", b"a b", b"a/b", b"a@b", b"u:p@a", b"a,b", b"a\\b", b"[", b"[]", b"[]:80", b"[::1", b"::1", b"[g::]", b"[::1]a",
        b"[::1]80", b"\xc3\xa4", b"a?b", b"a#b", b"a\x00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_anything_else_is_no_host(host: bytes, version: str) -> None:
    with pytest.raises(BadMessage, match="not a host name") as caught:
        check_fields([(b"host", host)], version)
    assert caught.value.status == 400

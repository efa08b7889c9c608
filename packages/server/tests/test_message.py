import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Limits
from partita.server.chunked import ChunkedDecoder
from partita.server.errors import BadMessage
from partita.server.head import check_start
from partita.server.message import HeadParser, Message

GOOD = (
    b"POST /a?b=c HTTP/1.1\r\nHost: example.com:80\r\nContent-Length: 12\r\nX-A: b \t\r\nConnection: keep-alive, x\r\n"
    b"Expect: 100-continue\r\n\r\n"
)


def test_a_head_is_taken_apart() -> None:
    message = HeadParser(Limits()).parse(GOOD)
    assert (message.method, message.path, message.query, message.version) == ("POST", b"/a", b"b=c", "1.1")
    assert (message.length, message.chunked, message.keep_alive, message.expects_continue) == (12, False, True, True)
    assert message.values[b"x-a"] == b"b"


def test_a_head_may_have_no_fields_in_http_1_0() -> None:
    message = HeadParser(Limits()).parse(b"GET / HTTP/1.0\r\n\r\n")
    assert message.fields == []
    assert not message.keep_alive


def test_one_parser_reads_one_head_after_the_other() -> None:
    parser = HeadParser(Limits())
    for _ in range(3):
        assert parser.parse(GOOD).length == 12
        assert parser.parse(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").length == 0
        assert parser.parse(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").chunked


@given(st.data())
def test_a_head_that_was_changed_is_read_strictly_or_refused(data: st.DataObject) -> None:
    head = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        head[data.draw(st.integers(0, len(head) - 5))] = data.draw(st.integers(0, 255))
    try:
        message = HeadParser(Limits()).parse(bytes(head))
    except BadMessage as error:
        status = error.status
    else:
        status = 200
        assert message.path[:1] == b"/" or message.path == b"*"
        assert len(message.fields) == len(head.split(b"\r\n")) - 3 - sum(
            b"_" in line.partition(b":")[0] for line in head.split(b"\r\n")[1:]
        )
        for name, value in message.fields:
            assert not {0, 10, 13} & set(name + value)
    assert status in {200, 400, 413, 414, 417, 431, 501, 505}


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 30), st.binary(max_size=10))
def test_chunks_read_back_however_they_are_cut_and_what_follows_is_left(
    chunks: list[bytes], step: int, behind: bytes
) -> None:
    wire = b"".join([b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks]) + b"0\r\nX: y\r\n\r\n" + behind
    content = bytearray()
    decoder = ChunkedDecoder(content.extend)
    rest = b""
    for at in range(0, len(wire), step):
        if decoder.complete:
            rest += wire[at : at + step]
        else:
            rest += decoder.feed(wire[at : at + step])
    assert decoder.complete
    assert bytes(content) == b"".join(chunks)
    assert rest == behind


@given(st.binary(max_size=80), st.integers(1, 80))
def test_no_bytes_make_the_decoder_do_more_than_refuse(wire: bytes, cut: int) -> None:
    decoder = ChunkedDecoder(lambda data: None)
    refused = False
    wire += b"\r\n"  # so that there is a first line to judge
    try:
        for piece in (wire[:cut], wire[cut:]):
            if not decoder.complete:
                decoder.feed(piece)
    except BadMessage as error:
        refused = error.status in {400, 431}
    assert refused or wire[:1] in b"0123456789abcdefABCDEF"


@pytest.mark.parametrize("size", [b"1" * 300, b"0" * 300, b"1;" + b"a" * 300])
def test_a_line_of_a_chunk_is_bounded_even_if_it_never_ends(size: bytes) -> None:
    with pytest.raises(BadMessage):
        ChunkedDecoder(lambda data: None).feed(size)


@pytest.mark.parametrize("last", [b"keep-alive", b"Upgrade", b""])
def test_a_field_of_connections_on_several_lines_is_one_list(last: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\nConnection: %b\r\n\r\n" % last
    assert not HeadParser(Limits()).parse(head).keep_alive


def test_what_proxies_call_a_connection_decides_nothing_about_this_one() -> None:
    parser = HeadParser(Limits())
    for other in (b"close", b"upgrade", b"close"):
        head = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nProxy-Connection: %b\r\n\r\n" % other
        message = parser.parse(head)
        assert message.keep_alive
        assert not message.upgrade
    assert parser.parse(GOOD).keep_alive


HEAD = b"GET %b HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"


def test_the_same_fields_again_are_read_once_and_mean_the_same() -> None:
    parser = HeadParser(Limits())
    first, second = parser.parse(HEAD % b"/a?b"), parser.parse(HEAD % b"/c?d")
    assert (first.path, first.query, second.path, second.query) == (b"/a", b"b", b"/c", b"d")
    assert second.headers is first.headers
    assert second.keep_alive
    assert (second.length, second.incoming, second.error) == (0, None, None)


@pytest.mark.parametrize(
    "other",
    [
        HEAD.replace(b"Host: a", b"Host: b"),
        HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\n"),
        HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_what_was_read_before_says_nothing_about_other_fields(other: bytes) -> None:
    parser = HeadParser(Limits())
    for head in (HEAD, HEAD, other):
        found, expected = parser.parse(head % b"/"), HeadParser(Limits()).parse(head % b"/")
        assert (found.keep_alive, found.length, found.chunked, found.values) == (
            expected.keep_alive,
            expected.length,
            expected.chunked,
            expected.values,
        )


def test_a_method_or_a_host_that_is_refused_is_refused_with_fields_that_were_read_before() -> None:
    parser = HeadParser(Limits())
    parser.parse(HEAD % b"/")
    for target, method in ((b"/", b"FOO"), (b"http://b/", b"GET"), (b"*", b"GET")):
        with pytest.raises(BadMessage):
            parser.parse((HEAD % target).replace(b"GET", method))


def test_the_same_head_again_means_the_same_and_its_body_is_its_own() -> None:
    parser = HeadParser(Limits())
    plain = b"GET /a%20b?c=d HTTP/1.1\r\nHost: a\r\n\r\n"
    post = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
    for _ in range(3):
        message = parser.parse(plain)
        assert (message.method, message.text, message.path, message.query) == ("GET", "/a b", b"/a%20b", b"c=d")
        assert message.content is None
    first = parser.parse(post)
    first.content = b"hi"
    second = parser.parse(post)
    assert (second.length, second.content) == (2, None)
    second.content = b"ho"
    assert (first.content, parser.parse(post).content) == (b"hi", None)


def test_a_head_that_differs_in_one_byte_is_another() -> None:
    parser = HeadParser(Limits())
    for path in (b"/a", b"/b", b"/a"):
        assert parser.parse(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n").path == path
    for version, keeps in ((b"1.1", True), (b"1.0", False), (b"1.1", True)):
        assert parser.parse(b"GET /a HTTP/" + version + b"\r\nHost: a\r\n\r\n").keep_alive is keeps


_FIELDS = b" HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nX-Some: thing\r\n\r\n"
_lines = st.builds(
    lambda method, target: method + b" " + target,
    st.sampled_from([b"GET", b"POST", b"PUT", b"CONNECT", b"PROPFIND", b"get", b"G T"]),
    st.one_of(
        st.lists(st.sampled_from([b"/", b"a", b"%2F", b"%FF", b"?", b"=", b"&", b"#", b"\x00", b"*"]), max_size=8).map(
            lambda parts: b"/" + b"".join(parts)
        ),
        st.sampled_from([b"*", b"http://a.example/x", b"http://b.example/x", b"", b"x", b"/" + b"x" * 9000]),
    ),
)


@given(st.lists(st.tuples(_lines, st.sampled_from([_FIELDS, _FIELDS.replace(b"thing", b"other")])), max_size=4))
def test_a_request_like_the_one_before_means_what_it_means_alone(requests: list[tuple[bytes, bytes]]) -> None:
    parser = HeadParser(Limits())
    parser.parse(b"POST /first" + _FIELDS)
    for line, fields in requests:
        try:
            alone: Message | None = HeadParser(Limits()).parse(line + fields)
        except BadMessage:
            alone = None
        data = b"before" + line + fields + b"abc"
        found = parser.read(data, 6)
        if found is None:
            continue
        assert fields == _FIELDS
        assert alone is not None
        method, path, query, body = found
        assert (method, path, query, data[body:]) == (alone.method, alone.path, alone.query, b"abc")
        assert parser.before is not None
        message = parser.last_read(parser.before)
        for name in (
            "method",
            "version",
            "path",
            "query",
            "text",
            "fields",
            "values",
            "length",
            "keep_alive",
            "chunked",
        ):
            assert getattr(message, name) == getattr(alone, name)


@given(st.from_regex(rb"(GET|POST|PUT|PATCH|DELETE|OPTIONS) /[!-~]{0,30} HTTP/1\.1", fullmatch=True))
def test_a_line_that_is_read_in_one_go_is_one_that_passes_all_checks(line: bytes) -> None:
    parser = HeadParser(Limits())
    parser.parse(b"GET /first" + _FIELDS)
    data = line + _FIELDS.removeprefix(b" HTTP/1.1")
    try:
        method, target, version = check_start(data, len(line), 8192)
    except BadMessage:
        assert parser.read(data, 0) is None
    else:
        found = parser.read(data, 0)
        assert found is not None
        assert (found[0], version) == (method, "1.1")
        assert found[1] + (b"?" + found[2] if b"?" in target else b"") == target


def test_a_line_that_is_too_long_is_left_to_the_parser() -> None:
    parser = HeadParser(Limits(max_target=50))
    parser.parse(b"GET /first" + _FIELDS)
    assert parser.read(b"GET /" + b"x" * 20 + _FIELDS, 0) is not None
    assert parser.read(b"GET /" + b"x" * 50 + _FIELDS, 0) is None


def test_a_head_like_the_one_before_must_be_whole() -> None:
    parser = HeadParser(Limits())
    assert parser.read(b"", 0) is None
    parser.parse(b"POST /first" + _FIELDS)
    for data in (
        b"",
        b"GET /",
        b"GET /" + _FIELDS[:-1],
        b"GET /" + _FIELDS[:-2] + b"X-Y: z\r\n\r\n",
        b"HEAD /" + _FIELDS,
    ):
        assert parser.read(data, 0) is None
    data = b"PUT /b?c=1" + _FIELDS + b"abc"
    assert parser.read(data, 0) == ("PUT", b"/b", b"c=1", len(data) - 3)

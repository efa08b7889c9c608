"""What HTTP/2 reads, without a connection: frames, header blocks, heads, and the request that asks for an upgrade."""

import pickle
import struct
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Headers, Limits
from partita.server.errors import BadMessage, ServerError
from partita.server.http2 import codes
from partita.server.http2.blocks import HeaderBlocks
from partita.server.http2.budget import Budget
from partita.server.http2.frames import (
    ConnectionFailed,
    FrameReader,
    StreamFailed,
    frame,
    header_frames,
    settings_payload,
    unpadded,
)
from partita.server.http2.head import read_head, read_trailers
from partita.server.http2.upgrade import first_request, wished_settings
from partita.server.message import Message

END_STREAM, END_HEADERS, PADDED, PRIORITIZED = 0x1, 0x4, 0x8, 0x20
MAX = 16_384
Fields = list[tuple[bytes, bytes]]


def connection_fails(code: int, act: Callable[..., object], *args: object) -> None:
    with pytest.raises(ConnectionFailed) as found:
        act(*args)
    assert found.value.code == code
    assert found.value.reason


# Frames: section 4.1.


def test_4_1_a_frame_is_nine_octets_and_its_payload() -> None:
    assert frame(6, 1, 0, b"12345678") == b"\0\0\x08\x06\x01\0\0\0\0" + b"12345678"
    assert frame(8, 0, 0x01020304) == b"\0\0\0\x08\0\x01\x02\x03\x04"
    long = frame(0, 0, 1, bytes(0x012345))
    assert long[:9] == b"\x01\x23\x45\0\0\0\0\0\x01"
    assert len(long) == 9 + 0x012345


@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**31 - 1), st.binary(max_size=300)),
        max_size=8,
    ),
    st.lists(st.integers(0, 2000)),
)
def test_frames_are_read_as_they_were_written_however_they_are_cut(
    frames: list[tuple[int, int, int, bytes]], cuts: list[int]
) -> None:
    data = b"".join([frame(*each) for each in frames])
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader, found = FrameReader(), []
    for begin, end in pairwise(places):
        reader.add(data[begin:end])
        while reader.has_frame:
            each = reader.next()
            assert each is not None
            found.append(each)
        assert reader.next() is None
        assert reader.is_empty == (end == sum(9 + len(each[3]) for each in found))
    assert found == frames


def test_frames_are_taken_one_by_one_and_what_is_left_is_known() -> None:
    reader = FrameReader()
    assert reader.is_empty
    reader.add(frame(6, 0, 0, b"12345678") * 2 + b"\0\0")
    assert reader.has_frame
    assert not reader.is_empty
    assert reader.next() == (6, 0, 0, b"12345678")
    reader.add(b"\x01")  # while another frame is still there
    assert reader.next() == (6, 0, 0, b"12345678")
    assert not reader.has_frame
    assert reader.next() is None
    reader.add(b"\x04\0\0\0\0\x07")
    assert not reader.has_frame
    assert reader.next() is None
    reader.add(b"x")
    assert reader.has_frame
    assert reader.next() == (4, 0, 7, b"x")
    assert reader.is_empty


def test_4_1_the_reserved_bit_is_ignored() -> None:
    reader = FrameReader()
    reader.add(frame(6, 0, 0x80000001))
    assert reader.next() == (6, 0, 1, b"")


def test_4_2_a_frame_beyond_the_limit_is_refused_when_its_head_has_come() -> None:
    reader = FrameReader()
    reader.add(frame(0, 0, 1, bytes(MAX)))
    found = reader.next()
    assert found is not None
    assert len(found[3]) == MAX
    reader.add(frame(0, 0, 1, bytes(MAX))[:-1])
    assert not reader.has_frame  # it is as large as may be, so there is nothing to say before it is whole
    for size in (MAX + 1, 2**16, 2**24 - 1):
        reader = FrameReader()
        head = size.to_bytes(3, "big") + b"\0\0\0\0\0\1"
        reader.add(head[:8])
        assert not reader.has_frame
        assert reader.next() is None
        reader.add(head[8:])
        assert reader.has_frame
        connection_fails(codes.FRAME_SIZE_ERROR, reader.next)


@given(st.binary(max_size=100))
def test_4_1_nothing_but_a_frame_that_is_too_long_is_an_error(data: bytes) -> None:
    reader = FrameReader()
    reader.add(data)
    code = codes.FRAME_SIZE_ERROR
    try:
        while reader.next() is not None:
            pass
    except ConnectionFailed as error:
        code = error.code
    assert code == codes.FRAME_SIZE_ERROR


def test_long_heads_are_cut_where_the_client_says() -> None:
    assert header_frames(3, b"abcd", False, 4) == frame(1, END_HEADERS, 3, b"abcd")
    assert header_frames(3, b"abcd", True, 4) == frame(1, END_HEADERS | END_STREAM, 3, b"abcd")
    assert header_frames(3, b"abcdefghi", True, 4) == (
        frame(1, END_STREAM, 3, b"abcd") + frame(9, 0, 3, b"efgh") + frame(9, END_HEADERS, 3, b"i")
    )
    assert header_frames(3, b"abcdefgh", False, 4) == frame(1, 0, 3, b"abcd") + frame(9, END_HEADERS, 3, b"efgh")


def test_6_5_1_settings_are_pairs_of_two_and_four_octets() -> None:
    assert settings_payload({3: 100, 8: 1}) == b"\0\x03\0\0\0\x64\0\x08\0\0\0\x01"
    assert settings_payload({}) == b""


@pytest.mark.parametrize(
    ("payload", "data"),
    [(b"\0", b""), (b"\0abc", b"abc"), (b"\x02abcd", b"ab"), (b"\x03abc", b""), (b"\xff" + bytes(255), b"")],
)
def test_6_1_padding_is_taken_off(payload: bytes, data: bytes) -> None:
    assert unpadded(PADDED, payload) == data
    assert unpadded(0xFF & ~PADDED, payload) == payload


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x04abc", b"\xff" + bytes(254)])
def test_6_1_padding_as_long_as_the_payload_is_an_error(payload: bytes) -> None:
    connection_fails(codes.PROTOCOL_ERROR, unpadded, PADDED, payload)


def test_errors_keep_what_they_know() -> None:
    error = pickle.loads(pickle.dumps(ConnectionFailed(7, "Why.")))
    assert (error.code, error.reason, isinstance(error, ServerError)) == (7, "Why.", True)
    other = pickle.loads(pickle.dumps(StreamFailed(5, 7, "Why.")))
    assert (other.stream, other.code, other.reason, isinstance(other, ServerError)) == (5, 7, "Why.", True)


def test_7_the_codes_have_the_numbers_of_the_specification() -> None:
    assert [getattr(codes, name) for name in codes.__all__] == [8, 9, 11, 3, 6, 2, 0, 1, 7, 5]


# Budgets.


def test_a_budget_gives_back_no_more_than_it_had() -> None:
    budget = Budget(5, 2, 10.0)
    assert budget.take(1000.0, 5)
    assert not budget.take(1000.0, 0.5)
    budget.give(100)
    assert budget.take(1000.0, 5)
    assert not budget.take(1000.0)
    assert not budget.take(1000.25)
    budget = Budget(5, 2, 10.0)
    assert budget.take(10.0, 5)
    assert budget.take(10.0, 0)
    assert budget.take(11.0, 2)
    assert not budget.take(11.0, 0.01)
    budget = Budget(5, 2, 10.0)
    assert all(budget.take(10.0) for _ in range(5))
    assert not budget.take(10.0)


# Header blocks: section 4.3.


def blocks(**limits: int) -> HeaderBlocks:
    return HeaderBlocks(Limits(**limits))


def test_6_2_a_block_is_what_is_left_of_its_frames() -> None:
    found = blocks()
    assert not found.is_open
    encoded = Encoder().encode([(":method", "GET"), ("x", "y")])
    found.begin(END_STREAM | PADDED | PRIORITIZED | 0x44, 7, b"\x02" + b"\0\0\0\x05\x10" + encoded[:1] + b"\0\0")
    assert (found.is_open, found.stream, found.end_stream) == (True, 7, True)
    found.go_on(encoded[1:3])
    found.go_on(b"")
    found.go_on(encoded[3:])
    assert found.end() == [(b":method", b"GET"), (b"x", b"y")]
    assert not found.is_open
    found.begin(0, 9, b"\x82")
    assert (found.stream, found.end_stream) == (9, False)
    assert found.end() == [(b":method", b"GET")]


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\0"])
def test_6_2_a_block_too_short_for_its_priority_is_an_error(payload: bytes) -> None:
    connection_fails(codes.FRAME_SIZE_ERROR, blocks().begin, PRIORITIZED, 1, payload)
    found = blocks()
    found.begin(PRIORITIZED, 1, bytes(5))
    assert found.end() == []


def test_6_10_continuation_continues_something() -> None:
    connection_fails(codes.PROTOCOL_ERROR, blocks().go_on, b"")
    found = blocks()
    found.begin(0, 1, b"\x82")
    found.end()
    connection_fails(codes.PROTOCOL_ERROR, found.go_on, b"")


def test_cve_2024_27316_a_block_has_sixteen_continuations_at_most() -> None:
    found = blocks()
    found.begin(0, 1, b"\x82")
    for _ in range(16):
        found.go_on(b"")
    connection_fails(codes.ENHANCE_YOUR_CALM, found.go_on, b"")


def test_cve_2024_27316_a_block_has_as_many_octets_as_a_head_may_have() -> None:
    for last, fails in ((60, False), (61, True)):
        found = blocks(max_header_bytes=100, max_target=60)
        found.begin(0, 1, b"\0" * 50)
        found.go_on(b"\0" * 50)
        if fails:
            connection_fails(codes.ENHANCE_YOUR_CALM, found.go_on, b"\0" * last)
        else:
            found.go_on(b"\0" * last)


def test_10_5_1_a_list_beyond_the_limits_is_an_error_and_a_little_more_is_to_be_answered() -> None:
    # What a field counts is its octets and 32 more (RFC 7541, section 4.1).
    for size, fails in ((260 - 33, False), (260 - 32, True)):
        found = blocks(max_header_bytes=100, max_target=60)
        found.begin(0, 1, Encoder().encode([("x", "0" * size)], huffman=True))
        if fails:
            connection_fails(codes.ENHANCE_YOUR_CALM, found.end)
        else:
            assert len(found.end()[0][1]) == size


@pytest.mark.parametrize(
    "block", [b"\x80", b"\xff\xff\xff\xff\xff\xff\xff", b"\x00", b"\x40\x05x", b"\x3f\xff\xff\x7f"]
)
def test_4_3_a_block_that_cannot_be_decoded_is_an_error(block: bytes) -> None:
    found = blocks()
    found.begin(0, 1, block)
    connection_fails(codes.COMPRESSION_ERROR, found.end)


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_4_3_whatever_comes_is_a_list_or_an_error_of_the_connection(payloads: list[bytes]) -> None:
    found = blocks()
    for payload in payloads:
        failed = codes.COMPRESSION_ERROR
        fields: Fields = []
        try:
            found.begin(0, 1, payload)
            fields = found.end()
        except ConnectionFailed as error:
            failed = error.code
        assert failed in {codes.COMPRESSION_ERROR, codes.ENHANCE_YOUR_CALM}
        assert all(isinstance(name, bytes) and isinstance(value, bytes) for name, value in fields)


# Heads: section 8.3.

METHOD, SCHEME, PATH, AUTHORITY = (b":method", b"GET"), (b":scheme", b"http"), (b":path", b"/"), (b":authority", b"a")
GOOD: Fields = [METHOD, SCHEME, PATH, AUTHORITY]
CONNECT = (b":method", b"CONNECT")
TUNNEL: Fields = [CONNECT, (b":protocol", b"websocket"), SCHEME, PATH, AUTHORITY]
LIMITS = Limits(max_target=50, max_headers=5, max_header_bytes=100, max_body=1000, max_upload=2000)


def test_8_3_1_a_head_becomes_the_message_that_http_1_would_give() -> None:
    fields = [(b":authority", b"example.com:81"), (b":path", b"/a/b?c=d"), (b":method", b"PUT"), (b":scheme", b"HTTPS")]
    more = [(b"content-length", b"12"), (b"x-a", b"b"), (b"te", b"Trailers"), (b"host", b"example.com:81")]
    message = read_head(3, fields + more, Limits())
    assert (message.method, message.version, message.path, message.query) == ("PUT", "2", b"/a/b", b"c=d")
    assert message.fields == [(b"host", b"example.com:81"), *more[:3]]
    assert message.values == dict(message.fields)
    assert message.headers == Headers.from_raw(message.fields)
    assert (message.length, message.keep_alive, message.expects_continue, message.upgrade) == (12, True, False, False)
    assert message.error is None


def test_8_3_1_without_an_authority_the_host_says_it() -> None:
    message = read_head(1, [METHOD, SCHEME, PATH, (b"x", b"y"), (b"host", b"b")], Limits())
    assert message.values[b"host"] == b"b"
    assert message.fields == [(b"x", b"y"), (b"host", b"b")]
    assert message.length == -1


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(GOOD[1:], id="no method"),
        pytest.param([METHOD, *GOOD[2:]], id="no scheme"),
        pytest.param([*GOOD[:2], AUTHORITY], id="no path"),
        pytest.param(GOOD[:3], id="no authority and no host"),
        pytest.param([*GOOD[:3], (b":authority", b"")], id="empty authority"),
        pytest.param([*GOOD[:2], (b":path", b""), AUTHORITY], id="empty path"),
        pytest.param([METHOD, (b":scheme", b""), *GOOD[2:]], id="empty scheme"),
        pytest.param([METHOD, (b":scheme", b"ftp"), *GOOD[2:]], id="another scheme"),
        pytest.param([(b":method", b""), *GOOD[1:]], id="empty method"),
        pytest.param([(b":method", b"M" * 65), *GOOD[1:]], id="long method"),
        pytest.param([(b":method", b"G(T"), *GOOD[1:]], id="method that is no token"),
        pytest.param([*GOOD[:2], (b":path", b"x"), AUTHORITY], id="path without a slash"),
        pytest.param([*GOOD[:2], (b":path", b"*"), AUTHORITY], id="asterisk for GET"),
        pytest.param([*GOOD[:2], (b":path", b"*x"), AUTHORITY], id="asterisk and more"),
        pytest.param([*GOOD[:2], (b":path", b"http://a/"), AUTHORITY], id="absolute path"),
        pytest.param([*GOOD[:2], (b":path", b"/#a"), AUTHORITY], id="path with a fragment"),
        *[pytest.param([*GOOD, each], id=f"{each[0].decode()} twice") for each in GOOD],
        pytest.param([*GOOD, (b":status", b"200")], id="pseudo-header of responses"),
        pytest.param([*GOOD[:3], (b"x", b"y"), AUTHORITY], id="pseudo-header behind a field"),
        pytest.param([*GOOD, (b"host", b"b")], id="host differs"),
        pytest.param([*GOOD, (b"host", b"a"), (b"host", b"b")], id="second host differs"),
        pytest.param([*GOOD, (b"host", b"A")], id="host in other letters"),
        pytest.param([*GOOD, (b"content-length", b"x")], id="length that is no number"),
        pytest.param([*GOOD, (b"content-length", b"1"), (b"content-length", b"1")], id="length twice"),
        *[
            pytest.param([*GOOD, (name, b"close")], id=name.decode())
            for name in (b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade")
        ],
        pytest.param([*GOOD, (b"te", b"gzip")], id="te"),
        pytest.param([*GOOD, (b"te", b"trailers, gzip")], id="te with more"),
        pytest.param([*GOOD, (b"", b"x")], id="empty name"),
        pytest.param([*GOOD, (b"X", b"y")], id="name in capitals"),
        pytest.param([*GOOD, (b"x:y", b"y")], id="name with a colon"),
        *[pytest.param([*GOOD, (b"x", b"a%cb" % odd)], id=f"value with {odd}") for odd in (0, 8, 10, 13, 31, 127)],
        *[pytest.param([*GOOD, (b"x", odd)], id=f"value {odd!r}") for odd in (b" a", b"a ", b"\ta", b"a\t", b" ")],
        pytest.param([CONNECT, SCHEME, AUTHORITY], id="CONNECT with a scheme"),
        pytest.param([CONNECT, PATH, AUTHORITY], id="CONNECT with a path"),
        pytest.param([CONNECT], id="CONNECT without an authority"),
        pytest.param([CONNECT, (b":authority", b"")], id="CONNECT with an empty authority"),
    ],
)
def test_8_1_1_a_malformed_head_is_a_stream_error(fields: Fields) -> None:
    for connect in (False, True):
        with pytest.raises(StreamFailed) as found:
            read_head(5, fields, LIMITS, connect)
        assert (found.value.stream, found.value.code) == (5, codes.PROTOCOL_ERROR)
        assert found.value.reason


@pytest.mark.parametrize(
    ("fields", "connect"),
    [
        (TUNNEL, False),
        ([*GOOD, (b":protocol", b"websocket")], True),
        ([*GOOD[:3], (b":protocol", b"websocket"), AUTHORITY], False),
        ([CONNECT, (b":protocol", b"websocket"), AUTHORITY], True),
        ([CONNECT, (b":protocol", b"websocket"), SCHEME, AUTHORITY], True),
        ([*TUNNEL, (b":protocol", b"websocket")], True),
    ],
)
def test_rfc_8441_a_protocol_needs_a_whole_connect_that_was_agreed_on(fields: Fields, connect: bool) -> None:
    with pytest.raises(StreamFailed) as found:
        read_head(5, fields, LIMITS, connect)
    assert (found.value.stream, found.value.code) == (5, codes.PROTOCOL_ERROR)


def test_rfc_8441_nothing_is_agreed_on_unless_it_is_said() -> None:
    with pytest.raises(StreamFailed):
        read_head(5, TUNNEL, LIMITS)


def test_rfc_8441_a_tunnel_is_known_by_its_protocol() -> None:
    message = read_head(1, TUNNEL, LIMITS, True)
    assert (message.upgrade, message.error, message.method, message.path) == (True, None, "CONNECT", b"/")
    other = read_head(1, [CONNECT, (b":protocol", b"other"), SCHEME, PATH, AUTHORITY], LIMITS, True)
    assert other.error is not None
    assert (other.upgrade, other.error.status) == (False, 501)
    long = read_head(1, [CONNECT, (b":protocol", b"other"), SCHEME, (b":path", b"/" * 51), AUTHORITY], LIMITS, True)
    assert long.error is not None
    assert long.error.status == 414


@pytest.mark.parametrize("value", [b"", b"a", b"a b\tc", b"\x80\xff", b"!~"])
def test_8_2_1_values_hold_what_is_no_control(value: bytes) -> None:
    message = read_head(1, [*GOOD, (b"!#$%&'*+-.^`|~0-9a-z", value)], LIMITS)
    assert message.error is None
    assert message.fields[-1] == (b"!#$%&'*+-.^`|~0-9a-z", value)


def test_8_3_1_methods_are_tokens_and_the_asterisk_is_for_options() -> None:
    message = read_head(1, [(b":method", b"OPTIONS"), SCHEME, (b":path", b"*"), AUTHORITY], LIMITS)
    assert (message.error, message.path) == (None, b"*")
    for method in (b"M" * 64, b"X", b"!#$%&'*+-.^_`|~0Az"):
        assert read_head(1, [(b":method", method), *GOOD[1:]], LIMITS).method == method.decode()


def test_8_5_connect_to_elsewhere_is_refused_with_a_status() -> None:
    message = read_head(1, [CONNECT, (b":authority", b"b:80")], LIMITS)
    assert message.error is not None
    assert (message.error.status, message.method, message.keep_alive) == (501, "CONNECT", True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([*GOOD[:2], (b":path", b"/" * 50), AUTHORITY], None),
        ([*GOOD[:2], (b":path", b"/" * 51), AUTHORITY], 414),
        ([*GOOD, *[(b"x%d" % number, b"") for number in range(4)]], None),
        ([*GOOD, *[(b"x%d" % number, b"") for number in range(5)]], 431),
        # host and a are 5 octets and 4 more, x is one and 4 more
        ([*GOOD, (b"x", b"y" * 86)], None),
        ([*GOOD, (b"x", b"y" * 87)], 431),
        ([*GOOD, (b"content-length", b"2000")], None),
        ([*GOOD, (b"content-length", b"2001")], 413),
        ([*GOOD, (b"expect", b"100-Continue")], None),
        ([*GOOD, (b"expect", b"100-continue, x")], 417),
    ],
)
def test_limits_are_refused_with_a_status(fields: Fields, status: int | None) -> None:
    message = read_head(1, fields, LIMITS)
    assert (None if message.error is None else message.error.status) == status
    assert message.expects_continue == (fields[-1] == (b"expect", b"100-Continue"))


def test_the_larger_of_two_limits_on_bodies_counts() -> None:
    limits = Limits(max_body=2000, max_upload=1000)
    assert read_head(1, [*GOOD, (b"content-length", b"2000")], limits).error is None
    assert read_head(1, [*GOOD, (b"content-length", b"2001")], limits).error is not None


def test_cve_2026_3902_names_with_an_underscore_are_dropped() -> None:
    message = read_head(1, [*GOOD, (b"x_a", b"1"), (b"x-a", b"2"), (b"_", b"3")], LIMITS)
    assert message.fields == [(b"host", b"a"), (b"x-a", b"2")]
    assert message.values == {b"host": b"a", b"x-a": b"2"}
    assert message.headers == Headers.from_raw([(b"host", b"a"), (b"x-a", b"2")])


def test_a_field_that_comes_twice_is_there_twice() -> None:
    message = read_head(1, [*GOOD, (b"x", b"1"), (b"x", b"2")], LIMITS)
    assert message.headers is not None
    assert message.headers.get_all("x") == ("1", "2")
    assert message.headers.get("x") == Headers.from_raw(message.fields).get("x")
    assert message.values[b"x"] == b"2"


TRAILERS: list[Fields] = [
    [(b":path", b"/")],
    [(b":unknown", b"/")],
    [(b"x", b"y"), (b":path", b"/")],
    [(b"Upper", b"x")],
    [(b"x", b"a\nb")],
    [(b"transfer-encoding", b"chunked")],
    [(b"te", b"gzip")],
]


@pytest.mark.parametrize("fields", TRAILERS)
def test_8_1_trailers_that_break_a_rule_are_a_stream_error(fields: Sequence[tuple[bytes, bytes]]) -> None:
    with pytest.raises(StreamFailed) as found:
        read_trailers(7, fields)
    assert (found.value.stream, found.value.code) == (7, codes.PROTOCOL_ERROR)


def test_8_1_trailers_may_be_anything_else() -> None:
    read_trailers(7, [])
    read_trailers(7, [(b"x-checksum", b"1"), (b"te", b"trailers"), (b"content-length", b"3")])


# The upgrade from HTTP/1.1: RFC 7540, section 3.2.

ASKING: Fields = [
    (b"host", b"a"),
    (b"connection", b"Upgrade,\tHTTP2-Settings , x"),
    (b"upgrade", b"H2C"),
    (b"http2-settings", b"AAMAAABk"),
    (b"keep-alive", b"5"),
    (b"proxy-connection", b"close"),
    (b"x-a", b"b"),
]


def asking(*fields: tuple[bytes, bytes]) -> Message:
    """Return the request that asks, with fields in the place of those of the same name."""
    message = Message("GET", "1.1")
    message.fields = [*[each for each in ASKING if each[0] not in dict(fields)], *[each for each in fields if each[1]]]
    message.values = dict(message.fields)
    message.length, message.upgrade, message.path = 5, True, b"/a"
    return message


def test_3_2_1_the_settings_are_those_of_the_field() -> None:
    assert wished_settings(asking()) == b"\0\x03\0\0\0\x64"
    most = struct.pack("!HL", 4, 0xFBFFFFFF) * 100
    assert wished_settings(asking((b"http2-settings", b"AAT7____" * 100))) == most
    empty = asking()
    empty.fields = [(name, b"" if name == b"http2-settings" else value) for name, value in empty.fields]
    assert wished_settings(empty) == b""


@pytest.mark.parametrize(
    "fields",
    [
        [(b"http2-settings", b"")],
        [(b"http2-settings", b"AAMAAABk"), (b"http2-settings", b"AAMAAABk")],
        [(b"connection", b"upgrade")],
        [(b"connection", b"upgrade, http2-settings-x")],
        [(b"connection", b"")],
        [(b"upgrade", b"h2")],
        [(b"upgrade", b"")],
    ],
)
def test_3_2_who_does_not_ask_as_he_should_does_not_ask(fields: Fields) -> None:
    assert wished_settings(asking(*fields)) is None


@pytest.mark.parametrize(
    "value", [b"%%%%", b"AAMAAAB+", b"AAMAAAB/", b"A", b"AAMAAABkAA", b"AAMAAABk" * 101, b"AAMA AABk"]
)
def test_3_2_1_settings_that_cannot_be_read_are_refused(value: bytes) -> None:
    with pytest.raises(BadMessage) as found:
        wished_settings(asking((b"http2-settings", value)))
    assert found.value.status == 400


def test_3_2_the_request_on_stream_1_says_nothing_of_the_connection_before() -> None:
    asked = asking()
    first = first_request(asked)
    assert first.fields == [(b"host", b"a"), (b"x-a", b"b")]
    assert first.values == {b"host": b"a", b"x-a": b"b"}
    assert first.headers == Headers.from_raw(first.fields)
    assert (first.method, first.path, first.keep_alive, first.upgrade, first.length) == ("GET", b"/a", True, False, -1)
    assert (asked.upgrade, asked.length, len(asked.fields)) == (True, 5, 7)

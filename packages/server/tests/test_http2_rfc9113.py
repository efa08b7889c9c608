"""RFC 9113 requirement by requirement, frame by frame over a socket."""

import asyncio
import ssl
import struct
from collections.abc import Callable
from typing import Any

import pytest

from partita.http import Limits, Request, Response
from partita.server.http2 import codes
from partita.server.http2.frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    MAX_FRAME,
    PADDED,
    PING,
    PREFACE,
    PRIORITIZED,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    frame,
    settings_payload,
)

Start = Callable[..., Any]
Connect = Callable[..., Any]


async def echo(request: Request) -> Response:
    if request.path == "/slow":
        await asyncio.sleep(30)
    if request.path == "/large":
        return Response(b"x" * 200_000)
    if request.path == "/early":
        return Response.text("no", 403)
    if request.path == "/size":
        return Response.text(str(len(await request.aread())))
    return Response.text(f"{request.method} {request.full_path} {(await request.aread()).decode()}")


@pytest.fixture
def client(quick: Start, http2: Connect) -> Any:
    return http2(quick(echo))


def connection_error(client: Any, code: int) -> None:
    assert client.error() == ("connection", code)
    assert not [*client.frames()]  # it closes, too


def stream_error(client: Any, stream: int, code: int) -> None:
    assert client.error(stream) == ("stream", code)
    assert client.is_alive()


def until_quiet(client: Any) -> list[tuple[int, int, int, bytes]]:
    """Return what comes until the server has answered three PINGs, one after the other.

    A frame is acted on when it comes, or at the next turn of the server's loop, and there are turns between the answers: what has
    not come by the last one does not come by itself.
    """
    found: list[tuple[int, int, int, bytes]] = []
    for number in range(3):
        answer = (PING, ACK, 0, b"quiet %02d" % number)
        client.send(PING, 0, 0, answer[3])
        for each in client.frames():
            if each == answer:
                break
            found.append(each)
        else:
            raise AssertionError(f"the server did not answer; before, it sent {found}")
    return found


def data_until_quiet(client: Any) -> int:
    return sum(len(payload) for kind, _, _, payload in until_quiet(client) if kind == DATA)


# Section 3: starting.


def test_3_4_the_server_begins_with_settings_and_acknowledges_those_of_the_client(client: Any) -> None:
    frames = client.frames()
    kind, flags, stream, payload = next(frames)
    assert (kind, flags, stream) == (SETTINGS, 0, 0)
    assert dict(struct.iter_unpack("!HL", payload)) == {3: 100, 6: 40_960}
    assert next(frames)[0] == WINDOW_UPDATE
    assert next(frames)[:3] == (SETTINGS, ACK, 0)


@pytest.mark.parametrize("cut", [1, 3, 17, 18, 20, 23])
def test_3_4_the_preface_may_come_in_pieces(quick: Start, http2: Connect, cut: int) -> None:
    client = http2(quick(echo), greet=False)
    client.raw(PREFACE[:cut])
    assert not [frame for frame in client.frames(0.05) if frame[0] != SETTINGS and frame[0] != WINDOW_UPDATE]
    client.raw(PREFACE[cut:])
    client.send(SETTINGS)
    client.request(1)
    assert client.response(1)[0][":status"] == "200"


def test_3_4_another_preface_is_an_error(quick: Start) -> None:
    raw = quick(echo).send(PREFACE[:-3] + b"X\r\n" + frame(SETTINGS, 0, 0))
    assert raw.startswith(b"HTTP/1.1 505 ") or b"\x07" in raw


def test_3_4_the_first_frame_must_be_settings(quick: Start, http2: Connect) -> None:
    client = http2(quick(echo), greet=False)
    client.raw(PREFACE + frame(PING, 0, 0, b"12345678"))
    connection_error(client, codes.PROTOCOL_ERROR)


def test_it_can_be_switched_off(quick: Start) -> None:
    assert quick(echo, http2=False).send(PREFACE).startswith(b"HTTP/1.1 505 ")


# Section 4: frames.


def test_4_1_frames_of_unknown_types_and_unknown_flags_are_ignored(client: Any) -> None:
    client.send(0x16, 0xFF, 0, b"whatever")
    client.send(PING, 0xFE, 0, b"12345678")
    client.raw(frame(PING, 0, 0x80000000, b"reserved"))
    assert client.is_alive()


def test_4_2_a_frame_of_the_largest_size_is_read_and_a_larger_one_refused(client: Any) -> None:
    client.request(1, method="POST", end=False)
    client.send(DATA, END_STREAM, 1, b"x" * MAX_FRAME)
    assert client.response(1)[1].endswith(b"x" * 100)
    client.send(DATA, 0, 1, b"x" * (MAX_FRAME + 1))
    connection_error(client, codes.FRAME_SIZE_ERROR)


@pytest.mark.parametrize(
    ("kind", "flags", "stream", "payload", "code"),
    [
        # 6.1 to 6.10 and 5.1.1, those that concern the whole connection
        (DATA, 0, 0, b"x", codes.PROTOCOL_ERROR),
        (DATA, 0, 3, b"x", codes.PROTOCOL_ERROR),
        (DATA, PADDED, 1, b"\x05abc", codes.PROTOCOL_ERROR),
        (DATA, PADDED, 1, b"", codes.PROTOCOL_ERROR),
        (HEADERS, END_HEADERS, 0, b"\x82", codes.PROTOCOL_ERROR),
        (HEADERS, END_HEADERS, 2, b"\x82", codes.PROTOCOL_ERROR),
        (HEADERS, END_HEADERS | PADDED, 3, b"\x02\x82", codes.PROTOCOL_ERROR),
        (HEADERS, END_HEADERS | PRIORITIZED, 3, b"\x00\x00", codes.FRAME_SIZE_ERROR),
        (HEADERS, END_HEADERS, 3, b"\x80", codes.COMPRESSION_ERROR),
        (HEADERS, END_HEADERS, 3, b"\xff\xff\xff\xff\xff\xff", codes.COMPRESSION_ERROR),
        (PRIORITY, 0, 0, b"\0\0\0\0\0", codes.PROTOCOL_ERROR),
        (RST_STREAM, 0, 0, b"\0\0\0\x08", codes.PROTOCOL_ERROR),
        (RST_STREAM, 0, 3, b"\0\0\0\x08", codes.PROTOCOL_ERROR),
        (RST_STREAM, 0, 1, b"\0\0\0", codes.FRAME_SIZE_ERROR),
        (SETTINGS, 0, 1, b"", codes.PROTOCOL_ERROR),
        (SETTINGS, ACK, 0, b"\0\x03\0\0\0\x01", codes.FRAME_SIZE_ERROR),
        (SETTINGS, 0, 0, b"\0\x03\0", codes.FRAME_SIZE_ERROR),
        (SETTINGS, 0, 0, settings_payload({2: 2}), codes.PROTOCOL_ERROR),
        (SETTINGS, 0, 0, settings_payload({4: 2**31}), codes.FLOW_CONTROL_ERROR),
        (SETTINGS, 0, 0, settings_payload({5: 16_383}), codes.PROTOCOL_ERROR),
        (SETTINGS, 0, 0, settings_payload({5: 2**24}), codes.PROTOCOL_ERROR),
        (PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\x02\x82", codes.PROTOCOL_ERROR),
        (PING, 0, 1, b"12345678", codes.PROTOCOL_ERROR),
        (PING, 0, 0, b"1234567", codes.FRAME_SIZE_ERROR),
        (GOAWAY, 0, 1, b"\0" * 8, codes.PROTOCOL_ERROR),
        (GOAWAY, 0, 0, b"\0" * 7, codes.FRAME_SIZE_ERROR),
        (WINDOW_UPDATE, 0, 0, b"\0\0\0\0", codes.PROTOCOL_ERROR),
        (WINDOW_UPDATE, 0, 0, b"\0\0\x01", codes.FRAME_SIZE_ERROR),
        (WINDOW_UPDATE, 0, 3, b"\0\0\0\x01", codes.PROTOCOL_ERROR),
        (WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff", codes.FLOW_CONTROL_ERROR),
        (CONTINUATION, END_HEADERS, 1, b"\x82", codes.PROTOCOL_ERROR),
    ],
)
def test_6_a_frame_that_breaks_a_rule_ends_the_connection(
    client: Any, kind: int, flags: int, stream: int, payload: bytes, code: int
) -> None:
    client.request(1, method="POST", end=False)
    client.send(kind, flags, stream, payload)
    connection_error(client, code)


@pytest.mark.parametrize(
    ("kind", "flags", "payload", "code"),
    [
        (PRIORITY, 0, b"\0\0\0\0", codes.FRAME_SIZE_ERROR),
        (WINDOW_UPDATE, 0, b"\0\0\0\0", codes.PROTOCOL_ERROR),
        (WINDOW_UPDATE, 0, b"\x7f\xff\xff\xff", codes.FLOW_CONTROL_ERROR),
        (HEADERS, END_HEADERS, b"", codes.PROTOCOL_ERROR),
        (HEADERS, END_HEADERS | END_STREAM, b"\x82", codes.PROTOCOL_ERROR),
    ],
)
def test_5_4_2_a_frame_that_breaks_a_rule_of_its_stream_ends_that_stream(
    client: Any, kind: int, flags: int, payload: bytes, code: int
) -> None:
    client.request(1, method="POST", end=False)
    client.send(kind, flags, 1, payload)
    stream_error(client, 1, code)


@pytest.mark.parametrize(
    ("kind", "stream", "payload"),
    [(DATA, 1, b"x"), (PING, 0, b"12345678"), (CONTINUATION, 3, b""), (HEADERS, 3, b"\x82"), (0x16, 1, b"")],
)
def test_4_3_a_header_block_is_not_interrupted(client: Any, kind: int, stream: int, payload: bytes) -> None:
    client.headers(1, (":method", "GET"), flags=0)
    client.send(kind, 0, stream, payload)
    connection_error(client, codes.PROTOCOL_ERROR)


def test_6_10_a_header_block_may_come_in_pieces(client: Any) -> None:
    block = client.encoder.encode([(":method", "GET"), (":scheme", "http"), (":path", "/p"), (":authority", "a")])
    client.send(HEADERS, END_STREAM, 1, block[:2])
    client.send(CONTINUATION, 0, 1, block[2:3])
    client.send(CONTINUATION, END_HEADERS, 1, block[3:])
    assert client.response(1)[1] == b"GET /p "


def test_6_1_padding_and_6_2_priority_are_taken_off(client: Any) -> None:
    block = client.encoder.encode([(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "a")])
    payload = b"\x03" + b"\0\0\0\x05\x10" + block + b"\0\0\0"
    client.send(HEADERS, END_HEADERS | PADDED | PRIORITIZED, 1, payload)
    client.send(DATA, PADDED, 1, b"\x02hi\0\0")
    client.send(DATA, END_STREAM | PADDED, 1, b"\x00")
    assert client.response(1)[1] == b"POST / hi"


# Section 5: streams.


def test_5_1_1_numbers_of_streams_only_grow(client: Any) -> None:
    client.request(5, path="/slow")
    client.request(3)
    connection_error(client, codes.STREAM_CLOSED)


def test_5_1_data_and_headers_after_the_end_are_errors(client: Any) -> None:
    client.request(1, path="/slow")
    client.send(DATA, 0, 1, b"x")
    stream_error(client, 1, codes.STREAM_CLOSED)
    client.request(3, path="/slow")
    client.request(3)
    stream_error(client, 3, codes.STREAM_CLOSED)


def test_5_1_frames_on_a_closed_stream_are_errors_but_those_under_way_are_not(client: Any) -> None:
    client.request(1)
    client.response(1)
    client.send(WINDOW_UPDATE, 0, 1, b"\0\0\0\x01")
    client.send(RST_STREAM, 0, 1, b"\0\0\0\x08")
    client.send(PRIORITY, 0, 1, b"\0\0\0\0\0")
    assert client.is_alive()
    client.send(DATA, END_STREAM, 1, b"x")
    connection_error(client, codes.STREAM_CLOSED)


def test_5_1_what_follows_a_reset_of_ours_is_ignored(client: Any) -> None:
    client.request(1, ("connection", "close"), method="POST", end=False)
    client.send(DATA, END_STREAM, 1, b"x")
    client.request(1)
    stream_error(client, 1, codes.PROTOCOL_ERROR)


def test_5_1_2_more_streams_than_agreed_are_refused(quick: Start, http2: Connect) -> None:
    client = http2(quick(echo, http2_max_streams=2))
    for stream in (1, 3, 5):
        client.request(stream, path="/slow")
    stream_error(client, 5, codes.REFUSED_STREAM)
    client.send(RST_STREAM, 0, 1, b"\0\0\0\x08")
    client.request(7)
    assert client.response(7)[0][":status"] == "200"


def test_5_2_bodies_beyond_the_window_are_errors(client: Any) -> None:
    client.request(1, method="POST", path="/slow", end=False)
    for _ in range(3):
        client.send(DATA, 0, 1, b"x" * MAX_FRAME)
    client.send(DATA, 0, 1, b"x" * MAX_FRAME)
    stream_error(client, 1, codes.FLOW_CONTROL_ERROR)


def test_5_2_windows_open_again_as_the_body_is_read(client: Any) -> None:
    client.request(1, method="POST", path="/size", end=False)
    sent, windows = 0, {0: 1_048_576, 1: 65_535}
    frames = client.frames()
    while sent < 1_500_000:
        size = min(MAX_FRAME, *windows.values())
        if size > 0:
            client.send(DATA, 0, 1, b"x" * size)
            sent += size
            windows = {stream: left - size for stream, left in windows.items()}
        else:
            kind, _, stream, payload = next(frames)
            if kind == WINDOW_UPDATE:
                windows[stream] += int.from_bytes(payload, "big")
    client.send(DATA, END_STREAM, 1)
    assert client.response(1)[1] == str(sent).encode()


def test_6_9_responses_wait_for_both_windows(client: Any) -> None:
    client.request(1, path="/large")
    assert data_until_quiet(client) == 65_535
    client.send(WINDOW_UPDATE, 0, 1, struct.pack("!L", 200_000))
    assert not [kind for kind, *_ in until_quiet(client) if kind == DATA]
    client.send(WINDOW_UPDATE, 0, 0, struct.pack("!L", 1000))
    assert data_until_quiet(client) == 1000
    client.send(WINDOW_UPDATE, 0, 0, struct.pack("!L", 200_000))
    assert len(client.response(1)[1]) == 200_000 - 66_535


def test_6_9_2_a_changed_initial_window_changes_streams_that_are_open(client: Any) -> None:
    client.send(SETTINGS, 0, 0, settings_payload({4: 10}))
    client.send(WINDOW_UPDATE, 0, 0, struct.pack("!L", 1_000_000))
    client.request(1, path="/large")
    assert data_until_quiet(client) == 10
    client.send(SETTINGS, 0, 0, settings_payload({4: 5}))
    client.send(WINDOW_UPDATE, 0, 1, struct.pack("!L", 5))
    assert not [kind for kind, *_ in until_quiet(client) if kind == DATA]
    client.send(SETTINGS, 0, 0, settings_payload({4: 300_000}))
    assert len(client.response(1)[1]) == 199_990


def test_6_5_2_frames_are_no_larger_than_the_client_takes(client: Any) -> None:
    client.send(SETTINGS, 0, 0, settings_payload({4: 1_000_000}))
    client.send(WINDOW_UPDATE, 0, 0, struct.pack("!L", 1_000_000))
    client.request(1, path="/large")
    sizes = []
    for kind, flags, _, payload in client.frames():
        if kind == DATA:
            sizes.append(len(payload))
            if flags & END_STREAM:
                break
    assert sum(sizes) == 200_000
    assert data_until_quiet(client) == 0
    assert max(sizes) <= MAX_FRAME


def test_6_7_a_ping_is_answered_with_its_payload_and_an_answer_is_not(client: Any) -> None:
    client.send(PING, ACK, 0, b"notasked")
    client.send(PING, 0, 0, b"abcdefgh")
    answers = [(flags, payload) for kind, flags, _, payload in until_quiet(client) if kind == PING]
    assert answers == [(ACK, b"abcdefgh")]


# Section 8: requests and responses.

GOOD = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([*GOOD[1:]], id="no method"),
        pytest.param([GOOD[0], *GOOD[2:]], id="no scheme"),
        pytest.param([*GOOD[:2], GOOD[3]], id="no path"),
        pytest.param([*GOOD[:3]], id="no authority and no host"),
        pytest.param([*GOOD, (":path", "/")], id="path twice"),
        pytest.param([*GOOD, (":method", "GET")], id="method twice"),
        pytest.param([*GOOD, (":unknown", "x")], id="unknown pseudo-header"),
        pytest.param([*GOOD, (":status", "200")], id="pseudo-header of responses"),
        pytest.param([*GOOD, (":protocol", "websocket")], id="protocol without CONNECT"),
        pytest.param([*GOOD[:3], ("x", "y"), GOOD[3]], id="pseudo-header behind a field"),
        pytest.param([(":method", ""), *GOOD[1:]], id="empty method"),
        pytest.param([(":method", "G T"), *GOOD[1:]], id="method with a space"),
        pytest.param([*GOOD[:2], (":path", ""), GOOD[3]], id="empty path"),
        pytest.param([*GOOD[:2], (":path", "x"), GOOD[3]], id="path without a slash"),
        pytest.param([*GOOD[:2], (":path", "http://a/"), GOOD[3]], id="absolute path"),
        pytest.param([*GOOD[:2], (":path", "/a b"), GOOD[3]], id="path with a space"),
        pytest.param([*GOOD[:2], (":path", "/ HTTP/1.1\r\nX: y"), GOOD[3]], id="path with a line break"),
        pytest.param([*GOOD[:2], (":path", "/\xff"), GOOD[3]], id="path not ascii"),
        pytest.param([*GOOD[:2], (":path", "*"), GOOD[3]], id="asterisk for GET"),
        pytest.param([GOOD[0], (":scheme", "ftp"), *GOOD[2:]], id="other scheme"),
        pytest.param([GOOD[0], (":scheme", "http\r\n"), *GOOD[2:]], id="scheme with a line break"),
        pytest.param([*GOOD[:3], (":authority", "a b")], id="authority with a space"),
        pytest.param([*GOOD[:3], (":authority", "user@a")], id="authority with a user"),
        pytest.param([*GOOD, ("host", "b")], id="host differs"),
        pytest.param([*GOOD[:3], ("host", "a"), ("host", "a")], id="host twice"),
        pytest.param([*GOOD, ("connection", "close")], id="connection"),
        pytest.param([*GOOD, ("keep-alive", "1")], id="keep-alive"),
        pytest.param([*GOOD, ("proxy-connection", "x")], id="proxy-connection"),
        pytest.param([*GOOD, ("transfer-encoding", "chunked")], id="transfer-encoding"),
        pytest.param([*GOOD, ("upgrade", "x")], id="upgrade"),
        pytest.param([*GOOD, ("te", "gzip")], id="te"),
        pytest.param([*GOOD, ("X-Upper", "x")], id="name in capitals"),
        pytest.param([*GOOD, ("", "x")], id="empty name"),
        pytest.param([*GOOD, ("a b", "x")], id="name with a space"),
        pytest.param([*GOOD, ("a:b", "x")], id="name with a colon"),
        pytest.param([*GOOD, ("x\r\ny", "x")], id="name with a line break"),
        pytest.param([*GOOD, ("x\0", "x")], id="name with NUL"),
        pytest.param([*GOOD, ("x", "a\r\nb: c")], id="value with a line break"),
        pytest.param([*GOOD, ("x", "a\nb")], id="value with a line feed"),
        pytest.param([*GOOD, ("x", "a\0b")], id="value with NUL"),
        pytest.param([*GOOD, ("x", " a")], id="value with space before"),
        pytest.param([*GOOD, ("x", "a\t")], id="value with space behind"),
        pytest.param([*GOOD, ("content-length", "1")], id="length without a body"),
        pytest.param([*GOOD, ("content-length", "+0")], id="length with a sign"),
        pytest.param([*GOOD, ("content-length", "0"), ("content-length", "0")], id="length twice"),
        pytest.param([*GOOD, ("content-type", "a/b"), ("content-type", "c/d")], id="type twice"),
        pytest.param([(":method", "CONNECT"), *GOOD[1:]], id="CONNECT with a path"),
        pytest.param([(":method", "CONNECT")], id="CONNECT without an authority"),
    ],
)
def test_8_1_1_a_malformed_request_is_a_stream_error_and_runs_nothing(
    quick: Start, http2: Connect, fields: list[tuple[str, str]]
) -> None:
    """CVE-2025-57804, among others: what would end a line after a change to HTTP/1.1."""
    seen: list[str] = []

    async def app(request: Request) -> Response:
        seen.append(request.path)
        return Response.text("done")

    client = http2(quick(app))
    client.headers(1, *[(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields])
    stream_error(client, 1, codes.PROTOCOL_ERROR)
    client.request(3, path="/good")
    assert client.response(3)[1] == b"done"
    assert seen == ["/good"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([(":method", "CONNECT"), (":authority", "a:80")], "501"),
        ([*GOOD[:2], (":path", "/" + "a" * 9000), GOOD[3]], "414"),
        ([*GOOD, *[(f"x-{number}", "y") for number in range(101)]], "431"),
        ([*GOOD, ("x", "y" * 33_000)], "431"),
        ([*GOOD, ("expect", "200-ok")], "417"),
        ([*GOOD[1:], (":method", "POST"), ("content-length", "999999999999")], "413"),
    ],
)
def test_limits_are_answered_with_their_statuses(
    quick: Start, http2: Connect, fields: list[tuple[str, str]], status: str
) -> None:
    client = http2(quick(echo))
    block = client.encoder.encode(sorted(fields, key=lambda field: not field[0].startswith(":")))
    pieces = [block[at : at + MAX_FRAME] for at in range(0, len(block), MAX_FRAME)]
    end = 0 if status == "413" else END_STREAM
    for at, piece in enumerate(pieces):
        last = END_HEADERS if at == len(pieces) - 1 else 0
        client.send(CONTINUATION if at else HEADERS, last | (0 if at else end), 1, piece)
    for kind, _, stream, payload in client.frames():
        if kind == HEADERS and stream == 1:
            assert client.decode(payload)[":status"] == status
            break
    else:
        raise AssertionError("no response")


@pytest.mark.parametrize(
    ("announced", "pieces"), [("3", [b"ab"]), ("3", [b"ab", b"cd"]), ("0", [b"a"]), ("3", [b"", b"abcd"])]
)
def test_8_1_1_a_body_that_does_not_fit_its_content_length_is_a_stream_error(
    client: Any, announced: str, pieces: list[bytes]
) -> None:
    client.request(1, ("content-length", announced), method="POST", end=False)
    for at, piece in enumerate(pieces):
        client.send(DATA, END_STREAM if at == len(pieces) - 1 else 0, 1, piece)
    stream_error(client, 1, codes.PROTOCOL_ERROR)


def test_8_1_trailers_end_the_body_and_are_checked(client: Any) -> None:
    client.request(1, method="POST", end=False)
    client.send(DATA, 0, 1, b"hi")
    client.headers(1, ("x-checksum", "1"))
    assert client.response(1)[1] == b"POST / hi"
    for stream, field in ((3, (":path", "/")), (5, ("Upper", "x")), (7, ("transfer-encoding", "chunked"))):
        client.request(stream, method="POST", end=False)
        client.headers(stream, field)
        stream_error(client, stream, codes.PROTOCOL_ERROR)


def test_8_1_an_answer_before_the_end_of_the_body_stops_the_client_without_an_error(client: Any) -> None:
    client.request(1, method="POST", path="/early", end=False)
    found = [(kind, payload) for kind, _, stream, payload in until_quiet(client) if stream == 1]
    assert found[-2:] == [(DATA, b"no"), (RST_STREAM, struct.pack("!L", codes.NO_ERROR))]
    client.send(DATA, END_STREAM, 1, b"under way")
    assert client.is_alive()


def test_8_2_3_pieces_of_the_cookie_are_put_together_and_names_with_an_underscore_dropped(
    quick: Start, http2: Connect
) -> None:
    async def app(request: Request) -> Response:
        return Response.json(
            [request.headers.get("cookie"), request.cookies["b"], "x_y" in request.headers, request.host]
        )

    client = http2(quick(app))
    client.request(1, ("cookie", "a=1"), ("x_y", "z"), ("cookie", "b=2"))
    assert client.response(1)[1] == b'["a=1; b=2","2",false,"a"]'


def test_8_3_1_the_authority_is_the_host_and_a_forged_scheme_is_not_believed(quick: Start, http2: Connect) -> None:
    async def app(request: Request) -> Response:
        return Response.text(f"{request.url} {request.http_version}")

    client = http2(quick(app))
    true, forged = ("https", "http") if isinstance(client.sock, ssl.SSLSocket) else ("http", "https")
    client.headers(1, (":method", "GET"), (":scheme", forged), (":path", "/x?y"), (":authority", "Example.com:81"))
    assert client.response(1)[1] == f"{true}://example.com:81/x?y 2".encode()
    client.headers(3, (":method", "GET"), (":scheme", true), (":path", "/"), ("host", "only.host"))
    assert client.response(3)[1] == f"{true}://only.host/ 2".encode()


def test_8_2_2_fields_of_http_1_never_go_out(quick: Start, http2: Connect) -> None:
    async def app(request: Request) -> Response:
        headers = {"Connection": "x", "Transfer-Encoding": "chunked", "Keep-Alive": "1", "Upgrade": "x", "X-A": "b"}
        return Response.text("hi", headers=headers)

    client = http2(quick(app))
    client.request(1)
    head, body = client.response(1)
    assert set(head) == {":status", "date", "content-type", "content-length", "x-a"}
    assert (head["content-length"], body) == ("2", b"hi")


def test_8_1_heads_and_statuses_without_a_body_have_none(quick: Start, http2: Connect) -> None:
    async def app(request: Request) -> Response:
        return Response(b"body", int(request.path[1:]))

    client = http2(quick(app))
    for stream, method, status, length in ((1, "HEAD", 200, "4"), (3, "GET", 204, None), (5, "GET", 304, None)):
        client.request(stream, method=method, path=f"/{status}")
        head, body = client.response(stream)
        assert (head[":status"], head.get("content-length"), body) == (str(status), length, b"")


def test_8_1_100_continue_is_sent_when_the_body_is_wanted(client: Any) -> None:
    client.request(1, ("expect", "100-continue"), method="POST", end=False)
    for kind, _, _, payload in client.frames():
        if kind == HEADERS:
            assert client.decode(payload) == {":status": "100"}
            break
    client.send(DATA, END_STREAM, 1, b"hi")
    assert client.response(1)[1] == b"POST / hi"


def test_limits_on_bodies_hold(quick: Start, http2: Connect) -> None:
    client = http2(quick(echo, limits=Limits(max_body=10, max_upload=10)))
    client.request(1, ("content-length", "11"), method="POST", end=False)
    assert client.response(1)[0][":status"] == "413"
    client.request(3, method="POST", end=False)
    client.send(DATA, 0, 3, b"x" * 11)
    stream_error(client, 3, codes.CANCEL)

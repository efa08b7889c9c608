"""Flaws of other servers that came to be known by a number or in the news of a release; each test is named after one.

Each family has messages of its own here; the large corpus is in `test_smuggling`.
"""

import asyncio
import re
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from partita.http import Request, Response
from partita.server.testing import client_frame
from partita.server.websocket import FrameError, FrameReader

Start = Callable[..., Any]

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
MARKER = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"


class Recording:
    """An application that tells what it was asked, and reads all of each body."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.path}")
        return Response.text(f"<{len(await request.aread())}>")


def statuses(raw: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) [A-Z]", raw)]


def refuses(quick: Start, messages: Sequence[bytes], may_ask: bool = True) -> None:
    """Check that each message is answered with one error, whole and in two pieces, and nothing behind it is read."""
    app = Recording()
    server = quick(app)
    for message in messages:
        for before in (b"", GET + b"\r\n"):
            app.asked.clear()
            raw = server.send(before + message + MARKER)
            found = statuses(raw)[bool(before) :]
            assert len(found) == 1, message
            assert found[0] in {400, 413, 431, 501}, message
            assert b"connection: close" in raw, message
            asked = app.asked[bool(before) :]
            assert not [each for each in asked if "smuggled" in each or "hidden" in each], message
            assert may_ask or asked == [], message


def coded(*values: bytes) -> bytes:
    return POST + b"".join([b"Transfer-Encoding: %s\r\n" % value for value in values]) + b"\r\n" + END


def test_cve_2024_1135_a_coding_that_is_not_chunked_alone_is_refused(quick: Start) -> None:
    refuses(
        quick,
        [
            coded(b"chunked", b"identity"),
            coded(b"identity", b"chunked"),
            coded(b"chunked", b"chunked"),
            coded(b"chunked", b"xchunked"),
            coded(b"gzip", b"chunked"),
            coded(b"chunked, identity"),
            coded(b"chunked;q=1"),
        ],
        may_ask=False,
    )


def test_cve_2024_6827_an_odd_coding_is_never_taken_for_no_body(quick: Start) -> None:
    refuses(
        quick,
        [
            coded(b"xchunked"),
            coded(b"chunked-x"),
            coded(b'"chunked"'),
            coded(b"chunked,"),
            coded(b",chunked"),
            coded(b""),
            coded(b"c\xc5\xbfhunked"),
            coded(b"Chunked identity"),
            POST + b"Transfer-Encoding: nothing\r\nContent-Length: 5\r\n\r\n" + END,
        ],
        may_ask=False,
    )


def test_cve_2022_24801_white_space_that_is_none_makes_no_coding(quick: Start) -> None:
    refuses(
        quick,
        [coded(b"\x0bchunked"), coded(b"\x0cchunked"), coded(b"chunked\x0b"), coded(b"\xa0chunked")]
        + [CHUNKED + size + b"a\r\n" + END for size in (b"0x1\r\n", b"+1\r\n", b" 1\r\n", b"1_1\r\n", b"\x0b1\r\n")]
        + [POST + b"Content-Length: %s\r\n\r\na" % size for size in (b"+1", b"1_0", b"0x1", b"\xb9")]
        + [GET + b"X\x0b: y\r\n\r\n", GET + b"X\xa0: y\r\n\r\n"],
    )


def test_cve_2020_10108_two_lengths_are_refused_even_if_they_are_equal(quick: Start) -> None:
    pairs = [(b"1", b"2"), (b"2", b"1"), (b"0", b"5"), (b"1", b"1"), (b"1", b"a"), (b"1", b"")]
    refuses(
        quick,
        [POST + b"Content-Length: %s\r\nContent-Length: %s\r\n\r\nab" % pair for pair in pairs]
        + [POST + b"Content-Length: 1, 2\r\n\r\nab", POST + b"Content-Length: 1\r\ncontent-length: 2\r\n\r\nab"],
        may_ask=False,
    )


def test_cve_2020_10109_cve_2023_47641_a_length_beside_a_coding_is_refused(quick: Start) -> None:
    length, coding = b"Content-Length: %d\r\n", b"Transfer-Encoding: chunked\r\n"
    refuses(
        quick,
        [POST + length % size + coding + b"\r\n" + END + HIDDEN for size in (0, 1, 5, 50)]
        + [POST + coding + length % size + b"\r\n" + END + HIDDEN for size in (0, 1, 5, 50)]
        + [POST + b"content-length: 5\r\nTRANSFER-ENCODING: chunked\r\n\r\n" + END],
        may_ask=False,
    )


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS"])
def test_cve_2021_21330_cve_2023_28370_cve_2020_28724_a_path_of_two_slashes_is_no_other_host(
    quick: Start, method: bytes
) -> None:
    """Where a redirect is made of the path, the browser would take what follows two slashes for a host."""
    seen: list[tuple[str, str]] = []

    async def app(request: Request) -> Response:
        seen.append((request.host, request.path))
        return Response.text("")

    quick(app).send(method + b" //evil.test/%2f.. HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert seen == [("a", "//evil.test//..")]


def test_cve_2022_24761_a_length_that_python_reads_and_others_do_not_is_refused(quick: Start) -> None:
    values = [b"+1", b"-1", b"1_0", b" 1 0", b"\xb2", b"1\x00", b"0x1", b"1.0", b"1e0", b"\xd9\xa1"]
    refuses(
        quick,
        [POST + b"Content-Length: %s\r\n\r\n0123456789" % value for value in values]
        + [CHUNKED + value + b"\r\na\r\n" + END for value in (b"0x1", b"+1", b"-1", b"1_0", b"0_1", b" 1", b"\xb2")]
        + [CHUNKED + b"1;a\nb\r\na\r\n" + END],
    )


def test_cve_2022_31015_a_client_that_leaves_in_the_midst_leaves_the_others_alone(quick: Start) -> None:
    app = Recording()
    server = quick(app)
    for cut in range(1, 40):
        with server.connect() as client:
            client.sendall((CHUNKED + b"5\r\nhello\r\n" + END)[:cut])
    assert server.send(GET + b"Connection: close\r\n\r\n").endswith(b"<0>")


def test_cve_2023_37276_a_bare_cr_is_no_line_end_wherever_it_stands(quick: Start) -> None:
    refuses(
        quick,
        [
            GET + b"X: a\rContent-Length: 5\r\n\r\nabcde",
            GET + b"X: a\r\r\n\r\n",
            GET + b"X\r: a\r\n\r\n",
            GET + b"\rX: a\r\n\r\n",
            GET + b"X: a\r\n\r\r\n",
            b"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\rHost: a\r\n\r\n",
        ],
        may_ask=False,
    )


def test_cve_2023_47627_cve_2024_23829_names_and_versions_are_the_grammar_s(quick: Start) -> None:
    refuses(
        quick,
        [
            POST + b"Content-Length%s: 1\r\n\r\na" % odd
            for odd in (b" ", b"\t", b"\0", b"(", b"\x7f", b"\xe4", b"@", b"?")
        ]
        + [POST + b"\0Content-Length: 1\r\n\r\na", POST + b": a\r\n\r\n", POST + b"a\r\n\r\n"]
        + [b"GET / HTTP/%s\r\nHost: a\r\n\r\n" % version for version in (b"1.1 ", b" 1.1", b"1.1a", b"1,1", b"1.\xb9")]
        + [b"G%sT / HTTP/1.1\r\nHost: a\r\n\r\n" % odd for odd in (b"(", b"\xe4", b":", b'"')],
        may_ask=False,
    )


def test_cve_2025_43859_ghsa_vqfr_h8mv_ghfj_two_bytes_after_a_chunk_are_a_line_end(quick: Start) -> None:
    refuses(
        quick,
        [CHUNKED + b"1\r\na" + two + b"\r\n" + END for two in (b"XX", b"\n\n", b"\r\r", b"\rX", b"X\n", b"\0\0", b"  ")]
        + [CHUNKED + b"5\r\nAAAAAXX2\r\n45\r\n" + END + HIDDEN],
    )


def test_cve_2025_53643_cve_2025_58068_cve_2023_41419_what_follows_the_last_chunk_hides_no_request(
    quick: Start,
) -> None:
    app = Recording()
    trailers = b"0\r\nX: y\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\nHost: b\r\n\r\n"
    raw = quick(app).send(CHUNKED + b"1\r\na\r\n" + trailers + GET + b"Connection: close\r\n\r\n")
    if statuses(raw) == [200, 200]:
        assert app.asked == ["POST /", "GET /"]  # all of the trailers was read, and none of it framed anything
    else:
        assert statuses(raw) in ([400], [200, 400])
    refuses(
        quick,
        [
            CHUNKED + b"0\r\nX y\r\n\r\n",
            CHUNKED + b"0\r\n" + HIDDEN,
            CHUNKED + b"0\r\nTransfer-Encoding\r\n\r\n",
            CHUNKED + b"0\r\n X: y\r\n\r\n",
            CHUNKED + b"0\r\nX: y\n\r\n\r\n",
            POST + b"Content-Length:\r\n\r\n",
        ],
    )


# -- what gunicorn 25 to 27 put right -----------------------------------------------------------------------------------


def test_gunicorn_25_a_chunked_body_that_ends_too_early_is_no_whole_one(quick: Start) -> None:
    whole: list[bytes] = []

    async def app(request: Request) -> Response:
        whole.append(await request.aread())
        return Response.text("whole")

    server = quick(app)
    message = CHUNKED + b"5\r\nhello\r\n5\r\nworld\r\n" + END
    for cut in range(len(CHUNKED), len(message)):
        with server.connect() as client:
            client.sendall(message[:cut])
            client.shutdown(1)
            received = b""
            try:
                while more := client.recv(1000):
                    received += more
            except ConnectionError:
                pass  # cut off, which is an answer as well
            assert b"whole" not in received, cut
    assert whole == []
    assert server.send(message.replace(b"Host: a", b"Host: a\r\nConnection: close")).endswith(b"whole")
    assert whole == [b"helloworld"]


def test_gunicorn_25_fields_that_there_is_one_of_come_once(quick: Start) -> None:
    refuses(
        quick,
        [
            GET + b"Host: a\r\n\r\n",
            GET + b"Host: b\r\n\r\n",
            GET + b"host: b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
            POST + b"Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n",
        ],
        may_ask=False,
    )


def test_gunicorn_25_a_line_ends_with_cr_lf(quick: Start) -> None:
    refuses(
        quick,
        [
            b"GET / HTTP/1.1\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: a\n\r\n",
            GET + b"X: y\n\nGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
            CHUNKED + b"1\na\r\n" + END,
            CHUNKED + b"1\r\na\n" + END,
            CHUNKED + b"0\n\n",
        ],
    )


def test_gunicorn_25_extensions_of_chunks_are_bounded_and_hide_nothing(quick: Start) -> None:
    refuses(
        quick,
        [
            CHUNKED + b"1;" + b"a" * 10_000 + b"\r\na\r\n" + END,
            CHUNKED + b"1;a\n0\r\n\r\n" + HIDDEN,
            CHUNKED + b'1;a="\r\n0\r\n\r\n' + HIDDEN,
            CHUNKED + b"1;a\r0\r\n\r\n" + HIDDEN,
            CHUNKED + b"1;\0\r\na\r\n" + END,
        ],
    )


def test_gunicorn_25_a_head_of_a_proxy_from_anybody_else_is_a_bad_request(quick: Start) -> None:
    refuses(
        quick,
        [
            b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n" + GET + b"\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\7\xc0\0\2\x08\0\1\0\2" + GET + b"\r\n",
        ],
        may_ask=False,
    )


@pytest.mark.parametrize(
    "field", [b"Script_Name: /x", b"SCRIPT_NAME: /x", b"Path_Info: /x", b"X_Forwarded_Proto: https"]
)
def test_gunicorn_25_no_field_of_http1_sets_the_prefix_or_the_scheme(quick: Start, field: bytes) -> None:
    seen: list[tuple[str, str, str, list[str]]] = []

    async def app(request: Request) -> Response:
        seen.append(
            (request.root_path, request.path, request.scheme, [name for name in request.headers if "_" in name])
        )
        return Response.text("")

    quick(app).send(
        GET + field + b"\r\nX-Forwarded-Proto: https\r\nForwarded: proto=https\r\nConnection: close\r\n\r\n"
    )
    assert seen == [("", "/", "http", [])]


@pytest.mark.parametrize("name", ["script_name", "script-name", "x-forwarded-proto", "x_forwarded_proto", "path_info"])
def test_gunicorn_25_no_field_of_http2_sets_the_prefix_or_the_scheme(
    quick: Start, http2: Callable[..., Any], name: str
) -> None:
    seen: list[tuple[str, str, str]] = []

    async def app(request: Request) -> Response:
        seen.append((request.root_path, request.path, request.scheme))
        return Response.text("ok")

    client = http2(quick(app))
    client.headers(
        1, (":method", "GET"), (":scheme", "https"), (":path", "/"), (":authority", "a"), (name, "https"), end=True
    )
    assert client.response(1)[1] == b"ok"
    assert seen == [("", "/", "http")]


def test_gunicorn_26_a_body_that_is_too_large_is_refused_before_anything_runs(quick: Start) -> None:
    app = Recording()
    raw = quick(app).send(POST + b"Content-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n")
    assert statuses(raw) == [413]
    assert app.asked == []


def test_gunicorn_26_nothing_of_the_kind_1xx_comes_behind_an_answer(quick: Start) -> None:
    async def app(request: Request) -> Response:
        if request.path == "/late":
            return Response.text("done")  # the body is never asked for
        await request.aread()
        await request.aread()
        return Response.text("done")

    server = quick(app)
    for path in (b"/late", b"/read"):
        head = b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        with server.connect() as client:
            client.sendall(head)
            received = client.recv(1000)
            client.sendall(b"body")
            client.settimeout(0.5)
            try:
                while more := client.recv(1000):
                    received += more
            except (TimeoutError, ConnectionError):
                pass  # nothing more comes, and what came is what counts
        found = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", received)]
        assert found in ([200], [100, 200])
        assert found == sorted(found)


def test_gunicorn_27_bytes_behind_connect_are_no_request(quick: Start) -> None:
    app = Recording()
    raw = quick(app).send(b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n" + MARKER)
    assert statuses(raw) == [501]
    assert app.asked == []


# -- what aiohttp 3.14.1 to 3.14.4 put right ----------------------------------------------------------------------------


def read_all(reader: FrameReader) -> int:
    """Return the code with which a reader gives up."""
    with pytest.raises(FrameError) as refused:
        while reader.next() is not None:
            pass  # frames before the one that it refuses
    return refused.value.code


def test_aiohttp_3_14_1_cve_2026_54274_a_frame_that_never_ends_holds_no_more_than_a_message() -> None:
    reader = FrameReader(1000)
    reader.feed(client_frame(2, b"x" * 100_000)[:14])
    assert read_all(reader) == 1009  # its head is enough; the rest is not waited for


def test_aiohttp_3_14_4_a_length_near_two_to_63_does_not_wrap_around() -> None:
    for length in (2**63 - 1, 2**63 - 600, 2**63, 2**64 - 1):
        reader = FrameReader(1000)
        reader.feed(client_frame(2, b"x" * 600, fin=False))
        assert reader.next() is None
        reader.feed(b"\x80\xff" + length.to_bytes(8, "big") + b"mask")
        assert read_all(reader) in {1002, 1009}


def test_aiohttp_3_14_1_a_message_within_a_message_ends_the_connection() -> None:
    for opcode in (1, 2):
        reader = FrameReader(1000)
        reader.feed(client_frame(1, b"a", fin=False) + client_frame(opcode, b"b"))
        assert read_all(reader) == 1002


@pytest.mark.parametrize("kind", ["a byte a read", "a fragment a byte"])
def test_aiohttp_3_14_4_cve_2026_123817_small_reads_cost_no_more_memory_than_their_bytes(kind: str) -> None:
    size = 20_000
    pieces = (
        [bytes((byte,)) for byte in client_frame(2, bytes(size))]
        if kind == "a byte a read"
        else [client_frame(2, b"x", fin=False), *[client_frame(0, b"x" * 16, fin=False)] * (size // 16)]
    )
    reader = FrameReader(1_000_000)
    tracemalloc.start()
    try:
        for piece in pieces:
            reader.feed(piece)
            reader.next()
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4 * size
    assert peak < 10 * size


def test_aiohttp_3_14_2_many_small_messages_wait_in_the_socket_and_not_in_memory(quick: Start) -> None:
    begun = asyncio.Event()
    held: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        await receive()
        await send({"type": "websocket.accept"})
        begun.set()
        await asyncio.sleep(0.6)  # nobody reads meanwhile
        held.append(tracemalloc.get_traced_memory()[0])

    server = quick(app, asgi=True)
    with server.connect() as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b" 101 " in client.recv(1000)
        tracemalloc.start()
        try:
            client.settimeout(0.1)
            batch, sent = client_frame(2, b"") * 20_000, 0
            try:
                for _ in range(200):
                    client.sendall(batch)
                    sent += 1
            except (TimeoutError, ConnectionError):
                pass  # the server reads no more: that is what is asked
            assert sent < 200
            client.settimeout(5)
            for _ in range(100):
                if held:
                    break
                server.call(asyncio.sleep(0.02))
        finally:
            tracemalloc.stop()
    assert held
    assert held[0] < 8_000_000


def test_aiohttp_3_14_3_requests_that_wait_for_their_turn_are_bounded(quick: Start) -> None:
    asked = 0
    go = asyncio.Event()

    async def app(request: Request) -> Response:
        nonlocal asked
        asked += 1
        await go.wait()
        return Response.text("")

    server = quick(app, asgi=False)
    batch = (GET + b"\r\n") * 2000
    sent = 0
    with server.connect() as client:
        client.settimeout(0.3)
        tracemalloc.start()
        try:
            try:
                for _ in range(1000):
                    sent += client.send(batch)
            except (TimeoutError, ConnectionError):
                pass  # the server reads no more, or has ended the connection; what it held by then counts
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert asked == 1
        assert sent < 1000 * len(batch)  # the rest waits where it costs the server nothing
        assert held < 8_000_000

    async def let_go() -> None:
        go.set()

    server.call(let_go())


def test_aiohttp_3_14_3_cve_2026_69243_what_follows_an_upgrade_is_bounded_and_no_request(quick: Start) -> None:
    paths: list[str] = []
    go = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        paths.append(scope["path"])
        if scope["type"] == "websocket":
            await go.wait()  # neither accepted nor refused

    server = quick(app, asgi=True)
    sent = 0
    with server.connect() as client:
        client.sendall(
            b"GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        client.settimeout(0.3)
        tail = MARKER * 1000
        tracemalloc.start()
        try:
            try:
                for _ in range(1000):
                    sent += client.send(tail)
            except (TimeoutError, ConnectionError):
                pass  # the server reads no more, or has ended the connection; what it held by then counts
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert sent < 1000 * len(tail)
        assert held < 8_000_000
    assert paths == ["/socket"]

    async def let_go() -> None:
        go.set()

    server.call(let_go())

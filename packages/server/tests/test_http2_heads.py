"""Heads over HTTP/2: long ones of answers in several frames, forwarded ones of requests from trusted proxies."""

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hpack import Decoder
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.server.http2.frames import CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, SETTINGS, header_frames

Start = Callable[..., Any]
Connect = Callable[..., Any]
MAX_FRAME_SIZE = 5  # of SETTINGS (RFC 9113, section 6.5.2)


def frames_of(data: bytes) -> list[tuple[int, int, int, bytes]]:
    found = []
    while data:
        size = int.from_bytes(data[:3], "big")
        found.append((data[3], data[4], int.from_bytes(data[5:9], "big"), data[9 : 9 + size]))
        data = data[9 + size :]
    return found


@given(st.binary(max_size=200), st.booleans(), st.integers(1, 60))
def test_a_block_comes_in_as_many_frames_as_it_takes_and_only_the_last_ends_it(
    block: bytes, ends: bool, most: int
) -> None:
    found = frames_of(header_frames(7, block, ends, most))
    assert b"".join(payload for *_, payload in found) == block
    assert [kind for kind, *_ in found] == [HEADERS] + [CONTINUATION] * (len(found) - 1)
    assert [bool(flags & END_HEADERS) for _, flags, *_ in found] == [False] * (len(found) - 1) + [True]
    assert [bool(flags & END_STREAM) for _, flags, *_ in found] == [ends] + [False] * (len(found) - 1)
    assert {stream for _, _, stream, _ in found} == {7}
    assert max(len(payload) for *_, payload in found) <= most
    assert len(found) == max(-(-len(block) // most), 1)


@pytest.mark.parametrize("size", [16_384, 20_000])
def test_an_answer_with_a_long_head_arrives_whole_and_in_frames_that_the_client_takes(
    quick: Start, http2: Connect, size: int
) -> None:
    async def app(request: Request) -> Response:
        # Bytes that HPACK does not shorten.
        return Response.text("body").with_header("x-long", "".join(chr(33 + 7 * at % 90) for at in range(50_000)))

    client = http2(quick(app))
    client.send(SETTINGS, 0, 0, struct.pack("!HL", MAX_FRAME_SIZE, size))
    client.request(1)
    block, kinds, body = b"", [], b""
    for kind, flags, stream, payload in client.frames():
        if stream != 1:
            continue
        kinds.append(kind)
        assert len(payload) <= size
        if kind in {HEADERS, CONTINUATION}:
            block += payload
        body += payload if kind == DATA else b""
        if flags & END_STREAM:
            break
    assert kinds == [HEADERS, *[CONTINUATION] * ((len(block) - 1) // size), DATA]
    fields = {str(name): str(value) for name, value in Decoder(max_header_list_size=100_000).decode(block)}
    assert len(fields["x-long"]) == 50_000
    assert body == b"body"


async def whose(request: Request) -> Response:
    return Response.json([list(request.client or ()), request.scheme])


@pytest.mark.parametrize(
    ("trusted", "seen"),
    [(("127.0.0.1",), [["203.0.113.9", 0], "https"]), (("10.0.0.0/8",), None), ((), None)],
)
def test_a_proxys_word_about_the_client_counts_if_it_is_trusted(
    quick: Start, http2: Connect, trusted: tuple[str, ...], seen: list[object] | None
) -> None:
    client = http2(quick(whose, trusted_proxies=trusted))
    client.request(1, ("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", "https"))
    _, body = client.response(1)
    if seen is None:
        own = client.sock.getsockname()
        seen = [[own[0], own[1]], "http"]
    assert json.loads(body) == seen

"""What a client says over a WebSocket does not depend on how the network cuts it, nor a message on how it is put into frames.

The exchanges are of the kinds that the Autobahn|Testsuite has: sizes, pings, reserved bits, opcodes, fragments, UTF-8, close
codes, limits and compression. Each is cut at every byte.
"""

import zlib
from collections.abc import Sequence

import pytest

from partita.server.testing import client_frame as masked
from partita.server.websocket import BINARY, CLOSE, PING, PONG, TEXT, FrameError, FrameReader, close_payload, negotiate

CONTINUATION = 0
SAMPLE = "κόσμε \U0010ffff ß"
BAD_TEXTS = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",  # a surrogate
    b"\xf4\x90\x80\x80",  # beyond the last character
    b"\xc0\xaf",  # longer than it needs to be
    b"abc\xe1\xbd",  # the end is missing
    b"\xff",
    b"\x80",
]
EXCHANGES: dict[str, bytes] = {
    "1.1 texts": b"".join([masked(TEXT, b"*" * size) for size in (0, 1, 125, 126, 127, 128)]),
    "1.2 bytes": b"".join([masked(BINARY, b"\xfe" * size) for size in (0, 125, 126, 127, 128)]),
    "1.1 a long form of the length": masked(BINARY, bytes(range(256)) * 257),
    "2 pings and pongs": masked(PING) + masked(PONG, b"x") + masked(PING, b"\xff" * 125) + masked(TEXT, b"a"),
    "2.5 a ping too long": masked(PING, b"x" * 126),
    "3 a reserved bit": masked(TEXT, b"a") + masked(TEXT, b"b", rsv=4) + masked(PING),
    "3 a reserved bit of a control frame": masked(PING, b"", rsv=2),
    "4.1 a reserved opcode": masked(TEXT, b"a") + masked(3, b"b"),
    "4.2 a reserved opcode of control": masked(11, b"b"),
    "5 fragments with pings between": masked(TEXT, b"a", fin=False)
    + masked(PING, b"p")
    + masked(CONTINUATION, b"b", fin=False)
    + masked(CONTINUATION, b"", fin=False)
    + masked(CONTINUATION, b"c"),
    "5.1 a ping in fragments": masked(PING, b"a", fin=False) + masked(CONTINUATION, b"b"),
    "5.9 nothing to go on with": masked(CONTINUATION, b"a"),
    "5.18 a message within a message": masked(TEXT, b"a", fin=False) + masked(TEXT, b"b"),
    "6.2 text": masked(TEXT, SAMPLE.encode()),
    **{
        f"6.3 text that is none {number}": masked(TEXT, b"good") + masked(TEXT, text)
        for number, text in enumerate(BAD_TEXTS)
    },
    "7.1 close, and more": masked(CLOSE, close_payload(1000, "bye")) + masked(TEXT, b"a"),
    "7.3 close without a code": masked(CLOSE),
    "7.3 close with half a code": masked(CLOSE, b"\x03"),
    "7.5 close with bad text": masked(CLOSE, b"\x03\xe8\xff"),
    "7.9 close with a bad code": masked(CLOSE, b"\x03\xec"),
    "9 a message beyond the limit": masked(BINARY, b"x" * 60_000, fin=False) + masked(CONTINUATION, b"x" * 60_000),
    "an unmasked frame": b"\x81\x01a",
    "10 fragments of one byte": masked(TEXT, b"", fin=False)
    + b"".join([masked(CONTINUATION, b"x", fin=False) for _ in range(100)])
    + masked(CONTINUATION),
}


def compressed(text: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-12)
    return (compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


COMPRESSED: dict[str, bytes] = {
    "12 compressed": masked(TEXT, compressed(SAMPLE.encode() * 9), rsv=4) + masked(TEXT, b"plain"),
    "12 compressed fragments": masked(TEXT, compressed(b"ab" * 99)[:7], rsv=4, fin=False)
    + masked(PING)
    + masked(CONTINUATION, compressed(b"ab" * 99)[7:]),
    "13 a bad stream": masked(TEXT, b"\xff\xff\xff", rsv=4),
    "13 a bit in the midst": masked(TEXT, b"a", fin=False) + masked(CONTINUATION, b"b", rsv=4),
    "13 a compressed ping": masked(PING, b"a", rsv=4),
    "13 text that is none": masked(TEXT, compressed(b"\xff"), rsv=4),
}


def outcome(pieces: Sequence[bytes], *, deflate: bool = False) -> list[object]:
    """Events, and the code of the error at the end if there is one."""
    found = negotiate("permessage-deflate") if deflate else None
    reader = FrameReader(100_000, found[0] if found else None)
    events: list[object] = []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (event := reader.next()) is not None:
                events.append(event)
    except FrameError as error:
        events.append(error.code)
    return events


@pytest.mark.parametrize("name", [*EXCHANGES, *COMPRESSED])
def test_an_exchange_means_the_same_wherever_it_is_cut(name: str) -> None:
    deflate = name in COMPRESSED
    data = COMPRESSED[name] if deflate else EXCHANGES[name]
    whole = outcome([data], deflate=deflate)
    step = max(1, len(data) // 600)  # every byte of all but the largest
    for cut in [*range(1, min(len(data), 20)), *range(20, len(data), step)]:
        assert outcome([data[:cut], data[cut:]], deflate=deflate) == whole, cut
    assert outcome([data[at : at + 1] for at in range(len(data))], deflate=deflate) == whole


def in_frames(opcode: int, payload: bytes, cuts: Sequence[int], rsv: int = 0) -> bytes:
    """One message in several frames, each payload cut where it is told."""
    ends = [*cuts, len(payload)]
    begins = [0, *cuts]
    return b"".join(
        [
            masked(opcode if not number else CONTINUATION, payload[begin:end], fin=end == ends[-1] and number == len(cuts),
                   rsv=rsv if not number else 0)
            for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
        ]
    )  # fmt: skip


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_means_the_same_however_it_is_put_into_frames(opcode: int) -> None:
    payload = SAMPLE.encode() * 3
    expected = [SAMPLE * 3 if opcode == TEXT else payload]
    for first in range(len(payload) + 1):
        data = in_frames(opcode, payload, [first])
        assert outcome([data]) == expected
        assert outcome([data[at : at + 1] for at in range(len(data))]) == expected
        for second in range(first, len(payload) + 1):
            assert outcome([in_frames(opcode, payload, [first, second])]) == expected
    assert outcome([in_frames(opcode, payload, range(1, len(payload)))]) == expected


def test_a_compressed_message_means_the_same_however_it_is_put_into_frames() -> None:
    payload = compressed(SAMPLE.encode() * 9)
    for first in range(len(payload) + 1):
        data = in_frames(TEXT, payload, [first], rsv=4)
        assert outcome([data], deflate=True) == [SAMPLE * 9]
        assert outcome([data[at : at + 1] for at in range(len(data))], deflate=True) == [SAMPLE * 9]


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_text_that_is_none_is_refused_however_it_is_put_into_frames(text: bytes) -> None:
    for cut in range(len(text) + 1):
        assert outcome([in_frames(TEXT, b"good " + text, [5 + cut])]) == [1007]

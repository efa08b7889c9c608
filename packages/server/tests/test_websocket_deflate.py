"""RFC 7692: which offers are taken, and what compressed messages may not do."""

import random
import re
import time
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.server.errors import BadMessage
from partita.server.testing import client_frame as masked
from partita.server.websocket import BINARY, TEXT, Deflate, FrameError, FrameReader, negotiate


def compress(data: bytes, bits: int = 15) -> bytes:
    compressor = zlib.compressobj(wbits=-bits)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


@pytest.mark.parametrize(
    ("offers", "answer"),
    [
        ("permessage-deflate", "permessage-deflate; server_max_window_bits=12"),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12",
        ),
        (
            "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10",
            "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10",
        ),
        (
            "permessage-deflate;server_no_context_takeover ; client_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12",
        ),
        ('permessage-deflate; server_max_window_bits="11"', "permessage-deflate; server_max_window_bits=11"),
        ("x-other; a=b, permessage-deflate", "permessage-deflate; server_max_window_bits=12"),
        (
            "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9",
            "permessage-deflate; server_max_window_bits=9",
        ),
    ],
)
def test_the_first_offer_that_can_be_met_is_taken(offers: str, answer: str) -> None:
    found = negotiate(offers)
    assert found is not None
    assert found[1] == answer


@pytest.mark.parametrize(
    "offers",
    [
        "",
        "x-webkit-deflate-frame",
        "permessage-deflate; unknown",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010",
        "permessage-deflate; client_max_window_bits=0",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
    ],
)
def test_offers_that_cannot_be_met_are_declined(offers: str) -> None:
    assert negotiate(offers) is None


@pytest.mark.parametrize(
    "offers", ["permessage-deflate;", "permessage-deflate; a=", "a b", "=", 'a; b="c', "a;;b", "(", "a; b=c d"]
)
def test_offers_that_cannot_be_read_are_refused(offers: str) -> None:
    with pytest.raises(BadMessage, match=r"Sec-WebSocket-Extensions cannot be read") as caught:
        negotiate(offers)
    assert caught.value.status == 400


@given(st.text(alphabet='permessage-deflate;=, "\\\t_bits0123456789\x7fä', max_size=60))
def test_any_offer_is_taken_declined_or_refused(offers: str) -> None:
    try:
        found = negotiate(offers)
    except BadMessage:
        return
    assert found is None or re.match(r"permessage-deflate(; |\Z)", found[1])


def test_an_offer_costs_time_in_proportion_to_its_length() -> None:
    def cost(text: str) -> float:
        best = 1e9
        for _ in range(5):
            begun = time.perf_counter()
            with suppress(BadMessage):
                negotiate(text)
            best = min(best, time.perf_counter() - begun)
        return best

    for piece in ("a; b=c, ", ", ", 'a; b="\\c', "permessage-deflate; x, ", "; "):
        assert cost(piece * 20_000) < 2.3 * 2 * max(cost(piece * 10_000), 1e-5)


@pytest.mark.parametrize("takeover", [True, False])
def test_messages_survive_both_ways(takeover: bool) -> None:
    extension = Deflate(12, 15, takeover, takeover)
    other = zlib.decompressobj(-12)
    for text in (b"hello hello hello", b"", b"hello hello hello", bytes(100_000)):
        raw = extension.deflate(text)
        if not takeover:
            other = zlib.decompressobj(-12)
        assert other.decompress(raw + b"\0\0\xff\xff") == text


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_compressed_message_is_read_in_fragments_of_any_size(step: int) -> None:
    found = negotiate("permessage-deflate")
    assert found is not None
    reader = FrameReader(1_000_000, found[0])
    raw = compress("κόσμε ".encode() * 500)
    half = len(raw) // 2
    data = masked(TEXT, raw[:half], fin=False, rsv=4) + masked(0, raw[half:]) + masked(TEXT, b"plain")
    events = []
    for at in range(0, len(data), step):
        reader.feed(data[at : at + step])
        while (event := reader.next()) is not None:
            events.append(event)
    assert events == ["κόσμε " * 500, "plain"]


def test_section_7_2_3_5_a_message_may_end_with_a_final_block() -> None:
    found = negotiate("permessage-deflate")
    assert found is not None
    reader = FrameReader(1000, found[0])
    compressor = zlib.compressobj(wbits=-15)
    raw = compressor.compress(b"Hello") + compressor.flush(zlib.Z_FINISH) + b"\x00"
    for _ in range(2):
        reader.feed(masked(TEXT, raw, rsv=4))
        assert reader.next() == "Hello"


def test_rsv1_belongs_on_first_frames_of_messages_only() -> None:
    found = negotiate("permessage-deflate")
    assert found is not None
    for data in (masked(9, b"", rsv=4), masked(TEXT, b"", fin=False) + masked(0, b"", rsv=4), masked(TEXT, b"", rsv=2)):
        reader = FrameReader(1000, found[0])
        reader.feed(data)
        with pytest.raises(FrameError) as caught:
            reader.next()
        assert caught.value.code == 1002


def test_broken_compression_is_an_error_and_not_a_crash() -> None:
    found = negotiate("permessage-deflate")
    assert found is not None
    reader = FrameReader(1000, found[0])
    reader.feed(masked(BINARY, b"\xff\xff\xff\xff", rsv=4))
    with pytest.raises(FrameError) as caught:
        reader.next()
    assert caught.value.code == 1007


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    """CVE-2026-54278."""
    bomb = compress(bytes(200_000_000))
    found = negotiate("permessage-deflate")
    assert found is not None
    reader = FrameReader(1_048_576, found[0])
    reader.feed(masked(BINARY, bomb, rsv=4))
    tracemalloc.start()
    with pytest.raises(FrameError) as caught:
        reader.next()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code == 1009
    assert peak < 8_000_000


@pytest.mark.parametrize("size", [100, 1000, 65_536, 1_048_576])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_the_limit_is_that_of_the_message_and_not_of_what_deflate_made_of_it(size: int, level: int) -> None:
    data = random.Random(size).randbytes(size)  # what cannot be made smaller becomes larger
    compressor = zlib.compressobj(level, wbits=-9, memLevel=1)
    packed = (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
    assert len(packed) > size
    half = len(packed) // 2
    for frames in (
        masked(BINARY, packed, rsv=4),
        masked(BINARY, packed[:half], fin=False, rsv=4) + masked(0, packed[half:]),
    ):
        reader = FrameReader(size, Deflate(15, 15, True, True))
        reader.feed(frames)
        assert reader.next() == data
        smaller = FrameReader(size - 1, Deflate(15, 15, True, True))
        smaller.feed(frames)
        with pytest.raises(FrameError) as refused:
            smaller.next()
        assert refused.value.code == 1009

"""RFC 6455, sections 5 to 7, case by case, without any socket."""

import os
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.server.testing import client_frame as masked
from partita.server.websocket import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Close,
    FrameError,
    FrameReader,
    Ping,
    Pong,
    close_payload,
    frame,
    negotiate,
)

CONTINUATION = 0


def read(data: bytes, *, max_size: int = 1_000_000, step: int | None = None) -> list[object]:
    """Return the events in ``data``, fed whole or in pieces."""
    reader = FrameReader(max_size)
    events: list[object] = []
    for at in range(0, len(data), step or len(data) or 1):
        reader.feed(data[at : at + (step or len(data))])
        while (event := reader.next()) is not None:
            events.append(event)
    return events


def refused(data: bytes, **options: int) -> int:
    """Return the close code that ``data`` leads to."""
    with pytest.raises(FrameError) as caught:
        read(data, **options)
    assert str(caught.value.code) in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65_535, 65_536, 200_000])
@pytest.mark.parametrize("step", [None, 997])
def test_section_5_2_messages_of_every_length_form_are_read(size: int, step: int | None) -> None:
    data = os.urandom(size)
    assert read(masked(BINARY, data) + masked(TEXT, b"e" * size), step=step) == [data, "e" * size]


def test_section_5_2_a_length_must_be_in_its_shortest_form() -> None:
    assert refused(b"\x82\xfe\x00\x7d" + b"\0\0\0\0" + b"x" * 125) == 1002
    assert refused(b"\x82\xff\x00\x00\x00\x00\x00\x00\xff\xff\0\0\0\0") == 1002
    assert refused(b"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\0\0\0\0") == 1002


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
def test_section_5_2_reserved_bits_are_refused(rsv: int, opcode: int) -> None:
    assert refused(masked(opcode, b"", rsv=rsv)) == 1002


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
@pytest.mark.parametrize("payload", [b"", b"x"])
def test_section_5_2_reserved_opcodes_are_refused(opcode: int, payload: bytes) -> None:
    assert refused(masked(TEXT, b"before") + masked(opcode, payload) + masked(PING)) == 1002


def test_section_5_1_a_frame_without_a_mask_is_refused() -> None:
    for opcode in (TEXT, BINARY, PING, CLOSE):
        assert refused(frame(opcode, b"")) == 1002


def test_section_5_3_any_mask_is_undone_in_pieces_of_any_size() -> None:
    data = bytes(range(256)) * 3
    for step in (1, 2, 3, 5, 7):
        assert read(masked(BINARY, data, mask=b"\xff\x00\x80\x7f"), step=step) == [data]


def test_section_5_4_fragments_make_one_message_with_control_frames_between_them() -> None:
    data = (
        masked(TEXT, b"a", fin=False)
        + masked(PING, b"1")
        + masked(CONTINUATION, b"b", fin=False)
        + masked(PONG, b"2")
        + masked(CONTINUATION, b"", fin=False)
        + masked(CONTINUATION, b"c")
        + masked(BINARY, b"", fin=False)
        + masked(CONTINUATION, b"")
    )
    for step in (None, 1, 3):
        assert read(data, step=step) == [Ping(b"1"), Pong(b"2"), "abc", b""]


def test_section_5_4_a_fragment_must_belong_to_a_message() -> None:
    assert refused(masked(CONTINUATION, b"x")) == 1002
    assert refused(masked(CONTINUATION, b"x", fin=False)) == 1002
    assert refused(masked(TEXT, b"whole") + masked(CONTINUATION, b"x")) == 1002


def test_section_5_4_a_message_within_a_message_is_refused() -> None:
    for opcode in (TEXT, BINARY):
        assert refused(masked(TEXT, b"a", fin=False) + masked(opcode, b"b")) == 1002


def test_section_5_5_control_frames_are_short_and_whole() -> None:
    for opcode in (CLOSE, PING, PONG):
        assert refused(masked(opcode, b"x" * 126)) == 1002
        assert refused(masked(opcode, b"", fin=False)) == 1002
    assert read(masked(PING, b"x" * 125)) == [Ping(b"x" * 125)]


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_section_7_4_codes_that_may_be_sent_are_read(code: int) -> None:
    assert read(masked(CLOSE, close_payload(code, "why"))) == [Close(code, "why")]


@pytest.mark.parametrize("code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
def test_section_7_4_codes_that_must_not_be_sent_are_refused(code: int) -> None:
    assert refused(masked(CLOSE, struct.pack("!H", code))) == 1002


def test_section_5_5_1_a_close_frame_is_empty_or_has_a_code_and_text() -> None:
    assert read(masked(CLOSE)) == [Close(1005, "")]
    assert refused(masked(CLOSE, b"\x03")) == 1002
    assert refused(masked(CLOSE, b"\x03\xe8\xff")) == 1007
    assert read(masked(CLOSE, close_payload(1000, "x" * 123))) == [Close(1000, "x" * 123)]


def test_a_reason_that_is_too_long_is_cut_between_characters() -> None:
    assert close_payload(1000, "ä" * 100)[2:].decode() == "ä" * 61
    assert close_payload(1005, "ignored") == b""


VALID = ["κόσμε", "\x00", "\x7f", "\x80", "߿", "ࠀ", "￿", "\U00010000", "\U0010ffff", "\ufffe", "\ud7ff", "\ue000"]
INVALID = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\x80",
    b"\xbf",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"\xe2\x82",
    b"ok\xf0\x9f\x98",
]


@pytest.mark.parametrize("text", VALID)
def test_section_8_1_text_is_read_however_it_is_cut(text: str) -> None:
    raw = text.encode()
    pieces = b"".join([masked(CONTINUATION if at else TEXT, raw[at : at + 1], fin=False) for at in range(len(raw))])
    for data in (masked(TEXT, raw), pieces + masked(CONTINUATION)):
        assert read(data) == [text]
        assert read(data, step=1) == [text]


@pytest.mark.parametrize("raw", INVALID)
def test_section_8_1_text_that_is_not_utf_8_is_refused_however_it_is_cut(raw: bytes) -> None:
    assert refused(masked(TEXT, raw)) == 1007
    pieces = b"".join([masked(CONTINUATION if at else TEXT, raw[at : at + 1], fin=False) for at in range(len(raw))])
    assert refused(pieces + masked(CONTINUATION)) == 1007
    assert refused(masked(TEXT, raw), step=1) == 1007


def test_section_8_1_wrong_text_fails_at_the_first_byte_that_makes_it_wrong() -> None:
    reader = FrameReader(1000)
    reader.feed(masked(TEXT, b"\xce\xba\xf4" + b"x" * 100)[: 6 + 3])
    assert reader.next() is None
    reader.feed(bytes([0x90 ^ 0x04]))  # no character begins with F4 90; 99 bytes of the frame have not come
    with pytest.raises(FrameError) as caught:
        reader.next()
    assert caught.value.code == 1007


def test_a_message_beyond_the_limit_is_refused_from_its_first_frames_head() -> None:
    """CVE-2026-44545."""
    assert refused(masked(BINARY, b"x" * 101)[:6], max_size=100) == 1009
    assert refused(masked(BINARY, b"x" * 60, fin=False) + masked(CONTINUATION, b"x" * 41)[:6], max_size=100) == 1009
    assert read(masked(BINARY, b"x" * 100), max_size=100) == [b"x" * 100]


def test_cve_2026_48779_endless_small_fragments_are_refused() -> None:
    assert refused(masked(TEXT, b"", fin=False) + masked(CONTINUATION, b"", fin=False) * 2000) == 1008
    many = masked(BINARY, b"", fin=False) + masked(CONTINUATION, b"x" * 16, fin=False) * 5000 + masked(CONTINUATION)
    assert read(many) == [b"x" * 80_000]


def test_cve_2026_48779_fragments_take_no_more_memory_than_their_bytes() -> None:
    reader = FrameReader(1_000_000)
    piece = masked(CONTINUATION, b"x" * 8, fin=False)
    reader.feed(masked(BINARY, b"", fin=False))
    tracemalloc.start()
    for _ in range(50_000):
        reader.feed(piece)
        reader.next()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000


@given(st.lists(st.one_of(st.text(max_size=300), st.binary(max_size=300)), max_size=5), st.integers(1, 50))
def test_what_is_sent_is_what_is_read(messages: list[str | bytes], step: int) -> None:
    data = b"".join([masked(TEXT, m.encode()) if isinstance(m, str) else masked(BINARY, m) for m in messages])
    assert read(data, step=step) == messages


@given(st.binary(max_size=200), st.integers(1, 20))
def test_nothing_but_the_documented_error_escapes(data: bytes, step: int) -> None:
    try:
        whole: object = read(data)
    except FrameError as error:
        whole = error.code
    try:
        cut: object = read(data, step=step)
    except FrameError as error:
        cut = error.code
    assert isinstance(whole, int) or whole == cut


@given(st.binary(max_size=200), st.integers(1, 20))
def test_nothing_but_the_documented_error_escapes_from_compressed_frames(data: bytes, step: int) -> None:
    found = negotiate("permessage-deflate")
    assert found is not None
    reader = FrameReader(1000, found[0])
    try:
        for at in range(0, len(data), step):
            reader.feed(data[at : at + step])
            while reader.next() is not None:
                pass
        reader.feed(masked(TEXT, data, rsv=4))
        while reader.next() is not None:
            pass
    except FrameError:
        pass

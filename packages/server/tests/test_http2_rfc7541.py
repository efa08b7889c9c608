"""RFC 7541 requirement by requirement: header blocks of the specification's own making, over a socket."""

import struct
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hpack import Decoder

from partita.http import Request, Response
from partita.server.http2 import codes
from partita.server.http2.frames import END_HEADERS, END_STREAM, HEADERS, SETTINGS

Start = Callable[..., Any]
Connect = Callable[..., Any]
NAME, VALUE, GET = b"\x03x-a", b"\x02in", b"\x82\x86\x84\x41\x01a"  # GET http:// / with the authority "a"


async def echo(request: Request) -> Response:
    fields = [f"{name}={value}" for name, value in request.headers.items()]
    return Response.text("\n".join([request.method, request.full_path, *sorted(fields)]))


@pytest.fixture
def client(quick: Start, http2: Connect) -> Any:
    return http2(quick(echo))


def ask(client: Any, stream: int, block: bytes) -> list[str]:
    """Send one block; return the method, the target and the fields that the application saw."""
    client.send(HEADERS, END_HEADERS | END_STREAM, stream, block)
    head, body = client.response(stream)
    assert head[":status"] == "200"
    return [str(line) for line in body.decode().split("\n")]


def refused(client: Any, stream: int, block: bytes) -> None:
    client.send(HEADERS, END_HEADERS | END_STREAM, stream, block)
    assert client.error(stream) == ("connection", codes.COMPRESSION_ERROR)


# Appendix C.3 and C.4: three requests on one connection, the later ones leaning on the table of the earlier ones.

PLAIN = (
    "828684410f7777772e6578616d706c652e636f6d",
    "828684be58086e6f2d6361636865",
    "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
)
HUFFMAN = (
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
)


@pytest.mark.parametrize("blocks", [pytest.param(PLAIN, id="C.3 literal"), pytest.param(HUFFMAN, id="C.4 Huffman")])
def test_the_requests_of_the_specification_are_understood(client: Any, blocks: Iterable[str]) -> None:
    # The third request has the scheme https on a plain connection and is no fault of compression.
    first, second, third = (bytes.fromhex(block) for block in blocks)
    assert ask(client, 1, first) == ["GET", "/", "host=www.example.com"]
    assert ask(client, 3, second) == ["GET", "/", "cache-control=no-cache", "host=www.example.com"]
    assert ask(client, 5, third) == ["GET", "/index.html", "custom-key=custom-value", "host=www.example.com"]


@pytest.mark.parametrize(
    ("block", "field"),
    [
        pytest.param("400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key=custom-header", id="C.2.1"),
        pytest.param("0f2b032a2f2a", None, id="6.2.2 a name from the static table, content-location"),
        pytest.param("1008782d7365637265740673656372657400"[:-2], "x-secret=secret", id="6.2.3 never indexed"),
    ],
)
def test_6_2_each_kind_of_literal_is_read(client: Any, block: str, field: str | None) -> None:
    lines = ask(client, 1, GET + bytes.fromhex(block))
    assert field is None or field in lines
    assert len(lines) == 4


# Section 2.3.2 and 4: the dynamic table.


def test_2_3_2_only_literals_with_indexing_enter_the_table(client: Any) -> None:
    ask(client, 1, GET + b"\x40" + NAME + VALUE + b"\x00\x03x-b\x01b\x10\x03x-c\x01c")
    assert "x-a=in" in ask(client, 3, b"\x82\x86\x84\xbf\xbe")  # 62 is the newest entry, 63 the authority before it
    refused(client, 5, GET + b"\xc1")  # 65: two literals went by without entering


def test_4_the_table_is_shared_by_all_streams_even_those_that_are_refused(client: Any) -> None:
    good = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]
    for stream in (1, 3):
        block = client.encoder.encode([*good, ("x-a", "in the table"), ("connection", "x")])
        client.send(HEADERS, END_HEADERS | END_STREAM, stream, block)
        assert client.error(stream) == ("stream", codes.PROTOCOL_ERROR)
    client.headers(5, *good, ("x-a", "in the table"))
    assert client.response(5)[0][":status"] == "200"


def test_4_2_a_smaller_table_evicts_and_may_grow_again(client: Any) -> None:
    ask(client, 1, GET + b"\x40" + NAME + VALUE)
    ask(client, 3, b"\x20" + b"\x3f\xe1\x1f" + GET)  # to 0 and back to 4096, both ahead of the first field
    refused(client, 5, b"\x82\x86\x84\xbe\xbf")  # only the authority of the second request is there


def test_4_3_the_oldest_entries_make_room(client: Any) -> None:
    ask(client, 1, b"\x3f\x45" + GET + b"\x40" + NAME + VALUE)  # a table of 100 bytes
    ask(client, 3, b"\x82\x86\x84\xbf" + b"\x40\x03x-b\x01b")  # 43 + 37 + 36 > 100: the authority leaves
    assert "x-a=in" in ask(client, 5, b"\x82\x86\x84\x01\x01a\xbf")
    refused(client, 7, b"\x82\x86\x84\xc0")


def test_4_4_an_entry_larger_than_the_table_empties_it_and_is_no_error(client: Any) -> None:
    ask(client, 1, b"\x3f\x45" + GET)
    assert "x-a=" + "v" * 90 in ask(client, 3, GET + b"\x40" + NAME + b"\x5a" + b"v" * 90)
    refused(client, 5, b"\x82\x86\x84\xbe")


# What no decoder may let through.


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"\x80", id="2.3.3 index 0"),
        pytest.param(b"\xbe", id="2.3.3 index beyond the tables"),
        pytest.param(b"\x7e\x01x", id="6.2.1 name beyond the tables"),
        pytest.param(b"\x3f\xe2\x1f", id="4.2 table larger than agreed"),
        pytest.param(b"\x82\x20", id="4.2 table size behind a field"),
        pytest.param(b"\x00\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", id="5.1 endless integer"),
        pytest.param(b"\xff", id="5.1 integer cut short"),
        pytest.param(b"\x00\x81\xff\x01x", id="5.2 padding of eight bits"),
        pytest.param(b"\x00\x81\x00\x01x", id="5.2 padding of zeros"),
        pytest.param(b"\x00\x84\xff\xff\xff\xff\x01x", id="5.2 end of string within"),
        pytest.param(b"\x00\x05abc", id="5.2 string cut short"),
        pytest.param(b"\x00", id="6.2 field cut short"),
    ],
)
def test_a_broken_block_ends_the_connection(client: Any, block: bytes) -> None:
    refused(client, 1, block)


@pytest.mark.parametrize("cut", range(1, len(bytes.fromhex(HUFFMAN[0]))))
def test_a_block_cut_anywhere_never_becomes_a_request(client: Any, cut: int) -> None:
    client.send(HEADERS, END_HEADERS | END_STREAM, 1, bytes.fromhex(HUFFMAN[0])[:cut])
    # At the end of a field the block is whole and the request is malformed; elsewhere it cannot be decoded.
    assert client.error(1) in {("stream", codes.PROTOCOL_ERROR), ("connection", codes.COMPRESSION_ERROR)}


# What we send.


def status(decoder: Decoder, block: bytes) -> str:
    fields = {str(name): str(value) for name, value in decoder.decode(block)}
    return fields[":status"]


def blocks_of(client: Any, stream: int) -> bytes:
    client.send(HEADERS, END_HEADERS | END_STREAM, stream, GET)
    return bytes(next(payload for kind, _, number, payload in client.frames() if (kind, number) == (HEADERS, stream)))


def test_6_3_a_smaller_table_of_the_client_is_used_and_told_at_the_next_block(client: Any) -> None:
    first = blocks_of(client, 1)
    client.send(SETTINGS, payload=struct.pack("!HL", 1, 64))
    second, third = blocks_of(client, 3), blocks_of(client, 5)
    assert first[0] & 0xE0 != 0x20  # no update without a change
    assert second[:2] == b"\x3f\x21"  # to 64
    assert third[0] & 0xE0 != 0x20  # told once
    decoder = Decoder()
    decoder.max_allowed_table_size = 4096
    assert [status(decoder, block) for block in (first, second, third)] == ["200", "200", "200"]
    assert decoder.header_table.maxsize == 64


def test_4_2_of_two_changes_the_smaller_is_told_too(client: Any) -> None:
    first = blocks_of(client, 1)
    client.send(SETTINGS, payload=struct.pack("!HL", 1, 0) + struct.pack("!HL", 1, 4096))
    second = blocks_of(client, 3)
    decoder = Decoder()
    decoder.decode(first)
    assert second.startswith(b"\x20")  # to 0: what the client dropped is not referred to any more
    assert status(decoder, second) == "200"


def test_6_5_2_a_table_larger_than_ours_is_not_filled(client: Any) -> None:
    client.send(SETTINGS, payload=struct.pack("!HL", 1, 2**32 - 1))
    decoder = Decoder()
    assert status(decoder, blocks_of(client, 1)) == "200"
    assert decoder.header_table.maxsize == 4096

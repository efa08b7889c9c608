from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.server.chunked import ChunkedDecoder
from partita.server.errors import BadMessage

tokens = st.from_regex(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,8}", fullmatch=True)
quoted = st.from_regex(r'"(?:[\t !#-\[\]-~]|\\[\t -~]){0,8}"', fullmatch=True)
extensions = st.lists(st.builds("{}{}".format, tokens, st.just("") | (tokens | quoted).map("={}".format)), max_size=3)
sizes = st.sampled_from(["{:x}", "{:X}", "{:04x}", "{:015x}"])
fields = st.builds("{}:{}".format, tokens, st.from_regex(r"[\t -~\x80-\xff]{0,10}", fullmatch=True))


def decoded(data: bytes, *cuts: int) -> tuple[bytes, bytes, bool]:
    """Decode what is cut at some places; return the content, what is behind it, and whether it is complete."""
    found: list[bytes] = []
    decoder, behind = ChunkedDecoder(found.append), b""
    places = [0, *sorted(cuts), len(data)]
    for begin, end in pairwise(places):
        behind = behind + data[begin:end] if decoder.complete else decoder.feed(data[begin:end])
    return b"".join(found), behind, decoder.complete


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=40), sizes, extensions), max_size=4),
    sizes,
    st.lists(fields, max_size=3),
    st.binary(max_size=10),
    st.data(),
)
def test_what_is_coded_is_decoded_wherever_it_is_cut(
    chunks: list[tuple[bytes, str, list[str]]], last: str, trailers: list[str], behind: bytes, data: st.DataObject
) -> None:
    coded = b"".join(
        b"%b\r\n%b\r\n" % (";".join([size.format(len(chunk)), *more]).encode(), chunk) for chunk, size, more in chunks
    )
    coded += f"{last.format(0)}\r\n{''.join(f'{field}{chr(13)}{chr(10)}' for field in trailers)}\r\n".encode("latin-1")
    content = b"".join(chunk for chunk, _, _ in chunks)
    assert decoded(coded + behind) == (content, behind, True)
    cuts = data.draw(st.lists(st.integers(0, len(coded + behind)), max_size=4))
    assert decoded(coded + behind, *cuts) == (content, behind, True)
    for end in range(0, len(coded), 1 + len(coded) // 20):
        assert decoded(coded[:end])[1:] == (b"", False)


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        *[(size + b"\r\n", 400, "size of a chunk") for size in (b"", b" 1", b"1 ", b"+1", b"0x1", b"g", b"1_0", b"\xb2")],
        *[(size + b"\r\n", 400, "size of a chunk") for size in (b"1;", b";a", b"1; a", b"1;a=", b'1;a="', b"1;a=b c", b"1;a\0")],
        (b"0000000000000001\r\n", 400, "size of a chunk"),
        (b"\r\n", 400, "size of a chunk"),
        (b"\n", 400, "does not end with CR LF"),
        (b"1\n", 400, "does not end with CR LF"),
        (b"1\rx\n", 400, "size of a chunk|does not end"),
        (b"1\r\nxy", 400, "longer than its size"),
        (b"1\r\nx\n", 400, "longer than its size"),
        (b"1\r\nx\rx", 400, "longer than its size"),
        (b"0\r\nX y\r\n", 400, "trailer field"),
        (b"0\r\n X: y\r\n", 400, "trailer field"),
        (b"0\r\nX : y\r\n", 400, "trailer field"),
        (b"0\r\n: y\r\n", 400, "trailer field"),
        (b"0\r\nX: \0\r\n", 400, "trailer field"),
        (b"0\r\nX: y\n", 400, "does not end with CR LF"),
        (b"0\r\n\n", 400, "does not end with CR LF"),
        (b"1" + b";" + b"a" * 255 + b"\r\n", 400, "too long"),
        (b"1" + b";" + b"a" * 257, 400, "too long"),
        (b"0\r\nX:" + b"y" * 8191 + b"\r\n", 400, "too long"),
        (b"0\r\nX:" + b"y" * 8188 + b"\r\n\r\n", 431, "trailer is too long"),
        (b"0\r\nX:y\r\n" + b"X:yyyyyy\r\n" * 819, 431, "trailer is too long"),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_refused_wherever_it_is_cut(data: bytes, status: int, said: str) -> None:
    ends = range(1, len(data)) if len(data) < 100 else [len(data) // 2, len(data) - 1]
    for cut in [0, *ends]:
        with pytest.raises(BadMessage, match=said) as caught:
            decoded(data, cut)
        assert caught.value.status == status


@pytest.mark.parametrize(
    "data",
    [
        b"1;" + b"a" * 254 + b"\r\nx\r\n0\r\n\r\n",
        b"1\r\nx\r\n0\r\nX:" + b"y" * 8186 + b"\r\n\r\n",
        b"1\r\nx\r\n0\r\n" + b"X:yyyyyy\r\n" * 819 + b"\r\n",
    ],
)
def test_bounds_are_reached_before_they_are_crossed(data: bytes) -> None:
    assert decoded(data) == (b"x", b"", True)
    assert decoded(data, *range(len(data) - 20, len(data))) == (b"x", b"", True)


def test_content_is_given_as_it_comes_and_not_held_back() -> None:
    found: list[bytes] = []
    decoder = ChunkedDecoder(found.append)
    assert decoder.feed(b"ffffffffffffff\r\nfirst") == b""
    assert found == [b"first"]
    decoder.feed(b"second")
    assert found == [b"first", b"second"]
    assert not decoder.complete

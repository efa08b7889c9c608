"""The grammar of multipart bodies at its edges: each body comes whole, byte by byte, and cut at every place."""

import tracemalloc
from collections.abc import Iterator

import pytest

from partita.http import BadRequest, ContentTooLarge
from partita.http.multipart import MultipartParser, Part, name_without_folders

NAMED = 'Content-Disposition: form-data; name="a"\r\n'
Found = list[tuple[Part, bytes]]


def pieces_of(body: bytes) -> Iterator[list[bytes]]:
    yield [body]
    yield [body[at : at + 1] for at in range(len(body))]
    for at in range(1, len(body)):
        yield [body[:at], body[at:]]


def parse(pieces: list[bytes], boundary: str = "x", max_header_bytes: int = 8192) -> Found:
    found: Found = []
    content: list[bytes] = []

    def begin(part: Part) -> None:
        content.clear()
        found.append((part, b""))

    def end() -> None:
        found[-1] = (found[-1][0], b"".join(content))

    parser = MultipartParser(boundary, begin, content.append, end, max_header_bytes)
    for piece in pieces:
        parser.feed(piece)
    parser.finish()
    return found


def contents(body: bytes, boundary: str = "x") -> list[bytes]:
    """Return what the parts hold, which must be the same however the body is cut."""
    results = [[data for _, data in parse(pieces, boundary)] for pieces in pieces_of(body)]
    assert all(result == results[0] for result in results)
    return results[0]


def refused(body: bytes) -> None:
    for pieces in pieces_of(body):
        with pytest.raises(BadRequest):
            parse(pieces)


def part(content: str = "1", headers: str = NAMED, boundary: str = "x") -> bytes:
    return f"--{boundary}\r\n{headers}\r\n{content}\r\n--{boundary}--\r\n".encode()


def disposition(value: str) -> Part:
    ((found, _),) = parse([part(headers=f"Content-Disposition: {value}\r\n")])
    return found


@pytest.mark.parametrize(
    ("body", "held"),
    [
        (b"--x--", []),
        (b"\r\n--x--\r\n", []),
        (b"a preamble\r\nof lines\r\n--x\r\n" + NAMED.encode() + b"\r\n1\r\n--x--an epilogue\r\n--x\r\n", [b"1"]),
        # A part without content may end with the line break of its last header (RFC 2046, section 5.1.1).
        (f"--x\r\n{NAMED}\r\n--x\r\n{NAMED}\r\n--x--".encode(), [b"", b""]),
        (f"--x\r\n{NAMED}\r\n\r\n--x--".encode(), [b""]),
        (f"--x\r\n{NAMED}\r\n\r\n\r\n--x--".encode(), [b"\r\n"]),
        # What only begins like a delimiter is content.
        (f"--x\r\n{NAMED}\r\n\r\n--\r\n--y\r\r\n\r\n--x--".encode(), [b"\r\n--\r\n--y\r\r\n"]),
        (f"--x\r\n{NAMED}\r\n--x\r\n\r\n--x--".encode(), None),
        (f"--x\r\n{NAMED}\r\n-\r\n--x--".encode(), [b"-"]),
        (f"--x\r\n{NAMED}\r\n\r\r\n--x--".encode(), [b"\r"]),
        # White space may pad a delimiter.
        (f"--x \t \r\n{NAMED}\r\n1\r\n--x\t\r\n{NAMED}\r\n2\r\n--x--".encode(), [b"1", b"2"]),
        (f"--x{' ' * 64}\r\n{NAMED}\r\n1\r\n--x--".encode(), [b"1"]),
    ],
)
def test_parts_hold_the_same_however_a_body_is_cut(body: bytes, held: list[bytes] | None) -> None:
    if held is None:
        refused(body)
    else:
        assert contents(body) == held


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x-",
        b"--x\r\n",
        part()[:-6],  # the closing boundary has one hyphen
        part(boundary="y"),
        f"--xy\r\n{NAMED}\r\n1\r\n--x--".encode(),
        f"--x\n{NAMED}\r\n1\r\n--x--".encode(),
        f"--x\r{NAMED}\r\n1\r\n--x--".encode(),
        f"--x -\r\n{NAMED}\r\n1\r\n--x--".encode(),
        f"--x --\r\n{NAMED}\r\n1\r\n--x--".encode(),
        f"--x\ra\n{NAMED}\r\n1\r\n--x--".encode(),
        f"--x{' ' * 65}\r\n{NAMED}\r\n1\r\n--x--".encode(),
        b"--x\r\n\r\n1\r\n--x--",  # no headers at all
        part(headers=NAMED + ": 1\r\n"),
        part(headers=NAMED + "a b: 1\r\n"),
        part(headers=NAMED + "a : 1\r\n"),
        part(headers=NAMED + "a\r\n"),
        part(headers=NAMED + "\ta: 1\r\n"),
        part(headers=NAMED + "a: \x00\r\n"),
        part(headers=NAMED + "a: b\rc\r\n"),
        part(headers=NAMED + "a: b\nc: d\r\n"),
        part(headers=NAMED + "a: \x7f\r\n"),
        part(headers=NAMED + NAMED),
        part(headers=NAMED + "A: 1\r\na: 1\r\n"),
        part(headers=NAMED + "Content-Transfer-Encoding: base64\r\n"),
        part(headers=NAMED + "Content-Transfer-Encoding: quoted-printable\r\n"),
        part(headers=NAMED + "".join(f"a{number}: 1\r\n" for number in range(16))),
    ],
)
def test_a_body_that_breaks_the_grammar_is_refused_however_it_is_cut(body: bytes) -> None:
    refused(body)


def test_padding_without_end_is_refused_before_it_ends() -> None:
    for padding in (b" " * 65, b"\t" * 10_000):
        parser = MultipartParser("x", lambda part: None, lambda data: None, lambda: None)
        with pytest.raises(BadRequest, match="other than a line break"):
            parser.feed(b"--x" + padding)


@pytest.mark.parametrize("wrong", [b"a", b" a", b"\n", b" \t\n"])
def test_what_cannot_end_a_delimiter_is_refused_as_soon_as_it_comes(wrong: bytes) -> None:
    parser = MultipartParser("x", lambda part: None, lambda data: None, lambda: None)
    with pytest.raises(BadRequest, match="other than a line break"):
        parser.feed(b"--x" + wrong + b"b")


def test_sixteen_headers_are_not_too_many() -> None:
    headers = NAMED + "".join(f"a{number}: 1\r\n" for number in range(15))
    assert contents(part(headers=headers)) == [b"1"]


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "BINARY"])
def test_parts_that_are_not_encoded_may_say_so(encoding: str) -> None:
    assert contents(part(headers=NAMED + f"Content-Transfer-Encoding: {encoding}\r\n")) == [b"1"]


@pytest.mark.parametrize("cut", [False, True])
def test_the_headers_of_a_part_have_as_many_bytes_as_they_may_and_no_more(cut: bool) -> None:
    padding = "b: "
    most = len(NAMED) + len(padding) + 2  # with the line break of each
    for length, fits in ((100 - most, True), (101 - most, False)):
        body = part(headers=f"{NAMED}{padding}{'c' * length}\r\n")
        pieces = [body[at : at + 1] for at in range(len(body))] if cut else [body]
        if fits:
            assert [data for _, data in parse(pieces, max_header_bytes=100)] == [b"1"]
        else:
            with pytest.raises(ContentTooLarge, match="more than 100 bytes"):
                parse(pieces, max_header_bytes=100)


def test_headers_without_end_are_refused_before_they_end() -> None:
    parser = MultipartParser("x", lambda part: None, lambda data: None, lambda: None, 100)
    with pytest.raises(ContentTooLarge):
        parser.feed(b"--x\r\n" + b"a" * 102)


@pytest.mark.parametrize("boundary", ["a", "a" * 70, "'()+_,-./:=?", "a b"])
def test_a_boundary_is_what_the_grammar_allows(boundary: str) -> None:
    assert contents(part(boundary=boundary), boundary) == [b"1"]


@pytest.mark.parametrize("boundary", ["", " ", "a" * 71, "a ", 'a"', "a;", "ä", "a\n", "a\r\nb", "*"])
def test_anything_else_is_no_boundary(boundary: str) -> None:
    with pytest.raises(BadRequest, match="1 to 70 characters"):
        MultipartParser(boundary, lambda part: None, lambda data: None, lambda: None)


@pytest.mark.parametrize(
    ("value", "name", "filename"),
    [
        ('form-data; name="a"', "a", None),
        ("FORM-DATA;name=a", "a", None),
        ('\tform-data ; \t name="a" ; filename="b.txt"', "a", "b.txt"),
        ('form-data; name="a";', "a", None),
        ('form-data; name="a"; \t', "a", None),
        ('form-data; name="a";\t;', "a", None),
        ('form-data; NAME="a"', "a", None),
        (r'form-data; name="a\"b\\c\d"', r'a"b\c\d', None),
        ('form-data; name=""', "", None),
        ('form-data; name="a;b=c"', "a;b=c", None),
        ('form-data; name="a"; filename=""', "a", ""),
        (r'form-data; name="a"; filename="C:\dir\b.txt"', "a", "b.txt"),
        ('form-data; name="a"; other="1"; filename=b.txt', "a", "b.txt"),
        ('form-data; name="ü"', "ü", None),
    ],
)
def test_a_disposition_is_taken_apart(value: str, name: str, filename: str | None) -> None:
    found = disposition(value)
    assert (found.name, found.filename) == (name, filename)
    assert found.content_type == ("text/plain" if filename is None else "application/octet-stream")


@pytest.mark.parametrize(
    "value",
    [
        "form-data", 'attachment; name="a"', 'form-data name="a"', 'form-data, name="a"', 'form-data; filename="a"', 'form-data; name="a',
        'form-data; name="a"b', 'form-data; name="a" b', 'form-data; name="a"; name="b"', 'form-data; name=a; NAME=b', 'form-data; ="a"; name="a"',
        'form-data; name', 'form-data; a b=1; name="a"', 'form-data; name="a"; ; x=1', 'xform-data; name="a"', 'form-datax; name="a"',
        'form-data; name="a"; filename="a"; filename="b"',
    ],
)  # fmt: skip
def test_a_disposition_that_cannot_be_read_is_refused(value: str) -> None:
    refused(part(headers=f"Content-Disposition: {value}\r\n"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.txt", "a.txt"), ("../../etc/passwd", "passwd"), ("C:\\x\\a.txt", "a.txt"), ("a/", ""), (".", ""), ("..", ""), ("a/..", ""), ("...", "..."),
        ("a\x00b\n.txt", "ab.txt"), (" a b ", "a b"), ("\u202etxt.exe", "txt.exe"), (".profile", ".profile"), ("x" * 255, "x" * 255),
        ("x" * 300, "x" * 255), ("x" * 300 + ".jpeg", "x" * 250 + ".jpeg"), ("." + "x" * 300, "." + "x" * 254),
        ("a." + "x" * 300, "a." + "x" * 253), ("a" * 300 + "." + "x" * 31, "a" * 223 + "." + "x" * 31), ("a" * 300 + "." + "x" * 32, "a" * 255),
    ],
)  # fmt: skip
def test_a_files_name_loses_its_folders_and_what_does_not_print_and_keeps_its_ending(given: str, kept: str) -> None:
    assert name_without_folders(given) == kept


def test_a_long_preamble_is_not_kept() -> None:
    parser = MultipartParser("x", lambda part: None, lambda data: None, lambda: None)
    piece = b"\r\n--" * 16_384
    tracemalloc.start()
    try:
        for _ in range(64):
            parser.feed(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(piece)


def test_content_is_handed_on_as_it_comes() -> None:
    got: list[bytes] = []
    parser = MultipartParser("x", lambda part: None, got.append, lambda: None)
    parser.feed(part()[:-9])
    assert b"".join(got) == b"1"
    held = [
        (b"a" * 1000, 0),
        (b"\r", 1),
        (b"b" * 1000, 0),
        (b"\r\n--", 4),
        (b"c", 0),
        (b"d\re", 0),
        (b"\r\n-", 3),
        (b"\r", 1),
        (b"f", 0),
    ]
    sent = b"1"
    for piece, back in held:
        parser.feed(piece)
        sent += piece
        assert b"".join(got) == sent[: len(sent) - back]  # only what may be the beginning of a delimiter waits
    parser.feed(b"\r\n--x--")
    parser.feed(b"whatever comes behind the end")
    parser.finish()

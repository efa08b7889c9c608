"""The strict reader refuses what the corpus says, and the fast one differs from it nowhere: a quick part of the long run."""

import asyncio
import importlib.util
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.server.message import HeadParser, Message

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parents[2]

import fuzz_http  # noqa: E402
from strict_http import Bounds, Chunks, Refused, read_chunks, read_head  # noqa: E402


def corpus() -> ModuleType:
    path = ROOT / "packages" / "server" / "tests" / "test_smuggling.py"
    specification = importlib.util.spec_from_file_location("smuggling_corpus", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def read(message: bytes) -> None:
    """Read a whole message with the strict reader alone."""
    message = message.removeprefix(b"\r\n")
    end = message.find(b"\r\n\r\n") + 4
    head = read_head(message[:end] if end > 3 else message, Bounds())
    rest = message[end + head.length :]
    if head.chunked:
        chunks = read_chunks(rest)
        if chunks.rest is None:
            raise Refused("it never ends")
        rest = chunks.rest
    if rest:
        read(rest)


def test_the_strict_reader_refuses_every_message_of_the_corpus() -> None:
    module = corpus()
    for message in [*module.REFUSED, *[message for message, _ in module.OTHER]]:
        if b"Upgrade: websocket" not in message:  # that one is refused for its keys, not for its form
            with pytest.raises(Refused):
                read(message + module.MARKER)


def test_the_strict_reader_takes_a_good_message_apart() -> None:
    head = read_head(b"POST /a?b HTTP/1.1\r\nHost: a\r\nConnection: x\r\nContent-Length: 5\r\nX_Y: z\r\n\r\n", Bounds())
    assert (head.path, head.query, head.length, head.chunked, head.keep_alive) == (b"/a", b"b", 5, False, True)
    assert head.fields == ((b"host", b"a"), (b"connection", b"x"), (b"content-length", b"5"))
    assert read_chunks(b'2;a="b\\"";c\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\nrest') == Chunks(b"abc", b"rest")
    assert read_chunks(b"2\r\na") == Chunks(b"a", None)


def compare(stream: bytes, cuts: list[int]) -> None:
    async def main() -> None:
        await fuzz_http.Differ(0).compare(stream, sorted(min(cut, len(stream)) for cut in cuts))

    asyncio.run(main())


@given(st.integers(0, 2**40))
def test_the_two_readers_agree_about_random_streams(seed: int) -> None:
    async def main() -> int:
        differ = fuzz_http.Differ(seed)
        return sum([await differ.step() for _ in range(20)])

    assert asyncio.run(main()) >= 20


FIELDS = [piece + b"\r\n" for piece in fuzz_http.FIELDS] + [b"\r\n", b"\r", b"\n", b" ", b"\t", b":", b"X"]
CUTS = st.lists(st.integers(0, 300), max_size=4)


@given(st.lists(st.sampled_from(FIELDS) | st.binary(max_size=3), max_size=8), st.sampled_from(fuzz_http.TARGETS), CUTS)
def test_the_two_readers_agree_about_fields_put_together_at_will(
    pieces: list[bytes], target: bytes, cuts: list[int]
) -> None:
    compare(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n" + b"".join(pieces) + b"\r\n\r\n", cuts)


@given(st.lists(st.sampled_from([*fuzz_http.SIZES, b"\r\n", b"x", b"xx", b";", b'"', b"\\", b"\n"]), max_size=12), CUTS)
def test_the_two_readers_agree_about_bodies_put_together_at_will(pieces: list[bytes], cuts: list[int]) -> None:
    compare(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(pieces) + b"\r\n", cuts)


def test_a_reader_that_takes_too_much_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    good = HeadParser.parse

    def lenient(parser: HeadParser, head: bytes) -> Message:
        return good(parser, head.replace(b" :", b":"))

    stream = b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n"
    compare(stream, [])
    monkeypatch.setattr(HeadParser, "parse", lenient)
    with pytest.raises(fuzz_http.Difference, match="a line that is no field"):
        compare(stream, [])


def test_the_long_run_counts_what_it_read(run: Run) -> None:
    done = run("fuzz_http", "--count", "300", "--processes", "1", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"30\d messages, seed 7: 0 differences\n", done.stdout)

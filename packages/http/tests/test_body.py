import asyncio
import io
import threading
from collections.abc import Awaitable, Callable

import pytest

from partita.http import BodyError, BytesBody, ClientDisconnected, ContentTooLarge, StreamBody
from partita.http.wsgi import request_from_environ


def source(*chunks: bytes) -> Callable[[], Awaitable[bytes | None]]:
    left = list(chunks)

    async def receive() -> bytes | None:
        await asyncio.sleep(0)
        return left.pop(0) if left else None

    return receive


def test_a_stream_is_read_whole_and_again() -> None:
    async def main() -> None:
        body = StreamBody(source(b"a", b"b"))
        assert await body.aread() == await body.aread() == b"ab"
        assert [chunk async for chunk in body] == [b"ab"]

    asyncio.run(main())


def test_a_stream_that_was_iterated_cannot_be_read_again() -> None:
    async def main() -> None:
        body = StreamBody(source(b"a", b"b"))
        assert [chunk async for chunk in body] == [b"a", b"b"]
        with pytest.raises(BodyError, match="nothing of it was kept"):
            await body.aread()

    asyncio.run(main())


def test_a_worker_thread_reads_without_help() -> None:
    async def main() -> None:
        assert await asyncio.to_thread(StreamBody(source(b"a", b"b")).read) == b"ab"
        assert await asyncio.to_thread(list, StreamBody(source(b"a", b"b"))) == [b"a", b"b"]

    asyncio.run(main())


def test_sync_reading_on_the_loops_thread_needs_a_wait_and_says_so() -> None:
    async def main() -> None:
        with pytest.raises(BodyError, match="async twin"):
            StreamBody(source(b"a")).read()

    asyncio.run(main())


def test_sync_reading_on_the_loops_thread_uses_the_wait_given() -> None:
    def wait(awaitable: Awaitable[bytes]) -> bytes:
        result: list[bytes] = []

        def run() -> None:
            async def main() -> None:
                result.append(await awaitable)

            asyncio.run(main())

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return result[0]

    async def main() -> None:
        assert StreamBody(source(b"a", b"b"), wait).read() == b"ab"  # type: ignore[arg-type]

    asyncio.run(main())


def test_limits_hold_for_what_comes_and_for_what_is_announced() -> None:
    async def main() -> None:
        with pytest.raises(ContentTooLarge):
            await StreamBody(source(b"a" * 6, b"b" * 6)).aread(10)
        announced = StreamBody(source(b"a"), length=11)
        with pytest.raises(ContentTooLarge):
            await announced.aread(10)
        body = StreamBody(source(b"a" * 11))
        await body.aread()
        with pytest.raises(ContentTooLarge):
            await body.aread(10)

    asyncio.run(main())


def test_bytes_are_a_body_too() -> None:
    body = BytesBody(b"ab")
    assert body.read() == asyncio.run(body.aread()) == b"ab"
    assert list(body) == [b"ab"]
    assert list(BytesBody()) == []
    with pytest.raises(ContentTooLarge):
        body.read(1)


def test_what_has_been_awaited_is_read_by_sync_code_on_the_loop_without_waiting() -> None:
    async def run() -> None:
        body = StreamBody(source(b"ab", b"c"))
        await body.aread()
        assert body.read() == b"abc"
        assert list(body) == [b"abc"]
        with pytest.raises(ContentTooLarge):
            body.read(2)
        with pytest.raises(ContentTooLarge):
            await body.aread(2)

    asyncio.run(run())


@pytest.mark.parametrize("announced", [None, 3, 5_000_000, 6_000_000, 8_000_000])
@pytest.mark.parametrize("size", [0, 3, 4_194_305, 5_000_000, 6_291_456, 8_000_000])
def test_a_large_body_is_what_came_whatever_was_announced(announced: int | None, size: int) -> None:
    sent = bytes(range(256)) * (size // 256 + 1)

    async def main() -> None:
        pieces = [sent[at : min(at + 300_000, size)] for at in range(0, size, 300_000)]

        async def receive() -> bytes | None:
            return pieces.pop(0) if pieces else None

        assert await StreamBody(receive, length=announced).aread(8_000_000) == sent[:size]

    asyncio.run(main())
    environ = {"wsgi.input": io.BytesIO(sent[:size]), "CONTENT_LENGTH": "" if announced is None else str(announced)}
    if size < (announced or 0):
        with pytest.raises(ClientDisconnected):
            request_from_environ(environ).body.read(8_000_000)
    else:
        assert request_from_environ(environ).body.read(8_000_000) == sent[: announced or 0]


def test_a_length_beyond_all_memory_takes_none() -> None:
    environ = {"wsgi.input": io.BytesIO(b"abc"), "CONTENT_LENGTH": "9" * 19}
    with pytest.raises(ClientDisconnected):
        request_from_environ(environ).body.read()

"""Bodies of responses as chunks of bytes, whether they come from bytes, files, async or plain iterators."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable

__all__ = ("iterate",)

_END = object()


async def iterate(body: bytes | AsyncIterable[bytes | str] | Iterable[bytes | str]) -> AsyncIterator[bytes]:
    """Give the chunks of ``body``, without empty ones, and close it whatever happens.

    A plain iterator may block, so each step runs in a worker thread, with the context of the caller.
    """
    if isinstance(body, bytes):
        if body:
            yield body
    elif isinstance(body, AsyncIterable):
        chunks = aiter(body)
        try:
            async for chunk in chunks:
                if chunk:
                    yield chunk.encode() if isinstance(chunk, str) else chunk
        finally:
            if close := getattr(chunks, "aclose", None):
                await close()
    else:
        import asyncio

        iterator = iter(body)
        try:
            while (step := await asyncio.to_thread(next, iterator, _END)) is not _END:
                if isinstance(step, str):
                    step = step.encode()
                if step:
                    yield step  # type: ignore[misc]  # next() with a sentinel is typed as object
        finally:
            if close := getattr(body, "close", None):
                await asyncio.to_thread(close)

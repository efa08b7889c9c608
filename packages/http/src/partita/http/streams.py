"""Bodies of responses as chunks of bytes, whether they come from bytes, files, async or plain iterators."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable

__all__ = ("iterate",)

_END = object()


async def iterate(body: bytes | AsyncIterable[bytes | str] | Iterable[bytes | str]) -> AsyncIterator[bytes]:
    """Give the chunks of ``body``, without empty ones, and close it whatever happens.

    A plain iterator may block, so each step runs in a worker thread, with the context of the caller. It is closed when the step that
    runs has ended, also if whoever takes the chunks is cancelled meanwhile.
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
        from contextvars import copy_context

        iterator, loop = iter(body), asyncio.get_running_loop()
        running: asyncio.Future[object] | None = None

        def advance() -> object:
            return next(iterator, _END)

        try:
            while True:
                running = loop.run_in_executor(None, copy_context().run, advance)
                step = await asyncio.shield(running)
                if step is _END:
                    return
                if isinstance(step, str):
                    step = step.encode()
                if step:
                    yield step  # type: ignore[misc]  # next() with a sentinel is typed as object
        finally:
            if running is not None and not running.done():
                await asyncio.wait([running])  # cancelled in the middle of a step, which no thread can be torn out of
            if close := getattr(body, "close", None):
                await asyncio.to_thread(close)

"""Server-sent events (WHATWG HTML, section 9.2)."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from partita.http.encoding import encode_json
from partita.http.errors import HeaderSyntaxError
from partita.http.headers import Headers
from partita.http.request import Request

if TYPE_CHECKING:
    from asyncio import Queue

__all__ = ("EVENT_HEADERS", "Event", "event_chunks", "last_event_id")

EVENT_HEADERS = Headers(
    {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",  # nginx would hold events back
    }
)
_LINE = re.compile(r"\r\n|\r|\n")  # not splitlines(): browsers know only these three
_KEEP_ALIVE = b":\n\n"


class Event(msgspec.Struct, frozen=True):
    """One event.

    Args:
        data: Text, sent as it is; anything else is sent as JSON.
        event: Its type; ``message`` if there is none.
        id: What the browser sends as ``Last-Event-ID`` when it connects again.
        retry: How long the browser should wait before that.
        comment: Lines that browsers skip.

    Raises:
        HeaderSyntaxError: If type or id hold a line break, with which a value could become a field, or the id a NUL.
    """

    data: object = None
    event: str | None = None
    id: str | None = None
    retry: timedelta | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("event", self.event), ("id", self.id)):
            if value is not None and re.search(r"[\r\n\0]", value):
                raise HeaderSyntaxError(name, value, "text without line breaks and NUL")

    def encode(self) -> bytes:
        """Return the event as it goes over the wire."""
        lines = []
        if self.comment is not None:
            lines += [f": {line}" for line in _LINE.split(self.comment)]
        if self.event is not None:
            lines.append(f"event: {self.event}")
        if self.id is not None:
            lines.append(f"id: {self.id}")
        if self.retry is not None:
            lines.append(f"retry: {int(self.retry.total_seconds() * 1000)}")
        if self.data is not None:
            text = self.data if isinstance(self.data, str) else encode_json(self.data).decode()
            lines += [f"data: {line}" for line in _LINE.split(text)]
        return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


def last_event_id(request: Request) -> str | None:
    """Return the id of the last event that the client saw, from which to go on; None for a new client.

    It is what the client says it is: look it up, do not trust it.
    """
    value = request.headers.get("last-event-id")
    return None if value is None else value.encode("latin-1").decode("utf-8", "replace")


async def event_chunks(
    events: AsyncIterable[Event | str] | Iterable[Event | str], retry: timedelta | None, keep_alive: float | None
) -> AsyncIterator[bytes]:
    """Give the bytes of a stream of events; see `Response.events`."""
    yield Event(retry=retry).encode() if retry is not None else _KEEP_ALIVE  # so that the browser sees the head at once
    if keep_alive is None:
        async for only in _iterate(events):
            yield _encoded(only)
        return
    import asyncio

    # One task runs the whole source, so that its cancel scopes and context variables hold; each event waits to be taken.
    queue: Queue[Event | str | None] = asyncio.Queue()
    room = asyncio.Semaphore(1)

    async def produce() -> None:
        try:
            async for event in _iterate(events):
                await room.acquire()
                queue.put_nowait(event)
        finally:
            queue.put_nowait(None)

    source = asyncio.create_task(produce())
    try:
        while True:
            try:
                async with asyncio.timeout(keep_alive):
                    event = await queue.get()
            except TimeoutError:
                yield _KEEP_ALIVE
                continue
            if event is None:
                break
            room.release()
            yield _encoded(event)
        await source  # raises what the source raised
    finally:
        source.cancel()
        await asyncio.wait([source])


async def _iterate(events: AsyncIterable[Event | str] | Iterable[Event | str]) -> AsyncIterator[Event | str]:
    if isinstance(events, AsyncIterable):
        source = aiter(events)
        try:
            async for event in source:
                yield event
        finally:
            if close := getattr(source, "aclose", None):
                await close()
        return
    import asyncio

    steps, end = iter(events), Event()
    try:
        while (found := await asyncio.to_thread(next, steps, end)) is not end:
            yield found
    finally:
        if close := getattr(events, "close", None):
            await asyncio.to_thread(close)


def _encoded(event: Event | str) -> bytes:
    return (Event(event) if isinstance(event, str) else event).encode()

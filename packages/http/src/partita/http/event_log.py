"""Events that several clients follow, and those who were away for a moment catch up with (server-sent events with replay)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from msgspec.structs import replace

from partita.http.events import Event

__all__ = ("EventLog",)


class EventLog:
    """The last events of one topic, each with an id, and whoever follows them, in one process and on one event loop.

    Args:
        size: Events that are kept for clients that come back.
        backlog: Events that may wait for one client; one that is slower than that is cut off, and comes back by itself.
    """

    __slots__ = ("_backlog", "_events", "_followers", "_number")

    def __init__(self, size: int = 1000, backlog: int = 100) -> None:
        self._events: deque[tuple[int, Event]] = deque(maxlen=size)
        self._backlog = backlog
        self._followers: set[asyncio.Queue[Event | None]] = set()
        self._number = 0

    def publish(self, event: Event | str) -> Event:
        """Send an event to all followers and keep it; return it with its id."""
        self._number += 1
        made = replace(Event(event) if isinstance(event, str) else event, id=str(self._number))
        self._events.append((self._number, made))
        for queue in list(self._followers):
            if queue.qsize() >= self._backlog:
                self._followers.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(made)
        return made

    def since(self, last_id: str | None) -> list[Event]:
        """Return the events after ``last_id``; all that are kept if it is older than those, none if it is no id of ours.

        Args:
            last_id: What `events.last_event_id` returns; None for a client that is new.
        """
        if last_id is None or not (last_id.isascii() and last_id.isdigit()) or len(last_id) > 18:
            return []
        number = int(last_id)
        return [event for own, event in self._events if own > number] if number <= self._number else []

    async def follow(self, last_id: str | None = None) -> AsyncIterator[Event]:
        """Give what the client has missed, and then what comes, until it is too slow; for `Response.events`."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        for missed in self.since(last_id):
            queue.put_nowait(missed)
        self._followers.add(queue)  # nothing was awaited since the look back, so no event is lost or comes twice
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            self._followers.discard(queue)

    @property
    def followers(self) -> int:
        """How many clients follow now."""
        return len(self._followers)

"""The messages of one request: those that waited, and those that were added."""

import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

from partita.contracts.i18n import LazyText
from partita.http import Slot
from partita.messages.levels import INFO
from partita.messages.message import Message

__all__ = ("MESSAGES", "Messages")


class Messages:
    """What a page shows with ``{% for message in messages %}``; what has been iterated over counts as seen.

    Nothing is loaded until somebody looks. The plain names block if the store does; in async code call `aload` first.

    Args:
        load: Returns the messages that wait.
        aload: Async twin of ``load``.
        level: Messages below it are not kept.
        expires: Seconds after which a message is forgotten, unless it says otherwise; 0 for never.
        clock: Seconds since 1970.
    """

    __slots__ = ("_aload", "_clock", "_dismissed", "_expires", "_load", "_queued", "_stored", "_waiting",
                 "level", "used")  # fmt: skip

    def __init__(
        self,
        load: Callable[[], Sequence[Message]],
        aload: Callable[[], Awaitable[Sequence[Message]]],
        level: int = INFO,
        expires: float = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._load, self._aload, self._clock, self._expires = load, aload, clock, expires
        self.level = level
        self.used = False
        """Whether somebody iterated over them."""
        self._stored: Sequence[Message] = ()
        self._waiting: tuple[Message, ...] | None = None
        self._queued: list[Message] = []
        self._dismissed: set[str] = set()

    def add(
        self,
        level: int,
        message: str | LazyText,
        extra_tags: str = "",
        *,
        persistent: bool = False,
        expires: float | None = None,
    ) -> Message | None:
        """Add a message.

        Args:
            level: Such as `levels.INFO`; one below the level of this request is not kept.
            message: The text; HTML only if it is marked as safe. An empty one is not kept.
            extra_tags: More classes of CSS, divided by spaces.
            persistent: Whether it is shown until `dismiss` is called with its ``id``.
            expires: Seconds after which it is forgotten, even if nobody has seen it; 0 for never.

        Returns:
            The message, or None if it is not kept.
        """
        if level < self.level or not message:
            return None
        lifetime = self._expires if expires is None else expires
        until = self._clock() + lifetime if lifetime else 0
        made = Message(level, message, extra_tags, secrets.token_urlsafe(9) if persistent else "", until)
        self._queued.append(made)
        return made

    def dismiss(self, identity: str) -> bool:
        """Forget a persistent message; returns whether there was one with that ``id``."""
        found = any(message.persistent and message.id == identity for message in self._all())
        if found:
            self._dismissed.add(identity)
        return found

    async def aload(self) -> None:
        """Load what waits; after this, nothing here blocks."""
        if self._waiting is None:
            self._take(await self._aload())

    @property
    def looked_at(self) -> bool:
        """Whether somebody asked for the messages that wait, so that the answer may depend on them."""
        return self._waiting is not None

    @property
    def touched(self) -> bool:
        """Whether there may be anything to save."""
        return self.used or bool(self._queued) or bool(self._dismissed)

    def kept(self, most: int) -> tuple[Sequence[Message], bool]:
        """Return what waits for the next request, and whether that differs from what the store has.

        Args:
            most: How many at most; the newest stay.
        """
        left = [message for message in self._waiting or () if message.persistent or not self.used]
        after = [message for message in (*left, *self._queued) if message.id not in self._dismissed][-most:]
        before = self._stored
        # By identity, as equal messages may be told twice.
        return after, len(after) != len(before) or any(a is not b for a, b in zip(after, before, strict=True))

    def peek(self) -> list[Message]:
        """Return the messages that iterating would give; they do not count as seen."""
        return [message for message in self._all() if message.id not in self._dismissed]

    def mark_seen(self) -> None:
        """Let all that are there so far count as seen, as iterating does."""
        # What has been shown need not wait; what is added from now on, has not been shown.
        self._waiting, self._queued, self.used = tuple(self._all()), [], True

    def __iter__(self) -> Iterator[Message]:
        self.mark_seen()
        return iter(self.peek())

    def __len__(self) -> int:
        return len(self.peek())

    def __contains__(self, message: object) -> bool:
        return message in self.peek()

    def __repr__(self) -> str:
        return f"<Messages: {len(self._queued)} added>"  # without loading the others

    def _all(self) -> list[Message]:
        if self._waiting is None:
            self._take(self._load())
        return [*(self._waiting or ()), *self._queued]

    def _take(self, loaded: Sequence[Message]) -> None:
        self._stored, now = loaded, self._clock()
        self._waiting = tuple(message for message in loaded if not message.until or message.until > now)


MESSAGES = Slot[Messages]("partita.messages.messages", varies_on=("*",))
"""Where the middleware puts them: ``request[MESSAGES]``, in templates ``messages``."""

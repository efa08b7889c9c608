"""What every place where messages wait can do."""

from collections.abc import Sequence
from typing import Protocol

from partita.http import Request, Response
from partita.messages.message import Message

__all__ = ("MessageStore",)


class MessageStore(Protocol):
    """Keeps messages from one request of a visitor to the next.

    What a visitor sends never makes it fail: what cannot be read is no message.
    """

    def load(self, request: Request) -> list[Message]:
        """Return the messages that wait, the oldest first."""
        ...

    async def aload(self, request: Request) -> list[Message]:
        """Async twin of `load`; after it, `save` need not wait."""
        ...

    def save(
        self, request: Request, response: Response, messages: Sequence[Message]
    ) -> tuple[Response, Sequence[Message]]:
        """Keep exactly these messages from now on.

        Args:
            request: Which is answered.
            response: The answer to it.
            messages: The oldest first; none forgets all.

        Returns:
            The answer, which may have got a cookie; and the messages that there was no room for.
        """
        ...

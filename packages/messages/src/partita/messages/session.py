"""Messages in the visitor's session."""

from collections.abc import Sequence

from partita.http import Request, Response
from partita.messages.message import Message, read_messages, write_messages
from partita.sessions import SESSION

__all__ = ("SessionStore",)

_NAME = "_messages"


class SessionStore:
    """Keeps messages in the session, whatever store that has; needs the layer of partita.sessions outside of its own."""

    __slots__ = ()

    def load(self, request: Request) -> list[Message]:
        """See `MessageStore.load`."""
        return read_messages(request[SESSION].get(_NAME, []))

    async def aload(self, request: Request) -> list[Message]:
        """See `MessageStore.aload`."""
        await request[SESSION].aload()
        return self.load(request)

    def save(
        self, request: Request, response: Response, messages: Sequence[Message]
    ) -> tuple[Response, Sequence[Message]]:
        """See `MessageStore.save`; the layer of sessions writes it when the answer passes it."""
        session = request[SESSION]
        if messages:
            session[_NAME] = write_messages(messages)
        elif _NAME in session:
            del session[_NAME]
        return response, ()

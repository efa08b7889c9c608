"""Messages in the cookie as far as they fit, and in the session beyond that."""

from collections.abc import Sequence

from partita.http import Request, Response
from partita.messages.cookies import CookieStore
from partita.messages.message import Message
from partita.messages.session import SessionStore

__all__ = ("FallbackStore",)


class FallbackStore:
    """Asks the session only if the cookie says that there is more in it, so that most pages do without.

    Args:
        cookie: The first place.
        session: The second.
    """

    __slots__ = ("_cookie", "_session")

    def __init__(self, cookie: CookieStore, session: SessionStore) -> None:
        self._cookie, self._session = cookie, session

    def load(self, request: Request) -> list[Message]:
        """See `MessageStore.load`."""
        messages, more = self._cookie.read(request)
        return [*messages, *self._session.load(request)] if more else messages

    async def aload(self, request: Request) -> list[Message]:
        """See `MessageStore.aload`."""
        messages, more = self._cookie.read(request)
        return [*messages, *await self._session.aload(request)] if more else messages

    def save(
        self, request: Request, response: Response, messages: Sequence[Message]
    ) -> tuple[Response, Sequence[Message]]:
        """See `MessageStore.save`."""
        response, rest = self._cookie.save(request, response, messages, "oldest")
        if rest or self._cookie.read(request).more:
            return self._session.save(request, response, rest)
        return response, ()

"""Messages in a signed cookie: nothing is kept on the server."""

import time
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, NamedTuple

from partita.http import Request, Response
from partita.http.cookies import MAX_COOKIE_BYTES
from partita.messages.message import Message, read_messages, write_messages
from partita.messages.settings import MessageSettings
from partita.signing import BadSignature, dumps, loads
from partita.signing.signer import Clock

__all__ = ("CookieStore", "Loaded")

_SALT = "partita.messages.cookie"
_MOST_BYTES = 65_536  # of JSON; what a cookie of 4096 bytes can hold of text that does not repeat is far less
_Kept = Literal["newest", "oldest"]


class Loaded(NamedTuple):
    """What a cookie says."""

    messages: list[Message]
    more: bool
    """Whether more of them wait elsewhere."""


class CookieStore:
    """Keeps messages in a cookie that visitors can read and not change.

    Args:
        settings: Name, size and attributes of the cookie.
        keys: The newest signs, all verify. None means those of the current application.
        clock: Seconds since 1970.
    """

    __slots__ = ("_clock", "_keys", "_settings")

    def __init__(
        self, settings: MessageSettings | None = None, keys: Sequence[str] | None = None, clock: Clock = time.time
    ) -> None:
        self._settings = MessageSettings() if settings is None else settings
        self._keys, self._clock = keys, clock

    def load(self, request: Request) -> list[Message]:
        """See `MessageStore.load`."""
        return self.read(request).messages

    async def aload(self, request: Request) -> list[Message]:
        """See `MessageStore.aload`."""
        return self.read(request).messages

    def read(self, request: Request) -> Loaded:
        """Return what the cookie says; nothing if there is none, or it is not ours."""
        token = request.cookies.get(self._settings.cookie_name)
        if not token or len(token) > MAX_COOKIE_BYTES:
            return Loaded([], False)
        try:
            value = loads(token, keys=self._keys, salt=_SALT, max_size=_MOST_BYTES, clock=self._clock)
        except BadSignature:
            return Loaded([], False)
        written = value.get("m") if isinstance(value, dict) else None
        return Loaded(read_messages(written), isinstance(value, dict) and value.get("more") is True)

    def save(
        self, request: Request, response: Response, messages: Sequence[Message], keep: _Kept = "newest"
    ) -> tuple[Response, Sequence[Message]]:
        """See `MessageStore.save`.

        Args:
            request: Which is answered.
            response: The answer to it.
            messages: The oldest first.
            keep: Which ones, if there is no room for all. If the oldest, the cookie says that there are more elsewhere.
        """
        options = self._settings
        fitting, token = self._fit(messages, keep)
        rest = messages[: len(messages) - fitting] if keep == "newest" else messages[fitting:]
        if not token:
            if options.cookie_name not in request.cookies:
                return response, rest
            return response.without_cookie(
                options.cookie_name, options.path, options.domain, samesite=options.samesite
            ), rest
        secure = request.is_secure if options.secure is None else options.secure
        return response.with_cookie(
            options.cookie_name,
            token,
            path=options.path,
            domain=options.domain,
            secure=secure,
            httponly=options.httponly,
            samesite=options.samesite,
        ), rest

    def _fit(self, messages: Sequence[Message], keep: _Kept) -> tuple[int, str]:
        """Return how many fit, and the cookie with them; an empty one if there is nothing to say."""
        if not messages:
            return 0, ""
        written = write_messages(messages)
        room = min(self._settings.cookie_bytes, MAX_COOKIE_BYTES - len(self._settings.cookie_name) - 1)

        def token(count: int) -> str:
            shown = written[len(written) - count :] if keep == "newest" else written[:count]
            more = {"more": True} if keep == "oldest" and count < len(written) else {}
            return dumps({"m": shown, **more}, keys=self._keys, salt=_SALT, clock=self._clock)

        whole = token(len(written))
        if len(whole) <= room:
            return len(written), whole
        count = bisect_left(range(1, len(written)), 1, key=lambda count: int(len(token(count)) > room))
        return (count, token(count)) if count or keep == "oldest" else (0, "")

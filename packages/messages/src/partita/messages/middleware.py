"""What gives each request its messages, and keeps those that were not seen for the next."""

import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from partita.http import Middleware, Request, Response
from partita.http.inline import Inline
from partita.messages.htmx import asked_by_htmx, with_trigger
from partita.messages.levels import level_number
from partita.messages.request_messages import MESSAGES, Messages
from partita.messages.settings import MessageSettings
from partita.messages.stores import MessageStore

__all__ = ("message_middleware",)

_log = logging.getLogger("partita.messages")


def message_middleware(
    store: MessageStore, settings: MessageSettings | None = None, clock: Callable[[], float] = time.time
) -> Middleware:
    """Return the middleware that fills `MESSAGES` and stores what nobody has seen.

    Args:
        store: Where messages wait.
        settings: Defaults if None.
        clock: Seconds since 1970.

    Raises:
        LevelError: If the level of the settings is none.
    """
    options = MessageSettings() if settings is None else settings
    level = level_number(options.level)

    def make(request: Request) -> Messages:
        return Messages(lambda: store.load(request), lambda: store.aload(request), level, options.expires, clock)

    def before(request: Request) -> None:
        request.state.fill_lazily(MESSAGES, lambda: make(request))

    def after(request: Request, response: Response) -> Response | Coroutine[Any, Any, Response]:
        asked = options.htmx and asked_by_htmx(request)
        if not asked and not request.state.is_made(MESSAGES):
            return response  # nobody has asked for them: neither cookie nor session has been read
        messages = request[MESSAGES]
        if not (asked or messages.touched or messages.looked_at):
            return response
        return _finish(request, response, messages, asked)

    async def _finish(request: Request, response: Response, messages: Messages, asked: bool) -> Response:
        await messages.aload()
        if asked and response.status < 300:  # browsers follow redirects without showing HTMX what they carry
            response = with_trigger(response, messages)
        response = response.with_vary("Cookie")
        kept, changed = messages.kept(options.most)
        if not changed:
            return response
        response, lost = store.save(request, response, kept)
        if lost:
            _log.warning("%d messages were dropped: the store has no room for them", len(lost))
        return response if "set-cookie" not in response.headers else _private(response)

    return Inline(before, after)


def _private(response: Response) -> Response:
    """Keep caches from giving one visitor's messages to another."""
    if "private" in response.headers.get("cache-control", "") or "no-store" in response.headers.get(
        "cache-control", ""
    ):
        return response
    return response.with_header("Cache-Control", "private")

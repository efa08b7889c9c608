"""What messages give an application: the layer, ``messages`` in templates, and a check."""

from collections.abc import Iterable

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.contracts.key import Key
from partita.contracts.templates import CONTEXT_PROCESSORS
from partita.http.handlers import MIDDLEWARE, SESSION, Handler, Layer
from partita.messages.context_processors import messages
from partita.messages.cookies import CookieStore
from partita.messages.errors import LevelError
from partita.messages.fallback import FallbackStore
from partita.messages.levels import level_number, level_tags
from partita.messages.message import LEVEL_TAGS
from partita.messages.middleware import message_middleware
from partita.messages.session import SessionStore
from partita.messages.settings import MESSAGE_SETTINGS, MessageSettings
from partita.messages.stores import MessageStore
from partita.signing import SIGNING_KEYS

__all__ = ("MESSAGE_STORE", "setup")

MESSAGE_STORE = Key[MessageStore]("partita.messages.store")
"""Where an application's messages wait."""


def setup(app: Registrar) -> None:
    """Give ``app`` messages as its section ``[messages]`` says."""
    settings = app.section("messages", MessageSettings)

    def store() -> MessageStore:
        if settings.store == "session":
            return SessionStore()
        cookie = CookieStore(settings, app.require(SIGNING_KEYS))
        return cookie if settings.store == "cookie" else FallbackStore(cookie, SessionStore())

    def middleware(handler: Handler) -> Handler:
        return message_middleware(app.require(MESSAGE_STORE), settings)(handler)

    app.provide(MESSAGE_SETTINGS, lambda: settings)
    app.provide(MESSAGE_STORE, store)
    app.provide(LEVEL_TAGS, lambda: level_tags(settings.tags))
    within = () if settings.store == "cookie" else ("sessions",)
    # Just inside of the sessions, so that every other layer may add messages.
    app.add(MIDDLEWARE, Layer(SESSION + 50, middleware, "messages", within=within))
    app.add(CONTEXT_PROCESSORS, messages)
    app.add(CHECKS, lambda resolver: _check(resolver, settings))


def _check(app: Resolver, settings: MessageSettings) -> Iterable[Finding]:
    try:
        level_number(settings.level)
        level_tags(settings.tags)
    except LevelError as error:
        yield Finding("messages.E001", "error", f"[messages]: {error}", "Mend level or tags.")
    if settings.store != "session" and not 64 <= settings.cookie_bytes <= 4096:
        text = f"[messages] cookie_bytes is {settings.cookie_bytes}, which browsers do not keep or nothing fits into."
        yield Finding("messages.E002", "error", text, "Choose a number from 64 to 4096; 2048 is the default.")

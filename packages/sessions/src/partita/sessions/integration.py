"""What sessions give an application: the middleware, the store its settings name, and a command to clear it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from partita.contracts.app import Registrar
from partita.contracts.cache import CACHE
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.key import Key
from partita.contracts.measures import MEASURES, Measure
from partita.contracts.settings import DEBUG
from partita.http.handlers import MIDDLEWARE, Handler, Layer
from partita.http.handlers import SESSION as SESSION_ORDER
from partita.sessions.cookies import EncryptedCookieStore, SignedCookieStore
from partita.sessions.memory import MemoryStore
from partita.sessions.middleware import SessionSettings, session_middleware
from partita.sessions.stores import Store
from partita.signing import SIGNING_KEYS

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

__all__ = ("SESSION_STORE", "ClearSessions", "setup")

SESSION_STORE = Key[Store]("partita.sessions.store")
"""Where an application keeps its sessions."""


def setup(app: Registrar) -> None:
    """Give ``app`` sessions as its section ``[sessions]`` says."""
    settings = app.section("sessions", SessionSettings)

    def store() -> Store:
        if settings.store == "memory":
            return MemoryStore()
        if settings.store == "file":
            from partita.sessions.files import FileStore

            return FileStore(settings.folder)
        if settings.store in {"database", "cached-database"}:
            from partita.sessions.database import DatabaseStore

            if settings.store == "database":
                return DatabaseStore()
            from partita.sessions.cached import CachedStore

            return CachedStore(app.require(CACHE), DatabaseStore())
        kind = EncryptedCookieStore if settings.store == "encrypted-cookie" else SignedCookieStore
        return kind(app.require(SIGNING_KEYS))

    def middleware(handler: Handler) -> Handler:
        return session_middleware(app.require(SESSION_STORE), settings)(handler)

    app.provide(SESSION_STORE, store)
    app.add(MIDDLEWARE, Layer(SESSION_ORDER, middleware, "sessions"))
    app.add(COMMANDS, ClearSessions())
    app.add(CHECKS, lambda resolver: _check(resolver, settings))
    app.add(MEASURES, lambda resolver: _measures(settings))


def _check(app: Resolver, settings: SessionSettings) -> Iterable[Finding]:
    if app.find(DEBUG):
        return
    if settings.secure is False:
        text = "The session's cookie also goes over HTTP, where anybody on the way can take it."
        yield Finding("security.W012", "warning", text, "Leave [sessions] secure at its default, or set it to true.")
    if not settings.httponly:
        text = "Scripts can read the session's cookie, so an injected one can send it away."
        yield Finding("security.W015", "warning", text, "Set [sessions] httponly = true.")


def _measures(settings: SessionSettings) -> Iterable[Measure]:
    kept = settings.httponly and settings.samesite != "None" and settings.secure is not False
    hint = "leave secure, httponly and samesite of [sessions] at their defaults"
    yield Measure("authentication", "the session's cookie is kept from scripts, other sites and HTTP", kept, hint)


class ClearSessions:
    """The command ``partita clearsessions``."""

    __slots__ = ()

    name = "clearsessions"
    help = "Delete sessions that have expired from the store"

    def add_arguments(self, parser: "argparse.ArgumentParser") -> None:
        """There are none."""

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        """Clear the store of ``app``."""
        app.require(SESSION_STORE).clear_expired()
        return 0

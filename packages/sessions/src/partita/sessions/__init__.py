"""Sessions in memory, files, signed or encrypted cookies, or a database: `Session`, `SESSION`, stores, `session_middleware`."""

from partita.sessions.cookies import EncryptedCookieStore, SignedCookieStore
from partita.sessions.errors import (
    NotStorable,
    SessionConflict,
    SessionError,
    SessionFolderError,
    SessionInterrupted,
    SessionTooLarge,
)
from partita.sessions.memory import MemoryStore
from partita.sessions.middleware import SessionSettings, session_middleware
from partita.sessions.session import SESSION, Expiry, Session
from partita.sessions.stores import Change, InstantStore, Store

__all__ = (
    "SESSION",
    "Change",
    "EncryptedCookieStore",
    "Expiry",
    "InstantStore",
    "MemoryStore",
    "NotStorable",
    "Session",
    "SessionConflict",
    "SessionError",
    "SessionFolderError",
    "SessionInterrupted",
    "SessionSettings",
    "SessionTooLarge",
    "SignedCookieStore",
    "Store",
    "session_middleware",
)

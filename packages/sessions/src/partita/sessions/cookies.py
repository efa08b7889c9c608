"""Sessions inside the cookie itself: nothing is kept on the server."""

import base64
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from partita.http.cookies import MAX_COOKIE_BYTES
from partita.sessions.errors import SessionTooLarge
from partita.sessions.stores import Change, InstantStore, encode
from partita.signing import BadSignature, Encryptor, Signer

__all__ = ("EncryptedCookieStore", "SignedCookieStore")

_ROOM = 64  # bytes left for the cookie's name and the equals sign


class _Seal(Protocol):
    def seal(self, text: str) -> str: ...
    def open(self, token: str) -> str: ...


class _CookieStore(InstantStore):
    """Puts expiry and data into the token; what cannot be opened is no session."""

    __slots__ = ("_clock", "_seal")

    def __init__(self, seal: _Seal, clock: Callable[[], float]) -> None:
        self._seal, self._clock = seal, clock

    def load(self, token: str) -> bytes | None:
        """See `Store.load`."""
        if len(token) > MAX_COOKIE_BYTES:
            return None
        try:
            until, _, data = self._seal.open(token).partition(".")
        except BadSignature:
            return None
        if int(until, 16) <= self._clock():
            return None
        return base64.urlsafe_b64decode(data + "===")

    def save(self, token: str | None, change: Change, lifetime: float) -> str:
        """See `Store.save`; the session cannot have ended elsewhere, as no server knows of it."""
        until = int(self._clock() + lifetime)
        data = base64.urlsafe_b64encode(encode(change.data)).rstrip(b"=").decode("ascii")
        sealed = self._seal.seal(f"{until:x}.{data}")
        if len(sealed) > MAX_COOKIE_BYTES - _ROOM:
            raise SessionTooLarge(len(sealed), MAX_COOKIE_BYTES - _ROOM)
        return sealed

    def delete(self, token: str) -> None:
        """Do nothing: the middleware deletes the cookie, and a copy of it stays valid until it expires."""

    def clear_expired(self) -> int:
        """See `Store.clear_expired`; there is nothing to clear."""
        return 0


class SignedCookieStore(_CookieStore):
    """Keeps the session in the cookie, signed: the visitor can read it, but not change it.

    Nothing here can end a session before its time: a copy of the cookie works until it expires. Where that matters,
    choose a store on the server.

    Args:
        keys: The newest signs, all verify. None means those of the current application.
        salt: Keeps these cookies apart from those of other purposes.
        clock: Seconds since 1970.
    """

    __slots__ = ()

    def __init__(
        self,
        keys: Sequence[str] | None = None,
        salt: str = "partita.sessions",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(_Signed(Signer(keys, salt)), clock)


class EncryptedCookieStore(_CookieStore):
    """As `SignedCookieStore`, but the visitor cannot read it either.

    Args:
        keys: See `SignedCookieStore`.
        salt: See `SignedCookieStore`.
        clock: See `SignedCookieStore`.
    """

    __slots__ = ()

    def __init__(
        self,
        keys: Sequence[str] | None = None,
        salt: str = "partita.sessions",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(_Encrypted(Encryptor(keys, salt)), clock)


class _Signed:
    __slots__ = ("_signer",)

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def seal(self, text: str) -> str:
        return self._signer.sign(text)

    def open(self, token: str) -> str:
        return self._signer.unsign(token)


class _Encrypted:
    __slots__ = ("_encryptor",)

    def __init__(self, encryptor: Encryptor) -> None:
        self._encryptor = encryptor

    def seal(self, text: str) -> str:
        return self._encryptor.encrypt_text(text)

    def open(self, token: str) -> str:
        return self._encryptor.decrypt_text(token)

"""Cookies that the browser can keep but not change, or not even read.

What signs and encrypts comes from outside; the package signing has both, but anything of this shape will do.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from partita.contracts.key import Key
from partita.http.cookies import SameSite
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("PROTECTED_COOKIES", "EncryptsText", "ProtectedCookies", "SignsText")


class SignsText(Protocol):
    """Signs text with the time; `partita.signing.TimestampSigner` does."""

    def sign(self, value: str) -> str:
        """Return ``value`` with its signature."""
        ...

    def unsign(self, signed: str, max_age: float | timedelta | None = None) -> str:
        """Return what was signed.

        Raises:
            ValueError: If the signature is not ours, or older than ``max_age``.
        """
        ...


class EncryptsText(Protocol):
    """Encrypts text so that it cannot be changed either; `partita.signing.Encryptor` does."""

    def encrypt_text(self, text: str, context: bytes = b"") -> str:
        """Return a token that can be opened with the same ``context`` only."""
        ...

    def decrypt_text(self, token: str, context: bytes = b"") -> str:
        """Return what was encrypted.

        Raises:
            ValueError: If the token is not ours or has another context.
        """
        ...


class ProtectedCookies:
    """Writes and reads cookies that are signed, and encrypted if there is an encryptor.

    A value counts only under the name it was written for, so one cookie cannot be passed off as another.

    Args:
        signer: Makes a signer for a salt, such as ``lambda salt: TimestampSigner(keys, salt)``.
        encryptor: Encrypts each value before it is signed.
    """

    __slots__ = ("_encryptor", "_signer")

    def __init__(self, signer: Callable[[str], SignsText], encryptor: EncryptsText | None = None) -> None:
        self._signer = signer
        self._encryptor = encryptor

    def seal(self, name: str, value: str) -> str:
        """Return what the cookie ``name`` carries instead of ``value``."""
        if self._encryptor is not None:
            value = self._encryptor.encrypt_text(value, name.encode())
        return self._signer(f"partita.http.cookie.{name}").sign(value)

    def open(self, name: str, sealed: str, max_age: float | timedelta | None = None) -> str:
        """Return the value in what the cookie ``name`` carries.

        Args:
            name: Of the cookie.
            sealed: As the browser sent it.
            max_age: Seconds since it was written; the browser's own count can be changed by whoever sits before it.

        Raises:
            ValueError: If it is not ours, was changed, was written for another name, or is too old.
        """
        value = self._signer(f"partita.http.cookie.{name}").unsign(sealed, max_age)
        return value if self._encryptor is None else self._encryptor.decrypt_text(value, name.encode())

    def read(self, request: Request, name: str, max_age: float | timedelta | None = None) -> str | None:
        """Return the value of a cookie; None if there is none, or none that `open` takes."""
        sealed = request.cookies.get(name)
        if sealed is None:
            return None
        try:
            return self.open(name, sealed, max_age)
        except ValueError:
            return None

    def write(
        self,
        response: Response,
        name: str,
        value: str,
        max_age: int | timedelta | None = None,
        expires: datetime | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = True,
        samesite: SameSite | None = "Lax",
        partitioned: bool = False,
    ) -> Response:
        """Return a copy of ``response`` that sets the cookie; see `Response.with_cookie` for the arguments."""
        return response.with_cookie(
            name, self.seal(name, value), max_age, expires, path, domain, secure, httponly, samesite, partitioned
        )


PROTECTED_COOKIES = Key[ProtectedCookies]("partita.http.protected_cookies")
"""What signs cookies for drafts."""

"""Secrets against cross-site request forgery, and the masked tokens that are made of them.

They are written as Django writes them, so two applications below one domain can share the cookie while a site moves from one to the
other: a secret has 32 letters and digits; a token has 64, a random mask and the secret shifted by it.
"""

import hmac
import os
from string import ascii_letters, digits

__all__ = (
    "ALPHABET",
    "SECRET_LENGTH",
    "TOKEN_LENGTH",
    "CsrfSecret",
    "TokenFormatError",
    "check_format",
    "mask_secret",
    "new_secret",
    "token_fits",
    "unmask_token",
)

ALPHABET = ascii_letters + digits
"""What secrets and tokens are written with."""
SECRET_LENGTH = 32
"""Characters; 190 bits."""
TOKEN_LENGTH = 2 * SECRET_LENGTH
"""Characters of a masked token."""

_BASE = len(ALPHABET)
_KNOWN = frozenset(ALPHABET)
_NUMBERS = bytes(max(ALPHABET.find(chr(code)), 0) for code in range(256))
_LETTERS = bytes(ord(ALPHABET[code % _BASE]) for code in range(256))
_EVEN = 256 - 256 % _BASE
_UNEVEN = bytes(range(_EVEN, 256))  # taking these as well would make some letters likelier than others


class TokenFormatError(ValueError):
    """A text cannot be a secret or a token.

    Args:
        reason: What is wrong, to stand behind "the token".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CsrfSecret:
    """The secret of one visitor, kept in a cookie.

    Args:
        sent: What the browser sent in the cookie, or None.
    """

    __slots__ = ("_cookie", "_secret", "_sent", "used")

    def __init__(self, sent: str | None) -> None:
        self._cookie = sent
        self._sent = self._secret = _secret_in(sent)
        self.used = False
        """Whether a token was made, so that the answer varies by cookie."""

    def token(self) -> str:
        """Return the secret under a new mask.

        Compressed pages that hold one thing twice can be made to tell it (BREACH); under a mask it never looks the same.
        """
        self.used = True
        if self._secret is None:
            self._secret = new_secret()
        return mask_secret(self._secret)

    def rotate(self) -> None:
        """Take a new secret; tokens made before are worth nothing."""
        self._secret, self.used = new_secret(), True

    def new_cookie(self) -> str | None:
        """Return what the cookie has to hold, or None if the browser has it."""
        return None if self._secret is None or self._secret == self._cookie else self._secret

    def accepts(self, token: str) -> bool:
        """Tell whether ``token`` is the secret in the cookie that came with the request, or was made from it."""
        if self._sent is None:
            return False
        try:
            return token_fits(token, self._sent)
        except TokenFormatError:
            return False


def new_secret() -> str:
    """Return a random secret."""
    return _letters(_random()).decode("ascii")


def mask_secret(secret: str) -> str:
    """Return a token for ``secret``, another one each time."""
    mask = _random()
    shifted = bytes([one + two for one, two in zip(_numbers(secret), mask, strict=True)])
    return (_letters(mask) + _letters(shifted)).decode("ascii")


def unmask_token(token: str) -> str:
    """Return the secret that a token of `TOKEN_LENGTH` was made from."""
    numbers = _numbers(token)
    mask, shifted = numbers[:SECRET_LENGTH], numbers[SECRET_LENGTH:]
    return _letters(bytes([two - one + _BASE for one, two in zip(mask, shifted, strict=True)])).decode("ascii")


def check_format(token: str) -> None:
    """See that a text is as long as a secret or a token, and of their letters.

    Raises:
        TokenFormatError: If it is not.
    """
    if len(token) not in {SECRET_LENGTH, TOKEN_LENGTH}:
        raise TokenFormatError("has incorrect length")
    if not _KNOWN.issuperset(token):
        raise TokenFormatError("has invalid characters")


def token_fits(token: str, secret: str) -> bool:
    """Tell whether ``token`` is ``secret`` itself, as scripts read it from the cookie, or was made from it; in constant time.

    Raises:
        TokenFormatError: If ``token`` is neither.
    """
    check_format(token)
    bare = unmask_token(token) if len(token) == TOKEN_LENGTH else token
    return hmac.compare_digest(bare, secret)


def _secret_in(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        check_format(text)
    except TokenFormatError:
        return None
    return unmask_token(text) if len(text) == TOKEN_LENGTH else text  # Django kept tokens in the cookie until 4.0


def _random() -> bytes:
    """Return numbers below the size of the alphabet, each equally likely."""
    found = b""
    while len(found) < SECRET_LENGTH:
        found += os.urandom(SECRET_LENGTH + 8).translate(None, _UNEVEN)
    return bytes([number % _BASE for number in found[:SECRET_LENGTH]])


def _numbers(text: str) -> bytes:
    return text.encode("ascii").translate(_NUMBERS)


def _letters(numbers: bytes) -> bytes:
    return numbers.translate(_LETTERS)

"""Numbers and bytes in letters that need no escaping in a URL."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

__all__ = ("base36_to_int", "int_to_base36", "urlsafe_base64_decode", "urlsafe_base64_encode")

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAX_BASE36 = 13
"""Digits: what 64 bits need. Without a bound the cost would be quadratic."""


def int_to_base36(number: int) -> str:
    """Return a number in base 36, with digits and small letters.

    Raises:
        ValueError: If it is negative.
        TypeError: If it is no integer.
    """
    if not isinstance(number, int):
        raise TypeError(f"expected an int, got {type(number).__name__}")
    if number < 0:
        raise ValueError("Negative base36 conversion input.")
    digits: list[str] = []
    while number >= 36:
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    digits.append(_DIGITS[number])
    return "".join(reversed(digits))


def base36_to_int(text: str) -> int:
    """Read a number in base 36.

    Args:
        text: At most 13 digits or letters.

    Raises:
        ValueError: If there are more, or others.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected a str, got {type(text).__name__}")
    if len(text) > _MAX_BASE36:
        raise ValueError(f"Base36 input too large: {len(text)} characters, at most {_MAX_BASE36}")
    if not (text.isascii() and text.isalnum()):  # `int` itself would take spaces, signs, underscores and other digits
        raise ValueError(f"invalid literal for int() with base 36: {text!r}")
    return int(text, 36)


def urlsafe_base64_encode(raw: bytes) -> str:
    """Return bytes in base 64 (RFC 4648, section 5) without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def urlsafe_base64_decode(text: str | bytes) -> bytes:
    """Read what `urlsafe_base64_encode` wrote.

    Raises:
        ValueError: If it is malformed.
    """
    raw = text.encode() if isinstance(text, str) else text
    try:
        return urlsafe_b64decode(raw.ljust(len(raw) + -len(raw) % 4, b"="))
    except (Error, ValueError) as error:
        raise ValueError(f"not in base 64: {text[:40]!r}") from error

"""Anything as text, and as bytes."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any

from partita.contracts.i18n import LazyText
from partita.text.errors import TextDecodeError

__all__ = ("force_bytes", "force_str", "is_protected_type", "smart_bytes", "smart_str")

_PROTECTED = (NoneType, int, float, Decimal, datetime, date, time, timedelta)


def is_protected_type(value: object) -> bool:
    """Tell whether ``strings_only`` keeps a value as it is: None, numbers, dates, times and spans."""
    return isinstance(value, _PROTECTED)


def force_str(value: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """Return ``value`` as `str`; lazy text is made.

    Args:
        value: Bytes are decoded, anything else is turned into text as `str` does.
        encoding: Of bytes.
        strings_only: Return what `is_protected_type` names as it is.
        errors: What to do with bytes that are no text, as in `bytes.decode`.

    Raises:
        TextDecodeError: If bytes are not text in ``encoding``.
    """
    if type(value) is str or (strings_only and is_protected_type(value)):
        return value
    if not isinstance(value, bytes | bytearray | memoryview):
        return str(value)
    raw = bytes(value)
    try:
        return raw.decode(encoding, errors)
    except UnicodeDecodeError as error:
        raise TextDecodeError(error.encoding, error.object, error.start, error.end, error.reason) from error


def smart_str(value: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """Do as `force_str`, but leave lazy text lazy."""
    return value if isinstance(value, LazyText) else force_str(value, encoding, strings_only, errors)


def force_bytes(value: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """Return ``value`` as `bytes`; lazy text is made.

    Args:
        value: Bytes are taken as UTF-8 and encoded anew if ``encoding`` is another; anything else is turned into text first.
        encoding: Of the result.
        strings_only: Return what `is_protected_type` names as it is.
        errors: What to do with characters that ``encoding`` lacks, as in `str.encode`.
    """
    if isinstance(value, bytes):
        return (
            value if encoding.lower() in {"utf-8", "utf8"} else value.decode("utf-8", errors).encode(encoding, errors)
        )
    if strings_only and is_protected_type(value):
        return value
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    return str(value).encode(encoding, errors)


def smart_bytes(value: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict") -> Any:
    """Do as `force_bytes`, but leave lazy text lazy."""
    return value if isinstance(value, LazyText) else force_bytes(value, encoding, strings_only, errors)

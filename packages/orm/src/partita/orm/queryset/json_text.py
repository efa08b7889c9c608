"""Rows as the text of JSON."""

from typing import Any

import msgspec

__all__ = ("encoded",)


def encoded(rows: list[Any]) -> bytes:
    """Return rows as JSON; values that JSON has no kind for as their text."""
    return _ENCODER.encode(rows)


def _text(value: object) -> object:
    if hasattr(value, "_meta"):
        raise TypeError("Instances are not written as JSON; ask for values().")
    return str(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_text)

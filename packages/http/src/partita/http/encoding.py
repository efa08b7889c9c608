"""How values are written as JSON, wherever this package writes them (RFC 8259)."""

from collections.abc import Callable
from typing import Any

import msgspec

__all__ = ("encode_json", "plain_value")


def plain_value(value: object) -> object:
    """Return what to write for an object that msgspec leaves to its user: the hook of encoders.

    Args:
        value: Text or a number of a class of its own, such as markup; or text that follows the language.

    Raises:
        TypeError: If it is something else.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    from partita.contracts.i18n import LazyText  # loading it takes time, and few values get here

    if isinstance(value, LazyText):
        return str(value)
    raise TypeError(
        f"{type(value).__name__} has no form in JSON. Make a dict, a list or text of it first, or say how with `default`."
    )


_encode = msgspec.json.Encoder(enc_hook=plain_value).encode


def encode_json(value: object, default: Callable[[Any], object] | None = None) -> bytes:
    """Write ``value`` as JSON: whatever msgspec encodes, text of classes of its own, lazy translations.

    Args:
        value: So also Structs, dataclasses, dates, decimals and UUIDs.
        default: Gets each object that nobody knows how to write, and returns something that can be written; raises `TypeError` for
            what it does not know either.

    Raises:
        TypeError: If ``value`` holds something that cannot be written.
    """
    if default is None:
        return _encode(value)
    own = default

    def hook(value: object) -> object:
        try:
            return plain_value(value)
        except TypeError:
            return own(value)

    return msgspec.json.encode(value, enc_hook=hook)

"""How much memory the values of a JSON body take, before any of them is made.

A list of empty lists takes 22 times its length, lists within lists 44 times, as each is an object: so a body within its limit
could still take a hundred megabytes.
"""

from partita.http.errors import ContentTooLarge
from partita.http.limits import Limits

__all__ = ("LIGHT", "check_json_weight", "json_weight")

LIGHT = 16_384
"""Bytes that are not worth weighing: no body of them takes more than 1.3 MB."""

_HEAVIEST = 80  # times its length is what no body weighs more than
# Bytes for what a character brings at most, in CPython 3.11 to 3.13: an object with its place and its table, a list with its room,
# a name in a table that is growing, the half of a text, a value in its place.
_OBJECT, _LIST, _NAME, _QUOTE, _VALUE = 193, 129, 44, 28, 41
_TEXT = 7  # bytes for one of a text with escapes or letters beyond ASCII, the buffer that it is read into among them


def json_weight(data: bytes) -> int:
    """Return how many bytes the values of ``data`` take at most; characters in texts count as if they were none of a text.

    What is decoded to a type takes less. Found by counting, which takes some 2 ms for a megabyte, and so only long bodies are weighed.
    """
    count = data.count
    text = 1 if data.isascii() and b"\\" not in data else _TEXT
    return (
        _OBJECT * count(b"{")
        + _LIST * count(b"[")
        + _NAME * count(b":")
        + _QUOTE * count(b'"')
        + _VALUE * (count(b",") + 1)
        + text * len(data)
    )


def check_json_weight(data: bytes, limits: Limits) -> None:
    """Refuse a body whose values would take more than `Limits.max_decoded`.

    Raises:
        ContentTooLarge: If they would.
    """
    allowed = limits.max_decoded or 24 * limits.max_body
    if len(data) * _HEAVIEST <= allowed:
        return
    weight = json_weight(data)
    if weight > allowed:
        raise ContentTooLarge(
            f"The JSON has too many values: they would take up to {weight} bytes of memory, and max_decoded allows {allowed}."
            " Send it in several requests."
        )

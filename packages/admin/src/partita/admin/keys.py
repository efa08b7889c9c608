"""Primary keys as one segment of a path, whatever characters they have."""

import re

__all__ = ("quote_key", "unquote_key")

_PLAIN = re.compile(r"[A-Za-z0-9-]")
_ESCAPED = re.compile(r"(?:_[0-9A-F]{2})+")


def quote_key(key: object) -> str:
    """Return ``key`` written with ASCII letters, digits, hyphens and underscores only.

    >>> quote_key("a/b"), quote_key(7), quote_key("..")
    ('a_2Fb', '7', '_2E_2E')
    """
    return "".join(
        char if _PLAIN.fullmatch(char) else "".join(f"_{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
        for char in str(key)
    )


def unquote_key(segment: str) -> str:
    """Return the key that `quote_key` wrote; what it cannot have written stays as it is."""
    return _ESCAPED.sub(_decode, segment)


def _decode(match: "re.Match[str]") -> str:
    try:
        return bytes.fromhex(match[0].replace("_", "")).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return match[0]

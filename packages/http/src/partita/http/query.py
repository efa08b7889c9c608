"""Query strings and URL-encoded forms (WHATWG URL, section 5)."""

from urllib.parse import unquote_to_bytes

from partita.http.errors import BadRequest

__all__ = ("parse_query",)


def parse_query(raw: bytes, max_fields: int = 1000, encoding: str = "utf-8") -> list[tuple[str, str]]:
    """Return the pairs in ``name=value&name=value``.

    Only ``&`` separates: with ``;`` as a second separator caches and applications see different parameters
    (CVE-2021-23336). Bytes that are no text become U+FFFD.

    Args:
        raw: Without a leading question mark.
        max_fields: Pairs, empty ones counted.
        encoding: Of the text; browsers use UTF-8 and nothing else.

    Raises:
        BadRequest: If there are more pairs.
    """
    if not raw:
        return []
    if len(raw) >= max_fields and raw.count(b"&") >= max_fields:
        raise BadRequest(f"More than {max_fields} parameters.")
    pairs: list[tuple[str, str]] = []
    text = raw.decode() if raw.isascii() else "%"
    if "%" not in text and "+" not in text:  # most queries say what they say; written for speed
        if "&" not in text:
            name, _, value = text.partition("=")
            return [(name, value)]
        for part in text.split("&"):
            if part:
                name, _, value = part.partition("=")
                pairs.append((name, value))
        return pairs
    for raw_part in raw.split(b"&"):
        if raw_part:
            raw_name, _, raw_value = raw_part.partition(b"=")
            pairs.append((_decode(raw_name, encoding), _decode(raw_value, encoding)))
    return pairs


def _decode(raw: bytes, encoding: str) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode(encoding, "replace")

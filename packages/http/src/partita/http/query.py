"""Query strings and URL-encoded forms (WHATWG URL, section 5)."""

from urllib.parse import unquote_to_bytes

from partita.http.errors import BadRequest

__all__ = ("parse_query",)


def parse_query(raw: bytes, max_fields: int = 1000) -> list[tuple[str, str]]:
    """Return the pairs in ``name=value&name=value``.

    Only ``&`` separates: with ``;`` as a second separator caches and applications see different parameters
    (CVE-2021-23336). Bytes that are no UTF-8 become U+FFFD.

    Args:
        raw: Without a leading question mark.
        max_fields: Pairs, empty ones counted.

    Raises:
        BadRequest: If there are more pairs.
    """
    if not raw:
        return []
    if raw.count(b"&") >= max_fields:
        raise BadRequest(f"More than {max_fields} parameters.")
    pairs = []
    for part in raw.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((_decode(name), _decode(value)))
    return pairs


def _decode(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode("utf-8", "replace")

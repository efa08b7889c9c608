"""Query strings and URL-encoded forms (WHATWG URL, section 5)."""

from urllib.parse import unquote_to_bytes

from partita.http.errors import BadRequest

__all__ = ("parse_query",)

_PIECE = 8192  # bytes that are taken at once: each escape among them becomes an object 77 times as long for a moment


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
    size = len(raw)
    if size >= max_fields and raw.count(b"&") >= max_fields:
        raise BadRequest(f"More than {max_fields} parameters.")
    if size > _PIECE:
        return _large(raw, encoding)
    pairs: list[tuple[str, str]] = []
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        text = "%"
    if "%" not in text and "+" not in text:  # most queries say what they say; written for speed
        first, _, rest = text.partition("&")
        name, _, value = first.partition("=")
        if not rest and first:
            return [(name, value)]
        if first and "&" not in rest:
            other, _, its_value = rest.partition("=")
            return [(name, value), (other, its_value)]
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


def _large(raw: bytes, encoding: str) -> list[tuple[str, str]]:
    """Read a form, which may be as long as a body, without copies of it all."""
    pairs: list[tuple[str, str]] = []
    start, size = 0, len(raw)
    while start < size:
        stop = size if size - start <= _PIECE else raw.rfind(b"&", start, start + _PIECE)
        if stop >= 0:
            pairs += parse_query(raw[start:stop], _PIECE + 1, encoding)
        else:  # one field that is longer
            stop = raw.find(b"&", start)
            stop = size if stop < 0 else stop
            equals = raw.find(b"=", start, stop)
            equals = stop if equals < 0 else equals
            pairs.append((_decode_long(raw, start, equals, encoding), _decode_long(raw, equals + 1, stop, encoding)))
        start = stop + 1
    return pairs


def _decode(raw: bytes, encoding: str) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode(encoding, "replace")


def _decode_long(raw: bytes, start: int, end: int, encoding: str) -> str:
    if end - start <= _PIECE:
        return _decode(raw[start:end], encoding)
    if raw.find(b"%", start, end) < 0 and raw.find(b"+", start, end) < 0:
        return str(memoryview(raw)[start:end], encoding, "replace")
    decoded = bytearray()
    while start < end:
        stop = min(start + _PIECE, end)
        if stop < end and (escape := raw.rfind(b"%", stop - 2, stop)) >= 0:
            stop = escape  # one that ends in the next piece
        decoded += unquote_to_bytes(raw[start:stop].replace(b"+", b" "))
        start = stop
    return decoded.decode(encoding, "replace")

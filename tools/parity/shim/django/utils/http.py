"""Django's arguments and results for what headers hold."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http.dates import parse_date
from partita.http.disposition import content_disposition
from partita.http.etag import parse_etags as tags_of

__all__ = ("content_disposition_header", "parse_etags", "parse_http_date", "parse_http_date_safe")


def parse_http_date(date: str) -> int:
    """Return a date as seconds since 1970."""
    moment = parse_date(date)
    if moment is None:
        raise ValueError(f"{date!r} is not in a valid HTTP date format")
    return int(moment.timestamp())


def parse_http_date_safe(date: str) -> int | None:
    """Return a date as seconds since 1970, or None."""
    moment = parse_date(date)
    return None if moment is None else int(moment.timestamp())


def content_disposition_header(as_attachment: bool, filename: str) -> str | None:
    """Return the header; without a name there is none unless it is an attachment."""
    if not filename:
        return "attachment" if as_attachment else None
    return content_disposition(filename, as_attachment)


def parse_etags(etag_str: str) -> list[str]:
    """Return tags as they stand in the header."""
    return ["*"] if etag_str.strip() == "*" else [str(tag) for tag in tags_of(etag_str) or ()]


__getattr__ = fallback("django.utils.http")

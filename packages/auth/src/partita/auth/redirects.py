"""Where a login may send the browser next: never to somebody else's site."""

import unicodedata
from collections.abc import Collection
from urllib.parse import quote, urlsplit

__all__ = ("MAX_URL_LENGTH", "is_safe_redirect", "with_next")

MAX_URL_LENGTH = 2048


def is_safe_redirect(url: str | None, hosts: Collection[str] = (), *, require_https: bool = False) -> bool:
    """Tell whether ``url`` stays on this site, or on one of ``hosts``.

    Stricter than what browsers take: a path from the root, or a whole ``http`` or ``https`` URL. Nothing is unquoted
    or normalised, so what is checked is what is sent.

    Args:
        url: As the request gave it.
        hosts: Hosts, with port if it is not the usual one, that whole URLs may name.
        require_https: Refuse ``http`` URLs, for requests that came by ``https``.
    """
    if not url or len(url) > MAX_URL_LENGTH or any(map(_is_treacherous, url)):
        return False
    if url.startswith("/"):
        return not url.startswith("//")
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed bracket of an IPv6 address
        return False
    schemes = {"https"} if require_https else {"http", "https"}
    whole = url[len(parts.scheme) :].startswith("://")  # "http:/x" and "http:x" are read differently by everyone
    return whole and parts.scheme in schemes and parts.netloc.isascii() and parts.netloc.lower() in hosts


def with_next(login_url: str, target: str, field: str = "next") -> str:
    """Return ``login_url`` with ``target`` in its query, for the way back."""
    base, hash_sign, fragment = login_url.partition("#")
    return f"{base}{'&' if '?' in base else '?'}{field}={quote(target, safe='/')}{hash_sign}{fragment}"


def _is_treacherous(char: str) -> bool:
    # Browsers drop tabs and line breaks and read a backslash as a slash: "/\t/evil" and "/\\evil" lead away.
    return char == "\\" or unicodedata.category(char)[0] in "CZ"

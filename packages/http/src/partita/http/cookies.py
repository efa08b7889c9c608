"""Cookies (RFC 6265): reading what browsers send, writing what they keep."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal

from partita.http.dates import format_date
from partita.http.errors import CookieError

__all__ = ("MAX_COOKIE_BYTES", "SameSite", "format_cookie", "parse_cookie", "parse_cookies")

SameSite = Literal["Lax", "Strict", "None"]
MAX_COOKIE_BYTES = 4096
"""Browsers need not keep a longer name and value (RFC 6265, section 6.1)."""

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PLAIN = re.compile(r"[!#-+\--:<-\[\]-~]*")  # cookie-octet: no control, space, quote, comma, semicolon, backslash
_ATTRIBUTE = re.compile(r"[ -:<-~]*")
_DOMAIN = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?")
_ESCAPED = re.compile(rb"\\([0-3][0-7][0-7]|.)", re.DOTALL)
_QUOTED = re.compile(rb"[^!#-+\--:<-\[\]-~ ]")
_NOT_FOR_SCRIPTS = ("__http-", "__host-http-")
_SECURE = ("__host-", "__secure-", "__http-")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_cookies(value: str) -> Mapping[str, str]:
    """Return the cookies of a ``Cookie`` header; what does not look like one is skipped.

    The first of several with one name wins: browsers send that with the longest path first.

    Args:
        value: Decoded as Latin-1; several fields joined with a semicolon.
    """
    cookies: dict[str, str] = {}
    for part in value.split(";"):
        name, equals, text = part.partition("=")
        name = name.strip(" \t")
        if equals and name not in cookies and _NAME.fullmatch(name):
            cookies[name] = _decode(text.strip(" \t"))
    return MappingProxyType(cookies)


def parse_cookie(value: str) -> dict[str, str]:
    """Return the same as `parse_cookies` as a dictionary of your own."""
    return dict(parse_cookies(value))


def _decode(text: str) -> str:
    raw = text.encode("latin-1", "replace")
    if len(raw) >= 2 and raw[0] == raw[-1] == 0x22:
        raw = raw[1:-1]
        if b"\\" in raw:  # one pass: the standard library's unquoting was quadratic (CVE-2024-7592)
            raw = _ESCAPED.sub(_unescape, raw)
    return raw.decode("utf-8", "replace")


def _unescape(match: re.Match[bytes]) -> bytes:
    found: bytes = match[1]
    return bytes([int(found, 8)]) if len(found) == 3 else found


def _encode(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    quoted = _QUOTED.sub(lambda match: b"\\%03o" % match[0][0], value.encode("utf-8", "surrogatepass"))
    return f'"{quoted.decode("ascii")}"'


def format_cookie(
    name: str,
    value: str,
    *,
    max_age: int | timedelta | None = None,
    expires: datetime | None = None,
    path: str = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = True,
    samesite: SameSite | None = "Lax",
    partitioned: bool = False,
) -> str:
    """Return the value of a ``Set-Cookie`` header.

    Args:
        name: A token. ``__Host-``, ``__Secure-``, ``__Http-`` and ``__Host-Http-`` bring the conditions that browsers check.
        value: Any text; what a cookie cannot carry is quoted and escaped.
        max_age: Seconds; 0 deletes.
        expires: With a time zone.
        path: Of the URLs that get the cookie.
        domain: None keeps the cookie to this host, a name gives it to all hosts below.
        secure: Only over HTTPS.
        httponly: Not for scripts.
        samesite: Whether other sites' pages may cause it to be sent; ``None`` as text needs ``secure``.
        partitioned: Kept apart by the top-level site; needs ``secure``.

    Raises:
        CookieError: If browsers would drop the cookie or read it differently.
    """
    if not _NAME.fullmatch(name):
        raise CookieError(f"Cookie name {name[:40]!r} is not a token of letters, digits and !#$%&'*+-.^_`|~")
    if not _ATTRIBUTE.fullmatch(path) or not path.startswith("/"):
        raise CookieError(f"Path {path[:80]!r} of cookie {name} must begin with / and hold no semicolon or control")
    if domain is not None and not _DOMAIN.fullmatch(domain):
        raise CookieError(f"Domain {domain[:80]!r} of cookie {name} is not a host name")
    prefixed = name[:12].lower()  # browsers look at the prefixes without regard to case (RFC 6265bis, section 5.7)
    if not secure and (samesite == "None" or partitioned or prefixed.startswith(_SECURE)):
        raise CookieError(f"Cookie {name} needs secure=True: its name, SameSite=None or Partitioned ask for it")
    if prefixed.startswith("__host-") and (path != "/" or domain is not None):
        raise CookieError(f"Cookie {name} begins with __Host-, so it needs path='/' and no domain")
    if prefixed.startswith(_NOT_FOR_SCRIPTS) and not httponly:
        raise CookieError(f"Cookie {name} needs httponly=True: its name says that no script has set it")
    if samesite not in {None, "Lax", "Strict", "None"}:
        raise CookieError(f"SameSite {samesite!r} of cookie {name} must be Lax, Strict, None or absent")
    # What is too long as it is need not be escaped first, which takes a microsecond for each character.
    text = f"{name}={_encode(value) if len(value) <= MAX_COOKIE_BYTES else value}"
    if len(text) > MAX_COOKIE_BYTES:
        raise CookieError(f"Cookie {name[:40]} has {len(text)} bytes or more; browsers keep {MAX_COOKIE_BYTES}")
    if expires is not None:
        text += f"; Expires={format_date(expires)}"
    if max_age is not None:
        seconds = int(max_age.total_seconds()) if isinstance(max_age, timedelta) else int(max_age)
        if seconds <= 0 and expires is None:
            text += f"; Expires={format_date(_EPOCH)}"
        text += f"; Max-Age={max(seconds, 0)}"
    if domain is not None:
        text += f"; Domain={domain}"
    text += f"; Path={path}"
    if secure:
        text += "; Secure"
    if httponly:
        text += "; HttpOnly"
    if samesite is not None:
        text += f"; SameSite={samesite}"
    return text + "; Partitioned" if partitioned else text

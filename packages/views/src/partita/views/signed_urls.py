"""Addresses that nobody can invent or change, and that end: downloads, invitations, "stop these mails"."""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

from partita.http import Forbidden, Request, Response
from partita.http.around import around
from partita.http.drafts import HttpRequest
from partita.http.request import decode_path
from partita.signing import BadSignature, Signer

__all__ = ("sign_url", "signed_url_required", "verify_url")

V = TypeVar("V", bound=Callable[..., Any])
_SALT = "partita.views.signed_urls"
_LONGEST = 4096


def sign_url(
    url: str,
    max_age: float | timedelta | None = None,
    *,
    keys: Sequence[str] | None = None,
    clock: Callable[[], float] = time.time,
) -> str:
    """Return ``url`` with a signature of its path and query, and the time when it ends.

    Args:
        url: A path such as `reverse` gives, with or without a query, or a whole URL; the host is not signed.
        max_age: Seconds that it works; None for ever.
        keys: Of `Signer`; the current application's by default.
        clock: Seconds since 1970.

    Raises:
        ValueError: If the query has a ``signature`` or ``expires`` already.
    """
    rest, hash_, fragment = url.partition("#")
    address, _, query = rest.partition("?")
    # urlsplit() would take a path that begins with two slashes for a host.
    path = address if address.startswith("/") else urlsplit(address).path
    if any(pair.partition("=")[0] in {"signature", "expires"} for pair in query.split("&")):
        raise ValueError("the query has a parameter that is called signature or expires; sign the plain address")
    if max_age is not None:
        seconds = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
        query += f"{'&' if query else ''}expires={int(clock() + seconds)}"
    mark = _signature(path, query, keys)
    return f"{address}?{query}{'&' if query else ''}signature={mark}{hash_}{fragment}"


def verify_url(
    request: Request | HttpRequest, *, keys: Sequence[str] | None = None, clock: Callable[[], float] = time.time
) -> None:
    """Refuse a request whose address was not signed, was changed, or has ended.

    Args:
        request: Its path and query are looked at.
        keys: See `sign_url`.
        clock: See `sign_url`.

    Raises:
        Forbidden: If it is so.
    """
    wire = request.seal() if isinstance(request, HttpRequest) else request
    text = wire.query_string.decode("latin-1")
    query, found, mark = ("", "&", text[10:]) if text.startswith("signature=") else text.rpartition("&signature=")
    path = wire.full_path.partition("?")[0]
    if not found or len(text) > _LONGEST or not _is_signed(path, query, mark, keys):
        raise Forbidden("This link is not valid. Was it copied as a whole?")
    name, _, moment = query.rpartition("&")[2].partition("=")
    if name == "expires" and int(moment) <= clock():
        raise Forbidden("This link has expired. Please ask for a new one.")


def signed_url_required(view: V) -> V:
    """Let a view answer signed addresses only; others get 403. The current application's keys count."""

    def check(request: Any) -> Response | None:
        verify_url(request)
        return None

    return around(view, before=check, name="signed_url_required")


def _text(path: str, query: str) -> str:
    # Decoded, since proxies and browsers may escape a path otherwise; the query stays as it is, or "a=1%26b=2" would be "a=1&b=2".
    decoded = decode_path(path.encode("utf-8", "surrogatepass")) if "%" in path else path
    return f"{len(decoded)}:{decoded}?{query}"


def _signature(path: str, query: str, keys: Sequence[str] | None) -> str:
    return Signer(keys, _SALT).sign(_text(path, query)).rpartition(":")[2]


def _is_signed(path: str, query: str, mark: str, keys: Sequence[str] | None) -> bool:
    try:
        Signer(keys, _SALT).unsign(f"{_text(path, query)}:{unquote_to_bytes(mark).decode('latin-1')}")
    except BadSignature:
        return False
    return True

"""Whole answers kept for whoever asks for the same next: what a shared cache may keep (RFC 9111), and under which keys."""

import time
from collections.abc import Callable
from hashlib import sha256

import msgspec

from partita.contracts.cache import Cache
from partita.contracts.current import find
from partita.contracts.i18n import current_translator
from partita.contracts.key import Key
from partita.contracts.zones import ZONE
from partita.http.errors import BadRequest, HeaderSyntaxError
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("PAGE_CACHE", "Page", "PageCache", "page_cache")

_KEPT = frozenset({200, 203, 204, 300, 301, 308, 404, 410})  # RFC 9110, section 15.1: may be kept without being told so
_MAX_VARY = 16
_LARGEST = 4 * 2**20
_HOUR = 3600.0  # what an address varies on is known longer than most answers are kept
_NOT_KEPT = frozenset({b"connection", b"date", b"age", b"keep-alive", b"transfer-encoding", b"upgrade"})


class Page(msgspec.Struct, frozen=True, array_like=True):
    """An answer as it is kept.

    Args:
        status: Of the answer.
        headers: Pairs of name and value.
        body: All of it.
        made: Seconds since 1970.
        for_everybody: Whether it may be given to requests that have credentials in ``Authorization``.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    made: float
    for_everybody: bool = False


class PageCache:
    """Keeps answers in a cache of bytes.

    Keys are made of scheme, host, path, query, language and time zone, and of those request headers that the answers' ``Vary`` names.
    An answer is not kept if it sets a cookie, is private, is a stream, or came from what belongs to one visitor alone.

    Args:
        cache: Where bytes are kept.
        prefix: Of all keys, for applications that share a cache.
        clock: Seconds since 1970.
    """

    __slots__ = ("_clock", "_prefix", "cache")

    def __init__(self, cache: Cache, prefix: str = "", clock: Callable[[], float] = time.time) -> None:
        self.cache, self._prefix, self._clock = cache, prefix, clock

    def load(self, request: Request, prefix: str = "") -> Response | None:
        """Return the answer that is kept for such a request, with its ``Age``; None if there is none.

        Args:
            request: What is asked.
            prefix: As it was kept with.
        """
        base = self._base(request, prefix)
        if base is None:
            return None
        names = _names(self.cache.get(base))
        return None if names is None else self._answer(request, self.cache.get(_key(base, request, names)))

    async def aload(self, request: Request, prefix: str = "") -> Response | None:
        """Async twin of `load`."""
        base = self._base(request, prefix)
        if base is None:
            return None
        names = _names(await self.cache.aget(base))
        return None if names is None else self._answer(request, await self.cache.aget(_key(base, request, names)))

    def keep(self, request: Request, response: Response, seconds: float, prefix: str = "") -> Response:
        """Keep an answer, if it is one that may be kept.

        Args:
            request: What was asked.
            response: The answer.
            seconds: How long.
            prefix: Apart from others of the same address.

        Returns:
            The answer for the client. One that was kept says for how long it is fresh (``Cache-Control``, ``Expires``).
        """
        found = self._to_keep(request, response, seconds, prefix)
        if found is None:
            return response
        base, page, wanted = found
        names = _joined(_names(self.cache.get(base)), wanted)
        if names is not None:
            self.cache.set(base, _encoded(names), max(seconds, _HOUR))
            self.cache.set(_key(base, request, names), msgspec.msgpack.encode(page), seconds)
        return Response(page.body, page.status, Headers.from_raw(page.headers))

    async def akeep(self, request: Request, response: Response, seconds: float, prefix: str = "") -> Response:
        """Async twin of `keep`."""
        found = self._to_keep(request, response, seconds, prefix)
        if found is None:
            return response
        base, page, wanted = found
        names = _joined(_names(await self.cache.aget(base)), wanted)
        if names is not None:
            await self.cache.aset(base, _encoded(names), max(seconds, _HOUR))
            await self.cache.aset(_key(base, request, names), msgspec.msgpack.encode(page), seconds)
        return Response(page.body, page.status, Headers.from_raw(page.headers))

    def _to_keep(
        self, request: Request, response: Response, seconds: float, prefix: str
    ) -> tuple[str, Page, tuple[str, ...]] | None:
        base = self._base(request, prefix) if request.method == "GET" and seconds > 0 else None
        entry = None if base is None else self._entry(request, response, seconds)
        return None if base is None or entry is None else (base, *entry)

    def _base(self, request: Request, prefix: str) -> str | None:
        """Return the key of what is known of an address; None for requests that never concern a cache."""
        if request.method not in {"GET", "HEAD"} or "range" in request.headers:
            return None
        try:
            host = request.host
        except BadRequest:
            return None
        translator, zone = current_translator(), ZONE.get(None)
        shown = f"{'' if translator is None else translator.language} {'' if zone is None else zone}"
        path = request.raw_path.decode("latin-1")
        query = request.query_string.decode("latin-1")
        parts = (self._prefix, prefix, request.scheme, host, request.root_path, path, query, shown)
        return f"partita.page.{_hash(parts)}"

    def _entry(self, request: Request, response: Response, seconds: float) -> tuple[Page, tuple[str, ...]] | None:
        """Return what to keep and the names it varies on; None if it must not be kept."""
        body, headers = response.body, response.headers
        from partita.http.cache_control import parse_cache_control  # every application imports this module
        from partita.http.dates import format_date

        if response.status not in _KEPT or not isinstance(body, bytes) or len(body) > _LARGEST:
            return None
        if "set-cookie" in headers:  # a cookie is one visitor's (CVE-2026-48588)
            return None
        try:
            control = parse_cache_control(headers.get("cache-control", ""))
        except HeaderSyntaxError:
            return None
        if control.no_store or control.no_cache or control.private:
            return None
        # RFC 9111, section 3.5: what was told to somebody with credentials is theirs, unless the answer says otherwise.
        for_everybody = bool(control.public or control.must_revalidate or control.s_maxage is not None)
        if "authorization" in request.headers and not for_everybody:
            return None
        for slot in request.state.slots():
            if slot.varies_on and request.state.is_made(slot):
                response = response.with_vary(*slot.varies_on)
        names = tuple([name.strip().lower() for name in response.headers.get("vary", "").split(",") if name.strip()])
        if "*" in names:
            return None
        now = self._clock()
        response = response.with_cache_control(max_age=int(seconds))
        if "expires" not in headers:
            response = response.with_header("expires", format_date(now + seconds))
        kept = tuple([field for field in response.headers.raw if field[0] not in _NOT_KEPT])
        return Page(response.status, kept, body, now, for_everybody), names

    def _answer(self, request: Request, raw: bytes | None) -> Response | None:
        if raw is None:
            return None
        try:
            page = msgspec.msgpack.decode(raw, type=Page)
        except (msgspec.DecodeError, UnicodeDecodeError):  # of another version
            return None
        if "authorization" in request.headers and not page.for_everybody:
            return None
        age = max(int(self._clock() - page.made), 0)
        return Response(page.body, page.status, Headers.from_raw((*page.headers, (b"age", b"%d" % age))))


PAGE_CACHE = Key[PageCache]("partita.http.page_cache")
"""Where the application keeps whole answers; in its `CACHE` if it has one, else in memory."""


def page_cache() -> PageCache | None:
    """Return the current application's page cache, or None outside of an application."""
    return find(PAGE_CACHE)


def _joined(known: tuple[str, ...] | None, wanted: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return all names that answers of one address ever varied on, so that none is taken for another."""
    names = tuple(sorted({*(known or ()), *wanted}))
    return names if len(names) <= _MAX_VARY else None


def _names(raw: bytes | None) -> tuple[str, ...] | None:
    return None if raw is None else tuple([name for name in raw.decode("latin-1").split(",") if name])


def _encoded(names: tuple[str, ...]) -> bytes:
    return ",".join(names).encode("latin-1", "replace")


def _key(base: str, request: Request, names: tuple[str, ...]) -> str:
    parts = []
    for name in names:
        value = request.headers.get(name)
        parts.append("-" if value is None else f"+{value.strip()}")  # absent and empty are two things
    return f"{base}.{_hash((*names, *parts))}"


def _hash(parts: tuple[str, ...]) -> str:
    digest = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%s" % (len(data), data))  # with lengths, so that no two lists of parts are alike
    return digest.hexdigest()

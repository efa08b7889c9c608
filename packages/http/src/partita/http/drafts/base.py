"""What all responses that can be changed have in common; whoever sends one seals it first.

A draft is a `Response`, so it may stand wherever one is expected; every ``with_...`` gives a sealed one.
"""

import math
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from partita.http.cookies import SameSite
from partita.http.dates import parse_date
from partita.http.drafts.headers import DraftHeaders
from partita.http.errors import CookieError, HeaderSyntaxError
from partita.http.headers import Headers
from partita.http.media_types import parse_media_type
from partita.http.response import Response, ResponseBody

if TYPE_CHECKING:
    from http.cookies import SimpleCookie

__all__ = ("HttpResponseBase",)

_HTML = "text/html"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_LONGEST = 400 * 86_400  # seconds: browsers keep no cookie longer


class HttpResponseBase(Response):
    """What all drafts have in common.

    Args:
        content_type: ``text/html`` by default.
        status: From 200 to 599.
        reason: Kept for code that reads it; HTTP/2 has none and clients ignore it.
        charset: Of text; by default the one in ``content_type``, or UTF-8.
        headers: By name.
    """

    _jar: "SimpleCookie | None" = None
    status_code: int = 200
    streaming = False
    closed = False

    @property
    def _fields(self) -> DraftHeaders:
        fields = self._draft_fields
        jar, self._jar = self._jar, None
        if jar is not None:
            self._write_cookies(jar)
            self._jar = jar
        return fields

    @property
    def _headers(self) -> Headers:  # type: ignore[override]  # what `Response` reads
        return self._fields

    def __init__(
        self,
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: "Mapping[str, object] | Iterable[tuple[str, object]] | None" = None,
    ) -> None:
        self._draft_fields = DraftHeaders()
        self._jar = None
        self._charset = charset
        self._reason: str | None = None
        if reason is not None:
            self.reason_phrase = reason
        self._body = b""
        if status is not None:
            try:
                self.status_code = int(status)
            except (TypeError, ValueError):
                raise TypeError("HTTP status code must be an integer.") from None
        if not 200 <= self.status_code <= 599:
            raise ValueError(f"A final status lies between 200 and 599, not {status}")
        given = headers.items() if isinstance(headers, Mapping) else headers or ()
        for name, value in cast("Iterable[tuple[str, object]]", given):
            self._fields[name] = value
        if content_type is not None and "content-type" in self._fields:
            raise ValueError("'headers' must not contain 'Content-Type' when the 'content_type' parameter is provided.")
        if "content-type" not in self._fields:
            self._fields["content-type"] = content_type or f"{_HTML}; charset={self.charset}"

    @classmethod
    def _make(cls, body: ResponseBody, status: int, headers: Headers) -> Response:
        return Response._make(body, status, Headers.from_raw(headers.raw))

    def _with(self, headers: Headers) -> Response:
        # Body and status may be made when they are asked for, so they do not lie where those of an immutable response do.
        return self._make(self.body, self.status, headers)

    def parts(self) -> tuple[ResponseBody, int, Headers]:
        """See `Response.parts`."""
        return self.body, self.status, self._fields

    def with_defaults(self, headers: Headers) -> Response:
        """See `Response.with_defaults`."""
        return self.seal().with_defaults(headers)

    def seal(self) -> Response:
        """Return what it is now as an immutable response."""
        return self._make(self.body, self.status, self._fields)

    @property
    def status(self) -> int:
        """See `Response.status`."""
        return self.status_code

    @property
    def headers(self) -> DraftHeaders:
        """The fields; they may be changed."""
        return self._fields

    @property
    def reason_phrase(self) -> str:
        """What people call the status."""
        if self._reason is not None:
            return self._reason
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return "Unknown Status Code"

    @reason_phrase.setter
    def reason_phrase(self, value: str) -> None:
        if _CONTROL.search(value):
            raise HeaderSyntaxError("reason_phrase", value, "text without control characters")
        self._reason = value

    @property
    def charset(self) -> str:
        """Of text."""
        if self._charset is None:
            kind = self._fields.get("content-type")
            try:
                return parse_media_type(kind).parameters.get("charset", "utf-8") if kind else "utf-8"
            except HeaderSyntaxError:
                return "utf-8"  # what is wrong with the field, whoever gets it may say
        return self._charset

    @charset.setter
    def charset(self, value: str) -> None:
        self._charset = value

    def __setitem__(self, name: str, value: object) -> None:
        self._fields[name] = value

    def __getitem__(self, name: str) -> str:
        return self._fields[name]

    def __delitem__(self, name: str) -> None:
        del self._fields[name]

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def has_header(self, name: str) -> bool:
        """Tell whether there is such a field."""
        return name in self._fields

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return a field's value, or ``default``."""
        return self._fields.get(name, default)

    def items(self) -> list[tuple[str, str]]:
        """Return pairs of name and value."""
        return self._fields.items()

    def setdefault(self, name: str, value: object) -> None:
        """Set a field unless it is there."""
        self._fields.setdefault(name, value)

    @property
    def cookies(self) -> "SimpleCookie":
        """The cookies as the standard library has them; what is changed there is sent."""
        if self._jar is None:
            from partita.http.drafts.cookies import jar_of

            self._jar = jar_of(self._draft_fields.get_all("set-cookie"))
        return self._jar

    @cookies.setter
    def cookies(self, value: "SimpleCookie") -> None:
        self._jar = value

    def _write_cookies(self, jar: "SimpleCookie") -> None:
        """Let the fields say what somebody may have done to the cookies."""
        del self._fields["set-cookie"]
        for morsel in jar.values():
            self._fields.add("set-cookie", morsel.OutputString())

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: float | timedelta | None = None,
        expires: datetime | str | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Set a cookie; see `cookies.format_cookie`.

        Args:
            key: The name.
            value: Any text.
            max_age: Seconds; an ``Expires`` for old browsers goes with it.
            expires: A date of HTTP, or a time, with which goes a ``Max-Age``; without a zone it is taken for UTC.
            path: Of the URLs that get the cookie.
            domain: None keeps the cookie to this host.
            secure: Only over HTTPS.
            httponly: Not for scripts.
            samesite: ``Lax``, ``Strict`` or ``None``, in any case.
            partitioned: Kept apart by the top-level site.

        Raises:
            CookieError: If browsers would drop the cookie or read it differently.
            ValueError: If both ``max_age`` and a time in ``expires`` are given, or ``samesite`` is something else.
        """
        moment = parse_date(expires) if isinstance(expires, str) else expires
        if expires and moment is None:
            raise CookieError(f"Expires {expires!r} of cookie {key} is not a date of HTTP")
        if isinstance(expires, datetime) and max_age is not None:
            raise ValueError("'expires' and 'max_age' can't be used together.")
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        if samesite and samesite.lower() not in {"lax", "none", "strict"}:
            raise ValueError('samesite must be "lax", "none", or "strict".')
        site = cast("SameSite | None", samesite.capitalize() if samesite else None)
        age = (
            int(max_age.total_seconds() if isinstance(max_age, timedelta) else max_age) if max_age is not None else None
        )
        now = datetime.fromtimestamp(time.time(), UTC)
        if age is None and isinstance(expires, datetime) and moment is not None:
            age = max(
                math.ceil((moment - now).total_seconds()), 0
            )  # a client whose clock is wrong reads this one rightly
        elif age is not None and age > 0 and moment is None:
            moment = now + timedelta(seconds=min(age, _LONGEST))
        made = self.head().with_cookie(
            key, str(value), age, moment, path or "/", domain, secure, httponly, site, partitioned
        )
        self._take(made)

    def set_signed_cookie(
        self,
        key: str,
        value: str,
        salt: str = "",
        max_age: float | timedelta | None = None,
        expires: datetime | str | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
        partitioned: bool = False,
    ) -> None:
        """Set a cookie that the browser cannot change, with the current application's `PROTECTED_COOKIES`.

        Args:
            key: The name.
            value: Any text.
            salt: Tells apart cookies of one name that serve different ends; `HttpRequest.get_signed_cookie` needs it too.
            max_age: See `set_cookie`, as for the others.
            expires: See `set_cookie`.
            path: See `set_cookie`.
            domain: See `set_cookie`.
            secure: See `set_cookie`.
            httponly: See `set_cookie`.
            samesite: See `set_cookie`.
            partitioned: See `set_cookie`.

        Raises:
            LookupError: If no application is current, or it has none.
        """
        from partita.contracts.current import require
        from partita.http.drafts.requests import PROTECTED_COOKIES

        # No name has a colon, so name and salt never run into each other (CVE-2026-6873).
        sealed = require(PROTECTED_COOKIES).seal(f"{key}:{salt}" if salt else key, value)
        self.set_cookie(key, sealed, max_age, expires, path, domain, secure, httponly, samesite, partitioned)

    def delete_cookie(self, key: str, path: str = "/", domain: str | None = None, samesite: str | None = None) -> None:
        """Tell the browser to forget a cookie; path and domain as it was set with, ``samesite`` in any case."""
        site = cast("SameSite | None", samesite.capitalize() if samesite else None)
        self._take(self.head().without_cookie(key, path, domain, samesite=site))

    def head(self) -> Response:
        """Return status and fields as an immutable response without content, which may not have been made yet."""
        return self._make(b"", self.status_code, self._fields)

    def take_headers(self, changed: Response) -> None:
        """Let the fields be those of ``changed``, which some ``with_...`` of `head` gave; so the draft stays a draft."""
        self._take(changed)

    def _take(self, changed: Response) -> None:
        self._fields._set(changed.headers.raw)
        self._jar = None

    def make_bytes(self, value: object) -> bytes:
        """Return ``value`` as bytes in the response's charset."""
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        return str(value).encode(self.charset)

    def close(self) -> None:
        """Do nothing more with it."""
        self.closed = True

    def serialize_headers(self) -> bytes:
        """Return the fields as lines."""
        return b"\r\n".join([name.title() + b": " + value for name, value in self._fields.raw])

    def __bytes__(self) -> bytes:
        if self.streaming:
            return self.serialize_headers()  # the content is there for whoever sends it
        return self.serialize_headers() + b"\r\n\r\n" + bytes(cast("bytes", getattr(self, "content", b"")))

    def write(self, content: object) -> None:
        """Add to the content.

        Raises:
            OSError: If this kind of response cannot be written to.
        """
        raise OSError(f"This {type(self).__name__} instance is not writable: it has no content to add to")

    def writelines(self, lines: Iterable[object]) -> None:
        """Add several pieces to the content.

        Raises:
            OSError: See `write`.
        """
        self.write(lines)

    def tell(self) -> int:
        """Return the length of the content so far.

        Raises:
            OSError: If this kind of response has none.
        """
        raise OSError(f"This {type(self).__name__} instance cannot tell its position: it has no content")

    def flush(self) -> None:
        """Do nothing; it is here for code that takes a response for a file."""

    def writable(self) -> bool:
        """Tell whether `write` works."""
        return False

    def readable(self) -> bool:
        """Tell whether it can be read like a file: never."""
        return False

    def seekable(self) -> bool:
        """Tell whether it has a position that can be set: never."""
        return False

    def __repr__(self) -> str:
        told = [f"status_code={self.status_code}", *self._told()]
        return f"<{type(self).__name__} {', '.join(told)}>"

    def _told(self) -> list[str]:
        """Return what else there is to say of it in its ``repr``."""
        return [f'"{self.content_type}"'] if "content-type" in self._fields else []

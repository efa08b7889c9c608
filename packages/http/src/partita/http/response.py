"""The response: immutable; every change gives a new one."""

import re
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from partita.http.cookies import SameSite, format_cookie
from partita.http.encoding import encode_json, plain_value
from partita.http.errors import StatusError
from partita.http.files import FileBody, file_headers
from partita.http.headers import Headers, encode_field
from partita.http.streams import iterate

if TYPE_CHECKING:
    from partita.http.cache_control import CacheControl
    from partita.http.events import Event

__all__ = ("Response", "ResponseBody", "ResponseHeaders")

Chunk = bytes | str
ResponseBody = bytes | FileBody | AsyncIterable[Chunk] | Iterable[Chunk]
_Directive = bool | int | timedelta | tuple[str, ...] | tuple[tuple[str, str | None], ...] | None
ResponseHeaders = Headers | Mapping[str, str] | Iterable[tuple[str, str]]

_NONE = Headers()
_TEXT = Headers({"content-type": "text/plain; charset=utf-8"})
_HTML = Headers({"content-type": "text/html; charset=utf-8"})
_JSON = Headers({"content-type": "application/json"})
_BYTES = Headers({"content-type": "application/octet-stream"})
_SCHEME = re.compile(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.\-]*):")  # browsers skip what stands before it
_URL_SAFE = "%/:?#[]@!$&'()*+,;=~"
_encode_json = msgspec.json.Encoder(enc_hook=plain_value).encode


class Response:
    """An answer: status, headers, body.

    Args:
        body: Text, bytes, or something that gives chunks of either.
        status: From 200 to 599.
        headers: A mapping, or pairs of name and value.
        content_type: Instead of a ``Content-Type`` among the headers. Text is HTML unless one of them says otherwise,
            as in Django.

    Raises:
        HeaderSyntaxError: If a name or value of a header could be read as something else.
    """

    __slots__ = ("__weakref__", "_body", "_headers", "_status")

    def __init__(
        self,
        body: ResponseBody | str = b"",
        status: int = 200,
        headers: ResponseHeaders = (),
        content_type: str | None = None,
    ) -> None:
        if not 200 <= status <= 599:
            raise ValueError(f"A final status lies between 200 and 599, not {status}")
        self._headers: Headers = headers if isinstance(headers, Headers) else Headers(headers) if headers else _NONE
        self._status: int = status
        if isinstance(body, str):
            body = body.encode()
            if content_type is None and "content-type" not in self._headers:
                self._headers = _HTML if self._headers is _NONE else self._headers.with_header(*_HTML.items()[0])
        if content_type is not None:
            self._headers = self._headers.with_header("content-type", content_type)
        self._body: ResponseBody = body

    @classmethod
    def _make(cls, body: ResponseBody, status: int, headers: Headers) -> "Response":
        self = cls.__new__(cls)
        self._body, self._status, self._headers = body, status, headers
        return self

    @property
    def status(self) -> int:
        """The status code."""
        return self._status

    @property
    def headers(self) -> Headers:
        """The fields, without those that the server adds (``Date``, ``Content-Length``, ``Transfer-Encoding``)."""
        return self._headers

    @property
    def body(self) -> ResponseBody:
        """Bytes, or what gives them."""
        return self._body

    def parts(self) -> tuple[ResponseBody, int, Headers]:
        """Return body, status and headers at once, which takes servers less time than one after the other."""
        return self._body, self._status, self._headers

    @property
    def content_type(self) -> str:
        """The value of ``Content-Type``, or nothing."""
        return self._headers.get("content-type", "")

    @property
    def is_streaming(self) -> bool:
        """Whether the body is anything but bytes."""
        return not isinstance(self.body, bytes)

    @classmethod
    def text(cls, text: str, status: int = 200, headers: ResponseHeaders = ()) -> "Response":
        """Answer with plain text."""
        self = cls.__new__(cls)
        self._body, self._status = text.encode(), status if status == 200 else _final(status)
        self._headers = _with_type(headers, _TEXT) if headers else _TEXT
        return self

    @classmethod
    def html(cls, text: str, status: int = 200, headers: ResponseHeaders = ()) -> "Response":
        """Answer with HTML."""
        self = cls.__new__(cls)
        self._body, self._status = text.encode(), status if status == 200 else _final(status)
        self._headers = _with_type(headers, _HTML) if headers else _HTML
        return self

    @classmethod
    def json(
        cls,
        value: object,
        status: int = 200,
        headers: ResponseHeaders = (),
        default: Callable[[Any], object] | None = None,
    ) -> "Response":
        """Answer with ``value`` as JSON: whatever msgspec encodes, so also Structs, dataclasses, dates and decimals.

        Args:
            value: Text of classes of its own, such as markup, and lazy translations are written as the text they are.
            status: See `Response`.
            headers: More fields.
            default: Gets each object that nobody knows how to write, and returns something that can be written.

        Raises:
            TypeError: If ``value`` holds something that cannot be written.
        """
        self = cls.__new__(cls)
        self._body = _encode_json(value) if default is None else encode_json(value, default)
        self._status = status if status == 200 else _final(status)
        self._headers = _with_type(headers, _JSON) if headers else _JSON
        return self

    @classmethod
    def redirect(
        cls, url: str, permanent: bool = False, preserve_method: bool = False, headers: ResponseHeaders = ()
    ) -> "Response":
        """Send the client to ``url``.

        Args:
            url: Absolute or relative; characters that a URL cannot have are encoded.
            permanent: 301 or 308 instead of 302 or 307.
            preserve_method: 307 or 308, which repeat the method and the body.
            headers: More fields.

        Raises:
            ValueError: If ``url`` has a scheme other than ``http`` and ``https``.
        """
        status = (308 if permanent else 307) if preserve_method else (301 if permanent else 302)
        scheme = _SCHEME.match(url)
        if scheme and scheme[1].lower() not in {"http", "https"}:
            raise ValueError(f"redirects lead to http or https, not {scheme[1][:40]!r}")
        fields = _with_type(headers, _NONE).with_header("location", quote(url, safe=_URL_SAFE))
        return cls._make(b"", status, fields)

    @classmethod
    def empty(cls, status: int = 204, headers: ResponseHeaders = ()) -> "Response":
        """Answer without a body."""
        return cls._make(b"", _final(status), _with_type(headers, _NONE))

    @classmethod
    def stream(
        cls,
        chunks: AsyncIterable[Chunk] | Iterable[Chunk],
        status: int = 200,
        headers: ResponseHeaders = (),
        content_type: str = "application/octet-stream",
    ) -> "Response":
        """Answer with chunks as they come; text is encoded as UTF-8.

        Args:
            chunks: An async iterator runs on the event loop, a plain one step by step in a worker thread.
            status: See `Response`.
            headers: See `Response`.
            content_type: See `Response`.
        """
        fields = _with_type(headers, _NONE)
        if "content-type" not in fields:
            fields = fields.with_header("content-type", content_type)
        return cls._make(chunks, _final(status), fields)

    @classmethod
    def events(
        cls,
        events: "AsyncIterable[Event | str] | Iterable[Event | str]",
        *,
        retry: timedelta | None = None,
        keep_alive: float | None = 15.0,
        status: int = 200,
        headers: ResponseHeaders = (),
    ) -> "Response":
        """Answer with server-sent events, which a page reads with ``EventSource``.

        Args:
            events: As for `stream`; a text is an event with nothing but data.
            retry: How long the browser should wait before it connects again.
            keep_alive: Seconds of silence after which a comment is sent, so that no proxy takes the connection for dead.
            status: See `Response`.
            headers: More fields.
        """
        from partita.http.events import EVENT_HEADERS, event_chunks

        given = _with_type(headers, _NONE)
        kept = [field for field in EVENT_HEADERS.raw if field[0].decode() not in given]
        return cls._make(event_chunks(events, retry, keep_alive), _final(status), Headers.from_raw((*kept, *given.raw)))

    @classmethod
    def file(
        cls,
        path: "str | PathLike[str]",
        *,
        content_type: str | None = None,
        filename: str | None = None,
        as_attachment: bool = False,
        headers: ResponseHeaders = (),
    ) -> "Response":
        """Answer with a file from disk, read while it is sent; `conditional.respond_to` adds 304 and ranges.

        Args:
            path: Of a regular file; it is not checked for where it lies.
            content_type: Guessed from the name by default.
            filename: What the client should call it; the file's own name for an attachment.
            as_attachment: Ask the client to save it instead of showing it.
            headers: More fields.

        Raises:
            OSError: If the file is not there or is not a regular file.
        """
        body = FileBody.open(path)
        fields = file_headers(body, content_type, filename, as_attachment)
        given = _with_type(headers, _NONE)
        kept = [field for field in fields.raw if field[0].decode() not in given]
        return cls._make(body, 200, Headers.from_raw((*kept, *given.raw)))

    @classmethod
    def error(cls, error: StatusError) -> "Response":
        """Answer with the status, headers and message of ``error`` as plain text."""
        return cls._make(f"{error.message or error}\n".encode(), error.status, _with_type(error.headers, _TEXT))

    def with_header(self, name: str, value: str) -> "Response":
        """Return a copy in which ``name`` has this one value.

        Raises:
            HeaderSyntaxError: If the name or the value could be read as something else.
        """
        return self._with(self._headers.with_header(name, value))

    def with_added_header(self, name: str, value: str) -> "Response":
        """Return a copy with one more field."""
        return self._with(self._headers.with_added(name, value))

    def with_headers(self, headers: ResponseHeaders) -> "Response":
        """Return a copy in which each name in ``headers`` has only the values from there."""
        new = headers if isinstance(headers, Headers) else Headers(headers)
        joined = self._headers.joined(new)
        if joined is not None:
            return self._with(joined)
        names = {name for name, _ in new.raw}
        return self._with(Headers.from_raw((*[pair for pair in self._headers.raw if pair[0] not in names], *new.raw)))

    def with_defaults(self, headers: Headers) -> "Response":
        """Return a copy with those of ``headers`` whose names it lacks."""
        kind, own = self.__class__, self._headers
        made = kind.__new__(kind)  # written out like `_with`
        made._body, made._status = self._body, self._status
        last = own.completed
        made._headers = last[1] if last is not None and last[0] is headers else own.with_defaults(headers)
        return made

    def without_header(self, name: str) -> "Response":
        """Return a copy that has no ``name``."""
        return self._with(self._headers.without(name))

    def with_status(self, status: int) -> "Response":
        """Return a copy with another status."""
        return self._make(self.body, _final(status), self._headers)

    def with_body(self, body: ResponseBody | str) -> "Response":
        """Return a copy with another body; what headers say about the old one goes."""
        headers = self._headers
        for name in ("content-length", "etag", "content-range"):
            if name in headers:
                headers = headers.without(name)
        return self._make(body.encode() if isinstance(body, str) else body, self.status, headers)

    def with_vary(self, *names: str) -> "Response":
        """Return a copy whose ``Vary`` has ``names`` too."""
        present = [name.strip() for name in self._headers.get("vary", "").split(",") if name.strip()]
        known = {name.lower() for name in present}
        if "*" in known:
            return self
        added = {name.lower(): name for name in reversed(names) if name.lower() not in known}
        return self.with_header("vary", ", ".join([*present, *reversed(added.values())])) if added else self

    def with_cache_control(self, control: "CacheControl | None" = None, **directives: "_Directive") -> "Response":
        """Return a copy whose ``Cache-Control`` asks for this too; of two numbers the smaller stays.

        Args:
            control: What to add.
            directives: The same by name, such as ``max_age=60, private=True``; see `cache_control.CacheControl`.

        Raises:
            ValueError: If the directives exclude each other.
            HeaderSyntaxError: If there is a ``Cache-Control`` already that cannot be read.
        """
        from partita.http.cache_control import CacheControl, parse_cache_control

        added = control or CacheControl(**directives)  # type: ignore[arg-type]  # by name
        present = self._headers.get("cache-control")
        merged = added if present is None else parse_cache_control(present).merged(added)
        return self.with_header("cache-control", str(merged))

    def with_cookie(
        self,
        name: str,
        value: str,
        max_age: int | timedelta | None = None,
        expires: datetime | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = True,
        samesite: SameSite | None = "Lax",
        partitioned: bool = False,
    ) -> "Response":
        """Return a copy that sets a cookie; see `cookies.format_cookie` for the arguments.

        Raises:
            CookieError: If browsers would drop the cookie or read it differently.
        """
        cookie = format_cookie(
            name,
            value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )
        start = f"{name}=".encode()
        # One field a name: RFC 6265, section 4.1.1.
        kept = [pair for pair in self._headers.raw if not (pair[0] == b"set-cookie" and pair[1].startswith(start))]
        return self._with(Headers.from_raw((*kept, encode_field("set-cookie", cookie))))

    def without_cookie(
        self,
        name: str,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        samesite: SameSite | None = "Lax",
    ) -> "Response":
        """Return a copy that tells the browser to forget a cookie; path and domain as it was set with."""
        secure = secure or samesite == "None" or name.startswith(("__Host-", "__Secure-"))
        return self.with_cookie(name, "", 0, path=path, domain=domain, secure=secure, samesite=samesite)

    def chunks(self) -> AsyncIterator[bytes]:
        """Give the body's bytes piece by piece, whatever it is made of."""
        return iterate(self.body)

    async def aread(self) -> bytes:
        """Return the whole body; a stream is used up by this."""
        body = self.body
        return body if isinstance(body, bytes) else b"".join([chunk async for chunk in self.chunks()])

    def _with(self, headers: Headers) -> "Response":
        # Written out, since layers do this to each response.
        kind = self.__class__
        made = kind.__new__(kind)
        made._body, made._status, made._headers = self._body, self._status, headers
        return made

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.content_type!r}>"


def _final(status: int) -> int:
    if not 200 <= status <= 599:
        raise ValueError(f"A final status lies between 200 and 599, not {status}")
    return status


def _with_type(headers: ResponseHeaders, default: Headers) -> Headers:
    if not headers:
        return default
    fields = headers if isinstance(headers, Headers) else Headers(headers)
    return fields if "content-type" in fields else Headers.from_raw((*default.raw, *fields.raw))

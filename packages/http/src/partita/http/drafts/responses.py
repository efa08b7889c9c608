"""Responses that can be changed; whoever sends one seals it first.

A draft is a `Response`, so it may stand wherever one is expected; every ``with_...`` gives a sealed one.
"""

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, cast

import msgspec

from partita.http.cookies import SameSite
from partita.http.dates import parse_date
from partita.http.disposition import content_disposition
from partita.http.errors import CookieError
from partita.http.file_types import content_type_of
from partita.http.headers import Headers, encode_field
from partita.http.media_types import parse_media_type
from partita.http.response import Response, ResponseBody
from partita.http.streams import iterate

if TYPE_CHECKING:
    from http.cookies import SimpleCookie
    from json import JSONEncoder

__all__ = (
    "DraftHeaders",
    "FileResponse",
    "HttpResponse",
    "HttpResponseBadRequest",
    "HttpResponseBase",
    "HttpResponseForbidden",
    "HttpResponseGone",
    "HttpResponseNotAllowed",
    "HttpResponseNotFound",
    "HttpResponseNotModified",
    "HttpResponsePermanentRedirect",
    "HttpResponseRedirect",
    "HttpResponseServerError",
    "JsonResponse",
    "StreamingHttpResponse",
)

_CHUNK = 65_536
_HTML = "text/html"


class DraftHeaders(Headers):
    """Headers that can be changed."""

    __slots__ = ()

    def __setitem__(self, name: str, value: object) -> None:
        field = encode_field(name, value if isinstance(value, str) else str(value))
        self._set((*[pair for pair in self._raw if pair[0] != field[0]], field))

    def __delitem__(self, name: str) -> None:
        """Take ``name`` out if it is there."""
        self._set(self.without(name).raw)

    def setdefault(self, name: str, value: object) -> str:
        """Give ``name`` this value unless it is there; return the one it has then."""
        if name not in self:
            self[name] = value
        return self[name]

    def pop(self, name: str, default: str | None = None) -> str | None:
        """Take ``name`` out; return its value, or ``default``."""
        value = self.get(name, default)
        del self[name]
        return value

    def update(self, fields: Mapping[str, object]) -> None:
        """Give each of these names its value."""
        for name, value in fields.items():
            self[name] = value

    def add(self, name: str, value: str) -> None:
        """Add a field beside others of that name."""
        self._set((*self._raw, encode_field(name, value)))

    __hash__ = None  # type: ignore[assignment]  # what can be changed is no key

    def _set(self, raw: tuple[tuple[bytes, bytes], ...]) -> None:
        self._raw, self._index, self._wire = raw, None, None


class HttpResponseBase(Response):
    """What all drafts have in common.

    Args:
        content_type: ``text/html`` by default.
        status: From 200 to 599.
        reason: Kept for code that reads it; HTTP/2 has none and clients ignore it.
        charset: Of text; by default the one in ``content_type``, or UTF-8.
        headers: By name.
    """

    status_code: int = 200
    streaming = False
    closed = False

    def __init__(
        self,
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        self._headers = self._fields = DraftHeaders()
        self._charset, self._reason = charset, reason
        self._body = b""
        if status is not None:
            self.status_code = int(status)
        if not 200 <= self.status_code <= 599:
            raise ValueError(f"A final status lies between 200 and 599, not {status}")
        self._fields.update(headers or {})
        if content_type is not None and "content-type" in self._fields:
            raise ValueError("'headers' must not contain 'Content-Type' when the 'content_type' parameter is provided.")
        if "content-type" not in self._fields:
            self._fields["content-type"] = content_type or f"{_HTML}; charset={self.charset}"

    @classmethod
    def _make(cls, body: ResponseBody, status: int, headers: Headers) -> Response:
        return Response._make(body, status, Headers.from_raw(headers.raw))

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
        self._reason = value

    @property
    def charset(self) -> str:
        """Of text."""
        if self._charset is None:
            kind = self._fields.get("content-type")
            return parse_media_type(kind).parameters.get("charset", "utf-8") if kind else "utf-8"
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
        """The cookies as the standard library has them: a copy to look at."""
        from http.cookies import SimpleCookie

        found = SimpleCookie()
        for value in self._fields.get_all("set-cookie"):
            found.load(value)
        return found

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | timedelta | None = None,
        expires: datetime | str | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: str | None = None,
    ) -> None:
        """Set a cookie; see `cookies.format_cookie`.

        Raises:
            CookieError: If browsers would drop the cookie or read it differently.
        """
        moment = parse_date(expires) if isinstance(expires, str) else expires
        if expires and moment is None:
            raise CookieError(f"Expires {expires!r} of cookie {key} is not a date of HTTP")
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        site = cast("SameSite | None", samesite.capitalize() if samesite else None)
        self._take(self.with_cookie(key, value, max_age, moment, path, domain, secure, httponly, site))

    def set_signed_cookie(
        self,
        key: str,
        value: str,
        max_age: int | timedelta | None = None,
        expires: datetime | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = None,
    ) -> None:
        """Set a cookie that the browser cannot change, with the current application's `PROTECTED_COOKIES`.

        Raises:
            LookupError: If no application is current, or it has none.
        """
        from partita.contracts.current import require
        from partita.http.drafts.requests import PROTECTED_COOKIES

        sealed = require(PROTECTED_COOKIES).seal(key, value)
        self.set_cookie(key, sealed, max_age, expires, path, domain, secure, httponly, samesite)

    def delete_cookie(
        self, key: str, path: str = "/", domain: str | None = None, samesite: SameSite | None = None
    ) -> None:
        """Tell the browser to forget a cookie; path and domain as it was set with."""
        self._take(self.without_cookie(key, path, domain, samesite=samesite))

    def _take(self, changed: Response) -> None:
        self._fields._set(changed.headers.raw)

    def make_bytes(self, value: object) -> bytes:
        """Return ``value`` as bytes in the response's charset."""
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value)
        return str(value).encode(self.charset)

    def close(self) -> None:
        """Do nothing more with it."""
        self.closed = True

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
        return f"<{type(self).__name__} status_code={self.status_code}, {self.content_type!r}>"


class HttpResponse(HttpResponseBase):
    """A response with its whole content, which is also a file to write to.

    Args:
        content: Bytes, text, or an iterable of either, which is used up.
        content_type: See `HttpResponseBase`.
        status: See `HttpResponseBase`.
        reason: See `HttpResponseBase`.
        charset: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.
    """

    def __init__(
        self,
        content: object = b"",
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(content_type, status, reason, charset, headers)
        self._parts: list[bytes] = []
        self.content = content

    @property
    def body(self) -> bytes:
        """See `Response.body`."""
        return self.content

    @property
    def content(self) -> bytes:
        """The bytes; anything of which `make_bytes` makes bytes may be set."""
        if len(self._parts) > 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0] if self._parts else b""

    @content.setter
    def content(self, value: object) -> None:
        if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview | str):
            self._parts = [self.make_bytes(part) for part in value]
            if close := getattr(value, "close", None):
                close()
        else:
            self._parts = [self.make_bytes(value)]

    @property
    def text(self) -> str:  # type: ignore[override]  # here it reads, as in Django, where Response.text makes
        """The content as text."""
        return self.content.decode(self.charset)

    def __iter__(self) -> Iterator[bytes]:
        return iter([self.content])

    def write(self, content: object) -> None:
        """Add to the content."""
        self._parts.append(self.make_bytes(content))

    def writelines(self, lines: Iterable[object]) -> None:
        """Add several pieces to the content."""
        self._parts += [self.make_bytes(line) for line in lines]

    def writable(self) -> bool:
        """Tell whether `write` works: always."""
        return True

    def tell(self) -> int:
        """Return the length of the content."""
        return sum(map(len, self._parts))

    def getvalue(self) -> bytes:
        """Return the content."""
        return self.content


class StreamingHttpResponse(HttpResponseBase):
    """A response that is made while it is sent.

    Args:
        streaming_content: An async iterator runs on the event loop, a plain one step by step in a worker thread.
        content_type: See `HttpResponseBase`.
        status: See `HttpResponseBase`.
        reason: See `HttpResponseBase`.
        charset: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.
    """

    streaming = True

    def __init__(
        self,
        streaming_content: "AsyncIterable[bytes | str] | Iterable[bytes | str]" = (),
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(content_type, status, reason, charset, headers)
        self.streaming_content = streaming_content

    @property
    def body(self) -> ResponseBody:
        """See `Response.body`."""
        return self.streaming_content

    @property
    def is_async(self) -> bool:
        """Whether the content is an async iterator."""
        return isinstance(self.streaming_content, AsyncIterable)

    @property
    def content(self) -> bytes:
        """There is none.

        Raises:
            AttributeError: Always.
        """
        raise AttributeError(
            f"This {type(self).__name__} instance has no `content` attribute. Use `streaming_content`."
        )

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self.streaming_content, AsyncIterable):
            raise TypeError("This response is made by an async iterator: use `async for`, or `aread`.")
        return map(self.make_bytes, self.streaming_content)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return iterate(self.streaming_content)

    def getvalue(self) -> bytes:
        """Return the whole content, which uses it up."""
        return b"".join(self)


class FileResponse(StreamingHttpResponse):
    """A response that sends an open file and closes it.

    Args:
        open_file: Open for reading bytes; sent from where it stands.
        as_attachment: Ask the client to save it instead of showing it.
        filename: What the client should call it; the file's own name by default.
        content_type: Guessed from the name by default.
        status: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.
    """

    def __init__(
        self,
        open_file: IO[bytes],
        as_attachment: bool = False,
        filename: str = "",
        content_type: str | None = None,
        status: int | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        own = getattr(open_file, "name", "")
        name = filename or (os.path.basename(own) if isinstance(own, str) else "")
        given = content_type is None and any(key.lower() == "content-type" for key in headers or ())
        kind = None if given else content_type or content_type_of(name)
        super().__init__(_FileChunks(open_file), kind, status, headers=headers)
        if (size := _bytes_left(open_file)) is not None:
            self.setdefault("content-length", size)
        if name and (as_attachment or filename):
            self.setdefault("content-disposition", content_disposition(name, as_attachment))
        elif as_attachment:
            self.setdefault("content-disposition", "attachment")
        self.file_to_stream = open_file

    def close(self) -> None:
        """Close the file."""
        super().close()
        self.file_to_stream.close()


class _FileChunks:
    """An open file as chunks."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def close(self) -> None:
        """Close the file; whoever sends the chunks calls this."""
        self._file.close()


def _bytes_left(file: IO[bytes]) -> int | None:
    try:
        if not file.seekable():
            return None
        here = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(here)
    except (AttributeError, OSError):
        return None
    return max(end - here, 0)


class JsonResponse(HttpResponse):
    """JSON.

    Args:
        data: What msgspec encodes, or ``encoder``.
        encoder: Makes the text with the standard library instead, for code that has one.
        safe: Refuse anything but a dict.
        json_dumps_params: For the standard library's ``json.dumps``.
        status: See `HttpResponseBase`.
        content_type: See `HttpResponseBase`.
        headers: See `HttpResponseBase`.

    Raises:
        TypeError: If ``data`` is no dict and ``safe`` is set.
    """

    def __init__(
        self,
        data: object,
        encoder: "type[JSONEncoder] | None" = None,
        safe: bool = True,
        json_dumps_params: Mapping[str, object] | None = None,
        *,
        status: int | None = None,
        content_type: str = "application/json",
        headers: Mapping[str, object] | None = None,
    ) -> None:
        if safe and not isinstance(data, dict):
            raise TypeError("In order to allow non-dict objects to be serialized set the safe parameter to False.")
        if encoder is None and not json_dumps_params:
            content: bytes | str = msgspec.json.encode(data)
        else:
            import json

            dumps = cast("Callable[..., str]", json.dumps)
            content = dumps(data, cls=encoder, **(json_dumps_params or {}))
        super().__init__(content, content_type, status, headers=headers)


class _Redirect(HttpResponse):
    """A redirect to `url`."""

    status_preserving = 307

    def __init__(
        self,
        redirect_to: object,
        preserve_request: bool = False,
        *,
        content_type: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(b"", content_type, self.status_preserving if preserve_request else None, headers=headers)
        self["location"] = Response.redirect(str(redirect_to)).headers["location"]

    @property
    def url(self) -> str:
        """Where it leads."""
        return self["location"]


class HttpResponseRedirect(_Redirect):
    """302, or 307 with ``preserve_request``.

    Raises:
        ValueError: If the URL has a scheme other than ``http`` and ``https``.
    """

    status_code = 302


class HttpResponsePermanentRedirect(_Redirect):
    """301, or 308 with ``preserve_request``."""

    status_code, status_preserving = 301, 308


class HttpResponseNotModified(HttpResponse):
    """304, which has neither content nor type."""

    status_code = 304

    def __init__(self, headers: Mapping[str, object] | None = None) -> None:
        super().__init__(b"", headers=headers)
        del self["content-type"]

    @property
    def content(self) -> bytes:
        """Nothing."""
        return b""

    @content.setter
    def content(self, value: object) -> None:
        if value:
            raise AttributeError("You cannot set content to a 304 (Not Modified) response")
        self._parts = [b""]


class HttpResponseBadRequest(HttpResponse):
    """400."""

    status_code = 400


class HttpResponseForbidden(HttpResponse):
    """403."""

    status_code = 403


class HttpResponseNotFound(HttpResponse):
    """404."""

    status_code = 404


class HttpResponseNotAllowed(HttpResponse):
    """405.

    Args:
        permitted_methods: For the ``Allow`` field.
        content: See `HttpResponse`.
    """

    status_code = 405

    def __init__(self, permitted_methods: Iterable[str], content: object = b"") -> None:
        super().__init__(content)
        self["allow"] = ", ".join(permitted_methods)


class HttpResponseGone(HttpResponse):
    """410."""

    status_code = 410


class HttpResponseServerError(HttpResponse):
    """500."""

    status_code = 500

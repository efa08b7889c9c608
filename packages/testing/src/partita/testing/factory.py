"""Requests for tests that call views directly."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import msgspec

from partita.http import Headers, Request
from partita.http.cookies import format_cookie
from partita.http.drafts import HttpHeaders, HttpRequest
from partita.testing.multipart import MULTIPART, encode_multipart, is_json, refuse_none

__all__ = ("AsyncRequestFactory", "RequestFactory")

_ENVIRON = frozenset({
    "PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_USER", "REQUEST_METHOD", "SCRIPT_NAME",
    "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL",
})  # fmt: skip
Data = Mapping[str, object] | Iterable[tuple[str, object]] | bytes | str | None


class RequestFactory:
    """Makes requests without an application; they pass through no middleware, so what views need of it is for the test to add.

    Each method returns a draft, which has Django's attributes; its ``seal()`` is the `Request`.

    Args:
        headers: Go with every request.
        query_params: Go with every request that has none of its own.
        defaults: Variables of a WSGI environment, such as ``REMOTE_ADDR``, for every request.
    """

    def __init__(
        self,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, object] | None = None,
        **defaults: object,
    ) -> None:
        self.headers = dict(headers or {})
        self.query_params = query_params
        self.defaults = defaults
        self.cookies: dict[str, str] = {}
        """Sent with every request."""

    def get(self, path: object, data: Data = None, secure: bool = False, **options: Any) -> HttpRequest:
        """Return a request for reading; ``data`` is its query."""
        return self.generic("GET", path, secure=secure, **_with_query(options, data))

    def head(self, path: object, data: Data = None, secure: bool = False, **options: Any) -> HttpRequest:
        """Return a ``HEAD``; ``data`` is its query."""
        return self.generic("HEAD", path, secure=secure, **_with_query(options, data))

    def trace(self, path: object, secure: bool = False, **options: Any) -> HttpRequest:
        """Return a ``TRACE``."""
        return self.generic("TRACE", path, secure=secure, **options)

    def post(
        self, path: object, data: Data = None, content_type: str = MULTIPART, secure: bool = False, **options: Any
    ) -> HttpRequest:
        """Return a ``POST``.

        Args:
            path: With or without a query.
            data: A form, which may hold files; or raw bytes or text; or, with the content type of JSON, what becomes it.
            content_type: Of the body; a mapping is sent as multipart by default.
            secure: Whether it came over TLS.
            options: See `generic`.
        """
        body, kind = _encoded(data, content_type)
        return self.generic("POST", path, body, kind, secure, **options)

    def put(
        self,
        path: object,
        data: Data = b"",
        content_type: str = "application/octet-stream",
        secure: bool = False,
        **options: Any,
    ) -> HttpRequest:
        """Return a ``PUT``; see `post`."""
        return self.generic("PUT", path, *_encoded(data, content_type), secure, **options)

    def patch(
        self,
        path: object,
        data: Data = b"",
        content_type: str = "application/octet-stream",
        secure: bool = False,
        **options: Any,
    ) -> HttpRequest:
        """Return a ``PATCH``; see `post`."""
        return self.generic("PATCH", path, *_encoded(data, content_type), secure, **options)

    def delete(
        self,
        path: object,
        data: Data = b"",
        content_type: str = "application/octet-stream",
        secure: bool = False,
        **options: Any,
    ) -> HttpRequest:
        """Return a ``DELETE``; see `post`."""
        return self.generic("DELETE", path, *_encoded(data, content_type), secure, **options)

    def options(
        self,
        path: object,
        data: Data = b"",
        content_type: str = "application/octet-stream",
        secure: bool = False,
        **options: Any,
    ) -> HttpRequest:
        """Return an ``OPTIONS``; see `post`."""
        return self.generic("OPTIONS", path, *_encoded(data, content_type), secure, **options)

    def generic(
        self,
        method: str,
        path: object,
        data: bytes | str = b"",
        content_type: str = "application/octet-stream",
        secure: bool = False,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, object] | None = None,
        **extra: object,
    ) -> HttpRequest:
        """Return a request with any method.

        Args:
            method: Any case.
            path: With or without a query.
            data: The body.
            content_type: Of the body, if there is one.
            secure: Whether it came over TLS.
            headers: For this request.
            query_params: Instead of a query in ``path``.
            extra: Variables of a WSGI environment: ``HTTP_ACCEPT="..."`` is a header, ``REMOTE_ADDR`` the client.
        """
        parts = urlsplit(str(path))
        body = data.encode() if isinstance(data, str) else data
        environ = {**self.defaults, **extra}
        given = {**self.headers, **(headers or {})}
        fields = {**self._headers_of(environ), **given}
        if self.cookies and "Cookie" not in fields:
            fields["Cookie"] = "; ".join(
                format_cookie(name, value, httponly=False, samesite=None).partition(";")[0]
                for name, value in self.cookies.items()
            )
        if body and not any(name.lower() == "content-type" for name in fields):
            fields["Content-Type"] = content_type
        wanted = query_params if query_params is not None else self.query_params
        query = parts.query if wanted is None else urlencode(list(_pairs(wanted)), doseq=True)
        scheme = "https" if secure else str(environ.get("wsgi.url_scheme", "http"))
        if "SERVER_NAME" in environ and "Host" not in fields:
            port = str(environ.get("SERVER_PORT", "80"))
            fields["Host"] = f"{environ['SERVER_NAME']}{'' if port in {'80', '443'} else f':{port}'}"
        request = Request.build(
            str(environ.get("REQUEST_METHOD", method)),
            parts.path or "/",
            headers=Headers(fields),
            body=body,
            query=str(environ.get("QUERY_STRING", query)),
            scheme=scheme,
            client=(str(environ.get("REMOTE_ADDR", "127.0.0.1")), 50_000),
            server=(str(environ.get("SERVER_NAME", "testserver")), 443 if secure else 80),
            root_path=str(environ.get("SCRIPT_NAME", "")).rstrip("/"),
        )
        draft = HttpRequest.of(request)
        draft.META |= {
            name: value for name, value in environ.items() if name not in draft.META and self._header_name(name) is None
        }
        draft.environ = draft.META
        return draft

    def _headers_of(self, environ: Mapping[str, object]) -> dict[str, str]:
        named = ((self._header_name(key), value) for key, value in environ.items())
        return {name: str(value) for name, value in named if name is not None}

    def _header_name(self, key: str) -> str | None:
        return HttpHeaders.parse_header_name(key)


class AsyncRequestFactory(RequestFactory):
    """The same; requests serve sync and async views alike.

    What a WSGI environment does not know is a header here, as in an ASGI scope: ``Authorization="..."`` as well as
    ``HTTP_AUTHORIZATION="..."``.
    """

    def _header_name(self, key: str) -> str | None:
        known = super()._header_name(key)
        return known if known is not None or key in _ENVIRON or "." in key else key.replace("_", "-")


def _with_query(options: dict[str, Any], data: Data) -> dict[str, Any]:
    if data is None:
        return options
    if options.get("query_params") is not None:
        raise ValueError("query_params and data arguments are mutually exclusive.")
    refuse_none(_pairs(data), "in a query")
    return {**options, "query_params": data}


def _encoded(data: Data, content_type: str) -> tuple[bytes, str]:
    if data is None or isinstance(data, bytes | str):
        return (data.encode() if isinstance(data, str) else data or b""), content_type
    if is_json(content_type):
        return msgspec.json.encode(data), content_type
    if content_type.startswith(MULTIPART):
        _, _, boundary = content_type.partition("boundary=")
        boundary = boundary or f"partita-{secrets.token_hex(12)}"
        pairs: list[tuple[str, object]] = []
        for name, value in _pairs(data):
            pairs += [(name, each) for each in (value if isinstance(value, list | tuple) else [value])]
        refuse_none(pairs, "as POST data")
        return encode_multipart(pairs, boundary), f"{MULTIPART}; boundary={boundary}"
    if not isinstance(data, Mapping):
        raise TypeError(f"{type(data).__name__} cannot be sent as {content_type}; pass bytes, text or a mapping")
    return urlencode(list(_pairs(data)), doseq=True).encode("ascii"), content_type


def _pairs(data: Any) -> Iterable[tuple[str, object]]:
    lists = getattr(data, "lists", None)
    if lists is not None:
        return cast("Iterable[tuple[str, object]]", lists())
    return cast("Iterable[tuple[str, object]]", data.items() if isinstance(data, Mapping) else data)

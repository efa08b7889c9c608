"""Responses that can be changed, one class for each status that people name."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from partita.http.drafts.responses import HttpResponse
from partita.http.errors import DisallowedRedirect

__all__ = (
    "MAX_URL_REDIRECT_LENGTH",
    "HttpResponseBadRequest",
    "HttpResponseForbidden",
    "HttpResponseGone",
    "HttpResponseNotAllowed",
    "HttpResponseNotFound",
    "HttpResponseNotModified",
    "HttpResponsePermanentRedirect",
    "HttpResponseRedirect",
    "HttpResponseRedirectBase",
    "HttpResponseServerError",
)

MAX_URL_REDIRECT_LENGTH = 2048
"""Characters; a URL that is longer is a mistake or an attack, and browsers differ in what they make of it."""


class HttpResponseRedirectBase(HttpResponse):
    """A redirect to `url`.

    Args:
        redirect_to: A URL; characters that it cannot have are encoded.
        preserve_request: Whether the client repeats its method and body.
        max_length: Characters of the URL as it is sent, beyond which it is refused; None for any number.
        content: See `HttpResponse`, as for the others.
        content_type: See `HttpResponse`.
        status: Another one than the class has.
        reason: See `HttpResponse`.
        charset: See `HttpResponse`.
        headers: See `HttpResponse`.

    Raises:
        DisallowedRedirect: If the URL has a scheme other than `allowed_schemes`, cannot be read, or is too long.
    """

    allowed_schemes = ("http", "https")
    status_preserving = 307

    def __init__(
        self,
        redirect_to: object,
        preserve_request: bool = False,
        *,
        max_length: int | None = MAX_URL_REDIRECT_LENGTH,
        content: object = b"",
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        if status is None and preserve_request:
            status = self.status_preserving
        super().__init__(content, content_type, status, reason, charset, headers)
        url = str(redirect_to)
        self._target = url  # for its repr, whatever becomes of it
        location = quote(url, safe="%/:?#[]@!$&'()*+,;=~") if max_length is None or len(url) <= max_length else url
        if max_length is not None and len(location) > max_length:
            raise DisallowedRedirect(f"Unsafe redirect exceeding {max_length} characters")
        scheme = re.match(r"[\x00-\x20]*([A-Za-z][A-Za-z0-9+.\-]*):", url)  # browsers skip what stands before it
        if scheme and scheme[1].lower() not in self.allowed_schemes:
            raise DisallowedRedirect(
                f"redirects lead to {' or '.join(self.allowed_schemes)}. Unsafe redirect to URL with protocol '{scheme[1][:40]}'"
            )
        self["location"] = location

    @property
    def url(self) -> str:
        """Where it leads."""
        return self["location"]

    def _told(self) -> list[str]:
        url = self.url if "location" in self else ascii(self._target[:200])[1:-1]
        return [*super()._told(), f'url="{url}"']


class HttpResponseRedirect(HttpResponseRedirectBase):
    """302, or 307 with ``preserve_request``.

    Raises:
        ValueError: If the URL has a scheme other than ``http`` and ``https``.
    """

    status_code = 302


class HttpResponsePermanentRedirect(HttpResponseRedirectBase):
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
        content: See `HttpResponse`, as for the others.
        content_type: See `HttpResponse`.
        reason: See `HttpResponse`.
        charset: See `HttpResponse`.
        headers: See `HttpResponse`.
    """

    status_code = 405

    def __init__(
        self,
        permitted_methods: Iterable[str],
        content: object = b"",
        *,
        content_type: str | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(content, content_type, None, reason, charset, headers)
        self["allow"] = ", ".join(permitted_methods)

    def __repr__(self) -> str:
        told = ", ".join([f"status_code={self.status_code}", *self._told()])
        return f"<{type(self).__name__} [{self['allow']}] {told}>"


class HttpResponseGone(HttpResponse):
    """410."""

    status_code = 410


class HttpResponseServerError(HttpResponse):
    """500."""

    status_code = 500

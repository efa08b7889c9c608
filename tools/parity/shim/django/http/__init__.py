"""Django's arguments and attribute names of responses, for partita's immutable ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http import Response

__all__ = (
    "HttpResponse",
    "HttpResponseBadRequest",
    "HttpResponseForbidden",
    "HttpResponseGone",
    "HttpResponseNotAllowed",
    "HttpResponseNotFound",
    "HttpResponsePermanentRedirect",
    "HttpResponseRedirect",
    "HttpResponseServerError",
    "JsonResponse",
    "StreamingHttpResponse",
)


class HttpResponse(Response):
    """A response whose attributes have Django's names."""

    code = 200

    def __init__(
        self,
        content: Any = b"",
        content_type: str | None = None,
        status: int | None = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Any = None,
    ) -> None:
        super().__init__(content, status or self.code, headers or (), content_type)

    @property
    def status_code(self) -> int:
        """The status."""
        return self.status

    @property
    def content(self) -> Any:
        """The body."""
        return self.body

    @property
    def streaming(self) -> bool:
        """Whether the body is anything but bytes."""
        return self.is_streaming

    def __getitem__(self, name: str) -> str:
        return self.headers[name]


class StreamingHttpResponse(HttpResponse):
    """A response made of chunks."""

    def __init__(self, streaming_content: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(streaming_content, **options)


class JsonResponse(HttpResponse):
    """A response with JSON."""

    def __init__(self, data: Any, **options: Any) -> None:
        made = Response.json(data)
        super().__init__(made.body, made.content_type, **options)


class HttpResponseRedirect(HttpResponse):
    """A redirect."""

    permanent = False

    def __init__(self, redirect_to: str, preserve_request: bool = False) -> None:
        made = Response.redirect(str(redirect_to), self.permanent, preserve_request)
        super().__init__(made.body, status=made.status, headers=made.headers)

    @property
    def url(self) -> str:
        """Where it leads."""
        return self.headers["location"]


class HttpResponsePermanentRedirect(HttpResponseRedirect):
    """A redirect for good."""

    permanent = True


class HttpResponseBadRequest(HttpResponse):
    """400."""

    code = 400


class HttpResponseForbidden(HttpResponse):
    """403."""

    code = 403


class HttpResponseNotFound(HttpResponse):
    """404."""

    code = 404


class HttpResponseNotAllowed(HttpResponse):
    """405."""

    code = 405

    def __init__(self, permitted_methods: Iterable[str], **options: Any) -> None:
        super().__init__(headers={"allow": ", ".join(permitted_methods)}, **options)


class HttpResponseGone(HttpResponse):
    """410."""

    code = 410


class HttpResponseServerError(HttpResponse):
    """500."""

    code = 500


__getattr__ = fallback("django.http")

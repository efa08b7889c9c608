"""Django's constructor of a request, which takes a WSGI environment."""

from __future__ import annotations

from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.http.drafts import HttpRequest

__all__ = ("WSGIRequest",)


class WSGIRequest(HttpRequest):
    """A draft of a WSGI environment."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.__dict__.update(HttpRequest.from_environ(environ).__dict__)


__getattr__ = fallback("django.core.handlers.wsgi")

"""Django's constructors of a request and of an application, which take a WSGI environment."""

from __future__ import annotations

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]
from msgspec.structs import replace

from partita.http.drafts import HttpRequest
from partita.http.wsgi import request_from_environ

__all__ = ("WSGIHandler", "WSGIRequest")


class WSGIRequest(HttpRequest):
    """A draft of a WSGI environment."""

    def __init__(self, environ: dict[str, Any]) -> None:
        made = HttpRequest.from_environ(environ)
        self.__dict__.update(made.__dict__)
        self._request = request_from_environ(environ, adapter.request_limits())

    def _load_post_and_files(self) -> None:
        self._request = replace(self._request, limits=adapter.request_limits())  # of now, as Django has it
        self._load_form()


class WSGIHandler:
    """The current application."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer."""
        return adapter.current().wsgi(environ, start_response)


__getattr__ = fallback("django.core.handlers.wsgi")

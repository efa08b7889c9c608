"""Django's constructors of a request and of an application, which take an ASGI scope."""

from __future__ import annotations

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]
from msgspec.structs import replace

from partita.http.drafts import HttpRequest

__all__ = ("ASGIHandler", "ASGIRequest")


class ASGIRequest(HttpRequest):
    """A draft of an ASGI scope, with its body in a file."""

    def __init__(self, scope: dict[str, Any], body_file: Any) -> None:
        made = HttpRequest.from_scope(scope, b"" if body_file is None else body_file)
        self.__dict__.update(made.__dict__)

    @property
    def body(self) -> bytes:
        """The whole body, within the limits of now, as Django has it."""
        self._request = replace(self._request, limits=adapter.request_limits())
        return super().body

    def _load_form(self) -> None:
        self._request = replace(self._request, limits=adapter.request_limits())
        super()._load_form()


class ASGIHandler:
    """The current application."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer."""
        await adapter.current().asgi(scope, receive, send)


__getattr__ = fallback("django.core.handlers.asgi")

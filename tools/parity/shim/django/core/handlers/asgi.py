"""Django's constructors of a request and of an application, which take an ASGI scope."""

from __future__ import annotations

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]
from msgspec.structs import replace

from partita.http import BytesBody, Headers
from partita.http.asgi import request_from_scope
from partita.http.drafts import HttpRequest

__all__ = ("ASGIHandler", "ASGIRequest")


class ASGIRequest(HttpRequest):
    """A draft of an ASGI scope, with its body in a file."""

    def __init__(self, scope: dict[str, Any], body_file: Any) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        # Without the fields that announce a body, which would be read from a running loop: it is in the file.
        fields = [(bytes(name).lower(), bytes(value)) for name, value in scope.get("headers", ())]
        bare = [field for field in fields if field[0] not in {b"content-length", b"transfer-encoding"}]
        asked = request_from_scope({**scope, "headers": bare}, receive, adapter.request_limits())
        body = BytesBody(b"" if body_file is None else body_file.read())
        super().__init__(replace(asked, body=body, headers=Headers.from_raw(fields)))
        self.scope = scope


class ASGIHandler:
    """The current application."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer."""
        await adapter.current().asgi(scope, receive, send)


__getattr__ = fallback("django.core.handlers.asgi")

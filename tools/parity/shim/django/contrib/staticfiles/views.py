"""Django's view of static files: a layer of partita answers before any route, and what it does not answer is not there."""

from __future__ import annotations

from typing import Any

from partita.http.errors import NotFound

__all__ = ("serve",)


def serve(request: Any, path: str, insecure: bool = False, **options: Any) -> Any:
    """Say that there is no such file."""
    raise NotFound(f"no static file {path!r}")

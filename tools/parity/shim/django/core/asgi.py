"""Django's function that gives the application for ASGI servers."""

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]

__all__ = ("get_asgi_application",)


def get_asgi_application() -> Any:
    """Return the current application's."""
    return adapter.current().asgi

"""Django's function that gives the application for WSGI servers."""

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]

__all__ = ("get_wsgi_application",)


def get_wsgi_application() -> Any:
    """Return the current application's."""
    return adapter.current().wsgi

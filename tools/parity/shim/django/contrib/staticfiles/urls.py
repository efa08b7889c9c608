"""Routes of static files: none, as a layer of partita serves them."""

from __future__ import annotations

__all__ = ("staticfiles_urlpatterns",)


def staticfiles_urlpatterns(prefix: str | None = None) -> list[object]:
    """Return no routes."""
    return []

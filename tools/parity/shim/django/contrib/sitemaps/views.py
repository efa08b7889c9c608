"""Django's views for sitemaps, which take the sitemaps as an argument."""

from __future__ import annotations

from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.sitemaps.views import sitemap_view

__all__ = ("sitemap",)


def sitemap(request: Any, sitemaps: Any, section: str | None = None) -> Any:
    """Show sitemaps, given as classes or instances."""
    made = {name: each() if isinstance(each, type) else each for name, each in sitemaps.items()}
    return sitemap_view(made)(request, section)


__getattr__ = fallback("django.contrib.sitemaps.views")

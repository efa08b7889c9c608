"""Django's views for sitemaps, with Django's name of the route of one."""

from __future__ import annotations

from functools import wraps
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.sitemaps import views
from partita.sitemaps.views import sitemap, x_robots_tag

__all__ = ("index", "sitemap", "x_robots_tag")


@wraps(views.index)
def index(*args: Any, **kwargs: Any) -> Any:
    """Show the index."""
    return views.index(*args, **{"sitemap_url_name": "django.contrib.sitemaps.views.sitemap", **kwargs})


__getattr__ = fallback("django.contrib.sitemaps.views")

"""Django's arguments of what makes the first site."""

from __future__ import annotations

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.contracts import current
from partita.sites import SITES_SETTINGS
from partita.sites.creation import create_default_site as create

__all__ = ("create_default_site",)


def create_default_site(app_config: Any, verbosity: int = 2, using: str = "default", **kwargs: Any) -> None:
    """Make the first site of a database."""
    settings = current.find(SITES_SETTINGS)
    create(adapter.connections[using].target, None if settings is None else settings.site_id)


__getattr__ = fallback("django.contrib.sites.management")

"""Django's name for the check of the site's key."""

from __future__ import annotations

from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.sites.integration import check

__all__ = ("check_site_id",)


def check_site_id(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Return what is wrong with it."""
    return list(check(adapter.current()))


__getattr__ = fallback("django.contrib.sites.checks")

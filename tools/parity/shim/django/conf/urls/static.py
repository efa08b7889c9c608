"""Django's helper for files in development, around partita's."""

from __future__ import annotations

from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.views.files import files_in_debug

__all__ = ("static",)


def static(prefix: str, view: Any = None, **options: Any) -> list[Any]:
    """Return routes that serve a folder in debug."""
    root: Any = options.get("document_root")
    return list(files_in_debug(prefix, root, options.get("show_indexes", False)))


__getattr__ = fallback("django.conf.urls.static")

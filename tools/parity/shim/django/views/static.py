"""The view that serves a folder, under Django's name."""

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.views.files import directory_index, serve, was_modified_since

__all__ = ("directory_index", "serve", "was_modified_since")

__getattr__ = fallback("django.views.static")

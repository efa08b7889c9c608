"""The name of Django's middleware: the application has partita's layer if the settings name it."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

__all__ = ("RedirectFallbackMiddleware",)


class RedirectFallbackMiddleware:
    """Stands for `partita.redirects.redirect_fallback` in lists of middleware."""


__getattr__ = fallback("django.contrib.redirects.middleware")

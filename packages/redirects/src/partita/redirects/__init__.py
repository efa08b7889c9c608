"""Redirects kept in the database, followed where nothing else answers."""

from partita.redirects.errors import RedirectsError, SetupError
from partita.redirects.middleware import RedirectFallbackMiddleware, RedirectsSettings, gone, moved, redirect_fallback
from partita.redirects.models import LONGEST_PATH, Redirect

__all__ = (
    "LONGEST_PATH",
    "Redirect",
    "RedirectFallbackMiddleware",
    "RedirectsError",
    "RedirectsSettings",
    "SetupError",
    "gone",
    "moved",
    "redirect_fallback",
)

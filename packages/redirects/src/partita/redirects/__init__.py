"""Redirects kept in the database, followed where nothing else answers."""

from partita.redirects.errors import RedirectsError, SetupError
from partita.redirects.middleware import RedirectsSettings, gone, moved, redirect_fallback
from partita.redirects.models import LONGEST_PATH, Redirect

__all__ = (
    "LONGEST_PATH",
    "Redirect",
    "RedirectsError",
    "RedirectsSettings",
    "SetupError",
    "gone",
    "moved",
    "redirect_fallback",
)

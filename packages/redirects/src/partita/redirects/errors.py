"""Errors of partita.redirects."""

from partita.contracts.errors import ImproperlyConfigured

__all__ = ("RedirectsError", "SetupError")


class RedirectsError(Exception):
    """Base of every error this package raises."""


class SetupError(RedirectsError, ImproperlyConfigured):
    """An application lacks what redirects need."""

"""Errors of partita.redirects."""

__all__ = ("RedirectsError", "SetupError")


class RedirectsError(Exception):
    """Base of every error this package raises."""


class SetupError(RedirectsError, RuntimeError):
    """An application lacks what redirects need."""

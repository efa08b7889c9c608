"""Errors of partita.flatpages."""

__all__ = ("FlatPagesError", "SetupError")


class FlatPagesError(Exception):
    """Base of every error this package raises."""


class SetupError(FlatPagesError, RuntimeError):
    """An application lacks what flat pages need."""

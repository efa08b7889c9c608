"""Where the current application is mounted, for whatever writes paths."""

from contextvars import ContextVar

__all__ = ("SCRIPT_PREFIX",)

SCRIPT_PREFIX: ContextVar[str] = ContextVar("partita.script_prefix", default="/")
"""Decoded, with a slash at both ends; what servers call ``root_path`` (ASGI) or ``SCRIPT_NAME`` (WSGI)."""

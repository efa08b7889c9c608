"""The time zone that is in force here: what is shown, cut and read by clocks goes by it."""

from contextvars import ContextVar
from datetime import tzinfo

__all__ = ("ZONE",)

ZONE: ContextVar[tzinfo | None] = ContextVar("partita.zone")
"""The zone that aware times are shown in; None leaves them as they are; unset means that of the current application."""

"""What runs when an application starts to serve or stops."""

from collections.abc import Awaitable, Callable

from partita.contracts.key import ExtensionPoint

__all__ = ("SHUTDOWN", "STARTUP")

STARTUP = ExtensionPoint[Callable[[], Awaitable[None]]]("partita.startup")
"""Awaited one after the other before the first request."""
SHUTDOWN = ExtensionPoint[Callable[[], Awaitable[None]]]("partita.shutdown")
"""Awaited after the last request, the last added first."""

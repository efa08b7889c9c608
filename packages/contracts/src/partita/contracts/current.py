"""The current application, for functions that carry none in their arguments (`reverse`, `send_mail`)."""

from contextvars import ContextVar
from typing import Protocol, TypeVar

from partita.contracts.key import ExtensionPoint, Name

__all__ = ("CURRENT", "Resolver", "find", "require")

T = TypeVar("T")


class Resolver(Protocol):
    """The side of an application that answers look-ups while it runs."""

    def require(self, key: Name[T]) -> T:
        """Return the value under ``key``, or raise LookupError with the way to provide it."""
        ...

    def find(self, key: Name[T]) -> T | None:
        """Return the value under ``key``, or None if nothing provides it."""
        ...

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        """Return everything that was added to ``point``."""
        ...


CURRENT: ContextVar[Resolver | None] = ContextVar("partita.current", default=None)
"""Entered by the server, the command line, the test client or ``with app:``."""


def require(key: Name[T]) -> T:
    """Return the current application's value under ``key``.

    Raises:
        LookupError: If no application is current, or it has no such value.
    """
    app = CURRENT.get()
    if app is None:
        raise LookupError(f"{key.name} was asked for outside an application. Enter one first: `with app: ...`")
    return app.require(key)


def find(key: Name[T]) -> T | None:
    """Return the current application's value under ``key``, or None if there is no application or no value."""
    app = CURRENT.get()
    return None if app is None else app.find(key)

"""What an application offers to the ``setup(app)`` of a package; only ``integration`` modules import this."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from partita.contracts.key import ExtensionPoint, Key, Name

__all__ = ("Registrar",)

T = TypeVar("T")


class Registrar(Protocol):
    """The side of an application that packages register with while it is being built."""

    def provide(self, key: Key[T], factory: Callable[[], T]) -> None:
        """Offer one value under ``key``.

        Args:
            key: What the value is.
            factory: Called once, at the first `require`, so the order of packages does not matter.

        Raises:
            LookupError: If ``key`` has a provider; the message names both callers.
        """

    def require(self, key: Name[T]) -> T:
        """Return the value under ``key``.

        Raises:
            LookupError: If nothing provides it, or if its factory requires itself.
        """
        ...

    def find(self, key: Name[T]) -> T | None:
        """Return the value under ``key``, or None if nothing provides it."""
        ...

    def add(self, point: ExtensionPoint[T], value: T) -> None:
        """Append ``value`` to the list named ``point``."""

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        """Return everything added to ``point`` so far, in the order of adding."""
        ...

    def section(self, name: str, kind: type[T]) -> T:
        """Return one section of the application's settings.

        Args:
            name: The section, such as ``sessions`` for ``[sessions]`` in TOML or ``PARTITA_SESSIONS__…`` in the environment.
            kind: A frozen ``msgspec.Struct`` whose fields all have defaults, or are required settings.

        Raises:
            ValueError: If a value is missing or has the wrong type; the message lists every such value.
        """
        ...

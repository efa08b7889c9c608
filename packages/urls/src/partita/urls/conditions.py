"""Conditions of routes: which requests take them, beyond path, method and host."""

from collections.abc import Callable
from typing import Any, TypeAlias

__all__ = ("Condition", "Conditions")

Condition: TypeAlias = Callable[[Any], object]
"""Gets the request; something false lets the next route have it."""


class Conditions:
    """Stands first among the middleware of a route that has conditions, so that no other route pays for being asked.

    Args:
        checks: All of them must hold; those of includes first.
    """

    __slots__ = ("checks",)

    def __init__(self, checks: tuple[Condition, ...]) -> None:
        self.checks = checks

    def hold(self, request: object) -> bool:
        """Tell whether the route takes ``request``."""
        return all(check(request) for check in self.checks)

    def __call__(self, handler: Any) -> Any:
        """Return ``handler``: as middleware it does nothing."""
        return handler

"""Django's name for the cache of an application: partita's under its contract, if one is set up."""

from __future__ import annotations

from typing import Any

from partita.contracts import current
from partita.contracts.cache import CACHE

__all__ = ("cache",)


class _Current:
    """The current application's cache."""

    def clear(self) -> None:
        """Empty it; without one there is nothing to empty."""
        found: Any = current.find(CACHE)
        if found is not None:
            found.clear()


cache = _Current()

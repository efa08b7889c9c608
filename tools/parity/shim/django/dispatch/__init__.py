"""Django's arguments of a signal."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import signals

__all__ = ("Signal",)


class Signal(signals.Signal):
    """A signal; partita needs no advice on caching."""

    def __init__(self, use_caching: bool = False) -> None:
        super().__init__()

    @property
    def receivers(self) -> list[object]:
        """What is connected."""
        return [each for each in self._connections if each.is_alive]


__getattr__ = fallback("django.dispatch")

"""How much a peer may ask for in vain."""

__all__ = ("Budget",)


class Budget:
    """Tokens that come back with time, and with work that was worth it.

    Args:
        most: Tokens at the start, and at most.
        rate: That come back in a second.
        now: Seconds, on any clock.
    """

    __slots__ = ("_left", "_most", "_rate", "_then")

    def __init__(self, most: float, rate: float, now: float) -> None:
        self._left, self._most, self._rate, self._then = most, most, rate, now

    def take(self, now: float, count: float = 1.0) -> bool:
        """Take tokens; return whether there were enough."""
        self._left = min(self._left + (now - self._then) * self._rate, self._most) - count
        self._then = now
        return self._left >= 0

    def give(self, count: float) -> None:
        """Give tokens back."""
        self._left = min(self._left + count, self._most)

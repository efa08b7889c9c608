"""Every error this package raises."""

from partita.contracts.errors import ImproperlyConfigured

__all__ = ("FeedError", "FeedSetupError", "FeedValueError")


class FeedError(Exception):
    """Base of every error this package raises."""


class FeedSetupError(FeedError, ImproperlyConfigured):
    """The class of a feed lacks something, or has it in a way that cannot work."""


class FeedValueError(FeedError, ValueError):
    """A feed or an item holds what its format cannot say."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(name, value, expected)
        self.name, self.value, self.expected = name, value, expected

    def __str__(self) -> str:
        return f"{self.name}: got {str(self.value)[:80]!r}, expected {self.expected}"

"""Every error that partita.static raises."""

__all__ = ("StaticError", "StaticNameError")


class StaticError(Exception):
    """Base of every error this package raises."""


class StaticNameError(StaticError, ValueError):
    """A name of a static file leads out of the folders, or means something else on another system."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name[:80]!r} is no name of a static file: it must be relative, with slashes, and without '..'"

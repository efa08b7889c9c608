"""Every error that partita.testing raises."""

__all__ = ("ClientError", "RedirectLoop", "TestingError")


class TestingError(Exception):
    """Base of every error this package raises."""

    __test__ = False  # pytest would collect it for its name


class ClientError(TestingError, RuntimeError):
    """The client was used in a way that cannot work."""


class RedirectLoop(TestingError, RuntimeError):
    """Redirects lead in a circle, or never end."""

    def __init__(self, urls: tuple[str, ...]) -> None:
        super().__init__(urls)
        self.urls = urls

    def __str__(self) -> str:
        return f"redirects do not end: {' → '.join(self.urls[-6:])}"

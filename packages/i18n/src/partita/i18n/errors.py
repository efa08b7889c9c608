"""Every error this package raises."""

__all__ = ("CatalogueError", "ExtractionError", "I18nError", "LanguageError", "NumberError")


class I18nError(Exception):
    """Base of every error this package raises."""


class LanguageError(I18nError, ValueError):
    """A language tag that is malformed, or not one of the languages set up."""

    def __init__(self, tag: str, expected: str) -> None:
        super().__init__(tag, expected)
        self.tag, self.expected = tag, expected

    def __str__(self) -> str:
        return f"language: got {self.tag[:40]!r}, expected {self.expected}"


class CatalogueError(I18nError, ValueError):
    """A file of messages cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class ExtractionError(I18nError, ValueError):
    """A source whose messages are wanted cannot be read."""


class NumberError(I18nError, ValueError):
    """Text is no number in the current language."""

    def __init__(self, text: str) -> None:
        super().__init__(text[:80])

    def __str__(self) -> str:
        return f"got {self.args[0]!r}, expected a number as the current language writes it"

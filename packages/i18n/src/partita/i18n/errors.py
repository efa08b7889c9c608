"""Every error this package raises."""

from partita.text.errors import NumberError

__all__ = (
    "CatalogueError",
    "ExtractionError",
    "I18nError",
    "LanguageError",
    "MessageSyntaxError",
    "MissingTranslation",
    "NumberError",
    "TranslationRefused",
)


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


class MissingTranslation(I18nError, LookupError):
    """A message that a language has no translation for, where that is an error."""

    def __init__(self, language: str, context: str | None, message: str) -> None:
        super().__init__(language, context, message[:200])

    def __str__(self) -> str:
        language, context, message = self.args
        where = f" in the context {context!r}" if context else ""
        return (
            f'{message!r}{where} has no translation into {language}; add one to messages.po, or set `missing` to "note"'
        )


class MessageSyntaxError(I18nError, ValueError):
    """A message in MessageFormat does not follow the grammar.

    Args:
        source: The message.
        position: The character where it fails, counted from 0.
        expected: What would be right there.
    """

    def __init__(self, source: str, position: int, expected: str) -> None:
        super().__init__(source[max(0, position - 40) : position + 40], position, expected)

    def __str__(self) -> str:
        near, position, expected = self.args
        return f"character {position + 1} of a message, near {near!r}: expected {expected}"


class TranslationRefused(I18nError, ValueError):
    """A translation that cannot be stored."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message[:200], reason)

    def __str__(self) -> str:
        message, reason = self.args
        return f"{message!r}: {reason}"

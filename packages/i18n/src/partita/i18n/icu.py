"""Text from messages in ICU MessageFormat, by ICU itself; needs the extra ``icu``."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from icu4py.messageformat import MessageFormat

from partita.i18n.errors import MessageSyntaxError
from partita.i18n.languages import to_locale

__all__ = ("IcuMessage",)

MAX_MESSAGE = 20_000
"""Characters of one message."""
MAX_DEPTH = 50
"""Braces inside of each other: ICU calls itself for each."""


class IcuMessage:
    """One message, such as ``{count, plural, one {# record} other {# records}}``, ready to be filled.

    Args:
        source: The message (https://unicode-org.github.io/icu/userguide/format_parse/messages/), at most 20 000 characters and 50
            braces deep.
        language: The tag of the language that it is in.

    Raises:
        MessageSyntaxError: If ``source`` is no message.
        LanguageError: If the tag is malformed.
    """

    __slots__ = ("_format",)

    def __init__(self, source: str, language: str = "en") -> None:
        if len(source) > MAX_MESSAGE:
            raise MessageSyntaxError(source, MAX_MESSAGE, f"at most {MAX_MESSAGE} characters")
        if "\0" in source:
            raise MessageSyntaxError(source, source.index("\0"), "text without NUL")
        depth = 0
        for position, letter in enumerate(source):
            depth += (letter == "{") - (letter == "}")
            if depth > MAX_DEPTH:
                raise MessageSyntaxError(source, position, f"at most {MAX_DEPTH} braces inside of each other")
        try:
            self._format = MessageFormat(source, to_locale(language))
        except ValueError as error:
            raise MessageSyntaxError(source, 0, f"a message in ICU's MessageFormat ({error})") from error

    def format(self, arguments: Mapping[str, object] | None = None) -> str:
        """Return the text.

        Args:
            arguments: Strings, numbers, dates and times by name; others are shown as `str` shows them. One that is missing is
                shown by its name in braces.
        """
        values = {name: _plain(value) for name, value in (arguments or {}).items()}
        return self._format.format(values)


def _plain(value: object) -> int | float | str | Decimal | date | datetime:
    if isinstance(value, bool):
        return str(value).lower()
    return value if type(value) in _KINDS else str(value)  # type: ignore[return-value] # as just asked


_KINDS = (int, float, str, Decimal, date, datetime)

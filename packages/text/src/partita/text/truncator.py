"""Text shortened to characters or words."""

from partita.text.markup import truncate_html_chars, truncate_html_words
from partita.text.strings import ellipsis_mark, truncate_chars, truncate_words

__all__ = ("Truncator",)


class Truncator:
    """Shortens one text; the same functions stand alone in `partita.text.strings` and `partita.text.markup`.

    Args:
        text: Lazy text is made at each call.
    """

    __slots__ = ("_text",)

    def __init__(self, text: object) -> None:
        self._text = text

    def chars(self, length: int, truncate: str | None = None, html: bool = False) -> str:
        """Return at most ``length`` characters.

        Args:
            length: The ellipsis is counted, accents are not; in HTML neither are tags.
            truncate: What stands for the rest; by default ``…``, or what the current language has.
            html: Keep tags, and close those that are open.
        """
        text = str(self._text)
        return truncate_html_chars(text, length, truncate) if html else truncate_chars(text, length, truncate)

    def words(self, count: int, truncate: str | None = None, html: bool = False) -> str:
        """Return the first ``count`` words, with single spaces between them.

        Args:
            count: Words separated by spaces.
            truncate: As in `chars`.
            html: Keep tags, and close those that are open.
        """
        text = str(self._text)
        mark = ellipsis_mark(truncate)
        return truncate_html_words(text, count, mark) if html else truncate_words(text, count, mark)

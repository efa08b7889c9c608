"""The pseudo-locale ``en-xa``: English that shows what is not translated and what has no room to grow."""

import re

from partita.i18n.catalogues import MessageTranslator

__all__ = ("PSEUDO", "PseudoTranslator", "pseudo_text")

PSEUDO = "en-xa"
"""Put it into the languages of a site under test; CLDR keeps this tag for accented English."""
_ACCENTED = str.maketrans("AaBbCcDdEeGgHhIiJjKkLlNnOoRrSsTtUuWwYyZz", "ÅåƁƀÇçĐđÉéĜĝĤĥÎîĴĵĶķĻļÑñÖöŔŕŠšŤťÛûŴŵÝýŽž")
_KEPT = re.compile(
    r"%(?:\(\w{1,100}\))?[#0\- +]{0,5}\d{0,3}(?:\.\d{1,3})?[diouxXeEfFgGcrsa%]|\{[^{}]{0,100}\}|<[^<>]{1,500}>|&#?\w{1,32};"
)
_GROWTH = 0.35


def pseudo_text(message: str) -> str:
    """Return ``message`` with accents, a third longer and in brackets; placeholders, tags and references stay.

    Text on a page without brackets is not marked for translation; a closing bracket that is missing was cut off, or the
    message was put together from pieces.
    """
    pieces: list[str] = []
    at = 0
    for found in _KEPT.finditer(message):
        pieces += [message[at : found.start()].translate(_ACCENTED), found[0]]
        at = found.end()
    pieces.append(message[at:].translate(_ACCENTED))
    return f"⟦{''.join(pieces)}{'·' * max(1, round(len(message) * _GROWTH))}⟧"


class PseudoTranslator(MessageTranslator):
    """A translator that needs no catalogue."""

    __slots__ = ()

    def gettext(self, message: str) -> str:
        """Return ``message`` as `pseudo_text` writes it; nothing stays nothing."""
        return pseudo_text(message) if message else message

    def pgettext(self, context: str, message: str) -> str:
        """Return ``message`` as `pseudo_text` writes it."""
        return self.gettext(message)

    def _plural(self, context: str | None, singular: str, plural: str, number: int) -> str:
        return pseudo_text(singular if number == 1 else plural)

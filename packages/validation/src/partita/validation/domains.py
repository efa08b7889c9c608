"""Domain names, as in addresses and links (RFC 1034, section 3.5; RFC 5890 for other scripts)."""

import re
import unicodedata
from functools import cache

from partita.contracts.i18n import gettext_lazy
from partita.validation.base import Validator
from partita.validation.errors import Message, ValidationError

__all__ = ("DomainNameValidator", "is_domain_name", "validate_domain_name")

# Patterns with ranges of other scripts are compiled when the first of those names comes: that takes Python five milliseconds, and
# ten if case is to be ignored.
_LABEL = r"[A-Za-z0-9\u00a1-\uffff-]{1,63}"
_ASCII_LABEL = r"[A-Za-z0-9-]{1,63}"
_ASCII_NAME = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9]{1,59})"
)
"""Nearly every name there is, told in one go; the others are looked at label by label."""
_TOP = r"[A-Za-z\u00a1-\uffff-]{2,63}|[Xx][Nn]--[A-Za-z0-9]{1,59}"


def is_domain_name(text: str, *, idna: bool = True) -> bool:
    """Tell whether ``text`` is a name of at least two labels, as a public host has.

    Args:
        text: The name; a dot at the end is fine.
        idna: Allow letters of all scripts, not only ASCII.
    """
    if len(text) > 255:
        return False
    if _ASCII_NAME.fullmatch(text):
        return True
    if not idna and not text.isascii():
        return False
    labels = text.removesuffix(".").split(".")
    if len(labels) < 2:
        return False
    label = _compiled(_LABEL if idna else _ASCII_LABEL)
    if not all(label.fullmatch(part) and part[0] != "-" and part[-1] != "-" for part in labels):
        return False
    if not _compiled(_TOP).fullmatch(labels[-1]):
        return False
    return text.isascii() or not _misleads(text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _misleads(text: str) -> bool:
    if not text.replace("\u200c", "").replace("\u200d", "").isprintable():  # joiners, which some scripts need
        return True  # spaces, line separators, marks that turn the direction of writing
    # Some letters fall apart into a slash, a colon or an at sign when a client normalises the name: another host.
    return bool(set("/?#@:%\\") & set(unicodedata.normalize("NFKC", text)))


class DomainNameValidator(Validator):
    """Accept domain names of at most 255 characters.

    Args:
        message: What to tell who gave a refused value.
        code: The code of the error.
        accept_idna: Accept names in other scripts too.
    """

    message: Message = gettext_lazy("Enter a valid domain name.")

    def __init__(self, *, message: Message | None = None, code: str | None = None, accept_idna: bool = True) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        self.accept_idna = accept_idna

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` unless ``value`` is a domain name."""
        if not isinstance(value, str) or not is_domain_name(value, idna=self.accept_idna):
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def identity(self) -> tuple[object, ...]:
        """Return message, code and whether other scripts are accepted."""
        return (*super().identity(), self.accept_idna)


validate_domain_name = DomainNameValidator()

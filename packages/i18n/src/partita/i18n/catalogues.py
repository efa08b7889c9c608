"""Messages of one language, read from .po or .mo files."""

import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from partita.i18n.errors import CatalogueError
from partita.text.html import Markup

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

    from partita.i18n.translations import Translations

__all__ = ("Catalogue", "MessageTranslator", "read_catalogue")

MAX_FILE = 50_000_000  # bytes
Messages = Mapping[tuple[str | None, str], tuple[str, ...]]


class Catalogue:
    """Translations by context and English text.

    Args:
        messages: One translation for each plural form; a message without plural has one.
        plural: Gives the position of the form for a number.
        expression: The same rule as it stands in the file, for other languages than Python.
    """

    __slots__ = ("expression", "messages", "plural")

    def __init__(
        self,
        messages: Messages,
        plural: Callable[[int], int] = lambda number: int(number != 1),
        expression: str = "n != 1",
    ) -> None:
        self.messages, self.plural, self.expression = messages, plural, expression


class MessageTranslator:
    """A `partita.contracts.i18n.Translator` over catalogues.

    Args:
        language: The tag, in lower case.
        catalogues: The first that has a message counts.
        translations: The languages it is one of, so that another may be entered from it.
    """

    __slots__ = ("_catalogues", "_simple", "language", "translations")

    def __init__(
        self, language: str, catalogues: Iterable[Catalogue], translations: "Translations | None" = None
    ) -> None:
        self.language = language
        self.translations = translations
        self._catalogues = tuple(catalogues)
        # Most look-ups are of plain messages: one dictionary answers them.
        self._simple: dict[str, str] = {}
        for catalogue in reversed(self._catalogues):
            self._simple.update({key[1]: forms[0] for key, forms in catalogue.messages.items() if key[0] is None})

    def gettext(self, message: str) -> str:
        """Return the translation of ``message``, or ``message`` itself."""
        found = self._simple.get(message, message)
        return found if type(message) is str else _as_safe(message, found)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form that fits ``number``."""
        return self._plural(None, singular, plural, number)

    def pgettext(self, context: str, message: str) -> str:
        """Return the translation of ``message`` as used in ``context``, or ``message`` itself."""
        for catalogue in self._catalogues:
            forms = catalogue.messages.get((context, message))
            if forms is not None:
                return forms[0] if type(message) is str else _as_safe(message, forms[0])
        return message

    def npgettext(self, context: str, singular: str, plural: str, number: int) -> str:
        """Return the form that fits ``number``, of a message as used in ``context``."""
        return self._plural(context, singular, plural, number)

    def has(self, context: str | None, message: str) -> bool:
        """Tell whether there is a translation of ``message``."""
        return any((context, message) in catalogue.messages for catalogue in self._catalogues)

    def _plural(self, context: str | None, singular: str, plural: str, number: int) -> str:
        for catalogue in self._catalogues:
            forms = catalogue.messages.get((context, singular))
            if forms is not None:
                form = catalogue.plural(abs(number))
                if form < len(forms):
                    return forms[form]
        return singular if number == 1 else plural


def _as_safe(message: str, found: str) -> str:
    """Return the translation of a message that is safe HTML as safe HTML: translators are trusted as the program is."""
    return type(message)(found) if isinstance(message, Markup) else found


def read_catalogue(path: Path) -> Catalogue:
    """Read a .po or .mo file. Fuzzy and empty translations are left out.

    Raises:
        CatalogueError: If the file is none, or is larger than 50 MB.
    """
    # Babel is imported where it works: most requests of most sites never need it.
    from babel.messages.mofile import read_mo
    from babel.messages.pofile import PoFileError, read_po

    if path.stat().st_size > MAX_FILE:
        raise CatalogueError(str(path), f"more than {MAX_FILE} bytes")
    try:
        if path.suffix == ".mo":
            with path.open("rb") as file:
                catalog = read_mo(file)
        else:
            with path.open("rb") as file:
                catalog = read_po(file, abort_invalid=True)
    except (PoFileError, ValueError, OSError, KeyError, IndexError, struct.error) as error:
        raise CatalogueError(str(path), f"not a file of messages: {error}") from error
    try:
        return from_babel(catalog)
    except ValueError as error:
        raise CatalogueError(str(path), f"no plural rule: {error}") from error


def from_babel(catalog: "Catalog") -> Catalogue:
    """Return the messages of one of Babel's catalogues."""
    from gettext import c2py

    messages: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        key = message.id[0] if isinstance(message.id, list | tuple) else message.id
        text = message.string
        forms = tuple(text) if isinstance(text, list | tuple) else (text,)
        if all(forms) and forms:
            context = message.context or None
            if isinstance(context, bytes):  # Babel leaves it so when it reads .mo files
                context = context.decode(catalog.charset)
            messages[context, key] = tuple(map(str, forms))
    # `c2py` takes nothing but arithmetic; what it refuses is refused here by its own error.
    plural: Callable[[int], int] = c2py(catalog.plural_expr)
    return Catalogue(messages, plural, str(catalog.plural_expr))

"""Messages that a language has no translation for: noted, or an error."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from partita.i18n.catalogues import Catalogue, MessageTranslator
from partita.i18n.errors import MissingTranslation

if TYPE_CHECKING:
    from partita.i18n.translations import Translations

__all__ = ("MissingMessage", "MissingMessages", "Missing", "WatchingTranslator")

Missing = Literal["ignore", "note", "raise"]
MAX_NOTED = 10_000
"""Messages come from programs, but some programs translate what visitors send: the table stays bounded."""


class MissingMessage(NamedTuple):
    """What was looked for in vain."""

    language: str
    context: str | None
    message: str


class MissingMessages:
    """A bounded set of messages."""

    __slots__ = ("_lock", "_noted")

    def __init__(self) -> None:
        self._noted: set[MissingMessage] = set()
        self._lock = threading.Lock()

    def add(self, missing: MissingMessage) -> None:
        """Note a message, unless `MAX_NOTED` are noted already."""
        with self._lock:
            if len(self._noted) < MAX_NOTED:
                self._noted.add(missing)

    def sorted(self) -> list[MissingMessage]:
        """Return what was noted, by language, context and text."""
        with self._lock:
            return sorted(self._noted, key=lambda each: (each.language, each.context or "", each.message))


class WatchingTranslator(MessageTranslator):
    """A translator that notices what it has no translation for.

    Args:
        language: As of `MessageTranslator`, like the next two.
        catalogues: The first that has a message counts.
        translations: The languages it is one of.
        noted: Where to note; None raises instead.
    """

    __slots__ = ("_noted",)

    def __init__(
        self,
        language: str,
        catalogues: Iterable[Catalogue],
        translations: "Translations | None" = None,
        noted: MissingMessages | None = None,
    ) -> None:
        super().__init__(language, catalogues, translations)
        self._noted = noted

    def gettext(self, message: str) -> str:
        """Return the translation of ``message``, or ``message`` itself.

        Raises:
            MissingTranslation: If there is none, and none are to be noted.
        """
        self._look(None, message)
        return super().gettext(message)

    def pgettext(self, context: str, message: str) -> str:
        """Return the translation of ``message`` as used in ``context``, or ``message`` itself; as `gettext`."""
        self._look(context, message)
        return super().pgettext(context, message)

    def _plural(self, context: str | None, singular: str, plural: str, number: int) -> str:
        self._look(context, singular)
        return super()._plural(context, singular, plural, number)

    def _look(self, context: str | None, message: str) -> None:
        if not message or self.has(context, message):
            return
        if self._noted is None:
            raise MissingTranslation(self.language, context, message)
        self._noted.add(MissingMessage(self.language, context, message))

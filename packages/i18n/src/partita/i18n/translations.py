"""The languages of a site, with their messages and formats."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from partita.contracts.current import find
from partita.contracts.i18n import TRANSLATOR, Translator
from partita.contracts.key import Key
from partita.i18n.catalogues import Catalogue, MessageTranslator, read_catalogue
from partita.i18n.errors import LanguageError
from partita.i18n.formats import adapted, formats_of
from partita.i18n.languages import best_language, checked_tags, is_right_to_left, to_locale
from partita.i18n.missing import Missing, MissingMessage, MissingMessages, WatchingTranslator
from partita.i18n.pseudo import PSEUDO, PseudoTranslator
from partita.text.formats import ENGLISH, FORMATS, ZONE, Formats
from partita.text.timezone import named_zone

if TYPE_CHECKING:
    from partita.i18n.fluent import FluentMessages
    from partita.i18n.message_files import MessageFiles

__all__ = (
    "FLUENT",
    "MESSAGE_FILES",
    "TRANSLATIONS",
    "LanguageCookie",
    "Translations",
    "current_translations",
    "override_zone",
)

OWN_TEXTS = Path(__file__).with_name("locale")
"""The texts of the partita packages themselves: what a site says in its own catalogues stands above them."""


class LanguageCookie(NamedTuple):
    """The cookie that remembers a visitor's language."""

    name: str = "partita_language"
    max_age: int | None = 365 * 24 * 3600
    """Seconds; None forgets it with the browser session."""
    domain: str | None = None
    path: str = "/"
    secure: bool | None = None
    """None is as the request was sent."""
    httponly: bool = True
    samesite: Literal["Lax", "Strict", "None"] = "Lax"


class Translations:
    """The languages of a site.

    Args:
        dirs: Folders that hold ``de/LC_MESSAGES/messages.po`` and the like; earlier ones win.
        languages: Tags of the languages offered; ``default`` is one in any case.
        default: The language of texts nobody translated for.
        catalogues: More messages by tag, which win over those of files.
        domains: Names of the files.
        names: What a language is called, by tag; by default what CLDR calls it.
        right_to_left: Tags of languages written so; by default those that CLDR says.
        formats: What differs from CLDR, by tag: fields of `partita.text.formats.Formats`, such as
            ``{"de": {"named": {"DATE_FORMAT": "d.m.Y"}, "thousand_separator": " "}}``; named and input formats are added. What
            stands under the empty tag counts while no language is in force.
        group_numbers: Whether thousands are set apart where nobody asked for it, in every language whose formats do not say.
        missing: What happens to a message without translation into a language other than that of the texts, English:
            "ignore", "note" (see `missing_messages`) or "raise".
        cookie: How a visitor's choice is remembered.
        use_path: Whether a language as the first part of the path comes before the cookie.
        live: A folder whose catalogues change while the site runs: after `partita.i18n.editing.mark_changed` all processes read
            them anew when a language is next entered, which costs a look at one file each time.
        currency: What amounts of money are in where nobody says it (ISO 4217).
    """

    def __init__(
        self,
        dirs: Iterable[Path | str] = (),
        languages: Sequence[str] = (),
        default: str = "en",
        catalogues: Mapping[str, Iterable[Catalogue]] | None = None,
        domains: Sequence[str] = ("messages", "django"),
        *,
        names: Mapping[str, str] | None = None,
        right_to_left: Sequence[str] | None = None,
        formats: Mapping[str, Mapping[str, object]] | None = None,
        group_numbers: bool = False,
        missing: Missing = "ignore",
        cookie: LanguageCookie = LanguageCookie(),
        use_path: bool = False,
        live: Path | str | None = None,
        currency: str | None = None,
    ) -> None:
        self.dirs = tuple(map(Path, dirs))
        (self.default,) = checked_tags([default])
        self.languages = tuple(dict.fromkeys((*checked_tags(languages), self.default)))
        self.domains = tuple(domains)
        self.names = dict(names or {})
        self.cookie = cookie
        self.use_path = use_path
        self.currency = currency
        self._right_to_left = None if right_to_left is None else frozenset(checked_tags(right_to_left))
        self._own_formats = dict(formats or {})
        self._group_numbers = group_numbers
        self._missing: Missing = missing
        self._noted = MissingMessages()
        self._given = {tag: tuple(more) for tag, more in (catalogues or {}).items()}
        # Keyed by the languages set up, never by what a visitor sends: nothing here can grow (CVE-2026-77050).
        self._translators: dict[str, MessageTranslator] = {}
        self._formats: dict[str, Formats] = {}
        self._live = None if live is None else os.path.join(live, ".changed")
        self._seen = self._changed_at()

    def match(self, language: str) -> str:
        """Return the language set up that serves ``language`` best, or the default."""
        return language if language in self.languages else best_language(language, self.languages) or self.default

    def translator(self, language: str) -> MessageTranslator:
        """Return the messages of ``language``, read at the first call.

        Raises:
            LanguageError: If the language is not set up.
            CatalogueError: If a file of messages cannot be read.
        """
        if self._live is not None and (changed := self._changed_at()) != self._seen:
            self._seen = changed
            self.reload()
        known = self._translators
        translator = known.get(language)
        if translator is None:
            self._check(language)
            translator = known[language] = self._translator(language)
        return translator

    def reload(self) -> None:
        """Read catalogues anew when their languages are next entered; what is being answered goes on as it began."""
        # A new table, so that who reads files at this moment puts what it read, which may be old, into the old one.
        self._translators = {}

    def _changed_at(self) -> tuple[int, int]:
        """Return what tells the last change of catalogues from the one before: the time alone is the same for two in one tick."""
        if self._live is None:
            return 0, 0
        try:
            found = os.stat(self._live)
        except OSError:
            return 0, 0
        return found.st_mtime_ns, found.st_ino

    def _translator(self, language: str) -> MessageTranslator:
        if language == PSEUDO:
            return PseudoTranslator(language, (), self)
        catalogues = self.catalogues(language)
        if self._missing == "ignore" or language.split("-")[0] == "en":
            return MessageTranslator(language, catalogues, self)
        return WatchingTranslator(language, catalogues, self, self._noted if self._missing == "note" else None)

    def missing_messages(self) -> list[MissingMessage]:
        """Return the messages that had no translation so far, if they are noted."""
        return self._noted.sorted()

    def bidi(self, language: str) -> bool:
        """Tell whether a language is written from right to left."""
        if self._right_to_left is None:
            return is_right_to_left(language)
        return not self._right_to_left.isdisjoint({language, language.split("-")[0]})

    def formats(self, language: str) -> Formats:
        """Return how ``language`` writes dates and numbers; one that CLDR does not know writes them as English does.

        Raises:
            LanguageError: If the language is not set up.
        """
        formats = self._formats.get(language)
        if formats is None:
            self._check(language)
            known = _formats(language)._replace(group_numbers=self._group_numbers)
            formats = self._formats[language] = adapted(known, self._own_formats.get(language, {}))
        return formats

    def formats_of_none(self) -> Formats | None:
        """Return how dates and numbers are written while no language is in force: as in English, if the formats do not say."""
        own = self._own_formats.get("")
        return adapted(ENGLISH, own) if own else None

    def _check(self, language: str) -> None:
        if language not in self.languages:
            raise LanguageError(language, f"one of {', '.join(self.languages)}")

    def catalogues(self, language: str) -> Iterator[Catalogue]:
        """Iterate over the catalogues of a language, read anew; the first that has a message counts."""
        parts = language.split("-")
        tags = ["-".join(parts[:end]) for end in range(len(parts), 0, -1)]
        for tag in tags:
            yield from self._given.get(tag, ())
            for folder in (*self.dirs, OWN_TEXTS):
                for domain in self.domains:
                    stem = folder / to_locale(tag) / "LC_MESSAGES" / domain
                    for suffix in (".mo", ".po"):
                        path = stem.with_suffix(suffix)
                        if path.is_file() and not _is_stale(path):
                            yield read_catalogue(path)
                            break

    @contextmanager
    def use(self, language: str) -> Iterator[Translator]:
        """Let texts, dates and numbers be in ``language`` inside ``with``.

        Raises:
            LanguageError: If the language is not set up.
        """
        translator = self.translator(language)
        before = TRANSLATOR.set(translator), FORMATS.set(self.formats(language))
        try:
            yield translator
        finally:
            TRANSLATOR.reset(before[0])
            FORMATS.reset(before[1])


TRANSLATIONS = Key[Translations]("partita.i18n.translations")
FLUENT: "Key[FluentMessages]" = Key("partita.i18n.fluent")
"""Messages in Fluent, where the extra ``fluent`` is installed."""
MESSAGE_FILES: "Key[MessageFiles]" = Key("partita.i18n.message_files")
"""Messages in ICU MessageFormat and MessageFormat 2."""


def current_translations() -> Translations | None:
    """Return the languages that the one in force belongs to, or else those of the current application."""
    translator = TRANSLATOR.get()
    if isinstance(translator, MessageTranslator) and translator.translations is not None:
        return translator.translations
    return find(TRANSLATIONS)


@contextmanager
def override_zone(zone: tzinfo | str | None) -> Iterator[None]:
    """Show aware times in ``zone`` inside ``with``.

    Args:
        zone: A zone or its IANA name; None leaves times as they are.

    Raises:
        ValueError: If there is no zone of this name.
    """
    if isinstance(zone, str):
        zone = named_zone(zone)
    before = ZONE.set(zone)
    try:
        yield
    finally:
        ZONE.reset(before)


def _formats(language: str) -> Formats:
    try:
        return formats_of(language)
    except LanguageError:  # a dialect, Klingon, or a language of the project's own
        return ENGLISH._replace(language=language)


def _is_stale(path: Path) -> bool:
    """Whether a .mo file is older than the .po file beside it."""
    source = path.with_suffix(".po")
    return path.suffix == ".mo" and source.is_file() and source.stat().st_mtime > path.stat().st_mtime

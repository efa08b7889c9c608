"""The languages of a site, with their messages and formats."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path

from partita.contracts.current import find
from partita.contracts.i18n import TRANSLATOR, Translator
from partita.contracts.key import Key
from partita.i18n.catalogues import Catalogue, MessageTranslator, read_catalogue
from partita.i18n.errors import LanguageError
from partita.i18n.formats import formats_of
from partita.i18n.languages import best_language, checked_tags, to_locale
from partita.text.formats import FORMATS, ZONE, Formats

__all__ = ("TRANSLATIONS", "Translations", "current_translations", "get_language", "override", "override_zone")

OWN_TEXTS = Path(__file__).with_name("locale")
"""The texts of the partita packages themselves: what a site says in its own catalogues stands above them."""


class Translations:
    """The languages of a site.

    Args:
        dirs: Folders that hold ``de/LC_MESSAGES/messages.po`` and the like; earlier ones win.
        languages: Tags of the languages offered; ``default`` is one in any case.
        default: The language of texts nobody translated for.
        catalogues: More messages by tag, which win over those of files.
        domains: Names of the files.
    """

    def __init__(
        self,
        dirs: Iterable[Path | str] = (),
        languages: Sequence[str] = (),
        default: str = "en",
        catalogues: Mapping[str, Iterable[Catalogue]] | None = None,
        domains: Sequence[str] = ("messages", "django"),
    ) -> None:
        self.dirs = tuple(map(Path, dirs))
        (self.default,) = checked_tags([default])
        self.languages = tuple(dict.fromkeys((*checked_tags(languages), self.default)))
        self.domains = tuple(domains)
        self._given = {tag: tuple(more) for tag, more in (catalogues or {}).items()}
        # Keyed by the languages set up, never by what a visitor sends: nothing here can grow (CVE-2026-77050).
        self._translators: dict[str, MessageTranslator] = {}
        self._formats: dict[str, Formats] = {}

    def match(self, language: str) -> str:
        """Return the language set up that serves ``language`` best, or the default."""
        return language if language in self.languages else best_language(language, self.languages) or self.default

    def translator(self, language: str) -> MessageTranslator:
        """Return the messages of ``language``, read at the first call.

        Raises:
            LanguageError: If the language is not set up.
            CatalogueError: If a file of messages cannot be read.
        """
        translator = self._translators.get(language)
        if translator is None:
            self._check(language)
            translator = self._translators[language] = MessageTranslator(language, self.catalogues(language), self)
        return translator

    def formats(self, language: str) -> Formats:
        """Return how ``language`` writes dates and numbers.

        Raises:
            LanguageError: If the language is not set up, or CLDR does not know it.
        """
        formats = self._formats.get(language)
        if formats is None:
            self._check(language)
            formats = self._formats[language] = formats_of(language)
        return formats

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


@contextmanager
def override(language: str | None, translations: Translations | None = None) -> Iterator[None]:
    """Let texts, dates and numbers be in ``language`` inside ``with``.

    Args:
        language: A tag; the closest language set up is taken. None turns translation off.
        translations: By default those the language in force belongs to, or those of the current application; without either,
            only formats change.
    """
    translations = translations or current_translations()
    if language is not None and translations is not None:
        with translations.use(translations.match(language)):
            yield
        return
    translator = None if language is None else MessageTranslator(checked_tags([language])[0], ())
    before = TRANSLATOR.set(translator), FORMATS.set(None if language is None else formats_of(language))
    try:
        yield
    finally:
        TRANSLATOR.reset(before[0])
        FORMATS.reset(before[1])


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
    """
    if isinstance(zone, str):
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(zone)
    before = ZONE.set(zone)
    try:
        yield
    finally:
        ZONE.reset(before)


def get_language() -> str | None:
    """Return the tag of the language in force, or None if nothing is translated."""
    translator = TRANSLATOR.get()
    return None if translator is None else translator.language


def _is_stale(path: Path) -> bool:
    """Whether a .mo file is older than the .po file beside it."""
    source = path.with_suffix(".po")
    return path.suffix == ".mo" and source.is_file() and source.stat().st_mtime > path.stat().st_mtime

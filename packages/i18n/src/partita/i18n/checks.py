"""What ``partita check`` says of the languages of an application."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from partita.contracts.checks import Finding
from partita.contracts.current import Resolver
from partita.contracts.settings import LANGUAGE
from partita.i18n.errors import CatalogueError, LanguageError
from partita.i18n.formats import formats_of
from partita.i18n.languages import normalize_tag
from partita.i18n.pseudo import PSEUDO
from partita.i18n.translations import TRANSLATIONS, Translations

__all__ = ("check_languages",)

_EXPECTED = "Write a BCP 47 tag such as de or pt-br."


def check_languages(
    app: Resolver, languages: Iterable[str], right_to_left: Iterable[str], locale_dirs: Iterable[str]
) -> Iterator[Finding]:
    """Give what is wrong with languages, folders and catalogues.

    Args:
        app: Gives the default language and, if its settings are in order, the languages.
        languages: As the settings have them, like the next two.
        right_to_left: Tags.
        locale_dirs: Folders.
    """
    default = app.find(LANGUAGE) or "en"
    wrong = False
    for identifier, setting, tags in (
        ("i18n.E001", "language", (default,)),
        ("i18n.E002", "[i18n] languages", languages),
        ("i18n.E003", "[i18n] right_to_left", right_to_left),
    ):
        for tag in tags:
            if normalize_tag(tag) is None:
                wrong = True
                yield Finding(identifier, "error", f"{setting}: {tag[:40]!r} is no language tag.", _EXPECTED)
    for folder in locale_dirs:
        if not Path(folder).is_dir():
            yield Finding(
                "i18n.W001",
                "warning",
                f"[i18n] locale_dirs: there is no folder {folder!r}.",
                "Make it, or leave it out.",
            )
    translations = None if wrong else app.find(TRANSLATIONS)
    if translations is not None:
        yield from _readable(translations)


def _readable(translations: Translations) -> Iterator[Finding]:
    for language in translations.languages:
        try:
            if language != PSEUDO:
                formats_of(language)
        except LanguageError as error:
            hint = "Dates and numbers are written as in English, unless [i18n] formats says how."
            yield Finding("i18n.W004", "warning", str(error), hint)
        try:
            translations.formats(language)
        except ValueError as error:
            yield Finding(
                "i18n.E006", "error", f"[i18n] formats.{language}: {error}", "Take a field of partita.text.Formats."
            )
            continue
        try:
            translations.translator(language)
        except CatalogueError as error:
            yield Finding("i18n.E005", "error", str(error), "`partita compilemessages` says what is wrong with it.")

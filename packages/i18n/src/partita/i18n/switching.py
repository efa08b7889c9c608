"""The language in force: which it is, and how to change it."""

from collections.abc import Mapping
from contextlib import ContextDecorator
from contextvars import Token
from types import TracebackType
from typing import Any, Protocol

from partita.contracts.i18n import TRANSLATOR, Translator, current_translator
from partita.i18n.catalogues import MessageTranslator
from partita.i18n.formats import formats_of
from partita.i18n.languages import best_language, checked_tags, choose_language, is_right_to_left, language_of_path
from partita.i18n.translations import Translations, current_translations
from partita.text.formats import FORMATS, Formats

__all__ = ("activate", "check_for_language", "deactivate", "deactivate_all", "get_language", "get_language_bidi",
           "get_language_from_path", "get_language_from_request", "get_supported_language_variant", "override")  # fmt: skip


class LocalizedRequest(Protocol):
    """What a language is read from; the requests of partita-http have it."""

    @property
    def path(self) -> str:
        """Decoded, with a leading slash."""
        ...

    @property
    def cookies(self) -> Mapping[str, str]:
        """Values by name."""
        ...

    @property
    def headers(self) -> Any:
        """Has ``get(name)`` with names in any case."""
        ...


def get_language() -> str | None:
    """Return the tag of the language in force, or None if nothing is translated."""
    translator = current_translator()
    return None if translator is None else translator.language


def get_language_bidi() -> bool:
    """Tell whether the language in force is written from right to left."""
    translator = current_translator()
    if translator is None:
        return False
    translations = current_translations()
    return is_right_to_left(translator.language) if translations is None else translations.bidi(translator.language)


def check_for_language(language: str) -> bool:
    """Tell whether the site has ``language``, or a more general form of it; the cost is bounded whatever it is."""
    translations = current_translations()
    return translations is not None and best_language(language, translations.languages) is not None


def get_supported_language_variant(language: str, strict: bool = False) -> str:
    """Return the language of the site that serves ``language`` best.

    Args:
        language: A tag.
        strict: Take the tag itself only.

    Raises:
        LookupError: If there is none.
    """
    translations = current_translations()
    languages = () if translations is None else translations.languages
    found = language if strict and language in languages else None if strict else best_language(language, languages)
    if found is None:
        raise LookupError(language[:40])
    return found


def get_language_from_path(path: str) -> str | None:
    """Return the language of the site that a path begins with, or None."""
    translations = current_translations()
    return None if translations is None else language_of_path(path, translations.languages)


def get_language_from_request(request: LocalizedRequest, check_path: bool = False) -> str:
    """Return the language that suits who sent a request: by path, cookie, header, or the default; nothing is entered.

    Args:
        request: With ``path``, ``cookies`` and ``headers``.
        check_path: Whether the beginning of the path decides.

    Raises:
        LookupError: If no site is current, whose languages there are to choose from.
    """
    translations = current_translations()
    if translations is None:
        raise LookupError(
            "get_language_from_request() needs the languages of a site. Enter an application: `with app: ...`"
        )
    # The cookies of a draft may have been changed since it was made; it calls them so.
    cookies: Mapping[str, str] = getattr(request, "COOKIES", None) or request.cookies
    return choose_language(
        translations.languages,
        translations.default,
        cookies.get(translations.cookie.name),
        request.headers.get("accept-language"),
        request.path if check_path else "",
    )


def activate(language: str) -> None:
    """Let texts, dates and numbers be in ``language`` from now on, in this task or thread.

    Raises:
        LanguageError: If the tag is malformed.
    """
    _enter(language, None)


def deactivate() -> None:
    """Let texts be in the site's default language again; in English without a site."""
    translations = current_translations()
    if translations is None:
        deactivate_all()
    else:
        _enter(translations.default, translations)


def deactivate_all() -> None:
    """Turn translation off: texts, dates and numbers are as the program has them."""
    TRANSLATOR.set(None)
    FORMATS.set(_formats_of_none(current_translations()))


class override(ContextDecorator):
    """Let texts, dates and numbers be in ``language`` inside ``with``, or in the function decorated.

    Args:
        language: A tag; the closest language set up is taken. None turns translation off.
        translations: By default those the language in force belongs to, or those of the current application; without either,
            only formats change.
    """

    __slots__ = ("_before", "_language", "_translations")

    def __init__(self, language: str | None, translations: Translations | None = None) -> None:
        self._language, self._translations = language, translations
        self._before: list[tuple[Token[Translator | None], Token[Formats | None]]] = []

    def _recreate_cm(self) -> "override":
        # One decorated function may run in many tasks at a time: each call has an object of its own.
        return override(self._language, self._translations)

    def __enter__(self) -> None:
        if self._language is None:
            formats = _formats_of_none(self._translations or current_translations())
            self._before.append((TRANSLATOR.set(None), FORMATS.set(formats)))
        else:
            self._before.append(_enter(self._language, self._translations))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        translator, formats = self._before.pop()
        FORMATS.reset(formats)
        TRANSLATOR.reset(translator)


def _formats_of_none(site: Translations | None) -> Formats | None:
    return None if site is None else site.formats_of_none()


def _enter(language: str, translations: Translations | None) -> tuple[Token[Translator | None], Token[Formats | None]]:
    site = translations or current_translations()
    translator: Translator
    if site is None:
        translator, formats = MessageTranslator(checked_tags([language])[0], ()), formats_of(language)
    else:
        tag = site.match(language)
        translator, formats = site.translator(tag), site.formats(tag)
    return TRANSLATOR.set(translator), FORMATS.set(formats)

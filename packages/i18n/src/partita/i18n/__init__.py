"""Translations and locales on Babel."""

from partita.contracts.i18n import gettext, gettext_lazy, ngettext, pgettext
from partita.i18n.catalogues import Catalogue, MessageTranslator, read_catalogue
from partita.i18n.errors import CatalogueError, ExtractionError, I18nError, LanguageError, NumberError
from partita.i18n.formats import currency, formats_of, parse_number
from partita.i18n.languages import (
    LanguageInfo,
    best_language,
    choose_language,
    is_right_to_left,
    language_info,
    normalize_tag,
    parse_accept_language,
    to_locale,
)
from partita.i18n.middleware import LANGUAGE_COOKIE, language_cookie, locale_middleware
from partita.i18n.translations import (
    TRANSLATIONS,
    Translations,
    get_language,
    override,
    override_zone,
)

__all__ = (
    "LANGUAGE_COOKIE",
    "TRANSLATIONS",
    "Catalogue",
    "CatalogueError",
    "ExtractionError",
    "I18nError",
    "LanguageError",
    "LanguageInfo",
    "MessageTranslator",
    "NumberError",
    "Translations",
    "best_language",
    "choose_language",
    "currency",
    "formats_of",
    "get_language",
    "gettext",
    "gettext_lazy",
    "is_right_to_left",
    "language_cookie",
    "language_info",
    "locale_middleware",
    "ngettext",
    "normalize_tag",
    "override",
    "override_zone",
    "parse_accept_language",
    "parse_number",
    "pgettext",
    "read_catalogue",
    "to_locale",
)

"""Translations and locales on Babel."""

from partita.contracts.i18n import gettext, gettext_lazy, ngettext, npgettext, pgettext, pgettext_lazy
from partita.i18n.catalogues import Catalogue, MessageTranslator, read_catalogue
from partita.i18n.errors import (
    CatalogueError,
    ExtractionError,
    I18nError,
    LanguageError,
    MessageSyntaxError,
    MissingTranslation,
    NumberError,
    TranslationRefused,
)
from partita.i18n.formats import currency, formats_of, parse_number
from partita.i18n.languages import (
    LanguageInfo,
    best_language,
    choose_language,
    is_right_to_left,
    language_info,
    normalize_tag,
    parse_accept_language,
    to_language,
    to_locale,
)
from partita.i18n.lazy_texts import gettext_noop, ngettext_lazy, npgettext_lazy
from partita.i18n.middleware import LANGUAGE_COOKIE, language_cookie, locale_middleware
from partita.i18n.missing import MissingMessage
from partita.i18n.preferences import PREFERENCES, Preferences, preferences_middleware
from partita.i18n.pseudo import PSEUDO, pseudo_text
from partita.i18n.switching import (
    activate,
    check_for_language,
    deactivate,
    deactivate_all,
    get_language,
    get_language_bidi,
    get_language_from_path,
    get_language_from_request,
    get_supported_language_variant,
    override,
)
from partita.i18n.translations import TRANSLATIONS, LanguageCookie, Translations, override_zone
from partita.text.lazy_values import format_lazy

__all__ = (
    "LANGUAGE_COOKIE",
    "PREFERENCES",
    "PSEUDO",
    "TRANSLATIONS",
    "Catalogue",
    "CatalogueError",
    "ExtractionError",
    "LanguageCookie",
    "LanguageError",
    "LanguageInfo",
    "MessageSyntaxError",
    "MessageTranslator",
    "MissingMessage",
    "MissingTranslation",
    "NumberError",
    "Preferences",
    "TranslationRefused",
    "Translations",
    "activate",
    "best_language",
    "check_for_language",
    "choose_language",
    "currency",
    "deactivate",
    "deactivate_all",
    "format_lazy",
    "formats_of",
    "get_language",
    "get_language_bidi",
    "get_language_from_path",
    "get_language_from_request",
    "get_supported_language_variant",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "is_right_to_left",
    "language_cookie",
    "language_info",
    "locale_middleware",
    "ngettext",
    "ngettext_lazy",
    "normalize_tag",
    "npgettext",
    "npgettext_lazy",
    "override",
    "override_zone",
    "parse_accept_language",
    "parse_number",
    "preferences_middleware",
    "pgettext",
    "pgettext_lazy",
    "pseudo_text",
    "read_catalogue",
    "to_language",
    "to_locale",
    "I18nError",
)

"""Gives an application its languages."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.key import ExtensionPoint
from partita.contracts.settings import LANGUAGE
from partita.contracts.templates import TEMPLATE_DIRS, TEMPLATE_LIBRARIES
from partita.i18n.checks import check_languages
from partita.i18n.commands import CheckMessages, CompileMessages, MakeMessages
from partita.i18n.middleware import LANGUAGE_COOKIE
from partita.i18n.translations import FLUENT, MESSAGE_FILES, TRANSLATIONS, LanguageCookie, Translations

if TYPE_CHECKING:
    from partita.i18n.fluent import FluentMessages
    from partita.i18n.message_files import MessageFiles

__all__ = ("LOCALE_DIRS", "I18nSettings", "setup")

LOCALE_DIRS = ExtensionPoint[Path]("partita.i18n.locale_dirs")
"""Folders with messages; the project's own stand before those of packages."""


class I18nSettings(msgspec.Struct, frozen=True):
    """The section ``i18n`` of the settings."""

    languages: tuple[str, ...] | dict[str, str] = ()
    """Tags of the languages offered besides the default one; or what each is called, by tag."""
    locale_dirs: tuple[str, ...] = ()
    """Folders with messages that stand before those of packages; relative to the working directory."""
    right_to_left: tuple[str, ...] | None = None
    """Tags of languages written so; by default those that CLDR says."""
    formats: dict[str, dict[str, Any]] = {}
    """What differs from CLDR, by tag; see `Translations`."""
    group_numbers: bool = False
    """Whether thousands are set apart where nobody asked for it."""
    missing: Literal["ignore", "note", "raise"] = "ignore"
    """What happens to messages without translation; "raise" is for tests."""
    use_path: bool = False
    """Whether a language as the first part of the path decides."""
    currency: Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")] = ""
    """What amounts of money are in where nobody says it, such as ``SAR`` (ISO 4217)."""
    live: bool = False
    """Whether catalogues in the first of ``locale_dirs`` change while the site runs; `TranslationEditor` needs it."""
    cookie_name: str = LANGUAGE_COOKIE
    cookie_max_age: int | None = 365 * 24 * 3600
    """Seconds; without it the choice is forgotten with the browser session."""
    cookie_domain: str | None = None
    cookie_path: str = "/"
    cookie_secure: bool | None = None
    """By default as the request was sent."""
    cookie_httponly: bool = True
    cookie_samesite: Literal["Lax", "Strict", "None"] = "Lax"


def setup(app: Registrar) -> None:
    """Provide the languages of the application, and the tag libraries ``i18n``, ``l10n``, ``tz``, ``messageformat`` and ``fluent``, and commands for catalogues."""
    app.provide(TRANSLATIONS, lambda: _translations(app))
    app.add(TEMPLATE_LIBRARIES, ("i18n", "partita.i18n.templatetags"))
    app.add(TEMPLATE_LIBRARIES, ("l10n", "partita.i18n.localization_tags"))
    app.add(TEMPLATE_LIBRARIES, ("tz", "partita.i18n.zone_tags"))
    app.provide(MESSAGE_FILES, lambda: _message_files(app))
    app.add(TEMPLATE_LIBRARIES, ("messageformat", "partita.i18n.message_tags"))
    if find_spec("fluent") is not None:
        app.provide(FLUENT, lambda: _fluent(app))
        app.add(TEMPLATE_LIBRARIES, ("fluent", "partita.i18n.fluent_tags"))
    app.add(TEMPLATE_DIRS, Path(__file__).with_name("templates"))
    app.add(COMMANDS, MakeMessages(locale_dirs=lambda: app.section("i18n", I18nSettings).locale_dirs))
    app.add(COMMANDS, CompileMessages())
    app.add(COMMANDS, CheckMessages())

    def check(resolver: Resolver) -> Iterable[Finding]:
        settings = app.section("i18n", I18nSettings)
        return check_languages(resolver, settings.languages, settings.right_to_left or (), settings.locale_dirs)

    app.add(CHECKS, check)


def _fluent(app: Registrar) -> "FluentMessages":
    from partita.i18n.fluent import FluentMessages

    settings = app.section("i18n", I18nSettings)
    return FluentMessages((*settings.locale_dirs, *app.all(LOCALE_DIRS)), app.find(LANGUAGE) or "en")


def _message_files(app: Registrar) -> "MessageFiles":
    from partita.i18n.message_files import MessageFiles

    settings = app.section("i18n", I18nSettings)
    return MessageFiles((*settings.locale_dirs, *app.all(LOCALE_DIRS)), app.find(LANGUAGE) or "en")


def _translations(app: Registrar) -> Translations:
    settings = app.section("i18n", I18nSettings)
    named = isinstance(settings.languages, dict)
    return Translations(
        (*settings.locale_dirs, *app.all(LOCALE_DIRS)),
        tuple(settings.languages),
        app.find(LANGUAGE) or "en",
        names=dict(settings.languages) if named else None,  # type: ignore[arg-type] # as just asked
        right_to_left=settings.right_to_left,
        formats=settings.formats,
        group_numbers=settings.group_numbers,
        missing=settings.missing,
        use_path=settings.use_path,
        currency=settings.currency or None,
        live=settings.locale_dirs[0] if settings.live and settings.locale_dirs else None,
        cookie=LanguageCookie(
            settings.cookie_name,
            settings.cookie_max_age,
            settings.cookie_domain,
            settings.cookie_path,
            settings.cookie_secure,
            settings.cookie_httponly,
            settings.cookie_samesite,
        ),
    )

"""Gives an application its languages."""

from pathlib import Path

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.commands import COMMANDS
from partita.contracts.key import ExtensionPoint
from partita.contracts.settings import LANGUAGE
from partita.contracts.templates import TEMPLATE_LIBRARIES
from partita.i18n.commands import CompileMessages, MakeMessages
from partita.i18n.translations import TRANSLATIONS, Translations

__all__ = ("LOCALE_DIRS", "I18nSettings", "setup")

LOCALE_DIRS = ExtensionPoint[Path]("partita.i18n.locale_dirs")
"""Folders with messages; the project's own stand before those of packages."""


class I18nSettings(msgspec.Struct, frozen=True):
    """The section ``i18n`` of the settings."""

    languages: tuple[str, ...] = ()
    """Tags of the languages offered besides the default one."""


def setup(app: Registrar) -> None:
    """Provide the languages of the application, and the tag libraries ``i18n``, ``l10n`` and ``tz``, and commands for catalogues."""
    app.provide(TRANSLATIONS, lambda: _translations(app))
    app.add(TEMPLATE_LIBRARIES, ("i18n", "partita.i18n.templatetags"))
    app.add(TEMPLATE_LIBRARIES, ("l10n", "partita.i18n.localization_tags"))
    app.add(TEMPLATE_LIBRARIES, ("tz", "partita.i18n.zone_tags"))
    app.add(COMMANDS, MakeMessages())
    app.add(COMMANDS, CompileMessages())


def _translations(app: Registrar) -> Translations:
    settings = app.section("i18n", I18nSettings)
    folders: tuple[Path, ...] = app.all(LOCALE_DIRS)
    return Translations(folders, settings.languages, app.find(LANGUAGE) or "en")

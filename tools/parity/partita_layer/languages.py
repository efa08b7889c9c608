"""Languages and formats of the tests."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from .settings import package_folders

__all__ = (
    "FORMAT_SETTINGS",
    "LANGUAGES",
    "routes_of_languages",
    "section",
)

_CODES = (
    "af ar ar-dz be bg ca cs da de el en en-au en-gb eo es es-ar es-mx et eu fa fi fr ga gl he hi hr hu id is "
    "it ja ka ko lt lv mk nb nl nn pa pl pt pt-br ro ru sk sl sq sr sr-latn sv ta te th tr uk vi ast az bn br "
    "bs ckb cy dsb es-co es-ni es-ve fy gd hsb hy ia ig io kab kk km kn ky ml mn mr ms my ne os sw tg tk tt "
    " ug ur uz zh-hans zh-hant"
)
LANGUAGES = tuple(_CODES.split())
"""Those that tests use of the many that Django offers by default."""

FORMAT_SETTINGS = {
    "named": (
        "DATE_FORMAT",
        "DATETIME_FORMAT",
        "TIME_FORMAT",
        "YEAR_MONTH_FORMAT",
        "MONTH_DAY_FORMAT",
        "SHORT_DATE_FORMAT",
        "SHORT_DATETIME_FORMAT",
    ),
    "input": ("DATE_INPUT_FORMATS", "TIME_INPUT_FORMATS", "DATETIME_INPUT_FORMATS"),
}
"""Settings of formats, which count while no language is in force; named as the fields of partita's formats."""

routes_of_languages: set[str] = set()
"""Modules that declare routes with ``i18n_patterns``."""


def section(settings: Any) -> dict[str, Any]:
    """Return the section ``i18n``; what a setting of the tests leaves open is left out."""
    folders = [*settings.LOCALE_PATHS, *(f"{folder}/locale" for folder in package_folders())]
    made: dict[str, Any] = {
        "languages": tuple(dict(settings.LANGUAGES)) if settings.is_overridden("LANGUAGES") else LANGUAGES,
        "locale_dirs": tuple(str(folder) for folder in folders if Path(folder).is_dir()),
        "group_numbers": bool(settings.USE_THOUSAND_SEPARATOR),
        "formats": _formats(settings.FORMAT_MODULE_PATH),
        "cookie_name": settings.LANGUAGE_COOKIE_NAME,
        "cookie_max_age": settings.LANGUAGE_COOKIE_AGE,
        "cookie_domain": settings.LANGUAGE_COOKIE_DOMAIN,
        "cookie_path": settings.LANGUAGE_COOKIE_PATH,
        "cookie_secure": settings.LANGUAGE_COOKIE_SECURE,
        "cookie_httponly": settings.LANGUAGE_COOKIE_HTTPONLY,
    }
    own = {
        field: {name: getattr(settings, name) for name in names if settings.is_overridden(name)}
        for field, names in FORMAT_SETTINGS.items()
    }
    made["formats"][""] = own
    if not settings.USE_I18N:
        made["formats"][settings.LANGUAGE_CODE] = own
    if settings.LANGUAGE_COOKIE_SAMESITE:
        made["cookie_samesite"] = settings.LANGUAGE_COOKIE_SAMESITE
    if settings.is_overridden("LANGUAGES_BIDI"):
        made["right_to_left"] = tuple(settings.LANGUAGES_BIDI)
    return made


def _formats(path: str | list[str] | None) -> dict[str, dict[str, Any]]:
    """Return what modules such as ``locale.de.formats`` say, by language."""
    found: dict[str, dict[str, Any]] = {}
    for parent in [path] if isinstance(path, str) else path or ():
        for language in LANGUAGES:
            with suppress(ModuleNotFoundError):
                module = importlib.import_module(f"{parent}.{language.replace('-', '_')}.formats")
                named = {
                    name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)
                }
                found.setdefault(language, {"named": named})
    return found

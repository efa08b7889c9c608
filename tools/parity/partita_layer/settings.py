"""The tests' settings, and the folders of the apps that they name."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = (
    "READ",
    "app_folders",
    "package_folders",
    "tests_settings",
)

READ = (
    "ROOT_URLCONF",
    "DEBUG",
    "ALLOWED_HOSTS",
    "LANGUAGE_CODE",
    "LANGUAGES",
    "TIME_ZONE",
    "USE_TZ",
    "LOCALE_PATHS",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "TEMPLATES",
    "INSTALLED_APPS",
    "MEDIA_ROOT",
    "MEDIA_URL",
    "SITE_ID",
    "MIDDLEWARE",
    "DEFAULT_EXCEPTION_REPORTER",
    "DEFAULT_EXCEPTION_REPORTER_FILTER",
    "DATA_UPLOAD_MAX_MEMORY_SIZE",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS",
    "DATA_UPLOAD_MAX_NUMBER_FILES",
    "FILE_UPLOAD_MAX_MEMORY_SIZE",
    "FILE_UPLOAD_HANDLERS",
    "APPEND_SLASH",
    "LANGUAGES_BIDI",
    "LANGUAGE_COOKIE_NAME",
    "LANGUAGE_COOKIE_AGE",
    "LANGUAGE_COOKIE_DOMAIN",
    "LANGUAGE_COOKIE_PATH",
    "LANGUAGE_COOKIE_SECURE",
    "LANGUAGE_COOKIE_HTTPONLY",
    "LANGUAGE_COOKIE_SAMESITE",
    "USE_THOUSAND_SEPARATOR",
    "FIXTURE_DIRS",
    "FORMAT_MODULE_PATH",
    "USE_I18N",
    "DATE_FORMAT",
    "DATETIME_FORMAT",
    "TIME_FORMAT",
    "YEAR_MONTH_FORMAT",
    "MONTH_DAY_FORMAT",
    "SHORT_DATE_FORMAT",
    "SHORT_DATETIME_FORMAT",
    "DATE_INPUT_FORMATS",
    "TIME_INPUT_FORMATS",
    "DATETIME_INPUT_FORMATS",
    "STATIC_ROOT",
    "STATIC_URL",
    "STATICFILES_DIRS",
    "STORAGES",
    "MESSAGE_LEVEL",
    "MESSAGE_STORAGE",
    "MESSAGE_TAGS",
    "AUTHENTICATION_BACKENDS",
    "AUTH_USER_MODEL",
    "LOGIN_URL",
    "LOGIN_REDIRECT_URL",
    "CSRF_TRUSTED_ORIGINS",
    "CSRF_USE_SESSIONS",
    "CSRF_HEADER_NAME",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_AGE",
    "CSRF_COOKIE_PATH",
    "CSRF_COOKIE_DOMAIN",
    "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_HTTPONLY",
    "CSRF_COOKIE_SAMESITE",
)
"""Those that an application is made of."""


def tests_settings() -> Any:
    """Return the settings as they are now."""
    return importlib.import_module("django.conf").settings


def package_folders() -> list[str]:
    """Return the folders of the installed apps."""
    folders: list[str] = []
    for name in tests_settings().INSTALLED_APPS:
        with suppress(ImportError):
            folders += getattr(importlib.import_module(name), "__path__", ())
    return folders


def app_folders() -> list[str]:
    """Return the folders with templates of the installed apps."""
    return [f"{folder}/templates" for folder in package_folders() if Path(folder, "templates").is_dir()]

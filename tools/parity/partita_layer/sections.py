"""Sections of partita's settings, from the settings of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from partita.http.drafts import HttpHeaders
from partita.orm import registry

from .settings import package_folders

__all__ = (
    "apps",
    "auth",
    "fixture_folders",
    "limits",
    "own_name",
    "security",
    "static",
    "upload_handlers",
)


def apps(settings: Any) -> list[str]:
    """Return the packages of partita that the tests' settings name: by themselves, or by their middleware."""
    named = {
        "partita.sites": "django.contrib.sites" in settings.INSTALLED_APPS,
        "partita.flatpages": "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware" in settings.MIDDLEWARE,
        "partita.serializers": True,
        "partita.auth": "django.contrib.auth" in settings.INSTALLED_APPS,
        "partita.messages": "django.contrib.messages.middleware.MessageMiddleware" in settings.MIDDLEWARE,
        "partita.redirects": "django.contrib.redirects.middleware.RedirectFallbackMiddleware" in settings.MIDDLEWARE,
    }
    return [name for name, wanted in named.items() if wanted]


def auth(settings: Any) -> dict[str, Any]:
    """Return the section ``auth``: users as the tests choose them, and as cheap as they want their passwords."""
    label = getattr(settings, "AUTH_USER_MODEL", "auth.User")
    try:
        model = registry.get_model(label)
    except (LookupError, ValueError):  # not imported yet, or a mistake that a test is about
        name = "partita.auth.models:User"
    else:
        name = f"{model.__module__}:{model.__qualname__}"
    backends = getattr(settings, "AUTHENTICATION_BACKENDS", ["django.contrib.auth.backends.ModelBackend"])
    return {
        "user_model": name,
        "backends": tuple(path.replace("django.contrib.auth.", "partita.auth.") for path in backends),
        "login_url": str(settings.LOGIN_URL),
        "login_redirect_url": str(settings.LOGIN_REDIRECT_URL),
        "login_attempts": 0,
        "argon2_time_cost": 1,
        "argon2_memory_cost": 64,
    }


def own_name(name: str) -> str:
    """Return the path of a class of the tests' own; nothing for one of Django's."""
    return "" if name.startswith("django.") else name


def limits(settings: Any) -> dict[str, int]:
    """Return the section ``http``; None means without a limit."""
    named = {
        "max_body": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        "max_fields": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
        "max_files": settings.DATA_UPLOAD_MAX_NUMBER_FILES,
        "max_file_memory": settings.FILE_UPLOAD_MAX_MEMORY_SIZE,
    }
    return {name: 2**40 if value is None else value for name, value in named.items()}


def security(settings: Any) -> dict[str, Any]:
    """Return the section ``security``, as far as it is about forged requests."""
    named = HttpHeaders.parse_header_name(settings.CSRF_HEADER_NAME)
    section: dict[str, Any] = {
        "trusted_origins": tuple(settings.CSRF_TRUSTED_ORIGINS),
        "csrf_use_sessions": bool(settings.CSRF_USE_SESSIONS),
        "csrf_cookie_name": settings.CSRF_COOKIE_NAME,
        "csrf_cookie_age": settings.CSRF_COOKIE_AGE,
        "csrf_cookie_path": settings.CSRF_COOKIE_PATH,
        "csrf_cookie_domain": settings.CSRF_COOKIE_DOMAIN,
        "csrf_cookie_secure": bool(settings.CSRF_COOKIE_SECURE),
        "csrf_cookie_httponly": bool(settings.CSRF_COOKIE_HTTPONLY),
        "csrf_cookie_samesite": settings.CSRF_COOKIE_SAMESITE or "Lax",
    }
    if named != "X-Csrftoken":  # which partita reads by itself
        section["csrf_header_name"] = named
    return section


def upload_handlers(settings: Any) -> tuple[str, ...]:
    """Return the handlers of the tests' own; those of Django are the usual ones."""
    return tuple(name for name in settings.FILE_UPLOAD_HANDLERS if not name.startswith("django."))


def static(settings: Any) -> dict[str, Any]:
    """Return the section ``static``; Django serves files while debugging only, and finds those of apps behind its own."""
    given = settings.STATICFILES_DIRS if isinstance(settings.STATICFILES_DIRS, list | tuple) else ()
    own = [[each[0], str(each[1])] if isinstance(each, list | tuple) else str(each) for each in given]
    apps = [f"{folder}/static" for folder in package_folders()]
    backend = (settings.STORAGES or {}).get("staticfiles", {}).get("BACKEND", "")
    return {
        "url": settings.STATIC_URL or "/static/",
        "dirs": [*own, *[folder for folder in apps if Path(folder).is_dir()]],
        "root": str(settings.STATIC_ROOT or ""),
        "serve": bool(settings.DEBUG),
        "manifest": backend.endswith(".ManifestStaticFilesStorage"),
    }


def fixture_folders(settings: Any) -> tuple[str, ...]:
    """Return where fixtures are: in the apps, then in the folders of the settings."""
    folders = [f"{folder}/fixtures" for folder in package_folders()]
    return (*[folder for folder in folders if Path(folder).is_dir()], *map(str, settings.FIXTURE_DIRS))

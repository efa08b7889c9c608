"""The current application, made of the tests' settings."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import time
from typing import Any, TypeVar

from partita import orm
from partita.contracts.current import CURRENT
from partita.contracts.i18n import TRANSLATOR
from partita.contracts.key import ExtensionPoint, Name
from partita.contracts.templates import TEMPLATES
from partita.http import Limits
from partita.i18n import TRANSLATIONS
from partita.testing import application
from partita.text import FORMATS
from partita.text.formats import UNSET
from partita.views.middleware import adapt
from partita.web import App

from . import languages, sections
from .databases import connections
from .settings import READ, app_folders, tests_settings

__all__ = (
    "Current",
    "current",
    "request_limits",
    "setting_changed",
    "setup",
)

T = TypeVar("T")
_latest: list[Any] = []


class Current:
    """The current application, made at its first use."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._app: App | None = None
        self._installed: list[str] = []

    @property
    def app(self) -> App:
        """The application."""
        installed = list(self._settings.INSTALLED_APPS)  # the suite adds its own to the list as it goes on
        if self._app is None or self._installed != installed:
            self._app, self._installed = _application(self._settings), installed
        return self._app

    def require(self, key: Name[T]) -> T:
        """Return the application's value under ``key``."""
        if key is orm.DATABASES:
            return connections.as_databases()  # type: ignore[return-value]  # key is DATABASES
        return self.app.require(key)

    def find(self, key: Name[T]) -> T | None:
        """Return the application's value under ``key``, or None."""
        return self.app.find(key)

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        """Return everything that was added to ``point``."""
        return self.app.all(point)


def setup(settings: Any) -> None:
    """Make an application of the tests' settings the current one."""
    # Models ask for the current application while their classes are made, and the application imports them when it is made.
    for name in sections.apps(settings):
        if importlib.util.find_spec(f"{name}.models"):
            importlib.import_module(f"{name}.models")
    importlib.import_module("partita.auth.models")  # their tables are made with the others
    app = Current(settings)
    CURRENT.set(app)
    _latest[:] = [app]
    translator = TRANSLATOR.get()
    if translator is not None:  # Django's formats follow the settings while a language is in force
        translations = app.require(TRANSLATIONS)
        FORMATS.set(translations.formats(translations.match(translator.language)))
    elif FORMATS.get(UNSET) is not UNSET:  # a test turned languages off
        FORMATS.set(app.require(TRANSLATIONS).formats_of_none())
    connections.enter_again()  # what was entered under another application does not count under this one


def current() -> App:
    """Return the application."""
    found = CURRENT.get()
    if isinstance(found, App):  # while a request is answered
        return found
    if found is None:  # a task that began before there was one
        found = _latest[-1]
    assert isinstance(found, Current)
    return found.app


def request_limits() -> Limits:
    """Return the limits of requests that tests make themselves."""
    return Limits(**sections.limits(tests_settings()))


def setting_changed(name: str, value: Any, enter: bool) -> None:
    """Build the application anew if a setting it is made of was overridden."""
    if name in ("LANGUAGES", "LANGUAGE_CODE"):
        for module in languages.routes_of_languages:  # these are declared for the languages of the settings
            sys.modules.pop(module, None)
    if name in ("USE_TZ", "TIME_ZONE"):
        connections.keep_moments()
        # Tests compare with what the clock of the process shows; an application of partita leaves that clock alone.
        os.environ["TZ"] = tests_settings().TIME_ZONE or "UTC"
        time.tzset()
    if name in READ:
        setup(tests_settings())


def _application(settings: Any) -> App:
    # A few of the tests for forms set a mapping, which configures no engine.
    templates = settings.TEMPLATES[0] if settings.TEMPLATES and isinstance(settings.TEMPLATES, list) else {}
    folders = [str(folder) for folder in templates.get("DIRS", ())]
    if templates.get("APP_DIRS"):
        folders += app_folders()
    invalid = templates.get("OPTIONS", {}).get("string_if_invalid", "")
    slashes = {"append_slash": bool(settings.APPEND_SLASH)}
    with application(
        apps=sections.apps(settings),
        urls=settings.ROOT_URLCONF,
        debug=bool(settings.DEBUG),
        # The host of the test client is allowed unless a test says itself what is.
        allowed_hosts=(*settings.ALLOWED_HOSTS, *(() if settings.is_overridden("ALLOWED_HOSTS") else ("testserver",))),
        language=settings.LANGUAGE_CODE,
        time_zone=settings.TIME_ZONE or "UTC",
        use_tz=bool(settings.USE_TZ),
        secret_key=(settings.SECRET_KEY or "parity") * 8,
        secret_key_fallbacks=tuple(each * 8 for each in settings.SECRET_KEY_FALLBACKS),
        templates={"dirs": tuple(folders), "string_if_invalid": invalid},
        storages={
            "default": {"options": {"location": str(settings.MEDIA_ROOT), "base_url": settings.MEDIA_URL or None}}
        },
        i18n=languages.section(settings),
        security=sections.security(settings),
        static=sections.static(settings),
        messages=importlib.import_module("django.contrib.messages.partita_storages").section(),
        serializers={"fixture_dirs": sections.fixture_folders(settings)},
        auth=sections.auth(settings),
        sites={"site_id": getattr(settings, "SITE_ID", None)},
        flatpages=slashes,
        redirects=slashes,
        web={
            "drafts": True,
            "signals": True,
            "log_answers": True,
            "exception_reporter": sections.own_name(settings.DEFAULT_EXCEPTION_REPORTER),
            "exception_reporter_filter": sections.own_name(settings.DEFAULT_EXCEPTION_REPORTER_FILTER),
            "atomic_requests": bool(settings.DATABASES.get("default", {}).get("ATOMIC_REQUESTS")),
            **slashes,
        },
        http=sections.limits(settings),
        uploads={"handlers": sections.upload_handlers(settings)},
        middleware=_middleware(settings),
    ) as app:
        made: App = app
    # The test client asks the application itself, which would open databases of its own beside those of the tests.
    made._registry._values[orm.DATABASES] = connections.as_databases()  # type: ignore[index]  # of any type
    loaders = templates.get("OPTIONS", {}).get("loaders")
    if loaders:  # an engine takes them, but the section of the settings, which is plain data, does not
        made_of = importlib.import_module("django.template.engine").loaders_of
        engine: Any = made.require(TEMPLATES)
        engine.loaders[:0] = made_of(loaders, folders, "utf-8")
    return made  # not the current one: Current is


def _middleware(settings: Any) -> list[Any]:
    """Return the tests' own middleware; that of Django stands for layers that partita has or has not by itself."""
    made = []
    for name in settings.MIDDLEWARE or ():
        if not name.startswith("django."):
            module, _, attribute = name.rpartition(".")
            made.append(adapt(getattr(importlib.import_module(module), attribute)))
    return made

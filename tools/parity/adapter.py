"""How partita is composed for Django's tests: their settings make an application, their aliases databases.

The runner imports this file. It renames and adapts; what partita lacks stays missing.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from partita import orm
from partita.contracts.current import CURRENT
from partita.contracts.key import ExtensionPoint, Name
from partita.orm import Database, Databases, Field, IntegrityError, Model, OrmError, atomic, registry
from partita.testing import application
from partita.urls import ROUTER, Router, include
from partita.web import App

__all__ = (
    "LANGUAGES",
    "all_models",
    "app_folders",
    "connections",
    "converters",
    "current",
    "find",
    "need",
    "package_folders",
    "router",
    "setting_changed",
    "setup",
)

T = TypeVar("T")
_READ = (
    "ROOT_URLCONF",
    "DEBUG",
    "ALLOWED_HOSTS",
    "LANGUAGE_CODE",
    "LANGUAGES",
    "TIME_ZONE",
    "LOCALE_PATHS",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "TEMPLATES",
    "INSTALLED_APPS",
    "MEDIA_ROOT",
    "MEDIA_URL",
    "SITE_ID",
    "MIDDLEWARE",
    "APPEND_SLASH",
)
LANGUAGES = (
    "ar",
    "cs",
    "de",
    "en-gb",
    "es",
    "fi",
    "fr",
    "he",
    "it",
    "ja",
    "nl",
    "nn",
    "pl",
    "pt-br",
    "ru",
    "sv",
    "zh-hans",
    "zh-hant",
)

converters: dict[str, Any] = {}
"""What tests register with ``register_converter``; partita gives them to a router."""


def find(module: str, name: str | None = None) -> Any:
    """Return an object of partita, or None."""
    if (module, name) == ("partita.orm", "registry"):
        return _Models()
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        return None
    return getattr(found, name, None) if name else found


def need(module: str, name: str) -> Any:
    """Return an object of partita, or fail the test that asks for it."""
    found = find(module, name)
    if found is None:
        raise importlib.import_module("harness.missing").MissingName(f"{module}.{name}")
    return found


# -- the application -----------------------------------------------------------------------------------------------------


class Current:
    """The current application, made at its first use, with a router that has the converters of the tests."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._app: App | None = None
        self._router: Router | None = None

    @property
    def app(self) -> App:
        """The application."""
        if self._app is None:
            self._app = _application(self._settings)
        return self._app

    def require(self, key: Name[T]) -> T:
        """Return the application's value under ``key``."""
        return self._router_as(key) if key is ROUTER else self.app.require(key)

    def find(self, key: Name[T]) -> T | None:
        """Return the application's value under ``key``, or None."""
        return self._router_as(key) if key is ROUTER else self.app.find(key)

    def all(self, point: ExtensionPoint[T]) -> tuple[T, ...]:
        """Return everything that was added to ``point``."""
        return self.app.all(point)

    def _router_as(self, key: Name[T]) -> T:
        if self._router is None:
            self._router = router(self._settings.ROOT_URLCONF)
        made: Any = self._router
        return made  # type: ignore[no-any-return]  # key is ROUTER


def _settings() -> Any:
    return importlib.import_module("django.conf").settings


def setup(settings: Any) -> None:
    """Make an application of the tests' settings the current one."""
    # The suite runs without time zones, which partita always has, and turns warnings into errors.
    warnings.filterwarnings("ignore", ".*received a naive datetime", RuntimeWarning)
    CURRENT.set(Current(settings))
    connections.enter_again()  # what was entered under another application does not count under this one


def _application(settings: Any) -> App:
    # A few of the tests for forms set a mapping, which configures no engine.
    templates = settings.TEMPLATES[0] if settings.TEMPLATES and isinstance(settings.TEMPLATES, list) else {}
    folders = [str(folder) for folder in templates.get("DIRS", ())]
    if templates.get("APP_DIRS"):
        folders += app_folders()
    languages = tuple(dict(settings.LANGUAGES)) if settings.is_overridden("LANGUAGES") else LANGUAGES
    invalid = templates.get("OPTIONS", {}).get("string_if_invalid", "")
    slashes = {"append_slash": bool(settings.APPEND_SLASH)}
    with application(
        apps=_apps(settings),
        urls=settings.ROOT_URLCONF,
        debug=bool(settings.DEBUG),
        allowed_hosts=(*settings.ALLOWED_HOSTS, "testserver"),
        language=settings.LANGUAGE_CODE,
        time_zone=settings.TIME_ZONE or "UTC",
        secret_key=(settings.SECRET_KEY or "parity") * 8,
        secret_key_fallbacks=tuple(each * 8 for each in settings.SECRET_KEY_FALLBACKS),
        templates={"dirs": tuple(folders), "string_if_invalid": invalid},
        storages={
            "default": {"options": {"location": str(settings.MEDIA_ROOT), "base_url": settings.MEDIA_URL or None}}
        },
        i18n={"languages": languages, "locale_dirs": tuple(map(str, settings.LOCALE_PATHS))},
        sites={"site_id": getattr(settings, "SITE_ID", None)},
        flatpages=slashes,
        redirects=slashes,
        web={"drafts": True, **slashes},
    ) as app:
        made: App = app
    return made  # not the current one: Current is


def _apps(settings: Any) -> list[str]:
    """Return the packages of partita that the tests' settings name: by themselves, or by their middleware."""
    named = {
        "partita.sites": "django.contrib.sites" in settings.INSTALLED_APPS,
        "partita.flatpages": "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware" in settings.MIDDLEWARE,
        "partita.redirects": "django.contrib.redirects.middleware.RedirectFallbackMiddleware" in settings.MIDDLEWARE,
    }
    return [name for name, wanted in named.items() if wanted]


def package_folders() -> list[str]:
    """Return the folders of the installed apps."""
    folders: list[str] = []
    for name in _settings().INSTALLED_APPS:
        with suppress(ImportError):
            folders += getattr(importlib.import_module(name), "__path__", ())
    return folders


def app_folders() -> list[str]:
    """Return the folders with templates of the installed apps."""
    return [f"{folder}/templates" for folder in package_folders() if Path(folder, "templates").is_dir()]


def setting_changed(name: str, value: Any, enter: bool) -> None:
    """Build the application anew if a setting it is made of was overridden."""
    if name in _READ:
        setup(_settings())


def current() -> App:
    """Return the application."""
    found = CURRENT.get()
    if isinstance(found, App):  # while a request is answered
        return found
    assert isinstance(found, Current)
    return found.app


def router(urls: Any) -> Router:
    """Return a router for the name of a module with ``urlpatterns``, or for a list of them."""
    patterns = include(urls).patterns  # its module may register converters
    return Router(patterns, converters)


def _rename_paths(kind: type[Field[Any]]) -> None:
    """Let fields tell their dotted path as Django's module has it."""
    told = kind.deconstruct

    def renamed(field: Field[Any]) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, arguments, options = told(field)
        return name, path.replace("partita.orm.", "django.db.models."), arguments, options

    changed: Any = kind
    changed.deconstruct = renamed


_rename_paths(Field)

# -- databases -----------------------------------------------------------------------------------------------------------


class Features:
    """What SQLite can do, as the control saw it, so that the same tests are skipped."""

    supports_json_field = True
    supported_explain_formats: frozenset[str] = frozenset()
    disallowed_simple_test_case_connection_methods: tuple[tuple[str, str], ...] = ()

    def __init__(self) -> None:
        file = sys.modules["harness"].__file__
        assert file is not None
        self.__dict__.update(json.loads(Path(file).with_name("sqlite_features.json").read_text(encoding="utf-8")))


class Creation:
    """Makes the tables of a test run."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def test_db_signature(self) -> tuple[str]:
        """Return what tells databases apart."""
        return (self.connection.alias,)

    def create_test_db(self, verbosity: int = 1, autoclobber: bool = False, keepdb: bool = False) -> None:
        """Create all tables, app by app; those that cannot be made fail the tests that use them."""
        models = [model for model in all_models() if model._meta.can_migrate()]
        for label in dict.fromkeys(model._meta.app_label for model in models):
            group = [model for model in models if model._meta.app_label == label]
            if not self._create(group):
                for model in group:
                    self._create([model])
        self.connection.after_migrate()

    def _create(self, models: list[type[Model]]) -> bool:
        try:
            self.connection.target.create_all(*models)
        except (OrmError, SQLAlchemyError, LookupError, TypeError, ValueError) as error:
            sys.stderr.write(f"no table of {models[0]._meta.label}: {error}\n")
            return False
        return True

    def destroy_test_db(self, old_name: str, verbosity: int = 1, keepdb: bool = False) -> None:
        """Close the database."""
        self.connection.target.close()

    def serialize_db_to_string(self) -> str:
        """Return nothing: no data is kept from migrations."""
        return ""


class Operations:
    """What Django asks its database about values."""

    def integer_field_range(self, internal_type: str) -> tuple[int | None, int | None]:
        """Return the smallest and the largest number that a kind of field takes."""
        limits: tuple[int, int] | None = getattr(orm, internal_type)().limits
        return limits or (None, None)


class Connection:
    """Django's attributes of a connection, answered by one of partita's databases."""

    vendor = "sqlite"
    display_name = "SQLite"

    def __init__(self, alias: str, target: Database) -> None:
        self.alias, self.target = alias, target
        self.settings_dict = {"NAME": ":memory:", "TEST": {"MIRROR": None}, "ENGINE": "django.db.backends.sqlite3"}
        self.features = Features()
        self.creation = Creation(self)
        self.ops = Operations()
        self.force_debug_cursor = False
        self._logging = target.query_log()  # kept: it ends with the object
        self.queries_log = self._logging.__enter__()

    @property
    def queries(self) -> list[dict[str, str]]:
        """The statements that ran."""
        return [{"sql": each.sql, "time": f"{each.seconds:.3f}"} for each in self.queries_log]

    @property
    def in_atomic_block(self) -> bool:
        """Whether a transaction is open."""
        held = self.target.held.get()
        return held is not None and held.depth > 0

    @property
    def needs_rollback(self) -> bool:
        """Whether the transaction can only be rolled back."""
        held = self.target.held.get()
        return held is not None and held.must_roll_back

    @property
    def run_on_commit(self) -> list[Any]:
        """What waits for the end of the transaction."""
        held = self.target.held.get()
        return [] if held is None else held.hooks

    def is_usable(self) -> bool:
        """Return whether the connection stands."""
        return True

    def ensure_connection(self) -> None:
        """Connections open as they are needed."""

    def check_constraints(self, table_names: Iterable[str] | None = None) -> None:
        """Raise IntegrityError if a foreign key leads nowhere."""
        broken = self.target.execute("PRAGMA foreign_key_check")
        if broken:
            raise IntegrityError(f"A row of {broken[0][0]} points to a missing row of {broken[0][2]}.")

    def _parity_flush(self) -> None:
        names = self.target.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%%'")
        with atomic(using=self.target):
            self.target.execute("PRAGMA defer_foreign_keys = ON")
            for (name,) in names:
                self.target.execute(f'DELETE FROM "{name}"')
        self.after_migrate()

    def after_migrate(self) -> None:
        """Do what an application does once its tables are there."""
        made = {name for (name,) in self.target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        labels = {model._meta.label for model in all_models() if model._meta.db_table in made}
        if "contenttypes.ContentType" in labels:
            need("partita.contenttypes.creation", "create_contenttypes")(self.target)
        if "sites.Site" in labels:
            need("partita.sites.creation", "create_default_site")(self.target, getattr(_settings(), "SITE_ID", None))

    def close(self) -> None:
        """Keep it: closing a database in memory would lose the tables."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "target":
            raise AttributeError(name)
        return getattr(self.target, name)


class Connections:
    """The tests' databases by alias; made, and made current, at the first use."""

    def __init__(self) -> None:
        self._made: dict[str, Connection] = {}
        self._databases: Databases | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(_settings().DATABASES)

    def __contains__(self, alias: object) -> bool:
        return alias in list(self)

    def __getitem__(self, alias: str) -> Connection:
        if self._databases is None:
            self._databases = Databases(dict.fromkeys(self, "sqlite://:memory:"))
            self._databases.__enter__()
        if alias not in self._made:
            self._made[alias] = Connection(alias, self._databases[alias])
        return self._made[alias]

    def enter_again(self) -> None:
        """Make the databases current once more, if there are any yet."""
        if self._databases is not None:
            self._databases.__enter__()

    def all(self, initialized_only: bool = False) -> list[Connection]:
        """Return the connections."""
        return [self[alias] for alias in self if not initialized_only or alias in self._made]


connections = Connections()


class DefaultConnection:
    """The connection ``default``, whichever it is."""

    def __getattr__(self, name: str) -> Any:
        return getattr(connections["default"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(connections["default"], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(connections["default"], name)


class _Models:
    """partita's register of models, under the names that the runner calls."""

    def models(self) -> list[type[Model]]:
        """Return all models."""
        return registry.get_models(include_auto_created=True)

    def model(self, app_label: str, name: str) -> type[Model]:
        """Return one model."""
        return registry.get_model(app_label, name)


def all_models() -> list[type[Model]]:
    """Return every model that a table is made for."""
    return _Models().models()

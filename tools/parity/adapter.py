"""How partita is composed for Django's tests: their settings make an application, their aliases databases.

The runner imports this file. It renames and adapts; what partita lacks stays missing.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import json
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from partita import orm
from partita.contracts.current import CURRENT
from partita.contracts.i18n import TRANSLATOR
from partita.contracts.key import ExtensionPoint, Name
from partita.http import Limits
from partita.i18n import TRANSLATIONS
from partita.orm import Database, Databases, Field, IntegrityError, Model, OrmError, atomic, registry
from partita.orm.options import Options
from partita.orm.query import shown
from partita.testing import application
from partita.text import FORMATS
from partita.urls import ROUTER, Router, include
from partita.views.middleware import adapt
from partita.web import App

__all__ = (
    "LANGUAGES",
    "all_models",
    "app_folders",
    "connections",
    "current",
    "find",
    "need",
    "limits",
    "package_folders",
    "request_limits",
    "router",
    "routes_of_languages",
    "setting_changed",
    "setup",
)

T = TypeVar("T")


class _UsersWithNames(importlib.abc.MetaPathFinder):
    """Puts a user with a name to log in with in the place of the one that partita's applications have by default."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return the module beside this file for `partita.auth.models`."""
        if fullname != "partita.auth.models":
            return None
        file = Path(__file__).with_name("shim") / "django" / "contrib" / "auth" / "partita_users.py"
        return importlib.util.spec_from_file_location(fullname, file)


sys.meta_path.insert(0, _UsersWithNames())
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
    "DEFAULT_EXCEPTION_REPORTER",
    "DEFAULT_EXCEPTION_REPORTER_FILTER",
    "DATA_UPLOAD_MAX_MEMORY_SIZE",
    "DATA_UPLOAD_MAX_NUMBER_FIELDS",
    "DATA_UPLOAD_MAX_NUMBER_FILES",
    "FILE_UPLOAD_MAX_MEMORY_SIZE",
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
    "STATIC_ROOT",
    "STATIC_URL",
    "STATICFILES_DIRS",
    "STORAGES",
    "MESSAGE_LEVEL",
    "MESSAGE_STORAGE",
    "MESSAGE_TAGS",
)
_CODES = (
    "af ar ar-dz be bg ca cs da de el en en-au en-gb eo es es-ar es-mx et eu fa fi fr ga gl he hi hr hu id is "
    "it ja ka ko lt lv mk nb nl nn pa pl pt pt-br ro ru sk sl sq sr sr-latn sv ta te th tr uk vi ast az bn br "
    "bs ckb cy dsb es-co es-ni es-ve fy gd hsb hy ia ig io kab kk km kn ky ml mn mr ms my ne os sw tg tk tt "
    " ug ur uz zh-hans zh-hant"
)
LANGUAGES = tuple(_CODES.split())
"""Those that tests use of the many that Django offers by default."""

routes_of_languages: set[str] = set()
"""Modules that declare routes with ``i18n_patterns``."""


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
    """The current application, made at its first use, with a router of its own."""

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
        if key is orm.DATABASES:
            return connections.as_databases()  # type: ignore[return-value]  # key is DATABASES
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
    # Models ask for the current application while their classes are made, and the application imports them when it is made.
    for name in _apps(settings):
        if importlib.util.find_spec(f"{name}.models"):
            importlib.import_module(f"{name}.models")
    importlib.import_module("partita.auth.models")  # their tables are made with the others
    app = Current(settings)
    CURRENT.set(app)
    translator = TRANSLATOR.get()
    if translator is not None:  # Django's formats follow the settings while a language is in force
        translations = app.require(TRANSLATIONS)
        FORMATS.set(translations.formats(translations.match(translator.language)))
    connections.enter_again()  # what was entered under another application does not count under this one


def _application(settings: Any) -> App:
    # A few of the tests for forms set a mapping, which configures no engine.
    templates = settings.TEMPLATES[0] if settings.TEMPLATES and isinstance(settings.TEMPLATES, list) else {}
    folders = [str(folder) for folder in templates.get("DIRS", ())]
    if templates.get("APP_DIRS"):
        folders += app_folders()
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
        i18n=_languages(settings),
        static=_static(settings),
        messages=importlib.import_module("django.contrib.messages.partita_storages").section(),
        serializers={"fixture_dirs": _fixture_folders(settings)},
        auth=_auth(settings),
        sites={"site_id": getattr(settings, "SITE_ID", None)},
        flatpages=slashes,
        redirects=slashes,
        web={
            "drafts": True,
            "signals": True,
            "exception_reporter": _own_name(settings.DEFAULT_EXCEPTION_REPORTER),
            "exception_reporter_filter": _own_name(settings.DEFAULT_EXCEPTION_REPORTER_FILTER),
            "atomic_requests": bool(settings.DATABASES.get("default", {}).get("ATOMIC_REQUESTS")),
            **slashes,
        },
        http=limits(settings),
        middleware=_middleware(settings),
    ) as app:
        made: App = app
    # The test client asks the application itself, which would open databases of its own beside those of the tests.
    made._registry._values[orm.DATABASES] = connections.as_databases()  # type: ignore[index]  # of any type
    return made  # not the current one: Current is


def _auth(settings: Any) -> dict[str, Any]:
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
        "login_attempts": 0,
        "argon2_time_cost": 1,
        "argon2_memory_cost": 64,
    }


def _own_name(name: str) -> str:
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


def request_limits() -> Limits:
    """Return the limits of requests that tests make themselves."""
    return Limits(**limits(_settings()))


def _middleware(settings: Any) -> list[Any]:
    """Return the tests' own middleware; that of Django stands for layers that partita has or has not by itself."""
    made = []
    for name in settings.MIDDLEWARE or ():
        if not name.startswith("django."):
            module, _, attribute = name.rpartition(".")
            made.append(adapt(getattr(importlib.import_module(module), attribute)))
    return made


def _languages(settings: Any) -> dict[str, Any]:
    """Return the section ``i18n``; what a setting of the tests leaves open is left out."""
    folders = [*settings.LOCALE_PATHS, *(f"{folder}/locale" for folder in package_folders())]
    section: dict[str, Any] = {
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
    if settings.LANGUAGE_COOKIE_SAMESITE:
        section["cookie_samesite"] = settings.LANGUAGE_COOKIE_SAMESITE
    if settings.is_overridden("LANGUAGES_BIDI"):
        section["right_to_left"] = tuple(settings.LANGUAGES_BIDI)
    return section


def _static(settings: Any) -> dict[str, Any]:
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


def _fixture_folders(settings: Any) -> tuple[str, ...]:
    folders = [f"{folder}/fixtures" for folder in package_folders()]
    return (*[folder for folder in folders if Path(folder).is_dir()], *map(str, settings.FIXTURE_DIRS))


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


def _apps(settings: Any) -> list[str]:
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
    if name in ("LANGUAGES", "LANGUAGE_CODE"):
        for module in routes_of_languages:  # these are declared for the languages of the settings
            sys.modules.pop(module, None)
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
    return Router(include(urls).patterns)


def _rename_paths(kind: type[Field[Any]]) -> None:
    """Let fields tell their dotted path as Django's module has it."""
    told = kind.deconstruct

    def renamed(field: Field[Any]) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, arguments, options = told(field)
        return name, path.replace("partita.orm.", "django.db.models."), arguments, options

    changed: Any = kind
    changed.deconstruct = renamed


_rename_paths(Field)


def _rename_path(kind: type[Any]) -> None:
    """Let expressions tell their dotted path as Django's module has it."""
    told = kind.deconstruct

    def renamed(node: Any) -> tuple[Any, ...]:
        path, *arguments = told(node)
        return (path.replace("partita.orm.", "django.db.models."), *arguments)

    kind.deconstruct = renamed


for _kind in (orm.F, orm.Q, orm.Value):
    _rename_path(_kind)

# A test that adds an app lets options forget what they knew; partita's follow their register by themselves.
Options._expire_cache = lambda options: None  # type: ignore[attr-defined]  # Django's name

# -- logs ------------------------------------------------------------------------------------------------------------------


class _Renamed(logging.Handler):
    """Hands records on to the logger of Django's name."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on."""
        logger = logging.getLogger(record.name.replace("partita.", "django.", 1))
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)


for _name in ("partita.request", "partita.security"):
    logging.getLogger(_name).addHandler(_Renamed())

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

    def __init__(self, database: Database) -> None:
        self._database = database

    def integer_field_range(self, internal_type: str) -> tuple[int | None, int | None]:
        """Return the smallest and the largest number that a kind of field takes."""
        limits: tuple[int, int] | None = getattr(orm, internal_type)().limits
        return limits or (None, None)

    def max_name_length(self) -> int | None:
        """Return how many characters a name may have."""
        return dict(need("partita.orm.features", "LONGEST_NAMES"))[self._database.vendor]

    def quote_name(self, name: str) -> str:
        """Return a name as SQL has it."""
        return self._database.backend.quote(name)

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """Return how many rows go into one statement."""
        size: int = need("partita.orm.writing_many", "batch_size")(len(fields))
        return size


class Connection:
    """Django's attributes of a connection, answered by one of partita's databases."""

    vendor = "sqlite"
    display_name = "SQLite"

    def __init__(self, alias: str, target: Database) -> None:
        self.alias, self.target = alias, target
        self.settings_dict = {"NAME": ":memory:", "TEST": {"MIRROR": None}, "ENGINE": "django.db.backends.sqlite3"}
        self.features = Features()
        self.creation = Creation(self)
        self.ops = Operations(target)
        self.force_debug_cursor = False
        self._logging = target.query_log()  # kept: it ends with the object
        self.queries_log = self._logging.__enter__()

    @property
    def queries(self) -> list[dict[str, str]]:
        """The statements that ran."""
        style = self.target.backend.style
        return [
            {"sql": shown(each.sql, each.params, style), "time": f"{each.seconds:.3f}"} for each in self.queries_log
        ]

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

    @contextmanager
    def constraint_checks_disabled(self) -> Iterator[None]:
        """Let rows point to rows that come later."""
        with need("partita.serializers.constraints", "unchecked")(self.target):
            yield

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
        if "auth.Permission" in labels:
            need("partita.auth", "create_permissions")(self.target)
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

    def as_databases(self) -> Databases:
        """Return partita's mapping of them."""
        databases = self._databases or (self["default"] and self._databases)
        assert databases is not None
        return databases

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

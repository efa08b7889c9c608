"""The tests' databases, with Django's attributes of a connection."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from partita import orm
from partita.orm import Database, Databases, IntegrityError, Model, OrmError, atomic
from partita.orm.query import shown

from .lookup import all_models, need
from .settings import tests_settings

__all__ = (
    "Connection",
    "Connections",
    "DefaultConnection",
    "connections",
)


class Connection:
    """Django's attributes of a connection, answered by one of partita's databases."""

    vendor = "sqlite"
    display_name = "SQLite"

    def __init__(self, alias: str, target: Database) -> None:
        self.alias, self.target = alias, target
        self.settings_dict: dict[str, Any] = {
            "NAME": ":memory:",
            "TEST": {"MIRROR": None},
            "ENGINE": "django.db.backends.sqlite3",
            "TIME_ZONE": None,
        }
        self.features = Features()
        self.creation = Creation(self)
        self.ops = Operations(target)
        self.force_debug_cursor = False
        self._logging = target.query_log()  # kept: it ends with the object
        self.queries_log = self._logging.__enter__()
        self.ensure_timezone()

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

    def ensure_timezone(self) -> bool:
        """Keep moments as the settings say now; a database of partita's is opened once for one way."""
        settings = tests_settings()
        backends = (self.target.blocking, self.target.native)
        zone = self.settings_dict["TIME_ZONE"] or ("" if settings.USE_TZ else settings.TIME_ZONE or "UTC")
        keep = need("partita.orm.moments", "keep_moments")
        keep(backends, {"use_tz": bool(settings.USE_TZ), "time_zone": zone})
        for backend in backends:
            if backend is not None:
                backend.plans.clear()
        return False

    @property
    def timezone_name(self) -> str:
        """The name of the zone whose clocks columns show; forgotten where a test has changed it."""
        return str(self.settings_dict["TIME_ZONE"] or "UTC")

    @timezone_name.deleter
    def timezone_name(self) -> None:
        self.ensure_timezone()

    @property
    def timezone(self) -> ZoneInfo:
        """The same as a zone."""
        return ZoneInfo(self.timezone_name)

    @timezone.deleter
    def timezone(self) -> None:
        self.ensure_timezone()

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
            need("partita.sites.creation", "create_default_site")(
                self.target, getattr(tests_settings(), "SITE_ID", None)
            )

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
        return iter(tests_settings().DATABASES)

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

    def keep_moments(self) -> None:
        """Keep moments as the settings say now."""
        for connection in self._made.values():
            connection.ensure_timezone()

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

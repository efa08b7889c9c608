"""Kinds of databases: ours, and one that a package of its own brings under a URL scheme of its own."""

import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL
from sqlalchemy.pool import StaticPool

from partita.orm import CharField, Database, Index, Model, NoDatabaseError, Q, Registry, connect
from partita.orm.backends import Backend
from partita.orm.checks import check_models
from partita.orm.drivers.base import Answer, Link, Row, Rows, by_pep249_name
from partita.orm.functions.sqlite import add_functions
from partita.orm.kinds import Client, DatabaseKind
from partita.orm.testing_kinds import KindSuite


class CursorLink(Link):
    """A link by cursors alone, as any driver after PEP 249 has them."""

    __slots__ = ("raw",)

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self.raw = raw

    def _run(self, sql: str, params: Sequence[Any]) -> Any:
        cursor = self.raw.cursor()
        try:
            cursor.execute(sql, params)
        except sqlite3.Error as error:
            raise by_pep249_name(error) from error
        return cursor

    def fetch(self, sql: str, params: Sequence[Any]) -> Sequence[Row]:
        rows: Sequence[Row] = self._run(sql, params).fetchall()
        return rows

    def fetch_named(self, sql: str, params: Sequence[Any]) -> tuple[Sequence[str], Sequence[Row]]:
        cursor = self._run(sql, params)
        return [column[0] for column in cursor.description or ()], cursor.fetchall()

    def run(self, sql: str, params: Sequence[Any]) -> tuple[int, int | None]:
        cursor = self._run(sql, params)
        return cursor.rowcount, cursor.lastrowid

    def answer(self, sql: str, params: Sequence[Any]) -> Answer:
        cursor = self._run(sql, params)
        rows = cursor.fetchall()
        names = [column[0] for column in cursor.description or ()]
        return Answer(names, rows, len(rows) if names else cursor.rowcount, cursor.lastrowid)

    def run_many(self, sql: str, params: Sequence[Sequence[Any]]) -> int:
        return sum(self._run(sql, each).rowcount for each in params)

    def stream(self, sql: str, params: Sequence[Any], *, hold: bool) -> Rows:
        return CursorRows(self._run(sql, params))

    def begin(self, isolation: str | None = None, *, read_only: bool = False, deferrable: bool = False) -> None:
        self._run("BEGIN IMMEDIATE", ())

    def close(self) -> None:
        self.raw.close()


class CursorRows:
    """Rows that wait in a cursor."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def next(self, count: int) -> Sequence[Row]:
        rows: Sequence[Row] = self._cursor.fetchmany(count)
        return rows

    def close(self) -> None:
        self._cursor.close()


class SampleDialect(SQLiteDialect_pysqlite):
    """Writes SQL as SQLite does."""


class Sample(DatabaseKind):
    """A database that another package brings: SQLite's language, a driver and files of its own, and no partial indexes."""

    vendor = "sqlite"
    display_name = "Sample"
    lacks = frozenset({"supports_partial_indexes"})
    gains = frozenset({"supports_covering_indexes"})
    options = {"folder": "."}  # a constant
    written: list[str]

    def __init__(self) -> None:
        self.written = []

    def _path(self, url: URL, folder: str) -> str:
        return str(Path(folder) / f"{url.database}.sample")

    def backends(self, url: URL, options: Mapping[str, Any], init: Sequence[str]) -> tuple[Backend, Backend | None]:
        path = self._path(url, options["folder"])

        def open_it() -> Link:
            raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
            raw.execute("PRAGMA foreign_keys = ON")
            for statement in init:
                raw.execute(statement)
            add_functions(raw)
            return CursorLink(raw)

        return Backend("sqlite", SampleDialect(paramstyle="qmark"), "qmark", open_it, returning=True), None

    def engine(self, raw: Any) -> sqlalchemy.Engine:
        return sqlalchemy.create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)

    def table_names(self, database: Database) -> set[str]:
        return {str(row[0]) for row in database.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def create(self, url: URL) -> None:
        Path(self._path(url, str(url.query.get("folder", ".")))).touch()

    def drop(self, url: URL) -> None:
        Path(self._path(url, str(url.query.get("folder", ".")))).unlink(missing_ok=True)

    def client(self, url: URL) -> Client:
        return Client(["sample-shell", str(url.database)], {})

    def ddl(self, statements: Sequence[str]) -> list[str]:
        self.written += statements
        return list(statements)


def offer(folder: Path, monkeypatch: pytest.MonkeyPatch, **entries: str) -> None:
    """Install a distribution that offers kinds of databases: what pip leaves of it."""
    info = folder / "sample_database-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sample-database\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (info / "entry_points.txt").write_text(f"[partita.orm.backends]\n{lines}")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(sys.modules, "sample_database", sys.modules[__name__])


class TestOurs(KindSuite):
    """The kinds that we have ourselves."""

    @pytest.fixture
    def spare(self, database: Database, tmp_path: Path) -> URL:
        if database.vendor == "sqlite":
            return URL.create("sqlite", database=str(tmp_path / "spare.sqlite3"))
        if database.is_behind_pooler:
            pytest.skip("platform: a role that says where tables go says it for one database")
        return database.url.set(database=f"partita_spare_{os.getpid()}")


class TestOthers(KindSuite):
    """One that comes from elsewhere."""

    @pytest.fixture
    def database(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
        offer(tmp_path, monkeypatch, samplite="sample_database:Sample")
        database = connect(f"samplite:///box?folder={tmp_path}")
        yield database
        database.close()
        assert (tmp_path / "box.sample").exists()

    @pytest.fixture
    def spare(self, tmp_path: Path) -> URL:
        return URL.create("samplite", database="spare", query={"folder": str(tmp_path)})

    def test_it_is_asked_about_everything(self, here: Database) -> None:
        kind: Any = here.kind
        assert isinstance(kind, Sample)
        assert isinstance(here.blocking.connect(), CursorLink)
        assert any("CREATE TABLE kinds_maker" in statement for statement in kind.written)
        assert not kind.has("supports_partial_indexes")
        assert kind.has("supports_covering_indexes", "supports_json_field")

        class Partial(Model):
            name = CharField(max_length=3)

            class Meta:
                registry = Registry()
                app_label = "kinds"
                indexes = (Index(fields=["name"], condition=Q(name="x"), name="partly"),)

        class Needing(Model):
            class Meta:
                registry = Registry()
                app_label = "kinds"
                required_db_features = ("supports_partial_indexes",)

        (told,) = check_models([Partial], databases=[here])
        assert (told.id, told.text) == ("models.W037", "Sample does not support indexes with conditions.")
        assert not Needing._meta.can_migrate(here)


def test_what_is_offered_wrongly_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(tmp_path, monkeypatch, missing="not_there:Kind", wrong="sample_database:CursorLink.close")
    with pytest.raises(NoDatabaseError, match=r"not_there:Kind, which cannot be imported"):
        connect("missing://x")
    with pytest.raises(NoDatabaseError, match="is no DatabaseKind"):
        connect("wrong://x")
    with pytest.raises(NoDatabaseError, match=r"No driver for unknown://.*install the package that offers it"):
        connect("unknown://x")

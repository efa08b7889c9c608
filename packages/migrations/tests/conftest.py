import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from partita.orm import Database, Databases, OperationalError, connect
from partita.orm.clusters import new_schema

POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("PARTITA_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")


class Place:
    """One empty database to migrate, and a look at what is in it that does not go through our own code."""

    def __init__(self, database: Database, engine: sa.Engine) -> None:
        self.database, self.engine = database, engine
        self.databases = Databases({"default": database})

    def schema(self) -> dict[str, Any]:
        """Return all that the database tells about its tables."""
        found: dict[str, Any] = {}
        with self.engine.connect() as connection:
            inspector = sa.inspect(connection)
            for table in sorted(inspector.get_table_names()):
                if table not in {"partita_migrations", "sqlite_sequence"}:
                    found[table] = _table(inspector, table)
        return found


def _table(inspector: sa.Inspector, table: str) -> dict[str, Any]:
    columns = {
        column["name"]: (str(column["type"]), column["nullable"], str(column["default"] or "").partition("(")[0])
        for column in inspector.get_columns(table)
    }
    keys = [
        (str(key["name"]), tuple(key["constrained_columns"]), key["referred_table"], tuple(key["referred_columns"]))
        for key in inspector.get_foreign_keys(table)
    ]
    uniques = [(str(each["name"]), tuple(each["column_names"])) for each in inspector.get_unique_constraints(table)]
    indexes = [
        (str(each["name"]), tuple(str(name) for name in each["column_names"]), each["unique"])
        for each in inspector.get_indexes(table)
    ]
    checks = [(str(each["name"]), each["sqltext"]) for each in inspector.get_check_constraints(table)]
    return {
        "columns": columns,
        "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
        "foreign keys": sorted(keys),
        "uniques": sorted(uniques),
        "indexes": sorted(indexes),
        "checks": sorted(checks),
    }


def _absent(error: Exception, name: str) -> None:
    if os.environ.get("CI"):
        raise error
    pytest.skip(f"there is no {name}: {error}")


def _sqlite(tmp_path: Path) -> Iterator[Place]:
    path = tmp_path / "test.sqlite3"
    database = connect(f"sqlite:///{path}")
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    yield Place(database, engine)
    database.close()


def _postgresql(tmp_path: Path) -> Iterator[Place]:
    pytest.importorskip("psycopg")
    schema = f"migrations_{secrets.token_hex(4)}"
    with ExitStack() as stack:
        try:
            where, init = stack.enter_context(new_schema(POSTGRESQL, schema))
        except OperationalError as error:
            _absent(error, "PostgreSQL")
        database = connect(where, init=init)
        query = {"options": f"-csearch_path={schema}"} if init else {}  # behind a pooler its role knows
        url = where.set(drivername="postgresql+psycopg", query=query)
        engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"prepare_threshold": None})
        try:
            yield Place(database, engine)
        finally:
            database.close()


def _mysql(tmp_path: Path) -> Iterator[Place]:
    pymysql = pytest.importorskip("pymysql")
    name = f"migrations_{secrets.token_hex(4)}"
    url = sa.make_url(MYSQL)
    where = {"host": url.host, "port": url.port, "user": url.username, "password": url.password or ""}
    try:
        raw = pymysql.connect(**where, autocommit=True, connect_timeout=3)
    except pymysql.OperationalError as error:
        _absent(error, "MariaDB")
    raw.cursor().execute(f"CREATE DATABASE {name}")
    database = connect(url.set(database=name))
    try:
        yield Place(
            database, sa.create_engine(url.set(drivername="mysql+pymysql", database=name), poolclass=sa.NullPool)
        )
    finally:
        database.close()
        raw.cursor().execute(f"DROP DATABASE {name}")
        raw.close()


_KINDS: dict[str, Callable[[Path], Iterator[Place]]] = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}


@pytest.fixture(params=list(_KINDS))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from _KINDS[request.param](tmp_path)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Place]:
    yield from _sqlite(tmp_path)

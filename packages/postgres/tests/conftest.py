"""A schema of its own on a real PostgreSQL for the tests."""

import asyncio
import os
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest
from sqlalchemy.engine import URL

from partita.orm import Database, Model, OperationalError, atomic, connect
from partita.orm.clusters import new_schema

T = TypeVar("T")
POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")


@pytest.fixture(scope="session")
def place() -> Iterator[tuple[URL, tuple[str, ...]]]:
    """The URL of a new schema, dropped at the end, and what sessions are told."""
    name = f"partita_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with ExitStack() as stack:
        try:
            where, init = stack.enter_context(new_schema(POSTGRESQL, name))
        except (OperationalError, ImportError) as error:
            text = f"no PostgreSQL at {POSTGRESQL}: {error}"
            if os.environ.get("CI") == "true":
                pytest.fail(text)
            pytest.skip(text)
        with connect(POSTGRESQL) as outer, atomic(outer):
            outer.execute(
                "SELECT pg_advisory_xact_lock(20261121)"
            )  # IF NOT EXISTS fails where two processes do it at once
            for extension in ("bloom", "btree_gist", "hstore", "pg_trgm", "unaccent"):
                outer.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA pg_catalog")
        outer.close()
        yield where, init


@pytest.fixture
def database(place: tuple[URL, tuple[str, ...]]) -> Iterator[Database]:
    """The database, current."""
    url, init = place
    with connect(url, init=init) as database:
        yield database
        assert database.held.get() is None
    database.close()


@pytest.fixture
def schema(database: Database) -> str:
    """The name of the schema."""
    name: str = database.execute("SELECT current_schema()")[0][0]
    return name


@pytest.fixture
def tables(database: Database) -> Iterator[Callable[..., None]]:
    """Make tables for the length of a test."""
    made: list[type[Model]] = []

    def make(*models: type[Model]) -> None:
        database.create_all(*models)
        made.extend(models)

    yield make
    for model in reversed(made):
        database.execute(f'DROP TABLE "{model._meta.db_table}" CASCADE')


@pytest.fixture
def run(database: Database) -> Callable[[Coroutine[Any, Any, T]], T]:
    """Run a coroutine in a fresh event loop, and end the loop's connections with it."""

    def run(coroutine: Coroutine[Any, Any, T]) -> T:
        async def main() -> T:
            try:
                return await coroutine
            finally:
                await database.aclose_native()

        return asyncio.run(main())

    return run

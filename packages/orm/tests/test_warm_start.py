"""Connections are there when the first request comes."""

import asyncio
import logging
import os
from collections.abc import Iterator

import pytest

from partita.contracts.lifecycle import SHUTDOWN, STARTUP
from partita.contracts.testing.app import SimpleRegistrar
from partita.orm import DATABASES
from partita.orm.integration import setup
from partita.orm.signals import connection_created

POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("PARTITA_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")


@pytest.fixture
def connections() -> Iterator[list[str]]:
    """What was connected to."""
    made: list[str] = []

    def note(sender: object, connection: object, **_: object) -> None:
        made.append(connection.alias)  # type: ignore[attr-defined]  # a Database

    connection_created.connect(note)
    yield made
    connection_created.disconnect(note)


async def started(app: SimpleRegistrar) -> None:
    for hook in app.all(STARTUP):
        await hook()


async def stopped(app: SimpleRegistrar) -> None:
    for hook in app.all(SHUTDOWN):
        await hook()


@pytest.mark.parametrize("url", [POSTGRESQL, MYSQL], ids=["postgresql", "mysql"])
def test_the_first_request_needs_no_connect(url: str, connections: list[str]) -> None:
    app = SimpleRegistrar(databases={"default": url})
    setup(app)

    async def main() -> None:
        await started(app)
        assert connections == ["default"]
        database = app.require(DATABASES)["default"]
        assert await database.aexecute("SELECT 1") == [(1,)]
        assert connections == ["default"]
        await stopped(app)

    asyncio.run(main())


def test_a_database_in_a_file_is_left_alone(connections: list[str]) -> None:
    app = SimpleRegistrar(databases={"default": "sqlite://"})
    setup(app)
    asyncio.run(started(app))
    assert connections == []
    asyncio.run(stopped(app))


def test_a_database_that_cannot_be_reached_keeps_nobody_from_starting(caplog: pytest.LogCaptureFixture) -> None:
    app = SimpleRegistrar(databases={"default": "postgresql://nobody@127.0.0.1:9/none"})
    setup(app)

    async def main() -> None:
        await started(app)
        await stopped(app)

    with caplog.at_level(logging.WARNING, "partita.orm"):
        asyncio.run(main())
    assert "The database 'default' cannot be reached yet" in caplog.text


def test_a_wrong_url_is_left_to_the_check(caplog: pytest.LogCaptureFixture) -> None:
    app = SimpleRegistrar(databases={"default": "telepathy://"})
    setup(app)
    asyncio.run(started(app))

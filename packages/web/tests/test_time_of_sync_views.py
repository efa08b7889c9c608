"""The end of a sync view's time, or of its client's patience, ends the query that its thread waits for."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.http import Request, Response
from partita.orm import OperationalError, atomic, connect
from partita.orm.databases import DATABASES
from partita.server import Options, Server
from partita.urls import path
from partita.web import App, Settings

POSTGRESQL = os.environ.get("PARTITA_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")
MYSQL = os.environ.get("PARTITA_TEST_MYSQL", "mysql://root@127.0.0.1:3306/test")
ENDLESS = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 100000000000) SELECT count(*) FROM c"
)
SLOW = {"sqlite": ENDLESS, "postgresql": "SELECT pg_sleep(60)", "mysql": "SELECT SLEEP(60)"}
GET = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
TABLE = "partita_time_of_sync_views"


def urls_of(tmp_path: Path) -> dict[str, str]:
    return {
        "sqlite": f"sqlite:///{tmp_path}/site.sqlite3",
        "postgresql": POSTGRESQL,
        "postgresql, pool of psycopg": f"{POSTGRESQL}{'&' if '?' in POSTGRESQL else '?'}pool=psycopg",
        "mysql": MYSQL,
    }


@pytest.fixture(params=["sqlite", "postgresql", "postgresql, pool of psycopg", "mysql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """Serve sync views over one database; their time is a second."""
    url = urls_of(tmp_path)[request.param]
    try:
        with connect(url) as database:
            database.execute(f"DROP TABLE IF EXISTS {TABLE}")
            database.execute(f"CREATE TABLE {TABLE} (n INTEGER)")
            database.close()
    except OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    slow = SLOW[request.param.partition(",")[0]]
    found = SimpleNamespace(ends=[], begun=threading.Event(), ended=threading.Event(), after=[])
    app: App

    def watched(function: Any) -> Any:
        def view(request: Request) -> Response:
            database = app.require(DATABASES)["default"]
            found.begun.set()
            try:
                function(database)
            except BaseException as error:
                found.ends.append(error)
                try:
                    found.after.append(database.execute("SELECT 1"))
                except BaseException as refused:  # noqa: BLE001 - whatever it is, the test looks at it
                    found.after.append(refused)
                raise
            finally:
                found.ended.set()
            return Response.text("done")

        return view

    def alone(database: Any) -> None:
        database.execute(slow)

    def in_transaction(database: Any) -> None:
        with atomic():
            database.execute(f"INSERT INTO {TABLE} VALUES (1)")
            database.execute(slow)

    def one_after_another(database: Any) -> None:
        while True:  # none of them takes long
            database.execute("SELECT 1")

    def calculating(database: Any) -> None:
        with atomic():
            database.execute(f"INSERT INTO {TABLE} VALUES (1)")
            give_up = time.monotonic() + 30
            while found.go and time.monotonic() < give_up:
                time.sleep(0.01)
            database.execute("SELECT 1")

    def quick(request: Request) -> Response:
        ((count,),) = app.require(DATABASES)["default"].execute(f"SELECT count(*) FROM {TABLE}")
        return Response.text(f"<{count}>")

    found.go = True
    views = {"alone": alone, "in-transaction": in_transaction, "one-after-another": one_after_another}
    routes = [path(name, watched(function)) for name, function in {**views, "calculating": calculating}.items()]
    settings = Settings("key" * 20, allowed_hosts=("127.0.0.1",), sections={"databases": {"default": url}})
    app = App(settings, urls=[*routes, path("quick", quick)])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(app, Options(handler_timeout=1.0))
    asyncio.run_coroutine_threadsafe(server.start("127.0.0.1", 0), loop).result(30)
    found.port = server.addresses[0][1]
    yield found
    found.go = False
    asyncio.run_coroutine_threadsafe(server.stop(0.5), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
    with connect(url) as database:
        database.execute(f"DROP TABLE {TABLE}")
        database.close()


def ask(site: SimpleNamespace, target: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", site.port), 20) as client:
        client.sendall(GET % target)
        return client.recv(10_000)


def assert_nobody_is_held_up(site: SimpleNamespace) -> None:
    """Whatever was interrupted, connections are fit for use, and nothing of a transaction was kept."""
    for _ in range(5):
        assert ask(site, b"/quick").endswith(b"<0>")


@pytest.mark.parametrize("view", [b"/alone", b"/in-transaction"])
def test_the_end_of_its_time_ends_the_query_of_a_sync_view(site: SimpleNamespace, view: bytes) -> None:
    assert ask(site, view).startswith(b"HTTP/1.1 503 ")
    assert site.ended.wait(20)  # a third of what the query would take
    (error,) = site.ends
    assert isinstance(error, OperationalError)
    (after,) = site.after
    assert isinstance(after, OperationalError)  # and no other query is begun
    assert "Nobody waits" in str(after)
    assert_nobody_is_held_up(site)


@pytest.mark.parametrize("view", [b"/alone", b"/in-transaction"])
def test_a_client_that_leaves_ends_the_query_of_a_sync_view(site: SimpleNamespace, view: bytes) -> None:
    with socket.create_connection(("127.0.0.1", site.port), 20) as client:
        client.sendall(GET % view)
        assert site.begun.wait(10)
    assert site.ended.wait(20)
    assert isinstance(site.ends[0], OperationalError)
    assert_nobody_is_held_up(site)


def test_a_view_that_asks_and_asks_gets_no_more_answers(site: SimpleNamespace) -> None:
    assert ask(site, b"/one-after-another").startswith(b"HTTP/1.1 503 ")
    assert site.ended.wait(20)
    assert isinstance(site.ends[0], OperationalError)
    assert_nobody_is_held_up(site)


def test_a_transaction_that_was_idle_meanwhile_ends_at_its_next_query(site: SimpleNamespace) -> None:
    assert ask(site, b"/calculating").startswith(b"HTTP/1.1 503 ")
    assert not site.ended.wait(0.1)  # a calculation is not stopped
    site.go = False
    assert site.ended.wait(20)
    assert isinstance(site.ends[0], OperationalError)
    assert_nobody_is_held_up(site)

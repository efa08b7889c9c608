import asyncio
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from partita import orm
from partita.migrations import (
    AddField,
    AlterField,
    CreateModel,
    Operation,
    RemoveField,
    RenameField,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from partita.migrations import executor as executor_module
from partita.migrations.arrangement import make
from partita.migrations.errors import CannotRun, Irreversible, SchemaDamaged
from partita.migrations.executor import Executor, Step, statements
from partita.migrations.graph import Graph
from partita.migrations.recorder import Recorder
from partita.orm import Databases, connect
from partita.orm.errors import OrmError


def album(**fields: Any) -> CreateModel:
    columns = {"id": orm.BigAutoField(primary_key=True), "title": orm.CharField(max_length=50), **fields}
    return CreateModel("Album", list(columns.items()))


def graph(*steps: list[Operation], atomic: bool = True) -> Graph:
    """Return a line of migrations with these operations."""
    made = []
    for number, operations in enumerate(steps, 1):
        after = [("shop", f"{number - 1:04}")] if number > 1 else []
        made.append(make("shop", f"{number:04}", operations, after, initial=number == 1))
        type(made[-1]).atomic = atomic
    return Graph(made)


def to(place: Any, migrations: Graph, name: str | None = None, **options: Any) -> list[Step]:
    with place.databases:
        executor = Executor(place.database, migrations)
        plan = executor.plan(None if name is None else [("shop", name)])
        executor.run(plan, **options)
        return plan


def rows(place: Any, sql: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = place.database.execute(sql)
    return found


def applied(place: Any) -> list[str]:
    return sorted(name for _, name in Recorder(place.database).applied())


def test_rows_are_kept_over_every_kind_of_change(place: Any) -> None:
    artist = CreateModel("Artist", [("id", orm.BigAutoField(primary_key=True)), ("name", orm.CharField(max_length=50))])
    owner = orm.ForeignKey("shop.Artist", orm.CASCADE)
    migrations = graph(
        [artist, album(artist=owner)],
        [AddField("Album", "note", orm.CharField(max_length=30, default="a 'b' % \\ :c ü"))],
        [AlterField("Album", "title", orm.CharField(max_length=90, unique=True))],
        [AlterField("Artist", "name", orm.TextField())],
        [RenameField("Album", "title", "name")],
        [RemoveField("Album", "note")],
    )
    to(place, migrations, "0001")
    place.database.execute("INSERT INTO shop_artist (id, name) VALUES (1, 'Glenn')")
    place.database.execute("INSERT INTO shop_album (id, title, artist_id) VALUES (1, 'Partita', 1), (2, 'Aria', 1)")
    to(place, migrations, "0002")
    assert rows(place, "SELECT note FROM shop_album") == [("a 'b' % \\ :c ü",)] * 2
    to(place, migrations)
    assert rows(place, "SELECT id, name, artist_id FROM shop_album ORDER BY id") == [(1, "Partita", 1), (2, "Aria", 1)]
    assert rows(place, "SELECT name FROM shop_artist") == [("Glenn",)]
    to(place, migrations, "0001")
    assert rows(place, "SELECT id, title FROM shop_album ORDER BY id") == [(1, "Partita"), (2, "Aria")]


def test_null_is_filled_where_it_is_forbidden(place: Any) -> None:
    migrations = graph(
        [album(year=orm.IntegerField(null=True))],
        [AlterField("Album", "year", orm.IntegerField(default=1999), preserve_default=False)],
    )
    to(place, migrations, "0001")
    place.database.execute("INSERT INTO shop_album (title, year) VALUES ('a', NULL), ('b', 1750)")
    to(place, migrations)
    assert sorted(rows(place, "SELECT title, year FROM shop_album")) == [("a", 1999), ("b", 1750)]


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)  # MariaDB fills it with zeros by itself
def test_a_column_without_a_value_for_its_rows_is_refused_and_nothing_changes(place: Any) -> None:
    migrations = graph([album()], [AddField("Album", "day", orm.DateField())])
    to(place, migrations, "0001")
    before = place.schema()
    place.database.execute("INSERT INTO shop_album (title) VALUES ('a')")
    with pytest.raises(OrmError):
        to(place, migrations)
    assert place.schema() == before
    assert applied(place) == ["0001"]


def test_a_failed_migration_leaves_no_trace(place: Any) -> None:
    def fail(apps: Any, editor: Any) -> None:
        raise RuntimeError("no")

    migrations = graph([album()], [AddField("Album", "year", orm.IntegerField(default=1)), RunPython(fail)])
    to(place, migrations, "0001")
    before = place.schema()
    with pytest.raises(RuntimeError, match="no"):
        to(place, migrations)
    assert applied(place) == ["0001"]
    if place.database.vendor != "mysql":  # which keeps what was done to tables
        assert place.schema() == before


def test_python_sees_the_models_as_they_are_at_that_point(place: Any) -> None:
    seen: list[list[str]] = []

    def fill(apps: Any, editor: Any) -> None:
        model = apps.get_model("shop", "Album")
        seen.append([field.name for field in model._meta.fields])
        for number in range(3):
            model.objects.create(title=f"album {number}")

    def empty(apps: Any, editor: Any) -> None:
        model = apps.get_model("shop.Album")
        model.objects.filter(title__startswith="album").delete()

    migrations = graph([album()], [RunPython(fill, empty)], [AddField("Album", "year", orm.IntegerField(default=1999))])
    to(place, migrations)
    assert seen == [["id", "title"]]
    assert rows(place, "SELECT count(*), min(year) FROM shop_album") == [(3, 1999)]
    to(place, migrations, "0001")
    assert rows(place, "SELECT count(*) FROM shop_album") == [(0,)]


def test_data_and_tables_change_in_one_migration(place: Any) -> None:
    def fill(apps: Any, editor: Any) -> None:
        artist = apps.get_model("shop", "Artist").objects.create(name="Glenn")
        apps.get_model("shop", "Album").objects.create(title="Partita", artist=artist)

    artist = CreateModel("Artist", [("id", orm.BigAutoField(primary_key=True)), ("name", orm.CharField(max_length=50))])
    owner = orm.ForeignKey("shop.Artist", orm.CASCADE)
    migrations = graph(
        [
            artist,
            album(artist=owner),
            RunPython(fill, RunPython.noop),
            AddField("Artist", "born", orm.IntegerField(null=True)),
            AlterField("Album", "title", orm.CharField(max_length=70)),
        ]
    )
    to(place, migrations)
    assert rows(place, "SELECT title FROM shop_album") == [("Partita",)]


def test_sql_runs_both_ways_and_percent_is_percent(place: Any) -> None:
    forward = ["INSERT INTO shop_album (title) VALUES ('100 %s')", "INSERT INTO shop_album (title) VALUES ('b;')"]
    migrations = graph([album()], [RunSQL(forward, "DELETE FROM shop_album WHERE title LIKE '100 %'")])
    to(place, migrations)
    assert rows(place, "SELECT title FROM shop_album ORDER BY title") == [("100 %s",), ("b;",)]
    to(place, migrations, "0001")
    assert rows(place, "SELECT title FROM shop_album") == [("b;",)]


def test_what_cannot_be_undone_is_refused_before_anything_is(place: Any) -> None:
    migrations = graph(
        [album()],
        [RunSQL("SELECT 1")],
        [RunPython(RunPython.noop)],
        [AddField("Album", "n", orm.IntegerField(null=True))],
    )
    to(place, migrations)
    with pytest.raises(Irreversible, match="0003: Call noop"):
        to(place, migrations, "0001")
    assert applied(place) == ["0001", "0002", "0003", "0004"]


def test_state_and_database_can_go_different_ways(place: Any) -> None:
    field = orm.IntegerField(null=True)
    separate = SeparateDatabaseAndState(
        database_operations=[
            RunSQL("ALTER TABLE shop_album ADD COLUMN year integer NULL", "ALTER TABLE shop_album DROP COLUMN year")
        ],
        state_operations=[AddField("Album", "year", field)],
    )
    migrations = graph([album()], [separate], [AlterField("Album", "year", orm.IntegerField(default=3))])
    to(place, migrations)
    assert place.schema()["shop_album"]["columns"]["year"][1] is False
    to(place, migrations, "0001")
    assert "year" not in place.schema()["shop_album"]["columns"]


def test_what_the_database_makes_and_what_the_state_says_do_not_mix(place: Any) -> None:
    wide = album(year=orm.IntegerField(null=True), note=orm.TextField(null=True))
    separate = SeparateDatabaseAndState([wide, AlterField("Album", "title", orm.TextField())], [album()])
    migrations = graph([separate], [AddField("Album", "price", orm.IntegerField(null=True))])
    to(place, migrations)
    assert list(place.schema()["shop_album"]["columns"]) == ["id", "title", "year", "note", "price"]


# Not MariaDB: its tables change one statement at a time, so there is no such promise.
@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_a_killed_runner_leaves_a_planned_step_and_the_next_one_finishes(place: Any, tmp_path: Path) -> None:
    started = tmp_path / "started"

    def wait(apps: Any, editor: Any) -> None:
        apps.get_model("shop", "Album").objects.create(title="half done")
        started.write_text("")
        time.sleep(30)

    slow = graph([album()], [AddField("Album", "year", orm.IntegerField(default=1)), RunPython(wait)])
    to(place, slow, "0001")
    before = place.schema()
    place.database.close()
    child = os.fork()
    if child == 0:
        try:
            to(place, slow)
        finally:
            os._exit(1)
    while not started.exists():
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert place.schema() == before
    assert rows(place, "SELECT count(*) FROM shop_album") == [(0,)]
    quick = graph([album()], [AddField("Album", "year", orm.IntegerField(default=1)), RunPython(RunPython.noop)])
    to(place, quick)
    assert applied(place) == ["0001", "0002"]
    assert "year" in place.schema()["shop_album"]["columns"]


@pytest.mark.parametrize("place", ["sqlite", "postgresql"], indirect=True)
def test_a_runner_may_be_killed_at_each_statement(place: Any) -> None:
    migrations = graph(
        [album()],
        [AddField("Album", "year", orm.IntegerField(default=1)), AlterField("Album", "title", orm.TextField())],
        [RunPython(lambda apps, editor: apps.get_model("shop", "Album").objects.create(title="made"), RunPython.noop)],
        [RenameField("Album", "title", "name"), RemoveField("Album", "year")],
    )
    names = ["0001", "0002", "0003", "0004"]
    planned: list[dict[str, Any]] = [{}]
    for name in names:
        to(place, migrations, name)
        planned.append(place.schema())
    to(place, migrations, "zero")
    number, status = 0, -1
    while status != 0:
        number += 1
        place.database.close()
        child = os.fork()
        if child == 0:
            _run_and_die(place, migrations, number)
        status = os.waitpid(child, 0)[1]
        done = applied(place)
        assert done == names[: len(done)]
        assert place.schema() == planned[len(done)], f"killed before statement {number}"
        made = rows(place, "SELECT count(*) FROM shop_album")[0][0] if done else 0
        assert made == (len(done) >= 3), f"killed before statement {number}"
        to(place, migrations)
        assert place.schema() == planned[-1]
        assert rows(place, "SELECT count(*) FROM shop_album") == [(1,)]
        to(place, migrations, "zero")
    assert number > 20


def _run_and_die(place: Any, migrations: Graph, number: int) -> None:
    """Run all, but end without a word before the statement of that number; status 0 says that there were fewer."""
    count = 0

    def die(execute: Any, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    status = 1
    try:
        with place.database.execute_wrapper(die):
            to(place, migrations)
        status = 0
    finally:
        os._exit(status)


def test_fake_records_and_changes_nothing(place: Any) -> None:
    migrations = graph([album()], [AddField("Album", "year", orm.IntegerField(null=True))])
    to(place, migrations, fake=True)
    assert place.schema() == {}
    assert applied(place) == ["0001", "0002"]


def test_fake_initial_takes_tables_that_are_there(place: Any) -> None:
    migrations = graph([album()], [AddField("Album", "year", orm.IntegerField(null=True))])
    to(place, migrations, "0001")
    Recorder(place.database).forget(("shop", "0001"))
    with pytest.raises(OrmError):
        to(place, migrations)
    to(place, migrations, fake_initial=True)
    assert applied(place) == ["0001", "0002"]
    assert "year" in place.schema()["shop_album"]["columns"]


def test_fake_initial_makes_tables_that_are_not_there(place: Any) -> None:
    to(place, graph([album()]), fake_initial=True)
    assert "shop_album" in place.schema()


def test_two_runners_do_not_run_anything_twice(place: Any) -> None:
    calls: list[int] = []
    migrations = graph([album()], [RunPython(lambda apps, editor: calls.append(1))])
    failures: list[BaseException] = []
    place.database.fetch("SELECT 1")  # two first connections to a new file may get in each other's way

    def run() -> None:
        try:
            with Databases({"default": place.database}):
                executor = Executor(place.database, migrations)
                executor.run(executor.plan())
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert calls == [1]
    assert applied(place) == ["0001", "0002"]


def test_behind_a_pooler_runners_are_kept_out_by_a_transaction(place: Any) -> None:
    """A session's lock would be taken on one server and given back on another."""
    if place.database.vendor != "postgresql":
        pytest.skip("platform: poolers in transaction mode are PostgreSQL's")
    held: list[list[tuple[Any, ...]]] = []
    question = (
        "SELECT activity.state, activity.query FROM pg_locks locks JOIN pg_stat_activity activity USING (pid) "
        "WHERE locks.locktype = 'advisory' AND locks.granted AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND activity.pid <> pg_backend_pid() AND (locks.classid::bigint << 32) + locks.objid::bigint = %s"
    )
    schema = place.database.execute("SELECT current_schema()")[0][0]
    pooled = orm.connect(place.database.url, prepared_statements=False, init=(f"SET search_path TO {schema}",))
    look = RunPython(lambda apps, editor: held.append(place.database.execute(question, [executor_module._LOCK])))
    with Databases({"default": pooled}):
        executor = Executor(pooled, graph([album()], [look]))
        executor.run(executor.plan())
    pooled.close()
    assert held == [[("idle in transaction", f"SELECT pg_advisory_xact_lock({executor_module._LOCK})")]]


def test_rows_left_pointing_nowhere_roll_the_migration_back(sqlite: Any) -> None:
    owner = orm.ForeignKey("shop.Album", orm.CASCADE, null=True)
    song = CreateModel("Song", [("id", orm.BigAutoField(primary_key=True)), ("album", owner)])
    migrations = graph([album(), song], [RunSQL("DELETE FROM shop_album")])
    to(sqlite, migrations, "0001")
    sqlite.database.execute("INSERT INTO shop_album (id, title) VALUES (1, 'a')")
    sqlite.database.execute("INSERT INTO shop_song (id, album_id) VALUES (1, 1)")
    with pytest.raises(SchemaDamaged, match="shop_song"):
        to(sqlite, migrations)
    assert rows(sqlite, "SELECT count(*) FROM shop_album") == [(1,)]
    assert rows(sqlite, "PRAGMA foreign_keys") == [(1,)]


def test_rows_that_point_to_a_remade_table_stay(sqlite: Any) -> None:
    owner = orm.ForeignKey("shop.Album", orm.CASCADE)
    song = CreateModel("Song", [("id", orm.BigAutoField(primary_key=True)), ("album", owner)])
    migrations = graph([album(), song], [AlterField("Album", "title", orm.TextField())])
    to(sqlite, migrations, "0001")
    sqlite.database.execute("INSERT INTO shop_album (id, title) VALUES (1, 'a')")
    sqlite.database.execute("INSERT INTO shop_song (id, album_id) VALUES (1, 1)")
    to(sqlite, migrations)
    assert rows(sqlite, "SELECT album_id FROM shop_song") == [(1,)]
    with pytest.raises(OrmError):
        sqlite.database.execute("INSERT INTO shop_song (id, album_id) VALUES (2, 77)")


def test_sqlite_is_not_migrated_inside_a_transaction(sqlite: Any) -> None:
    with sqlite.databases, pytest.raises(CannotRun, match=r"outside of atomic"), orm.atomic():
        executor = Executor(sqlite.database, graph([album()]))
        executor.run(executor.plan())
    assert sqlite.schema() == {}


@pytest.mark.parametrize("place", ["mysql"], indirect=True)  # the others wait as long as it takes
def test_a_runner_that_waits_too_long_gives_up(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor_module, "_LOCK_SECONDS", 0)
    done: list[BaseException | None] = []

    def second() -> None:
        try:
            with Databases({"default": place.database}):
                inner = Executor(place.database, graph([album()]))
                inner.run(inner.plan())
            done.append(None)
        except BaseException as error:  # noqa: BLE001 - looked at below
            done.append(error)

    def hold(apps: Any, editor: Any) -> None:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=20)

    to(place, graph([RunPython(hold)]))
    assert isinstance(done[0], CannotRun)


def test_a_database_in_memory_can_be_migrated() -> None:
    database = connect("sqlite://:memory:")
    with Databases({"default": database}):
        executor = Executor(database, graph([album()]))
        executor.run(executor.plan())
        assert database.execute("SELECT count(*) FROM shop_album") == [(0,)]
    database.close()


def test_migrating_within_an_event_loop_does_not_block_it(place: Any) -> None:
    async def main() -> None:
        with place.databases:
            executor = Executor(place.database, graph([album()], [AlterField("Album", "title", orm.TextField())]))
            await place.database.arun(lambda: executor.run(executor.plan()))
            await place.database.aclose()

    asyncio.run(main())
    assert applied(place) == ["0001", "0002"]


def test_progress_is_reported(sqlite: Any) -> None:
    said: list[str] = []
    migrations = graph([album()])
    with sqlite.databases:
        executor = Executor(sqlite.database, migrations, report=said.append)
        executor.run(executor.plan())
        executor.run(executor.plan([("shop", "zero")]))
    text = "".join(said)
    assert "  Applying shop.0001... OK (" in text
    assert "  Unapplying shop.0001... OK (" in text


def test_unmanaged_models_and_those_routed_elsewhere_get_no_table(sqlite: Any) -> None:
    other = album()
    other.name, other.options = "View", {"managed": False}
    with sqlite.databases:
        executor = Executor(sqlite.database, graph([album(), other]), allow=lambda app, model: model != "album")
        executor.run(executor.plan())
    assert sqlite.schema() == {}


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql", "mysql"])
def test_sql_is_shown_without_a_database(vendor: str) -> None:
    migrations = graph([album()], [AddField("Album", "n", orm.IntegerField(default=3)), RunPython(RunPython.noop)])
    created = statements(migrations, ("shop", "0001"), vendor)
    assert "CREATE TABLE" in created[0]
    added = statements(migrations, ("shop", "0002"), vendor)
    assert added[0] == "-- Call noop: written in Python"
    assert any("3" in statement for statement in added)
    assert any(
        "DROP TABLE" in statement for statement in statements(migrations, ("shop", "0001"), vendor, backwards=True)
    )

"""Cursors: SQL of one's own in the manner of PEP 249, sync and async, on every database."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, IntegrityError, NotSupportedError, ProgrammingError, atomic


def test_a_cursor_gives_rows_one_some_and_all(music: SimpleNamespace, database: Database) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT title, year FROM shop_album WHERE year > %s ORDER BY year", [1900])
        assert [column[0] for column in cursor.description or ()] == ["title", "year"]
        assert cursor.rowcount == 3
        assert cursor.fetchone() == ("Kind of Blue", 1959)
        assert cursor.fetchmany(1) == [("Bitches Brew", 1970)]
        assert cursor.fetchall() == [("Low", 1977)]
        assert cursor.fetchone() is None
        assert [title for title, _ in cursor.execute("SELECT title, year FROM shop_album ORDER BY title")] == [
            "Bitches Brew",
            "Kind of Blue",
            "Low",
        ]
        cursor.execute("SELECT title FROM shop_album WHERE year = %s", [1])
        assert cursor.fetchall() == []
        assert [column[0] for column in cursor.description or ()] == ["title"], "also without rows"
    with pytest.raises(ProgrammingError, match="no rows"):
        cursor.fetchone()


def test_parameters_may_have_names(music: SimpleNamespace, database: Database) -> None:
    cursor = database.cursor()
    sql = "SELECT title FROM shop_album WHERE (year = %(year)s OR year = %(other)s OR year = %(year)s) AND title NOT LIKE '%%x'"
    cursor.execute(sql, {"year": 1959, "other": 1977, "unused": 1})
    assert sorted(cursor.fetchall()) == [("Kind of Blue",), ("Low",)]
    with pytest.raises(ProgrammingError, match=r"no value for the parameter %\(other\)s"):
        cursor.execute(sql, {"year": 1959})
    hostile = "x'; DROP TABLE shop_album; --"
    assert cursor.execute("SELECT title FROM shop_album WHERE title = %(t)s", {"t": hostile}).fetchall() == []


def test_a_percent_sign_is_itself_without_parameters(music: SimpleNamespace, database: Database) -> None:
    with database.cursor() as cursor:
        assert cursor.execute("SELECT title FROM shop_album WHERE title LIKE 'L%'").fetchall() == [("Low",)]


def test_counts_and_keys_of_what_was_written(database: Database) -> None:
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO shop_genre (name) VALUES (%s)", ["Soul"])
        assert cursor.rowcount == 1
        assert cursor.description is None
        if database.vendor != "postgresql":
            key = database.execute("SELECT id FROM shop_genre")[0][0]
            assert cursor.lastrowid == key
        cursor.execute("UPDATE shop_genre SET name = %s", ["Funk"])
        assert cursor.rowcount == 1


def test_many_rows_are_written_all_or_none(database: Database, models: SimpleNamespace) -> None:
    with database.cursor() as cursor:
        cursor.executemany("INSERT INTO shop_genre (name) VALUES (%s)", [[f"g{number}"] for number in range(50)])
        cursor.executemany("INSERT INTO shop_genre (name) VALUES (%(name)s)", [{"name": "a"}, {"name": "b"}])
        cursor.executemany("INSERT INTO shop_genre (name) VALUES (%s)", [])
        with pytest.raises(IntegrityError):
            cursor.executemany("INSERT INTO shop_genre (name) VALUES (%s)", [["new"], ["a"]])
    assert models.Genre.objects.count() == 52


def test_a_block_is_one_connection(database: Database, models: SimpleNamespace) -> None:
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE scratch (n integer)")
        cursor.executemany("INSERT INTO scratch (n) VALUES (%s)", [[1], [2]])
        assert sorted(database.execute("SELECT n FROM scratch")) == [(1,), (2,)]
        with database.cursor() as inner:
            assert inner.execute("SELECT count(*) FROM scratch").fetchone() == (2,)
        with pytest.raises(ZeroDivisionError), atomic():
            models.Genre.objects.create(name="x")
            raise ZeroDivisionError
        cursor.execute("DROP TABLE scratch")
    assert not models.Genre.objects.exists()
    assert database.held.get() is None
    assert database.pool().in_use == 0


def test_awaited_cursors(music: SimpleNamespace, database: Database, run: Callable[..., Any]) -> None:
    async def work() -> None:
        async with database.cursor() as cursor:
            await cursor.aexecute("CREATE TEMPORARY TABLE scratch (n integer)")
            await cursor.aexecutemany("INSERT INTO scratch (n) VALUES (%(n)s)", [{"n": 1}, {"n": 2}])
            await cursor.aexecute("SELECT n FROM scratch WHERE n > %s ORDER BY n", [0])
            assert [column[0] for column in cursor.description or ()] == ["n"]
            assert cursor.fetchall() == [(1,), (2,)]
            await cursor.aexecute("UPDATE scratch SET n = n + 1")
            assert cursor.rowcount == 2
            await cursor.aexecute("DROP TABLE scratch")
        with pytest.raises(ProgrammingError):
            await database.cursor().aexecute("SELECT 1 WHERE 1 = %(missing)s", {})

    run(work())
    assert database.held.get() is None


def test_procedures_are_called(database: Database, run: Callable[..., Any]) -> None:
    cursor = database.cursor()
    if database.vendor == "sqlite":
        with pytest.raises(NotSupportedError):
            cursor.callproc("p", [1])
        return
    if database.vendor == "postgresql":
        database.execute(
            "CREATE OR REPLACE FUNCTION partita_add(a integer, b integer) RETURNS integer AS 'SELECT a + b' LANGUAGE sql"
        )
    else:
        database.execute("CREATE OR REPLACE PROCEDURE partita_add(a integer, b integer) SELECT a + b")
    assert cursor.callproc("partita_add", [20, 22]) == [20, 22]
    assert cursor.fetchall() == [(42,)]
    with pytest.raises(ValueError, match="no name of a procedure"):
        cursor.callproc("partita_add(1, 2); --", [])

    async def work() -> list[tuple[Any, ...]]:
        awaited = database.cursor()
        await awaited.acallproc("partita_add", [1, 2])
        return awaited.fetchall()

    assert run(work()) == [(3,)]


def test_wrappers_know_of_many(database: Database) -> None:
    seen: list[tuple[bool, int]] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append((many, len(params)))
        return execute(sql, params, many, context)

    with database.execute_wrapper(wrapper), database.cursor() as cursor:
        cursor.execute("SELECT %s", ["a"])
        cursor.executemany("INSERT INTO shop_genre (name) VALUES (%s)", [["a"], ["b"]])
    assert (False, 1) in seen
    assert (True, 2) in seen

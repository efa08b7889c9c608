"""Several databases at once: what may be asked across them, and mirrors for tests; options of SQLite."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Databases,
    Exists,
    NoDatabaseError,
    OperationalError,
    OuterRef,
    ReplicaRouter,
    Subquery,
    atomic,
    connect,
)
from partita.orm.functions import Power, Sin, Sqrt
from partita.orm.testing import mirrored


@pytest.fixture
def two(models: SimpleNamespace) -> Iterator[Databases]:
    """Two databases with a genre each."""
    databases = Databases({"default": "sqlite://:memory:", "other": "sqlite://:memory:"})
    with databases:
        for alias, database in databases.items():
            database.create_all(models.Artist, models.Album, models.Genre)
            models.Genre.objects.using(alias).create(name=alias)
        yield databases
    databases.close()


def test_a_query_inside_of_one_on_another_database_is_refused(two: Databases, models: SimpleNamespace) -> None:
    genres = models.Genre.objects
    inner = genres.using("other").values("pk")
    outer = genres.using("default")
    for rows in (
        outer.annotate(n=Subquery(inner[:1])),
        outer.filter(pk__lte=Subquery(inner[:1])),
        outer.filter(Exists(inner)),
        outer.filter(~Exists(genres.using(two["other"]).filter(pk=OuterRef("pk")))),
    ):
        with pytest.raises(ValueError, match="across different databases"):
            list(rows)
    assert [row.name for row in outer.filter(pk__in=list(inner.values_list("pk", flat=True)))] == ["default"]
    assert [row.name for row in genres.using("other").filter(pk__in=inner)] == ["other"]
    assert [row.name for row in outer.filter(pk__in=genres.values("pk"))] == ["default"], "told nothing, it goes along"
    assert [row.name for row in genres.using("other").filter(pk__in=genres.values("pk"))] == ["other"]


def test_a_mirror_shows_what_a_test_has_written_and_not_kept(two: Databases, models: SimpleNamespace) -> None:
    family = Databases(
        {"default": two["default"], "replica": two["other"]}, [ReplicaRouter("default", ["replica"], sticky=0)]
    )
    with family:
        models.Genre.objects.create(name="new")
        assert [row.name for row in models.Genre.objects.all()] == ["other"]
    with mirrored(family, replica="default") as databases:
        assert databases["replica"] is databases["default"]
        assert databases["replica"].alias == "default"
        with pytest.raises(ZeroDivisionError), atomic():
            models.Genre.objects.create(name="not kept")
            assert models.Genre.objects.filter(name="not kept").exists()
            raise ZeroDivisionError
        assert sorted(row.name for row in models.Genre.objects.all()) == ["default", "new"]
    with mirrored(two, further="default") as databases:
        assert models.Genre.objects.using("further").count() == 2
    with pytest.raises(NoDatabaseError):
        mirrored(two, replica="none")


def test_sqlite_runs_a_command_on_each_new_connection(tmp_path: Path) -> None:
    path = tmp_path / "options.sqlite3"
    for database in (
        connect(f"sqlite:///{path}", init_command="PRAGMA cache_size = 77; PRAGMA user_version = 5;"),
        connect(f"sqlite:///{path}?init_command=PRAGMA cache_size = 77;PRAGMA user_version = 5"),
    ):
        links = [database.pool().acquire(), database.pool().acquire()]
        for link in links:
            assert link.fetch("PRAGMA cache_size", ()) == [(77,)]
            assert link.fetch("PRAGMA user_version", ()) == [(5,)]
            database.pool().release(link)
        database.close()


def test_sqlite_takes_the_lock_when_the_mode_says(tmp_path: Path) -> None:
    path = tmp_path / "modes.sqlite3"
    other = connect(f"sqlite:///{path}", busy_timeout=0.0)
    other.execute("CREATE TABLE t (n)")
    for mode, locked in (("deferred", False), ("immediate", True), ("exclusive", True)):
        database = connect(f"sqlite:///{path}", transaction_mode=mode)
        with atomic(database):
            if locked:
                with pytest.raises(OperationalError, match="locked"):
                    other.execute("INSERT INTO t VALUES (1)")
            else:
                other.execute("INSERT INTO t VALUES (1)")
        database.close()
    assert other.execute("SELECT count(*) FROM t") == [(1,)]
    other.close()
    with pytest.raises(ValueError, match="transaction_mode is deferred, immediate or exclusive"):
        connect(f"sqlite:///{path}", transaction_mode="eager")


def test_sqlite_has_regular_expressions_and_mathematics(two: Databases, models: SimpleNamespace) -> None:
    genres = models.Genre.objects
    assert genres.filter(name__regex=r"^def[a-z]+t$").exists()
    assert not genres.filter(name__regex=r"^DEF").exists()
    assert genres.filter(name__iregex=r"^DEF").exists()
    found: Any = genres.annotate(root=Sqrt("pk"), power=Power("pk", 3), wave=Sin("pk")).get()
    assert (found.root, found.power) == (1.0, 1.0)
    assert found.wave == pytest.approx(0.841470985)
    assert two["default"].execute("SELECT 'abc' REGEXP 'b.'") == [(1,)]

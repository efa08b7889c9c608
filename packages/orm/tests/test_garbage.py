"""The garbage collector rests while many rows are made, and only then."""

import gc
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, connect
from partita.orm.garbage import MANY, without_collector


def test_the_collector_rests_while_many_rows_are_made(
    database: Database, models: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def from_db(cls: Any, db: Any, field_names: Any, values: Any) -> Any:
        seen.append(gc.isenabled())
        return super(models.Genre, cls).from_db(db, field_names, values)

    models.Genre.objects.bulk_create(models.Genre(name=f"g{number}") for number in range(MANY))
    database.backend.plans.clear()
    monkeypatch.setattr(models.Genre, "from_db", classmethod(from_db), raising=False)
    list(models.Genre.objects.all()[: MANY - 1])
    assert set(seen) == {True}
    seen.clear()
    assert len(models.Genre.objects.all()) == MANY
    assert set(seen) == {False}
    assert gc.isenabled()
    database.backend.plans.clear()


def test_the_collector_is_on_again_after_a_failure_and_stays_off_if_it_was() -> None:
    with pytest.raises(ZeroDivisionError):
        without_collector(lambda: 1 / 0)
    assert gc.isenabled()
    gc.disable()
    try:
        assert without_collector(gc.isenabled) is False
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_rests_while_sqlite_gives_many_rows() -> None:
    with connect("sqlite://:memory:") as database:
        link: Any = database.pool().acquire()
        seen: list[bool] = []
        link.raw.create_function("seen", 0, lambda: seen.append(gc.isenabled()))
        rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i, seen() FROM n"
        assert link.fetch(rows, (500,)) == [(number, None) for number in range(1, 501)]
        assert set(seen) == {True}
        seen.clear()
        assert link.fetch(rows, (2000,)) == [(number, None) for number in range(1, 2001)]
        assert (seen[0], seen[-1], gc.isenabled()) == (True, False, True)
        database.pool().release(link)
    database.close()

"""Values of SQL of one's own are those that models write."""

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, F, FieldDoesNotExist, FieldError, Value
from partita.orm.functions import Concat, Upper

VALUES = {
    "moment": dt.datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=dt.timezone(dt.timedelta(hours=9))),
    "day": dt.date(2026, 3, 4),
    "clock": dt.time(5, 6, 7),
    "amount": Decimal("12.5000"),
    "key": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "span": dt.timedelta(minutes=3, microseconds=7),
}


@pytest.mark.parametrize("name", list(VALUES))
def test_what_a_model_wrote_is_found(
    name: str, database: Database, models: SimpleNamespace, run: Callable[..., Any]
) -> None:
    made = models.Everything.objects.create(**{name: VALUES[name]})
    column = database.backend.quote(name)
    sql = f"SELECT id FROM shop_everything WHERE {column} = %s"
    assert database.execute(sql, [VALUES[name]]) == [(made.pk,)]
    assert list(models.Everything.objects.raw(sql, [VALUES[name]])) == [made]
    cursor = database.cursor()
    assert cursor.execute(sql, [VALUES[name]]).fetchall() == [(made.pk,)]
    cursor.executemany(f"UPDATE shop_everything SET {column} = %s", [[VALUES[name]]])
    assert getattr(models.Everything.objects.get(), name) == VALUES[name]

    async def work() -> list[Any]:
        return [row async for row in models.Everything.objects.raw(sql, [VALUES[name]])]

    assert run(work()) == [made]


def test_expressions_are_computed_for_many_rows_too(database: Database, models: SimpleNamespace) -> None:
    rows = [
        models.Genre(name=Upper(Value("soul"))),
        models.Genre(name="Funk"),
        models.Genre(name=Concat(Value("a"), Value("b"))),
    ]
    made = models.Genre.objects.bulk_create(rows)
    assert [genre.name for genre in made] == ["SOUL", "Funk", "ab"]
    assert sorted(models.Genre.objects.values_list("name", flat=True)) == ["Funk", "SOUL", "ab"]
    with pytest.raises(FieldError, match="no columns that F"):
        models.Genre.objects.bulk_create([models.Genre(name=F("name"))])


def test_only_columns_are_updated(music: SimpleNamespace, models: SimpleNamespace) -> None:
    for name in ("genres", "tracks"):
        with pytest.raises(FieldError, match=r"Cannot update model field .*only concrete fields are permitted"):
            models.Album.objects.update(**{name: 1})
    with pytest.raises(FieldDoesNotExist):
        models.Album.objects.update(nothing=1)


def test_rows_that_were_there_tell_their_keys(database: Database, models: SimpleNamespace) -> None:
    if not database.backend.returning:
        pytest.skip("platform: MySQL tells no keys of many rows")
    there = models.Genre.objects.create(name="there")
    rows = [models.Genre(name="new"), models.Genre(name="there"), models.Genre(name="newer")]
    models.Genre.objects.bulk_create(rows, update_conflicts=True, update_fields=["name"], unique_fields=["name"])
    assert rows[1].pk == there.pk
    for row in rows:
        assert models.Genre.objects.get(pk=row.pk).name == row.name
    with pytest.raises(ValueError, match=r"bulk_create\(\) prohibited to prevent data loss"):
        models.Album.objects.bulk_create([models.Album(title="x", artist=models.Artist(name="unsaved"))])
    for size in (0, -1):
        with pytest.raises(ValueError, match="positive integer"):
            models.Album.objects.bulk_create([], batch_size=size)

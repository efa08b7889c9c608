"""SQL written by hand gives instances, and its values never become part of it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Database, FieldDoesNotExist, FieldError, atomic
from partita.orm.errors import OrmError


def test_raw_gives_instances_with_further_columns_as_attributes(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    rows = models.Album.objects.raw("SELECT a.*, a.year + 1 AS later FROM shop_album a ORDER BY a.year")
    assert [row.title for row in rows] == ["Kind of Blue", "Bitches Brew", "Low"]
    assert [row.later for row in rows] == [1960, 1971, 1978]
    assert rows[0] == music.blue
    assert rows[0].released == music.blue.released
    assert rows[0].price == music.blue.price
    assert (len(rows), bool(rows)) == (3, True)
    assert not models.Album.objects.raw("SELECT * FROM shop_album WHERE 1 = 0")
    assert "SELECT a.*" in repr(rows)


def test_raw_runs_once_and_loads_what_it_left_out_when_asked(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    with database.query_log() as log:
        rows = models.Album.objects.raw("SELECT id, title FROM shop_album")
        assert len(list(rows)) == len(list(rows)) == 3
        assert len(log) == 1
        assert rows[0].get_deferred_fields() >= {"year", "artist_id"}
        assert sorted(row.year for row in rows) == [1959, 1970, 1977]
        assert len(log) == 2  # for all of them together
        assert {row.artist.name for row in rows} == {"Miles Davis", "David Bowie"}


def test_parameters_of_raw_are_values_by_place_or_by_name(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    sql = "SELECT * FROM shop_album WHERE title = %s AND year > %s"
    assert albums.raw(sql, ["Low", 1950])[0] == music.low
    named = "SELECT * FROM shop_album WHERE year > %(year)s AND title = %(title)s AND year > %(year)s"
    assert albums.raw(named, {"title": "Low", "year": 1950})[0] == music.low
    assert albums.raw("SELECT * FROM shop_album WHERE title LIKE 'Lo%%'")[0] == music.low
    for hostile in ("' OR '1'='1", "Low'; DROP TABLE shop_album; --", "%s", "\\'"):
        assert not albums.raw("SELECT * FROM shop_album WHERE title = %s", [hostile])
        assert not albums.raw("SELECT * FROM shop_album WHERE title = %(title)s", {"title": hostile})
    assert albums.count() == 3
    with pytest.raises(FieldError, match=r"%\(other\)s"):
        list(albums.raw("SELECT * FROM shop_album WHERE title = %(other)s", {"title": "Low"}))


def test_translations_name_the_fields_of_columns(music: SimpleNamespace, models: SimpleNamespace) -> None:
    (row,) = models.Album.objects.raw(
        "SELECT id AS number, title AS label FROM shop_album WHERE year = 1977",
        translations={"number": "id", "label": "title"},
    )
    assert (row.pk, row.title) == (music.low.pk, "Low")


def test_a_hostile_name_of_a_column_is_a_name_only(music: SimpleNamespace, models: SimpleNamespace) -> None:
    name = "x': __import__('os'), 'y"
    quote = "`" if models.Album.objects.all().database.vendor == "mysql" else '"'
    (row,) = models.Album.objects.raw(f"SELECT id, 7 AS {quote}{name}{quote} FROM shop_album WHERE year = 1977")
    assert row.__dict__[name] == 7


def test_raw_without_the_primary_key_or_with_broken_sql_fails_clearly(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    with pytest.raises(FieldDoesNotExist, match="primary key"):
        list(models.Album.objects.raw("SELECT title FROM shop_album"))
    with pytest.raises(OrmError):
        list(models.Album.objects.raw("SELECT nothing FROM nowhere"))


def test_raw_prefetches_and_is_iterated_in_async_code(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, run: Callable[..., Any]
) -> None:
    rows = models.Album.objects.raw("SELECT * FROM shop_album ORDER BY title").prefetch_related("genres", "artist")

    async def titles() -> list[str]:
        return [row.title async for row in rows]

    with database.query_log() as log:
        assert run(titles()) == ["Bitches Brew", "Kind of Blue", "Low"]
        assert len(log) == 3
        assert sorted(genre.name for genre in rows[1].genres.all()) == ["Jazz", "Modal"]
        assert rows[1].artist == music.miles
        assert len(log) == 3
    assert [row.title for row in rows.using(database).iterator()] == ["Bitches Brew", "Kind of Blue", "Low"]


def test_raw_inside_a_transaction_sees_it(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    with atomic():
        models.Genre.objects.create(name="New")
        assert [genre.name for genre in models.Genre.objects.raw("SELECT * FROM shop_genre WHERE name = 'New'")] == [
            "New"
        ]

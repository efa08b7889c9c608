"""Expressions as values that are saved: known again at once, refused where a new row has nothing to refer to."""

from types import SimpleNamespace

import pytest

from partita.orm import Database, F, FieldError, Lower, Max, RowNumber, Upper, Value, Window
from partita.orm.testing import assert_num_queries


def test_what_the_database_computes_is_known_at_once(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    album = music.low
    album.year = F("year") + 1
    album.title = Upper("title")
    with assert_num_queries(1):
        album.save()
    more = 0 if database.backend.returning else 2
    with assert_num_queries(more):
        assert (album.year, album.title) == (1978, "LOW")
    again = models.Album.objects.get(pk=album.pk)
    assert (again.year, again.title) == (1978, "LOW")
    album.year = F("year") + 1
    with assert_num_queries(1):
        album.save(update_fields=["year"])
    assert album.year == 1979


def test_a_row_that_is_gone_is_told(music: SimpleNamespace, models: SimpleNamespace) -> None:
    models.Sleeve.objects.create(album=music.low, colour="red")
    sleeve = models.Sleeve.objects.get()
    models.Sleeve.objects.all().delete()
    sleeve.colour = Upper("colour")
    with pytest.raises(models.Sleeve.NotUpdated):
        sleeve.save(force_update=True)


def test_a_new_row_refers_to_nothing(models: SimpleNamespace, database: Database) -> None:
    message = "F\\(\\) expressions can only be used to update, not to insert"
    for value in (F("name"), Lower(F("name"))):
        with pytest.raises(ValueError, match=message):
            models.Genre.objects.create(name=value)
        with pytest.raises(ValueError, match=message):
            models.Genre.objects.bulk_create([models.Genre(name=value)])
    with pytest.raises(FieldError, match="Aggregate functions are not allowed in this query"):
        models.Genre.objects.create(name=Max(Value("a")))
    with pytest.raises(FieldError, match="Window expressions are not allowed"):
        models.Genre.objects.create(name=Window(RowNumber()))
    assert models.Genre.objects.create(name=Lower(Value("JAZZ"))).name == "jazz"


def test_rows_loaded_before_a_change_are_asked_again(music: SimpleNamespace, models: SimpleNamespace) -> None:
    rows = models.Album.objects.filter(year__lt=1975)
    assert len(rows) == 2
    rows.update(price=1)
    assert {row.price for row in rows} == {1}
    rows.delete()
    assert list(rows) == []
    distinct = models.Album.objects.filter(artist__name__startswith="David").distinct()
    assert distinct.delete()[1]["shop.Album"] == 1

"""Generic relations of rows whose key is made of several columns."""

import datetime as dt
import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from partita.contenttypes.keys import kept_key, read_key
from partita.orm import Count
from partita.orm.testing import assert_num_queries
from partita.validation import ValidationError

ODD = ('a","b', "it's", "\\", "Öl 100%", "", "two\nlines", "[1]", "🎻")


@pytest.fixture
def seats(database: Any, models: SimpleNamespace) -> list[Any]:
    return [models.Seat.objects.create(row=row, number=number) for number, row in enumerate(ODD)]


def test_keys_are_kept_as_json(models: SimpleNamespace) -> None:
    day, code = dt.date(2024, 5, 1), uuid.uuid4()
    assert kept_key(("Öl", 7)) == '["Öl","7"]'
    assert read_key(models.Seat, kept_key(("Öl", 7))) == ("Öl", 7)
    assert read_key(models.Visit, kept_key((code, day, code))) == (code, day, code)
    assert (kept_key(5), kept_key(("a", None)), kept_key(None)) == (5, None, None)
    for wrong in ("", "7", '["a"]', '["a",7]', '{"a":"7"}', '["a","b"]', '["a","1","2"]'):
        with pytest.raises((ValueError, TypeError, ValidationError)):
            read_key(models.Seat, wrong)


def test_rows_are_found_from_both_ends(seats: list[Any], models: SimpleNamespace, run: Any) -> None:
    for seat in seats:
        tag = seat.tags.create(word=f"t{seat.number}")
        assert models.Label.objects.get(pk=tag.pk).content_object == seat
        assert seat.tags.get() == tag
        assert list(models.Seat.objects.filter(tags__word=tag.word)) == [seat]
        assert list(models.Label.objects.filter(seat__row=seat.row)) == [tag]
        assert list(models.Label.objects.filter(seat=seat)) == [tag]
    seats[0].tags.add(models.Label(word="more"), bulk=False)
    counted = models.Seat.objects.annotate(n=Count("tags")).order_by("number")
    assert [seat.n for seat in counted] == [2, *[1] * (len(ODD) - 1)]
    with assert_num_queries(2):
        found = models.Seat.objects.prefetch_related("tags").order_by("number")
        assert [len(seat.tags.all()) for seat in found] == [2, *[1] * (len(ODD) - 1)]
    with assert_num_queries(2):
        tags = models.Label.objects.prefetch_related("content_object").order_by("pk")
        assert [tag.content_object.pk for tag in tags] == [*[seat.pk for seat in seats], seats[0].pk]
    with assert_num_queries(2):
        tags = models.Label.objects.prefetch_related("seat").order_by("pk")
        assert [[seat.pk for seat in tag.seat.all()] for tag in tags][:2] == [[seats[0].pk], [seats[1].pk]]
    assert [tag.word for tag in models.Label.objects.filter(object_id="nothing")] == []

    async def awaited() -> None:
        assert await seats[1].tags.acount() == 1
        assert [seat.pk async for seat in models.Seat.objects.filter(tags__word="t1")] == [seats[1].pk]

    run(awaited())


def test_keys_of_other_kinds_are_the_same_text_in_the_database(seats: list[Any], models: SimpleNamespace) -> None:
    stone = models.Stone.objects.create(name="flint")
    visit = models.Visit.objects.create(stone=stone, day=dt.date(2024, 5, 1), code=uuid.uuid4())
    tag = visit.tags.create(word="new")
    assert list(models.Visit.objects.filter(tags=tag)) == [visit]
    assert models.Label.objects.get(word="new").content_object == visit


def test_rows_go_and_change_with_their_owner(seats: list[Any], models: SimpleNamespace) -> None:
    for seat in seats[:3]:
        seat.tags.create(word="x")
    seats[0].delete()
    models.Seat.objects.filter(number=1).delete()
    assert models.Label.objects.count() == 1
    tag = models.Label(word="y", content_object=models.Seat(row="new", number=99))
    tag.content_object.save()
    tag.save()
    assert models.Label.objects.get(word="y").object_id == '["new","99"]'
    tag.object_id = '["gone","1"]'
    assert tag.content_object is None
    tag.object_id = "no JSON"
    assert tag.content_object is None
    assert list(models.Seat().tags.all()) == []

"""Statements that change many rows at once, and what they give back."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CharField,
    Count,
    Database,
    DateTimeField,
    DecimalField,
    F,
    FieldDoesNotExist,
    FieldError,
    IntegerField,
    Model,
    Q,
    Registry,
    RowNumber,
    UUIDField,
    Value,
    Window,
)
from partita.orm.testing import assert_num_queries

store = Registry()


class Kept(Model):
    """Albums of old."""

    title = CharField(max_length=100)
    artist = CharField(max_length=100, default="nobody")
    price = DecimalField(max_digits=8, decimal_places=2, null=True)
    note = CharField(max_length=10)
    kept = DateTimeField(auto_now_add=True)

    class Meta:
        registry = store
        app_label = "store"


class Strict(Model):
    """Needs a value of its own in each row."""

    title = CharField(max_length=100)
    key = UUIDField(default=uuid.uuid4)
    number = IntegerField()

    class Meta:
        registry = store
        app_label = "store"


def test_rows_of_a_query_are_inserted_by_the_database(
    music: SimpleNamespace, models: SimpleNamespace, tables: Callable[..., None], database: Database, run: Any
) -> None:
    tables(Kept, Strict)
    old = models.Album.objects.filter(year__lt=1975)
    with assert_num_queries(1) as log:
        assert (
            Kept.objects.insert_from(old.values_list("title", "price", "artist__name"), "title", "price", "artist") == 2
        )
    assert "SELECT" in log[0].sql
    rows = list(Kept.objects.order_by("title"))
    assert [(row.title, row.artist, row.price, row.note) for row in rows] == [
        ("Bitches Brew", "Miles Davis", Decimal("9.90"), ""),
        ("Kind of Blue", "Miles Davis", Decimal("12.50"), ""),
    ]
    assert abs(rows[0].kept - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)
    assert Kept.objects.insert_from(old.order_by("-year")[:1].values("title")) == 1
    newest = Kept.objects.latest("pk")
    assert (newest.title, newest.artist, newest.price) == ("Bitches Brew", "nobody", None)
    counted = models.Artist.objects.annotate(n=Count("albums")).values("n", title=F("name"))
    assert Kept.objects.insert_from(counted, "price", "title") == 2
    assert Kept.objects.get(title="Miles Davis").price == 2
    assert Kept.objects.insert_from(Kept.objects.filter(title="Miles Davis").values("title", "artist")) == 1
    assert Kept.objects.insert_from(models.Album.objects.none().values("title")) == 0
    albums = models.Album.objects
    for wrong in (albums.values("title"), albums.values("title", key=Value(uuid.uuid4()))):
        with pytest.raises(FieldError, match="needs a value for each row"):
            Strict.objects.insert_from(wrong)
    for wrong in (albums.all(), albums.values("year"), albums.values("title").union(albums.values("title"))):
        with pytest.raises(FieldError):
            Kept.objects.insert_from(wrong)
    for names in (("title", "title"), ("title",), ("title", "nothing")):
        with pytest.raises(FieldError):
            Kept.objects.insert_from(albums.values("title", "year"), *names)

    async def awaited() -> None:
        assert await Kept.objects.ainsert_from(albums.filter(title="Low").values("title")) == 1

    run(awaited())


def test_values_come_over_joins(music: SimpleNamespace, models: SimpleNamespace, database: Database, run: Any) -> None:
    albums = models.Album.objects
    with assert_num_queries(1):
        assert albums.update_from(year=F("artist__pk") + F("year"), price=F("price") * 2) == 3
    years = {row.title: (row.year, row.price) for row in albums.all()}
    assert years["Low"] == (1977 + music.bowie.pk, Decimal(14))
    assert models.Track.objects.filter(album__artist=music.miles).update_from(name=F("album__artist__name")) == 3
    assert set(models.Track.objects.filter(album=music.blue).values_list("name", flat=True)) == {"Miles Davis"}
    assert albums.filter(title="Low").update_from(year=F("producer__pk")) == 1  # there is none
    assert albums.get(title="Low").year is None
    with pytest.raises(FieldError, match="many rows"):
        albums.update_from(year=F("tracks__number"))
    with pytest.raises(TypeError, match=r"Cannot call update_returning\(\) after"):
        albums.values("title").update_returning(year=1)
    with pytest.raises(FieldDoesNotExist):
        albums.update_from(nothing=1)
    with pytest.raises(TypeError, match="slice"):
        albums.all()[:1].update_from(year=1)
    assert albums.none().update_from(year=1) == 0

    async def awaited() -> None:
        assert await albums.filter(title="Low").aupdate_from(year=F("artist__pk")) == 1

    run(awaited())


def test_changed_rows_are_given_back(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, run: Any
) -> None:
    albums = models.Album.objects
    with assert_num_queries(1 if database.vendor != "mysql" else 3):
        changed = albums.filter(artist=music.miles).update_returning(price=F("price") + 1, year=F("artist__pk"))
    assert sorted((row.title, row.price, row.year) for row in changed) == [
        ("Bitches Brew", Decimal("10.90"), music.miles.pk),
        ("Kind of Blue", Decimal("13.50"), music.miles.pk),
    ]
    assert not changed[0]._state.adding
    # What the change makes of the filter does not matter.
    assert [row.title for row in albums.filter(title="Low").update_returning(title="High")] == ["High"]
    best = albums.annotate(n=Window(RowNumber(), order_by="-price")).filter(n=1)
    assert [row.title for row in best.update_returning(year=1)] == ["Kind of Blue"]
    assert albums.none().update_returning(year=1) == []

    async def awaited() -> None:
        (row,) = await albums.filter(title="High").aupdate_returning(title="Low")
        assert row.title == "Low"

    run(awaited())


def test_deleted_rows_are_given_back(
    music: SimpleNamespace, models: SimpleNamespace, database: Database, run: Any
) -> None:
    with assert_num_queries(1 if database.vendor != "mysql" else 2):
        gone = models.Track.objects.filter(album__title="Kind of Blue", number__lt=3).delete_returning()
    assert sorted(track.name for track in gone) == ["Freddie Freeloader", "So What"]
    assert models.Track.objects.count() == 3
    (low,) = models.Album.objects.filter(title="Low").delete_returning()  # with its tracks
    assert (low.title, low.pk) == ("Low", music.low.pk)
    assert models.Track.objects.count() == 1
    assert models.Track.objects.none().delete_returning() == []
    with pytest.raises(TypeError, match="values"):
        models.Track.objects.values("pk").delete_returning()

    async def awaited() -> None:
        assert len(await models.Track.objects.adelete_returning()) == 1

    run(awaited())


def test_rows_as_json(music: SimpleNamespace, models: SimpleNamespace, run: Any) -> None:
    told = json.loads(models.Album.objects.order_by("title").to_json())
    assert [row["title"] for row in told] == ["Bitches Brew", "Kind of Blue", "Low"]
    assert told[1] == {
        "id": music.blue.pk,
        "title": "Kind of Blue",
        "artist_id": music.miles.pk,
        "producer_id": music.bowie.pk,
        "format": "lp",
        "price": "12.50",
        "year": 1959,
        "released": "1959-08-17T12:30:15.250000Z",
        "data": None,
    }
    names = models.Album.objects.order_by("title")
    assert (
        names.values("title", who=F("artist__name"))[:1].to_json() == b'[{"title":"Bitches Brew","who":"Miles Davis"}]'
    )
    assert names.values_list("title", "year").filter(Q(year=1977)).to_json() == b'[["Low",1977]]'
    assert names.values_list("title", flat=True).to_json() == b'["Bitches Brew","Kind of Blue","Low"]'
    assert names.none().to_json() == b"[]"
    everything = models.Everything.objects.create(
        span=dt.timedelta(days=1, seconds=1),
        day=dt.date(2026, 1, 2),
        clock=dt.time(1, 2),
        key=uuid.UUID(int=1),
        blob=b"x",
    )
    (row,) = json.loads(models.Everything.objects.filter(pk=everything.pk).to_json())
    assert (row["span"], row["day"], row["clock"], row["blob"]) == ("P1DT1S", "2026-01-02", "01:02:00", "eA==")
    assert row["key"] == str(uuid.UUID(int=1))

    async def awaited() -> None:
        assert await names.values("year").filter(title="Low").ato_json() == b'[{"year":1977}]'

    run(awaited())

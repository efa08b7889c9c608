"""What loads the whole rows of a model is made once, for all shapes of queries that end in them."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

import pytest

import partita.orm as o
from partita.orm import Database, Model, connect
from partita.orm.compiler.statements import compile_select

NAIVE = dt.datetime(2020, 5, 1, 12)  # noqa: DTZ001  # as a database without zones gives it


@pytest.fixture
def band() -> Iterator[Any]:
    shop = o.Registry()

    class Band(Model):
        name = o.CharField(max_length=20)
        born = o.DateTimeField(default=lambda: dt.datetime(2020, 5, 1, 12, tzinfo=dt.UTC))

        class Meta:
            registry = shop
            app_label = "whole"

    with connect("sqlite://:memory:") as database:
        database.create_all(Band)
        Band.objects.create(name="a")
        yield Band


def load_of(database: Database, rows: Any) -> Any:
    leaves: list[Any] = []
    rows.query.shape(leaves)
    return compile_select(database.backend, rows.query, leaves).load


def here() -> Database:
    return o.current_databases()["default"]


def test_shapes_of_whole_rows_share_what_loads_them(band: Any) -> None:
    rows = band.objects.all()
    load = load_of(here(), rows)
    assert load_of(here(), rows.filter(name="a")) is load
    assert load_of(here(), rows.order_by("born")[:3]) is load
    assert load_of(here(), rows.only("name")) is not load
    counted = load_of(here(), rows.annotate(n=o.Length("name")))
    assert counted is not load
    assert load_of(here(), rows.annotate(n=o.Length("name")).filter(n__gt=1)) is counted
    assert load_of(here(), rows.annotate(m=o.Length("name"))) is not counted
    [row] = rows.annotate(n=o.Length("name"))
    assert (row.n, row.name) == (1, "a")
    assert not hasattr(rows.get(name="a"), "n")


def test_annotations_that_are_converted_are_not_mixed_up(band: Any) -> None:
    [first] = band.objects.annotate(x=o.F("born"))
    [second] = band.objects.annotate(x=o.F("name"))
    assert (first.x, second.x) == (dt.datetime(2020, 5, 1, 12, tzinfo=dt.UTC), "a")


def test_databases_that_keep_moments_differently_load_differently(band: Any) -> None:
    one = load_of(here(), band.objects.all())
    with connect("sqlite://:memory:", use_tz=False, time_zone="America/Chicago") as other:
        other.create_all(band)
        band.objects.using(other).create(name="b", born=NAIVE)
        assert load_of(other, band.objects.all()) is not one
        assert band.objects.using(other).get().born == NAIVE
    assert band.objects.get(name="a").born.tzinfo is dt.UTC


def test_a_field_that_comes_later_is_loaded(band: Any) -> None:
    before = load_of(here(), band.objects.all())
    o.IntegerField(default=5).contribute_to_class(band, "rank")
    assert load_of(here(), band.objects.all()) is not before
    assert [column.name for column in band._meta.fields] == ["id", "name", "born", "rank"]


def test_a_from_db_of_ones_own_is_asked_even_if_it_comes_later(band: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert band.objects.get(name="a").name == "a"

    def from_db(cls: Any, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Any:
        made = Model.from_db.__func__(cls, db, field_names, values)  # type: ignore[attr-defined]  # class methods have one
        made.name += "!"
        return made

    monkeypatch.setattr(band, "from_db", classmethod(from_db))
    assert band.objects.filter(name="a", pk__gt=0).get().name == "a!"


def test_the_names_that_are_kept_are_bounded(band: Any) -> None:
    for number in range(200):
        load_of(here(), band.objects.annotate(**{f"n{number}": o.Length("name")}))
    [kept] = [value for key, value in band._meta._loaders.items() if type(key) is tuple and key[0] == "rows"]
    assert 0 < len(kept) <= 64

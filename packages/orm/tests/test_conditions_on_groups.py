"""Conditions on groups beside windows, and on columns that are not selected: the same answers on every database."""

from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Count, F, Lag, Q, Rank, RowNumber, Window
from partita.orm.functions import Upper


@pytest.fixture
def shop(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Two more artists of known names: by name there are three albums, one of a namesake of whom the manager is called the same."""
    other = models.Artist.objects.create(name="David Bowie", manager=music.bowie)
    models.Album.objects.create(title="Blackstar", artist=other, producer=music.bowie, year=2016)
    return models


def test_windows_stand_beside_conditions_on_counts_of_distinct_values(shop: Any) -> None:
    counted = shop.Artist.objects.annotate(n=Count("albums__year", distinct=True))
    ranked = counted.annotate(place=Window(RowNumber(), order_by="-id")).filter(n__gte=1).order_by("id")
    assert [(row.name, row.n, row.place) for row in ranked] == [
        ("Miles Davis", 2, 3),
        ("David Bowie", 1, 2),
        ("David Bowie", 1, 1),
    ]
    assert ranked.count() == 3
    assert [row.place for row in ranked.filter(place__lt=3)] == [2, 1]
    groups = shop.Album.objects.values("artist__name").annotate(n=Count("year", distinct=True)).filter(n__gt=1)
    placed = groups.annotate(place=Window(Rank(), order_by=F("artist__name").desc())).order_by("place")
    assert list(placed) == [
        {"artist__name": "Miles Davis", "n": 2, "place": 1},
        {"artist__name": "David Bowie", "n": 2, "place": 2},
    ]
    before = groups.annotate(before=Window(Lag(Upper("artist__name"), 1), order_by="artist__name"))
    assert list(before.order_by("-artist__name").values_list("n", "before")) == [(2, "DAVID BOWIE"), (2, None)]
    assert list(before.order_by("n").values_list("n").distinct()) == [(2,)]
    assert list(groups.order_by(Window(RowNumber(), order_by="-artist__name")).values_list("artist__name")) == [
        ("Miles Davis",),
        ("David Bowie",),
    ]


def test_windows_choose_rows_beside_counts_of_all_rows(shop: Any) -> None:
    albums = shop.Album.objects.annotate(n=Count("*"), place=Window(RowNumber(), order_by=["year"]))
    assert [album.title for album in albums.filter(Q(place__gt=3) | Q(n__gt=9))] == ["Blackstar"]


@pytest.mark.parametrize("by", [("artist__name", "artist__manager__name"), ("x", "y")])
def test_conditions_know_both_of_two_columns_of_one_name(shop: Any, by: tuple[str, str]) -> None:
    albums = shop.Album.objects.annotate(x=F("artist__name"), y=F("artist__manager__name"))
    groups = albums.values(*by).annotate(n=Count("pk"))
    kept = groups.filter(Q(n__gt=1) | Q(**{by[0]: F(by[1])})).order_by(by[0])
    assert list(kept.values_list("n", *by)) == [
        (1, "David Bowie", "David Bowie"),
        (2, "Miles Davis", None),
    ]
    assert list(kept.values_list("n", flat=True)) == [1, 2]
    assert list(kept.values_list("n", by[0])) == [(1, "David Bowie"), (2, "Miles Davis")]
    assert list(kept.values_list("n", by[1])) == [(1, "David Bowie"), (2, None)]
    assert len(kept.order_by().values_list(by[1]).distinct()) == 2
    assert kept.count() == 2
    assert kept.exists()
    one = groups.filter(Q(n__gt=1) | Q(**{by[1]: "Miles Davis"}))
    assert sorted(one.values_list("n", flat=True)) == [1, 2]


def test_conditions_know_columns_that_nobody_selects(shop: Any) -> None:
    artists = shop.Artist.objects.annotate(n=Count("albums"))
    for kept in (
        artists.filter(Q(n__gt=1) | Q(name=F("manager__name"))),
        artists.filter(Q(n__gt=1) | Q(email="x") | Q(manager__name="David Bowie")),
    ):
        assert kept.count() == 2
        assert kept.exists()
        assert sorted(kept.values_list("n", flat=True)) == [1, 2]
        assert shop.Artist.objects.filter(pk__in=kept.values("pk")).count() == 2
    assert artists.filter(Q(n__gt=1) | Q(email="x")).update(email="y") == 1
    assert artists.filter(Q(n__gt=1) | Q(name="Miles Davis")).count() == 1

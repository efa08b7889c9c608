"""Steps of queries that only go wrong together: counts of joined rows, distinct rows in an order, negated relations, groups."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Avg,
    CharField,
    Count,
    Database,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    IntegerField,
    JSONArray,
    JSONObject,
    Left,
    Length,
    Max,
    Min,
    Model,
    OuterRef,
    Q,
    Registry,
    RowNumber,
    Subquery,
    Sum,
    Value,
    Window,
)

places = Registry()


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Kind of Blue (3 tracks, 2 genres), Bitches Brew (2 genres), Low (2 tracks)."""
    return models.Album.objects.all()


@pytest.mark.parametrize(
    "step",
    [
        lambda rows: rows.annotate(x=F("tracks__name")),
        lambda rows: rows.alias(x=F("tracks__name")),
        lambda rows: rows.values("tracks__name"),
        lambda rows: rows.values(x=Left("tracks__name", 1)),
        lambda rows: rows.annotate(x=ExpressionWrapper(Q(tracks__number=1), output_field=rows.model._meta.pk)),
        lambda rows: rows.annotate(x=Exists(rows.filter(pk=OuterRef("tracks__album")))),
        lambda rows: rows.annotate(x=F("tracks__name")).distinct()[:5],
    ],
)
def test_rows_are_counted_as_they_come(albums: Any, step: Callable[[Any], Any]) -> None:
    rows = step(albums)
    assert rows.count() == len(rows) >= 5


def test_aggregates_see_the_rows_that_come(albums: Any) -> None:
    assert albums.annotate(x=F("tracks__name")).aggregate(n=Count("*")) == {"n": 6}
    assert albums.values("tracks__name").aggregate(n=Count("*")) == {"n": 6}


def test_distinct_rows_may_be_ordered_by_what_is_not_selected(albums: Any) -> None:
    assert list(albums.values_list("format").distinct()) == [("lp",), ("lp",), ("cd",)]  # by Meta.ordering
    assert list(albums.values_list("format").distinct().order_by()) in ([("lp",), ("cd",)], [("cd",), ("lp",)])
    by_artist = albums.distinct().order_by("artist__name", "title")
    assert [album.title for album in by_artist] == ["Low", "Bitches Brew", "Kind of Blue"]
    assert [album.title for album in by_artist[1:]] == ["Bitches Brew", "Kind of Blue"]
    assert by_artist.all()[:2].count() == 2
    assert albums.values("format").distinct().order_by("-artist__name")[:2].count() == 2
    assert albums.filter(pk__in=by_artist.all()[:1]).get().title == "Low"


def test_distinct_rows_that_are_chosen_by_a_window_may_be_ordered_too(albums: Any) -> None:
    first = albums.annotate(place=Window(RowNumber(), partition_by="artist", order_by="title")).filter(place=1)
    assert [album.title for album in first.distinct()] == ["Bitches Brew", "Low"]
    assert list(first.distinct().order_by("-artist__name").values_list("title")) == [("Bitches Brew",), ("Low",)]


def test_a_distinct_subquery_may_be_ordered_by_what_is_not_selected(albums: Any, models: SimpleNamespace) -> None:
    dearest = models.Album.objects.filter(artist=OuterRef("pk")).values("title").distinct().order_by("-price")[:1]
    found = models.Artist.objects.annotate(best=Subquery(dearest)).values_list("name", "best")
    assert sorted(found) == [("David Bowie", "Low"), ("Miles Davis", "Kind of Blue")]


def test_what_is_negated_twice_over_many_rows_is_asked_once_for_each_row(albums: Any) -> None:
    assert albums.exclude(~Q(tracks__number__gte=1)).count() == 2
    assert albums.exclude(~Q(tracks__number__gte=1) & Q(year__gt=1960)).count() == 2
    assert albums.filter(~(~Q(tracks__name="So What") & ~Q(tracks__name="x"))).count() == 1


def test_exclude_keeps_rows_whose_other_side_is_null(albums: Any) -> None:
    assert albums.exclude(artist=F("producer")).count() == 3
    kept = [album for album in albums if album.producer_id is None or album.year >= album.producer_id]
    assert albums.exclude(year__lt=F("producer__pk")).count() == len(kept) >= 2
    assert albums.annotate(who=F("producer")).exclude(artist=F("who")).count() == 3
    assert albums.filter(~Q(artist=F("producer"))).count() == 3


def test_a_filtered_relation_to_many_rows_may_be_negated(albums: Any) -> None:
    others = albums.annotate(other=FilteredRelation("genres", condition=~Q(genres__name="Jazz")))
    found = others.values_list("title", "other__name").order_by("title", "other__name")
    assert [row for row in found if row[1]] == [("Bitches Brew", "Rock"), ("Kind of Blue", "Modal")]


def test_a_filter_after_values_joins_anew(albums: Any) -> None:
    before = albums.filter(tracks__number=1).values_list("tracks__name", flat=True)
    after = albums.values_list("tracks__name", flat=True).filter(tracks__number=1)
    assert sorted(before) == ["So What", "Speed of Life"]
    assert sorted(after) == ["Blue in Green", "Freddie Freeloader", "So What", "Sound and Vision", "Speed of Life"]


def test_conditions_on_groups_may_ask_other_columns(albums: Any) -> None:
    counted = albums.annotate(n=Count("tracks"))
    assert counted.filter(Q(n__gt=2) | Q(artist__name="David Bowie")).count() == 2
    assert {album.title for album in counted.filter(Q(n=0) | Q(artist__manager__name__startswith="M"))} == {
        "Bitches Brew",
        "Low",
    }
    grouped = albums.values("artist").annotate(n=Count("pk"))
    assert sorted(row["n"] for row in grouped.filter(Q(n__gt=5) | Q(year__lt=1960)).order_by()) == [1]


def test_windows_and_groups_in_one_query(albums: Any) -> None:
    rows = albums.annotate(place=Window(RowNumber(), order_by="title")).annotate(n=Count("tracks"))
    assert [(album.title, album.place, album.n) for album in rows.order_by("title", "place")] == [
        ("Bitches Brew", 1, 0),
        ("Kind of Blue", 2, 3),
        ("Low", 3, 2),
    ]
    assert rows.order_by("place")[:2].count() == 2


def test_groups_ordered_by_what_is_computed_are_counted_and_cut(albums: Any) -> None:
    rows = albums.annotate(n=Count("tracks")).alias(size=Length(Left("artist__name", 5))).order_by("size", "pk")
    assert rows[:2].count() == 2
    assert rows[:2].exists()
    assert len(rows) == 3
    by_letter = albums.values(letter=Left("title", 1)).annotate(n=Count("pk")).order_by("-letter")
    assert by_letter[:2].count() == 2
    assert by_letter[1:].exists()


def test_groups_by_a_constant_are_counted(albums: Any) -> None:
    rows = albums.values("format").annotate(three=Value(3)).annotate(n=Count("pk"))
    assert rows.order_by().count() == 2
    assert sorted(row["n"] for row in rows.order_by("three", "n")) == [1, 2]


def test_an_aggregate_that_is_not_selected_groups_values(albums: Any) -> None:
    assert sorted(albums.values_list("format").alias(n=Count("pk")).order_by()) == [("cd",), ("lp",)]
    low = albums.annotate(least=Min("tracks__number")).values("format", "least").alias(n=Max("price"))
    assert low.order_by().count() == len(low.order_by())


def test_aggregates_of_groups_may_use_any_column(albums: Any, models: SimpleNamespace) -> None:
    counted = albums.annotate(n=Count("tracks"))
    assert counted.aggregate(Max("artist__name"), Sum("n")) == {"artist__name__max": "Miles Davis", "n__sum": 5}
    assert counted.aggregate(x=Count("pk", filter=Q(artist__manager__isnull=False))) == {"x": 1}
    assert counted.order_by("-year")[:2].aggregate(x=Min("producer__name"), y=Max("n")) == {"x": None, "y": 2}
    tracks = models.Track.objects.filter(album=OuterRef("pk"))
    assert counted.aggregate(x=Count("pk", filter=Exists(tracks))) == {"x": 2}


def test_distinct_rows_with_annotations_can_be_aggregated(albums: Any) -> None:
    assert albums.annotate(next=F("year") + 1).distinct().aggregate(x=Max("next"), y=Min("artist__name")) == {
        "x": 1978,
        "y": "David Bowie",
    }


class Place(Model):
    """Has a table of its own."""

    name = CharField(max_length=20)

    class Meta:
        app_label = "combined"
        registry = places


class Bar(Place):
    """Has another."""

    stools = IntegerField()

    class Meta:
        app_label = "combined"
        registry = places


def test_rows_with_two_tables_can_be_aggregated_by_group_and_combined_in_order(
    database: Database, tables: Callable[..., None]
) -> None:
    tables(Place, Bar)
    for name, stools in (("a", 3), ("b", 5)):
        Bar.objects.create(name=name, stools=stools)
    assert Bar.objects.annotate(n=Count("stools")).aggregate(Max("name"), Sum("n")) == {"name__max": "b", "n__sum": 2}
    both = Bar.objects.filter(stools=3).values_list("name").union(Bar.objects.filter(stools=5).values_list("name"))
    assert list(both.order_by("-name")) == [("b",), ("a",)]


def test_sums_of_whole_numbers_are_whole(albums: Any, models: SimpleNamespace) -> None:
    found = models.Track.objects.aggregate(a=Sum("number"), b=Sum("id"), c=Sum(F("id") + F("id")))
    assert {name: type(value) for name, value in found.items()} == {"a": int, "b": int, "c": int}
    assert all(type(n) is int for n in albums.annotate(n=Sum("tracks__id")).values_list("n", flat=True) if n)


def test_whole_decimals_stay_decimals(albums: Any) -> None:
    ten = albums.annotate(x=Value(Decimal(10), output_field=DecimalField(max_digits=9, decimal_places=2)) + Decimal(5))
    assert {(type(x), x) for x in ten.values_list("x", flat=True)} == {(Decimal, 15)}


def test_parts_without_rows_in_combined_queries(albums: Any) -> None:
    none, low = albums.none(), albums.filter(title="Low")
    assert [album.title for album in low.difference(none)] == ["Low"]
    assert list(none.difference(low)) == list(low.intersection(none)) == list(none.intersection(low)) == []
    assert [album.title for album in none.union(low)] == ["Low"]
    twice = albums.filter(tracks__number__gt=0)
    assert len(none.union(twice)) == 2 < len(twice)
    assert len(none.union(twice, all=True)) == len(twice) == 5


def test_parts_of_combined_queries_may_load_other_relations(albums: Any) -> None:
    both = albums.select_related("artist").filter(title="Low").union(albums.filter(year=1959))
    assert sorted(album.artist.name for album in both) == ["David Bowie", "Miles Davis"]


def test_an_order_that_was_turned_around_stays_so(albums: Any) -> None:
    assert [album.title for album in albums.reverse().order_by("year")] == ["Low", "Bitches Brew", "Kind of Blue"]
    assert list(albums.order_by("-year").in_bulk()) == [album.pk for album in albums.order_by("-year")]
    keys = [album.pk for album in albums]
    assert list(albums.order_by("-year").in_bulk(keys)) == [album.pk for album in albums.order_by("-year")]


@pytest.fixture
def kept(models: SimpleNamespace, music: SimpleNamespace) -> Callable[[Any], Any]:
    """Keeps a value as JSON; gives all albums."""

    def keep(value: Any) -> Any:
        models.Album.objects.filter(title="Low").update(data=value)
        return models.Album.objects

    return keep


def test_json_tells_true_from_one_and_texts_from_numbers(kept: Callable[[Any], Any], database: Database) -> None:
    for value, other in ((True, 1), (1, True), ("1", 1), (1, "1"), (False, 0), ("[]", []), ([], "[]")):
        rows = kept(value)
        assert (rows.filter(data=value).count(), rows.filter(data=other).count()) == (1, 0), value
        rows = kept({"a": value})
        assert (rows.filter(data__a=value).count(), rows.filter(data__a=other).count()) == (1, 0), value
        assert (rows.filter(data__a__in=[value]).count(), rows.filter(data__a__in=[other, 7]).count()) == (1, 0), value
    if database.vendor != "mysql":  # which compares texts
        assert kept({"a": 1}).filter(data__a=1.0).count() == 1


def test_conditions_that_ask_nothing_keep_all_rows_also_negated(albums: Any) -> None:
    for rows in (albums.filter(~Q()), albums.exclude(Q()), albums.exclude(~Q(), Q()), albums.filter(~(Q() | Q()))):
        assert rows.count() == 3
    assert albums.exclude(Q(), title="Low").count() == 2
    assert albums.filter(~Q(Q(), title="Low") | Q()).count() == 2


def test_null_needs_no_type_in_json(albums: Any) -> None:
    found = albums.annotate(x=JSONObject(title="title", nothing=Value(None)), y=JSONArray(Value(None), "year"))
    assert found.values_list("x", "y").get(title="Low") == ({"title": "Low", "nothing": None}, [None, 1977])


def test_means_of_durations_are_rounded(models: SimpleNamespace, albums: Any) -> None:
    tracks = models.Track.objects
    for number, micro in ((1, 1), (2, 1), (3, 0)):
        tracks.filter(album__title="Kind of Blue", number=number).update(length=dt.timedelta(microseconds=micro))
    mean = tracks.filter(album__title="Kind of Blue").aggregate(x=Avg("length"))["x"]
    assert mean == dt.timedelta(microseconds=1)

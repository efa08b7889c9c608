"""Groups, empty queries and annotations of annotations: what they must not change."""

import copy
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from partita.orm import (
    Avg,
    BooleanField,
    Case,
    Coalesce,
    Count,
    Database,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)


def test_a_query_without_rows_has_none_inside_of_others(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums, nothing = models.Album.objects, models.Track.objects.none()
    assert albums.filter(Exists(nothing)).count() == 0
    assert albums.filter(~Exists(nothing)).count() == 3
    assert albums.filter(pk__in=nothing.values("album")).count() == 0
    assert albums.exclude(pk__in=nothing.values("album")).count() == 3
    assert set(albums.annotate(n=Subquery(nothing.values("number")[:1])).values_list("n", flat=True)) == {None}


def test_aggregates_of_nothing(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    nothing = models.Album.objects.none()
    with database.query_log() as log:
        found = nothing.aggregate(n=Count("pk"), total=Sum("price"), other=Coalesce(Sum("price"), Value(Decimal(5))))
        assert found == {"n": 0, "total": None, "other": Decimal(5)}
        assert nothing.aggregate(n=Sum("year", default=3)) == {"n": 3}
    assert log == []
    assert nothing.aggregate(n=Func(Count("pk"), function="ABS")) == {"n": 0}
    assert models.Album.objects.filter(year=0).aggregate(n=Count("pk"), total=Sum("price")) == {"n": 0, "total": None}


def test_an_annotation_may_take_the_name_of_the_one_it_is_made_of(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    rows = models.Album.objects.annotate(n=F("year") + 1).annotate(n=F("n") * 2).annotate(n=F("n") + F("year"))
    assert rows.get(title="Low").n == 1978 * 2 + 1977


def test_groups_are_by_what_is_selected(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    rows = (
        albums.annotate(half=F("year") / 2)
        .values("artist")
        .annotate(n=Count("pk"))
        .order_by("n")
        .values_list("n", flat=True)
    )
    assert list(rows) == [1, 2]
    rows = albums.annotate(word=Value("x")).values("word").annotate(n=Count("pk")).values_list("word", "n")
    assert list(rows) == [("x", 3)]
    rows = albums.annotate(late=Case(When(year__gt=1960, then=Value("late")), default=Value("early"))).values("late")
    assert dict(rows.annotate(n=Count("pk")).values_list("late", "n")) == {"late": 2, "early": 1}
    assert dict(rows.annotate(n=Count("pk")).order_by("late").values_list("late", "n")) == {"early": 1, "late": 2}


def test_queries_inside_do_not_divide_groups(music: SimpleNamespace, models: SimpleNamespace) -> None:
    newest = models.Album.objects.filter(artist=OuterRef("pk")).order_by("-year").values("title")[:1]
    rows = models.Artist.objects.annotate(newest=Subquery(newest)).annotate(n=Count("albums__tracks"))
    assert {row.name: (row.newest, row.n) for row in rows} == {
        "Miles Davis": ("Bitches Brew", 3),
        "David Bowie": ("Low", 2),
    }
    has = Exists(models.Track.objects.filter(album=OuterRef("pk")))
    found = models.Album.objects.values("artist").annotate(has=has).aggregate(last=Max("year", filter=Q(has=True)))
    assert found == {"last": 1977}


def test_what_an_aggregate_filters_is_what_it_counts(music: SimpleNamespace, models: SimpleNamespace) -> None:
    others = Count("albums__tracks", filter=Q(albums__year__gt=0) & ~Q(albums__tracks__name="So What"))
    assert dict(models.Artist.objects.annotate(n=others).values_list("name", "n")) == {
        "Miles Davis": 2,
        "David Bowie": 2,
    }


def test_default_names_of_aggregates_can_be_used(music: SimpleNamespace, models: SimpleNamespace) -> None:
    rows = models.Artist.objects.annotate(Count("albums")).filter(albums__count__gt=1).order_by("-albums__count")
    assert [row.name for row in rows] == ["Miles Davis"]
    assert models.Artist.objects.annotate(Min("albums__year")).aggregate(n=Sum("albums__year__min")) == {
        "n": 1959 + 1977
    }


def test_computed_sums_are_compared_as_numbers(music: SimpleNamespace, models: SimpleNamespace) -> None:
    rows = models.Artist.objects.annotate(total=Sum("albums__price")).filter(total__gt=Decimal("10.5"))
    assert [row.name for row in rows] == ["Miles Davis"]
    half = models.Album.objects.annotate(part=F("price") / Value(Decimal("2.0"))).get(title="Low").part
    assert float(half) == 3.5


def test_expressions_stand_in_lists_and_ranges(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert [a.title for a in albums.filter(year__in=[F("year"), 1959])] == ["Bitches Brew", "Kind of Blue", "Low"]
    assert [a.title for a in albums.filter(year__in=[F("pk"), 1959])] == ["Kind of Blue"]
    assert [a.title for a in albums.filter(year__range=(F("year") - 1, 1970))] == ["Bitches Brew", "Kind of Blue"]


def test_a_deep_copy_asks_again(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    rows: Any = models.Album.objects.annotate(n=F("year") + 1).filter(n__gt=1970)
    with database.query_log() as log:
        twin = copy.deepcopy(rows)
    assert log == []
    assert [row.n for row in twin.filter(n=1971)] == [1971]


def test_columns_of_the_query_around_make_no_groups(music: SimpleNamespace, models: SimpleNamespace) -> None:
    inner = models.Album.objects.filter(artist=OuterRef("pk")).annotate(own=OuterRef("pk")).order_by()
    counted = inner.values("own").annotate(n=Count("pk")).values("n")
    rows = models.Artist.objects.annotate(n=Subquery(counted)).order_by("name")
    assert [row.n for row in rows] == [1, 2]


def test_what_groups_must_not_have_does_not_tell_them_apart(music: SimpleNamespace, models: SimpleNamespace) -> None:
    """It is asked by a query inside, so that the joins of rows that are grouped stay as they were."""
    artists = models.Artist.objects.annotate(n=Count("albums"), mean=Avg("produced__price"))
    without = artists.filter(~Q(albums__tracks__name__startswith="Z") | Q(n=9)).order_by("name")
    assert [(row.name, row.n, row.mean) for row in without] == [
        ("David Bowie", 1, Decimal("12.5")),
        ("Miles Davis", 2, None),
    ]
    assert artists.filter(~Q(albums__tracks__name="So What") | Q(n=2)).count() == 2
    assert [row.name for row in artists.filter(~(Q(albums__genres__name="Jazz") & Q(n=2)))] == ["David Bowie"]
    named = models.Artist.objects.values("name").annotate(n=Count("pk")).filter(~Q(albums__title="Low") | Q(n=5))
    assert [row["name"] for row in named] == ["Miles Davis"]


def test_what_is_shown_is_of_the_rows_that_the_last_filter_found(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    miles = models.Artist.objects.filter(albums__year=1970).filter(albums__price__gte=10)
    assert [row.title for row in miles.annotate(title=F("albums__title"))] == ["Kind of Blue"]
    assert list(miles.values_list("albums__title", flat=True)) == ["Kind of Blue"]
    assert list(
        miles.filter(albums__year__lt=1990).order_by("albums__year").values_list("albums__year", flat=True)
    ) == [1959, 1970]


def test_an_order_that_nobody_sees_tells_groups_apart_by_itself(
    music: SimpleNamespace, models: SimpleNamespace
) -> None:
    """And not by the columns that it is computed of, of which each group would have several."""
    long = ExpressionWrapper(Q(tracks__number__gte=1) | Q(genres__name="Modal"), output_field=BooleanField())
    rows = models.Album.objects.alias(any=long).order_by("any", "title").annotate(n=Count("tracks", distinct=True))
    found = [(row.title, row.n) for row in rows.filter(title__in=["Kind of Blue", "Low"])]
    assert found == [("Kind of Blue", 3), ("Low", 2)]
    assert rows.filter(title="Low").count() == 1
    assert [(row.title, row.n) for row in rows.filter(title="Low").reverse()[:5]] == [("Low", 2)]

"""Queries joined by ``&``, ``|`` and ``^``: whatever only one of them names means there what it means in that one."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CTE,
    CharField,
    CompositePrimaryKey,
    Count,
    Database,
    Exists,
    F,
    FilteredRelation,
    ForeignKey,
    IntegerField,
    Model,
    OuterRef,
    Q,
    Registry,
    RowNumber,
    Sum,
    Window,
)

seats = Registry()
ALL = {"Bitches Brew", "Kind of Blue", "Low"}


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Kind of Blue (1959, 3 tracks, Jazz, Modal), Bitches Brew (1970, Jazz, Rock), Low (1977, 2 tracks)."""
    return models.Album.objects.all()


def titles(rows: Any) -> set[str]:
    found = [row.title for row in rows]
    assert len(found) == rows.count()
    return set(found)


Rows = Callable[[Any], Any]
RIGHT: dict[str, tuple[Rows, set[str]]] = {
    "a column computed": (
        lambda rows: rows.annotate(next=F("year") + 1).filter(next__gt=1970),
        {"Bitches Brew", "Low"},
    ),
    "an alias": (lambda rows: rows.alias(next=F("year") + 1).filter(next__gt=1970), {"Bitches Brew", "Low"}),
    "a count": (lambda rows: rows.annotate(n=Count("tracks")).filter(n__lt=3), {"Bitches Brew", "Low"}),
    "a count of the filtered": (
        lambda rows: rows.filter(tracks__number__gt=1).annotate(n=Count("tracks")).filter(n=1),
        {"Low"},
    ),
    "a joined row": (
        lambda rows: rows.filter(tracks__number=2).annotate(name=F("tracks__name")).filter(name__startswith="S"),
        {"Low"},
    ),
    "a query inside": (
        lambda rows: rows.annotate(of=F("artist")).filter(
            Exists(rows.model.objects.filter(artist=OuterRef("of"), year__lt=1960))
        ),
        {"Bitches Brew", "Kind of Blue"},
    ),
    "a filtered relation": (
        lambda rows: rows.annotate(one=FilteredRelation("tracks", condition=Q(tracks__number=3))).filter(
            one__isnull=True
        ),
        {"Bitches Brew", "Low"},
    ),
    "SQL": (lambda rows: rows.extra(where=["shop_album.year > %s"], params=[1960]), {"Bitches Brew", "Low"}),
}
LEFT: dict[str, tuple[Rows, set[str]]] = {
    "plain": (lambda rows: rows.filter(year__lt=1975), {"Bitches Brew", "Kind of Blue"}),
    "everything": (lambda rows: rows, ALL),
    # The names of the right side, with another meaning each.
    "computed": (
        lambda rows: rows.annotate(
            next=F("year") - 1,
            n=Count("genres"),
            name=F("title"),
            of=F("producer"),
        ).filter(next__lt=1975),
        {"Bitches Brew", "Kind of Blue"},
    ),
    "a filtered relation": (
        lambda rows: rows.annotate(one=FilteredRelation("tracks", condition=Q(tracks__name="Speed of Life"))).filter(
            one__isnull=True
        ),
        {"Bitches Brew", "Kind of Blue"},
    ),
}


@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("right", RIGHT)
def test_what_only_the_right_query_names_keeps_its_meaning(albums: Any, left: str, right: str) -> None:
    (make, mine), (make_other, theirs) = LEFT[left], RIGHT[right]
    first, second = make(albums), make_other(albums)
    assert titles(first) == mine
    assert titles(second) == theirs
    assert titles(first & second) == titles(second & first) == mine & theirs
    assert titles(first | second) == titles(second | first) == mine | theirs
    assert titles(first ^ second) == titles(second ^ first) == mine ^ theirs


def test_a_window_of_the_right_query_looks_at_what_both_leave_as_in_a_chain(albums: Any) -> None:
    early = albums.filter(year__lt=1975)
    first = albums.annotate(place=Window(RowNumber(), order_by="-year")).filter(place=1)
    assert titles(first) == titles(first | first) == {"Low"}
    assert titles(early & first) == titles(first & early) == titles(first.filter(year__lt=1975)) == {"Bitches Brew"}
    last = albums.annotate(place=Window(RowNumber(), order_by="year")).filter(place=1)
    assert titles(first | last) == titles(last | first) == {"Kind of Blue", "Low"}


def test_the_left_query_gives_the_columns(albums: Any) -> None:
    left = albums.annotate(n=Count("tracks"), x=F("year") + 1)
    right = albums.annotate(n=Count("genres"), x=F("year") - 1, y=F("year")).filter(n=2, x__lt=1960, y__gt=0)
    [row] = left & right
    assert (row.title, row.n, row.x, hasattr(row, "y")) == ("Kind of Blue", 3, 1960, False)
    rows = left.values("title", "n") & right.values("title", "n")
    assert list(rows) == [{"title": "Kind of Blue", "n": 3}]


def test_what_both_name_alike_is_joined_and_counted_once(albums: Any) -> None:
    jazz = albums.filter(genres__name="Jazz").annotate(n=Count("tracks", distinct=True))
    assert titles(jazz.filter(n=0) | jazz.filter(n=3)) == {"Bitches Brew", "Kind of Blue"}
    both = jazz.filter(n__gte=0) & jazz.filter(n__lt=3)
    assert titles(both) == {"Bitches Brew"}
    assert str(both.query).count("shop_genre") == str(jazz.query).count("shop_genre")


def test_a_condition_that_no_row_meets_leaves_the_columns(albums: Any) -> None:
    nobody = albums.annotate(x=F("year") + 1).filter(pk__in=[])
    assert [row.x for row in nobody | albums.filter(year=1959)] == [1960]
    assert [row.x for row in nobody ^ albums.filter(year=1959)] == [1960]
    assert titles(nobody & albums) == titles(albums & nobody) == set()
    assert [row.x for row in (nobody & albums) | albums.filter(year=1977)] == [1978]
    assert titles(albums.none() | nobody) == titles(nobody | albums.none()) == set()


def test_the_later_order_counts_as_in_a_chain(albums: Any) -> None:
    by_year, by_price = albums.order_by("-year"), albums.order_by("price").reverse()
    years = [1977, 1970, 1959]
    assert [row.year for row in albums & by_year] == [row.year for row in by_price | by_year] == years
    assert [row.year for row in by_year & albums] == [row.year for row in by_year | albums.order_by()] == years
    assert [row.price for row in by_year | by_price] == sorted((row.price for row in albums), reverse=True)
    named = albums.annotate(x=F("year") * -1).filter(x__lt=0).order_by("x")
    assert titles(albums & named) == ALL
    assert [row.year for row in albums.annotate(x=F("year") * -1) & named] == years


def test_the_first_rows_of_a_query_can_be_joined_by_or_and_xor(albums: Any) -> None:
    old, new = albums.order_by("year"), albums.order_by("-year")
    assert titles(old[:1] | new[:1]) == {"Kind of Blue", "Low"}
    assert titles(old[:2] ^ new[:2]) == {"Kind of Blue", "Low"}
    assert (
        titles(old[1:2] | albums.filter(year=1977))
        == titles(albums.filter(year=1977) | old[1:2])
        == {"Bitches Brew", "Low"}
    )
    counted = albums.annotate(n=Count("tracks")).order_by("-n")
    assert {(row.title, row.n) for row in counted[:1] | counted.filter(n=0)} == {
        ("Kind of Blue", 3),
        ("Bitches Brew", 0),
    }
    for first, second in ((old[:1], old), (old, old[:1])):
        with pytest.raises(TypeError, match="once a slice has been taken"):
            first & second


def test_queries_with_a_cte_are_joined(albums: Any, models: SimpleNamespace) -> None:
    sold = CTE(models.Track.objects.values("album").annotate(n=Count("pk")), name="sold")
    many = albums.with_cte(sold, id=sold.col.album).filter(Q(pk__gt=0)).annotate(n=sold.col.n).filter(n__gt=2)
    early = albums.filter(year__lt=1975)
    assert titles(early & many) == titles(many & early) == {"Kind of Blue"}
    assert titles(early | many) == {"Bitches Brew", "Kind of Blue"}


def test_groups_are_joined_with_groups_by_the_same_values_only(albums: Any) -> None:
    groups = albums.order_by().values("format").annotate(n=Count("pk"), sum=Sum("price"))
    both = groups.filter(n__gt=1) | groups.filter(n__lt=2)
    assert sorted((row["format"], row["n"]) for row in both) == [("cd", 1), ("lp", 2)]
    others = albums.order_by().values("format").annotate(n=Count("tracks"), sum=Sum("price"))
    with pytest.raises(TypeError, match="groups by the same values"):
        groups | others


class Hall(Model):
    """Has seats."""

    name = CharField(max_length=20)

    class Meta:
        app_label = "joined"
        registry = seats


class Seat(Model):
    """Has a key of two columns."""

    pk = CompositePrimaryKey("hall", "number")
    hall = ForeignKey(Hall, CASCADE)
    number = IntegerField()

    class Meta:
        app_label = "joined"
        registry = seats


def test_rows_with_keys_of_several_columns_are_joined(database: Database, tables: Callable[..., None]) -> None:
    tables(Hall, Seat)
    hall = Hall.objects.create(name="Green Mill")
    for number in range(4):
        Seat.objects.create(hall=hall, number=number)
    high = Seat.objects.annotate(twice=F("number") * 2).filter(twice__gt=3)
    assert sorted(seat.number for seat in Seat.objects.filter(number=0) | high) == [0, 2, 3]
    assert [seat.number for seat in Seat.objects.filter(number__lt=3) & high] == [2]

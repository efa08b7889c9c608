"""What conditions mean where they stand: within NOT, OR, HAVING and other queries; and the SQL that they need for it."""

import datetime as dt
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Case,
    Count,
    Database,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Lookup,
    Lower,
    OuterRef,
    Q,
    RowNumber,
    Subquery,
    Value,
    When,
    Window,
)
from partita.orm.lookups import Exact, GreaterThan, IsNull, LessThan

BLUE, BREW, LOW = "Kind of Blue", "Bitches Brew", "Low"


class Above(Lookup):
    """Greater, in SQL of one's own, which is not written as text at once."""

    lookup_name = "above"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Both sides, with the operator between."""
        left, params = self.process_lhs(compiler, connection)
        right, more = self.process_rhs(compiler, connection)
        return f"{left} > {right}", [*params, *more]


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Kind of Blue (produced by Bowie), Bitches Brew and Low (produced by nobody)."""
    return models.Album.objects.order_by("title")


def titles(rows: Any) -> list[str]:
    return sorted(row.title for row in rows)


def sql(rows: Any) -> str:
    """Return what is asked, without names."""
    return re.sub(r"\s+", " ", str(rows.order_by().query)).replace("`", "").replace('"', "")


BOWIE = Q(producer__name="David Bowie")
NEGATED: dict[str, tuple[Any, list[str]]] = {
    "none": (~BOWIE, [BREW, LOW]),
    "both": (~(BOWIE & Q(year=1959)), [BREW, LOW]),
    "both, of which one is not so": (~(~BOWIE & Q(year=1959)), [BREW, BLUE, LOW]),
    "both, of which one is not so for anybody": (~(~BOWIE & Q(year__gt=1900)), [BLUE]),
    "neither": (~(BOWIE | Q(year=1970)), [LOW]),
    "thrice": (~(~(~BOWIE & Q(year__gt=1900)) & Q(year__gt=1900)), [BREW, LOW]),
    "thrice, all alone": (~Q(~Q(~BOWIE)), [BREW, LOW]),
    "within an OR": (Q(~BOWIE, year=1970) | Q(year=1959), [BREW, BLUE]),
    "an AND within an OR": (Q(BOWIE & Q(year=1959)) | Q(year=1977), [BLUE, LOW]),
    "an AND within an OR within an AND": (Q(Q(BOWIE, year=1959) | Q(year=1977), price__lt=10), [LOW]),
    "an XOR": (~(BOWIE ^ Q(year=1977)), [BREW]),
    "an expression": (~Q(GreaterThan(F("producer__pk"), 0)), [BREW, LOW]),
    "an expression twice": (~Q(~Q(GreaterThan(F("producer__pk"), 0)), year__gt=1900), [BLUE]),
    "an expression thrice": (~Q(~Q(~Q(GreaterThan(F("producer__pk"), 0)), year__gt=1900), year__gt=1900), [BREW, LOW]),
    "an expression or something": (Q(GreaterThan(F("producer__pk"), 0)) | Q(year=1977), [BLUE, LOW]),
    "SQL of one's own": (~Q(Above(F("producer__pk"), 0)), [BREW, LOW]),
    "SQL of one's own twice": (~Q(~Q(Above(F("producer__pk"), 0)), year__gt=1900), [BLUE]),
    "SQL of one's own thrice": (~Q(~Q(~Q(Above(F("producer__pk"), 0)), year__gt=1900), year__gt=1900), [BREW, LOW]),
    "SQL of one's own or something": (Q(Above(F("producer__pk"), 0)) | Q(year=1977), [BLUE, LOW]),
    "SQL of one's own over a relation": (~Q(Above(F("producer__born"), dt.date(1900, 1, 1))), [BREW, BLUE, LOW]),
    "SQL of one's own over many rows": (~Q(Above(F("tracks__number"), 2)), [BREW, LOW]),
    "SQL of one's own over many rows twice": (~Q(~Q(Above(F("tracks__number"), 1)), year__gt=1970), [BREW, BLUE, LOW]),
    "columns": (~Q(artist=F("producer")), [BREW, BLUE, LOW]),
    "columns twice": (~Q(~Q(artist=F("producer")), year__gt=1900), []),
}  # fmt: skip


@pytest.mark.parametrize("name", NEGATED)
def test_not_is_all_the_rest_however_deep_it_stands(albums: Any, name: str) -> None:
    condition, expected = NEGATED[name]
    assert titles(albums.filter(condition)) == expected
    assert albums.filter(condition).count() == len(expected)
    assert titles(albums.exclude(condition)) == sorted({BREW, BLUE, LOW} - set(expected))


INNER, OUTER = "INNER", "OUTER"
JOINED: dict[str, tuple[Any, str]] = {
    "a value": (Q(producer__name="x"), INNER),
    "a value that is there": (Q(producer__name__isnull=False), INNER),
    "no value": (Q(producer__email__isnull=True), OUTER),
    "not a value": (~Q(producer__name="x"), OUTER),
    "either": (Q(producer__name="x") | Q(year=1), OUTER),
    "both of either": (Q(Q(producer__name="x") & Q(year=2)) | Q(year=1), OUTER),
    "one of two that must hold": (Q(producer__name="x", year=1), INNER),
    "not both": (~Q(producer__name="x", year=1), OUTER),
    "an expression": (Q(GreaterThan(F("producer__name"), "x")), INNER),
    "not an expression": (~Q(GreaterThan(F("producer__name"), "x")), OUTER),
    "an expression or something": (Q(GreaterThan(F("producer__name"), "x")) | Q(year=1), OUTER),
    "SQL of one's own": (Q(Above(F("producer__name"), "x")), INNER),
    "not SQL of one's own": (~Q(Above(F("producer__name"), "x")), OUTER),
    "SQL of one's own or something": (Q(Above(F("producer__name"), "x")) | Q(year=1), OUTER),
    "whether there is none": (Q(IsNull(F("producer__born"), True)) | Q(year=1), OUTER),
}  # fmt: skip


@pytest.mark.parametrize("name", JOINED)
def test_rows_need_a_related_row_only_where_the_condition_does(albums: Any, name: str) -> None:
    condition, expected = JOINED[name]
    asked = sql(albums.filter(condition))
    assert ("OUTER JOIN" in asked) == (expected == OUTER), asked
    assert asked.count(" JOIN ") == 1


@pytest.mark.parametrize(
    ("condition", "asks_for_null"),
    [
        (Q(year=1), False),
        (Q(GreaterThan(F("year"), 1)), False),
        (~Q(year=1), True),
        (~Q(GreaterThan(F("year"), 1)), True),
        (~Q(~Q(year=1), title="x"), False),
        (~Q(~Q(GreaterThan(F("year"), 1)), title="x"), False),
        (Q(Above(F("year"), 1)), False),
        (~Q(Above(F("year"), 1)), True),
        (~Q(~Q(Above(F("year"), 1)), title="x"), False),
        (~Q(Above(F("title"), "x")), False),
        (~Q(title="x"), False),
        (~Q(GreaterThan(F("title"), "x")), False),
        (Q(title=F("title")), False),
        (Q(pk=F("year")), False),
        (~Q(pk=F("year")), True),
        (~Q(~Q(pk=F("year")), title="x"), False),
        (~Q(pk=F("artist")), False),
    ],
)
def test_null_is_looked_for_only_where_not_would_lose_it(albums: Any, condition: Any, asks_for_null: bool) -> None:
    assert ("IS NOT NULL" in sql(albums.filter(condition))) == asks_for_null


def test_over_many_rows_not_means_none_of_them(albums: Any, models: SimpleNamespace) -> None:
    assert titles(albums.filter(~Q(GreaterThan(F("tracks__number"), 2)))) == [BREW, LOW]
    assert titles(albums.filter(~Q(~Q(GreaterThan(F("tracks__number"), 2)), year__gt=1900))) == [BLUE]
    later = albums.annotate(place=F("year") - 1958)
    assert titles(later.exclude(tracks__number=F("place"))) == [BREW, LOW]
    assert titles(later.exclude(tracks__number=F("place")).exclude(tracks__number=2)) == [BREW]
    above = later.filter(Above(F("year"), 0))
    assert titles(above.exclude(tracks__number=F("place"))) == [BREW, LOW]
    assert titles(above.exclude(tracks__number=F("place")).exclude(tracks__number=2)) == [BREW]
    assert titles(above.exclude(tracks__number=1, tracks__name="Speed of Life")) == [BREW, BLUE]
    assert titles(albums.exclude(tracks__number=2, tracks__name="Sound and Vision")) == [BREW, BLUE]
    artists = models.Artist.objects.order_by("name")
    assert [artist.name for artist in artists.exclude(albums__tracks__number=3)] == ["David Bowie"]
    with_tracks = albums.annotate(there=ExpressionWrapper(~Q(tracks__number=2), output_field=IntegerField()))
    assert with_tracks.count() == 6, "an annotation asks each of the joined rows"


def test_groups_are_chosen_after_rows(albums: Any) -> None:
    counted = albums.annotate(n=Count("tracks")).filter(n__gt=1, year__lt=1970)
    asked = sql(counted)
    assert titles(counted) == [BLUE]
    before, _, after = asked.partition(" GROUP BY ")
    assert "WHERE" in before
    assert "year < 1970" in before
    assert "HAVING count(" in after
    assert "year <" not in after
    assert asked.count("SELECT") == 1, "no query around"
    assert titles(albums.annotate(n=Count("tracks")).filter(Q(n=2) & Q(artist__name="David Bowie"))) == [LOW]


GROUPS: dict[str, tuple[Any, list[tuple[str, int]]]] = {
    "a column": (Q(n__gt=5) | Q(year__lt=1960), [("Miles Davis", 1)]),
    "not a column": (Q(n__gt=5) | ~Q(format="cd"), [("Miles Davis", 2)]),
    "a column over a relation": (Q(n__gt=5) | Q(producer__manager__isnull=False), [("Miles Davis", 1)]),
    "rows of many": (Q(n__gt=5) | Q(tracks__number__gte=2), [("David Bowie", 1), ("Miles Davis", 1), ("Miles Davis", 1)]),
    "no row of many": (Q(n__gt=5) | ~Q(tracks__number=1), [("Miles Davis", 1)]),
    "no row of many, by an expression": (Q(n__gt=5) | ~Q(Exact(F("tracks__number"), 1)), [("Miles Davis", 1)]),
    "not no row of many": (Q(n__gt=5) | ~Q(~Q(tracks__number=3), year__gt=1900), [("Miles Davis", 1)]),
    "a function": (Q(n__gt=5) | Q(Exact(Lower("format"), "cd")), [("David Bowie", 1)]),
    "a function of a function": (Q(n__gt=5) | Q(Exact(Lower(Lower("format")), "lp")), [("Miles Davis", 2)]),
    "SQL of one's own": (Q(n__gt=5) | Q(Above(F("year"), 1970)), [("David Bowie", 1)]),
    "no row of many, in SQL of one's own": (Q(n__gt=5) | ~Q(Above(F("tracks__number"), 0)), [("Miles Davis", 1)]),
    "a case": (
        Q(n__gt=5) | Q(Exact(Case(When(Q(format="cd") | Q(year__in=[1970]), then=Value(1)), default=Value(0)), 1)),
        [("David Bowie", 1), ("Miles Davis", 1)],
    ),
    "columns of columns": (Q(n__gt=5) | Q(year=F("year"), format__in=["cd", F("title")]), [("David Bowie", 1)]),
    "what is grouped by": (Q(n__gt=5) | Q(artist__name="Miles Davis"), [("Miles Davis", 2)]),
    "whether there is": (Q(n__gt=1) | Q(n=F("n") + 1), [("Miles Davis", 2)]),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_what_conditions_on_groups_ask_beside_them_tells_groups_apart(albums: Any, name: str) -> None:
    condition, expected = GROUPS[name]
    grouped = albums.order_by().values("artist__name").annotate(n=Count("pk", distinct=True)).filter(condition)
    assert sorted(grouped.values_list("artist__name", "n")) == expected
    assert grouped.count() == len(expected)


def test_what_rows_are_grouped_by_anyway_tells_nothing_apart(albums: Any) -> None:
    counted = albums.annotate(n=Count("tracks"), who=Lower("artist__name"), late=F("year") + 1)
    assert titles(counted.filter(Q(n__gt=2) | Q(who="david bowie"))) == [BLUE, LOW]
    assert titles(counted.filter(Q(n=0) | Q(late=1978))) == [BREW, LOW]
    assert titles(counted.filter(Q(n=9) | ~Q(genres__name="Jazz"))) == [LOW]
    assert titles(counted.filter(Q(n=9) | ~Q(genres__name="Rock", genres__albums__year=1970))) == [BLUE, LOW]
    several = counted.filter(Q(n=9) | Q(tracks__number__gte=1))
    assert sorted(several.values_list("title", "n")) == [*[(BLUE, 3)] * 3, *[(LOW, 2)] * 2], "one for each that matches"


def test_a_window_is_chosen_by_a_query_around(albums: Any) -> None:
    placed = albums.annotate(place=Window(RowNumber(), partition_by="artist", order_by="year"))
    assert titles(placed.filter(Q(place=2) | Q(year=1977))) == [BREW, LOW]
    assert titles(placed.exclude(place=1)) == [BREW]
    assert titles(placed.filter(place=1, producer__name="David Bowie")) == [BLUE]
    asked = sql(placed.filter(place=1, producer__name="David Bowie"))
    assert asked.count("SELECT") == 2


def test_a_query_inside_asks_no_more_than_it_must(albums: Any, models: SimpleNamespace) -> None:
    tracks = models.Track.objects.filter(album=OuterRef("pk")).order_by("name")
    inside = sql(albums.filter(Exists(tracks))).partition("EXISTS")[2]
    assert inside.startswith(" (SELECT 1 FROM")
    assert "ORDER BY" not in inside
    assert "ORDER BY" in sql(albums.filter(Exists(tracks[1:]))).partition("EXISTS")[2]
    assert titles(albums.filter(Exists(tracks[2:]))) == [BLUE]


def test_queries_inside_of_queries_inside_know_all_around_them(albums: Any, models: SimpleNamespace) -> None:
    second = models.Track.objects.filter(album=OuterRef("pk"), name__lt=OuterRef(OuterRef("name")))
    for tracks in (second, second.filter(Q(pk__in=[]) | Q(number=2))):  # as text at once, and by way of elements
        found = models.Artist.objects.filter(Exists(models.Album.objects.filter(Exists(tracks), artist=OuterRef("pk"))))
        assert [artist.name for artist in found] == ["Miles Davis"]
        assert [artist.name for artist in found.order_by("?")] == ["Miles Davis"]
    newest = models.Album.objects.filter(pk__in=[], artist=OuterRef("pk")) | models.Album.objects.filter(
        artist=OuterRef("pk")
    )
    assert models.Artist.objects.filter(Exists(newest)).count() == 2


def test_the_first_rows_of_a_query_are_a_set_of_their_own(albums: Any, models: SimpleNamespace) -> None:
    dearest = models.Album.objects.order_by("-price")
    assert titles(albums.filter(pk__in=dearest[:1])) == [BLUE]
    assert titles(albums.filter(pk__in=dearest[1:].values("pk"))) == [BREW, LOW]
    assert titles(albums.exclude(pk__in=dearest.values("pk")[:2])) == [LOW]
    assert titles(albums.filter(artist__in=Subquery(dearest.values("artist")[:1]))) == [BREW, BLUE]
    assert titles(albums.filter(genres__in=models.Genre.objects.order_by("-name")[:1])) == [BREW]
    assert titles(albums.filter(pk__in=dearest[:2]).filter(pk__in=dearest[1:])) == [BREW]


def test_a_query_inside_is_a_table_only_where_it_has_an_end_and_mysql_asks(
    albums: Any, database: Database, models: SimpleNamespace
) -> None:
    others = models.Album.objects.filter(Above(F("year"), 0)).order_by("pk")
    assert sql(albums.filter(pk__in=others)).count("SELECT") == 2
    assert sql(albums.filter(pk__in=others[:1])).count("SELECT") == (3 if database.vendor == "mysql" else 2)


def test_relations_that_nobody_asks_about_are_not_joined(albums: Any, database: Database) -> None:
    assert " JOIN " not in sql(albums.alias(who=F("artist__name")))
    assert " JOIN " in sql(albums.alias(place=F("tracks__number"))), "which tells how many rows there are"
    with database.query_log() as log:
        assert albums.values("artist__name").count() == 3
        assert albums.annotate(who=F("artist__name")).count() == 3
        assert albums.values("tracks__number").count() == 6
    assert [" JOIN " in each.sql for each in log] == [False, False, True]


def test_computed_decimals_are_compared_as_numbers(albums: Any) -> None:
    double = albums.annotate(double=F("price") * 2)
    assert titles(double.filter(double=Decimal(25))) == [BLUE]
    assert titles(double.filter(double__lt=Decimal("19.8"))) == [LOW]
    assert titles(double.filter(double__in=[Decimal("14.00"), Decimal(25)])) == [BLUE, LOW]
    assert titles(double.filter(double__range=(Decimal(9), Decimal("19.80")))) == [BREW, LOW]
    assert titles(double.filter(double__gt=F("price") + Decimal(8))) == [BREW, BLUE]
    assert titles(double.exclude(double__in=[Decimal("14.00"), F("price") + F("price")])) == []


def test_values_within_json_are_compared_with_their_types(albums: Any, database: Database) -> None:
    for title, data in ((BLUE, {"a": 1, "b": 1}), (BREW, {"a": "1", "b": "x"}), (LOW, {"a": True, "b": True})):
        albums.filter(title=title).update(data=data)
    assert titles(albums.filter(data__a=1)) == [BLUE]
    assert titles(albums.filter(data__a="1")) == [BREW]
    assert titles(albums.filter(data__a=True)) == [LOW]
    assert titles(albums.filter(data__a__in=[1, "1"])) == [BREW, BLUE]
    assert titles(albums.filter(data__a__in=[1, True])) == [BLUE, LOW]
    assert titles(albums.filter(data__a__in=["1"])) == [BREW]
    assert titles(albums.filter(data__a__in=[])) == []
    assert titles(albums.exclude(data__a__in=[])) == [BREW, BLUE, LOW]
    assert titles(albums.exclude(data__a__in=[1, True])) == [BREW]
    assert titles(albums.filter(data__a=F("data__b"))) == [BLUE, LOW]
    assert titles(albums.filter(data__a__in=[F("data__b")])) == [BLUE, LOW]
    assert titles(albums.filter(data__b__icontains="X")) == [BREW]
    assert titles(albums.filter(data__c__isnull=True)) == [BREW, BLUE, LOW]
    assert titles(albums.filter(data__a__isnull=False)) == [BREW, BLUE, LOW]
    assert titles(albums.filter(Q(LessThan(F("year"), 1960)) | Q(data__a="1"))) == [BREW, BLUE]

"""Comparisons of users' own: negated, over relations, as expressions, and built on those that are there."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import Count, F, FieldError, IntegerField, Lookup, Q, Subquery, Value
from partita.orm.lookups import Exact, GreaterThan, In, Range


class Twice(Lookup):
    """The left is twice the right."""

    lookup_name = "twice"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """See `Lookup`."""
        lhs, params = self.process_lhs(compiler, connection)
        rhs, more = self.process_rhs(compiler, connection)
        return f"{lhs} = 2 * {rhs}", [*params, *more]


class Later(GreaterThan):
    """Greater by more than ten, with the operator that is there."""

    lookup_name = "later"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """See `Lookup`."""
        lhs, params = self.process_lhs(compiler, connection)
        rhs, more = self.process_rhs(compiler, connection)
        return f"{lhs} - 10 {self.get_rhs_op(connection, rhs)}", [*params, *more]


class Same(Exact):
    """The built-in comparison, written by it."""

    lookup_name = "same"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """See `Lookup`."""
        sql, params = super().as_sql(compiler, connection)
        return f"({sql})", params


class AnyOf(In):
    """Several values, written by the built-in comparison."""

    lookup_name = "anyof"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """See `Lookup`."""
        sql, params = super().as_sql(compiler, connection)
        return f"({sql})", params


OWN = (Twice, Later, Same, AnyOf)


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Iterator[Any]:
    """Three albums of 1959, 1970 and an unknown year, whose year can be compared in new ways."""
    music.low.year = None
    music.low.save()
    for lookup in OWN:
        IntegerField.register_lookup(lookup)
    yield models.Album.objects.all()
    for lookup in OWN:
        IntegerField._unregister_lookup(lookup)


def titles(rows: Any) -> list[str]:
    return sorted(row.title for row in rows)


def test_what_does_not_compare_so_is_all_the_rest_with_rows_that_have_no_value(albums: Any) -> None:
    assert titles(albums.filter(year__twice=985)) == ["Bitches Brew"]
    assert titles(albums.exclude(year__twice=985)) == ["Kind of Blue", "Low"]
    assert titles(albums.filter(~Q(year__twice=985))) == ["Kind of Blue", "Low"]
    assert titles(albums.exclude(~Q(year__twice=985))) == ["Bitches Brew"]
    assert titles(albums.filter(~~~Q(year__twice=985))) == ["Kind of Blue", "Low"]


def test_over_a_relation_to_many_rows_none_of_them_may_compare_so(albums: Any, models: SimpleNamespace) -> None:
    artists = models.Artist.objects.order_by("name")
    assert [artist.name for artist in artists.filter(albums__year__twice=985)] == ["Miles Davis"]
    assert [artist.name for artist in artists.exclude(albums__year__twice=985)] == ["David Bowie"]
    assert [track.name for track in models.Track.objects.filter(album__year__later=1900, number=1)] == ["So What"]


def test_the_operator_of_a_built_in_comparison_can_be_written_around(albums: Any) -> None:
    assert titles(albums.filter(year__later=1949)) == ["Bitches Brew"]
    assert titles(albums.filter(year__later=1948)) == ["Bitches Brew", "Kind of Blue"]


def test_a_built_in_comparison_writes_itself(albums: Any) -> None:
    assert titles(albums.filter(year__same=1970)) == ["Bitches Brew"]
    assert titles(albums.filter(year__same=F("year"))) == ["Bitches Brew", "Kind of Blue"]
    assert titles(albums.exclude(year__same=1970)) == ["Kind of Blue", "Low"]
    assert titles(albums.filter(year__anyof=[1970, 1959, 1])) == ["Bitches Brew", "Kind of Blue"]


def test_a_comparison_that_is_more_than_an_operator_has_none(albums: Any) -> None:
    class Between(Range):
        lookup_name = "between"

        def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
            return self.get_rhs_op(connection, "%s"), []

    IntegerField.register_lookup(Between)
    try:
        with pytest.raises(FieldError, match="Between is more than an operator"):
            list(albums.filter(year__between=(1, 2)))
    finally:
        IntegerField._unregister_lookup(Between)


def test_a_comparison_without_sql_says_what_it_needs(albums: Any) -> None:
    class Unwritten(Lookup):
        lookup_name = "unwritten"

    IntegerField.register_lookup(Unwritten)
    try:
        with pytest.raises(TypeError, match=r"Unwritten needs an as_sql\(compiler, connection\)"):
            list(albums.filter(year__unwritten=1))
    finally:
        IntegerField._unregister_lookup(Unwritten)


def test_a_comparison_is_an_expression_too(albums: Any) -> None:
    assert titles(albums.filter(Twice(F("year"), 985))) == ["Bitches Brew"]
    assert titles(albums.filter(Twice(F("year"), Value(985)))) == ["Bitches Brew"]
    shown = albums.filter(year__isnull=False).annotate(double=Twice(F("year"), 985)).order_by("title")
    assert [bool(row.double) for row in shown] == [True, False]
    assert repr(Twice(F("year"), 985)) == "Twice(F(year), 985)"


def test_a_comparison_takes_what_another_query_finds(albums: Any) -> None:
    half = albums.filter(title="Kind of Blue").annotate(half=F("year") - 974).values("half")
    assert titles(albums.filter(Twice(F("year"), half[:1]))) == ["Bitches Brew"]
    assert titles(albums.filter(Twice(F("year"), Subquery(half[:1])))) == ["Bitches Brew"]
    assert titles(albums.filter(GreaterThan(F("year"), Subquery(half[:1])))) == ["Bitches Brew", "Kind of Blue"]


def test_groups_are_compared_in_own_ways_as_well(albums: Any, models: SimpleNamespace) -> None:
    counted = models.Artist.objects.annotate(count=Count("albums"))
    assert [artist.name for artist in counted.filter(count__twice=1)] == ["Miles Davis"]
    assert [artist.name for artist in counted.filter(Twice(F("count"), 1))] == ["Miles Davis"]
    assert [artist.name for artist in counted.exclude(count__twice=1)] == ["David Bowie"]
    assert [artist.name for artist in counted.filter(count__gte=1).filter(count__lte=1)] == ["David Bowie"]

"""Aggregates of one's own, written as Django documents it: with a template, or with as_sql()."""

import sqlite3
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    Aggregate,
    CharField,
    Count,
    Database,
    FieldError,
    FloatField,
    Func,
    IntegerField,
    NotSupportedError,
    Q,
    StringAgg,
    Sum,
    Value,
)


class Total(Aggregate):
    """A sum of something that a template computes."""

    function = "SUM"
    template = "%(function)s( %(distinct)s 0 + %(expressions)s )"
    allow_distinct = True
    output_field = IntegerField()


class Written(Aggregate):
    """A sum that is written by hand."""

    output_field = IntegerField()
    allow_distinct = True

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra_context: Any) -> tuple[str, list[Any]]:
        """Leave all but the name to the one this derives from."""
        return super().as_sql(compiler, connection, *args, **{"function": "SUM", **extra_context})


class Joined(Func):
    """A function that knows another way for each database."""

    function = "CONCAT"
    output_field = CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, list[Any]]:
        """The operator."""
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" || ", **extra_context)


@pytest.fixture
def albums(music: SimpleNamespace, models: SimpleNamespace) -> Any:
    """Of 1959, 1970 and 1977; the first two of one artist."""
    return models.Album.objects.order_by()


@pytest.mark.parametrize("kind", [Total, Written])
def test_an_aggregate_of_ones_own_takes_every_option(albums: Any, models: SimpleNamespace, kind: Any) -> None:
    assert albums.aggregate(n=kind("year")) == {"n": 1959 + 1970 + 1977}
    assert albums.aggregate(n=kind("year", filter=Q(artist__name="Miles Davis"))) == {"n": 1959 + 1970}
    assert albums.aggregate(n=kind("year", filter=Q(year=1), default=Value(7))) == {"n": 7}
    assert models.Track.objects.aggregate(n=kind("number", distinct=True)) == {"n": 1 + 2 + 3}
    assert models.Track.objects.aggregate(n=kind("number", distinct=True, filter=Q(number__lt=3))) == {"n": 3}
    grouped = albums.values("artist__name").annotate(n=kind("year", filter=Q(year__gt=1960)))
    assert sorted(grouped.values_list("artist__name", "n")) == [("David Bowie", 1977), ("Miles Davis", 1970)]
    assert albums.annotate(n=kind("tracks__number")).filter(n__gt=3).get().title == "Kind of Blue"


def test_a_function_is_written_as_the_database_knows_it(albums: Any) -> None:
    both = albums.filter(title="Low").values_list(Joined("title", Value("%s"), "format"))
    assert list(both) == [("Low%scd",)]


def test_aggregates_show_what_they_were_made_of() -> None:
    shown = repr(Sum("year", distinct=True, filter=Q(year=1), default=3))
    assert shown.startswith(("Sum(F('year')", "Sum(F(year)"))
    for part in ("distinct=True", "filter=", "default="):
        assert part in shown
    assert repr(Count("*")) == "Count('*')"
    assert repr(Sum("year")).count("=") == 0


def test_texts_are_joined_in_an_order(albums: Any, database: Database, models: SimpleNamespace) -> None:
    numbers = models.Track.objects.aggregate(n=StringAgg("number", ",", distinct=True))["n"]
    assert sorted(numbers.split(",")) == ["1", "2", "3"]
    names = models.Track.objects.order_by()
    joined = StringAgg("name", delimiter=" / ", order_by=["album__title", "-number"])
    if database.vendor == "sqlite" and sqlite3.sqlite_version_info < (3, 44):
        with pytest.raises(NotSupportedError, match="order the values in Python"):
            names.aggregate(n=joined)
        return
    assert (
        names.aggregate(n=joined)["n"]
        == "Blue in Green / Freddie Freeloader / So What / Sound and Vision / Speed of Life"
    )
    assert models.Track.objects.aggregate(n=StringAgg("number", ",", order_by="pk"))["n"] == "1,2,3,1,2"


def test_types_that_do_not_mix_need_a_word(albums: Any) -> None:
    with pytest.raises(FieldError, match="mixed types"):
        list(albums.annotate(n=Func("title", "year", function="COALESCE")))
    with pytest.raises(FieldError, match=r"unknown output_field|is not known"):
        list(albums.annotate(n=Func(function="NOW")))
    typed = Func("year", function="ABS", output_field=FloatField())
    assert albums.annotate(n=typed).get(title="Low").n == 1977.0

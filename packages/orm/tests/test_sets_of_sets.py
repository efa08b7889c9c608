"""union(), intersection() and difference() of queries that were made that way themselves, and what may follow."""

import json
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import F, FieldError, Sum


@pytest.fixture
def each(music: SimpleNamespace, models: SimpleNamespace) -> list[Any]:
    """One query for each album, by title."""
    return [models.Album.objects.filter(title=title) for title in ("Bitches Brew", "Kind of Blue", "Low")]


def titles(rows: Any) -> list[str]:
    """Return sorted titles."""
    return sorted(row.title for row in rows)


def test_sets_of_sets(each: list[Any], models: SimpleNamespace) -> None:
    brew, blue, low = each
    assert (
        titles(brew.union(blue).union(brew)) == titles(brew.union(blue.union(brew))) == ["Bitches Brew", "Kind of Blue"]
    )
    assert titles(brew.union(brew, all=True).union(brew, all=True)) == ["Bitches Brew"] * 3
    assert titles(brew.union(blue).difference(blue)) == ["Bitches Brew"]
    assert titles(brew.union(blue).intersection(models.Album.objects.all())) == ["Bitches Brew", "Kind of Blue"]
    assert titles(models.Album.objects.difference(brew.union(low))) == ["Kind of Blue"]
    assert titles(brew.union(blue).order_by("-title")[:1].union(low)) == ["Kind of Blue", "Low"]
    assert brew.union(blue).union(brew).count() == 2
    assert brew.union(blue).union(low).order_by("-title").first().title == "Low"
    named = brew.values_list("title").union(blue.values_list("title")).union(low.values_list("title"))
    assert list(named.order_by("title")) == [("Bitches Brew",), ("Kind of Blue",), ("Low",)]
    assert brew.union(blue).union(low).aggregate(n=Sum("year")) == {"n": 1959 + 1970 + 1977}


def test_columns_are_named_afterwards(each: list[Any]) -> None:
    brew, blue, low = each
    rows = brew.union(blue).union(low).order_by("title")
    assert rows.values("title")[0] == {"title": "Bitches Brew"}
    assert list(rows.values_list("title", "year"))[1] == ("Kind of Blue", 1959)
    assert list(rows.values_list("title", flat=True)) == ["Bitches Brew", "Kind of Blue", "Low"]
    assert rows.values_list("pk", "title", named=True)[2].title == "Low"
    assert [row["title"] for row in json.loads(rows.to_json())] == ["Bitches Brew", "Kind of Blue", "Low"]
    twice = [part.annotate(twice=F("year") * 2) for part in each]
    doubled = twice[0].union(twice[1]).order_by("twice")
    assert list(doubled.values_list("twice", flat=True)) == [1959 * 2, 1970 * 2]


def test_orders_are_by_what_is_selected(each: list[Any], models: SimpleNamespace) -> None:
    twice = [part.annotate(twice=F("year") * 2) for part in each]
    assert [row.title for row in twice[0].union(twice[1], twice[2]).order_by("-twice")] == [
        "Low",
        "Bitches Brew",
        "Kind of Blue",
    ]
    albums = models.Album.objects
    keys = albums.values_list("pk", "artist_id", "artist__name")
    both = keys.union(keys)
    assert [row[0] for row in both.order_by("-pk")] == sorted(albums.values_list("pk", flat=True), reverse=True)
    assert [row[1] for row in both.order_by("artist_id")] == sorted(albums.values_list("artist", flat=True))
    assert [row[2] for row in both.order_by("artist__name", "pk")] == ["David Bowie", "Miles Davis", "Miles Davis"]
    groups = albums.values("released__year").annotate(n=Sum("year"))
    assert [row["n"] for row in groups.union(groups, all=True).order_by("-n")] == [3947, 3947, 1959, 1959]
    with pytest.raises(FieldError, match="only be ordered by columns it selects"):
        list(both.order_by("title"))


def test_sets_of_sets_are_awaited(each: list[Any], run: Callable[[Coroutine[Any, Any, Any]], Any]) -> None:
    brew, blue, _ = each

    async def ask() -> list[Any]:
        return [
            title async for title in brew.union(blue).union(brew).order_by("-title").values_list("title", flat=True)
        ]

    assert run(ask()) == ["Kind of Blue", "Bitches Brew"]

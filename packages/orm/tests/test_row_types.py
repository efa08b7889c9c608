"""Rows as objects of a class of one's own."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple, TypedDict

import msgspec
import pytest

from partita.orm import Count, FieldError
from partita.orm.testing import assert_num_queries


class Counted(NamedTuple):
    """An album and its tracks."""

    title: str
    artist__name: str
    n: int


class Line(TypedDict):
    """Part of an album."""

    title: str
    year: int


@dataclass(frozen=True, kw_only=True)
class Titled:
    """Another part."""

    title: str
    year: int
    loaded: bool = field(default=True, init=False)


class Year(msgspec.Struct, kw_only=True):
    """The least part."""

    year: int


def test_rows_come_as_the_class_says(music: SimpleNamespace, models: SimpleNamespace, run: Any) -> None:
    rows = models.Album.objects.annotate(n=Count("tracks")).order_by("title").rows_as(Counted)
    with assert_num_queries(1):
        assert list(rows) == [
            Counted("Bitches Brew", "Miles Davis", 0),
            Counted("Kind of Blue", "Miles Davis", 3),
            Counted("Low", "David Bowie", 2),
        ]
    assert rows.filter(n__gt=2).get().artist__name == "Miles Davis"
    assert rows[1].n == 3
    assert models.Album.objects.rows_as(Line).get(title="Low") == {"title": "Low", "year": 1977}
    assert models.Album.objects.rows_as(Titled).get(year=1970) == Titled(title="Bitches Brew", year=1970)
    assert sorted(row.year for row in models.Album.objects.rows_as(Year)) == [1959, 1970, 1977]

    async def awaited() -> None:
        assert [row.n async for row in rows] == [0, 3, 2]
        assert (await models.Album.objects.rows_as(Titled).afirst()).title == "Bitches Brew"

    run(awaited())


def test_what_is_no_class_of_rows_is_refused(models: SimpleNamespace) -> None:
    class Empty(NamedTuple):
        """Nothing."""

    class Unknown(NamedTuple):
        nothing: int

    for kind in (int, dict, tuple, Empty, "Counted", models.Album):
        with pytest.raises(TypeError, match="Rows come as a NamedTuple"):
            models.Album.objects.rows_as(kind)
    with pytest.raises(FieldError, match="Cannot resolve keyword 'nothing'"):
        models.Album.objects.rows_as(Unknown)

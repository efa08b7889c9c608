"""Annotations and chosen columns as type checkers see them: through a class of rows."""

from dataclasses import dataclass
from typing import NamedTuple, TypedDict, assert_type

import msgspec

from partita.orm import CASCADE, CTE, CharField, Count, ForeignKey, IntegerField, Model, QuerySet


class Singer(Model):
    name = CharField(max_length=100)


class Song(Model):
    title = CharField(max_length=100)
    year = IntegerField(null=True)
    singer = ForeignKey(Singer, on_delete=CASCADE, related_name="songs")


class Counted(NamedTuple):
    """A singer, and how many songs there are."""

    name: str
    n: int


class Line(TypedDict):
    title: str
    singer__name: str


@dataclass(frozen=True, kw_only=True)
class Title:
    title: str
    year: int | None


class Year(msgspec.Struct):
    year: int | None


def sync_code() -> None:
    rows = Singer.objects.annotate(n=Count("songs")).filter(n__gt=1).rows_as(Counted)
    assert_type(rows, QuerySet[Counted])
    assert_type(rows.get().n, int)
    assert_type([row.name for row in rows.order_by("-n")[:3]], list[str])
    assert_type(Song.objects.rows_as(Line).get()["singer__name"], str)
    assert_type(Song.objects.rows_as(Title).first(), Title | None)
    assert_type(Song.objects.rows_as(Year)[0].year, int | None)
    counts = CTE(Song.objects.values("singer").annotate(n=Count("id")), "counts")
    assert_type([singer.name for singer in Singer.objects.with_cte(counts, id=counts.col.singer)], list[str])
    rows.get().missing  # type: ignore[attr-defined]  # the class says what there is


async def async_code() -> None:
    assert_type((await Singer.objects.annotate(n=Count("songs")).rows_as(Counted).aget()).n, int)
    async for row in Song.objects.rows_as(Title):
        assert_type(row.year, int | None)

"""Distances by trigrams: their figures, and the indexes that serve an order by them."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CharField, Database, F, Model, Registry, atomic
from partita.postgres import (
    GistIndex,
    OpClass,
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordDistance,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
)


class Name(Model):
    """A name that is looked for by its likeness."""

    text = CharField(max_length=50)

    class Meta:
        registry = Registry()
        app_label = "names"
        ordering = ("text",)
        indexes = (GistIndex(OpClass("text", name="gist_trgm_ops"), name="names_by_likeness"),)


DISTANCES: list[tuple[Callable[[str], Any], Callable[[str], Any]]] = [
    (lambda text: TrigramDistance("text", text), lambda text: TrigramSimilarity("text", text)),
    (lambda text: TrigramWordDistance(text, "text"), lambda text: TrigramWordSimilarity(text, "text")),
    (lambda text: TrigramStrictWordDistance(text, "text"), lambda text: TrigramStrictWordSimilarity(text, "text")),
]


@pytest.fixture
def names(tables: Callable[..., None]) -> None:
    tables(Name)
    for text in ("Matthew", "Cat sat on mat.", "Dog sat on rug."):
        Name.objects.create(text=text)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(("distance", "likeness"), DISTANCES)
@pytest.mark.parametrize("text", ["mat", "Matt", "cat on", "zzz"])
def test_distance_and_likeness_make_one(distance: Any, likeness: Any, text: str, run: Callable[..., Any]) -> None:
    rows = Name.objects.annotate(far=distance(text), like=likeness(text)).values_list("far", "like")
    assert [far + like for far, like in rows] == pytest.approx([1, 1, 1], abs=1e-6)

    async def main() -> list[Any]:
        return [row async for row in rows.all()]

    assert [far + like for far, like in run(main())] == pytest.approx([1, 1, 1], abs=1e-6)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(("distance", "likeness"), DISTANCES)
def test_the_nearest_come_first_out_of_the_index(distance: Any, likeness: Any, database: Database) -> None:
    near = Name.objects.annotate(far=distance("Matt")).order_by("far")
    far = list(near.values_list("far", flat=True))
    assert far == sorted(far)
    assert far[0] < far[-1] == 1
    with atomic():
        database.execute("SET LOCAL enable_seqscan = off")
        plan = near.explain()
    assert "names_by_likeness" in plan
    assert "Order By" in plan
    assert "Sort" not in plan


@pytest.mark.usefixtures("names")
def test_columns_are_compared_with_one_another() -> None:
    rows = Name.objects.annotate(own=TrigramDistance("text", F("text")), word=TrigramWordSimilarity(F("text"), "text"))
    assert set(rows.values_list("own", "word")) == {(0, 1)}

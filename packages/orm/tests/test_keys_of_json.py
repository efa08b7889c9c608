"""Values inside of JSON as answers and by other names, and JSON's null: the same on every database."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from partita.orm import (
    CharField,
    Count,
    F,
    IntegerField,
    JSONField,
    JSONNull,
    Max,
    Model,
    Registry,
    Subquery,
    Value,
)
from partita.orm.lookups import GreaterThan

inside = Registry()
VALUES: list[Any] = [1, "1", "x", True, 1.5, [1], {"a": 1}, None]


class Paper(Model):
    """Holds JSON."""

    name = CharField(max_length=10)
    data = JSONField(null=True)
    number = IntegerField(default=0)

    class Meta:
        registry = inside
        app_label = "inside"
        ordering = ("number",)


@pytest.fixture
def papers(tables: Callable[..., None]) -> Any:
    """One of each kind of value under the same key."""
    tables(Paper)
    for number, value in enumerate(VALUES):
        Paper.objects.create(name=str(number), number=number, data={"k": value})
    return Paper.objects


def exactly(values: Any) -> list[tuple[type, Any]]:
    """Return values with their types: true is equal to 1."""
    return [(type(value), value) for value in values]


def test_they_are_read_as_what_they_are(papers: Any) -> None:
    assert exactly(papers.values_list("data__k", flat=True)) == exactly(VALUES)
    assert exactly(row.k for row in papers.annotate(k=F("data__k"))) == exactly(VALUES)
    assert exactly(papers.annotate(k=F("data__k")).values_list("k", flat=True)) == exactly(VALUES)
    assert exactly(papers.values_list("data__k__a", flat=True).filter(data__k__a=1)) == [(int, 1)]
    texts = papers.filter(name__in=["1", "2"])
    assert list(papers.annotate(other=Subquery(texts.values("data__k")[1:2])).values_list("other", flat=True)[:1]) == [
        "x"
    ]
    both = papers.filter(name="2").values_list("data__k", flat=True)
    assert list(both.union(both)) == ["x"]


def test_they_are_asked_for_by_another_name(papers: Any) -> None:
    keys = papers.annotate(k=F("data__k"), whole=F("data"))

    def found(*conditions: Any, **lookups: Any) -> list[str]:
        return list(keys.filter(*conditions, **lookups).values_list("name", flat=True))

    assert found(k=1) == ["0"]
    assert found(k="1") == ["1"]
    assert found(k="x") == found(k__icontains="X") == ["2"]
    assert found(k__in=["x", 1.5]) == ["2", "4"]
    assert found(k__a=1) == ["6"]
    assert found(k=None) == ["7"]
    assert found(GreaterThan(F("k"), 1), k__lt=2) == ["4"]
    assert found(whole={"k": 1}) == ["0"]
    assert found(whole__has_key="k") == [str(number) for number in range(len(VALUES))]
    assert found(whole__k="x") == ["2"]
    assert list(keys.exclude(k="x").values_list("name", flat=True)) == ["0", "1", "3", "4", "5", "6", "7"]
    assert list(keys.values("k").annotate(n=Count("pk")).filter(k="x").order_by()) == [{"k": "x", "n": 1}]


def test_jsons_null_is_stored_where_it_is_asked_for(
    tables: Callable[..., None], run: Callable[[Coroutine[Any, Any, Any]], Any]
) -> None:
    tables(Paper)
    papers = Paper.objects
    papers.create(name="none", data=None)
    papers.create(name="made", data=JSONNull())
    papers.create(name="typed", data=Value(None, JSONField()))
    papers.bulk_create([Paper(name="many", data=JSONNull())])
    saved = Paper(name="saved")
    saved.data = Value(None, JSONField())
    saved.save()
    run(papers.acreate(name="awaited", data=JSONNull()))
    assert list(papers.filter(data__isnull=True).values_list("name", flat=True)) == ["none"]
    nulls = papers.filter(data=JSONNull())
    assert sorted(nulls.values_list("name", flat=True)) == ["awaited", "made", "many", "saved", "typed"]
    assert {paper.data for paper in nulls} == {None}
    assert nulls.aggregate(last=Max("name")) == {"last": "typed"}

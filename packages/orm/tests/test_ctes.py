"""Common table expressions: WITH and WITH RECURSIVE, on every database."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CTE,
    CharField,
    Count,
    Exists,
    F,
    FieldError,
    ForeignKey,
    IntegerField,
    Max,
    Model,
    OuterRef,
    Registry,
    Sum,
    Value,
)
from partita.orm.testing import assert_num_queries


class Part(Model):
    """Is part of another."""

    name = CharField(max_length=5)
    price = IntegerField(default=1)
    parent = ForeignKey("self", CASCADE, null=True, related_name="parts")
    depth: int
    n: int | None
    total: int
    both: int
    above: int

    class Meta:
        registry = Registry()
        app_label = "cte"
        ordering = ("name",)


@pytest.fixture
def parts(tables: Callable[..., None]) -> dict[str, Part]:
    tables(Part)
    made: dict[str, Part] = {}
    for name, parent in (("a", ""), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "a"), ("f", ""), ("g", "f")):
        made[name] = Part.objects.create(name=name, price=len(made) + 1, parent=made.get(parent))
    return made


def tree(root: str = "", *, distinct: bool = False) -> CTE:
    """Return all parts with their depth; those of one branch, if its root is named."""
    roots = Part.objects.filter(name=root) if root else Part.objects.filter(parent=None)

    def below(found: CTE) -> Any:
        return Part.objects.with_cte(found, parent=found.col.id).values("id", depth=found.col.depth + 1)

    return CTE.recursive(roots.values("id", depth=Value(0)), below, "tree", distinct=distinct)


def sums() -> CTE:
    """Return how many parts a part has, and what they cost."""
    return CTE(Part.objects.values("parent").annotate(n=Count("id"), total=Sum("price")), "sums")


def names(rows: Any) -> str:
    return "".join(rows.values_list("name", flat=True))


def test_a_tree_with_its_depths_is_one_statement(parts: dict[str, Part], run: Any) -> None:
    found = tree()
    rows = Part.objects.with_cte(found, id=found.col.id).annotate(depth=found.col.depth)
    with assert_num_queries(1):
        assert [(row.name, row.depth) for row in rows.order_by("depth", "name")] == [
            *[("a", 0), ("f", 0), ("b", 1), ("e", 1), ("g", 1), ("c", 2), ("d", 2)]
        ]
    assert names(rows.filter(depth__gt=1)) == "cd"
    assert names(rows.exclude(depth=1).order_by("-depth", "name")) == "cdaf"
    assert (rows.count(), rows.filter(depth=3).exists(), rows.aggregate(deepest=Max("depth"))) == (
        7,
        False,
        {"deepest": 2},
    )
    assert list(rows.values("depth").annotate(n=Count("id")).order_by("depth").values_list("depth", "n")) == [
        *[(0, 2), (1, 3), (2, 2)]
    ]

    async def awaited() -> None:
        assert [row.depth async for row in rows.order_by("name")] == [0, 1, 2, 2, 1, 0, 1]

    run(awaited())


def test_values_are_no_part_of_the_plan(parts: dict[str, Part], database: Any) -> None:
    def branch(root: str) -> str:
        found = tree(root)
        return names(Part.objects.with_cte(found, id=found.col.id))

    assert branch("b") == "bcd"
    known = len(database.backend.plans)
    assert branch("f") == "fg"
    assert len(database.backend.plans) == known


def test_circles_end_where_equal_rows_count_once(parts: dict[str, Part]) -> None:
    Part.objects.filter(name="a").update(parent=parts["d"])

    def below(found: CTE) -> Any:
        return Part.objects.with_cte(found, parent=found.col.id).values("id")

    found = CTE.recursive(Part.objects.filter(name="b").values("id"), below, distinct=True)
    assert names(Part.objects.with_cte(found, id=found.col.id)) == "abcde"


def test_groups_joined_by_name(parts: dict[str, Part]) -> None:
    found = sums()
    rows = Part.objects.with_cte(found, id=found.col.parent)
    assert [(row.name, row.n, row.total) for row in rows.annotate(n=found.col.n, total=found.col.total)] == [
        *[("a", 2, 7), ("b", 2, 7), ("f", 1, 7)]
    ]
    assert names(rows.filter(price__lt=found.col.total - 5)) == "a"
    assert names(rows.order_by(found.col.n, "name")) == "fab"
    every = Part.objects.with_cte(found, outer=True, id=found.col.parent).annotate(n=found.col.n)
    assert [row.n for row in every] == [2, 2, None, None, None, 1, None]


def test_one_that_goes_on_from_itself_joins_another(parts: dict[str, Part]) -> None:
    dear, cheap = CTE(Part.objects.filter(price__gt=1).values("id"), "dear"), CTE(Part.objects.values("id"), "cheap")

    def below(found: CTE) -> Any:
        rows = Part.objects.with_cte(found, parent=found.col.id).with_cte(dear, id=dear.col.id)
        return rows.with_cte(cheap, outer=True, parent=cheap.col.id).values(
            "id", depth=found.col.depth + cheap.col.id * 0 + 1
        )

    found = CTE.recursive(Part.objects.filter(name="a").values("id", depth=Value(0)), below, "deep")
    rows = Part.objects.with_cte(found, id=found.col.id).annotate(depth=found.col.depth).order_by("-depth", "name")
    assert [(row.name, row.depth) for row in rows] == [("c", 2), ("d", 2), ("b", 1), ("e", 1), ("a", 0)]
    again = Part.objects.with_cte(found, id=found.col.id).filter(
        price=3, id__in=Part.objects.with_cte(dear, id=dear.col.id)
    )
    assert (names(again), again.count(), again.exists()) == ("c", 1, True)


def test_two_of_them_and_relations(parts: dict[str, Part]) -> None:
    count, depth = sums(), tree()
    rows = Part.objects.with_cte(count, parent_id=count.col.parent).with_cte(depth, id=depth.col.id)
    rows = rows.filter(parent__name="a").annotate(both=count.col.n * 10 + depth.col.depth)
    assert [(row.name, row.both) for row in rows] == [("b", 21), ("e", 21)]
    assert names(Part.objects.with_cte(count, parent__parent=count.col.parent)) == "cd"


def test_in_subqueries_and_in_changes(parts: dict[str, Part]) -> None:
    found = sums()
    inside = Part.objects.with_cte(found, id=found.col.parent)
    assert names(Part.objects.filter(Exists(inside.filter(id=OuterRef("id"), price__gt=1)))) == "bf"
    assert names(Part.objects.filter(pk__in=inside)) == "abf"
    around = Part.objects.with_cte(found, id=found.col.parent)
    assert names(around.filter(Exists(Part.objects.filter(price=found.col.total)))) == "abf"
    assert inside.filter(price__lt=found.col.total).update(price=F("price") + 50) == 3
    assert sorted(Part.objects.filter(price__gt=50).values_list("name", "price")) == [("a", 51), ("b", 52), ("f", 56)]
    assert Part.objects.with_cte(found, parent=found.col.parent).filter(price=7).delete()[0] == 1
    assert names(Part.objects.all()) == "abcdef"


def test_made_of_slices_and_of_combined_queries(parts: dict[str, Part]) -> None:
    first = CTE(Part.objects.order_by("-price").values("id")[:2], "dear")
    assert names(Part.objects.with_cte(first, id=first.col.id)) == "fg"
    either = CTE(Part.objects.filter(name="a").values("id").union(Part.objects.filter(name="g").values("id")), "either")
    assert names(Part.objects.with_cte(either, id=either.col.id)) == "ag"
    whole = CTE(Part.objects.filter(name="c"), "whole")
    assert [row.above for row in Part.objects.with_cte(whole, id=whole.col.id).annotate(above=whole.col.parent_id)] == [
        parts["b"].pk
    ]


def test_what_is_refused(parts: dict[str, Part]) -> None:
    found = sums()
    with pytest.raises(FieldError, match=r"no column 'nothing'. Choices are: n, parent, total"):
        _ = found.col.nothing
    with pytest.raises(FieldError, match="what is equal"):
        Part.objects.with_cte(found)
    with pytest.raises(FieldError, match="is no column of 'sums'"):
        Part.objects.with_cte(found, id=sums().col.n)
    with pytest.raises(FieldError, match="joins 'sums' already"):
        Part.objects.with_cte(found, id=found.col.n).with_cte(found, id=found.col.n)
    with pytest.raises(FieldError, match="call with_cte"):
        list(Part.objects.annotate(n=found.col.n))
    with pytest.raises(FieldError, match="Two common table expressions"):
        other = sums()
        list(Part.objects.with_cte(found, id=found.col.parent).with_cte(other, id=other.col.parent))
    with pytest.raises(FieldError, match="cannot be an alias"):
        CTE(Part.objects.values("id"), 'x" AS (SELECT 1); --')
    with pytest.raises(FieldError, match="have 1 columns, those that follow 2"):
        CTE.recursive(Part.objects.values("id"), lambda found: Part.objects.values("id", "name"))
    with pytest.raises(FieldError, match="cannot contain an OuterRef"):
        hidden = CTE(Part.objects.filter(id=OuterRef("id")).values("id"), "hidden")
        list(Part.objects.filter(Exists(Part.objects.with_cte(hidden, id=hidden.col.id))))
    with pytest.raises(TypeError, match="slice"):
        Part.objects.all()[:3].with_cte(found, id=found.col.n)

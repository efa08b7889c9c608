"""Branches of trees, and whatever else points to itself, in one statement."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CASCADE, CharField, FieldError, ForeignKey, Model, Registry
from partita.orm.patterns.recursion import Reached, ancestors, descendants
from partita.orm.testing import assert_num_queries


class Part(Model):
    """Is part of another."""

    name = CharField(max_length=5)
    parent = ForeignKey("self", CASCADE, null=True, related_name="parts")

    class Meta:
        registry = Registry()
        app_label = "factory"
        ordering = ("name",)


@pytest.fixture
def parts(tables: Callable[..., None]) -> dict[str, Part]:
    tables(Part)
    made: dict[str, Part] = {}
    for name, parent in (("a", ""), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "a"), ("f", ""), ("g", "f")):
        made[name] = Part.objects.create(name=name, parent=made.get(parent))
    return made


def names(rows: Any) -> str:
    return "".join(row.name for row in rows)


def test_branches_in_one_statement(parts: dict[str, Part], run: Any) -> None:
    rows = Part.objects
    with assert_num_queries(1):
        assert names(descendants(rows.filter(name="a"))) == "abcde"
    with assert_num_queries(1):
        assert names(ancestors(rows.filter(name__in=["d", "g"]))) == "abdfg"
    assert names(descendants(rows.filter(name="b")).exclude(name="b")) == "cd"
    assert names(descendants(rows.filter(parent__name="a"), "parent").order_by("-name")) == "edcb"
    assert descendants(rows.filter(name="nobody")).count() == 0
    assert names(rows.exclude(pk__in=Reached(rows.filter(name="a")))) == "fg"
    first = descendants(rows.order_by("-name")[:1])
    assert names(first) == "g"
    assert names(rows.filter(pk__in=Reached(rows.filter(name="f")), name="g")) == "g"

    async def awaited() -> None:
        assert [row.name async for row in descendants(rows.filter(name="f"))] == ["f", "g"]

    run(awaited())


def test_circles_end(parts: dict[str, Part]) -> None:
    Part.objects.filter(name="a").update(parent=parts["d"])
    assert names(descendants(Part.objects.filter(name="c"))) == "c"
    assert names(descendants(Part.objects.filter(name="b"))) == "abcde"
    assert names(ancestors(Part.objects.filter(name="b"))) == "abd"


def test_one_plan_serves_all_values(parts: dict[str, Part], database: Any) -> None:
    names(descendants(Part.objects.filter(name="a")))
    once = len(database.backend.plans)
    assert names(descendants(Part.objects.filter(name="f"))) == "fg"
    assert len(database.backend.plans) == once


def test_what_is_refused() -> None:
    for by in ("name", "nothing", "parts", "parent') ; --"):
        with pytest.raises(FieldError, match="to itself"):
            Reached(Part.objects.all(), by)
    with pytest.raises(FieldError, match="instances"):
        Reached(Part.objects.values("pk"))

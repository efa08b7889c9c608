"""Unions, intersections and differences of the first rows of queries, on every database."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import Database, IntegerField, Model, Registry


class Number(Model):
    """One number."""

    n = IntegerField()

    class Meta:
        registry = Registry()
        app_label = "sets"


def numbers() -> tuple[Any, Any]:
    """Return all rows from both ends."""
    return Number.objects.order_by("n"), Number.objects.order_by("-n")


SETS: dict[str, tuple[Callable[[Any, Any], Any], list[int]]] = {
    "union": (lambda up, down: up[:2].union(down[:2]), [0, 1, 4, 5]),
    "union of all": (lambda up, down: up[:2].union(up[:1], all=True), [0, 0, 1]),
    "intersection": (lambda up, down: up[:3].intersection(down[:4]), [2]),
    "difference": (lambda up, down: up[:4].difference(up[:1]), [1, 2, 3]),
    "one slice of two": (lambda up, down: up.filter(n=1).union(up[2:4]), [1, 2, 3]),
    "a slice of slices": (lambda up, down: up[:3].union(down[:3]).order_by("-n")[:2], [4, 5]),
    "as a condition": (
        lambda up, down: up.filter(pk__in=up.values("pk")[:2].union(down.values("pk")[:1])),
        [0, 1, 5],
    ),
}


@pytest.mark.parametrize("name", SETS)
def test_slices_can_be_combined(database: Database, tables: Any, name: str) -> None:
    tables(Number)
    Number.objects.bulk_create([Number(n=n) for n in range(6)])
    make, expected = SETS[name]
    rows = make(*numbers())
    assert sorted(row.n for row in rows) == expected
    assert rows.count() == len(expected)
    assert rows.exists()


def test_slices_of_values_can_be_combined(database: Database, tables: Any) -> None:
    tables(Number)
    Number.objects.bulk_create([Number(n=n) for n in range(6)])
    up, down = numbers()
    assert sorted(up.values_list("n", flat=True)[:2].union(down.values_list("n", flat=True)[:1])) == [0, 1, 5]

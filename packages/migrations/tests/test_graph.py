import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.migrations.arrangement import make
from partita.migrations.errors import ConflictingMigrations, CyclicMigrations, UnknownMigration
from partita.migrations.graph import Graph
from partita.migrations.migration import Key, Migration


def step(name: str, *after: str, before: Sequence[str] = ()) -> Migration:
    app, _, number = name.partition(".")
    made = make(app, number, [], [_key(each) for each in after])
    type(made).run_before = [_key(each) for each in before]
    return made


def _key(text: str) -> Key:
    app, _, number = text.partition(".")
    return app, number


def test_each_migration_comes_after_what_it_waits_for() -> None:
    graph = Graph([step("a.2", "a.1", "b.1"), step("b.1", "c.1"), step("a.1"), step("c.1")])
    assert graph.order.index(("a", "2")) > graph.order.index(("b", "1")) > graph.order.index(("c", "1"))
    assert graph.leaf("a") == ("a", "2")
    assert graph.leaf("absent") is None


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=15))
def test_any_graph_is_ordered_or_its_circle_is_shown(edges: list[tuple[int, int]]) -> None:
    after: dict[int, list[str]] = {number: [] for number in range(8)}
    for one, two in edges:
        after[one].append(f"a.{two}")
    migrations = [step(f"a.{number}", *each) for number, each in after.items()]
    try:
        graph = Graph(migrations)
    except CyclicMigrations as error:
        circle = [int(number) for _, number in error.circle]
        pairs = list(itertools.pairwise(circle))
        waits = all((one, two) in edges for one, two in pairs)
        if not (waits and circle[0] == circle[-1]):
            raise
        return
    place = {int(number): index for index, (_, number) in enumerate(graph.order)}
    assert all(place[one] > place[two] for one, two in edges)


def test_run_before_turns_the_arrow() -> None:
    graph = Graph([step("a.1"), step("b.1", before=["a.1"])])
    assert graph.order == (("b", "1"), ("a", "1"))


def test_a_circle_is_named() -> None:
    with pytest.raises(CyclicMigrations, match=r"a\.1 -> b\.1 -> a\.1"):
        Graph([step("a.1", "b.1"), step("b.1", "a.1")])


def test_a_missing_dependency_names_who_asks_and_what_there_is() -> None:
    with pytest.raises(UnknownMigration, match=r"no migration b\.7\. a\.1 names it\. b has: 1"):
        Graph([step("a.1", "b.7"), step("b.1")])


def test_two_ends_are_a_conflict() -> None:
    graph = Graph([step("a.1"), step("a.2", "a.1"), step("a.3", "a.1")])
    with pytest.raises(ConflictingMigrations, match="2, 3"):
        graph.leaf("a")


def test_first_stands_for_the_first_of_an_app() -> None:
    graph = Graph([step("a.1", "b.__first__", "none.__first__"), step("b.1"), step("b.2", "b.1")])
    assert graph.with_ancestors([("a", "1")]) == (("b", "1"), ("a", "1"))


def test_ancestors_and_descendants_are_found() -> None:
    graph = Graph([step("a.1"), step("a.2", "a.1"), step("b.1", "a.1"), step("b.2", "b.1", "a.2")])
    assert graph.with_ancestors([("b", "1")]) == (("a", "1"), ("b", "1"))
    assert graph.with_descendants([("a", "2")]) == (("a", "2"), ("b", "2"))
    assert graph.followers(("a", "1")) == (("a", "2"),)


def test_a_migration_is_found_by_how_it_begins() -> None:
    graph = Graph([step("a.0001_initial"), step("a.0002_title", "a.0001_initial"), step("a.0002", "a.0002_title")])
    assert graph.find("a", "0001") == ("a", "0001_initial")
    assert graph.find("a", "0002") == ("a", "0002")
    for beginning, hint in (("0", "begin so"), ("9", "a has: 0001_initial")):
        with pytest.raises(UnknownMigration, match=hint):
            graph.find("a", beginning)
    with pytest.raises(UnknownMigration, match="Apps with migrations are: a"):
        graph.find("b", "0001")

"""Trees: branches are found in one query, and paths follow whatever moves."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CharField, Registry
from partita.orm.patterns.trees import TreeError, TreeMixin
from partita.orm.testing import assert_num_queries

shop = Registry()


class Category(TreeMixin):
    """Stands in a tree."""

    name = CharField(max_length=20)

    class Meta:
        registry = shop
        app_label = "shops"


class Named(TreeMixin):
    """Has a text as its key, which no tree takes."""

    id = CharField(max_length=5, primary_key=True)

    class Meta:
        registry = shop
        app_label = "shops"


@pytest.fixture
def tree(tables: Callable[..., None]) -> dict[str, Category]:
    tables(Category)
    made: dict[str, Category] = {}
    for name, parent in (("a", ""), ("b", "a"), ("c", "b"), ("d", "b"), ("e", "a"), ("f", ""), ("g", "f")):
        made[name] = Category.objects.create(name=name, parent=made.get(parent))
    return made


def names(rows: Any) -> str:
    return "".join(row.name for row in rows)


def test_branches_in_one_query(tree: dict[str, Category], run: Any) -> None:
    with assert_num_queries(1):
        assert names(tree["a"].get_descendants()) == "bcde"
    with assert_num_queries(1):
        assert names(tree["d"].get_ancestors()) == "ab"
    assert names(tree["d"].get_ancestors(include_self=True)) == "abd"
    assert names(tree["b"].get_descendants(include_self=True)) == "bcd"
    assert names(tree["c"].get_descendants()) == ""
    assert names(tree["a"].get_ancestors()) == ""
    assert tree["d"].get_root() == tree["a"]
    rows = Category.objects.all()
    assert names(rows.roots().order_by("name")) == "af"
    assert names(rows.leaves().order_by("name")) == "cdeg"
    assert names(rows.in_tree_order()) == "abcdefg"
    assert names(Category.objects.ancestors_of(tree["c"], tree["g"]).order_by("name")) == "abf"
    assert names(Category.objects.descendants_of(tree["b"], tree["f"]).order_by("name")) == "cdg"
    assert not Category.objects.descendants_of()
    assert [tree[name].depth for name in "abcdefg"] == [0, 1, 2, 2, 1, 0, 1]
    assert tree["a"].is_root
    assert tree["a"].is_ancestor_of(tree["d"])
    assert tree["d"].is_descendant_of(tree["a"])
    assert not tree["a"].is_ancestor_of(tree["a"])

    async def awaited() -> None:
        child = await Category.objects.acreate(name="h", parent=tree["g"])
        assert [row.name async for row in child.get_ancestors()] == ["f", "g"]

    run(awaited())


def test_a_branch_moves_with_its_root(tree: dict[str, Category]) -> None:
    tree["b"].parent = tree["g"]
    tree["b"].save()
    assert names(Category.objects.order_by("path")) == "aefgbcd"
    assert names(tree["b"].get_ancestors()) == "fg"
    assert names(Category.objects.get(name="d").get_ancestors()) == "fgb"
    assert list(Category.objects.order_by("name").values_list("depth", flat=True)) == [0, 2, 3, 3, 1, 0, 1]
    tree["b"].parent = None
    tree["b"].save(update_fields=["parent"])
    assert names(Category.objects.get(name="b").get_descendants()) == "cd"
    tree["b"].name = "B"
    tree["b"].save(update_fields=["name"])
    assert Category.rebuild() == 0


def test_nothing_stands_below_itself(tree: dict[str, Category]) -> None:
    for under in ("a", "b", "d"):
        tree["a"].parent = tree[under]
        with pytest.raises(TreeError, match="below itself"):
            tree["a"].save()
    assert Category.objects.get(name="a").is_root
    assert Category.rebuild() == 0


def test_depth_has_an_end(tables: Callable[..., None]) -> None:
    tables(Category)
    top = at = Category.objects.create(name="0")
    for number in range(1, 63):
        at = Category.objects.create(name=f"{number}", parent=at)
    assert at.depth == 62
    with pytest.raises(TreeError, match="at most 63 levels"):
        Category.objects.create(name="x", parent=at)
    other = Category.objects.create(name="y")
    top.parent = other
    with pytest.raises(TreeError, match="levels"):
        top.save()
    assert Category.objects.get(name="0").is_root


def test_paths_are_those_of_the_parents_after_any_moves(tree: dict[str, Category]) -> None:
    choose = random.Random(3)
    for _ in range(40):
        moved = Category.objects.get(name=choose.choice("abcdefg"))
        moved.parent = choose.choice([None, *Category.objects.all()])
        try:
            moved.save()
        except TreeError:
            continue
    assert Category.rebuild() == 0


def test_bulk_changes_are_set_right(tree: dict[str, Category]) -> None:
    Category.objects.update(path="", depth=7)
    assert Category.rebuild() == 7
    assert names(Category.objects.get(name="a").get_descendants()) == "bcde"
    Category.objects.filter(name="a").update(parent=tree["d"])
    with pytest.raises(TreeError, match="below itself"):
        Category.rebuild()


def test_keys_are_numbers(tables: Callable[..., None]) -> None:
    tables(Named)
    with pytest.raises(TreeError, match="whole numbers"):
        Named.objects.create(id="x")
    assert not Named.objects.exists()

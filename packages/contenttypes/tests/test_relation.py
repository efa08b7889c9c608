"""The rows that point to one row, and queries over them."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.contenttypes import ContentType, UnrelatedRow
from partita.orm import Count, Database, FilteredRelation, Prefetch, Q, signals
from partita.orm.testing import assert_num_queries
from partita.templates import Engine


def words(row: Any) -> list[str]:
    return [tag.word for tag in row.tags.all()]


def names(rows: Any) -> list[str]:
    return sorted(row.name for row in rows)


def test_rows_are_filtered_by_what_points_to_them(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    assert names(models.Animal.objects.filter(tags__word="big")) == ["bear", "lion"]
    assert names(models.Animal.objects.exclude(tags__word="yellow")) == ["bear", "crow"]
    assert names(models.Animal.objects.filter(Q(tags__word="yellow") | Q(name="crow"))) == ["crow", "lion"]
    assert names(models.Animal.objects.filter(tags=models.Tag.objects.get(word="yellow"))) == ["lion"]
    assert names(models.Animal.objects.filter(tags__isnull=True)) == ["crow"]  # the bird's tag is not the animal's
    assert names(models.Stone.objects.filter(tags__word__startswith="h")) == ["flint"]
    assert not models.Stone.objects.filter(tags__word="big").exists()
    assert names(models.Bird.objects.filter(tags__word="black")) == ["crow"]


def test_templates_reach_what_points_to_a_row(zoo: SimpleNamespace) -> None:
    source = "{% for tag in lion.tags.all %}{{ tag.word }} {% endfor %}{{ lion.tags.clear }}{{ lion.tags.count }}"
    assert Engine().from_string(source).render({"lion": zoo.lion}) == " ".join([*words(zoo.lion), "2"])


def test_tags_are_filtered_by_what_they_point_to(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    tags = models.Tag.objects
    assert list(tags.filter(stone__name="flint").values_list("word", flat=True)) == ["hard"]
    assert list(tags.filter(stone=zoo.flint).values_list("word", flat=True)) == ["hard"]
    assert list(tags.values_list("word", "stone__name")) == [
        ("big", None),
        ("big", None),
        ("black", None),
        ("hard", "flint"),
        ("yellow", None),
    ]
    assert list(tags.get(word="hard").stone.all()) == [zoo.flint]


def test_rows_are_counted_grouped_and_ordered_over_it(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    counted = models.Animal.objects.annotate(count=Count("tags")).order_by("-count", "name")
    assert list(counted.values_list("name", "count")) == [("lion", 2), ("bear", 1), ("crow", 0)]
    assert models.Animal.objects.aggregate(count=Count("tags"))["count"] == 3
    ordered = models.Animal.objects.filter(tags__isnull=False).order_by("-tags__word", "name")
    assert [row.name for row in ordered] == ["lion", "bear", "lion"]
    only_big = FilteredRelation("tags", condition=Q(tags__word="big"))
    big = models.Animal.objects.annotate(big=only_big).values_list("name", "big__word").order_by("name")
    assert list(big) == [("bear", "big"), ("crow", None), ("lion", "big")]


def test_a_query_holds_before_the_content_type_is_there(database: Database, models: SimpleNamespace) -> None:
    models.Animal.objects.create(name="wolf")
    assert not ContentType.objects.exists()
    assert not models.Animal.objects.filter(tags__word="grey").exists()
    wolf = models.Animal.objects.get()
    assert words(wolf) == []
    wolf.tags.create(word="grey")
    assert names(models.Animal.objects.filter(tags__word="grey")) == ["wolf"]


def test_rows_are_added_moved_removed_and_cleared(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    tag = zoo.bear.tags.get()
    zoo.lion.tags.add(tag)
    assert words(zoo.bear) == []
    assert words(zoo.lion) == ["big", "big", "yellow"]
    zoo.bear.tags.add(models.Tag(word="new"), bulk=False)
    assert words(zoo.bear) == ["new"]
    zoo.bear.tags.remove(zoo.lion.tags.all()[0])
    assert len(words(zoo.lion)) == 3  # it was not the bear's
    zoo.lion.tags.remove(tag)
    assert words(zoo.lion) == ["big", "yellow"]
    zoo.lion.tags.clear()
    assert words(zoo.lion) == []
    assert not models.Tag.objects.filter(word="yellow").exists()


def test_exactly_the_rows_that_are_set_stay(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    big, yellow = zoo.lion.tags.all()
    zoo.lion.tags.set([yellow])
    assert words(zoo.lion) == ["yellow"]
    assert not models.Tag.objects.filter(pk=big.pk).exists()
    new = models.Tag.objects.create(word="loud")
    zoo.lion.tags.set([new, yellow])
    assert words(zoo.lion) == ["loud", "yellow"]
    zoo.lion.tags.set([], clear=True)
    assert words(zoo.lion) == []


def test_rows_of_other_models_and_new_ones_are_refused(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    with pytest.raises(UnrelatedRow, match="'Tag' instance expected"):
        zoo.lion.tags.add(zoo.bear)
    with pytest.raises(ValueError, match="isn't saved"):
        zoo.lion.tags.add(models.Tag(word="new"))
    with pytest.raises(TypeError, match=r"tags\.set\(\)"):
        zoo.lion.tags = []


def test_rows_are_found_or_made(zoo: SimpleNamespace) -> None:
    tag, is_new = zoo.lion.tags.get_or_create(word="big")
    assert not is_new
    made, is_new = zoo.lion.tags.get_or_create(word="loud")
    assert is_new
    changed, is_new = zoo.lion.tags.update_or_create({"word": "quiet"}, word="loud")
    assert (changed.pk, changed.word, is_new) == (made.pk, "quiet", False)
    assert zoo.lion.tags.filter(word="big").get() == tag


def test_rows_know_what_they_were_found_by(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    for row in (zoo.lion, models.Animal.objects.prefetch_related("tags").get(name="lion")):
        tags = list(row.tags.all())
        with assert_num_queries(0):
            assert all(tag.content_object is row for tag in tags)


def test_rows_are_prefetched(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    with assert_num_queries(2):
        assert [(row.name, words(row)) for row in models.Animal.objects.prefetch_related("tags")] == [
            ("bear", ["big"]),
            ("crow", []),
            ("lion", ["big", "yellow"]),
        ]
    chosen = Prefetch("tags", models.Tag.objects.filter(word="big"), to_attr="big")
    with assert_num_queries(2):
        assert [len(row.big) for row in models.Animal.objects.prefetch_related(chosen)] == [1, 0, 1]
    stone = models.Stone.objects.prefetch_related("tags").get()
    with assert_num_queries(0):
        assert words(stone) == ["hard"]
    stone.tags.create(word="new")
    assert words(stone) == ["hard", "new"]


def test_the_rows_that_a_tag_is_on_are_found_and_prefetched(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    assert list(models.Tag.objects.get(word="hard").stone.all()) == [zoo.flint]
    assert not models.Tag.objects.get(word="yellow").stone.exists()
    with assert_num_queries(2):
        tags = list(models.Tag.objects.prefetch_related("stone"))
    with assert_num_queries(0):
        assert {tag.word: list(tag.stone.all()) for tag in tags}["hard"] == [zoo.flint]
        assert {tag.word: list(tag.stone.all()) for tag in tags}["yellow"] == []
    kept = models.Tag.objects.prefetch_related(Prefetch("stone", to_attr="stones"))
    assert [tag.word for tag in kept if tag.stones] == ["hard"]


def test_rows_go_with_what_they_point_to(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    assert zoo.lion.delete() == (3, {"zoo.Animal": 1, "zoo.Tag": 2})
    assert models.Stone.objects.all().delete() == (2, {"zoo.Stone": 1, "zoo.Tag": 1})
    assert sorted(tag.word for tag in models.Tag.objects.all()) == ["big", "black"]
    models.Bird.objects.all().delete()
    assert sorted(tag.word for tag in models.Tag.objects.all()) == ["big"]


def test_rows_that_go_along_are_told_of(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    gone: list[str] = []

    def note(sender: object, instance: Any, **_: object) -> None:
        gone.append(instance.word)

    signals.post_delete.connect(note, models.Tag)
    try:
        zoo.lion.delete()
    finally:
        signals.post_delete.disconnect(note, models.Tag)
    assert sorted(gone) == ["big", "yellow"]


def test_another_manager_of_the_other_model_may_be_asked(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    big = zoo.lion.tags(manager="big")
    assert [tag.word for tag in big.all()] == ["big"]
    assert zoo.lion.tags(manager="objects").count() == 2
    big.remove(models.Tag.objects.get(word="yellow"))  # which is none of those
    assert words(zoo.lion) == ["big", "yellow"]
    big.clear()
    assert words(zoo.lion) == ["yellow"]
    assert words(zoo.bear) == ["big"]


def test_the_async_twins_do_the_same(zoo: SimpleNamespace, models: SimpleNamespace, run: Callable[..., Any]) -> None:
    async def check() -> None:
        ContentType.objects.clear_cache()
        assert [tag.word async for tag in zoo.lion.tags.all()] == ["big", "yellow"]
        made = await zoo.lion.tags.acreate(word="loud")
        await zoo.bear.tags.aadd(made)
        assert [tag.word async for tag in zoo.bear.tags.all()] == ["big", "loud"]
        await zoo.bear.tags.aremove(made)
        await zoo.lion.tags.aset([await zoo.lion.tags.aget(word="big")])
        assert await zoo.lion.tags.acount() == 1
        _, is_new = await zoo.lion.tags.aget_or_create(word="big")
        assert not is_new
        _, is_new = await zoo.lion.tags.aupdate_or_create(word="sad")
        assert is_new
        await zoo.lion.tags.aclear()
        assert not await zoo.lion.tags.aexists()
        assert [row.name async for row in models.Animal.objects.filter(tags__word="big")] == ["bear"]
        assert await zoo.bear.adelete() == (2, {"zoo.Animal": 1, "zoo.Tag": 1})

    run(check())


def test_templates_are_told_what_changes_data(zoo: SimpleNamespace) -> None:
    tags: Any = zoo.lion.tags
    names = ("add", "clear", "create", "get_or_create", "remove", "set", "update_or_create")
    assert all(getattr(tags, f"{twin}{name}").alters_data for name in names for twin in ("", "a"))
    assert not any(getattr(getattr(tags, name), "alters_data", False) for name in ("all", "count", "filter", "get"))

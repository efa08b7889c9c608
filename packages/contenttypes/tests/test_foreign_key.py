"""Rows that point to rows of any model."""

import copy
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita import bridge
from partita.contenttypes import ContentType, GenericPrefetch
from partita.orm import FETCH_ONE, FETCH_RAISE, Database, FieldError, Prefetch
from partita.orm.prefetch_modes import FieldFetchBlocked
from partita.orm.testing import assert_num_queries


def test_what_is_assigned_comes_back(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    tag = models.Tag.objects.create(word="old", content_object=zoo.lion)
    assert tag.content_type == ContentType.objects.get_for_model(models.Animal)
    assert tag.object_id == zoo.lion.pk
    again = models.Tag.objects.get(pk=tag.pk)
    assert again.content_object == zoo.lion
    with assert_num_queries(0):
        assert again.content_object == zoo.lion
    again.content_object = zoo.flint
    again.save()
    assert models.Tag.objects.get(pk=tag.pk).content_object == zoo.flint
    again.content_object = None
    assert (again.content_type, again.object_id, again.content_object) == (None, None, None)


def test_a_changed_key_leads_to_another_row(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    tag = models.Tag.objects.get(word="yellow")
    assert tag.content_object == zoo.lion
    tag.object_id = str(zoo.bear.pk)
    assert tag.content_object == zoo.bear
    tag.content_type = ContentType.objects.get_for_model(models.Stone)
    assert tag.content_object is None
    tag.object_id = str(zoo.flint.pk)
    assert tag.content_object == zoo.flint


def test_a_key_that_leads_nowhere_gives_nothing_and_is_not_asked_for_twice(
    zoo: SimpleNamespace, models: SimpleNamespace
) -> None:
    kind = ContentType.objects.get_for_model(models.Animal)
    gone = ContentType.objects.create(app_label="zoo", model="unicorn")
    for content_type, key in ((kind, "0"), (kind, "no number"), (kind, "9" * 50), (gone, "1")):
        tag = models.Tag.objects.create(word="lost", content_type=content_type, object_id=key)
        tag = models.Tag.objects.get(pk=tag.pk)
        assert tag.content_object is None
        with assert_num_queries(0):
            assert tag.content_object is None
        assert copy.deepcopy(tag).content_object is None
        assert pickle.loads(pickle.dumps(tag)).pk == tag.pk


def test_rows_fetched_together_load_theirs_with_one_query_a_model(
    zoo: SimpleNamespace, models: SimpleNamespace
) -> None:
    with assert_num_queries(4):  # the tags, animals, birds, stones
        shown = [(tag.word, str(tag.content_object)) for tag in models.Tag.objects.all()]
    assert sorted(shown) == [
        ("big", "bear"),
        ("big", "lion"),
        ("black", "crow"),
        ("hard", "flint"),
        ("yellow", "lion"),
    ]
    with assert_num_queries(3):
        tags = list(models.Tag.objects.filter(word="big").fetch_mode(FETCH_ONE))
        assert {str(tag.content_object) for tag in tags} == {"bear", "lion"}
    with pytest.raises(FieldFetchBlocked):
        _ = models.Tag.objects.fetch_mode(FETCH_RAISE)[0].content_object


def test_rows_are_prefetched_and_so_is_what_belongs_to_them(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    with assert_num_queries(5):  # tags, animals, birds, stones; tags of animals, birds and stones
        tags = list(models.Tag.objects.prefetch_related("content_object__tags"))
    with assert_num_queries(0):
        shown = {tag.word: [str(each) for each in tag.content_object.tags.all()] for tag in tags}
    assert shown["yellow"] == ["big", "yellow"]
    assert shown["hard"] == ["hard"]


def test_what_is_prefetched_may_be_narrowed_for_each_model(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    lookup = GenericPrefetch(
        "content_object", [models.Animal.objects.filter(name="bear"), models.Stone.objects.only("name")]
    )
    with assert_num_queries(4):
        tags = list(models.Tag.objects.prefetch_related(lookup))
    with assert_num_queries(0):
        assert [str(tag.content_object) for tag in tags if tag.word in ("black", "hard")] == ["crow", "flint"]
        assert {str(tag.content_object) for tag in tags if tag.word in ("big", "yellow")} == {"bear", "None"}
    kept = models.Tag.objects.prefetch_related(GenericPrefetch("content_object", [], to_attr="target"))
    with assert_num_queries(4):
        assert {str(tag.target) for tag in kept} == {"bear", "crow", "flint", "lion"}


def test_narrowing_is_refused_where_it_has_no_meaning(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="GenericPrefetch"):
        list(models.Tag.objects.prefetch_related(Prefetch("content_object", models.Animal.objects.all())))
    with pytest.raises(ValueError, match="values"):
        GenericPrefetch("content_object", [models.Animal.objects.values("name")])
    twice = GenericPrefetch("content_object", [models.Animal.objects.all(), models.Pet.objects.all()])
    with pytest.raises(ValueError, match="Only one queryset"):
        list(models.Tag.objects.prefetch_related(twice))
    with pytest.raises(AttributeError, match="Cannot find 'feathers'"):
        list(models.Tag.objects.prefetch_related("content_object__feathers"))


def test_queries_cannot_follow_it(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    with pytest.raises(FieldError, match="consider adding a GenericRelation"):
        models.Tag.objects.filter(content_object__name="lion")
    with pytest.raises(FieldError):
        models.Tag.objects.select_related("content_object")


def test_a_row_that_is_not_saved_yet_is_refused_and_its_key_is_taken_later(
    database: Database, models: SimpleNamespace
) -> None:
    wolf = models.Animal(name="wolf")
    tag = models.Tag(word="grey", content_object=wolf)
    with pytest.raises(ValueError, match="unsaved related object 'content_object'"):
        tag.save()
    with pytest.raises(ValueError, match="unsaved related object 'content_object'"):
        models.Tag.objects.bulk_create([tag])
    wolf.save()
    tag.save()
    assert models.Tag.objects.get(word="grey").content_object == wolf


def test_refreshing_forgets_the_row(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    tag = models.Tag.objects.get(word="yellow")
    assert tag.content_object == zoo.lion
    models.Tag.objects.filter(pk=tag.pk).update(object_id=str(zoo.bear.pk))
    tag.refresh_from_db()
    assert tag.content_object == zoo.bear


def test_proxies_are_told_apart_if_asked(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    pet = models.Pet.objects.get(name="lion")
    photo = models.Photo.objects.create(title="roar", subject=pet)
    assert type(models.Photo.objects.get(pk=photo.pk).subject) is models.Pet
    photo.subject = zoo.lion
    photo.save()
    assert type(models.Photo.objects.get(pk=photo.pk).subject) is models.Animal


def test_it_is_loaded_where_code_awaits(zoo: SimpleNamespace, models: SimpleNamespace, run: Callable[..., Any]) -> None:
    async def check() -> None:
        tag = await models.Tag.objects.aget(word="yellow")
        assert await bridge.run(lambda: tag.content_object) == zoo.lion
        tags = [tag async for tag in models.Tag.objects.prefetch_related("content_object")]
        assert {str(tag.content_object) for tag in tags} == {"bear", "crow", "flint", "lion"}

    run(check())


def test_rows_are_found_or_made_with_it(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    tag, is_new = models.Tag.objects.get_or_create(word="soft", defaults={"content_object": zoo.bear})
    assert (is_new, tag.content_object) == (True, zoo.bear)
    with pytest.raises(FieldError):
        models.Tag.objects.get_or_create(word="other", defaults={"nothing": 1})


def test_rows_are_kept_in_order_below_what_they_point_to(database: Database, models: SimpleNamespace) -> None:
    anna, ben = models.Keeper.objects.create(name="Anna"), models.Keeper.objects.create(name="Ben")
    first, second, third = (models.Note.objects.create(text=text, about=anna) for text in "abc")
    other = models.Note.objects.create(text="d", about=ben)
    assert [note._order for note in (first, second, third, other)] == [0, 1, 2, 0]
    assert first.get_next_in_order() == second
    anna.set_note_order([third.pk, first.pk, second.pk])
    assert list(anna.get_note_order()) == [third.pk, first.pk, second.pk]
    assert [note.text for note in anna.notes.all()] == ["c", "a", "b"]


@pytest.mark.parametrize("wrong", [5, "lion", object, ["lion"]])
def test_only_rows_are_assigned(zoo: SimpleNamespace, models: SimpleNamespace, wrong: object) -> None:
    tag = models.Tag(word="x", content_object=zoo.lion)
    with pytest.raises(ValueError, match=r'Cannot assign .*: "Tag.content_object" must be a row of a model'):
        tag.content_object = wrong
    assert tag.content_object is zoo.lion

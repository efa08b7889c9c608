"""Content types: a row for each model, asked for once."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.contenttypes import ContentType, ContentTypesError, StaleContentType
from partita.contenttypes.creation import acreate_contenttypes, create_contenttypes
from partita.orm import Database, Databases, atomic
from partita.orm.testing import assert_num_queries


def test_a_model_has_one_row_which_is_asked_for_once(database: Database, models: SimpleNamespace) -> None:
    made = ContentType.objects.get_for_model(models.Animal)
    assert (made.app_label, made.model, made.name) == ("zoo", "animal", "animal")
    assert made.model_class() == models.Animal
    assert str(made) == "Zoo | animal"
    ContentType.objects.clear_cache()
    with assert_num_queries(1):
        assert ContentType.objects.get_for_model(models.Animal) == made
    with assert_num_queries(0):
        assert ContentType.objects.get_for_model(models.Animal(name="x")) == made
        assert ContentType.objects.get_for_id(made.pk) == made
        assert ContentType.objects.get_by_natural_key("zoo", "animal") == made
    assert ContentType.objects.get_by_natural_key(*made.natural_key()) == made


def test_keys_that_are_not_there_are_not_found(database: Database) -> None:
    with pytest.raises(ContentType.DoesNotExist):
        ContentType.objects.get_for_id(10**9)
    with pytest.raises(ContentType.DoesNotExist):
        ContentType.objects.get_by_natural_key("zoo", "unicorn")


def test_a_proxy_counts_as_its_model_unless_asked_otherwise(database: Database, models: SimpleNamespace) -> None:
    assert ContentType.objects.get_for_model(models.Pet).model_class() is models.Animal
    assert ContentType.objects.get_for_model(models.Pet, for_concrete_model=False).model_class() is models.Pet


def test_several_models_are_asked_for_at_once(database: Database, models: SimpleNamespace) -> None:
    ContentType.objects.get_for_model(models.Animal)
    found = ContentType.objects.get_for_models(models.Animal, models.Stone, models.Pet, models.Tag)
    assert found[models.Pet] == found[models.Animal]
    assert [found[model].model for model in (models.Stone, models.Tag)] == ["stone", "tag"]
    ContentType.objects.clear_cache()
    with assert_num_queries(1):
        assert ContentType.objects.get_for_models(models.Animal, models.Stone, models.Pet, models.Tag) == found
    with assert_num_queries(0):
        ContentType.objects.get_for_models(models.Stone, models.Tag)


def test_what_a_transaction_made_is_forgotten_if_it_is_undone(database: Database, models: SimpleNamespace) -> None:
    with pytest.raises(ZeroDivisionError), atomic():
        lost = ContentType.objects.get_for_model(models.Stone)
        ContentType.objects.get_for_model(models.Stone)
        ContentType.objects.get_for_models(models.Tag)
        raise ZeroDivisionError
    assert not ContentType.objects.exists()
    found = ContentType.objects.get_for_model(models.Stone)
    assert ContentType.objects.filter(pk=found.pk).exists()
    assert lost.model == found.model
    with atomic():
        ContentType.objects.get_for_model(models.Tag)
    with assert_num_queries(0):
        ContentType.objects.get_for_model(models.Tag)


def test_the_async_twins_find_the_same(
    database: Database, models: SimpleNamespace, run: Callable[..., Any], zoo: SimpleNamespace
) -> None:
    async def check() -> None:
        manager = ContentType.objects
        ContentType.objects.clear_cache()
        animal = await manager.aget_for_model(models.Animal)
        assert await manager.aget_for_id(animal.pk) == animal
        assert await manager.aget_by_natural_key("zoo", "animal") == animal
        assert (await manager.aget_for_models(models.Stone, models.Animal))[models.Animal] == animal
        assert await animal.aget_object_for_this_type(name="lion") == zoo.lion
        assert [row.name async for row in animal.get_all_objects_for_this_type(name="bear")] == ["bear"]
        assert await acreate_contenttypes(database, [models.Stone]) == []

    run(check())


def test_rows_of_the_model_are_found(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    kind = ContentType.objects.get_for_model(models.Animal)
    assert kind.get_object_for_this_type(name="lion") == zoo.lion
    assert kind.get_all_objects_for_this_type(name="bear").get() == zoo.bear
    with pytest.raises(models.Animal.DoesNotExist):
        kind.get_object_for_this_type(name="dragon")


def test_a_model_that_is_gone_is_told(database: Database) -> None:
    gone = ContentType.objects.create(app_label="zoo", model="unicorn")
    assert gone.model_class() is None
    assert (gone.name, str(gone)) == ("unicorn", "zoo | unicorn")
    with pytest.raises(StaleContentType, match="remove_stale_contenttypes") as caught:
        gone.get_object_for_this_type(pk=1)
    assert isinstance(caught.value, ContentTypesError)


def test_missing_content_types_are_made_at_once(database: Database, models: SimpleNamespace) -> None:
    ContentType.objects.get_for_model(models.Animal)
    new = create_contenttypes(database, [models.Animal, models.Stone, models.Tag])
    assert sorted(each.model for each in new) == ["stone", "tag"]
    assert create_contenttypes(database, [models.Animal, models.Stone, models.Tag]) == []


def test_two_databases_do_not_share_what_is_known(models: SimpleNamespace) -> None:
    with Databases({"default": "sqlite://:memory:", "other": "sqlite://:memory:"}) as databases:
        for alias in databases:
            databases[alias].create_all(ContentType)
        ContentType.objects.using("other").create(app_label="zoo", model="before")
        here = ContentType.objects.get_for_model(models.Stone)
        there = ContentType.objects.db_manager("other").get_for_model(models.Stone)
        assert here.pk != there.pk
        assert ContentType.objects.get_for_model(models.Stone).pk == here.pk
        databases.close()

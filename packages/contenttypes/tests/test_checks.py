"""What can be wrong with generic relations is found before an application serves."""

from typing import Any

import pytest

from partita.contenttypes import ContentType, GenericForeignKey, GenericRelation
from partita.contenttypes.checks import check_models
from partita.orm import CASCADE, DB_CASCADE, DO_NOTHING, CharField, ForeignKey, IntegerField, Model, Registry


def findings(*models: type[Model]) -> list[tuple[str, str]]:
    return [(finding.id, finding.text) for finding in check_models(models)]


def meta() -> Any:
    return type("Meta", (), {"registry": Registry(), "app_label": "checked"})


def test_sound_models_are_left_alone(models: Any) -> None:
    assert findings(models.Animal, models.Tag, models.Photo, models.Pet) == []


def test_a_missing_key_field_is_found() -> None:
    class Tag(Model):
        content_type = ForeignKey(ContentType, DO_NOTHING, related_name="+")
        content_object = GenericForeignKey()
        Meta = meta()

    [(number, text)] = findings(Tag)
    assert number == "contenttypes.E001"
    assert "nonexistent field 'object_id'" in text


def test_a_missing_content_type_field_is_found() -> None:
    class Tag(Model):
        object_id = IntegerField()
        content_object = GenericForeignKey()
        Meta = meta()

    [(number, text)] = findings(Tag)
    assert number == "contenttypes.E002"
    assert "nonexistent field 'Tag.content_type'" in text


def test_a_content_type_that_is_no_foreign_key_is_found() -> None:
    class Tag(Model):
        content_type = IntegerField()
        object_id = IntegerField()
        content_object = GenericForeignKey()
        Meta = meta()

    [(number, text)] = findings(Tag)
    assert number == "contenttypes.E003"
    assert "'Tag.content_type' is not a ForeignKey." in text


def test_a_content_type_that_points_elsewhere_is_found() -> None:
    class Tag(Model):
        content_type = ForeignKey("self", CASCADE)
        object_id = IntegerField()
        content_object = GenericForeignKey()
        Meta = meta()

    [(number, text)] = findings(Tag)
    assert number == "contenttypes.E004"
    assert "not a ForeignKey to 'contenttypes.ContentType'" in text


def test_a_relation_without_a_foreign_key_back_is_found() -> None:
    shared = meta()

    class Tag(Model):
        content_type = ForeignKey(ContentType, DO_NOTHING, related_name="+")
        object_id = IntegerField()
        Meta = shared

    class Book(Model):
        tags = GenericRelation(Tag)
        Meta = shared

    [(number, text)] = findings(Book)
    assert number == "contenttypes.E004"
    assert "'checked.Tag', but that model does not have a GenericForeignKey" in text


def test_a_rule_that_the_database_follows_is_found() -> None:
    class Tag(Model):
        content_type = ForeignKey(ContentType, DB_CASCADE, related_name="+")
        object_id = IntegerField()
        content_object = GenericForeignKey()
        Meta = meta()

    [(number, _)] = findings(Tag)
    assert number == "contenttypes.E006"


@pytest.mark.parametrize(("length", "found"), [(100, []), (101, ["contenttypes.E005"])])
def test_a_name_that_is_too_long_is_found(length: int, found: list[str]) -> None:
    kind: Any = type(Model)
    body = {"__module__": __name__, "Meta": meta(), "name": CharField(max_length=9)}
    model = kind("A" * length, (Model,), body)
    assert [number for number, _ in findings(model)] == found

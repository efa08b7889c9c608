"""Models whose key is made of several columns, as migrations know and refuse to change them."""

from typing import Any

import pytest

from partita import orm
from partita.migrations.autodetector import detect
from partita.migrations.errors import KeyCannotChange
from partita.migrations.operations import AddField, AlterField, RemoveField
from partita.migrations.questions import Answers
from partita.migrations.state import ModelState, ProjectState

house = orm.Registry()


class Person(orm.Model):
    pk = orm.CompositePrimaryKey("tenant", "number")
    tenant = orm.IntegerField()
    number = orm.IntegerField()

    class Meta:
        registry = house
        app_label = "house"


class Remark(orm.Model):
    tenant = orm.IntegerField()
    author_number = orm.IntegerField(null=True)
    author: Any = orm.ForeignObject(
        Person, orm.CASCADE, ("tenant", "author_number"), ("tenant", "number"), related_name="remarks", null=True
    )

    class Meta:
        registry = house
        app_label = "house"


def test_models_as_they_were_have_their_keys_and_relations() -> None:
    state = ProjectState([ModelState.of(Person), ModelState.of(Remark)])
    person, remark = (state.apps.get_model(f"house.{name}") for name in ("Person", "Remark"))
    assert person._meta.pk.field_names == ("tenant", "number")
    with orm.connect("sqlite://:memory:") as database:
        database.create_all(person, remark)
        one = person.objects.create(pk=(1, 2))
        made = remark.objects.create(author=one)
        assert person.objects.get(pk=(1, 2)) == one
        assert list(one.remarks.all()) == [made]
        assert remark.objects.filter(author__number=2).get().author == one


def test_a_key_is_not_changed_later() -> None:
    fields = ModelState.of(Person).fields
    without = ModelState("house", "Person", {name: field for name, field in fields.items() if name != "pk"})
    other = without.with_fields({"pk": orm.CompositePrimaryKey("number", "tenant"), **without.fields})
    for before, after in ((without, ModelState.of(Person)), (ModelState.of(Person), other)):
        with pytest.raises(KeyCannotChange, match=r"house\.Person: a CompositePrimaryKey is made with its table"):
            detect(ProjectState([before]), ProjectState([after]), Answers())
    key = orm.CompositePrimaryKey("tenant", "number")
    for operation in (AddField("Person", "pk", key), AlterField("Person", "pk", key), RemoveField("Person", "pk")):
        with pytest.raises(KeyCannotChange):
            operation.state_forwards("house", ProjectState([ModelState.of(Person)]))

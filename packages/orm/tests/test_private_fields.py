"""Members of models without a column, which packages above the ORM add."""

from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CharField,
    Database,
    FieldError,
    Model,
    ModelError,
    Registry,
    atomic,
    connect,
    on_commit,
)
from partita.orm.fields import PrivateField
from partita.orm.transactions import waits_for_commit


class Shout(PrivateField):
    """What is in another field, in capitals; kept once it was asked for."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.saved: list[str] = []

    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self
        return instance.__dict__.setdefault(self.name, getattr(instance, self.source).upper())

    def __set__(self, instance: Any, value: str) -> None:
        setattr(instance, self.source, value.lower())
        self.forget(instance)

    def prepare_save(self, instance: Any) -> None:
        """Note what is saved."""
        self.saved.append(getattr(instance, self.source))


@pytest.fixture
def shouting() -> SimpleNamespace:
    """An abstract model, a table, a table below it and a proxy."""
    registry = Registry()

    class Base(Model):
        name = CharField(max_length=20)
        loud = Shout("name")

        class Meta:
            abstract = True
            app_label = "shouting"

    Base.Meta.registry = registry  # type: ignore[attr-defined]  # what the body of the class cannot name

    def meta(**options: object) -> Any:
        return type("Meta", (), {"registry": registry, "app_label": "shouting", **options})

    class Person(Base):
        Meta = meta()

    class Singer(Person):
        Meta = meta()

    class Caller(Person):
        Meta = meta(proxy=True)

    return SimpleNamespace(Person=Person, Singer=Singer, Caller=Caller)


def test_each_model_has_a_copy_of_its_own(shouting: SimpleNamespace) -> None:
    person, singer = shouting.Person._meta.get_field("loud"), shouting.Singer._meta.get_field("loud")
    assert (person.model, singer.model) == (shouting.Person, shouting.Singer)
    assert shouting.Caller._meta.get_field("loud") is person
    assert shouting.Person._meta.private_fields == [person]
    assert person not in shouting.Person._meta.fields
    assert repr(person) == "<Shout: shouting.Person.loud>"
    assert shouting.Person(loud="HELLO").name == "hello"


def test_it_takes_part_in_the_life_of_a_row(shouting: SimpleNamespace) -> None:
    with connect("sqlite://:memory:") as database:
        database.create_all(shouting.Person, shouting.Singer)
        row = shouting.Person.objects.create(loud="A")
        shouting.Person.objects.bulk_create([shouting.Person(name="b")])
        assert shouting.Person.loud.saved == ["a", "b"]
        assert row.loud == "A"
        shouting.Person.objects.filter(pk=row.pk).update(name="c")
        assert row.loud == "A"
        row.refresh_from_db()
        assert row.loud == "C"
        made, _ = shouting.Person.objects.get_or_create(name="d", defaults={"loud": "E"})
        assert made.name == "e"
        assert shouting.Person.objects.filter(pk=row.pk).delete()[0] == 1
    database.close()


def test_queries_cannot_follow_it_unless_it_says_how(shouting: SimpleNamespace) -> None:
    with pytest.raises(FieldError, match=r"Queries cannot follow shouting\.Person\.loud"):
        shouting.Person.objects.filter(loud="A")


def test_two_members_of_one_name_are_refused(shouting: SimpleNamespace) -> None:
    with pytest.raises(ModelError, match="two fields called 'loud'"):
        Shout("name").contribute_to_class(shouting.Person, "loud")


def test_what_waits_for_a_commit_is_known(database: Database) -> None:
    def hook() -> None:
        """Do nothing."""

    with pytest.raises(ZeroDivisionError), atomic():
        on_commit(hook)
        assert waits_for_commit(hook)
        with pytest.raises(KeyError), atomic():
            on_commit(inner := lambda: None)
            assert waits_for_commit(inner)
            raise KeyError
        assert not waits_for_commit(inner)
        assert waits_for_commit(hook)
        raise ZeroDivisionError
    assert not waits_for_commit(hook)

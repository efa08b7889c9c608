"""Calls that Django's documentation writes out, word by word, where it would be easy to have them otherwise."""

import datetime as dt
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    DEFERRED,
    Avg,
    CharField,
    Database,
    F,
    ForeignKey,
    IntegerField,
    Lag,
    Left,
    Manager,
    Model,
    OneToOneField,
    QuerySet,
    Registry,
    RowNumber,
    TruncMonth,
    Window,
    on_commit,
)
from partita.orm.patterns.mixins import SoftDeleteMixin, SoftDeleteQuerySet

idioms = Registry()


class PersonQuerySet(QuerySet["Person"]):
    """Rows that are authors or not."""

    def authors(self) -> "PersonQuerySet":
        """Keep the authors."""
        return self.filter(role="A")


class PersonManager(Manager["Person"]):
    """Makes its QuerySet itself, as the chapter on managers has it."""

    def get_queryset(self) -> PersonQuerySet:
        """Return all rows."""
        return PersonQuerySet(self.model, using=self._db)

    def authors(self) -> PersonQuerySet:
        """Return the authors."""
        return self.get_queryset().authors()


class Person(Model):
    """Writes, or does not."""

    name = CharField(max_length=20)
    role = CharField(max_length=1, default="A")
    age = IntegerField(default=7)

    people = PersonManager()

    class Meta:
        registry = idioms
        app_label = "idioms"

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:
        """Keep what was loaded, as the reference of instances has it."""
        if len(values) != len(cls._meta.concrete_fields):
            values = list(values)
            values.reverse()
            values = [values.pop() if f.attname in field_names else DEFERRED for f in cls._meta.concrete_fields]
        instance = cls(*values)
        instance._state.adding = False
        instance._state.db = db
        instance.loaded = {  # type: ignore[attr-defined]  # as documented
            name: value for name, value in zip(field_names, values, strict=False) if value is not DEFERRED
        }
        return instance


class Card(Model):
    """Belongs to one person."""

    person = OneToOneField(Person, CASCADE, related_name="card")
    friend = ForeignKey(Person, CASCADE, related_name="+")

    class Meta:
        registry = idioms
        app_label = "idioms"


class Hidden(SoftDeleteMixin):
    """Is hidden instead of deleted."""

    class Meta:
        registry = idioms
        app_label = "idioms"


@pytest.fixture
def people(tables: Callable[..., None]) -> Any:
    """Two people."""
    tables(Person, Card, Hidden)
    Person.people.bulk_create(objs=[Person(name="Ann"), Person(name="Bob", role="E")])
    return Person.people


def test_managers_that_make_their_rows_themselves(people: Any, database: Database) -> None:
    assert [person.name for person in people.authors()] == ["Ann"]
    assert people.db_manager(database.alias).authors().count() == 1
    assert people.db == people.db_manager(database.alias).db == database.alias
    assert people.all()._db is None
    assert people.using("other")._db == people.db_manager("other")._db == "other"


def test_managers_delete_nothing(people: Any, music: SimpleNamespace, models: SimpleNamespace) -> None:
    for manager in (people, models.Album.objects, music.miles.albums, music.blue.genres, Hidden.objects):
        assert not hasattr(manager, "delete")
        assert not hasattr(manager, "adelete")
    assert people.all().delete()[0] == 2
    assert music.miles.albums.all().delete()[0] > 2


def test_rows_that_say_how_they_are_loaded(people: Any, database: Database) -> None:
    ann = people.get(name="Ann")
    assert ann.loaded == {"id": ann.pk, "name": "Ann", "role": "A", "age": 7}
    some = people.only("name").get(name="Ann")
    assert some.get_deferred_fields() == {"role", "age"}
    assert some._state.db == database.alias
    assert some.age == 7
    some.name = "Anna"
    some.save()
    assert people.get(pk=some.pk).name == "Anna"
    assert pickle.loads(pickle.dumps(DEFERRED)) is DEFERRED


def test_relations_say_what_they_raise(people: Any) -> None:
    ann = people.get(name="Ann")
    with pytest.raises(Person.card.RelatedObjectDoesNotExist):  # type: ignore[attr-defined]  # other models add it
        ann.card
    with pytest.raises(Card.person.RelatedObjectDoesNotExist):
        Card().person
    assert issubclass(Card.friend.RelatedObjectDoesNotExist, Person.DoesNotExist)
    for wrong in (people, "x", Card):
        with pytest.raises(ValueError, match=r'"Person.card" must be a "Card" instance'):
            ann.card = wrong


def test_arguments_have_the_names_of_the_reference(
    music: SimpleNamespace, models: SimpleNamespace, database: Database
) -> None:
    albums = models.Album.objects
    row = albums.annotate(
        average=Window(expression=Avg("price"), partition_by=[F("artist")]),
        place=Window(expression=RowNumber(), order_by="year"),
        before=Window(expression=Lag(expression="year", offset=1), order_by="year"),
        start=Left(expression="title", length=4),
        month=TruncMonth(expression="released"),
    ).get(title="Kind of Blue")
    assert (row.place, row.before, row.start, row.month.month) == (1, None, "Kind", 8)
    assert albums.contains(obj=music.blue)
    music.blue.year = 1960
    assert albums.bulk_update(objs=[music.blue], fields=["year"]) == 1
    calls: list[dt.date] = []
    on_commit(func=lambda: calls.append(dt.date(2020, 1, 1)), using=database.alias)
    assert calls


def test_what_changes_data_says_so(music: SimpleNamespace, models: SimpleNamespace) -> None:
    class Kept(Model):
        class Meta:
            registry = Registry()
            app_label = "idioms"

        def save(self, **options: Any) -> None:
            super().save(**options)

        def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
            return super().delete(using, keep_parents)

        delete.alters_data = False  # type: ignore[attr-defined]  # whoever knows better

        def total(self) -> int:
            return 0

    changing: list[Any] = [music.blue.save, music.blue.delete, music.blue.asave, music.blue.adelete, Kept().save]
    rows = models.Album.objects.all()
    changing += [rows.delete, rows.adelete, rows.update, rows.create, models.Album.objects.create, Hidden().delete]
    changing += [SoftDeleteQuerySet.delete, Hidden().hard_delete, Hidden.objects.all().restore, Hidden().restore]
    for manager in (music.miles.albums, music.blue.genres):
        changing += [manager.add, manager.create, manager.set, manager.remove, manager.clear, manager.aclear]
    assert [call for call in changing if not getattr(call, "alters_data", False)] == []
    for call in (Kept().delete, Kept().total, rows.count, rows.filter, music.blue.full_clean):
        assert not getattr(call, "alters_data", False)


@pytest.mark.parametrize("option", ["base_manager_name", "default_manager_name"])
def test_a_manager_that_is_not_there(option: str) -> None:
    meta = type("Meta", (), {"registry": Registry(), "app_label": "idioms", option: "nobody"})
    with pytest.raises(TypeError, match="Nobody has no manager named 'nobody'; it has objects"):
        type("Nobody", (Model,), {"__module__": __name__, "Meta": meta})

"""Relations that go by several columns, on every database."""

from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    DB_CASCADE,
    PROTECT,
    SET_NULL,
    CharField,
    CompositePrimaryKey,
    Count,
    Database,
    FieldError,
    ForeignKey,
    ForeignObject,
    IntegerField,
    Model,
    ModelError,
    Prefetch,
    ProtectedError,
    Registry,
    RelatedManager,
)
from partita.orm.testing import assert_num_queries

house = Registry()


class Tenant(Model):
    name = CharField(max_length=10, default="")

    class Meta:
        registry = house
        app_label = "homes"


class Person(Model):
    pk = CompositePrimaryKey("tenant_id", "number")
    tenant = ForeignKey(Tenant, CASCADE)
    number = IntegerField()
    name = CharField(max_length=20, default="")
    remarks: "RelatedManager[Remark]"

    class Meta:
        registry = house
        app_label = "homes"


class Remark(Model):
    tenant = ForeignKey(Tenant, CASCADE, related_name="+")
    tenant_id: int
    author_number = IntegerField(null=True)
    author = ForeignObject(
        Person, CASCADE, ("tenant", "author_number"), ("tenant", "number"), related_name="remarks", null=True
    )
    reader_number = IntegerField(null=True)
    reader = ForeignObject(
        "homes.Person",
        on_delete=SET_NULL,
        from_fields=["tenant_id", "reader_number"],
        to_fields=["tenant_id", "number"],
        related_name="read",
        related_query_name="has_read",
        null=True,
    )
    judge_number = IntegerField(null=True)
    judge = ForeignObject(
        Person, PROTECT, ("tenant", "judge_number"), ("tenant", "number"), related_name="+", null=True
    )
    text = CharField(max_length=20, default="")

    class Meta:
        registry = house
        app_label = "homes"
        ordering = ("id",)


@pytest.fixture(autouse=True)
def home(tables: Callable[..., None]) -> SimpleNamespace:
    tables(Tenant, Person, Remark)
    one, two = (Tenant.objects.create(id=number, name=f"t{number}") for number in (1, 2))
    ada = Person.objects.create(tenant=one, number=1, name="Ada")
    bob = Person.objects.create(tenant=one, number=2, name="Bob")
    eve = Person.objects.create(tenant=two, number=1, name="Eve")
    remarks = [
        Remark.objects.create(tenant=one, author=ada, reader=bob, text="a"),
        Remark.objects.create(tenant=one, author=bob, reader=ada, text="b"),
        Remark.objects.create(tenant=two, author=eve, text="c"),
        Remark.objects.create(tenant=two, text="d"),
    ]
    return SimpleNamespace(one=one, two=two, ada=ada, bob=bob, eve=eve, remarks=remarks)


def texts(rows: Any) -> str:
    return "".join(row.text for row in rows)


def test_the_row_is_found_by_all_columns_and_kept(home: SimpleNamespace, database: Database) -> None:
    remark: Any = Remark.objects.get(text="c")
    assert remark.author == home.eve
    with assert_num_queries(0, database):
        assert remark.author.name == "Eve"
    assert Remark.objects.get(text="d").author is None
    remark.author_number = 9
    with pytest.raises(Person.DoesNotExist, match="Remark has no author"):
        _ = remark.author
    remark.author = home.ada
    assert (remark.tenant_id, remark.author_number, remark.author) == (1, 1, home.ada)
    remark.author = None
    assert (remark.author_number, remark.tenant_id, remark.author) == (None, 1, None)
    with pytest.raises(ValueError, match='must be a "Person" instance'):
        remark.author = home.one


def test_queries_follow_it_both_ways(home: SimpleNamespace, database: Database) -> None:
    assert texts(Remark.objects.filter(author__name="Ada")) == "a"
    assert texts(Remark.objects.filter(author=home.bob)) == "b"
    assert texts(Remark.objects.filter(author=(2, 1))) == "c"
    assert texts(Remark.objects.filter(author__in=[home.ada, home.eve])) == "ac"
    assert texts(Remark.objects.filter(author__in=Person.objects.filter(name="Eve"))) == "c"
    assert texts(Remark.objects.filter(author=None)) == texts(Remark.objects.filter(author__isnull=True)) == "d"
    assert texts(Remark.objects.filter(author__isnull=False)) == "abc"
    assert texts(Remark.objects.exclude(author__name="Ada")) == "bcd"
    assert texts(Remark.objects.exclude(author=home.ada)) == "bcd"
    assert texts(Remark.objects.filter(author__tenant__name="t2")) == "c"
    assert texts(Remark.objects.filter(author__name__gt="A").order_by("-author__name")) == "cba"
    assert [person.name for person in Person.objects.filter(remarks__text="b")] == ["Bob"]
    assert [person.name for person in Person.objects.filter(has_read__text="b")] == ["Ada"]
    assert [person.name for person in Person.objects.exclude(remarks__text="b").order_by("pk")] == ["Ada", "Eve"]
    assert [person.name for person in Person.objects.filter(remarks__in=home.remarks[2:])] == ["Eve"]
    counted: Any = Person.objects.annotate(n=Count("remarks"), read_count=Count("has_read__id")).order_by("pk")
    assert [(person.name, person.n, person.read_count) for person in counted] == [
        ("Ada", 1, 1),
        ("Bob", 1, 1),
        ("Eve", 1, 0),
    ]
    assert Remark.objects.aggregate(n=Count("author")) == {"n": 3}
    assert list(Remark.objects.values_list("author__name", flat=True)) == ["Ada", "Bob", "Eve", None]
    with database.query_log() as log:
        list(Remark.objects.filter(author=home.bob))
    assert "JOIN" not in log[0].sql, "the columns are here already"
    with pytest.raises(FieldError, match=r'must be "Person" instance'):
        Remark.objects.filter(author=home.one)


def test_it_is_loaded_for_many_at_once(home: SimpleNamespace, database: Database) -> None:
    with assert_num_queries(1, database):
        rows = list(Remark.objects.select_related("author", "reader"))
        assert [getattr(row.author, "name", None) for row in rows] == ["Ada", "Bob", "Eve", None]
        assert [getattr(row.reader, "name", None) for row in rows] == ["Bob", "Ada", None, None]
    with assert_num_queries(2, database):
        rows = list(Remark.objects.prefetch_related("author"))
        assert [getattr(row.author, "name", None) for row in rows] == ["Ada", "Bob", "Eve", None]
    with assert_num_queries(2, database):
        rows = list(Remark.objects.all())
        assert [getattr(row.author, "name", None) for row in rows] == ["Ada", "Bob", "Eve", None], "peers"
    with assert_num_queries(3, database):
        chosen = Prefetch("read", Remark.objects.filter(text="a"), to_attr="first")
        people = list(Person.objects.order_by("pk").prefetch_related("remarks", chosen))
        assert [texts(person.remarks.all()) for person in people] == ["a", "b", "c"]
        assert [texts(getattr(person, "first")) for person in people] == ["", "a", ""]  # noqa: B009 - no field


def test_the_way_back_has_a_manager(home: SimpleNamespace) -> None:
    assert texts(home.ada.remarks.all()) == "a"
    made = home.ada.remarks.create(tenant=home.one, text="e")
    assert (made.author, made.author_number) == (home.ada, 1)
    home.ada.remarks.add(home.remarks[1])
    assert texts(home.ada.remarks.all()) == "abe"
    home.ada.remarks.remove(made)
    home.ada.remarks.clear()
    assert home.ada.remarks.count() == 0
    assert Remark.objects.filter(author=None, tenant=home.one).count() == 3
    assert Remark.objects.filter(text="d").update(author=home.eve) == 1
    assert texts(home.eve.remarks.all()) == "cd"


def test_deletion_follows_its_rules(home: SimpleNamespace) -> None:
    assert home.ada.delete() == (2, {"homes.Person": 1, "homes.Remark": 1})
    remark = Remark.objects.get(text="b")
    assert (remark.reader_number, remark.tenant_id) == (None, 1)
    remark.judge = home.bob
    remark.save()
    with pytest.raises(ProtectedError, match=r"protected foreign keys: 'Remark\.judge'"):
        home.bob.delete()


def test_a_row_that_is_saved_later_lends_its_columns(home: SimpleNamespace) -> None:
    person = Person(tenant=home.two, name="Fay")
    remark = Remark(tenant=home.two, author=person)
    with pytest.raises(ValueError, match="unsaved related object 'author'"):
        remark.save()
    person.number = 5
    person.save()
    remark.save()
    assert Remark.objects.get(author=person).author_number == 5
    remark.refresh_from_db()
    assert remark.author == person


def test_it_is_awaited(home: SimpleNamespace, run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    async def steps() -> None:
        assert [row.text async for row in Remark.objects.filter(author=home.ada)] == ["a"]
        row: Any = await Remark.objects.select_related("author").aget(text="b")
        assert row.author.name == "Bob"
        assert await home.eve.remarks.acount() == 1
        assert (await home.eve.adelete())[1] == {"homes.Person": 1, "homes.Remark": 1}

    run(steps())


def test_what_cannot_be_a_relation_is_refused() -> None:
    with pytest.raises(ModelError, match="as many from_fields as to_fields"):
        ForeignObject(Person, CASCADE, ("a", "b"), ("a",))
    with pytest.raises(ModelError, match="as many from_fields as to_fields, at least one"):
        ForeignObject(Person, CASCADE, (), ())
    with pytest.raises(ModelError, match="on_delete must be CASCADE, PROTECT, SET_NULL or another rule of ours"):
        ForeignObject(Person, DB_CASCADE, ("a",), ("a",))
    relation: Any = Remark._meta.get_field("reader")
    name, path, args, kwargs = relation.deconstruct()
    assert (name, path, args) == ("reader", "partita.orm.ForeignObject", [])
    assert kwargs["from_fields"] == ("tenant_id", "reader_number")
    assert (kwargs["to"], kwargs["related_name"]) == ("homes.Person", "read")

"""Rows that are told apart by several columns together, on every database."""

import datetime as dt
import pickle
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    Case,
    CharField,
    CompositePrimaryKey,
    Count,
    DateTimeField,
    Exists,
    F,
    FieldDoesNotExist,
    FieldError,
    ForeignKey,
    IntegerField,
    Max,
    Model,
    ModelError,
    NotUpdated,
    OuterRef,
    Q,
    Registry,
    RelatedManager,
    Subquery,
    Value,
    When,
)
from partita.orm.checks import check_models
from partita.orm.models import ModelBase
from partita.validation import ValidationError

house = Registry()


class Tenant(Model):
    name = CharField(max_length=10, default="")
    person_set: "RelatedManager[Person]"

    class Meta:
        registry = house
        app_label = "house"


class Owned(Model):
    pk = CompositePrimaryKey("tenant_id", "number")
    tenant = ForeignKey(Tenant, CASCADE)
    tenant_id: int
    number = IntegerField()

    class Meta:
        registry = house
        app_label = "house"
        abstract = True


class Person(Owned):
    name = CharField(max_length=20, default="")
    boss_number = IntegerField(null=True)

    class Meta(Owned.Meta):
        abstract = False


class Event(Model):
    pk = CompositePrimaryKey("at", "code")
    at = DateTimeField()
    code = CharField(max_length=5, default="x")

    class Meta:
        registry = house
        app_label = "house"


@pytest.fixture(autouse=True)
def people(tables: Callable[..., None]) -> list[Person]:
    tables(Tenant, Person, Event)
    one, two = (Tenant.objects.create(id=number, name=f"t{number}") for number in (1, 2))
    return [
        Person.objects.create(tenant=one, number=1, name="Ada"),
        Person.objects.create(pk=(1, 2), name="Bob"),
        Person.objects.create(tenant_id=two.pk, number=1, name="Cyd"),
    ]


def keys(rows: Any) -> list[Any]:
    return [row.pk for row in rows]


def test_a_key_is_read_and_set_as_a_tuple() -> None:
    person = Person(pk=(1, 5))
    assert (person.tenant_id, person.number, person.pk) == (1, 5, (1, 5))
    person.pk = [2, 6]
    assert person.pk == (2, 6)
    person.pk = None
    assert person.pk == (None, None)
    with pytest.raises(ValueError, match="'pk' must be a list or a tuple"):
        person.pk = 3
    with pytest.raises(ValueError, match="'pk' must have 2 elements"):
        person.pk = (1, 2, 3)
    assert Person(pk=(1, 2)) == Person(pk=(1, 2)) != Person(pk=(2, 1))
    assert len({Person(pk=(1, 2)), Person(pk=(1, 2))}) == 1
    assert Person(pk=(1, None)) != Person(pk=(1, None))
    with pytest.raises(TypeError, match="without primary key value are unhashable"):
        hash(Person(tenant_id=1))
    assert [field.name for field in Person._meta.pk_fields] == ["tenant", "number"]


def test_rows_are_found_by_their_key() -> None:
    assert Person.objects.get(pk=(1, 2)).name == "Bob"
    assert Person.objects.get(pk__exact=[2, 1]).name == "Cyd"
    assert Person.objects.filter(pk=(9, 9)).first() is None
    assert keys(Person.objects.exclude(pk=(1, 1)).order_by("pk")) == [(1, 2), (2, 1)]
    assert keys(Person.objects.filter(pk__in=[(1, 1), (2, 1), (7, 7)]).order_by("pk")) == [(1, 1), (2, 1)]
    assert keys(Person.objects.filter(pk__in=[])) == []
    assert keys(Person.objects.filter(Q(pk=(1, 1)) | Q(pk=(2, 1))).order_by("-pk")) == [(2, 1), (1, 1)]
    assert keys(Person.objects.filter(pk__isnull=True)) == []
    assert Person.objects.filter(pk__isnull=False).count() == 3


@pytest.mark.parametrize(
    ("lookup", "found"),
    [("gt", [(2, 1)]), ("gte", [(1, 2), (2, 1)]), ("lt", [(1, 1)]), ("lte", [(1, 1), (1, 2)])],
)
def test_keys_are_compared_from_left_to_right(lookup: str, found: list[tuple[int, int]]) -> None:
    assert keys(Person.objects.filter(**{f"pk__{lookup}": (1, 2)}).order_by("pk")) == found
    assert keys(Person.objects.exclude(**{f"pk__{lookup}": (1, 2)}).order_by("pk")) == [
        key for key in [(1, 1), (1, 2), (2, 1)] if key not in found
    ]


def test_a_key_that_does_not_fit_is_refused() -> None:
    for value in (3, "12", {1, 2}):
        with pytest.raises(ValueError, match="'exact' lookup of 'pk' must be a tuple or a list"):
            Person.objects.filter(pk=value)
    with pytest.raises(ValueError, match="'gt' lookup of 'pk' must have 2 elements"):
        Person.objects.filter(pk__gt=(1,))
    with pytest.raises(ValueError, match="'in' lookup of 'pk' must be a collection of tuples or lists"):
        Person.objects.filter(pk__in=[1, 2])
    with pytest.raises(ValueError, match="'in' lookup of 'pk' must have 2 elements each"):
        Person.objects.filter(pk__in=[(1, 2, 3)])
    with pytest.raises(FieldError, match="Unsupported lookup 'contains'"):
        Person.objects.filter(pk__contains="x")
    for hostile in ("1) OR (1=1", "'; DROP TABLE house_person; --"):
        with pytest.raises((ValueError, TypeError)):
            list(Person.objects.filter(pk=(hostile, 1)))
    assert Person.objects.count() == 3


def test_parts_of_keys_may_be_computed() -> None:
    people = Person.objects
    assert keys(people.filter(pk=(1, Value(1) + 1))) == [(1, 2)]
    assert keys(people.filter(pk=(F("number"), F("tenant_id")))) == [(1, 1)]
    for several in ([(1, Value(3) - 1), (9, 9)], ((1, Value(3) - 1), [9, 9]), [(Value(1), 2)]):
        assert keys(people.filter(pk__in=several)) == [(1, 2)]
        assert keys(people.exclude(pk__in=several).order_by("pk")) == [(1, 1), (2, 1)]
    assert keys(people.filter(pk__in=[(F("number"), F("tenant_id")), (2, 1)]).order_by("pk")) == [(1, 1), (2, 1)]
    with pytest.raises(ValueError, match="must have 2 elements"):
        people.filter(pk__in=[(1, Value(1), 2)])


def test_keys_come_out_of_queries() -> None:
    rows = Person.objects.order_by("pk")
    assert list(rows.values_list("pk", flat=True)) == [(1, 1), (1, 2), (2, 1)]
    assert next(iter(rows.values_list("name", "pk"))) == ("Ada", (1, 1))
    assert rows.values("pk", "tenant__name")[1] == {"pk": (1, 2), "tenant__name": "t1"}
    named: Any = rows.values_list("pk", "name", named=True)
    assert named[2].pk == (2, 1)
    assert rows.reverse().first() == rows.last() == Person(pk=(2, 1))
    assert Person.objects.in_bulk([(1, 1), (2, 1)]).keys() == {(1, 1), (2, 1)}
    assert set(Person.objects.in_bulk()) == {(1, 1), (1, 2), (2, 1)}
    assert Person.objects.contains(Person(pk=(1, 2)))
    assert not Person.objects.contains(Person(pk=(5, 2)))
    moment = dt.datetime(2024, 5, 1, 12, 30, 5, 123456, tzinfo=dt.UTC)
    event = Event.objects.create(at=moment)
    assert Event.objects.values_list("pk", flat=True).get() == (moment, "x") == event.pk
    assert Event.objects.get(pk=(moment, "x")) == event


def test_keys_come_from_other_queries() -> None:
    inner = Person.objects.filter(name__in=("Ada", "Cyd"))
    assert keys(Person.objects.filter(pk__in=inner).order_by("pk")) == [(1, 1), (2, 1)]
    assert keys(Person.objects.filter(pk__in=inner.values("tenant", "number")).order_by("pk")) == [(1, 1), (2, 1)]
    assert keys(Person.objects.filter(pk__in=inner.values("pk")).exclude(pk__in=inner.filter(name="Ada"))) == [(2, 1)]
    with pytest.raises(ValueError, match="must have 2 selected fields"):
        list(Person.objects.filter(pk__in=inner.values("tenant", "number", "name")))
    assert keys(Person.objects.filter(pk=F("pk")).order_by("pk")) == [(1, 1), (1, 2), (2, 1)]


def test_rows_are_saved_by_their_key() -> None:
    person = Person.objects.get(pk=(1, 1))
    person.name = "Eva"
    person.save()
    assert list(Person.objects.order_by("pk").values_list("name", flat=True)) == ["Eva", "Bob", "Cyd"]
    person.name = "Fay"
    person.save(update_fields=["name"])
    person.refresh_from_db()
    assert person.name == "Fay"
    person.number = 9
    person.save()
    assert Person.objects.filter(name="Fay").count() == 2
    with pytest.raises(NotUpdated, match="did not affect any rows"):
        Person(pk=(5, 5)).save(force_update=True)
    with pytest.raises(ValueError, match="primary keys"):
        person.save(update_fields=["number"])
    with pytest.raises(ValueError, match="no primary key"):
        Person(tenant_id=1).save(force_update=True)
    person.name = "Gus"
    person.save()
    assert Person.objects.get(pk=(1, 9)).name == "Gus"


def test_many_rows_are_saved_together() -> None:
    made = Person.objects.bulk_create([Person(pk=(2, number), name="x") for number in range(10, 40)])
    for number, person in enumerate(made):
        person.name = f"n{number}"
    assert Person.objects.bulk_update(made, ["name"]) == 30
    assert Person.objects.get(pk=(2, 39)).name == "n29"
    with pytest.raises(ValueError, match="primary key"):
        Person.objects.bulk_update(made, ["number"])
    assert Person.objects.filter(pk__gte=(2, 10)).update(name="all") == 30
    assert Person.objects.filter(tenant__name="t2", number__gte=10).update(name="joined") == 30
    assert Person.objects.filter(name="joined").count() == 30
    with pytest.raises(FieldError, match="must be updated individually"):
        Person.objects.update(pk=(1, 1))
    person, created = Person.objects.get_or_create(pk=(2, 10), defaults={"name": "new"})
    assert (person.name, created) == ("joined", False)
    person, created = Person.objects.update_or_create(pk=(2, 99), defaults={"name": "new"})
    assert (person.pk, created) == ((2, 99), True)
    Person.objects.bulk_create(
        [Person(pk=(2, 99), name="again")],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["tenant_id", "number"],
    )
    assert Person.objects.get(pk=(2, 99)).name == "again"


def test_rows_are_deleted_by_their_key() -> None:
    person = Person.objects.get(pk=(1, 1))
    assert person.delete() == (1, {"house.Person": 1})
    assert person.pk == (None, None)
    assert keys(Person.objects.order_by("pk")) == [(1, 2), (2, 1)]
    with pytest.raises(ValueError, match="its pk attribute is set to None"):
        Person(tenant_id=1).delete()
    assert Person.objects.filter(tenant__name="t2").delete() == (1, {"house.Person": 1})
    assert Tenant.objects.filter(id=1).delete()[1] == {"house.Tenant": 1, "house.Person": 1}
    assert Person.objects.count() == 0


def test_rows_are_counted_and_not_more() -> None:
    assert Tenant.objects.annotate(n=Count("person")).order_by("id").values_list("n", flat=True)[0] == 2
    assert Person.objects.aggregate(n=Count("pk")) == {"n": 3}
    assert Person.objects.order_by("pk")[:2].count() == 2
    assert Person.objects.distinct().count() == 3
    assert Person.objects.filter(tenant__name__startswith="t").values("tenant").annotate(n=Count("pk")).count() == 2
    counted: Any = Person.objects.annotate(n=Count("tenant")).order_by("pk")
    assert [row.n for row in counted] == [1, 1, 1]
    with pytest.raises(ValueError, match="Max expression does not support composite primary keys"):
        Person.objects.aggregate(Max("pk"))
    with pytest.raises(ValueError, match=r"COUNT\(DISTINCT\) doesn't support composite"):
        Person.objects.aggregate(n=Count("pk", distinct=True))
    with pytest.raises(ValueError, match="CombinedExpression expression does not support"):
        Person.objects.annotate(n=F("pk") + 1)


def test_parts_that_are_left_out_are_loaded_later() -> None:
    person = Person.objects.only("name").get(pk=(1, 1))
    assert person.get_deferred_fields() == {"boss_number"}
    assert person.boss_number is None
    deferred = Person.objects.defer("name", "pk").get(pk=(1, 2))
    assert (deferred.pk, deferred.name) == ((1, 2), "Bob")
    assert [row.tenant.name for row in Person.objects.select_related("tenant").order_by("pk")] == ["t1", "t1", "t2"]
    tenants = Tenant.objects.prefetch_related("person_set").order_by("id")
    assert [keys(sorted(row.person_set.all(), key=lambda each: each.pk)) for row in tenants] == [
        [(1, 1), (1, 2)],
        [(2, 1)],
    ]
    assert pickle.loads(pickle.dumps(person)) == person


def test_raw_sql_must_give_the_whole_key() -> None:
    found = list(Person.objects.raw("SELECT tenant_id, number, name FROM house_person WHERE name = %s", ["Bob"]))
    assert keys(found) == [(1, 2)]
    with pytest.raises(FieldDoesNotExist, match="Raw query must include the primary key"):
        list(Person.objects.raw("SELECT tenant_id, name FROM house_person"))


def test_a_key_that_is_taken_is_not_valid() -> None:
    with pytest.raises(ValidationError, match="Person with this Tenant and Number already exists"):
        Person(pk=(1, 1), name="x").validate_unique()
    Person(pk=(1, 3), name="x", boss_number=1).full_clean()
    Person.objects.get(pk=(1, 1)).validate_unique()


def test_everything_is_awaited(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    async def steps() -> None:
        person = await Person.objects.acreate(pk=(2, 7), name="Hal")
        person.name = "Ida"
        await person.asave()
        assert (await Person.objects.aget(pk=(2, 7))).name == "Ida"
        assert await Person.objects.filter(pk__in=[(2, 7), (1, 1)]).acount() == 2
        assert (await Person.objects.ain_bulk([(2, 7)]))[2, 7] == person
        assert await Person.objects.filter(pk__gt=(2, 1)).aupdate(name="x") == 1
        await person.arefresh_from_db()
        assert person.name == "x"
        assert await person.adelete() == (1, {"house.Person": 1})

    run(steps())


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: CompositePrimaryKey("a"), "must include at least two fields"),
        (lambda: CompositePrimaryKey("a", "a"), "must be unique strings"),
        (lambda: CompositePrimaryKey("a", "b", unique=True), "no option 'unique'"),
        (lambda: CompositePrimaryKey("a", "b", editable=True), "cannot be editable"),
    ],
)
def test_a_key_that_cannot_be_is_refused(make: Callable[[], Any], match: str) -> None:
    with pytest.raises(ModelError, match=match):
        make()


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"pk": ("a", "z")}, "'z' is no field of this model"),
        ({"pk": ("a", "free")}, "'free' cannot be part of a key, because it may be NULL"),
    ],
)
def test_a_model_whose_key_cannot_be_is_refused(fields: dict[str, Any], match: str) -> None:
    body = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"registry": Registry(), "app_label": "house"}),
        "a": IntegerField(),
        "b": IntegerField(),
        "free": IntegerField(null=True),
        **{name: CompositePrimaryKey(*given) if isinstance(given, tuple) else given for name, given in fields.items()},
    }
    made = ModelBase("Wrong", (Model,), body)
    with pytest.raises(ModelError, match=match):
        _ = made._meta.pk_fields
    assert "models.E042" in [finding.id for finding in check_models([made])]


def test_a_key_is_described_for_migrations() -> None:
    key = Person._meta.pk
    assert key.deconstruct() == ("pk", "partita.orm.CompositePrimaryKey", ["tenant_id", "number"], {})
    assert key.clone().deconstruct() == key.deconstruct()
    assert key.value_to_string(Person(pk=(1, 2))) == '["1", "2"]'


def test_keys_of_several_columns_stand_where_they_can(people: Any) -> None:
    persons = Person.objects
    with pytest.raises(ValueError, match="When expression does not support composite primary keys"):
        persons.filter(name=Case(When(name="", then="pk")))
    with pytest.raises(ValueError, match="Case expression does not support composite primary keys"):
        persons.filter(name=Case(When(name="", then="name"), default="pk"))
    with pytest.raises(ValueError, match="only work with composite expressions"):
        persons.filter(number=Subquery(persons.filter(pk=OuterRef("number")).values("number")[:1]))
    same = persons.filter(pk=OuterRef("pk"))
    assert persons.filter(Exists(same)).count() == persons.count()

"""Foreign keys to rows whose key is made of several columns, on every database."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    DB_CASCADE,
    DB_SET_NULL,
    DO_NOTHING,
    PROTECT,
    SET_DEFAULT,
    SET_NULL,
    CharField,
    CompositePrimaryKey,
    Count,
    Database,
    F,
    ForeignKey,
    IntegerField,
    IntegrityError,
    ManyToManyField,
    Model,
    ModelError,
    OneToOneField,
    OuterRef,
    Prefetch,
    ProtectedError,
    Q,
    Registry,
    RelatedManager,
    Subquery,
    UniqueConstraint,
    connect,
)
from partita.orm.inspection import models_source
from partita.orm.testing import assert_num_queries
from partita.validation import ValidationError

house = Registry()


class Tenant(Model):
    name = CharField(max_length=10, default="")

    class Meta:
        registry = house
        app_label = "flats"


class Person(Model):
    number = IntegerField()
    tenant = ForeignKey(Tenant, CASCADE)
    tenant_id: int
    pk = CompositePrimaryKey("tenant_id", "number")  # not in the order of the columns
    name = CharField(max_length=20, default="")
    boss: Any = ForeignKey("self", SET_NULL, null=True, related_name="staff")
    clubs: Any = ManyToManyField("flats.Club", related_name="members")
    friends: Any = ManyToManyField("self")
    remarks: "RelatedManager[Remark]"
    passport: Any
    seats: Any

    class Meta:
        registry = house
        app_label = "flats"
        ordering = ("number",)


class Club(Model):
    name = CharField(max_length=20, default="")
    hosts: Any = ManyToManyField("flats.Person", through="flats.Hosting", related_name="hosted")
    members: Any

    class Meta:
        registry = house
        app_label = "flats"


class Hosting(Model):
    club = ForeignKey(Club, CASCADE)
    person = ForeignKey(Person, CASCADE)
    role = CharField(max_length=10, default="")

    class Meta:
        registry = house
        app_label = "flats"


class Remark(Model):
    author = ForeignKey(Person, CASCADE, related_name="remarks")
    author_id: Any
    author_number: int
    judge = ForeignKey("flats.Person", PROTECT, null=True, related_name="+")
    text = CharField(max_length=20, default="")

    class Meta:
        registry = house
        app_label = "flats"
        ordering = ("id",)


class Passport(Model):
    owner = OneToOneField(Person, CASCADE, related_name="passport")
    owner_id: Any
    code = CharField(max_length=10, default="")

    class Meta:
        registry = house
        app_label = "flats"


class Seat(Model):
    holder = ForeignKey(Person, DB_CASCADE, related_name="seats")
    guest = ForeignKey(Person, DB_SET_NULL, null=True, related_name="+")

    class Meta:
        registry = house
        app_label = "flats"


class Shelf(Model):
    owner = ForeignKey(Person, SET_DEFAULT, default=(1, 1), related_name="+", db_column="own")
    place = IntegerField(default=0)

    class Meta:
        registry = house
        app_label = "flats"
        constraints = (UniqueConstraint(fields=["owner", "place"], name="shelf_of_owner"),)


MODELS = (Tenant, Club, Person, Hosting, Remark, Passport, Seat, Shelf)


@pytest.fixture
def flats(database: Database) -> Any:
    database.drop_all(*MODELS)
    database.create_all(*MODELS)
    with database:
        Tenant.objects.bulk_create([Tenant(id=1, name="one"), Tenant(id=2, name="two")])
        ann, bob, cid = (
            Person.objects.create(pk=(1, 1), name="Ann"),
            Person.objects.create(pk=(1, 2), name="Bob"),
            Person.objects.create(pk=(2, 1), name="Cid"),
        )
        Remark.objects.create(author=ann, text="a1", judge=bob)
        Remark.objects.create(author=ann, text="a2")
        Remark.objects.create(author=cid, text="c1")
        yield ann, bob, cid
    database.drop_all(*MODELS)


def names(rows: Any) -> list[str]:
    return [row.name for row in rows]


def test_the_columns_are_those_of_the_key() -> None:
    assert [field.attname for field in Remark._meta.fields] == [
        "id",
        "author_tenant_id",
        "author_number",
        "judge_tenant_id",
        "judge_number",
        "text",
    ]
    assert Remark._meta.get_field("author").deconstruct()[1] == "partita.orm.ForeignKey"
    table = Remark._meta.table
    (key,) = [each for each in table.foreign_key_constraints if "author" in str(each.name)]
    assert [(e.parent.name, e.target_fullname) for e in key.elements] == [
        ("author_number", "flats_person.number"),
        ("author_tenant_id", "flats_person.tenant_id"),
    ]
    assert [column.name for column in Shelf._meta.table.columns][1:3] == ["own_tenant_id", "own_number"]


def test_rows_are_reached_both_ways(flats: Any) -> None:
    ann, _, cid = flats
    remark = Remark.objects.get(text="a1")
    assert (remark.author, remark.author_id, remark.author_number) == (ann, (1, 1), 1)
    assert [r.text for r in ann.remarks.all()] == ["a1", "a2"]
    assert [r.text for r in Remark.objects.filter(author=cid)] == ["c1"]
    assert [r.text for r in Remark.objects.filter(author=(2, 1))] == ["c1"]
    assert [r.text for r in Remark.objects.filter(author_id=(2, 1))] == ["c1"]
    assert [r.text for r in Remark.objects.filter(author__in=[(1, 1), cid])] == ["a1", "a2", "c1"]
    assert [r.text for r in Remark.objects.filter(author__in=Person.objects.filter(name="Cid"))] == ["c1"]
    assert [r.text for r in Remark.objects.filter(author__name="Ann", author__tenant__name="one")] == ["a1", "a2"]
    assert [r.text for r in Remark.objects.exclude(author__name="Ann")] == ["c1"]
    assert [r.text for r in Remark.objects.filter(judge__isnull=True)] == ["a2", "c1"]
    assert [r.text for r in Remark.objects.filter(Q(judge__name="Bob") | Q(author__name="Cid"))] == ["a1", "c1"]
    assert names(Person.objects.filter(remarks__text="c1")) == ["Cid"]
    assert names(Person.objects.filter(remarks__isnull=True)) == ["Bob"]
    assert list(Remark.objects.values_list("author", "author_id", "author__name").filter(text="c1")) == [
        ((2, 1), (2, 1), "Cid")
    ]
    assert [r.text for r in Remark.objects.order_by("-author__name", "text")] == ["c1", "a1", "a2"]
    assert list(Person.objects.annotate(n=Count("remarks")).values_list("name", "n").order_by("name")) == [
        ("Ann", 2),
        ("Bob", 0),
        ("Cid", 1),
    ]
    last = Remark.objects.filter(author=OuterRef("pk")).order_by("-id").values("text")[:1]
    assert list(Person.objects.annotate(last=Subquery(last)).order_by("name").values_list("last", flat=True)) == [
        "a2",
        None,
        "c1",
    ]
    assert Remark.objects.filter(author__number=F("author_number")).count() == 3


def test_related_rows_are_loaded_at_once(flats: Any) -> None:
    with assert_num_queries(1):
        assert [
            (r.author.name, r.judge and r.judge.name) for r in Remark.objects.select_related("author", "judge")
        ] == [
            ("Ann", "Bob"),
            ("Ann", None),
            ("Cid", None),
        ]
    with assert_num_queries(2):
        assert [r.author.name for r in Remark.objects.all()] == ["Ann", "Ann", "Cid"]  # peers
    with assert_num_queries(2):
        people = Person.objects.prefetch_related(Prefetch("remarks", Remark.objects.order_by("-text")))
        assert [[r.text for r in p.remarks.all()] for p in people.order_by("name")] == [["a2", "a1"], [], ["c1"]]
    with assert_num_queries(2):
        assert [r.author.name for r in Remark.objects.prefetch_related("author")] == ["Ann", "Ann", "Cid"]
    with assert_num_queries(1):
        (row,) = Remark.objects.only("author").filter(text="c1")
        assert row.author_id == (2, 1)


def test_rows_are_written(flats: Any) -> None:
    ann, bob, cid = flats
    row = Remark(author=bob, text="b1")
    assert (row.author_id, row.author_number) == ((1, 2), 2)
    row.save()
    row.author = cid
    row.save(update_fields=["author"])
    row.refresh_from_db(fields=["author"])
    assert row.author == cid
    row.author_id = (1, 1)
    row.save()
    assert Remark.objects.get(text="b1").author == ann
    assert Remark.objects.filter(text="b1").update(author=bob) == 1
    assert Remark.objects.filter(author_id=(1, 2)).update(author_id=(2, 1), judge=None) == 1
    assert Remark.objects.get(text="b1").author == cid
    made, created = Remark.objects.get_or_create(author=bob, defaults={"text": "b2"})
    assert created
    assert made.author_id == (1, 2)
    assert Remark.objects.get_or_create(author=bob) == (made, False)
    Remark.objects.bulk_create([Remark(author=bob, text="x"), Remark(author=cid, text="y", judge=ann)])
    assert bob.remarks.filter(text="x").exists()
    bob.remarks.create(text="z")
    bob.remarks.add(Remark.objects.get(text="y"))
    assert sorted(r.text for r in bob.remarks.all()) == ["b2", "x", "y", "z"]
    with pytest.raises(ValueError, match="must be"):
        row.author = Tenant(id=1)  # type: ignore[assignment]  # that is the point
    late = Person(tenant_id=2, name="Dan")
    unsaved = Remark(author=late)
    with pytest.raises(ValueError, match="unsaved related object 'author'"):
        unsaved.save()
    late.number = 7
    late.save()
    unsaved.save()
    assert unsaved.author_id == (2, 7)


def test_the_database_keeps_it_true(flats: Any, database: Database) -> None:
    with pytest.raises(IntegrityError):
        Remark.objects.create(author_tenant_id=9, author_number=9)
    remark = Remark(author_tenant_id=9, author_number=9, text="t")
    with pytest.raises(ValidationError) as caught:
        remark.full_clean()
    assert list(caught.value.message_dict) == ["author"]
    with pytest.raises(ValidationError) as caught:
        Remark(text="t").full_clean()
    assert caught.value.message_dict["author"] == ["This field cannot be null."]


def test_one_to_one(flats: Any) -> None:
    ann, bob, _ = flats
    passport = Passport.objects.create(owner=ann, code="x")
    with pytest.raises(IntegrityError):
        Passport.objects.create(owner_id=(1, 1))
    with pytest.raises(ValidationError, match="already exists"):
        Passport(owner=ann, code="y").full_clean()
    fresh = Person.objects.get(pk=(1, 1))
    assert fresh.passport == passport
    assert fresh.passport.owner is fresh
    with assert_num_queries(1):
        found = {p.name: getattr(p, "passport", None) for p in Person.objects.select_related("passport")}
    assert found == {"Ann": passport, "Bob": None, "Cid": None}
    with assert_num_queries(2):
        rows = Person.objects.prefetch_related("passport").order_by("name")
        assert [getattr(p, "passport", None) for p in rows] == [passport, None, None]
    with pytest.raises(Passport.RelatedObjectDoesNotExist):
        _ = bob.passport
    assert names(Person.objects.filter(passport__code="x")) == ["Ann"]


def test_a_row_of_its_own_kind(flats: Any) -> None:
    ann, bob, cid = flats
    bob.boss = ann
    bob.save()
    assert names(ann.staff.all()) == ["Bob"]
    assert names(Person.objects.filter(boss__name="Ann")) == ["Bob"]
    ann.staff.set([cid])
    assert names(ann.staff.all()) == ["Cid"]
    ann.staff.clear()
    assert Person.objects.filter(boss__isnull=False).count() == 0


def test_many_to_many(flats: Any) -> None:
    ann, bob, cid = flats
    chess, go = Club.objects.create(name="chess"), Club.objects.create(name="go")
    ann.clubs.add(chess, go)
    chess.members.add(cid, (1, 2))
    assert names(chess.members.order_by("name")) == ["Ann", "Bob", "Cid"]
    assert names(Person.objects.filter(clubs__name="go")) == ["Ann"]
    assert sorted(names(Club.objects.filter(members=cid))) == ["chess"]
    with assert_num_queries(2):
        people = Person.objects.prefetch_related("clubs").order_by("name")
        assert [sorted(names(p.clubs.all())) for p in people] == [["chess", "go"], ["chess"], ["chess"]]
    with assert_num_queries(2):
        clubs = Club.objects.prefetch_related("members").order_by("name")
        assert [sorted(names(c.members.all())) for c in clubs] == [["Ann", "Bob", "Cid"], ["Ann"]]
    chess.members.remove(bob)
    chess.members.set([ann, bob])
    assert names(chess.members.order_by("name")) == ["Ann", "Bob"]
    chess.members.clear()
    assert chess.members.count() == 0
    ann.friends.add(bob)
    assert names(bob.friends.all()) == ["Ann"]
    go.hosts.add(cid, through_defaults={"role": "head"})
    assert names(go.hosts.all()) == ["Cid"]
    assert Hosting.objects.get(person=cid).role == "head"
    assert names(cid.hosted.all()) == ["go"]
    assert Person.objects.aggregate(n=Count("clubs"))["n"] == 1


def test_deletion_follows_the_rules(flats: Any) -> None:
    ann, bob, cid = flats
    Seat.objects.create(holder=ann, guest=bob)
    Shelf.objects.create(owner=cid)
    cid.boss = bob
    cid.save()
    with pytest.raises(ProtectedError, match=r"Remark\.judge"):
        bob.delete()
    Remark.objects.filter(judge=bob).update(judge=None)
    bob.delete()
    assert Seat.objects.get().guest is None
    assert Person.objects.get(name="Cid").boss is None
    assert cid.delete()[1]["flats.Remark"] == 1
    assert Shelf.objects.get().owner_id == (1, 1)  # type: ignore[attr-defined]  # the key of a foreign key
    Shelf.objects.all().delete()
    Person.objects.filter(pk=(1, 1)).delete()
    assert (Seat.objects.count(), Remark.objects.count(), Person.objects.count()) == (0, 0, 0)


def test_async_code_reads_and_writes(
    database: Database, run: Callable[[Coroutine[Any, Any, Any]], Any], flats: Any
) -> None:
    async def work() -> None:
        ann = await Person.objects.aget(pk=(1, 1))
        made = await Remark.objects.acreate(author=ann, text="n")
        found = await Remark.objects.select_related("author").aget(pk=made.pk)
        assert found.author == ann
        assert [r.text async for r in ann.remarks.order_by("text")] == ["a1", "a2", "n"]

    run(work())


def test_models_are_written_for_tables_with_such_keys(flats: Any, database: Database) -> None:
    text = models_source(database, ["flats_tenant", "flats_person", "flats_remark", "flats_passport", "flats_shelf"])
    assert "author = orm.ForeignKey('FlatsPerson', orm.DO_NOTHING)" in text
    assert "judge = orm.ForeignKey('FlatsPerson', orm.DO_NOTHING, blank=True, null=True)" in text
    assert "owner = orm.OneToOneField('FlatsPerson', orm.DO_NOTHING)" in text
    assert "own = orm.ForeignKey('FlatsPerson', orm.DO_NOTHING)" in text
    assert "boss = orm.ForeignKey('self', orm.DO_NOTHING, blank=True, null=True)" in text
    source = text.replace("class Meta:", "class Meta:\n        registry = drafts\n        app_label = 'drafts'")
    drafts: dict[str, Any] = {"drafts": Registry()}
    exec(source, drafts)
    with database:
        found = drafts["FlatsRemark"].objects.get(text="c1")
        assert found.author.name == "Cid"


def test_other_keys_of_several_columns_become_foreign_objects(tmp_path: Any) -> None:
    with connect(f"sqlite:///{tmp_path / 'x.db'}") as here:
        here.execute("CREATE TABLE part (a INTEGER, b INTEGER, PRIMARY KEY (a, b))")
        here.execute(
            "CREATE TABLE whole (id INTEGER PRIMARY KEY, x INTEGER, y INTEGER, FOREIGN KEY (x, y) REFERENCES part (a, b))"
        )
        text = models_source(here)
    assert (
        "part = orm.ForeignObject('Part', orm.DO_NOTHING, ('x', 'y'), ('a', 'b'), null=True, related_name='+')" in text
    )


def test_inheritance_and_abstract_models() -> None:
    registry = Registry()

    class Owned(Model):
        owner: Any = ForeignKey("zoo.Keeper", CASCADE, related_name="%(class)ss")

        class Meta:
            app_label = "zoo"
            abstract = True

    Owned._meta.registry = registry

    class Animal(Owned):
        class Meta:
            app_label = "zoo"

    class Bird(Animal):
        wings = IntegerField(default=2)

        class Meta:
            app_label = "zoo"

    class Keeper(Model):
        pk = CompositePrimaryKey("zoo", "number")
        zoo = IntegerField()
        number = IntegerField()
        animals: Any

        class Meta:
            app_label = "zoo"
            registry = Bird._meta.registry

    with connect("sqlite://:memory:") as database:
        database.create_all(Keeper, Animal, Bird)
        keeper = Keeper.objects.create(pk=(1, 1))
        bird = Bird.objects.create(owner=keeper)
        assert Bird.objects.get(owner=keeper) == bird
        assert Bird.objects.get(owner__zoo=1).owner == keeper
        assert keeper.animals.get().bird == bird


def test_what_cannot_be_is_refused() -> None:
    class Other(Model):
        class Meta:
            registry = house
            app_label = "flats"

    with pytest.raises(ModelError, match="Name its columns in a CompositePrimaryKey"):
        Other.add_to_class("key", OneToOneField(Person, DO_NOTHING, primary_key=True, related_name="+"))

"""Options of relations, and every rule of what happens when the row pointed to goes."""

from collections.abc import Iterator
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    DO_NOTHING,
    PROTECT,
    RESTRICT,
    SET,
    SET_DEFAULT,
    SET_NULL,
    CharField,
    Database,
    ForeignKey,
    Index,
    IntegerField,
    ManyToManyField,
    Model,
    OneToOneField,
    ProtectedError,
    Q,
    Registry,
    RestrictedError,
    atomic,
    set_rollback,
)
from partita.orm.inspection import _with_inspector  # white box: what the database has
from partita.orm.signals import m2m_changed, post_delete
from partita.validation import ValidationError

firm = Registry()


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = firm
        app_label = "firm"


class Town(Base):
    """Is pointed to by its code."""

    code = CharField(max_length=5, unique=True)
    size = IntegerField(default=0)

    class Meta(Base.Meta):
        ordering = ("code",)
        indexes = (Index(fields=("size", "code"), name="firm_town_size_code"),)


class Person(Base):
    """Points in every way."""

    name = CharField(max_length=20)
    home = ForeignKey(
        Town,
        PROTECT,
        to_field="code",
        null=True,
        related_name="%(class)s_homes",
        related_query_name="%(app_label)s_home",
        limit_choices_to=Q(size__gt=10),
    )
    away = ForeignKey(Town, DO_NOTHING, null=True, db_constraint=False, related_name="+")
    boss = ForeignKey("self", SET_NULL, null=True, related_name="staff")
    friends = ManyToManyField("self")
    fans = ManyToManyField("self", symmetrical=False, related_name="idols")


def first_town() -> Any:
    """Return where things go whose town goes."""
    return Town.objects.order_by("pk").first()


class Thing(Base):
    """Has one relation for each rule."""

    gone = ForeignKey(Town, CASCADE, null=True, related_name="things_gone")
    kept = ForeignKey(Town, SET_DEFAULT, default=None, null=True, related_name="things_kept")
    moved = ForeignKey(Town, SET(first_town), null=True, related_name="things_moved")
    bound = ForeignKey(Town, RESTRICT, null=True, related_name="things_bound")


class Club(Base):
    """Has members, who join in a year."""

    name = CharField(max_length=20)
    members: Any = ManyToManyField(
        Person, through="Membership", through_fields=("club", "person"), related_name="clubs"
    )


class Membership(Base):
    """Stands between the two, and knows who proposed."""

    club = ForeignKey(Club, CASCADE)
    person = ForeignKey(Person, CASCADE, related_name="memberships")
    proposer = ForeignKey(Person, CASCADE, null=True, related_name="proposals")
    year = IntegerField(default=1900)


class Card(Base):
    """One a person."""

    owner = OneToOneField(Person, CASCADE, related_name="card")


MODELS: tuple[Any, ...] = (Town, Person, Thing, Club, Membership, Card)


@pytest.fixture(scope="module")
def tables(session_database: Database) -> Iterator[Database]:
    """The session's database with this module's tables."""
    with session_database:
        session_database.create_all(*MODELS)
    yield session_database
    with session_database:
        session_database.drop_all(*MODELS)


@pytest.fixture
def here(tables: Database) -> Iterator[Database]:
    """The same, current; what a test writes is undone."""
    with tables, atomic():
        yield tables
        set_rollback(True)


def test_a_relation_may_point_to_a_field_that_is_not_the_key(here: Database) -> None:
    town = Town.objects.create(code="BER", size=20)
    person: Any = Person.objects.create(name="Ann", home=town)
    assert person.home_id == "BER"
    assert Person.objects.get(home="BER").home == town
    assert Town.objects.get(firm_home__name="Ann") == town  # the name that queries use
    assert [each.name for each in town.person_homes.all()] == ["Ann"]  # type: ignore[attr-defined]  # the attribute
    assert Person.objects.filter(home__size=20).exists()


def test_choices_may_be_limited(here: Database) -> None:
    big, small = Town.objects.create(code="BIG", size=11), Town.objects.create(code="SML", size=1)
    field: Any = Person._meta.get_field("home")
    assert [key for key, _ in field.get_choices(include_blank=False)] == ["BIG"]
    Person(name="a", home=big).clean_fields(exclude=["away", "boss"])
    with pytest.raises(ValidationError, match="does not exist"):
        Person(name="a", home=small).clean_fields(exclude=["away", "boss"])


def test_without_a_constraint_a_relation_may_lead_nowhere(here: Database) -> None:
    person: Any = Person.objects.create(name="a", away_id=4711)
    assert Person.objects.get(away_id=4711) == person
    with pytest.raises(Town.DoesNotExist):
        person.away  # the look at it raises
    assert not hasattr(Town, "person_set")


def test_each_rule_does_what_it_says(here: Database) -> None:
    stays, goes = Town.objects.create(code="A"), Town.objects.create(code="B")
    gone = Thing.objects.create(gone=goes)
    kept, moved = Thing.objects.create(kept=goes), Thing.objects.create(moved=goes)
    heard: list[Any] = []

    def listen(sender: Any, **_: Any) -> None:
        heard.append(sender)

    post_delete.connect(listen, Thing)
    try:
        assert goes.delete() == (2, {"firm.Thing": 1, "firm.Town": 1})
    finally:
        post_delete.disconnect(listen, Thing)
    assert heard == [Thing]
    assert not Thing.objects.filter(pk=gone.pk).exists()
    assert Thing.objects.get(pk=kept.pk).kept is None
    assert Thing.objects.get(pk=moved.pk).moved == stays
    bound = Thing.objects.create(bound=stays)
    with pytest.raises(RestrictedError, match=r"'Thing\.bound'") as restricted:
        stays.delete()
    assert restricted.value.restricted_objects == {bound}
    bound.gone = stays
    bound.save()
    moved.delete()  # SET would choose the row that goes
    stays.delete()  # what restricts goes as well
    assert not Thing.objects.filter(pk=bound.pk).exists()
    home = Town.objects.create(code="H")
    person = Person.objects.create(name="a", home=home)
    with pytest.raises(ProtectedError, match=r"'Person\.home'") as protected:
        home.delete()
    assert protected.value.protected_objects == {person}
    boss = Person.objects.create(name="boss")
    Person.objects.filter(pk=person.pk).update(boss=boss)
    boss.delete()
    person.refresh_from_db()
    assert person.boss is None


def test_a_table_between_may_have_columns_of_its_own(here: Database) -> None:
    club = Club.objects.create(name="Chess")
    ann, bob = Person.objects.create(name="Ann"), Person.objects.create(name="Bob")
    club.members.add(ann, through_defaults={"year": 2001, "proposer": bob})
    club.members.create(name="Cy", through_defaults={"year": lambda: 2002})
    assert list(Membership.objects.order_by("year").values_list("person__name", "year", "proposer__name")) == [
        ("Ann", 2001, "Bob"),
        ("Cy", 2002, None),
    ]
    club.members.set([bob], through_defaults={"year": 2003})
    assert [each.year for each in Membership.objects.all()] == [2003]
    assert list(Person.objects.filter(clubs__name="Chess")) == [bob]
    assert Club.objects.get(membership__year=2003) == club


def test_symmetrical_relations_hold_both_ways_and_others_do_not(here: Database) -> None:
    ann, bob = Person.objects.create(name="Ann"), Person.objects.create(name="Bob")
    ann.friends.add(bob)
    assert list(bob.friends.all()) == [ann]
    bob.friends.remove(ann)
    assert not ann.friends.exists()
    ann.fans.add(bob)
    assert not bob.fans.exists()
    assert list(bob.idols.all()) == [ann]  # type: ignore[attr-defined]  # the way back


def test_many_to_many_signals_tell_what_changes(here: Database) -> None:
    heard: list[tuple[str, bool, Any]] = []

    def listen(sender: Any, action: str, reverse: bool, pk_set: Any, **_: Any) -> None:
        heard.append((action, reverse, pk_set))

    ann, bob = Person.objects.create(name="Ann"), Person.objects.create(name="Bob")
    through: Any = Person._meta.get_field("fans").through
    m2m_changed.connect(listen, through)
    try:
        ann.fans.add(bob)
        ann.fans.add(bob)  # nothing is new
        bob.idols.remove(ann)  # type: ignore[attr-defined]  # the way back
        ann.fans.clear()
    finally:
        m2m_changed.disconnect(listen, through)
    assert heard == [
        ("pre_add", False, {bob.pk}),
        ("post_add", False, {bob.pk}),
        ("pre_add", False, set()),
        ("post_add", False, set()),
        ("pre_remove", True, {ann.pk}),
        ("post_remove", True, {ann.pk}),
        ("pre_clear", False, None),
        ("post_clear", False, None),
    ]


def test_rows_can_be_let_go_one_by_one(here: Database) -> None:
    boss: Any = Person.objects.create(name="boss")
    one, two = (Person.objects.create(name=name, boss=boss) for name in "ab")
    boss.staff.remove(one, bulk=False)
    assert one.boss is None
    assert list(boss.staff.all()) == [two]
    boss.staff.clear(bulk=False)
    assert not boss.staff.exists()
    with pytest.raises(ValueError, match="primary key value"):
        Person(name="new").staff  # type: ignore[attr-defined]  # the look at it raises
    with pytest.raises(ValueError, match='field "id" before this many-to-many'):
        Person(name="new").friends  # same


def test_a_key_that_was_emptied_stays_empty(here: Database) -> None:
    boss = Person.objects.create(name="boss")
    person: Any = Person.objects.create(name="a", boss=boss)
    person.boss_id = None
    person.save()
    assert Person.objects.get(pk=person.pk).boss is None
    late: Any = Person(name="late")
    worker = Person(name="worker", boss=late)
    with pytest.raises(ValueError, match="unsaved related object 'boss'"):
        worker.save()
    late.save()
    worker.save()
    assert Person.objects.get(pk=worker.pk).boss == late


def test_indexes_over_several_fields_are_in_the_database(here: Database) -> None:
    if here.vendor == "sqlite":
        found = {row[1] for row in here.execute("PRAGMA index_list(firm_town)")}
    else:
        found = {index["name"] for index in _with_inspector(here, lambda inspector: inspector.get_indexes("firm_town"))}
    assert "firm_town_size_code" in found

"""What the database itself puts into rows: defaults, computed columns, rules of deletion; and its indexes and constraints."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.schema import CreateIndex, CreateTable

from partita.orm import (
    DB_CASCADE,
    DB_SET_NULL,
    CharField,
    CheckConstraint,
    Database,
    DateField,
    DateTimeField,
    Deferrable,
    F,
    ForeignKey,
    GeneratedField,
    Index,
    IntegerField,
    IntegrityError,
    Model,
    ModelError,
    Q,
    Registry,
    UniqueConstraint,
    atomic,
    connect,
)
from partita.orm.backends import ddl_backend
from partita.orm.functions import Lower, Now
from partita.validation import ValidationError

store = Registry()


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = store
        app_label = "store"


class Box(Base):
    """Has values that the database gives."""

    width = IntegerField(db_default=3)
    height = IntegerField()
    note = CharField(max_length=20, db_default="it's 5%")
    made = DateTimeField(db_default=Now())
    area: Any = GeneratedField(
        expression=F("width") * F("height"), output_field=IntegerField(), db_persist=True, db_comment="w x h"
    )


class Label(Base):
    """Goes when its box goes, without anybody asking."""

    box = ForeignKey(Box, DB_CASCADE, related_name="labels")
    copy_of = ForeignKey(Box, DB_SET_NULL, null=True, related_name="copies")


class Item(Base):
    """Has indexes and constraints of every kind."""

    name = CharField(max_length=30)
    code = CharField(max_length=10, blank=True)
    shelf = IntegerField(null=True, blank=True)
    sold = DateField(null=True, blank=True)
    tag = CharField(max_length=10, blank=True, unique_for_month="sold")

    class Meta(Base.Meta):
        indexes = (
            Index(fields=("name", "-shelf"), name="%(app_label)s_%(class)s_both"),
            Index(Lower("name").desc(), "shelf", name="store_item_lower"),
            Index(
                fields=("code",),
                include=("shelf",),
                condition=Q(shelf__gt=1),
                opclasses=("varchar_pattern_ops",),
                name="i3",
            ),
        )
        constraints = (
            UniqueConstraint(Lower("name"), name="store_item_name"),
            UniqueConstraint(fields=("code",), condition=~Q(code=""), name="store_item_code"),
            UniqueConstraint(fields=("shelf",), nulls_distinct=True, name="store_item_shelf"),
            CheckConstraint(condition=Q(shelf__lt=100) | Q(name__startswith="%x"), name="store_item_few"),
        )


class Place(Base):
    """Its numbers may be swapped within one transaction."""

    number = IntegerField()

    class Meta(Base.Meta):
        constraints = (UniqueConstraint(fields=("number",), deferrable=Deferrable.DEFERRED, name="store_place_n"),)


MODELS: tuple[Any, ...] = (Box, Label, Item, Place)


@pytest.fixture(scope="module")
def tables(session_database: Database) -> Iterator[Database]:
    """The database of the session, with the tables of this module."""
    with session_database:
        session_database.create_all(*MODELS)
    yield session_database
    with session_database:
        session_database.drop_all(*MODELS)


@pytest.fixture
def here(tables: Database) -> Iterator[Database]:
    """The same, current and empty."""
    with tables:
        yield tables
        for model in reversed(MODELS):
            model._base_manager.all().delete()


def test_a_default_of_the_database_is_known_once_the_row_is_saved(here: Database) -> None:
    new = Box(height=4)
    assert repr(new.width) == "DATABASE_DEFAULT"
    new.full_clean()
    new.save()
    assert (new.width, new.note) == (3, "it's 5%")
    assert isinstance(new.made, dt.datetime)
    given = Box.objects.create(width=5, height=1, note="")
    assert (given.width, given.note) == (5, "")
    changed = Box(pk=new.pk, height=9)
    changed.save()  # an update: the default is written as well
    assert Box.objects.values_list("width", "height").get(pk=new.pk) == (3, 9)


def test_a_new_row_with_a_key_of_its_own_gets_them_too(here: Database) -> None:
    """Whoever brings a key is looked for first; that nobody is found must not forget what the database is to give."""
    new = Box(pk=77, height=4)
    new.save()
    assert (new.pk, new.width, new.area) == (77, 3, 12)
    assert isinstance(new.made, dt.datetime)
    forced = Box(pk=78, height=5, note="")
    forced.save(force_insert=True)
    assert (forced.width, forced.note) == (3, "")
    with pytest.raises(Box.NotUpdated):
        Box(pk=79, height=6).save(force_update=True)
    assert set(Box.objects.values_list("pk", "width", "height", "note")) == {(77, 3, 4, "it's 5%"), (78, 3, 5, "")}


def test_a_computed_column_follows_the_others(here: Database) -> None:
    box = Box.objects.create(width=2, height=4)
    assert box.area == 8
    box.height = 5
    box.save()
    assert box.area == 10
    assert Box.objects.get(area=10) == box
    Box.objects.update(width=F("width") + 1)
    box.refresh_from_db()
    assert box.area == 15
    assert Box._meta.get_field("area").generated
    assert not Box._meta.get_field("area").editable


def test_many_rows_get_them_too(here: Database) -> None:
    boxes = Box.objects.bulk_create([Box(height=1), Box(height=2, width=9), Box(height=3)])
    assert set(Box.objects.values_list("width", "height", "area")) == {(3, 1, 3), (9, 2, 18), (3, 3, 9)}
    if here.backend.returning:
        assert [(box.width, box.area) for box in boxes] == [(3, 3), (9, 18), (3, 9)]


def test_wrong_computed_columns_are_refused() -> None:
    options: Any = {"expression": F("width"), "output_field": IntegerField()}
    with pytest.raises(ValueError, match="db_persist must be True or False"):
        GeneratedField(**options)
    with pytest.raises(ValueError, match="cannot have a default"):
        GeneratedField(**options, db_persist=True, default=1)
    with pytest.raises(ModelError, match="primary key"):
        GeneratedField(**options, db_persist=True, primary_key=True)


def test_a_virtual_column_is_computed_at_each_read_and_tablespaces_are_named() -> None:
    mine = Registry()

    class Circle(Model):
        radius = IntegerField(db_index=True)
        double: Any = GeneratedField(expression=F("radius") * 2, output_field=IntegerField(), db_persist=False)

        class Meta:
            registry = mine
            app_label = "round"
            db_tablespace = "fast"

    with connect("sqlite://:memory:") as database:
        database.create_all(Circle)
        assert Circle.objects.create(radius=4).double == 8
        ((sql,),) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'round_circle'")
        assert "VIRTUAL" in sql.upper() or "STORED" not in sql.upper()
    mysql = str(CreateTable(Circle._meta.table).compile(dialect=ddl_backend("mysql").dialect))
    assert "VIRTUAL" in mysql
    assert "fast" not in mysql
    postgresql = ddl_backend("postgresql").dialect
    (index,) = Circle._meta.table.indexes
    assert "TABLESPACE fast" in str(CreateIndex(index).compile(dialect=postgresql))
    assert Circle._meta.table.dialect_options["postgresql"]["tablespace"] == "fast"
    assert Label._meta.table.dialect_options["postgresql"]["tablespace"] is None


def test_the_database_follows_relations_by_itself(here: Database) -> None:
    one, two = Box.objects.create(height=1), Box.objects.create(height=2)
    label = Label.objects.create(box=one, copy_of=two)
    with here.query_log() as log:
        two.delete()
    assert len(log) == 1
    label.refresh_from_db()
    assert label.copy_of is None
    one.delete()
    assert not Label.objects.exists()
    with pytest.raises(ModelError, match="db_constraint"):
        ForeignKey(Box, DB_CASCADE, db_constraint=False)


def test_foreign_keys_are_checked_when_the_transaction_ends(here: Database) -> None:
    if here.vendor == "mysql":  # it checks each statement
        with pytest.raises(IntegrityError):
            Label.objects.create(box_id=4711)
        assert not Label.objects.exists()
        return
    with atomic():
        label = Label.objects.create(box_id=4711)
        Box.objects.create(pk=4711, height=1)
    assert label.box.height == 1
    with pytest.raises(IntegrityError), atomic():
        Label.objects.create(box_id=1234567)


def test_unique_expressions_and_conditions_hold_in_database_and_validation(here: Database) -> None:
    Item.objects.create(name="Cup", code="c", shelf=1)
    with pytest.raises(ValidationError, match="store_item_name"):
        Item(name="CUP").full_clean()
    with pytest.raises(ValidationError, match="store_item_code"):
        Item(name="Mug", code="c").full_clean()
    with pytest.raises(ValidationError, match="already exists"):
        Item(name="Mug", shelf=1).full_clean()
    with pytest.raises(ValidationError, match="store_item_few"):
        Item(name="Mug", shelf=100).full_clean()
    Item(name="%xMug", shelf=100).full_clean()
    Item(name="Mug").full_clean()
    Item(name="CUP").full_clean(exclude=["name"])
    if here.vendor != "mysql":  # which has neither
        with pytest.raises(IntegrityError):
            Item.objects.create(name="CUP")
        with pytest.raises(IntegrityError):
            Item.objects.create(name="Mug", code="c")
    with pytest.raises(IntegrityError):
        Item.objects.create(name="Pot", shelf=100)
    Item.objects.create(name="%xPot", shelf=100)
    Item.objects.create(name="a")
    Item.objects.create(name="b")


def test_a_value_may_be_unique_for_a_month(here: Database) -> None:
    Item.objects.create(name="a", tag="t", sold=dt.date(2026, 5, 1))
    with pytest.raises(ValidationError, match="Tag must be unique for Sold month"):
        Item(name="b", tag="t", sold=dt.date(2026, 5, 31)).full_clean()
    Item(name="b", tag="t", sold=dt.date(2026, 6, 1)).full_clean()
    Item(name="b", tag="t").full_clean()


def test_a_deferrable_constraint_is_checked_at_the_end(here: Database) -> None:
    if here.vendor != "postgresql":
        Place.objects.create(number=1)  # elsewhere it is not made, and validation alone tells
        with pytest.raises(ValidationError):
            Place(number=1).full_clean()
        return
    Place.objects.bulk_create([Place(number=1), Place(number=2)])
    with atomic():
        for place in Place.objects.all():
            place.number = 3 - place.number
            place.save()
    with pytest.raises(IntegrityError), atomic():
        Place.objects.update(number=7)


def test_postgresql_gets_every_option_of_an_index(here: Database) -> None:
    if here.vendor != "postgresql":
        pytest.skip("platform: operator classes, INCLUDE and tablespaces exist in PostgreSQL only")
    made = dict(here.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'store_item'"))
    assert "INCLUDE (shelf)" in made["i3"]
    assert "varchar_pattern_ops" in made["i3"]
    assert "WHERE (shelf > 1)" in made["i3"]
    assert "lower((name)::text) DESC" in made["store_item_lower"]
    assert "(name, shelf DESC)" in made["store_item_both"]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Index(), "At least one field or expression is required to define an index"),
        (lambda: Index("a", fields=["b"], name="x"), "mutually exclusive"),
        (lambda: Index(fields="ab"), "must be a list or tuple"),
        (lambda: Index(fields=["a"], condition=Q(a=1)), "must be named to use condition"),
        (lambda: Index(fields=["a"], include=["b"]), "covering index must be named"),
        (lambda: Index(fields=["a"], opclasses=["x", "y"], name="x"), "same number of elements"),
        (lambda: Index(fields=["a"], condition=1, name="x"), "must be a Q instance"),  # type: ignore[arg-type]  # on purpose
        (lambda: UniqueConstraint(name="x"), "is required to define a unique constraint"),
        (
            lambda: UniqueConstraint(fields=["a"], name="x", condition=Q(a=1), deferrable=Deferrable.DEFERRED),
            "with conditions cannot be deferred",
        ),
        (lambda: UniqueConstraint(fields=["a"], name="x", deferrable="now"), "must be a Deferrable instance"),  # type: ignore[arg-type]  # on purpose
        (lambda: CheckConstraint(condition=1, name="x"), "must be a Q instance or boolean expression"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused(made: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        made()

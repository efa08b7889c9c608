"""The tests that a kind of database has to pass: inherit `KindSuite`, and give it a ``database``. Needs the extra ``suite``."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.engine import URL

from partita.orm import (
    CASCADE,
    BinaryField,
    BooleanField,
    CharField,
    CheckConstraint,
    Count,
    Database,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    F,
    FloatField,
    ForeignKey,
    Index,
    IntegerField,
    IntegrityError,
    JSONField,
    ManyToManyField,
    Model,
    OperationalError,
    ProgrammingError,
    Q,
    Registry,
    Sum,
    TextField,
    TimeField,
    UniqueConstraint,
    UUIDField,
    atomic,
)
from partita.orm.inspection import models_source, table_names

__all__ = ("KindSuite",)

_kinds = Registry()


class Maker(Model):
    name = CharField(max_length=40, unique=True)
    things: Any

    class Meta:
        registry = _kinds
        app_label = "kinds"


class Label(Model):
    text = CharField(max_length=10)
    things: Any

    class Meta:
        registry = _kinds
        app_label = "kinds"


class Thing(Model):
    maker = ForeignKey(Maker, CASCADE, related_name="things")
    labels: Any = ManyToManyField(Label, related_name="things")
    whole = IntegerField(default=0)
    part = FloatField(default=0.0)
    price = DecimalField(max_digits=8, decimal_places=2, default=Decimal("1.50"))
    yes = BooleanField(default=False)
    text = TextField(default="")
    day = DateField(null=True)
    clock = TimeField(null=True)
    moment = DateTimeField(null=True)
    span = DurationField(null=True)
    code = UUIDField(null=True)
    data = JSONField(null=True)
    raw = BinaryField(null=True)

    class Meta:
        registry = _kinds
        app_label = "kinds"
        ordering = ("id",)
        indexes = (Index(fields=("whole", "-price"), name="kinds_thing_whole"),)
        constraints = (
            CheckConstraint(condition=Q(whole__gte=-5), name="kinds_thing_low"),
            UniqueConstraint(fields=("maker", "text"), name="kinds_thing_once"),
        )


_MODELS = (Maker, Label, Thing)


class KindSuite:
    """Inherit it in a test module, with a fixture ``database`` that gives an open `Database` of the kind.

    A fixture ``spare`` gives the URL of a database that is not there and may be made; without it creation is not tested here.
    """

    @pytest.fixture
    def spare(self) -> URL | None:
        """None: creation is tested elsewhere."""
        return None

    @pytest.fixture
    def here(self, database: Database) -> Any:
        """The database with the suite's tables, empty."""
        database.drop_all(*_MODELS)
        database.create_all(*_MODELS)
        with database:
            yield database
        database.drop_all(*_MODELS)

    def things(self, count: int = 3) -> list[Thing]:
        """Save a maker and things of it."""
        maker = Maker.objects.create(name="one")
        return [Thing.objects.create(maker=maker, whole=number, text=f"t{number}") for number in range(count)]

    # -- operations -------------------------------------------------------------------------------------------------

    def test_values_come_back_as_they_went(self, here: Database) -> None:
        values: dict[str, Any] = {
            "whole": -3,
            "part": 0.25,
            "price": Decimal("12.30"),
            "yes": True,
            "text": "it's 100 % \\ \N{SNOWMAN} \N{MUSICAL SYMBOL G CLEF} :x",
            "day": dt.date(2024, 2, 29),
            "clock": dt.time(23, 59, 58),
            "moment": dt.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=dt.UTC),
            "span": dt.timedelta(days=-1, seconds=5, microseconds=7),
            "code": uuid.UUID(int=7),
            "data": {"a": [1, None, "x"], "b": {"c": True}},
            "raw": b"\x00\xff'",
        }
        made = Thing.objects.create(maker=Maker.objects.create(name="x"), **values)
        found = Thing.objects.values(*values).get(pk=made.pk)
        assert {name: bytes(value) if name == "raw" else value for name, value in found.items()} == values
        for name, value in values.items():
            if name not in ("part", "data", "raw"):
                assert Thing.objects.filter(**{name: value}).count() == 1, name
        empty = Thing.objects.create(maker=made.maker)
        assert Thing.objects.filter(day=None, data__isnull=True).get() == empty

    def test_rows_are_made_changed_and_deleted(self, here: Database) -> None:
        one, two, three = self.things()
        assert one.pk < two.pk < three.pk
        one.whole = 10
        one.save()
        assert Thing.objects.get(pk=one.pk).whole == 10
        assert Thing.objects.filter(whole__lt=5).update(whole=F("whole") + 1) == 2
        assert [thing.whole for thing in Thing.objects.all()] == [10, 2, 3]
        many = Thing.objects.bulk_create([Thing(maker=one.maker, text=f"b{number}") for number in range(40)])
        assert len({thing.pk for thing in Thing.objects.filter(text__startswith="b")}) == len(many)
        assert two.delete()[0] == 1
        assert one.maker.delete()[1]["kinds.Thing"] == 42
        assert not Thing.objects.exists()

    def test_queries_join_group_order_and_slice(self, here: Database) -> None:
        things = self.things(5)
        other = Thing.objects.create(maker=Maker.objects.create(name="two"), text="x", whole=9)
        label = Label.objects.create(text="red")
        label.things.add(*things[:2], other)
        assert set(Thing.objects.filter(labels=label, maker__name="one")) == set(things[:2])
        rows = (
            Maker.objects.annotate(n=Count("things"), s=Sum("things__whole"))
            .order_by("-n")
            .values_list("name", "n", "s")
        )
        assert list(rows) == [("one", 5, 10), ("two", 1, 9)]
        assert list(Thing.objects.order_by("-whole")[1:3]) == [things[4], things[3]]
        assert [thing.maker.name for thing in Thing.objects.select_related("maker").filter(whole__in=[0, 9])] == [
            "one",
            "two",
        ]
        assert [len(m.things.all()) for m in Maker.objects.prefetch_related("things").order_by("name")] == [5, 1]
        assert Thing.objects.filter(text__icontains="T").exclude(whole__range=(1, 3)).count() == 2
        assert Thing.objects.filter(~Q(text="x") | Q(whole=9)).distinct().count() == 6

    def test_rows_are_streamed(self, here: Database) -> None:
        maker = Maker.objects.create(name="one")
        Thing.objects.bulk_create([Thing(maker=maker, whole=number, text=str(number)) for number in range(1500)])
        with atomic():
            assert sum(thing.whole for thing in Thing.objects.iterator(chunk_size=100)) == 1124250

    def test_sql_of_ones_own_runs(self, here: Database) -> None:
        self.things(2)
        sql = "SELECT text FROM kinds_thing WHERE whole >= %s AND text <> '%%' ORDER BY whole"
        assert here.execute(sql, [1]) == [("t1",)]
        assert [thing.text for thing in Thing.objects.raw("SELECT * FROM kinds_thing WHERE whole = %s", [0])] == ["t0"]
        with here.query_log() as log:
            Thing.objects.count()
        assert len(log) == 1

    def test_errors_are_ours(self, here: Database) -> None:
        one, _ = self.things(2)
        with pytest.raises(IntegrityError):
            Maker.objects.create(name="one")
        with pytest.raises(IntegrityError):
            Thing.objects.create(maker=one.maker, text="t0")
        with pytest.raises((IntegrityError, OperationalError)):
            Thing.objects.create(maker=one.maker, text="low", whole=-6)
        with pytest.raises(IntegrityError):
            Thing.objects.filter(pk=one.pk).update(maker=987_654)
        with pytest.raises((ProgrammingError, OperationalError)):
            here.execute("SELECT nothing FROM nowhere")
        assert Thing.objects.count() == 2

    def test_transactions_hold_together(self, here: Database) -> None:
        done: list[str] = []
        with atomic():
            Maker.objects.create(name="kept")
            with pytest.raises(LookupError), atomic():
                Maker.objects.create(name="gone")
                raise LookupError
            here_now = [maker.name for maker in Maker.objects.all()]
            done.append("inside")
        assert here_now == ["kept"]
        with pytest.raises(LookupError), atomic():
            Maker.objects.create(name="gone, too")
            raise LookupError
        assert [maker.name for maker in Maker.objects.all()] == ["kept"]
        assert done == ["inside"]

    def test_async_code_works(self, here: Database) -> None:
        import asyncio

        async def work() -> list[str]:
            maker = await Maker.objects.acreate(name="later")
            async with atomic():
                await Thing.objects.acreate(maker=maker, text="a")
            texts = [thing.text async for thing in Thing.objects.filter(maker__name="later")]
            await here.aclose_native()
            return texts

        assert asyncio.run(work()) == ["a"]

    def test_a_connection_answers_until_it_is_closed(self, here: Database) -> None:
        if here.is_memory:
            return
        link = here.blocking.connect()
        assert link.ping()
        assert link.run_many(f"INSERT INTO kinds_label (text) VALUES ({here.blocking.placeholder(0)})", [["a"], ["b"]])
        names, rows = link.fetch_named("SELECT text FROM kinds_label ORDER BY text", ())
        assert (list(names), [tuple(row) for row in rows]) == (["text"], [("a",), ("b",)])
        link.close()

    # -- features, introspection, schema, creation, client ------------------------------------------------------------

    def test_features_are_told(self, here: Database) -> None:
        kind = here.kind
        assert kind.has()
        assert not kind.has(*kind.lacks) or not kind.lacks
        assert all(kind.has(name) for name in kind.gains)
        assert kind.vendor in ("sqlite", "postgresql", "mysql")
        assert kind.display_name

    def test_tables_are_looked_into(self, here: Database) -> None:
        assert {"kinds_maker", "kinds_thing", "kinds_label", "kinds_thing_labels"} <= here.kind.table_names(here)
        assert "kinds_thing" in table_names(here)
        text = models_source(here, ["kinds_thing", "kinds_maker"])
        assert "maker = orm.ForeignKey('KindsMaker', orm.DO_NOTHING)" in text
        assert "unique=True" in text

    def test_tables_go_and_come(self, here: Database) -> None:
        here.create_all(*_MODELS)  # again: they are there
        here.drop_all(*_MODELS)
        assert "kinds_thing" not in here.kind.table_names(here)
        here.create_all(*_MODELS)
        assert Thing.objects.count() == 0

    def test_a_database_is_made_and_dropped(self, here: Database, spare: URL | None) -> None:
        if spare is None:
            return
        here.kind.drop(spare)
        here.kind.create(spare)
        try:
            made = Database(spare)
            made.create_all(Maker)
            with made:
                Maker.objects.create(name="there")
            assert "kinds_maker" in made.kind.table_names(made)
            made.close()
        finally:
            here.kind.drop(spare)
        here.kind.create(spare)
        again = Database(spare)
        assert "kinds_maker" not in again.kind.table_names(again)
        again.close()
        here.kind.drop(spare)

    def test_a_program_talks_to_it_by_hand(self, here: Database) -> None:
        arguments, environment = here.kind.client(here.url.set(password="secret"))
        assert arguments[0]
        assert not any("secret" in argument for argument in arguments)  # others see arguments
        assert all(isinstance(value, str) for value in environment.values())

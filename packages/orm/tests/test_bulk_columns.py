"""bulk_create takes the values of rows column by column; what reaches the database is what save() would have written."""

import datetime as dt
import sys
import uuid
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    Database,
    DateTimeField,
    DecimalField,
    F,
    ForeignKey,
    IntegerField,
    JSONField,
    Lower,
    Model,
    Registry,
    UUIDField,
    Value,
    connect,
)
from partita.orm.fields.base import Field


class Doubled(IntegerField[int]):
    """Kept as twice its value, by SQL of its own."""

    def placeholder(self, mark: str, dialect: str) -> str:
        return f"2 * {mark}"


class Counting(CharField[str]):
    """Writes down when it is saved."""

    def pre_save(self, instance: Any, add: bool) -> Any:
        instance.__dict__.setdefault("saved", []).append(add)
        return f"{instance.number}-{super().pre_save(instance, add)}"


@pytest.fixture(scope="module")
def kinds() -> SimpleNamespace:
    own = Registry()

    class Group(Model):
        name = CharField(max_length=9)

        class Meta:
            registry = own

    class Thing(Model):
        number = IntegerField()
        label = Counting(max_length=30)
        twice = Doubled(default=1)
        price = DecimalField(max_digits=6, decimal_places=2, null=True)
        key = UUIDField(default=uuid.uuid4)
        data = JSONField(null=True)
        made = DateTimeField(auto_now_add=True)
        mood = CharField(max_length=9, db_default="fine")
        group = ForeignKey(Group, CASCADE, null=True)

        class Meta:
            registry = own

    class Plain(Model):
        name = CharField(max_length=30)
        number = IntegerField(null=True)

        class Meta:
            registry = own

    return SimpleNamespace(Group=Group, Thing=Thing, Plain=Plain)


@pytest.fixture
def things(kinds: SimpleNamespace) -> Iterator[Database]:
    with connect("sqlite://:memory:") as database:
        database.create_all(kinds.Group, kinds.Thing, kinds.Plain)
        yield database
    database.close()


def given(kinds: SimpleNamespace, group: Any) -> list[dict[str, Any]]:
    key = uuid.UUID(int=5)
    return [
        {"number": 1, "label": "a", "price": Decimal("1.50"), "data": {"a": [1]}, "group": group, "key": key},
        {"number": "2", "label": "b", "price": "2.25", "mood": "sad", "group_id": group.pk},
        {"number": 3.0, "label": "c", "twice": 4, "data": None, "key": str(key)},
        {"number": True, "label": "", "price": 7, "data": "text", "mood": Lower(Value("LOW"))},
        {"number": Value(4) + 1, "label": "d", "price": None, "data": [None], "pk": 77},
    ]


def test_the_same_values_are_stored_as_by_save(kinds: SimpleNamespace, things: Database) -> None:
    group = kinds.Group.objects.create(name="g")
    saved = [kinds.Thing(**values) for values in given(kinds, group)]
    for row in saved:
        row.save(force_insert=True)
    columns = [f.attname for f in kinds.Thing._meta.fields if f.attname not in ("id", "made", "key")]
    wanted = list(kinds.Thing.objects.order_by("number").values_list(*columns))
    assert len(wanted) == 5
    kinds.Thing.objects.all().delete()
    rows = kinds.Thing.objects.bulk_create([kinds.Thing(**values) for values in given(kinds, group)])
    found = list(kinds.Thing.objects.order_by("number").values_list(*columns))
    for one, other in zip(wanted, found, strict=True):
        assert dict(zip(columns, one, strict=True)) == dict(zip(columns, other, strict=True))
    assert [row.__dict__["saved"] for row in rows] == [[True]] * 5
    assert all(isinstance(row.made, dt.datetime) for row in rows)
    for row in rows:
        assert kinds.Thing.objects.get(pk=row.pk).label.endswith(f"-{row.label}")
    assert rows[4].pk == 77
    assert rows[1].mood == "sad"
    assert rows[0].mood == "fine"
    assert rows[3].mood == "low"


def test_rows_with_and_without_keys_get_their_own(kinds: SimpleNamespace, things: Database) -> None:
    rows = [kinds.Plain(name=f"n{n}", number=n, pk=1000 + n if n % 3 == 0 else None) for n in range(2500)]
    with things.query_log() as log:
        assert kinds.Plain.objects.bulk_create(rows) == rows
    assert sum(query.sql.startswith("INSERT") for query in log) == 3
    assert len({row.pk for row in rows}) == 2500
    assert {row.pk: row.number for row in rows} == dict(kinds.Plain.objects.values_list("pk", "number"))


def test_rows_saved_together_do_not_share_what_is_changed_later(kinds: SimpleNamespace, things: Database) -> None:
    one, other = kinds.Plain.objects.bulk_create([kinds.Plain(name="a"), kinds.Plain(name="b")])
    assert (one._state.adding, other._state.adding) == (False, False)
    one._state.adding = True
    assert other._state.adding is False
    one.pk = None
    one.save()
    other.delete()
    assert one._state.adding is False
    assert kinds.Plain.objects.count() == 2


def test_an_unsaved_relation_is_refused_and_one_saved_since_is_taken(kinds: SimpleNamespace, things: Database) -> None:
    group = kinds.Group(name="late")
    rows = [kinds.Thing(number=n, label="x", group=group) for n in range(3)]
    with pytest.raises(ValueError, match="unsaved related object 'group'"):
        kinds.Thing.objects.bulk_create(rows)
    assert kinds.Thing.objects.count() == 0
    group.save()
    kinds.Thing.objects.bulk_create(rows)
    assert set(kinds.Thing.objects.values_list("group", flat=True)) == {group.pk}


def test_f_of_a_row_that_is_not_there_is_refused(kinds: SimpleNamespace, things: Database) -> None:
    from partita.orm import FieldError

    with pytest.raises(FieldError, match="Failed to insert expression"):
        kinds.Plain.objects.bulk_create([kinds.Plain(name="a"), kinds.Plain(name="b", number=F("id") + 1)])
    assert kinds.Plain.objects.count() == 0


def test_plain_rows_cost_no_call_of_python_each(kinds: SimpleNamespace, things: Database) -> None:
    rows = [kinds.Plain(name=f"n{n}", number=n) for n in range(5000)]
    calls = 0

    def count(frame: Any, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        kinds.Plain.objects.bulk_create(rows)
    finally:
        sys.setprofile(None)
    assert calls < len(rows)
    assert kinds.Plain.objects.count() == 5000


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_each_batch_is_written_whole(kinds: SimpleNamespace, things: Database, size: int) -> None:
    rows = [kinds.Plain(name=f"n{n}", number=None if n % 5 else n) for n in range(20)]
    kinds.Plain.objects.bulk_create(rows, batch_size=size)
    stored = dict(kinds.Plain.objects.values_list("pk", "name"))
    assert stored == {row.pk: row.name for row in rows}


def test_on_every_database_alike(models: SimpleNamespace, database: Database) -> None:
    assert type(models.Genre._meta.get_field("name")).placeholder is Field.placeholder
    rows = [models.Genre(name=f"g{n}") for n in range(130)]
    models.Genre.objects.bulk_create(rows, batch_size=50)
    stored = dict(models.Genre.objects.values_list("name", "pk"))
    assert len(stored) == 130
    if database.backend.returning:
        assert stored == {row.name: row.pk for row in rows}

"""Indexes of every kind in the database, and rows that exclude one another."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.schema import AddConstraint

from partita.orm import (
    BooleanField,
    CharField,
    DateField,
    Deferrable,
    Index,
    IntegerField,
    IntegrityError,
    JSONField,
    Model,
    Q,
    Registry,
    TextField,
    atomic,
    connect,
)
from partita.postgres import (
    ArrayField,
    BloomIndex,
    BrinIndex,
    BTreeIndex,
    DateRangeField,
    ExclusionConstraint,
    GinIndex,
    GistIndex,
    HashIndex,
    Range,
    SearchVector,
    SpGistIndex,
)
from partita.validation import ValidationError

halls = Registry()


class Piece(Model):
    """Has an index of every kind."""

    title = CharField(max_length=100)
    text = TextField(default="")
    tags = ArrayField(CharField(max_length=20), default=list)
    data = JSONField(default=dict)
    days = DateRangeField(null=True)
    day = DateField(null=True)
    a = IntegerField(default=0)
    b = IntegerField(default=0)

    class Meta:
        registry = halls
        app_label = "halls"
        indexes = (
            GinIndex(fields=["tags"], name="tags_gin", fastupdate=False, gin_pending_list_limit=128),
            GinIndex(fields=["data"], name="data_gin", opclasses=["jsonb_path_ops"]),
            GinIndex(SearchVector("title", "text", config="english"), name="text_gin"),
            GistIndex(fields=["days"], name="days_gist", buffering=True, fillfactor=80),
            SpGistIndex(fields=["title"], name="title_spgist", fillfactor=70),
            BrinIndex(fields=["day"], name="day_brin", autosummarize=True, pages_per_range=16),
            HashIndex(fields=["title"], name="title_hash", condition=Q(a__gt=0)),
            BTreeIndex(fields=["title"], name="title_btree", fillfactor=90, deduplicate_items=False),
            BloomIndex(fields=["a", "b"], name="ab_bloom", length=96, columns=[4, 8]),
        )


class Booking(Model):
    """A hall for some days."""

    hall = IntegerField()
    days = DateRangeField(null=True)
    cancelled = BooleanField(default=False)

    class Meta:
        registry = halls
        app_label = "halls"
        constraints = (
            ExclusionConstraint(
                name="one_at_a_time",
                expressions=[("hall", "="), ("days", "&&")],
                condition=Q(cancelled=False),
                violation_error_message="The hall is taken.",
                violation_error_code="taken",
            ),
        )


class Turn(Model):
    """Checked at the end of a transaction."""

    hall = IntegerField()
    days = DateRangeField()

    class Meta:
        registry = halls
        app_label = "halls"
        constraints = (
            ExclusionConstraint(
                name="turns", expressions=[("hall", "="), ("days", "&&")], deferrable=Deferrable.DEFERRED
            ),
        )


class Stay(Model):
    """Excludes by one column, and keeps others in the index."""

    hall = IntegerField()
    days = DateRangeField()
    group = IntegerField(db_column='the "group"')
    cancelled = BooleanField(default=False)

    class Meta:
        registry = halls
        app_label = "halls"
        constraints = (
            ExclusionConstraint(
                name="stays",
                expressions=[("days", "&&")],
                include=["hall", "group"],
                condition=Q(cancelled=False),
                deferrable=Deferrable.DEFERRED,
            ),
            ExclusionConstraint(name="stays_plain", expressions=[("days", "&&")], include=("hall",)),
        )


DEFINITIONS = {
    "tags_gin": "gin (tags) WITH (fastupdate=off, gin_pending_list_limit='128')",
    "data_gin": "gin (data jsonb_path_ops)",
    "text_gin": "gin (to_tsvector('english'::regconfig",
    "days_gist": "gist (days) WITH (buffering='on', fillfactor='80')",
    "title_spgist": "spgist (title) WITH (fillfactor='70')",
    "day_brin": "brin (day) WITH (autosummarize='on', pages_per_range='16')",
    "title_hash": "hash (title) WHERE (a > 0)",
    "title_btree": "btree (title) WITH (fillfactor='90', deduplicate_items=off)",
    "ab_bloom": "bloom (a, b) WITH (length='96', col1='4', col2='8')",
}


def days(first: int, last: int) -> Range[dt.date]:
    return Range(dt.date(2026, 1, first), dt.date(2026, 1, last))


def test_the_database_has_each_index(tables: Callable[..., None], database: Any) -> None:
    tables(Piece)
    rows = database.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'halls_piece'")
    found = {name: text.replace("='off'", "=off") for name, text in rows}
    for name, wanted in DEFINITIONS.items():
        assert wanted in found[name], found[name]


def test_indexes_are_made_again_from_their_parts() -> None:
    for index in Piece._meta.indexes:
        path, expressions, arguments = index.deconstruct()
        assert path == f"partita.postgres.{type(index).__name__}"
        assert type(index)(*expressions, **arguments).deconstruct() == index.deconstruct()
    assert GinIndex(fields=["tags"], name="x") != Index(fields=["tags"], name="x")


def test_elsewhere_a_usual_index_is_made() -> None:
    with connect("sqlite://:memory:") as database:

        class Plain(Model):
            number = IntegerField()

            class Meta:
                registry = Registry()
                app_label = "halls"
                indexes = (BrinIndex(fields=["number"], name="number_brin"),)

        database.create_all(Plain)
        (row,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'number_brin'")
        assert "USING" not in row[0]


def test_rows_exclude_one_another(tables: Callable[..., None]) -> None:
    tables(Booking)
    Booking.objects.create(hall=1, days=days(1, 10))
    Booking.objects.create(hall=2, days=days(5, 6))
    Booking.objects.create(hall=1, days=days(10, 12))
    with pytest.raises(IntegrityError, match="one_at_a_time"):
        Booking.objects.create(hall=1, days=days(9, 11))
    Booking.objects.create(hall=1, days=days(9, 11), cancelled=True)
    with pytest.raises(ValidationError) as caught:
        Booking(hall=1, days=days(9, 11)).validate_constraints()
    assert caught.value.messages == ["The hall is taken."]
    Booking(hall=1, days=days(9, 11), cancelled=True).validate_constraints()
    Booking(hall=3, days=days(9, 11)).validate_constraints()
    Booking(hall=1).validate_constraints()
    Booking(hall=1, days=days(9, 11)).validate_constraints(exclude={"hall"})
    kept = Booking.objects.get(hall=2)
    kept.days = days(5, 8)
    kept.validate_constraints()
    kept.hall = 1
    with pytest.raises(ValidationError):
        kept.validate_constraints()


def test_a_deferred_one_waits_for_the_end(tables: Callable[..., None]) -> None:
    tables(Turn)
    one, other = (Turn.objects.create(hall=1, days=days(first, first + 5)) for first in (1, 6))
    with atomic():
        one.days, other.days = other.days, one.days
        one.save()
        other.save()
    with pytest.raises(IntegrityError), atomic():
        Turn.objects.create(hall=1, days=days(2, 4))


def test_the_index_of_a_constraint_keeps_other_columns(tables: Callable[..., None], database: Any) -> None:
    tables(Stay)
    rows = database.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'halls_stay'::regclass AND contype = 'x'"
    )
    found = dict(map(tuple, rows))
    assert found == {
        "stays": 'EXCLUDE USING gist (days WITH &&) INCLUDE (hall, "the ""group""") WHERE ((cancelled = false))'
        " DEFERRABLE INITIALLY DEFERRED",
        "stays_plain": "EXCLUDE USING gist (days WITH &&) INCLUDE (hall)",
    }
    Stay.objects.create(hall=1, days=days(1, 5), group=1)
    with pytest.raises(IntegrityError):
        Stay.objects.create(hall=2, days=days(4, 6), group=2)


def test_a_constraint_that_keeps_columns_is_made_again_from_its_parts() -> None:
    constraint = Stay._meta.constraints[0]
    path, args, options = constraint.deconstruct()
    assert path == "partita.postgres.ExclusionConstraint"
    assert options["include"] == ("hall", "group")
    assert ExclusionConstraint(*args, **options) == constraint
    assert "include" not in Booking._meta.constraints[0].deconstruct()[2]
    (twin,) = [
        made
        for made in Stay._meta.table.to_metadata(MetaData()).constraints
        if isinstance(made, ExcludeConstraint) and made.name == "stays_plain"
    ]
    sql = str(AddConstraint(twin).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert sql.endswith("INCLUDE (hall)")


@pytest.mark.parametrize(
    "arguments",
    [
        {"expressions": []},
        {"expressions": [("a", "=")], "include": "ab"},
        {"expressions": [("a", "=")], "include": [1]},
        {"expressions": [("a", "=")], "include": ["b"], "index_type": "hash"},
        {"expressions": [("a", "=")], "include": ["b"], "index_type": "HASH"},
        {"expressions": [("a", "="), ("b", "=")], "index_type": "hash"},
        {"expressions": [("a", "&&")], "index_type": "hash"},
        {"expressions": [("a", "=) ; DROP TABLE x; --")]},
        {"expressions": ["ab="]},
        {"expressions": [("a", "=")], "index_type": "btree"},
        {"expressions": [("a", "=")], "condition": "x"},
    ],
)
def test_wrong_arguments_of_a_constraint(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        ExclusionConstraint(name="x", **arguments)


def test_wrong_arguments_of_indexes() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        BrinIndex(fields=["a"], pages_per_range=0)
    with pytest.raises(ValueError, match="4095"):
        BloomIndex(fields=["a"], columns=[5000])
    with pytest.raises(ValueError, match="4096"):
        BloomIndex(fields=["a"], length=5000)
    with pytest.raises(ValueError, match="more columns than fields"):
        BloomIndex(fields=["a"], columns=[1, 2])
    deferrable: Any = "deferred"
    with pytest.raises(TypeError, match="Deferrable"):
        ExclusionConstraint(name="x", expressions=[("a", "=")], deferrable=deferrable)

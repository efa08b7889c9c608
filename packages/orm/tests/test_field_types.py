"""Every type of field: what goes in comes back the same, wrong values are refused, and a copy can be made of each."""

import datetime as dt
import decimal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer

from partita.orm import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BinaryField,
    BooleanField,
    CharField,
    Database,
    DatabaseError,
    DataError,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    EmailField,
    Field,
    FilePathField,
    FloatField,
    GenericIPAddressField,
    IntegerField,
    JSONField,
    Model,
    ModelError,
    PositiveBigIntegerField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    Registry,
    SlugField,
    SmallAutoField,
    SmallIntegerField,
    TextField,
    TimeField,
    URLField,
    UUIDField,
)
from partita.orm.backends import ddl_backend
from partita.validation import ValidationError

kinds = Registry()
HERE = Path(__file__).parent


class Base(Model):
    """Puts everything into one app."""

    class Meta:
        abstract = True
        registry = kinds
        app_label = "kinds"


FIELDS: dict[str, tuple[Any, list[Any], list[Any]]] = {
    "BigIntegerField": (BigIntegerField(null=True), [0, -(2**63), 2**63 - 1, None], ["x", 1.5j]),
    "BinaryField": (
        BinaryField(null=True, max_length=300),
        [b"", b"\x00\xff'\\", bytes(range(256)), None],
        ["no base64!"],
    ),
    "BooleanField": (BooleanField(null=True), [True, False, None], ["maybe", 7]),
    "CharField": (CharField(max_length=10, null=True), ["", "it's", "%s\\", "äß☃𝄞", None], ["x" * 11]),
    "DateField": (DateField(null=True), [dt.date(1, 1, 1), dt.date(9999, 12, 31), None], ["2026-13-01", "x"]),
    "DateTimeField": (
        DateTimeField(null=True),
        [dt.datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=dt.UTC), dt.datetime(1990, 1, 1, tzinfo=dt.UTC), None],
        ["2026-01-01 25:00", "x", "2026-02-30"],
    ),
    "DecimalField": (
        DecimalField(max_digits=12, decimal_places=3, null=True),
        [decimal.Decimal("-123456789.125"), decimal.Decimal("0.000"), None],
        ["x", "NaN", "Infinity", "1234567890123"],
    ),
    "DurationField": (
        DurationField(null=True),
        [dt.timedelta(0), dt.timedelta(days=-3, microseconds=1), dt.timedelta(days=40000, seconds=5), None],
        ["x", "1:2:3:4"],
    ),
    "EmailField": (EmailField(null=True), ["a@example.org", None], ["a@", "x" * 300 + "@example.org"]),
    "FilePathField": (
        FilePathField(path=HERE, match=r"^test_field_types\.py$", null=True),
        [str(HERE / "x"), None],
        [],
    ),
    "FloatField": (FloatField(null=True), [0.1, -1e300, 5e-324, None], ["x"]),
    "GenericIPAddressField": (GenericIPAddressField(null=True), ["192.0.2.1", "2001:db8::1", None], ["1.2.3", "::g"]),
    "IntegerField": (IntegerField(null=True), [0, -(2**31), 2**31 - 1, None], ["x", 2**31, -(2**31) - 1]),
    "JSONField": (JSONField(null=True), [{"a": [1, None, "☃"]}, [], "text", 1.5, True, None], [object()]),
    "PositiveBigIntegerField": (PositiveBigIntegerField(null=True), [0, 2**63 - 1, None], [-1, "x"]),
    "PositiveIntegerField": (PositiveIntegerField(null=True), [0, 2**31 - 1, None], [-1, 2**31]),
    "PositiveSmallIntegerField": (PositiveSmallIntegerField(null=True), [0, 2**15 - 1, None], [-1, 2**15]),
    "SlugField": (SlugField(null=True), ["a-b_c", None], ["a b", "ä"]),
    "SmallIntegerField": (SmallIntegerField(null=True), [-(2**15), 2**15 - 1, None], [2**15, -(2**15) - 1]),
    "TextField": (TextField(null=True), ["", "x" * 100_000, "a\nb\tc", None], []),
    "TimeField": (TimeField(null=True), [dt.time(0), dt.time(23, 59, 59, 999999), None], ["25:00", "x"]),
    "URLField": (URLField(null=True), ["https://example.org/a?b=c", None], ["example", "javascript:alert(1)"]),
    "UUIDField": (UUIDField(null=True), [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), None], ["x", "123"]),
}


def _model(name: str, field: Any, **more: Any) -> Any:
    meta = type("Meta", (), {"registry": kinds, "app_label": "kinds"})
    return type(f"Has{name}", (Base,), {"__module__": __name__, "Meta": meta, "value": field, **more})


MODELS = {name: _model(name, field) for name, (field, _, _) in FIELDS.items()}


class Small(Base):
    """Counts up in 16 bits."""

    key = SmallAutoField(primary_key=True)


class Usual(Base):
    """Counts up in 32 bits."""

    key = AutoField(primary_key=True)


class Big(Base):
    """Counts up in 64 bits."""

    key = BigAutoField(primary_key=True)


class UpperField(CharField[Any]):
    """A field of a user's own: loud in Python, quiet in the database."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Make it loud."""
        assert connection.vendor in ("sqlite", "postgresql", "mysql")
        return None if value is None else value.upper()

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Make it quiet."""
        ready = super().get_db_prep_value(value, connection, prepared)
        return None if ready is None else ready.lower()


class PointField(Field[Any]):
    """A field of a user's own from scratch, which names its type in SQL."""

    def db_type(self, connection: Any) -> str:
        """As SQL has it."""
        return "varchar(30)"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Two numbers."""
        return None if value is None else tuple(int(part) for part in value.split(","))

    def get_prep_value(self, value: Any) -> Any:
        """As text."""
        return value if value is None or isinstance(value, str) else ",".join(str(part) for part in value)


class CountField(Field[Any]):
    """A field of a user's own that is stored as a known one."""

    def get_internal_type(self) -> str:
        """As a whole number."""
        return "IntegerField"


class Own(Base):
    """Has fields of users' own."""

    loud = UpperField(max_length=20)
    point = PointField(null=True)
    count = CountField(default=0)


OTHERS: tuple[Any, ...] = (Small, Usual, Big, Own)


@pytest.fixture(scope="module")
def tables(session_database: Database) -> Iterator[Database]:
    """The session's database with a table for each type."""
    every = (*MODELS.values(), *OTHERS)
    with session_database:
        session_database.create_all(*every)
    yield session_database
    with session_database:
        session_database.drop_all(*every)


@pytest.fixture
def here(tables: Database) -> Iterator[Database]:
    """The same, current."""
    with tables:
        yield tables


@pytest.mark.parametrize("name", FIELDS)
def test_what_goes_in_comes_back(here: Database, name: str) -> None:
    model = MODELS[name]
    for value in FIELDS[name][1]:
        row = model.objects.create(value=value)
        found = model.objects.get(pk=row.pk).value
        assert found == value
        assert type(found) is type(value)
        if not isinstance(value, dict | list) and name != "JSONField" and value is not None:
            assert model.objects.filter(value=value, pk=row.pk).exists()
        assert model.objects.filter(value=None, pk=row.pk).exists() or value is not None
        assert model.objects.values_list("value", flat=True).get(pk=row.pk) == value


@pytest.mark.parametrize("name", FIELDS)
def test_wrong_values_are_refused_with_a_message(name: str) -> None:
    field = MODELS[name]._meta.get_field("value")
    field.editable = True
    for wrong in FIELDS[name][2]:
        with pytest.raises(ValidationError) as caught:
            field.clean(wrong, None)
        assert caught.value.messages


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_can_be_made_again_from_its_parts(name: str) -> None:
    field = MODELS[name]._meta.get_field("value")
    again = field.clone()
    assert again.deconstruct()[1:] == field.deconstruct()[1:]
    assert type(again) is type(field)
    assert again.null
    for vendor in ("sqlite", "postgresql", "mysql"):
        dialect = ddl_backend(vendor).dialect
        assert again.sql_type().compile(dialect=dialect) == field.sql_type().compile(dialect=dialect)


def test_keys_count_up_in_every_size(here: Database) -> None:
    for model, limit in ((Small, 2**15), (Usual, 2**31), (Big, 2**63)):
        first, second = model.objects.create(), model.objects.create()
        assert first.pk < second.pk < limit
        assert model._meta.pk.is_auto
        assert model._meta.auto_field is model._meta.pk


def test_negative_numbers_do_not_get_into_positive_columns(here: Database) -> None:
    with pytest.raises(DatabaseError):
        MODELS["PositiveIntegerField"].objects.create(value=-1)
    with pytest.raises((DatabaseError, DataError, OverflowError)):
        MODELS["IntegerField"].objects.create(value=2**70)


def test_users_fields_have_their_own_values_and_types(here: Database) -> None:
    row = Own.objects.create(loud="Hello", point=(1, 2), count=3)
    found = Own.objects.get(pk=row.pk)
    assert (found.loud, found.point, found.count) == ("HELLO", (1, 2), 3)
    assert here.execute("SELECT loud, point FROM kinds_own WHERE id = %s", [row.pk]) == [("hello", "1,2")]
    assert Own.objects.filter(loud="HELLO", point=(1, 2)).values_list("loud", "point").get() == ("HELLO", (1, 2))
    assert PointField().db_type(None) == "varchar(30)"
    assert isinstance(CountField().sql_type(), Integer)
    with pytest.raises(ModelError, match="does not say how it is stored"):
        Field().sql_type()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
def test_every_text_comes_back(here: Database, text: str) -> None:
    model = MODELS["TextField"]
    assert model.objects.get(pk=model.objects.create(value=text).pk).value == text


def test_addresses_and_files_follow_their_options() -> None:
    assert GenericIPAddressField(unpack_ipv4=True).clean("::ffff:192.0.2.1", None) == "192.0.2.1"
    with pytest.raises(ValidationError, match="IPv4"):
        GenericIPAddressField(protocol="IPv4").clean("2001:db8::1", None)
    with pytest.raises(ValueError, match="unknown"):
        GenericIPAddressField(protocol="ipx")
    with pytest.raises(ValueError, match="unpack_ipv4"):
        GenericIPAddressField(protocol="ipv6", unpack_ipv4=True)
    files = FilePathField(path=lambda: HERE, match=r"^test_field_types\.py$")
    assert files.get_choices(include_blank=False) == [(str(HERE / "test_field_types.py"), "test_field_types.py")]
    assert SlugField(allow_unicode=True).clean("ä-ß", None) == "ä-ß"


def test_options_of_fields() -> None:
    field: Any = CharField(
        "A name",
        max_length=9,
        db_column="n",
        db_comment="who",
        db_tablespace="fast",
        help_text="Help",
        editable=False,
        unique=True,
        serialize=False,
        error_messages={"null": "No!"},
        choices=[("a", "A"), ("More", [("b", "B")])],
    )
    model = _model("Options", field)
    assert (field.column, field.verbose_name, field.help_text, field.serialize) == ("n", "A name", "Help", False)
    assert model._meta.table.c["n"].comment == "who"
    assert field.flatchoices == [("a", "A"), ("b", "B")]
    assert model(value="b").get_value_display() == "B"
    again = field.clone()
    assert again.deconstruct()[3] == field.deconstruct()[3]
    assert again.db_tablespace == "fast"
    field.editable = True
    with pytest.raises(ValidationError, match="No!"):
        field.clean(None, None)
    later: Any = IntegerField()
    chosen = _model("Chosen", later)
    later.choices = {1: "one"}
    assert chosen(value=1).get_value_display() == "one"
    lazy: Any = IntegerField(choices=lambda: [(1, "eins")])
    assert _model("Lazy", lazy)(value=1).get_value_display() == "eins"

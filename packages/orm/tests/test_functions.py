"""Functions give the same on every database, and numbers as Python's own."""

import datetime as dt
import hashlib
import math
import time
import uuid
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.orm import (
    MD5,
    SHA1,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    UUID4,
    UUID7,
    Abs,
    ACos,
    ASin,
    ATan,
    ATan2,
    Cast,
    Ceil,
    CharField,
    Chr,
    Coalesce,
    Collate,
    Concat,
    Cos,
    Cot,
    Database,
    DatabaseError,
    Degrees,
    Exp,
    F,
    FieldError,
    FloatField,
    Floor,
    Func,
    Greatest,
    IntegerField,
    JSONArray,
    JSONObject,
    Least,
    Left,
    Length,
    Ln,
    Log,
    Lower,
    LPad,
    LTrim,
    Mod,
    NotSupportedError,
    Now,
    NullIf,
    Ord,
    Pi,
    Power,
    Radians,
    Repeat,
    Replace,
    Reverse,
    Right,
    Round,
    RPad,
    RTrim,
    Sign,
    Sin,
    Sqrt,
    StrIndex,
    Substr,
    Sum,
    Tan,
    Trim,
    Upper,
    Value,
)
from partita.orm.functions import Random
from partita.orm.patterns.identifiers import uuid7_time


@pytest.fixture
def one(database: Database, models: SimpleNamespace) -> Any:
    """Compute an expression over one row."""
    models.Everything.objects.create(
        text="  Blue in Green ",
        real=0.5,
        amount=Decimal("-7.25"),
        data={"a": [1, 2]},
        day=dt.date(2024, 2, 29),
        moment=dt.datetime(2024, 12, 30, 23, 30, 15, 123456, tzinfo=dt.UTC),
        clock=dt.time(13, 14, 15),
    )

    def compute(source: Any) -> Any:
        return models.Everything.objects.annotate(found=source).values_list("found", flat=True).get()

    return compute


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Lower("text"), "  blue in green "),
        (Upper("text"), "  BLUE IN GREEN "),
        (Trim("text"), "Blue in Green"),
        (LTrim("text"), "Blue in Green "),
        (RTrim("text"), "  Blue in Green"),
        (Length("text"), 16),
        (Left("text", 4), "  Bl"),
        (Right("text", 3), "en "),
        (Right("text", Value(0)), ""),
        (Right("text", Length("text") + 2), "  Blue in Green "),
        (Substr("text", 3, 4), "Blue"),
        (Substr("text", 11), "Green "),
        (Replace("text", Value("Green"), Value("%s; --")), "  Blue in %s; -- "),
        (Replace(Trim("text"), Value(" ")), "BlueinGreen"),
        (Reverse(Trim("text")), "neerG ni eulB"),
        (Repeat(Value("ab"), 3), "ababab"),
        (LPad(Value("ab"), 5, Value("xy")), "xyxab"),
        (RPad(Value("ab"), 5, Value("xy")), "abxyx"),
        (LPad(Value("abcdef"), 3), "abc"),
        (StrIndex("text", Value("Green")), 11),
        (StrIndex("text", Value("'")), 0),
        (Chr(Value(233)), "é"),
        (Ord(Value("é")), 233),
        (Concat(Trim("text"), Value("/"), F("amount"), output_field=CharField()), "Blue in Green/-7.2500"),
        (MD5(Value("blå")), hashlib.md5("blå".encode(), usedforsecurity=False).hexdigest()),
        (SHA224(Value("blå")), hashlib.sha224("blå".encode()).hexdigest()),
        (SHA256(Value("blå")), hashlib.sha256("blå".encode()).hexdigest()),
        (SHA384(Value("blå")), hashlib.sha384("blå".encode()).hexdigest()),
        (SHA512(Value("blå")), hashlib.sha512("blå".encode()).hexdigest()),
        (Coalesce(NullIf("text", "text"), Value(None), Value("x"), output_field=CharField()), "x"),
        (NullIf(Trim("text"), Value("Blue in Green")), None),
        (Greatest(Value(3), Value(9), Value(5)), 9),
        (Least(Value(3), Value(9), Value(5)), 3),
        (Cast("amount", IntegerField()), -7),
        (Collate(Value("a"), "C"), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Func | Cast) else "",
)
def test_text_and_comparison(one: Any, database: Database, source: Any, expected: Any) -> None:
    if isinstance(source, Collate):
        source = Collate(Value("a"), {"sqlite": "NOCASE", "postgresql": "C", "mysql": "utf8mb4_bin"}[database.vendor])
        assert one(source) == "a"
        return
    if isinstance(source, Concat) and database.vendor == "sqlite":
        expected = "Blue in Green/-7.25"  # SQLite keeps numbers without trailing zeros
    if isinstance(source, Replace) and database.vendor == "mysql" and expected == "BlueinGreen":
        source = Replace(Trim("text"), Value(" "), Value(""))
    assert one(source) == expected


def test_sha1_where_the_database_has_it(one: Any, database: Database) -> None:
    if database.vendor == "postgresql":  # its extension pgcrypto
        with pytest.raises(DatabaseError):
            one(SHA1(Value("x")))
    else:
        assert one(SHA1(Value("x"))) == hashlib.sha1(b"x", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (Abs("amount"), 7.25),
        (ACos("real"), math.acos(0.5)),
        (ASin("real"), math.asin(0.5)),
        (ATan("real"), math.atan(0.5)),
        (ATan2("real", Value(-2.0)), math.atan2(0.5, -2)),
        (Ceil("amount"), -7),
        (Floor("amount"), -8),
        (Cos("real"), math.cos(0.5)),
        (Cot("real"), 1 / math.tan(0.5)),
        (Degrees("real"), math.degrees(0.5)),
        (Radians("real"), math.radians(0.5)),
        (Exp("real"), math.exp(0.5)),
        (Ln("real"), math.log(0.5)),
        (Log(Value(2.0), "real"), -1),
        (Mod("amount", Value(Decimal(2))), -1.25),
        (Mod(Value(7.5), Value(2.0)), 1.5),
        (Pi(), math.pi),
        (Power("real", Value(3)), 0.125),
        (Round("amount"), -7),
        (Round("amount", 1), -7.3),
        (Round("real", 1), 0.5),
        (Sign("amount"), -1),
        (Sin("real"), math.sin(0.5)),
        (Sqrt("real"), math.sqrt(0.5)),
        (Tan("real"), math.tan(0.5)),
        (F("real") ** 2, 0.25),
        (F("amount") % Decimal(2), -1.25),
        (Value(6).bitand(3), 2),
        (Value(6).bitor(3), 7),
        (Value(6).bitxor(3), 5),
        (Value(6).bitleftshift(2), 24),
        (Value(6).bitrightshift(1), 3),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, float | int) else "",
)
def test_numbers(one: Any, source: Any, expected: float) -> None:
    assert float(one(source)) == pytest.approx(expected, abs=1e-2 if expected == -7.3 else 1e-9)


def test_random_numbers_and_moments(one: Any) -> None:
    assert one(Random()) is not None
    assert abs(one(Now()) - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=5)


def test_uuids_of_the_database(one: Any) -> None:
    random = {one(UUID4()) for _ in range(20)}
    assert len(random) == 20
    for found in random:
        assert isinstance(found, uuid.UUID)
        assert (found.version, found.variant) == (4, uuid.RFC_4122)
    began = time.time()
    for _ in range(20):
        made = one(UUID7())
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
        assert abs(uuid7_time(made) - began) < 60  # the time that the standard has in it


def test_json_is_made_of_columns(one: Any, database: Database) -> None:
    made = one(JSONObject(name=Trim("text"), **{"k'\"); --": F("data"), "n": Value(1)}))
    assert made == {"name": "Blue in Green", "k'\"); --": {"a": [1, 2]}, "n": 1}
    assert one(JSONArray(Value("x"), "data", Value(2.5))) == ["x", {"a": [1, 2]}, 2.5]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Left("text", 0),
        lambda: Right("text", -1),
        lambda: Substr("text", 0),
        lambda: LPad("text", -1),
        lambda: RPad("text", -1),
        lambda: Repeat("text", -1),
        lambda: Concat("text"),
        lambda: Coalesce("text"),
        lambda: Greatest("text"),
        lambda: Collate("text", 'x"; DROP TABLE shop_album; --'),
        lambda: Collate("text", ""),
    ],
)
def test_wrong_arguments_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError):
        wrong()
    with pytest.raises(TypeError, match="exactly 1 argument"):
        Upper("a", "b")


def test_rounding_before_the_point_and_of_halves(one: Any) -> None:
    assert one(Round("amount", -1)) == -10
    assert one(Round(Value(25, IntegerField()), -1)) == 30
    assert isinstance(one(Ceil(Value(7, IntegerField()))), int)
    assert float(one(Round(Value(Decimal("2.5"))))) == 3


def test_texts_are_sliced_as_in_python(one: Any) -> None:
    assert one(F("text")[2:6]) == "Blue"
    assert one(F("text")[2]) == "B"
    assert one(F("text")[10:]) == "Green "
    assert one(F("text")[:4]) == "  Bl"
    for wrong, error in (
        (slice(-1, None), ValueError),
        (slice(1, 5, 2), ValueError),
        (slice(3, 1), ValueError),
        ("a", TypeError),
    ):
        with pytest.raises(error):
            F("text")[wrong]  # type: ignore[index]  # one of them is no place
    with pytest.raises(NotSupportedError, match="slicing"):
        one(F("real")[1:2])
    assert F("a")[1:2] == F("a")[1:2] != F("a")[1:3]


def test_computed_decimals_are_compared_as_numbers(one: Any, models: SimpleNamespace) -> None:
    rows = models.Everything.objects
    assert rows.annotate(n=Abs("amount")).filter(n__gt=Decimal("7.2"), n__lt=Decimal("10.1")).count() == 1
    assert rows.annotate(n=Sum("amount")).filter(n__gte=Decimal("-7.25")).count() == 1
    assert rows.filter(amount=Decimal("-7.25")).count() == 1


def test_null_gives_null(database: Database, models: SimpleNamespace) -> None:
    models.Everything.objects.create()
    for source in (
        Sqrt("real"),
        Sign("real"),
        Cot("real"),
        Mod("real", Value(2.0)),
        Reverse(Cast("real", CharField())),
    ):
        assert models.Everything.objects.annotate(found=source).values_list("found", flat=True).get() is None


def test_outside_of_their_domain_sqlite_gives_null(one: Any, database: Database) -> None:
    if database.vendor == "sqlite":
        assert one(Sqrt(Value(-1.0))) is None
        assert one(ACos(Value(2.0))) is None
        assert one(Mod(Value(2.0), Value(0.0))) is None
        assert one(Power(Value(-8.0), Value(0.5))) is None


def test_types_that_do_not_mix_need_an_output_field(music: SimpleNamespace, models: SimpleNamespace) -> None:
    with pytest.raises(FieldError, match="mixed types"):
        list(models.Album.objects.annotate(found=Coalesce("title", "year")).values_list("found"))
    with pytest.raises(FieldError, match="output_field"):
        list(models.Album.objects.annotate(found=F("title") / F("year")))


def test_functions_stand_in_filters_orders_and_other_functions(music: SimpleNamespace, models: SimpleNamespace) -> None:
    albums = models.Album.objects
    assert [album.title for album in albums.order_by(Length("title").desc(), Lower("title"))] == [
        "Bitches Brew",
        "Kind of Blue",
        "Low",
    ]
    assert albums.alias(short=Left(Upper("title"), 3)).filter(short="LOW").get() == music.low
    assert albums.filter(title=Concat(Left("title", 1), Value("ow"))).get() == music.low


def test_a_function_of_your_own(music: SimpleNamespace, models: SimpleNamespace, database: Database) -> None:
    class Doubled(Func):
        template = "(%(expressions)s * %(factor)s)"

        def as_postgresql(self, compiler: Any, connection: Any) -> Any:
            assert connection.vendor == "postgresql"
            return self.as_sql(compiler, connection, template="(%(expressions)s + %(expressions)s)")

    doubled = Doubled("year", factor=2, output_field=IntegerField())
    assert models.Album.objects.annotate(found=doubled).get(title="Low").found == 2 * 1977
    assert (
        models.Album.objects.filter(year=1977)
        .annotate(found=Func(F("year"), Value(1), template="(%(expressions)s)", arg_joiner=" - "))
        .get()
        .found
        == 1976
    )
    assert models.Album.objects.annotate(found=Func("title", function="upper")).get(title="Low").found == "LOW"
    assert (
        models.Album.objects.annotate(found=Func(Value(1.5), function="ABS", output_field=FloatField())).first().found
        == 1.5
    )
    with pytest.raises(FieldError, match="name of a function"):
        Func("title", function="upper(x); --")


def test_percent_signs_in_templates_are_written_twice(music: SimpleNamespace, models: SimpleNamespace) -> None:
    rest = Func(F("year"), Value(100), template="(%(expressions)s)", arg_joiner=" %% ", output_field=IntegerField())
    assert models.Album.objects.annotate(found=rest).get(title="Low").found == 77

import datetime as dt
import decimal
import enum
import functools
import math
import pathlib
import re
import uuid
import zoneinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita import orm
from partita.contracts.i18n import gettext_lazy
from partita.migrations.errors import NotWritable
from partita.migrations.serializer import source


class Colour(enum.Enum):
    RED = "r"


class Size(orm.TextChoices):
    SMALL = "s", "small"


def named() -> int:
    return 1


def read(value: object) -> Any:
    """Run the source as a file would and return what it makes."""
    found = source(value)
    names: dict[str, Any] = {}
    for line in sorted(found.imports):
        exec(line, names)
    return eval(found.text, names)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.floats(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.datetimes(timezones=st.just(dt.UTC))
    | st.timedeltas()
    | st.uuids(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=8,
)


@given(values)
def test_source_makes_an_equal_value(value: object) -> None:
    again = read(value)
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        -math.inf,
        Colour.RED,
        pathlib.PurePosixPath("/a/b"),
        zoneinfo.ZoneInfo("Europe/Berlin"),
        re.compile(r"a\d", re.IGNORECASE),
        range(1, 9, 2),
        frozenset({1, 2}),
        {"b", "a"},
        named,
        dict,
        list,
        dt.datetime.now,
        uuid.uuid4,
        orm.CASCADE,
        orm.SET_NULL,
        re,
        decimal.Decimal("1.50"),
    ],
)
def test_each_kind_reads_back(value: object) -> None:
    assert read(value) == value


def test_a_time_elsewhere_is_written_in_utc() -> None:
    berlin = dt.datetime(2026, 1, 1, 12, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    assert read(berlin) == berlin
    assert "datetime.UTC" in source(berlin).text


def test_a_partial_reads_back() -> None:
    again = read(functools.partial(int, "ff", base=16))
    assert again() == 255


def test_choices_are_written_as_the_column_holds_them() -> None:
    assert source(Size.SMALL).text == '"s"'


def test_texts_are_written_as_they_stand_in_the_source() -> None:
    assert source(gettext_lazy("title")).text == '"title"'


def test_sets_are_written_in_the_same_order_each_time() -> None:
    assert source({"c", "a", "b"}).text == 'set(["a", "b", "c"])'


def test_fields_are_written_by_their_short_path() -> None:
    found = source(orm.CharField(max_length=5, default=named))
    assert found.text.startswith("orm.CharField(max_length=5, default=")
    assert "from partita import orm" in found.imports


@pytest.mark.parametrize("value", [lambda: 1, object(), (lambda: lambda: 1)()])
def test_what_has_no_name_is_refused(value: object) -> None:
    with pytest.raises(NotWritable):
        source(value)


def test_the_refusal_tells_what_to_do() -> None:
    with pytest.raises(NotWritable, match="Move it to the top of a module"):
        source(lambda: 1)

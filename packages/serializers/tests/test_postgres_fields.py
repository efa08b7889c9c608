"""Values of PostgreSQL's own types; no server is asked."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita import serializers
from partita.orm import CharField, DecimalField, IntegerField, Model, Registry
from partita.postgres import (
    ArrayField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    HStoreField,
    IntegerRangeField,
    Range,
)

own = Registry()


class Measure(Model):
    """Has arrays, ranges and a mapping."""

    words = ArrayField(CharField(max_length=20))
    table = ArrayField(ArrayField(IntegerField()), null=True)
    prices = ArrayField(DecimalField(max_digits=6, decimal_places=2))
    numbers: Any = IntegerRangeField(null=True)
    amounts: Any = DecimalRangeField(null=True)
    days: Any = DateRangeField(null=True)
    moments: Any = DateTimeRangeField(null=True)
    facts = HStoreField(null=True)

    class Meta:
        app_label = "measures"
        registry = own


words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=8)
prices = st.decimals(-9999, 9999, places=2)


def ranges(limits: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.builds(
        lambda pair, bounds: Range(min(pair), max(pair), bounds),
        st.tuples(limits, limits),
        st.sampled_from(["[)", "[]", "()", "(]"]),
    )


rows = st.builds(
    lambda **values: Measure(pk=1, **values),
    words=st.lists(words, max_size=3),
    table=st.none() | st.lists(st.lists(st.integers(-99, 99), min_size=2, max_size=2), max_size=3),
    prices=st.lists(prices, max_size=3),
    numbers=ranges(st.integers(-999, 999)) | st.just(Range(None, 3)),
    amounts=ranges(prices),
    days=ranges(st.dates()),
    moments=ranges(st.datetimes(timezones=st.just(dt.UTC))),
    facts=st.none() | st.dictionaries(words, st.none() | words, max_size=3),
)


@pytest.mark.parametrize("format", ["json", "jsonl", "xml", "yaml", "python"])
@given(row=rows)
def test_arrays_ranges_and_mappings_come_back(format: str, row: Measure) -> None:
    text: Any = serializers.dump([row], format)
    (read,) = serializers.deserialize(format, text, models=own)
    for field in Measure._meta.fields:
        assert getattr(read.object, field.attname) == getattr(row, field.attname), field.name

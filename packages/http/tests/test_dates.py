from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.dates import format_date, parse_date

moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(lambda d: d.replace(tzinfo=UTC, microsecond=0))  # noqa: DTZ001


@given(moments)
def test_a_date_reads_back_as_it_was_written(moment: datetime) -> None:
    assert parse_date(format_date(moment)) == moment


@pytest.mark.parametrize(
    "value", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_the_three_forms_of_the_standard_are_read(value: str) -> None:
    assert parse_date(value) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def test_a_year_of_two_digits_lies_at_most_fifty_years_ahead() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_date("Sunday, 06-Nov-76 08:49:37 GMT", now) == datetime(2076, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert parse_date("Sunday, 06-Nov-77 08:49:37 GMT", now) == datetime(1977, 11, 6, 8, 49, 37, tzinfo=UTC)


@given(st.text(max_size=40))
def test_anything_else_is_none(value: str) -> None:
    assert parse_date(value) is None


@pytest.mark.parametrize("value", ["Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT"])
def test_a_day_that_does_not_exist_is_none(value: str) -> None:
    assert parse_date(value) is None


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        format_date(datetime(2020, 1, 1))  # noqa: DTZ001

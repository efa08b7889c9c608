# ruff: noqa: DTZ001 - naive times are the subject
"""Machine-readable dates, times and spans."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.text import (
    duration_iso_string,
    duration_microseconds,
    duration_string,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_time,
)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01", date(2026, 3, 1)),
        ("2026-3-1", date(2026, 3, 1)),
        ("20260301", date(2026, 3, 1)),
        ("2026-W09-7", date(2026, 3, 1)),
        ("2026301", None),
        ("2026-03-01x", None),
        ("٢٠٢٦-٠٣-٠١", None),
        ("", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("09:15", time(9, 15)),
        ("4:8:16", time(4, 8, 16)),
        ("091500", time(9, 15)),
        ("09:15:30.4", time(9, 15, 30, 400_000)),
        ("09:15:30,123456789", time(9, 15, 30, 123_456)),
        ("09:15:30+02:00", time(9, 15, 30)),
        ("09:15:", None),
        ("09:15:30,", None),
        ("9", None),
    ],
)
def test_times(text: str, moment: time | None) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-3-1 4:8:16", datetime(2026, 3, 1, 4, 8, 16)),
        ("2026-03-01T09:15:00Z", datetime(2026, 3, 1, 9, 15, tzinfo=UTC)),
        ("2026-03-01T09:15:00.25 +0230", datetime(2026, 3, 1, 9, 15, 0, 250_000, timezone(timedelta(minutes=150)))),
        ("2026-03-01T09:15-02", datetime(2026, 3, 1, 9, 15, tzinfo=timezone(timedelta(hours=-2)))),
        ("20260301091500", None),
        ("x", None),
    ],
)
def test_dates_with_times(text: str, moment: datetime | None) -> None:
    found = parse_datetime(text)
    assert found == moment
    assert found is None or moment is None or found.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30", timedelta(seconds=30)),
        ("15:30.1", timedelta(minutes=15, seconds=30.1)),
        ("4 10:15:30", timedelta(4, hours=10, minutes=15, seconds=30)),
        ("-4 15:30", timedelta(-4, minutes=15, seconds=30)),
        ("-1:15:30", -timedelta(hours=1, minutes=15, seconds=30)),
        ("1 day -0:00:01", timedelta(1, -1)),
        ("-1 day +0:00:01", timedelta(-1, 1)),
        ("4 days 0:15:30.0001", timedelta(4, minutes=15, seconds=30, microseconds=100)),
        ("P4W", timedelta(weeks=4)),
        ("-P0,5W", timedelta(weeks=-0.5)),
        ("P1W2DT3H4M5.5S", timedelta(9, hours=3, minutes=4, seconds=5.5)),
        ("PT0.000005S", timedelta(microseconds=5)),
        ("P4Y", None),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("-01:-01", None),
        ("", None),
        ("9" * 90, None),
    ],
)
def test_spans(text: str, span: timedelta | None) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    ("parse", "text"),
    [(parse_date, "2026-02-30"), (parse_time, "09:15:90"), (parse_datetime, "2026-04-56T09:15:30")],
)
def test_a_day_or_time_that_is_not_there_is_an_error(parse: object, text: str) -> None:
    with pytest.raises(ValueError, match=r"must be in|out of range"):
        parse(text)  # type: ignore[operator] # one of three functions


@given(st.timedeltas())
def test_a_written_span_reads_back_as_itself(span: timedelta) -> None:
    assert parse_duration(duration_string(span)) == span
    assert timedelta(microseconds=duration_microseconds(span)) == span


@given(st.timedeltas(min_value=timedelta(-10_000), max_value=timedelta(10_000)))
def test_a_span_in_iso_form_reads_back_as_itself(span: timedelta) -> None:
    assert parse_duration(duration_iso_string(span)) == span


@given(st.datetimes(timezones=st.none() | st.just(UTC)))
def test_a_moment_in_iso_form_reads_back_as_itself(moment: datetime) -> None:
    assert parse_datetime(moment.isoformat()) == moment
    assert parse_date(moment.date().isoformat()) == moment.date()
    assert parse_time(moment.time().isoformat()) == moment.time()


@given(st.text(alphabet="0123456789-+:.,TZWPDHMS ١", max_size=40))
def test_nothing_but_a_value_error_escapes(text: str) -> None:
    for parse in (parse_date, parse_time, parse_datetime):
        try:
            parse(text)
        except ValueError:
            continue
    parse_duration(text)

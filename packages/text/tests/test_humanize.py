"""Numbers and times as people say them; the vectors are those of Django's humanize."""

from datetime import UTC, date, datetime, timedelta

import pytest

from partita.text.formats import FORMATS, ZONE, Formats
from partita.text.humanize import apnumber, intcomma, intword, naturalday, naturaltime, ordinal

NOW = datetime(2012, 3, 9, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (100, "100"), (1000, "1,000"), (10311, "10,311"), (1000000, "1,000,000"), (1234567.25, "1,234,567.25"),
        ("100", "100"), ("1234567.1234567", "1,234,567.1234567"), (None, "None"), ("x", "x"), (-1000, "-1,000"),
        ("-12345.6", "-12,345.6"), ("-１２３４５６７.１２", "-1,234,567.12"), ("١٢٣٤", "1,234"), ("²3", "²3"),
    ],
)  # fmt: skip
def test_thousands_are_set_apart(value: object, expected: str) -> None:
    assert intcomma(value) == expected


def test_thousands_follow_the_language() -> None:
    token = FORMATS.set(Formats(language="de", decimal_separator=",", thousand_separator="."))
    try:
        assert intcomma(1234567.5) == "1.234.567,5"
        assert intword(1200000) == "1,2 million"
    finally:
        FORMATS.reset(token)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("100", 100), ("1000000", "1.0 million"), ("1290000", "1.3 million"), ("1000000000", "1.0 billion"),
        ("6000000000000", "6.0 trillion"), ("1300000000000000", "1.3 quadrillion"),
        ("3500000000000000000000", "3.5 sextillion"), ("8100000000000000000000000000000000", "8.1 decillion"),
        (None, None), ("x", "x"), (-1200000, "-1.2 million"), (999999, 999999), (10**100, "1.0 googol"),
    ],
)  # fmt: skip
def test_large_numbers_have_names(value: object, expected: object) -> None:
    assert intword(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, "1st"), (2, "2nd"), ("3", "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (101, "101st"),
     (111, "111th"), ("something", "something"), (None, None), (-1, "-1"), (0, "0th")],
)  # fmt: skip
def test_positions_have_endings(value: object, expected: object) -> None:
    assert ordinal(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1, "one"), ("3", "three"), (9, "nine"), (10, 10), (0, 0), ("x", "x"), (None, None)]
)
def test_small_numbers_are_words(value: object, expected: object) -> None:
    assert apnumber(value) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "today"), (1, "tomorrow"), (-1, "yesterday"), (2, "March 11, 2012"), (-2, "March 7, 2012")],
)
def test_near_days_have_names(days: int, expected: str) -> None:
    assert naturalday(date(2012, 3, 9) + timedelta(days=days), now=NOW) == expected
    assert naturalday(NOW + timedelta(days=days), now=NOW) == expected
    assert naturalday("no day") == "no day"
    assert naturalday(date(2012, 3, 20), "j.n.", NOW) == "20.3."


def test_the_day_is_that_of_the_current_zone() -> None:
    from zoneinfo import ZoneInfo

    token = ZONE.set(ZoneInfo("Asia/Tokyo"))  # where it is the tenth already
    try:
        assert naturalday(date(2012, 3, 10), now=NOW) == "today"
        assert naturalday(NOW, now=NOW) == "today"
        assert naturalday(datetime(2012, 3, 9, 12, tzinfo=UTC), now=NOW) == "yesterday"
    finally:
        ZONE.reset(token)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (timedelta(), "now"),
        (timedelta(microseconds=1), "now"),
        (timedelta(seconds=-1), "a second ago"),
        (timedelta(seconds=-30), "30 seconds ago"),
        (timedelta(minutes=-1, seconds=-30), "a minute ago"),
        (timedelta(minutes=-2), "2 minutes ago"),
        (timedelta(hours=-1, minutes=-30), "an hour ago"),
        (timedelta(hours=-23, minutes=-50), "23 hours ago"),
        (timedelta(days=-1), "1 day ago"),
        (timedelta(days=-500), "1 year, 4 months ago"),
        (timedelta(seconds=30), "30 seconds from now"),
        (timedelta(minutes=1, seconds=30), "a minute from now"),
        (timedelta(hours=1, minutes=30), "an hour from now"),
        (timedelta(days=2, hours=6), "2 days, 6 hours from now"),
    ],
)
def test_times_are_told_from_now(distance: timedelta, expected: str) -> None:
    assert str(naturaltime(NOW + distance, NOW)).replace("\xa0", " ") == expected
    assert naturaltime("x") == "x"

"""Dates, times and spans."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import TIME_ZONE
from partita.contracts.testing.app import SimpleRegistrar
from partita.text import (
    FORMATS,
    ZONE,
    Formats,
    current_zone,
    date_format,
    format_date,
    localize,
    time_format,
    time_since,
    time_until,
    to_zone,
)

BERLIN = ZoneInfo("Europe/Berlin")
MOMENT = datetime(2026, 3, 1, 0, 5, 9, 120, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("letters", "text"),
    [
        ("Y-m-d H:i:s.u", "2026-03-01 00:05:09.000120"),
        ("y n j G g h A a", "26 3 1 0 12 12 AM a.m."),
        ("l D F M b N E", "Sunday Sun March Mar mar March March"),
        ("jS z t L W o w", "1st 60 31 False 9 2026 0"),
        ("e T O P Z I", "CET CET +0100 12:05 a.m. 3600 0"),
        ("c", "2026-03-01T00:05:09.000120+01:00"),
        ("r", "Sun, 01 Mar 2026 00:05:09 +0100"),
        ("U", "1772319909"),
        (r"\D\a\y: d", "Day: 01"),
        ("", ""),
    ],
)
def test_letters_stand_for_parts(letters: str, text: str) -> None:
    assert format_date(MOMENT, letters) == text


def test_special_times_and_ordinals() -> None:
    assert [time_format(time(hour)) for hour in (0, 12, 15)] == ["midnight", "noon", "3 p.m."]
    assert [format_date(date(2026, 1, day), "S") for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31)] == [
        "st",
        "nd",
        "rd",
        "th",
        "th",
        "th",
        "th",
        "st",
        "nd",
        "rd",
        "st",
    ]
    assert format_date(date(2026, 1, 5), "c U r") == "2026-01-05 1767571200 Mon, 05 Jan 2026 00:00:00 +0000"


def test_a_letter_that_the_value_cannot_serve_is_refused() -> None:
    with pytest.raises(TypeError, match="needs a date"):
        format_date(time(1), "Y")
    with pytest.raises(TypeError, match="needs a time"):
        format_date(date(2026, 1, 1), "H")


def test_named_formats_and_names_of_the_language_are_used() -> None:
    german = Formats(language="de", named={"DATE_FORMAT": "j. F Y"}, months=tuple(f"Monat{n}" for n in range(1, 13)))
    assert date_format(date(2026, 3, 1)) == "March 1, 2026"
    assert date_format(date(2026, 3, 1), "SHORT_DATE_FORMAT") == "03/01/2026"
    assert date_format(date(2026, 3, 1), formats=german) == "1. March 2026"
    token = FORMATS.set(german)
    assert localize(date(2026, 3, 1)) == "1. Monat3 2026"
    FORMATS.reset(token)
    assert localize(MOMENT) == "March 1, 2026, 12:05 a.m."
    assert localize(time(1)) == "1 a.m."


def test_aware_times_are_shown_in_the_current_zone() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert to_zone(noon) is noon
    token = ZONE.set(BERLIN)
    assert to_zone(noon).hour == 14
    assert to_zone("x") == "x"
    assert to_zone(noon.replace(tzinfo=None)).hour == 12
    ZONE.reset(token)


def test_the_zone_of_the_application_holds_unless_another_is_chosen() -> None:
    app = SimpleRegistrar()
    app.provide(TIME_ZONE, lambda: "Europe/Berlin")
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    entered = CURRENT.set(app)
    assert to_zone(noon).hour == 14
    assert format_date(noon.replace(tzinfo=None), "e O T") == " +0200 CEST"
    chosen = ZONE.set(None)
    assert to_zone(noon) is noon
    ZONE.reset(chosen)
    CURRENT.reset(entered)
    assert current_zone() is None


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 minutes"),
        (timedelta(seconds=-5), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2, minutes=5), "2 hours, 5 minutes"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=17), "2 weeks, 3 days"),
        (timedelta(days=31), "1 month"),
        (timedelta(days=400), "1 year, 1 month"),
        (timedelta(days=7, minutes=3), "1 week"),
    ],
)
def test_spans_are_told_in_their_largest_units(span: timedelta, words: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert time_since(start, start + span).replace("\xa0", " ") == words
    assert time_until(start + span, start).replace("\xa0", " ") == words


def test_depth_and_end_of_month() -> None:
    assert time_since(date(2024, 1, 31), date(2024, 3, 1), depth=4).replace("\xa0", " ") == "1 month"
    with pytest.raises(ValueError, match="greater than 0"):
        time_since(MOMENT, MOMENT, depth=0)

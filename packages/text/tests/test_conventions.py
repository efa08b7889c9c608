"""Values as a language writes them, to be read and to be edited, and the conventions by their names."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from partita.text import get_format, localize, localize_input, truncate_chars, wrap
from partita.text.formats import ENGLISH, FORMATS, Formats

GERMAN = ENGLISH._replace(
    language="de",
    decimal_separator=",",
    thousand_separator=".",
    group_numbers=True,
    named={"DATE_FORMAT": "j. n. Y", "TIME_FORMAT": "H:i", "DATETIME_FORMAT": "j. n. Y H:i"},
    input={
        "DATE_INPUT_FORMATS": ("%d.%m.%Y", "%Y-%m-%d"),
        "TIME_INPUT_FORMATS": ("%H:%M",),
        "DATETIME_INPUT_FORMATS": ("%d.%m.%Y %H:%M",),
    },
    first_day_of_week=1,
)
DAY, CLOCK = dt.date(2026, 5, 4), dt.time(7, 8, 9)
MOMENT = dt.datetime(2026, 5, 4, 7, 8, 9)  # noqa: DTZ001 - what has a zone is shown by another clock


@pytest.fixture
def german() -> Iterator[Formats]:
    """Activate them."""
    token = FORMATS.set(GERMAN)
    yield GERMAN
    FORMATS.reset(token)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1.234.567"), (-5, "-5"), (1234.5, "1.234,5"), (Decimal("1234.50"), "1.234,50"), (DAY, "4. 5. 2026"), (CLOCK, "07:08"),
        (MOMENT, "4. 5. 2026 07:08"),
    ],
)  # fmt: skip
def test_numbers_and_dates_are_written_as_the_language_does(german: Formats, value: object, text: str) -> None:
    assert localize(value) == text


@pytest.mark.parametrize("value", ["1234.5", True, False, None, [1.5], dt.timedelta(1)])
def test_anything_else_stays_as_it_is(german: Formats, value: object) -> None:
    assert localize(value) is value


@pytest.mark.parametrize(("value", "text"), [(1234567, "1234567"), (1234.5, "1234.5"), (Decimal("1.50"), "1.50")])
def test_in_english_numbers_are_not_grouped_unless_somebody_asks(value: object, text: str) -> None:
    assert localize(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1234567"), (1234.5, "1234,5"), (Decimal("1234.50"), "1234,50"), (True, "True"), (DAY, "04.05.2026"), (CLOCK, "07:08"),
        (MOMENT, "04.05.2026 07:08"), ("1234.5", "1234.5"), (None, None), (dt.date(33, 5, 4), "04.05.0033"),
    ],
)  # fmt: skip
def test_a_form_shows_what_can_be_read_back(german: Formats, value: object, text: object) -> None:
    assert localize_input(value) == text
    assert localize_input(value, formats=GERMAN) == text


def test_a_form_may_show_dates_in_a_format_of_its_own() -> None:
    assert localize_input(DAY, "%Y/%m") == "2026/05"
    assert localize_input(MOMENT, "%Y/%m/%d %H") == "2026/05/04 07"
    assert localize_input(dt.date(33, 5, 4), "%Y/%m") == "0033/05"
    assert localize_input(CLOCK, "%H.%M") == "07.08"
    assert localize_input(DAY, formats=ENGLISH) == "2026-05-04"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATE_FORMAT", "j. n. Y"), ("DATE_INPUT_FORMATS", ("%d.%m.%Y", "%Y-%m-%d")), ("DECIMAL_SEPARATOR", ","), ("THOUSAND_SEPARATOR", "."),
        ("NUMBER_GROUPING", 3), ("FIRST_DAY_OF_WEEK", 1), ("USE_THOUSAND_SEPARATOR", True), ("j. F", "j. F"),
    ],
)  # fmt: skip
def test_conventions_are_found_by_name_and_a_format_is_one_itself(german: Formats, name: str, value: object) -> None:
    assert get_format(name) == value
    assert get_format(name, GERMAN) == value


def test_groups_of_several_sizes_are_told_all() -> None:
    assert get_format("NUMBER_GROUPING", ENGLISH._replace(grouping=(3, 2, 0))) == (3, 2, 0)


def test_letters_that_combine_take_no_room() -> None:
    text = "q\u0307" * 5  # there is no single letter for these
    assert truncate_chars(text, 5) == text
    assert truncate_chars(text + "x", 5) == "q\u0307" * 4 + "…"


def test_a_break_at_the_end_of_a_text_stays() -> None:
    assert wrap("aa bb\n", 2) == "aa\nbb\n"
    assert wrap("aa\n\nbb", 5) == "aa\n\nbb"
    assert wrap("", 5) == ""

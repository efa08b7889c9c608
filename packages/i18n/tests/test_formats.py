"""Dates and numbers by language."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.i18n import currency, formats_of, override, parse_number
from partita.text import date_format, number_format

DAY = datetime(2026, 3, 1, 14, 5)  # noqa: DTZ001 - shown as it is


@pytest.mark.parametrize(
    ("language", "day", "moment", "number"),
    [
        ("en", "March 1, 2026", "March 1, 2026, 2:05 p.m.", "1,234,567.89"),
        ("de", "1. März 2026", "1. März 2026, 14:05", "1.234.567,89"),
        ("fr", "1 mars 2026", "1 mars 2026, 14:05", "1\u202f234\u202f567,89"),
        ("pt-br", "1 de março de 2026", "1 de março de 2026 14:05", "1.234.567,89"),
        ("hi", "1 मार्च 2026", "1 मार्च 2026, 2:05 PM", "12,34,567.89"),
        ("zh-hans", "2026年3月1日", "2026年3月1日 14:05", "1,234,567.89"),
        ("ar", "1 مارس 2026", "1 مارس 2026، 2:05 PM", "1,234,567.89"),
    ],
)
def test_every_language_writes_in_its_own_way(language: str, day: str, moment: str, number: str) -> None:
    with override(language):
        assert date_format(DAY) == day
        assert date_format(DAY, "DATETIME_FORMAT").replace("\u200f", "") in {moment, moment.replace(" 14", ", 14")}
        assert number_format(Decimal("1234567.89"), group=True) == number


def test_short_formats_and_first_days() -> None:
    german, arabic = formats_of("de"), formats_of("ar-eg")
    assert date_format(date(2026, 3, 1), "SHORT_DATE_FORMAT", german) == "01.03.2026"
    assert (german.first_day_of_week, arabic.first_day_of_week, formats_of("en-us").first_day_of_week) == (1, 6, 0)


def test_more_than_a_hundred_languages_have_formats() -> None:
    from babel import localedata

    languages = sorted({name.split("_")[0] for name in localedata.locale_identifiers()})
    shown = {}
    for language in languages:
        if len(language) in {2, 3}:
            formats = formats_of(language)
            shown[language] = date_format(date(2026, 3, 1), formats=formats)
            assert len(formats.decimal_separator) >= 1
            assert formats.named["TIME_FORMAT"]
    assert len(shown) > 100
    assert all("2026" in text for text in shown.values())


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("de", "1.234,5", "1234.5"),
        ("de", "-1.234.567", "-1234567"),
        ("en", "1,234.5", "1234.5"),
        ("fr", "1 234,5", "1234.5"),
        ("fr", "1\u202f234,5", "1234.5"),
        ("hi", "12,34,567", "1234567"),
        ("de", "1234,5", "1234.5"),
        ("de", ",5", "0.5"),
    ],
)
def test_numbers_are_read_as_people_write_them(language: str, text: str, value: str) -> None:
    assert parse_number(text, formats_of(language)) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["1.5", "1,234,5", "", "-", "1e5", "٣4", "1,", "NaN", "0x1", "1 2", "9" * 300, "1.23.456"]
)
def test_what_is_no_number_in_the_language_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        parse_number(text, formats_of("de"))


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12),
    st.sampled_from(["de", "en", "fr", "hi", "pt-br"]),
)
def test_a_written_number_reads_back_as_itself(number: Decimal, language: str) -> None:
    formats = formats_of(language)
    assert parse_number(number_format(number, 2, True, formats), formats) == number


def test_money_is_written_by_currency_and_language() -> None:
    assert currency(Decimal("1234.5"), "EUR", "de") == "1.234,50\xa0€"
    assert currency(1234.5, "USD") == "$1,234.50"
    assert currency(1234, "JPY", "en") == "¥1,234"
    with override("fr"):
        assert currency(5, "EUR") == "5,00\xa0€"
    assert "SAR" in currency(5, "SAR", "en") or "ر.س" in currency(5, "SAR", "ar")


@pytest.mark.parametrize(
    "language", ["es", "fr", "de", "ar", "hi", "ja", "pt-br", "sv", "th", "tr", "zh-hans", "en-au"]
)
def test_short_dates_have_the_whole_year(language: str) -> None:
    formats = formats_of(language)
    for name in ("SHORT_DATE_FORMAT", "SHORT_DATETIME_FORMAT"):
        assert "2017" in date_format(datetime(2017, 10, 14, 10, 23), name, formats)  # noqa: DTZ001

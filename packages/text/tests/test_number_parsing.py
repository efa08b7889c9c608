from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.text import ENGLISH, Formats, NumberError, number_format, parse_number, plain_number

GERMAN = ENGLISH._replace(language="de", decimal_separator=",", thousand_separator=".")
RUSSIAN = ENGLISH._replace(language="ru", decimal_separator=",", thousand_separator="\xa0")
SWISS = ENGLISH._replace(language="de-ch", thousand_separator="’")
INDIAN = ENGLISH._replace(language="hi", grouping=(3, 2))
DIGITS = {"arabic": "٠١٢٣٤٥٦٧٨٩", "persian": "۰۱۲۳۴۵۶۷۸۹", "devanagari": "०१२३४५६७८९"}


@pytest.mark.parametrize(
    ("text", "formats", "number"),
    [
        ("1,234.5", ENGLISH, "1234.5"),
        ("-5", ENGLISH, "-5"),
        ("+5", ENGLISH, "5"),
        ("−5", ENGLISH, "-5"),
        (".5", ENGLISH, "0.5"),
        (" 7 ", ENGLISH, "7"),
        ("1.234,5", GERMAN, "1234.5"),
        ("1 234 567,8", RUSSIAN, "1234567.8"),
        ("1\xa0234", RUSSIAN, "1234"),
        ("1'234", SWISS, "1234"),
        ("12,34,567", INDIAN, "1234567"),
        ("١٬٢٣٤٫٥", ENGLISH, "1234.5"),
        ("\u061c-١٢", ENGLISH, "-12"),
        ("۱۲٫۵", GERMAN, "12.5"),
        ("१,२३४", ENGLISH, "1234"),
    ],
)
def test_numbers_are_read_in_the_writing_of_a_language(text: str, formats: Formats, number: str) -> None:
    assert parse_number(text, formats) == Decimal(number)
    assert Decimal(plain_number(text, formats)) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["", "-", "+", "--5", "+-5", "-+5", "++5", "- 5", "5-", ".", "5.", "1.2.3", "1,5", "1,23", "1,,234", ",123", "1 234",
     "1e5", "NaN", "Infinity", "²", "٥5", "٤۴", "१২", "1" * 201],
)  # fmt: skip
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError, match="expected a number as the current language writes it"):
        parse_number(text)


@pytest.mark.parametrize("value", ["1.5", "1e5", "--5", "Haus", "", "1" * 1001, 12, None, True])
def test_what_is_no_number_of_the_language_stays_as_it_is(value: object) -> None:
    assert plain_number(value, GERMAN) is value


def test_a_separator_without_digits_behind_it_is_left_to_who_reads_on() -> None:
    assert plain_number("5,", GERMAN) == "5."


def test_formats_without_groups_are_fine() -> None:
    assert parse_number("1234", ENGLISH._replace(thousand_separator="", grouping=())) == 1234


@pytest.mark.parametrize("digits", DIGITS.values(), ids=DIGITS)
@given(number=st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_a_number_written_in_digits_of_any_script_reads_back(digits: str, number: Decimal) -> None:
    for formats in (ENGLISH, GERMAN, RUSSIAN, SWISS, INDIAN):
        written = number_format(number, group=True, formats=formats)
        assert parse_number(written, formats) == number
        assert parse_number(written.translate(str.maketrans("0123456789", digits)), formats) == number


@given(st.text(alphabet="+-−.,٫٬' \xa01٥५e", max_size=12) | st.text(max_size=300))
def test_nothing_but_the_documented_error_escapes(text: str) -> None:
    for formats in (ENGLISH, GERMAN, RUSSIAN, SWISS, INDIAN):
        try:
            number = parse_number(text, formats)
        except NumberError:
            continue
        assert number.is_finite()
        assert Decimal(plain_number(text, formats)) == number

"""Numbers and sizes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.text import ENGLISH, FORMATS, Formats, file_size, float_format, localize, number_format

GERMAN = Formats(language="de", decimal_separator=",", thousand_separator=".")
INDIAN = Formats(language="hi", grouping=(3, 2))


@pytest.mark.parametrize(
    ("value", "places", "group", "formats", "text"),
    [
        (1234567, None, True, None, "1,234,567"),
        (1234567.5, None, True, GERMAN, "1.234.567,5"),
        (-1234567, None, True, INDIAN, "-12,34,567"),
        (1.239, 2, None, None, "1.23"),
        (1, 2, None, GERMAN, "1,00"),
        (Decimal("-0.001"), 2, None, None, "0.00"),
        (Decimal("NaN"), 2, None, None, "NaN"),
        (float("inf"), None, True, None, "inf"),
        (123, None, None, Formats(group_numbers=True), "123"),
        (1e21, None, None, None, "1000000000000000000000"),
        ("1234", None, True, None, "1,234"),
        (True, None, None, None, "1"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    value: float | Decimal | str, places: int | None, group: bool | None, formats: Formats | None, text: str
) -> None:
    assert number_format(value, places, group, formats) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**15), max_value=10**15))
def test_a_grouped_number_reads_back_as_itself(number: Decimal) -> None:
    assert Decimal(number_format(number, 3, True).replace(",", "")) == number


HUGE: tuple[Decimal | str | int, ...] = (
    Decimal("1e200000000"),
    Decimal("1e-200000000"),
    "1e200000000",
    "-1e999999",
    "9" * 100_000,
    1 << 2_000_000,
    -(10**300),
)


@pytest.mark.parametrize("at", range(len(HUGE)))
def test_cve_2024_41989_a_huge_exponent_costs_neither_time_nor_memory(at: int) -> None:
    value = HUGE[at]
    number = Decimal(value) if isinstance(value, str) else value

    def texts() -> None:
        for text in (
            float_format(value, 2),
            float_format(value),
            number_format(number, 2, True),
            number_format(number),
        ):
            assert 0 < len(text) < 700 or text == value

    assert least_seconds(texts, enough=0.1) < 0.5


def test_cve_2024_24680_grouping_long_digits_is_linear() -> None:
    digits = "9" * 300_000
    assert number_format(digits, None, True).count(",") == 99_999
    assert least_seconds(lambda: number_format(digits, None, True), enough=0.1) < 0.5


@pytest.mark.parametrize(
    ("value", "argument", "text"),
    [(34.23234, -1, "34.2"), (34.0, -1, "34"), (34.0, 3, "34.000"), (0.5, 0, "1"), (2.675, 2, "2.68"), ("x", 2, ""), (None, 2, ""),
     (1234.5, "2g", "1,234.50"), (float("nan"), 2, "nan"), (1.5, "x", "1.5"), (-0.04, 1, "0.0"), (1e-10, 3, "0.000")],
)  # fmt: skip
def test_floats_are_rounded_half_up(value: object, argument: object, text: str) -> None:
    assert float_format(value, argument) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (1024, "1.0 KB"), (1_048_575, "1024.0 KB"), (5 * 1024**3, "5.0 GB"), (-2048, "-2.0 KB"), (None, "0 bytes"), (float("inf"), "0 bytes")],
)  # fmt: skip
def test_sizes_have_units(count: object, text: str) -> None:
    assert file_size(count).replace("\xa0", " ") == text
    assert len(file_size(10**4000)) < 300


def test_the_language_in_force_decides() -> None:
    token = FORMATS.set(GERMAN)
    assert (localize(1.5), float_format(1234.5, "1g"), float_format(1.5, "1u")) == ("1,5", "1.234,5", "1.5")
    FORMATS.reset(token)
    assert localize(1.5) == "1.5"
    assert localize(True) is True
    assert localize("x") == "x"


@pytest.mark.parametrize("text", ["1e200", "1E10000000000000000", "-1e10000000000000000", "1" + "0" * 100_000])
def test_text_that_stands_for_too_many_digits_comes_back_as_it_is(text: str) -> None:
    assert float_format(text) == float_format(text, "2g") == text


def test_the_sizes_of_groups_end_as_in_localeconv() -> None:
    formats = ENGLISH._replace(grouping=(3, 2, 0))
    assert number_format(100000000, group=True, formats=formats) == "10,00,00,000"
    assert number_format(1000000000, group=True, formats=formats._replace(grouping=(3, 2, -1))) == "10000,00,000"
    assert number_format(10000, group=True, formats=formats._replace(grouping=(0,))) == "10000"

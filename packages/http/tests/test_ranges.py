import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import RangeNotSatisfiable
from partita.http.ranges import parse_range


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-", [(0, 10)]),
        ("bytes=-3", [(7, 10)]),
        ("bytes=-30", [(0, 10)]),
        ("bytes=5-99", [(5, 10)]),
        ("bytes=0-1, 4-5", [(0, 2), (4, 6)]),
        ("bytes=0-1,50-60", [(0, 2)]),
        ("bytes=0-4,5-9", [(0, 5), (5, 10)]),  # they touch, which is not to overlap
        ("bytes=8-9,0-1", [(8, 10), (0, 2)]),
        ("\tBytes =\t0-0\t,\t2-2", [(0, 1), (2, 3)]),
    ],
)
def test_ranges_are_cut_to_the_body(value: str, expected: list[tuple[int, int]]) -> None:
    assert parse_range(value, 10) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "lines=0-1",
        "bytes=0-1,",
        "bytes=+1-2",
        "bytes=0-5,3-9",
    ],
)
def test_what_cannot_be_read_or_overlaps_is_ignored(value: str) -> None:
    assert parse_range(value, 10) is None


@pytest.mark.parametrize("value", ["bytes=10-", "bytes=-0", "bytes=99-100,200-"])
def test_ranges_outside_the_body_cannot_be_satisfied(value: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(value, 10)
    assert caught.value.headers == (("content-range", "bytes */10"),)


def test_many_tiny_ranges_are_ignored() -> None:
    def asked(count: int) -> str:
        return "bytes=" + ",".join(f"{i}-{i}" for i in range(0, 2 * count, 2))

    assert len(parse_range(asked(16), 1000) or ()) == 16
    assert parse_range(asked(17), 1000) is None


@given(st.text(st.characters(max_codepoint=255), max_size=40).map("bytes=".__add__), st.integers(0, 1000))
def test_every_range_lies_within_the_body(value: str, size: int) -> None:
    try:
        ranges = parse_range(value, size)
    except RangeNotSatisfiable:
        return
    for start, stop in ranges or ():
        assert 0 <= start < stop <= size


def test_the_largest_number_of_64_bits_stands_for_the_end() -> None:
    assert parse_range("bytes=5-18446744073709551615", 10) == [(5, 10)]
    assert parse_range("bytes=5-" + "9" * 30, 10) is None

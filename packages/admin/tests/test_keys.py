"""Keys in addresses: any text fits into one segment and comes back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from partita.admin.keys import quote_key, unquote_key


@given(st.text())
def test_a_key_written_into_an_address_reads_back_as_itself(key: str) -> None:
    written = quote_key(key)
    assert re.fullmatch(r"[A-Za-z0-9_-]*", written)
    assert unquote_key(written) == key


@given(st.text())
def test_no_segment_makes_reading_fail(segment: str) -> None:
    unquote_key(segment)


def test_a_plain_number_looks_like_itself() -> None:
    assert quote_key(42) == "42"

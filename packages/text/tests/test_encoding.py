"""Anything as text or bytes."""

import datetime

import pytest

from partita.contracts.i18n import gettext_lazy
from partita.text import TextDecodeError, force_bytes, force_str, smart_bytes, smart_str

LAZY = gettext_lazy("Café")


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (b"caf\xc3\xa9", "café"), (bytearray(b"a"), "a"), (memoryview(b"a"), "a"), (5, "5"), (LAZY, "Café")],
)
def test_anything_becomes_text(value: object, text: str) -> None:
    assert force_str(value) == text
    assert type(force_str(value)) is str


def test_anything_becomes_bytes() -> None:
    assert force_bytes("café") == force_bytes(LAZY).lower().replace(b"\xc3\x89", b"\xc3\xa9") == "café".encode()
    assert force_bytes(b"caf\xc3\xa9", "latin-1") == b"caf\xe9"
    assert force_bytes(memoryview(b"a")) == b"a"
    assert force_bytes(5) == b"5"
    assert force_bytes("é", "ascii", errors="ignore") == b""


def test_lazy_text_may_stay_lazy_and_numbers_numbers() -> None:
    assert smart_str(LAZY) is LAZY
    assert smart_bytes(LAZY) is LAZY
    assert (smart_str(5), smart_bytes("a")) == ("5", b"a")
    for value in (None, 5, 1.5, datetime.date(2026, 1, 1)):
        assert force_str(value, strings_only=True) is value
        assert force_bytes(value, strings_only=True) is value


def test_bytes_that_are_no_text_are_refused_with_what_was_given() -> None:
    with pytest.raises(TextDecodeError, match=r"invalid start byte\. You passed in b'\\xff' \(<class 'bytes'>\)"):
        force_str(b"\xff")
    with pytest.raises(UnicodeDecodeError) as caught:
        force_str(b"\xff" * 10_000)
    assert len(str(caught.value)) < 500
    assert force_str(b"\xffa", errors="ignore") == "a"

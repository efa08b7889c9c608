"""Checks of lists, mappings and ranges."""

from typing import Any

import pytest

from partita.postgres import Range
from partita.postgres.validators import (
    ArrayMaxLengthValidator,
    ArrayMinLengthValidator,
    KeysValidator,
    RangeMaxValueValidator,
    RangeMinValueValidator,
)
from partita.validation import ValidationError

CASES: list[tuple[Any, Any, str | None]] = [
    (ArrayMaxLengthValidator(2), [1, 2], None),
    (ArrayMaxLengthValidator(2), [1, 2, 3], "List contains 3 items, it should contain no more than 2."),
    (ArrayMinLengthValidator(2), [1, 2], None),
    (ArrayMinLengthValidator(2), [1], "List contains 1 items, it should contain no fewer than 2."),
    (KeysValidator(["a", "b"]), {"a": "1", "b": None, "c": "x"}, None),
    (KeysValidator(["a", "b"]), {"c": "1"}, "Some keys were missing: a, b"),
    (KeysValidator(["a"], strict=True), {"a": "1"}, None),
    (KeysValidator(["a"], strict=True), {"a": "1", "z": "", "c": ""}, "Some unknown keys were provided: c, z"),
    (KeysValidator(["a"], messages={"missing_keys": "No %(keys)s!"}), {}, "No a!"),
    (RangeMaxValueValidator(5), Range(1, 5), None),
    (RangeMaxValueValidator(5), Range(empty=True), None),
    (RangeMaxValueValidator(5), Range(1, 6), "Ensure that the upper bound of the range is not greater than 5."),
    (RangeMaxValueValidator(5), Range(1, None), "Ensure that the upper bound of the range is not greater than 5."),
    (RangeMinValueValidator(5), Range(5, 9), None),
    (RangeMinValueValidator(5), Range(4, 9), "Ensure that the lower bound of the range is not less than 5."),
    (RangeMinValueValidator(5), Range(None, 9), "Ensure that the lower bound of the range is not less than 5."),
]


@pytest.mark.parametrize(("validate", "value", "message"), CASES)
def test_values_and_what_is_said_of_them(validate: Any, value: Any, message: str | None) -> None:
    if message is None:
        validate(value)
        return
    with pytest.raises(ValidationError) as caught:
        validate(value)
    assert caught.value.messages == [message]


def test_equal_ones_are_equal() -> None:
    assert KeysValidator(["a", "b"]) == KeysValidator(["b", "a"])
    assert KeysValidator(["a"]) != KeysValidator(["a"], strict=True)
    assert ArrayMaxLengthValidator(2) == ArrayMaxLengthValidator(2) != ArrayMinLengthValidator(2)

"""The measure takes the best attempt, and no more attempts than it needs."""

import pytest

import partita.contracts
from partita.contracts.testing.cost import cost_size, is_linear, least_seconds, public_functions


def test_one_quick_attempt_is_enough() -> None:
    sizes = iter([2_000_000, 10, 2_000_000])
    assert least_seconds(lambda: sum(range(next(sizes))), enough=0.005) <= 0.005


def test_what_is_always_slow_stays_slow() -> None:
    attempts: list[int] = []
    assert least_seconds(lambda: attempts.append(sum(range(500_000))), attempts=3) > 0
    assert len(attempts) == 3


def test_a_function_that_grows_too_fast_is_told_from_a_linear_one() -> None:
    assert is_linear(lambda text: sum(map(ord, text)), "ab", 2**16)
    assert is_linear(lambda text: len(text), "ab", 2**16)  # too quick to tell anything
    assert not is_linear(lambda text: sum(range(len(text) ** 3 // 64)), "ab", 2**8)


def test_the_size_may_come_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARTITA_COST_SIZE", raising=False)
    assert cost_size(1024) == 1024
    monkeypatch.setenv("PARTITA_COST_SIZE", "524288")
    assert cost_size(1024) == 524288


def test_public_functions_are_those_that_modules_name() -> None:
    found = public_functions(partita.contracts)
    assert {"is_linear", "public_functions"} <= found
    assert "_is_within" not in found  # nobody named it
    assert "partial" not in found  # somebody else's

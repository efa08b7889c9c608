"""The measure takes the best attempt, and no more attempts than it needs."""

from partita.contracts.testing.cost import least_seconds


def test_one_quick_attempt_is_enough() -> None:
    sizes = iter([2_000_000, 10, 2_000_000])
    assert least_seconds(lambda: sum(range(next(sizes))), enough=0.005) <= 0.005


def test_what_is_always_slow_stays_slow() -> None:
    attempts: list[int] = []
    assert least_seconds(lambda: attempts.append(sum(range(500_000))), attempts=3) > 0
    assert len(attempts) == 3

"""Failed logins are counted per account and address, for a while, in bounded memory."""

import threading

import pytest

from partita.auth.errors import TooManyAttempts
from partita.auth.throttle import LoginThrottle


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _fail(throttle: LoginThrottle, account: str, address: str, times: int) -> None:
    for _ in range(times):
        throttle.check(account, address)
        throttle.failed(account, address)


def test_the_attempt_after_the_last_one_allowed_is_refused_until_the_time_is_over() -> None:
    clock = _Clock()
    throttle = LoginThrottle(attempts=5, seconds=60, clock=clock)
    _fail(throttle, "anna@shop.test", "10.0.0.1", 5)
    with pytest.raises(TooManyAttempts) as caught:
        throttle.check("ANNA@shop.test", "10.0.0.1")
    assert caught.value.retry_after == 60
    clock.now += 61
    throttle.check("anna@shop.test", "10.0.0.1")
    _fail(throttle, "anna@shop.test", "10.0.0.1", 5)


def test_other_accounts_and_other_addresses_are_not_locked_out() -> None:
    throttle = LoginThrottle(attempts=1)
    throttle.failed("anna@shop.test", "10.0.0.1")
    throttle.check("anna@shop.test", "10.0.0.2")
    throttle.check("bert@shop.test", "10.0.0.1")


def test_a_success_starts_the_count_anew() -> None:
    throttle = LoginThrottle(attempts=2)
    throttle.failed("anna", "::1")
    throttle.succeeded("anna", "::1")
    _fail(throttle, "anna", "::1", 2)


def test_no_attempts_means_no_throttle() -> None:
    _fail(LoginThrottle(attempts=0), "anna", "::1", 100)


def test_memory_is_bounded_whatever_is_typed() -> None:
    throttle = LoginThrottle(capacity=10)
    for number in range(1000):
        throttle.failed("x" * 1000 + str(number), "10.0.0.1")
    assert len(throttle) == 10


def test_failures_in_many_threads_are_all_counted() -> None:
    throttle = LoginThrottle(attempts=800)

    def fail_often() -> None:
        for _ in range(100):
            throttle.failed("anna", "::1")

    threads = [threading.Thread(target=fail_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(TooManyAttempts):
        throttle.check("anna", "::1")

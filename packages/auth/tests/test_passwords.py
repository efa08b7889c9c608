"""Stored passwords: upgrades, unusable ones, bounds, time, and the event loop."""

import asyncio
import statistics
import threading
import time

import pytest

from partita import bridge
from partita.auth.errors import PasswordTooLong
from partita.auth.hashers import Argon2Hasher, Hashers, Pbkdf2Hasher
from partita.auth.passwords import (
    HASHERS,
    MAX_PASSWORD_LENGTH,
    acheck_password,
    amake_password,
    check_password,
    is_password_usable,
    make_password,
)
from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar

CHEAP = Hashers(Argon2Hasher(1, 64), Pbkdf2Hasher(3))


def test_a_password_is_checked_against_what_was_stored() -> None:
    encoded = make_password("lion heart", CHEAP)
    assert check_password("lion heart", encoded, hashers=CHEAP)
    assert not check_password("lion hear", encoded, hashers=CHEAP)
    assert not check_password(None, encoded, hashers=CHEAP)


def test_the_hashers_of_the_current_application_are_used() -> None:
    app = SimpleRegistrar()
    app.provide(HASHERS, lambda: CHEAP)
    token = CURRENT.set(app)
    try:
        assert "m=64,t=1" in make_password("x")
    finally:
        CURRENT.reset(token)
    assert "m=19456,t=2" in make_password("x")


def test_a_right_password_stored_by_an_old_algorithm_is_handed_on_for_storing_anew() -> None:
    seen: list[str] = []
    old = Pbkdf2Hasher(3).encode("password")
    assert check_password("password", old, seen.append, CHEAP)
    assert seen == ["password"]
    assert not check_password("wrong", old, seen.append, CHEAP)
    assert check_password("password", make_password("password", CHEAP), seen.append, CHEAP)
    assert seen == ["password"]


@pytest.mark.parametrize(
    "encoded", ["", "!", "md5$x$y", "plain text", "argon2", "argon2$", make_password(None)], ids=str.__len__
)
def test_text_that_is_no_hash_matches_no_password(encoded: str) -> None:
    for password in ("", "!", encoded, encoded[1:]):
        assert not check_password(password, encoded, hashers=CHEAP)


def test_an_unusable_password_is_told_from_others_and_never_twice_the_same() -> None:
    assert not is_password_usable(make_password(None))
    assert not is_password_usable("")
    assert is_password_usable(make_password("x", CHEAP))
    assert make_password(None) != make_password(None)


def test_a_password_beyond_the_bound_is_refused_without_hashing() -> None:
    longest = "x" * MAX_PASSWORD_LENGTH
    encoded = make_password(longest, CHEAP)
    assert check_password(longest, encoded, hashers=CHEAP)
    assert not check_password(longest + "x", encoded, hashers=CHEAP)
    with pytest.raises(PasswordTooLong, match="4097 characters, expected at most 4096"):
        make_password(longest + "x", CHEAP)


def test_async_twins_give_the_same() -> None:
    async def both() -> None:
        encoded = await amake_password("lion", CHEAP)
        assert await acheck_password("lion", encoded, hashers=CHEAP)
        assert not await acheck_password("lamb", encoded, hashers=CHEAP)

    asyncio.run(both())


def test_sync_code_beneath_the_bridge_hashes_in_a_thread_while_the_loop_goes_on() -> None:
    threads: list[int] = []

    class Slow(Argon2Hasher, frozen=True):
        def verify(self, password: str, encoded: str) -> bool:
            threads.append(threading.get_ident())
            time.sleep(0.1)
            return super().verify(password, encoded)

    slow = Hashers(Slow(1, 64))
    encoded = make_password("x", slow)

    async def main() -> int:
        ticks = 0
        checking = asyncio.ensure_future(bridge.run(check_password, "x", encoded, None, slow))
        while not checking.done():
            ticks += 1
            await asyncio.sleep(0.005)
        assert await checking
        return ticks

    assert asyncio.run(main()) >= 5
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("cve", ["cve_2024_39329", "cve_2025_13473"])
def test_cve_2024_39329_cve_2025_13473_every_kind_of_stored_text_takes_the_time_of_a_real_hash(cve: str) -> None:
    hashers = Hashers(Argon2Hasher(3, 8192), Pbkdf2Hasher())
    real = make_password("right", hashers)
    others = [make_password(None), "", "unknown$x", Argon2Hasher(1, 8192).encode("right")]
    times: dict[str, list[float]] = {encoded: [] for encoded in (real, *others)}
    for _ in range(9):
        for encoded, found in times.items():
            begin = time.thread_time()  # what this thread works; waiting for a busy machine does not count
            assert not check_password("wrong", encoded, hashers=hashers)
            found.append(time.thread_time() - begin)
    for encoded in others:
        assert 0.7 < statistics.median(times[encoded]) / statistics.median(times[real]) < 1.4, encoded

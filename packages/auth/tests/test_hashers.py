"""Hashing: round trips, foreign hashes, cost, and hostile stored text."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.auth.errors import UnknownHash
from partita.auth.hashers import Argon2Hasher, Hasher, Hashers, Pbkdf2Hasher, ScryptHasher

CHEAP: list[Hasher] = [
    Argon2Hasher(time_cost=1, memory_cost=64),
    Pbkdf2Hasher(iterations=3),
    ScryptHasher(work_factor=16, parallelism=1),
]
by_algorithm = pytest.mark.parametrize("hasher", CHEAP, ids=lambda hasher: hasher.algorithm)


@by_algorithm
@given(password=st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_a_hash_is_verified_by_its_password_and_by_no_other(hasher: Hasher, password: str) -> None:
    encoded = hasher.encode(password)
    assert encoded.startswith(hasher.algorithm + "$")
    assert hasher.verify(password, encoded)
    assert not hasher.verify(password + "x", encoded)
    assert not hasher.needs_update(encoded)


@by_algorithm
def test_two_hashes_of_one_password_differ(hasher: Hasher) -> None:
    assert hasher.encode("same") != hasher.encode("same")


@by_algorithm
def test_a_lone_surrogate_is_a_password_like_any_other(hasher: Hasher) -> None:
    assert hasher.verify("\ud800", hasher.encode("\ud800"))
    assert not hasher.verify("?", hasher.encode("\ud800"))


@by_algorithm
@given(tail=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_malformed_stored_text_never_matches_and_never_raises(hasher: Hasher, tail: str) -> None:
    encoded = f"{hasher.algorithm}${tail}"
    assert not hasher.verify("password", encoded)
    assert hasher.needs_update(encoded)


@by_algorithm
def test_a_hash_cut_anywhere_never_matches(hasher: Hasher) -> None:
    encoded = hasher.encode("password")
    # Base64 without padding may lose its last bits unseen; everything shorter is refused.
    assert not any(hasher.verify("password", encoded[:end]) for end in range(len(encoded) - 1))


def test_the_default_cost_is_what_owasp_asks_for() -> None:
    assert Argon2Hasher().encode("x").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_made_with_the_formula_of_pbkdf2_is_verified() -> None:
    # The layout Django writes: algorithm, iterations, salt, base64 of the derived key.
    import base64

    raw = hashlib.pbkdf2_hmac("sha256", b"lion", b"seasalt", 1000)
    assert Pbkdf2Hasher().verify("lion", f"pbkdf2_sha256$1000$seasalt${base64.b64encode(raw).decode()}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Argon2Hasher(1, 64), Argon2Hasher(2, 64)),
        (Argon2Hasher(1, 64), Argon2Hasher(1, 128)),
        (Pbkdf2Hasher(3), Pbkdf2Hasher(4)),
        (ScryptHasher(16, 8, 1), ScryptHasher(32, 8, 1)),
    ],
)
def test_a_hash_at_another_cost_is_verified_and_needs_an_update(old: Hasher, new: Hasher) -> None:
    encoded = old.encode("password")
    assert new.verify("password", encoded)
    assert new.needs_update(encoded)
    new.harden("password", encoded)


def test_the_right_hasher_is_found_by_the_beginning_of_the_text() -> None:
    argon2, pbkdf2, _ = CHEAP
    hashers = Hashers(argon2, pbkdf2)
    assert hashers.identify(pbkdf2.encode("x")) is pbkdf2
    assert hashers.needs_update(pbkdf2.encode("x"))
    assert not hashers.needs_update(argon2.encode("x"))
    with pytest.raises(UnknownHash, match="expected one of pbkdf2_sha256, argon2"):
        hashers.identify("md5$salt$hash")

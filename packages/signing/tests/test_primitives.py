"""Known vectors of the small tools."""

import hashlib
import hmac
from typing import Any, cast

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.signing import (
    SIGNING_KEYS,
    UnknownHash,
    UnusableKeys,
    constant_time_compare,
    get_random_string,
    pbkdf2,
    salted_hmac,
)


def test_random_text_has_length_and_alphabet() -> None:
    assert len(get_random_string(22)) == 22
    assert set(get_random_string(500, "ab")) == {"a", "b"}
    assert get_random_string(0) == ""
    assert len({get_random_string(22) for _ in range(1000)}) == 1000
    for length, letters in ((-1, "a"), (1, "")):
        with pytest.raises(ValueError, match="expected neither"):
            get_random_string(length, letters)


@pytest.mark.parametrize(
    ("arguments", "algorithm", "expected"),
    [
        # What Django's function gives: HMAC(hash(salt + secret), value).
        (("salt", "value", ""), "sha1", None),
        (("salt", "value", "abcdefg"), "sha1", "8bbee04ccddfa24772d1423a0ba43bd0c0e24b76"),
        (("salt", "value", "x" * 64), "sha1", "bd3749347b412b1b0a9ea65220e55767ac8e96b0"),
        (("salt", "value", "abcdefg"), "sha256", "06f5a3c33a5239d33b1c3b1b252ede6e47db47c57249e259ff2ef072e86e9f36"),
        ((b"salt", b"value", b"abcdefg"), "sha1", "8bbee04ccddfa24772d1423a0ba43bd0c0e24b76"),
    ],
)
def test_a_keyed_hash_is_the_known_one(arguments: Any, algorithm: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UnusableKeys):
            salted_hmac(*arguments, algorithm=algorithm)
        return
    assert salted_hmac(*arguments, algorithm=algorithm).hexdigest() == expected


def test_without_a_secret_the_newest_of_the_application_is_taken() -> None:
    app = SimpleRegistrar()
    app.provide(SIGNING_KEYS, lambda: ("new", "old"))
    token = CURRENT.set(cast("Any", app))
    try:
        assert salted_hmac("s", "v").digest() == salted_hmac("s", "v", "new").digest()
    finally:
        CURRENT.reset(token)
    key = hashlib.sha512(b"snew").digest()
    expected = hmac.digest(key, b"v", "sha512")
    assert salted_hmac("s", "v", "new", algorithm="sha512").digest() == expected


@pytest.mark.parametrize("name", ["whatever", "", "shake_128"])
def test_a_hash_that_is_not_there_is_refused(name: Any) -> None:
    with pytest.raises(UnknownHash, match="is no hash"):
        salted_hmac("s", "v", "secret", algorithm=name)
    with pytest.raises(UnknownHash):
        pbkdf2("password", "salt", 1, digest=name)


def test_comparison_takes_text_and_bytes() -> None:
    assert constant_time_compare("spam", b"spam")
    assert constant_time_compare("ü", "ü")
    assert not constant_time_compare("spam", "eggs")
    assert not constant_time_compare("ü", b"u")
    assert not constant_time_compare("\ud800", "x")


@pytest.mark.parametrize(
    ("password", "salt", "iterations", "length", "digest", "expected"),
    [
        # RFC 6070, section 2
        ("password", "salt", 1, 20, "sha1", "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        ("password", "salt", 4096, 20, "sha1", "4b007901b765489abead49d926f721d065a429c1"),
        (b"pass\0word", b"sa\0lt", 4096, 16, "sha1", "56fa6aa75548099dcc37d7f03425e0c3"),
        # RFC 7914, section 11
        (
            "passwd",
            "salt",
            1,
            64,
            "sha256",
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacb"
            "c49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
        ),
    ],
)
def test_keys_from_passwords_are_the_known_ones(
    password: Any, salt: Any, iterations: int, length: int, digest: Any, expected: str
) -> None:
    key = pbkdf2(password, salt, iterations, length, digest)
    assert len(key) == length
    assert key.hex() == expected


def test_a_key_has_the_length_of_the_hash_by_default() -> None:
    assert len(pbkdf2("password", "salt", 1)) == 32
    for iterations, length in ((0, None), (1, 0), (-1, 5)):
        with pytest.raises(ValueError, match="expected 1 or more"):
            pbkdf2("password", "salt", iterations, length)

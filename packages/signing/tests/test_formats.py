"""What releases before signed and encrypted stays readable: the formats, written down byte by byte."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest

from partita.signing import (
    BadSignature,
    Encryptor,
    SignatureExpired,
    Signer,
    TimestampSigner,
    constant_time_compare,
    dumps,
    get_random_string,
    loads,
    pbkdf2,
    salted_hmac,
)

NOW = 1_700_000_000.9  # 6553f100 in whole hexadecimal seconds
SURROGATE = "\ud800"
ENCRYPTED = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGht5TFXdYj27zPHBhm8MJmHoJjhDhoAW3bbJ6TxU-uU"


def clock() -> float:
    return NOW


def key(purpose: str, *salt: str, secret: str = "secret") -> bytes:
    """HKDF (RFC 5869) with one block, written once more."""
    info = b"".join(
        len(part.encode("utf-8", "surrogatepass")).to_bytes(8, "big") + part.encode("utf-8", "surrogatepass")
        for part in (purpose, *salt)
    )
    extracted = hmac.new(b"partita.signing" + bytes(17), secret.encode(), hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def signature(signing_key: bytes, value: str) -> str:
    digest = hmac.new(signing_key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_a_signature_is_that_of_the_first_release() -> None:
    assert Signer("secret").sign("ten percent") == "ten percent:wA9o0YFtvRP4fMF8TH1H0hbBK9G9bVgmMkRln_Pa27I"
    assert Signer("secret").sign("ten percent").endswith(f":{signature(key('sign', 'partita.signing'), 'ten percent')}")


def test_a_signature_for_a_salt_of_several_parts_is_that_of_the_first_release() -> None:
    signed = Signer(["secret", "older"], ("a", "b")).sign(f"ü{SURROGATE}")
    assert signed == f"ü{SURROGATE}:rZGwxPPbs9a2Kvh_QVp8r7fJi-Hni_1y6C6WHwFCGz8"
    assert signed.rpartition(":")[2] == signature(key("sign", "a", "b"), f"ü{SURROGATE}")


def test_a_signature_with_time_is_that_of_the_first_release() -> None:
    signed = TimestampSigner("secret", clock=clock).sign("ten percent")
    assert signed == "ten percent:6553f100:Hdniulh5gK62PFWau-CAhEiGsKiKq4wTsU9481clgvc"
    assert signed.endswith(signature(key("sign with time", "partita.signing"), "ten percent:6553f100"))


@pytest.mark.parametrize(
    ("token", "value"),
    [
        ("eyJhIjpbMSwiw7wiXX0:6553f100:1H9jE72WmF_P1gKsp485HzleOCHkkJfkW1g0wrbfaQ8", {"a": [1, "ü"]}),
        (".eJyLVqqgACjFAgCyPB0d:6553f100:wQy7apKdr4p_OEF4-QYkptnuMp4LeDOHOfo9_DoW7Qs", ["x" * 60]),
    ],
)
def test_a_token_is_that_of_the_first_release(token: str, value: object) -> None:
    assert loads(token, keys="secret", clock=clock, max_age=1) == value
    if not token.startswith("."):  # what deflate makes is up to the library
        assert dumps(value, keys="secret", clock=clock) == token


def test_an_encrypted_text_is_that_of_the_first_release() -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    drawn = bytes(range(28))
    encryptor = Encryptor("secret", randomness=lambda size: drawn[:size])
    token = encryptor.encrypt_text("attack at dawn", b"row 1")
    assert token == ENCRYPTED
    assert Encryptor("secret").decrypt_text(token, b"row 1") == "attack at dawn"
    message_key = hmac.new(key("encrypt", "partita.signing"), drawn[:16], hashlib.sha256).digest()
    sealed = AESGCM(message_key).encrypt(drawn[16:], b"attack at dawn", b"\x01row 1")
    assert base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)) == b"\x01" + drawn + sealed


@pytest.mark.parametrize("signed", ["", "text", ":", "a:", f"a:{SURROGATE}", "a:ü", f"{SURROGATE}:{SURROGATE}"])
def test_what_has_no_signature_of_ours_is_bad_and_nothing_worse(signed: str) -> None:
    for signer in (Signer("secret"), TimestampSigner("secret", clock=clock)):
        with pytest.raises(BadSignature):
            signer.unsign(signed)


def test_text_without_a_signature_says_so() -> None:
    with pytest.raises(BadSignature, match="has no signature"):
        Signer("secret").unsign("text")


@pytest.mark.parametrize("limit", [10, 10.0, timedelta(seconds=10)])
def test_a_signature_is_good_until_its_age_is_beyond_the_limit(limit: float | timedelta) -> None:
    signed = TimestampSigner("secret", clock=lambda: 1000.0).sign("a")
    assert TimestampSigner("secret", clock=lambda: 1010.0).unsign(signed, limit) == "a"
    with pytest.raises(SignatureExpired):
        TimestampSigner("secret", clock=lambda: 1010.1).unsign(signed, limit)


def test_a_token_may_be_as_long_as_it_may_and_no_longer() -> None:
    assert loads(dumps("x" * 98, keys="k", compress=False), keys="k", max_size=100) == "x" * 98
    for value in ("x" * 99, "x" * 100_000):
        for compress in (False, True):
            with pytest.raises(BadSignature, match="too long"):
                loads(dumps(value, keys="k", compress=compress), keys="k", max_size=100)


def test_what_would_be_longer_compressed_is_not() -> None:
    assert not dumps("abc", keys="k").startswith(".")
    assert not dumps("x" * 1000, keys="k", compress=False).startswith(".")
    assert dumps("x" * 1000, keys="k").startswith(".")


def test_text_that_has_no_utf8_is_hashed_as_other_text_is() -> None:
    assert constant_time_compare(SURROGATE, b"\xed\xa0\x80")
    assert not constant_time_compare(SURROGATE, "\ud801")
    assert salted_hmac(SURROGATE, SURROGATE, SURROGATE).digest() == salted_hmac(*[b"\xed\xa0\x80"] * 3).digest()
    assert pbkdf2(SURROGATE, SURROGATE, 1) == pbkdf2(b"\xed\xa0\x80", b"\xed\xa0\x80", 1)


def test_the_least_that_can_be_asked_for_is_enough() -> None:
    assert pbkdf2("a", "b", 1, 1) == hashlib.pbkdf2_hmac("sha256", b"a", b"b", 1, 1)
    assert get_random_string(0, "") == ""
    for length, letters in ((-1, "ab"), (-1, ""), (1, "")):
        with pytest.raises(ValueError, match="neither below 0 nor none"):
            get_random_string(length, letters)
    for iterations, length in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="expected 1 or more"):
            pbkdf2("a", "b", iterations, length)

import pickle
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.signing import BadSignature, SignatureExpired, Signer, TimestampSigner

SIGNER = Signer("a secret", "test")
NOW = 1_800_000_000.0


def at(seconds: float) -> TimestampSigner:
    return TimestampSigner("a secret", "test", clock=lambda: NOW + seconds)


@given(st.text())
def test_what_was_signed_reads_back(value: str) -> None:
    assert SIGNER.unsign(SIGNER.sign(value)) == value
    assert at(0).unsign(at(0).sign(value)) == value


def test_even_text_that_has_no_utf8_can_be_signed() -> None:
    assert SIGNER.unsign(SIGNER.sign("\ud800")) == "\ud800"


@given(st.text())
def test_nothing_but_a_bad_signature_escapes_from_foreign_text(text: str) -> None:
    for signer in (SIGNER, at(0)):
        with pytest.raises(BadSignature):
            signer.unsign(text)


@given(st.text(max_size=30), st.integers(0, 200), st.characters())
def test_a_changed_character_is_refused(value: str, place: int, character: str) -> None:
    signed = SIGNER.sign(value)
    place %= len(signed)
    changed = signed[:place] + character + signed[place + 1 :]
    if changed != signed:
        with pytest.raises(BadSignature):
            SIGNER.unsign(changed)


def test_no_other_spelling_of_a_signature_is_accepted() -> None:
    signed = SIGNER.sign("x")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [letter for letter in alphabet if _loads(signed[:-1] + letter)]
    assert accepted == [signed[-1]]  # base64 of 32 bytes leaves two bits unused
    assert not _loads(signed + "=")
    assert not _loads(signed + "\n")


def _loads(signed: str) -> bool:
    try:
        SIGNER.unsign(signed)
    except BadSignature:
        return False
    return True


def test_another_salt_or_key_is_refused() -> None:
    signed = SIGNER.sign("x")
    for other in (Signer("a secret", "other"), Signer("another secret", "test"), Signer("a secret", ("test", ""))):
        with pytest.raises(BadSignature):
            other.unsign(signed)


def test_a_plain_signature_never_stands_for_a_timestamped_one() -> None:
    with pytest.raises(BadSignature):
        at(0).unsign(SIGNER.sign("x:6b49d200"))
    with pytest.raises(BadSignature):
        SIGNER.unsign(at(0).sign("x"))


def test_cve_2025_47278_the_newest_key_signs_and_all_verify() -> None:
    rotated = Signer(["new", "old"])
    assert rotated.unsign(Signer("old").sign("x")) == "x"
    assert rotated.sign("x") == Signer("new").sign("x")
    with pytest.raises(BadSignature):
        Signer("old").unsign(rotated.sign("x"))


@pytest.mark.parametrize("limit", [10, 10.0, timedelta(seconds=10)])
def test_a_text_expires_after_its_age(limit: float | timedelta) -> None:
    signed = at(0).sign("x")
    assert at(10).unsign(signed, limit) == "x"
    with pytest.raises(SignatureExpired, match="11 seconds old, at most 10") as caught:
        at(11).unsign(signed, limit)
    assert caught.value.age == 11


def test_a_changed_time_is_refused() -> None:
    value, second, signature = at(0).sign("x").split(":")
    later = f"{int(second, 16) + 1:x}"
    with pytest.raises(BadSignature) as caught:
        at(0).unsign(f"{value}:{later}:{signature}", 10)
    assert not isinstance(caught.value, SignatureExpired)


@pytest.mark.parametrize("error", [BadSignature(), BadSignature("it is late"), SignatureExpired(11.0, 10)])
def test_errors_survive_pickling(error: BadSignature) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_the_error_does_not_show_the_token() -> None:
    with pytest.raises(BadSignature) as caught:
        SIGNER.unsign(SIGNER.sign("personal")[:-1])
    assert "personal" not in str(caught.value)

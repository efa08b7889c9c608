import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.signing import SIGNING_KEYS, Signer, UnusableKeys
from partita.signing.keys import derive, key_list

parts = st.lists(st.text(alphabet="ab:\x00\x01", max_size=4), max_size=4).map(tuple)


@given(st.text(min_size=1), st.text(max_size=20), st.text(max_size=20))
def test_derivation_is_hkdf_of_rfc_5869(key: str, purpose: str, salt: str) -> None:
    info = b"".join(len(raw).to_bytes(8, "big") + raw for raw in (purpose.encode("utf-8"), salt.encode("utf-8")))
    expected = HKDF(SHA256(), 32, b"partita.signing".ljust(32, b"\0"), info).derive(key.encode())
    assert derive(key, purpose, salt) == expected


@given(parts, parts)
def test_cve_2026_6873_two_lists_of_salts_share_a_key_only_if_they_are_equal(
    one: tuple[str, ...], two: tuple[str, ...]
) -> None:
    assert (derive("k", "p", one) == derive("k", "p", two)) == (one == two)


def test_the_purpose_does_not_run_into_the_salt() -> None:
    assert derive("k", "ab", "c") != derive("k", "a", "bc")


@pytest.mark.parametrize("keys", ["", (), ("hunter2", ""), [b"bytes"]])
def test_unusable_keys_are_refused_and_not_shown(keys: object) -> None:
    with pytest.raises(UnusableKeys) as caught:
        key_list(keys)  # type: ignore[arg-type]  # what a settings file may hold
    assert "hunter2" not in str(caught.value)


def test_without_keys_those_of_the_current_application_are_taken() -> None:
    app = SimpleRegistrar()
    app.provide(SIGNING_KEYS, lambda: ("new", "old"))
    entered = CURRENT.set(app)
    try:
        signed = Signer().sign("x")
    finally:
        CURRENT.reset(entered)
    assert Signer("new").unsign(signed) == "x"


def test_without_keys_and_without_an_application_there_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"partita\.signing\.keys"):
        Signer()

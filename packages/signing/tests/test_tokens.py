import json
import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.signing import BadSignature, NotSerializable, SignatureExpired, TimestampSigner, dumps, loads
from partita.signing import tokens as tokens_module

KEY = "a secret"
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab ü"), inner, max_size=4),
    max_leaves=10,
)


@given(values, st.booleans())
def test_a_token_reads_back_as_its_value(value: object, compress: bool) -> None:
    assert loads(dumps(value, keys=KEY, compress=compress), keys=KEY) == value


@given(values)
def test_a_token_fits_into_a_url_and_a_cookie(value: object) -> None:
    token = dumps(value, keys=KEY)
    assert token.isascii()
    assert not set(token) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:")


@given(st.text())
def test_nothing_but_our_tokens_loads(text: str) -> None:
    with pytest.raises(BadSignature):
        loads(text, keys=KEY)


@given(values, st.integers(0, 500), st.sampled_from("abcXYZ019-_.:= \n"))
def test_no_changed_token_loads(value: object, place: int, character: str) -> None:
    token = dumps(value, keys=KEY)
    place %= len(token)
    for changed in (token[:place] + character + token[place + 1 :], token[:place] + character + token[place:]):
        if changed != token:
            with pytest.raises(BadSignature):
                loads(changed, keys=KEY)


def test_repetition_is_compressed_and_noise_is_not() -> None:
    long = dumps(["same"] * 100, keys=KEY)
    assert long.startswith(".")
    assert len(long) < 120
    assert not dumps("x", keys=KEY).startswith(".")
    assert not dumps(["same"] * 100, keys=KEY, compress=False).startswith(".")


def test_a_token_that_inflates_to_more_than_allowed_is_refused() -> None:
    bomb = dumps("0" * 5_000_000, keys=KEY)
    assert len(bomb) < 10_000
    with pytest.raises(BadSignature, match="too long"):
        loads(bomb, keys=KEY)
    assert loads(bomb, keys=KEY, max_size=6_000_000) == "0" * 5_000_000


@pytest.mark.parametrize("compress", [True, False])
def test_the_size_is_bounded_to_the_byte(compress: bool) -> None:
    token = dumps("0" * 98, keys=KEY, compress=compress)
    assert loads(token, keys=KEY, max_size=100) == "0" * 98
    with pytest.raises(BadSignature, match="too long"):
        loads(token, keys=KEY, max_size=99)


def test_a_huge_token_is_refused_before_any_work() -> None:
    with pytest.raises(BadSignature, match="too long"):
        loads("x" * 3_000_000, keys=KEY)


def test_text_signed_otherwise_under_the_same_salt_does_not_load() -> None:
    text = urlsafe_b64encode(zlib.compress(json.dumps("x").encode())).decode()
    with pytest.raises(BadSignature):
        loads(TimestampSigner(KEY, "partita.signing.dumps").sign("." + text), keys=KEY)


def test_a_token_expires() -> None:
    token = dumps({"reset": 7}, keys=KEY, salt="auth.reset", clock=lambda: 1000.0)
    assert loads(token, keys=KEY, salt="auth.reset", max_age=60, clock=lambda: 1060.0) == {"reset": 7}
    with pytest.raises(SignatureExpired):
        loads(token, keys=KEY, salt="auth.reset", max_age=60, clock=lambda: 1061.0)
    with pytest.raises(BadSignature):
        loads(token, keys=KEY, salt="auth.confirm", clock=lambda: 1000.0)


def test_tokens_of_an_old_key_load_after_rotation() -> None:
    assert loads(dumps(1, keys="old"), keys=["new", "old"]) == 1
    with pytest.raises(BadSignature):
        loads(dumps(1, keys="old"), keys=["new"])


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", float("nan"), "\ud800"])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(NotSerializable):
        dumps(value, keys=KEY)


def test_a_value_nested_without_end_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(NotSerializable):
        dumps(endless, keys=KEY)


def test_the_module_lists_what_is_public() -> None:
    assert tokens_module.__all__ == ("dumps", "loads")

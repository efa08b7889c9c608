import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.security.csrf_tokens import (
    ALPHABET,
    SECRET_LENGTH,
    TOKEN_LENGTH,
    CsrfSecret,
    TokenFormatError,
    check_format,
    mask_secret,
    new_secret,
    token_fits,
    unmask_token,
)

some_secrets = st.text(ALPHABET, min_size=SECRET_LENGTH, max_size=SECRET_LENGTH)
tokens = st.text(ALPHABET, min_size=TOKEN_LENGTH, max_size=TOKEN_LENGTH)


@given(some_secrets)
def test_a_masked_secret_is_found_again(secret: str) -> None:
    token = mask_secret(secret)
    check_format(token)
    assert len(token) == TOKEN_LENGTH
    assert unmask_token(token) == secret
    assert token_fits(token, secret)
    assert token_fits(secret, secret)


@given(tokens)
def test_every_token_has_one_secret(token: str) -> None:
    secret = unmask_token(token)
    check_format(secret)
    assert token_fits(token, secret)
    assert not token_fits(token, secret[::-1]) or secret == secret[::-1]


@pytest.mark.parametrize(
    ("token", "secret"),
    [("a" * 64, "a" * 32), ("b" * 64, "a" * 32), ("a" * 32 + "c" * 32, "c" * 32), ("b" * 32 + "a" * 32, "9" * 32)],
)
def test_tokens_are_those_of_django(token: str, secret: str) -> None:
    assert unmask_token(token) == secret


@given(st.text(max_size=80) | st.text(ALPHABET, max_size=80))
def test_anything_else_is_refused_by_name(text: str) -> None:
    if len(text) in {SECRET_LENGTH, TOKEN_LENGTH} and set(text) <= set(ALPHABET):
        check_format(text)
        return
    with pytest.raises(TokenFormatError, match=r"has incorrect length|has invalid characters"):
        check_format(text)
    assert not CsrfSecret(text).accepts(text)
    assert not CsrfSecret("a" * 32).accepts(text)


def test_secrets_use_every_letter() -> None:
    made = [new_secret() for _ in range(300)]
    assert len(set(made)) == 300
    assert all(len(secret) == SECRET_LENGTH for secret in made)
    assert set("".join(made)) == set(ALPHABET)


def test_a_cookie_that_holds_a_token_gives_way_to_its_secret() -> None:
    secret = new_secret()
    kept = CsrfSecret(mask_secret(secret))
    assert kept.accepts(mask_secret(secret))
    assert kept.new_cookie() == secret
    assert CsrfSecret(secret).new_cookie() is None

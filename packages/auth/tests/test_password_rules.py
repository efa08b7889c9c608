"""Rules for new passwords: what they refuse, what they let pass, what they cost."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.auth.password_rules import (
    DEFAULT_RULES,
    PASSWORD_RULES,
    MinimumLength,
    NotCommon,
    NotNumeric,
    NotSimilar,
    password_help_texts,
    validate_password,
)
from partita.auth.passwords import MAX_PASSWORD_LENGTH
from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.contracts.testing.cost import least_seconds
from partita.validation import ValidationError


@dataclass
class Person:
    email: str = "anna.lindqvist@example.com"
    name: str = "Anna Lindqvist"


def _codes(password: str, user: object = None) -> set[str | None]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {one.code for one in error.error_list}
    return set()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse staple",
        "Tr0ub4dor&3-and-more",
        "zwölf Zeichen genau",
        "кофе с молоком в семь",
        "9gK#2mPq!vX7",
        "ab8913471203",
    ],
)
def test_a_good_password_passes(password: str) -> None:
    assert _codes(password, Person()) == set()


def test_all_broken_rules_are_told_at_once() -> None:
    assert _codes("12345678") == {"password_too_short", "password_too_common", "password_entirely_numeric"}


def test_the_shortest_length_is_twelve_unless_set() -> None:
    assert _codes("kV9#fL2!qZx") == {"password_too_short"}
    assert _codes("kV9#fL2!qZxw") == set()
    with pytest.raises(ValidationError, match="at least 3 characters"):
        validate_password("ab", rules=[MinimumLength(3)])


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Password2024!!", "P@ssw0rd2024", "!!!Welcome!!!", "letmein letmein ", "qwertyuiop123",
        "iloveyouiloveyou", "Sunshine.2025", "aaaaaaaaaaaa", "abababababab", "abcdefghijklmnop", "zyxwvutsrqponm",
        "123456789012345", "qwertyuiopqwerty", "asdfghjklasdf", "correcthorsebatterystaple", "drag0ndrag0n", "2024football",
    ],
)  # fmt: skip
def test_a_common_password_is_refused_also_in_disguise(password: str) -> None:
    with pytest.raises(ValidationError, match="guessed first"):
        NotCommon().validate(password)


@pytest.mark.parametrize("password", ["11223344556", "٤٢٤٢٤٢٤٢٤٢٤٢", "４２４２４２４２４２４２"])
def test_digits_alone_are_refused_in_any_script(password: str) -> None:
    with pytest.raises(ValidationError, match="only digits"):
        NotNumeric().validate(password)


@pytest.mark.parametrize(
    "password", ["lindqvist2024", "AnnaLindqvist!", "anna.lindqvist", "tsivqdnil1234", "l1ndqv1st!!", "example.com1"]
)
def test_a_password_made_from_address_or_name_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match=r"too similar to your (email|name)"):
        NotSimilar().validate(password, Person())


def test_a_name_inside_a_long_password_is_no_harm() -> None:
    NotSimilar().validate("anna buys seven green umbrellas", Person())
    NotSimilar().validate("anything", None)
    NotSimilar().validate("anything", Person(email="", name=""))


def test_cve_2021_45115_similarity_costs_time_in_proportion() -> None:
    user = Person(email="ab" * 50_000 + "@example.com", name="x.y_" * 50_000)

    def check() -> None:
        NotSimilar().validate("ab" * (MAX_PASSWORD_LENGTH // 2 - 1) + "zz", Person())
        with pytest.raises(ValidationError):
            validate_password("ab" * (MAX_PASSWORD_LENGTH // 2), user)
        with pytest.raises(ValidationError, match="too long"):
            validate_password("a" * 10_000_000, user)

    assert least_seconds(check, enough=0.05) < 0.1


@given(st.text(max_size=200), st.text(max_size=50), st.text(max_size=50))
def test_any_text_either_passes_or_is_refused_with_a_code(password: str, email: str, name: str) -> None:
    assert None not in _codes(password, Person(email, name))


def test_the_rules_of_the_current_application_are_used() -> None:
    app = SimpleRegistrar()
    app.provide(PASSWORD_RULES, lambda: (MinimumLength(3),))
    token = CURRENT.set(app)
    try:
        validate_password("abc")
        assert password_help_texts() == ["At least 3 characters."]
    finally:
        CURRENT.reset(token)
    assert len(password_help_texts()) == len(DEFAULT_RULES)

import pytest

from partita.validation import (
    LONGEST_PASSWORD,
    PasswordRule,
    ValidationError,
    check_password_rules,
    password_rule_texts,
)


class NeedsDigit:
    def validate(self, password: str, user: object = None) -> None:
        if not any(character.isdigit() for character in password):
            raise ValidationError("Use a digit.", code="no_digit")

    def help_text(self) -> str:
        return "At least one digit."


class NotTheUser:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def validate(self, password: str, user: object = None) -> None:
        self.asked.append(password)
        if user is not None and str(user) in password:
            raise ValidationError(["Not your name.", "Really."])

    def help_text(self) -> str:
        return ""


def codes(password: str, rules: list[PasswordRule], user: object = None) -> list[str | None]:
    with pytest.raises(ValidationError) as caught:
        check_password_rules(password, rules, user)
    return [error.code for error in caught.value.error_list]


def test_a_password_that_keeps_all_rules_passes() -> None:
    check_password_rules("clara 1819", [NeedsDigit(), NotTheUser()], user="robert")
    check_password_rules("anything", [])


def test_every_broken_rule_is_told() -> None:
    assert codes("clara", [NeedsDigit(), NotTheUser()], user="clara") == ["no_digit", None, None]


def test_what_is_too_long_is_refused_before_any_rule_looks_at_it() -> None:
    rule = NotTheUser()
    assert codes("a" * (LONGEST_PASSWORD + 1), [rule]) == ["password_too_long"]
    assert rule.asked == []
    with pytest.raises(ValidationError, match="at most 8 characters"):
        check_password_rules("123456789", [rule], max_length=8)


def test_rules_are_told_in_words_where_they_have_some() -> None:
    assert password_rule_texts([NeedsDigit(), NotTheUser()]) == ["At least one digit."]

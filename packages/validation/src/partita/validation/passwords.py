"""What rules for new passwords have in common, and how a password is held against several of them."""

from collections.abc import Iterable
from typing import Final, Protocol

from partita.contracts.i18n import gettext_lazy
from partita.validation.errors import ValidationError

__all__ = ("LONGEST_PASSWORD", "PasswordRule", "check_password_rules", "password_rule_texts")

LONGEST_PASSWORD: Final = 4096
"""Characters. Rules search passwords, and hashing costs time for each character: what is longer is not looked at."""

_TOO_LONG = gettext_lazy("This password is too long. It may have at most %(length)d characters.")


class PasswordRule(Protocol):
    """One rule for new passwords, such as a least length.

    Any object with these two methods is one; `partita.auth` has some. What a rule needs to know, such as the length, it gets when
    it is made.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Let ``password`` pass.

        Args:
            password: Of bounded length.
            user: Whose it will be, with attributes such as ``email``; None if nobody yet.

        Raises:
            ValidationError: If the rule forbids it.
        """

    def help_text(self) -> str:
        """Return the rule in words, or nothing if there is no need to tell it beforehand."""
        ...


def check_password_rules(
    password: str, rules: Iterable[PasswordRule], user: object = None, max_length: int = LONGEST_PASSWORD
) -> None:
    """Let ``password`` pass all the rules.

    Args:
        password: Any length.
        rules: The rules; all are asked, so that people learn at once what to mend.
        user: Whose it will be.
        max_length: Characters; a longer password is refused before the rules see it.

    Raises:
        ValidationError: With the errors of every rule that is broken.
    """
    if len(password) > max_length:
        raise ValidationError(_TOO_LONG, code="password_too_long", params={"length": max_length})
    errors: list[ValidationError] = []
    for rule in rules:
        try:
            rule.validate(password, user)
        except ValidationError as error:
            errors.append(error)
    if errors:
        raise ValidationError(errors)


def password_rule_texts(rules: Iterable[PasswordRule]) -> list[str]:
    """Return in words the rules that say something."""
    return [text for rule in rules if (text := rule.help_text())]

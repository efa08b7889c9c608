"""Rules that a new password must keep, each with a message for the person who chooses it."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

import msgspec

from partita.auth.passwords import MAX_PASSWORD_LENGTH
from partita.contracts.current import find
from partita.contracts.i18n import gettext, ngettext
from partita.contracts.key import Key
from partita.validation import PasswordRule, ValidationError, check_password_rules, password_rule_texts

__all__ = (
    "DEFAULT_RULES",
    "PASSWORD_RULES",
    "MinimumLength",
    "NotCommon",
    "NotNumeric",
    "NotSimilar",
    "PasswordRule",
    "password_help_texts",
    "validate_password",
)

_SHORTEST_PART = 4  # characters of an address or name that are telling enough to be looked for
_LEET = str.maketrans("013457@$!|", "oieastasil")
_ROWS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm")


class MinimumLength(msgspec.Struct, frozen=True):
    """At least ``length`` characters."""

    length: int = 12

    def validate(self, password: str, user: object = None) -> None:
        """See `PasswordRule.validate`."""
        if len(password) < self.length:
            message = ngettext(
                "This password is too short. It needs at least %(length)d character.",
                "This password is too short. It needs at least %(length)d characters.",
                self.length,
            )
            raise ValidationError(message, code="password_too_short", params={"length": self.length})

    def help_text(self) -> str:
        """See `PasswordRule.help_text`."""
        return ngettext("At least %d character.", "At least %d characters.", self.length) % self.length


class NotCommon(msgspec.Struct, frozen=True):
    """Not among the passwords that are tried first, also when it is repeated, decorated or a walk on the keyboard."""

    def validate(self, password: str, user: object = None) -> None:
        """See `PasswordRule.validate`."""
        if _is_common(password.casefold()):
            raise ValidationError(
                gettext("This password is one of those that are guessed first."), code="password_too_common"
            )

    def help_text(self) -> str:
        """See `PasswordRule.help_text`."""
        return gettext("Nothing that many people use, such as a word with a year.")


class NotNumeric(msgspec.Struct, frozen=True):
    """Not digits alone."""

    def validate(self, password: str, user: object = None) -> None:
        """See `PasswordRule.validate`."""
        if password.isdigit():
            raise ValidationError(gettext("This password is only digits."), code="password_entirely_numeric")

    def help_text(self) -> str:
        """See `PasswordRule.help_text`."""
        return gettext("Not only digits.")


class NotSimilar(msgspec.Struct, frozen=True):
    """Not made from the person's own data.

    Looks for the parts of each attribute in the password, which costs time in proportion to the two lengths; comparing
    them letter by letter let long passwords occupy a server (CVE-2021-45115).

    Args:
        attributes: Names of attributes of the user.
        share: How much of the password, from 0 to 1, may be such parts.
    """

    attributes: tuple[str, ...] = ("email", "name")
    share: float = 0.5

    def validate(self, password: str, user: object = None) -> None:
        """See `PasswordRule.validate`."""
        if user is None:
            return
        folded = password.casefold()
        for attribute in self.attributes:
            value = getattr(user, attribute, None)
            if isinstance(value, str) and self._is_similar(folded, value[:MAX_PASSWORD_LENGTH].casefold()):
                message = gettext("This password is too similar to your %(attribute)s.")
                params = {"attribute": gettext(attribute)}
                raise ValidationError(message, code="password_too_similar", params=params)

    def help_text(self) -> str:
        """See `PasswordRule.help_text`."""
        return gettext("Not your name or your address.")

    def _is_similar(self, password: str, value: str) -> bool:
        parts = [part for part in re.split(r"\W+|_", value)[:20] if len(part) >= _SHORTEST_PART]
        for spelling in (password, password.translate(_LEET)):
            rest = spelling
            for part in sorted({value, *parts}, key=len, reverse=True):
                if len(part) >= _SHORTEST_PART:
                    rest = rest.replace(part, "").replace(part[::-1], "")
            if len(spelling) - len(rest) >= self.share * len(spelling):
                return len(rest) < len(spelling)
        return False


DEFAULT_RULES: tuple[PasswordRule, ...] = (MinimumLength(), NotSimilar(), NotCommon(), NotNumeric())
PASSWORD_RULES = Key[Sequence[PasswordRule]]("partita.auth.password_rules")


def validate_password(password: str, user: object = None, rules: Iterable[PasswordRule] | None = None) -> None:
    """Let ``password`` pass all the rules.

    Args:
        password: Any length; one of more than `MAX_PASSWORD_LENGTH` characters is refused before the rules see it.
        user: Whose it will be.
        rules: Those of the current application unless given.

    Raises:
        ValidationError: With the message of every rule that is broken.
    """
    check_password_rules(password, _rules(rules), user, MAX_PASSWORD_LENGTH)


def password_help_texts(rules: Iterable[PasswordRule] | None = None) -> list[str]:
    """Return the rules in words."""
    return password_rule_texts(_rules(rules))


def _rules(given: Iterable[PasswordRule] | None) -> Iterable[PasswordRule]:
    if given is not None:
        return given
    found = find(PASSWORD_RULES)
    return DEFAULT_RULES if found is None else found


def _is_common(folded: str) -> bool:
    known = _common_passwords()
    core = _core(folded)
    spellings = {folded, core, folded.translate(_LEET), core.translate(_LEET), _core(folded.translate(_LEET))}
    return any(
        spelling in known
        or _core(_unit(spelling)) in known
        or (2 * len(spelling) >= len(folded) and _is_walk(spelling))
        for spelling in spellings
    )


def _core(text: str) -> str:
    """Return ``text`` without the digits and signs that people put around a word."""
    return re.sub(r"\A[\W\d_]+", "", text).rstrip("0123456789!?.,;:*#$%&+-_=@ ()\"'") or text


def _unit(text: str) -> str:
    """Return the shortest text that repeated gives ``text``; a text found in itself doubled is a rotation of itself."""
    return text[: (text + text).find(text, 1)]


def _is_walk(text: str) -> bool:
    """Tell whether ``text`` is one character again and again, or follows the alphabet or a row of keys."""
    if len(set(text)) <= 2:
        return True
    return any(_unit(text) in row or _unit(text)[::-1] in row for row in _walks())


@cache
def _walks() -> tuple[str, ...]:
    return tuple(row * 3 for row in _ROWS)


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset((files("partita.auth") / "common_passwords.txt").read_text("ascii").split())

"""Hostile input costs what honest input of its length does: every validator and every function that takes text is in a registry."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

import partita.validation
from partita.contracts.testing.cost import cost_size, is_linear, public_functions
from partita.validation import (
    DecimalValidator,
    DomainNameValidator,
    EmailValidator,
    FileExtensionValidator,
    MaxLengthValidator,
    MinLengthValidator,
    ProhibitNullCharactersValidator,
    URLValidator,
    ValidationError,
    check_password_rules,
    clean_ipv6_address,
    int_list_validator,
    ip_address_validators,
    is_domain_name,
    is_ipv4_address,
    is_ipv6_address,
    validate_comma_separated_integer_list,
    validate_integer,
    validate_ipv4_address,
    validate_ipv6_address,
    validate_ipv46_address,
    validate_slug,
    validate_unicode_slug,
)

SIZE = cost_size(2**15)
"""Characters of the shorter text."""

HOSTS = ("a.", ".", "a", "-", "a-", "é.", "xn--", "1.", "ß", "\u3002")
MAILS = (*HOSTS, "@", "a@", '"', '"\\"', "a@b.", "[", "+", "a@[::", "(", " ")
URLS = (*HOSTS, "http://", "/", ":", "@", "a:b@", "[", "[::1]", "?", "#", "%41", "\t", "é")
NUMBERS = ("1", "-", "1,", ",", "0", "+", "e", ".", "\u0661", " ")
SLUGS = ("a", "-", "_", "é", " ", "\n")


def file_of(name: str) -> object:
    return SimpleNamespace(name=name)


class Rule:
    """Reads the whole password."""

    def validate(self, password: str, user: object = None) -> None:
        assert password.lower() is not None

    def help_text(self) -> str:
        return ""


NASTY: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "EmailValidator": (EmailValidator(), MAILS),
    "URLValidator": (URLValidator(), URLS),
    "DomainNameValidator": (DomainNameValidator(), HOSTS),
    "is_domain_name": (is_domain_name, HOSTS),
    "is_ipv4_address": (is_ipv4_address, ("1.", "1", ".", "0")),
    "is_ipv6_address": (is_ipv6_address, ("1:", ":", "::", "f", "::1.")),
    "validate_ipv4_address": (validate_ipv4_address, ("1.", "1", ".", "0")),
    "validate_ipv6_address": (validate_ipv6_address, ("1:", ":", "::", "f", "%")),
    "validate_ipv46_address": (validate_ipv46_address, ("1:", ":", "1.", "f")),
    "clean_ipv6_address": (clean_ipv6_address, ("1:", ":", "::", "f", "::ffff:")),
    "DecimalValidator": (DecimalValidator(5, 2), ("1", "e", ".")),
    "FileExtensionValidator": (
        lambda text: FileExtensionValidator(["png"])(file_of(text)),
        (".", "a.", "a", "/", ".png"),
    ),
    "MaxLengthValidator": (MaxLengthValidator(5), ("a", "é")),
    "MinLengthValidator": (MinLengthValidator(10**9), ("a", "é")),
    "ProhibitNullCharactersValidator": (ProhibitNullCharactersValidator(), ("a", "é", "\x01")),
    "int_list_validator": (int_list_validator(allow_negative=True), NUMBERS),
    "validate_comma_separated_integer_list": (validate_comma_separated_integer_list, NUMBERS),
    "validate_integer": (validate_integer, NUMBERS),
    "validate_slug": (validate_slug, SLUGS),
    "validate_unicode_slug": (validate_unicode_slug, SLUGS),
    "check_password_rules": (lambda text: check_password_rules(text, [Rule()]), ("a", "é", "\u0130")),
    "ValidationError": (lambda text: str(ValidationError("%(value)s", params={"value": text})), ("%", "%(a)s", "a")),
}
NO_TEXT = {
    "ip_address_validators", "password_rule_texts", "ngettext_lazy",  # of the programmer
    "BaseValidator", "Validator", "Validate", "PasswordRule", "CountedText", "Message", "MessageSource",  # no rule of their own
    "MaxValueValidator", "MinValueValidator", "StepValueValidator",  # compare numbers
    "RegexValidator",  # costs what the programmer's expression does
    "validate_domain_name", "validate_email", "validate_image_file_extension",  # instances of what is measured
    "EMPTY_VALUES", "LONGEST_PASSWORD", "NON_FIELD_ERRORS",  # constants
}  # fmt: skip
CASES = [(name, piece) for name, (_, pieces) in NASTY.items() for piece in pieces]


def test_everything_public_is_in_the_registry() -> None:
    public = public_functions(partita.validation) | set(partita.validation.__all__)
    assert public - set(NASTY) - NO_TEXT == set()
    assert NO_TEXT - public == set()
    assert ip_address_validators("both")[0] is validate_ipv46_address


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_text_costs_twice_the_time(name: str, piece: str) -> None:
    validate = NASTY[name][0]

    def run(text: str) -> None:
        try:
            validate(text)
        except (ValidationError, ValueError):  # what is refused has been looked at, too
            return

    for edge in ("", "!"):
        assert is_linear(run, piece, SIZE, edge)

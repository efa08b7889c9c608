"""Text made of certain characters: slugs, integers, lists of integers, nothing with NUL."""

import re

from partita.contracts.i18n import gettext_lazy
from partita.validation.base import Validator
from partita.validation.errors import Message, ValidationError
from partita.validation.regex import RegexValidator

__all__ = (
    "ProhibitNullCharactersValidator",
    "int_list_validator",
    "validate_comma_separated_integer_list",
    "validate_integer",
    "validate_slug",
    "validate_unicode_slug",
)


class ProhibitNullCharactersValidator(Validator):
    """Refuse text with a NUL in it, which databases and the operating system read as the end."""

    message: Message = gettext_lazy("Null characters are not allowed.")
    code = "null_characters_not_allowed"

    def __init__(self, message: Message | None = None, code: str | None = None) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if there is a NUL in ``value``."""
        if "\x00" in (value if type(value) is str else str(value)):
            raise ValidationError(self.message, code=self.code, params={"value": value})


def int_list_validator(
    sep: str = ",", message: Message | None = None, code: str = "invalid", allow_negative: bool = False
) -> RegexValidator:
    """Return a validator for integers with ``sep`` between them."""
    number = r"-?\d+" if allow_negative else r"\d+"
    return RegexValidator(
        rf"\A{number}(?:{re.escape(sep)}{number})*\Z",
        message=message if message is not None else gettext_lazy("Enter only digits separated by commas."),
        code=code,
        flags=re.ASCII,
    )


validate_integer = RegexValidator(
    r"\A-?\d+\Z", message=gettext_lazy("Enter a valid integer."), code="invalid", flags=re.ASCII
)
validate_slug = RegexValidator(
    r"\A[-a-zA-Z0-9_]+\Z",
    message=gettext_lazy("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    code="invalid",
)
validate_unicode_slug = RegexValidator(
    r"\A[-\w]+\Z",
    message=gettext_lazy("Enter a valid “slug” consisting of Unicode letters, numbers, underscores, or hyphens."),
    code="invalid",
)
validate_comma_separated_integer_list = int_list_validator()

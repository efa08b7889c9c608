"""Validators and validation errors: callables that refuse a value and say why, in the reader's language."""

from partita.validation.addresses import (
    clean_ipv6_address,
    ip_address_validators,
    is_ipv4_address,
    is_ipv6_address,
    validate_ipv4_address,
    validate_ipv6_address,
    validate_ipv46_address,
)
from partita.validation.base import EMPTY_VALUES, Validate, Validator
from partita.validation.characters import (
    ProhibitNullCharactersValidator,
    int_list_validator,
    validate_comma_separated_integer_list,
    validate_integer,
    validate_slug,
    validate_unicode_slug,
)
from partita.validation.decimals import DecimalValidator
from partita.validation.domains import DomainNameValidator, is_domain_name, validate_domain_name
from partita.validation.emails import EmailValidator, validate_email
from partita.validation.errors import NON_FIELD_ERRORS, Message, MessageSource, ValidationError
from partita.validation.files import FileExtensionValidator, validate_image_file_extension
from partita.validation.limits import (
    BaseValidator,
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
    StepValueValidator,
)
from partita.validation.links import URLValidator
from partita.validation.passwords import (
    LONGEST_PASSWORD,
    PasswordRule,
    check_password_rules,
    password_rule_texts,
)
from partita.validation.regex import RegexValidator
from partita.validation.texts import CountedText, ngettext_lazy

__all__ = (
    "EMPTY_VALUES",
    "LONGEST_PASSWORD",
    "NON_FIELD_ERRORS",
    "BaseValidator",
    "CountedText",
    "DecimalValidator",
    "DomainNameValidator",
    "EmailValidator",
    "FileExtensionValidator",
    "MaxLengthValidator",
    "MaxValueValidator",
    "Message",
    "MessageSource",
    "MinLengthValidator",
    "MinValueValidator",
    "PasswordRule",
    "ProhibitNullCharactersValidator",
    "RegexValidator",
    "StepValueValidator",
    "URLValidator",
    "Validate",
    "ValidationError",
    "Validator",
    "check_password_rules",
    "clean_ipv6_address",
    "int_list_validator",
    "ip_address_validators",
    "is_domain_name",
    "is_ipv4_address",
    "is_ipv6_address",
    "ngettext_lazy",
    "password_rule_texts",
    "validate_comma_separated_integer_list",
    "validate_domain_name",
    "validate_email",
    "validate_image_file_extension",
    "validate_integer",
    "validate_ipv4_address",
    "validate_ipv6_address",
    "validate_ipv46_address",
    "validate_slug",
    "validate_unicode_slug",
)

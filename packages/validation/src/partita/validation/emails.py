"""Addresses for electronic mail (RFC 5321, section 4.1.2, without comments)."""

import re
from collections.abc import Iterable

from partita.contracts.i18n import gettext_lazy
from partita.validation.addresses import is_ipv4_address, is_ipv6_address
from partita.validation.base import Validator
from partita.validation.domains import is_domain_name
from partita.validation.errors import Message, ValidationError

__all__ = ("EmailValidator", "validate_email")

_LONGEST = 320  # 64 before the at sign, 255 behind it
_ATOMS = re.compile(r"[-!#$%&'*+/=?^_`{}|~0-9a-z]+(?:\.[-!#$%&'*+/=?^_`{}|~0-9a-z]+)*", re.IGNORECASE | re.ASCII)
_QUOTED = re.compile(r'"(?:[\x01-\x08\x0b\x0c\x0e-!#-\[\]-\x7f]|\\[\x01-\x09\x0b\x0c\x0e-\x7f])*"')


class EmailValidator(Validator):
    """Accept addresses of at most 320 characters, with a name or an address in brackets as domain.

    Args:
        message: What to tell who gave a refused value.
        code: The code of the error.
        allowlist: Domains of one label that are fine, such as ``localhost``.
    """

    message: Message = gettext_lazy("Enter a valid email address.")
    domain_allowlist: tuple[str, ...] = ("localhost",)

    def __init__(
        self, message: Message | None = None, code: str | None = None, allowlist: Iterable[str] | None = None
    ) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if allowlist is not None:
            self.domain_allowlist = tuple(allowlist)

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` unless ``value`` is an address."""
        if not isinstance(value, str) or len(value) > _LONGEST or not self._accepts(value):
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def _accepts(self, value: str) -> bool:
        local, at, domain = value.rpartition("@")
        if not at or not (_ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)):
            return False
        return domain in self.domain_allowlist or self._is_domain(domain)

    def _is_domain(self, domain: str) -> bool:
        if domain.startswith("[") and domain.endswith("]"):
            literal = domain[1:-1]
            return is_ipv4_address(literal) or is_ipv6_address(literal.removeprefix("IPv6:"))
        return not domain.endswith(".") and is_domain_name(domain)

    def identity(self) -> tuple[object, ...]:
        """Return message, code and domains allowed."""
        return (*super().identity(), frozenset(self.domain_allowlist))


validate_email = EmailValidator()

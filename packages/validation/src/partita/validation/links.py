"""Absolute URLs with a host (RFC 3986)."""

import re
from collections.abc import Iterable

from partita.contracts.i18n import gettext_lazy
from partita.validation.addresses import is_ipv4_address, is_ipv6_address
from partita.validation.base import Validator
from partita.validation.domains import is_domain_name
from partita.validation.errors import Message, ValidationError

__all__ = ("URLValidator",)

_AUTHORITY_END = re.compile(r"[/?#]")
_SPACE = re.compile(r"\s")
_USER = re.compile(r"[^\s:@/\\\[\]]+(?::[^\s:@/\\\[\]]*)?")  # browsers read a backslash as a slash
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)


class URLValidator(Validator):
    """Accept URLs of at most 2048 characters, with a scheme from the list and a host.

    Args:
        schemes: Schemes to accept, in lower case; the default is http, https, ftp and ftps.
        message: What to tell who gave a refused value.
        code: The code of the error.
        max_length: Characters.
    """

    message: Message = gettext_lazy("Enter a valid URL.")
    schemes: tuple[str, ...] = ("http", "https", "ftp", "ftps")
    max_length: int = 2048

    def __init__(
        self,
        schemes: Iterable[str] | None = None,
        message: Message | None = None,
        code: str | None = None,
        max_length: int | None = None,
    ) -> None:
        if schemes is not None:
            self.schemes = tuple(schemes)
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if max_length is not None:
            self.max_length = max_length

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` unless ``value`` is an absolute URL."""
        if not isinstance(value, str) or len(value) > self.max_length or not self._accepts(value):
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def _accepts(self, value: str) -> bool:
        scheme, separator, rest = value.partition("://")
        if not separator or scheme.lower() not in self.schemes or _SPACE.search(rest):
            return False
        end = _AUTHORITY_END.search(rest)
        authority = rest if end is None else rest[: end.start()]
        user, at, host = authority.rpartition("@")
        if at and not _USER.fullmatch(user):
            return False
        return _is_host_and_port(host)

    def identity(self) -> tuple[object, ...]:
        """Return message, code, schemes and length."""
        return (*super().identity(), frozenset(self.schemes), self.max_length)


def _is_host_and_port(text: str) -> bool:
    if text.startswith("["):
        address, bracket, port = text[1:].partition("]")
        return bool(bracket) and is_ipv6_address(address) and _is_port(port)
    host, _, _ = text.partition(":")
    if not _is_port(text[len(host) :]):
        return False
    return (len(host) <= 253 and is_domain_name(host)) or host.lower() == "localhost" or is_ipv4_address(host)


def _is_port(text: str) -> bool:
    return not text or (text[0] == ":" and bool(_PORT.fullmatch(text[1:])) and int(text[1:]) <= 65535)

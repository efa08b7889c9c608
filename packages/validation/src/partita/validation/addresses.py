"""Internet addresses of hosts, version 4 and 6."""

import re
from collections.abc import Sequence
from ipaddress import AddressValueError, IPv6Address

from partita.contracts.i18n import gettext_lazy
from partita.validation.base import Validate
from partita.validation.errors import ValidationError

__all__ = (
    "clean_ipv6_address",
    "ip_address_validators",
    "is_ipv4_address",
    "is_ipv6_address",
    "validate_ipv4_address",
    "validate_ipv6_address",
    "validate_ipv46_address",
)

_LONGEST_IPV4 = 15
_NUMBER = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?:{_NUMBER}\.){{3}}{_NUMBER}")
_LONGEST_IPV6 = 45  # eight groups have 39 characters; six groups and a version 4 address have 45


def is_ipv4_address(text: str) -> bool:
    """Tell whether ``text`` is an address of four numbers without leading zeros (others read those as octal)."""
    return len(text) <= _LONGEST_IPV4 and _IPV4.fullmatch(text) is not None


def is_ipv6_address(text: str) -> bool:
    """Tell whether ``text`` is an address of version 6, without a zone (a zone is free text of one machine)."""
    if len(text) > _LONGEST_IPV6 or "%" in text:
        return False
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def clean_ipv6_address(text: str, unpack_ipv4: bool = False) -> str:
    """Return the address in its shortest form (RFC 5952).

    Args:
        text: An address of version 6; spaces around it do not matter.
        unpack_ipv4: Return ``::ffff:192.0.2.1`` as ``192.0.2.1``.

    Raises:
        ValidationError: If ``text`` is no such address.
    """
    text = text[: _LONGEST_IPV6 + 20].strip()
    if not is_ipv6_address(text):
        raise ValidationError(gettext_lazy("This is not a valid IPv6 address."), code="invalid")
    address = IPv6Address(text)
    if address.ipv4_mapped is None:
        return str(address)
    return str(address.ipv4_mapped) if unpack_ipv4 else f"::ffff:{address.ipv4_mapped}"


def validate_ipv4_address(value: object) -> None:
    """Raise `ValidationError` unless ``value`` is an address of version 4."""
    if not isinstance(value, str) or not is_ipv4_address(value):
        _refuse(value, "IPv4")


def validate_ipv6_address(value: object) -> None:
    """Raise `ValidationError` unless ``value`` is an address of version 6."""
    if not isinstance(value, str) or not is_ipv6_address(value):
        _refuse(value, "IPv6")


def validate_ipv46_address(value: object) -> None:
    """Raise `ValidationError` unless ``value`` is an address of either version."""
    if not isinstance(value, str) or not (is_ipv4_address(value) or is_ipv6_address(value)):
        _refuse(value, "IPv4 or IPv6")


def ip_address_validators(protocol: str, unpack_ipv4: bool = False) -> Sequence[Validate]:
    """Return the validators for a protocol.

    Args:
        protocol: ``both``, ``ipv4`` or ``ipv6``, in any case.
        unpack_ipv4: Whether mapped addresses are to be unpacked, which only ``both`` allows.

    Raises:
        ValueError: If the protocol is another one, or does not go with ``unpack_ipv4``.
    """
    kind = protocol.lower()
    if unpack_ipv4 and kind != "both":
        raise ValueError(f"unpack_ipv4 needs the protocol 'both', got {protocol!r}.")
    if kind == "both":
        return (validate_ipv46_address,)
    if kind == "ipv4":
        return (validate_ipv4_address,)
    if kind == "ipv6":
        return (validate_ipv6_address,)
    raise ValueError(f"The protocol {protocol[:80]!r} is unknown, expected 'both', 'ipv4' or 'ipv6'.")


def _refuse(value: object, protocol: str) -> None:
    raise ValidationError(
        gettext_lazy("Enter a valid %(protocol)s address."),
        code="invalid",
        params={"protocol": protocol, "value": value},
    )

"""When a certificate ends (RFC 5280, section 4.1.2.5)."""

import ssl
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from partita.server.errors import ServerError

__all__ = ("expiry", "expiry_warning")

_WARN_DAYS = 14
_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _CONTEXT_0 = 0x30, 0x17, 0x18, 0xA0


def expiry_warning(certificate: "str | PathLike[str]", now: datetime) -> str | None:
    """Return what to tell people about a certificate that ends soon or has ended, or None if there is nothing to tell.

    Args:
        certificate: A PEM file; its first certificate counts.
        now: With a time zone.

    Raises:
        ServerError: If the file holds no certificate.
    """
    end = expiry(certificate)
    days = (end - now).days
    if end <= now:
        return (
            f"The certificate {certificate} ended on {end:%Y-%m-%d}: clients refuse it. Renew it and reload (SIGHUP)."
        )
    if days < _WARN_DAYS:
        return f"The certificate {certificate} ends on {end:%Y-%m-%d}, in {days} days. Renew it and reload (SIGHUP)."
    return None


def expiry(certificate: "str | PathLike[str]") -> datetime:
    """Return when the first certificate of a PEM file ends.

    Raises:
        ServerError: If it holds none.
    """
    text = Path(certificate).read_text(encoding="ascii", errors="replace")
    begin = text.find("-----BEGIN CERTIFICATE-----")
    end = text.find("-----END CERTIFICATE-----", begin)
    try:
        if begin < 0 or end < 0:
            raise ValueError("no certificate in PEM")
        return _not_after(ssl.PEM_cert_to_DER_cert(text[begin : end + 25]))
    except (ValueError, IndexError) as error:
        raise ServerError(f"{certificate} does not begin with a certificate in PEM: {error}") from error


def _not_after(der: bytes) -> datetime:
    _, certificate, _ = _element(der, 0)
    _, body, _ = _element(certificate, 0)
    at = 0
    kind, _, after = _element(body, at)
    if kind == _CONTEXT_0:  # the version, if it is not the first
        at = after
    for _ in range(3):  # serial number, algorithm, issuer
        _, _, at = _element(body, at)
    kind, validity, _ = _element(body, at)
    if kind != _SEQUENCE:
        raise ValueError("no validity where it belongs")
    _, _, second = _element(validity, 0)
    kind, value, _ = _element(validity, second)
    if kind == _UTC_TIME:
        # Two digits of a year: from 50 on they are of the last century.
        text = ("19" if value[:1] >= b"5" else "20") + value.decode("ascii")
    elif kind == _GENERALIZED_TIME:
        text = value.decode("ascii")
    else:
        raise ValueError("no time where it belongs")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """Return tag, content and end of the element of DER that begins at ``at``."""
    kind, size = data[at], data[at + 1]
    at += 2
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length that DER does not have")
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + size > len(data):
        raise ValueError("it is cut short")
    return kind, data[at : at + size], at + size

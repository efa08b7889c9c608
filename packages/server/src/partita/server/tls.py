"""TLS for servers."""

from os import PathLike
from typing import TYPE_CHECKING

from partita.server.errors import ServerError

if TYPE_CHECKING:
    import ssl

__all__ = ("tls_context",)


def tls_context(
    certificate: "str | PathLike[str]", key: "str | PathLike[str] | None" = None, *, http2: bool = True
) -> "ssl.SSLContext":
    """Return a context for TLS 1.2 and newer.

    Args:
        certificate: A PEM file with the certificate and those between it and a root.
        key: A PEM file with the private key; the same file by default.
        http2: Whether HTTP/2 is offered (ALPN).

    Raises:
        ServerError: If the files cannot be read or do not belong together.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["h2", "http/1.1"] if http2 else ["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        raise ServerError(
            f"{certificate} and {key or 'the key in it'} are not a certificate in PEM and its key: {error.reason or error}. "
            "The file begins with -----BEGIN CERTIFICATE-----, and the key is the one that the certificate was made for."
        ) from error
    except OSError as error:
        raise ServerError(
            f"Cannot read {certificate if key is None else f'{certificate} or {key}'}: {error.strerror or error}. "
            "Check path and owner."
        ) from error
    return context


def _no_password() -> str:
    raise ServerError("The private key has a password, which a server cannot type. Decrypt it: openssl pkey -in KEY")

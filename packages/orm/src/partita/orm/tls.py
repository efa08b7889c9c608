"""TLS between an application and its database server: what options mean, the same under every driver.

PostgreSQL's options have libpq's names and meanings (PostgreSQL manual, "Database Connection Control Functions"), those of
MySQL and MariaDB the names and meanings of MySQL's clients (MySQL manual, "Command Options for Encrypted Connections").
"""

import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from partita.orm.errors import OperationalError

__all__ = ("MYSQL_TLS", "POSTGRESQL_TLS", "SECRET_OPTIONS", "MysqlTls", "PostgresqlTls")

POSTGRESQL_TLS: Mapping[str, Any] = MappingProxyType(
    {
        "sslmode": "",
        "sslrootcert": "",
        "sslcert": "",
        "sslkey": "",
        "sslpassword": "",
        "sslcrl": "",
        "ssl_min_protocol_version": "",
        "ssl_max_protocol_version": "",
    }
)
"""Options of PostgreSQL; what is empty is taken from the environment (``PGSSLMODE`` …), as by any client of it."""
MYSQL_TLS: Mapping[str, Any] = MappingProxyType(
    {"ssl_mode": "", "ssl_ca": "", "ssl_capath": "", "ssl_cert": "", "ssl_key": "", "ssl_key_password": ""}
)
"""Options of MySQL and MariaDB; with dashes, as its own clients write them, they are understood as well."""
SECRET_OPTIONS = frozenset({"sslpassword", "ssl_key_password"})
"""Options that nobody may read in a log."""

_POSTGRESQL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_MYSQL_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_SYSTEM = "system"  # in place of a file: the certificate authorities that the machine trusts
_ALPN = "postgresql"


class PostgresqlTls:
    """How connections to PostgreSQL are secured.

    Args:
        options: Some of `POSTGRESQL_TLS`, and others that are left alone.

    Raises:
        ValueError: If an option has no such value.
    """

    __slots__ = ("_given",)

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._given = {name: str(options[name]) for name in POSTGRESQL_TLS if options.get(name)}
        mode = self._given.get("sslmode")
        if mode is not None and mode not in _POSTGRESQL_MODES:
            raise ValueError(f"sslmode is one of {', '.join(_POSTGRESQL_MODES)}, not {mode!r:.40}.")
        if self.trusts_machine and mode not in (None, "verify-full"):
            # Anybody can have a certificate that such an authority signed.
            raise ValueError(f"sslrootcert=system needs sslmode=verify-full, not {mode!r:.40}.")

    def __repr__(self) -> str:
        return f"<PostgresqlTls {self._given.get('sslmode', 'of the environment')}>"

    @property
    def mode(self) -> str:
        """The mode that was asked for; empty for the environment's."""
        return self._given.get("sslmode", "")

    @property
    def trusts_machine(self) -> bool:
        """Whether the machine's own certificate authorities are trusted."""
        return self._given.get("sslrootcert") == _SYSTEM

    def for_libpq(self) -> dict[str, str]:
        """Return keywords for a connection by libpq."""
        return dict(self._given)

    def for_asyncpg(self) -> dict[str, Any]:
        """Return keywords for a connection by asyncpg, which reads libpq's options from a URL only.

        Raises:
            OperationalError: If a file cannot be read.
        """
        if self.trusts_machine:  # asyncpg takes it for a file
            given = self._given
            context = _context(_SYSTEM, "", given.get("sslcert", ""), given.get("sslkey", ""), given.get("sslpassword"))
            context.set_alpn_protocols([_ALPN])  # PostgreSQL 17 looks at it
            return {"ssl": context}
        return {"dsn": f"postgresql://?{urlencode(self._given)}"} if self._given else {}

    def for_psql(self) -> dict[str, str]:
        """Return what libpq's own programs read from the environment."""
        names = {name: f"PG{name.upper().replace('_', '')}" for name in POSTGRESQL_TLS if name not in SECRET_OPTIONS}
        return {names[name]: value for name, value in self._given.items() if name in names}


class MysqlTls:
    """How connections to MySQL or MariaDB are secured.

    Without a mode it is ``verify_ca`` where an authority is named, else ``preferred``: encrypted if the server can.

    Args:
        options: Some of `MYSQL_TLS`, and others that are left alone.

    Raises:
        ValueError: If an option has no such value, or a mode lacks what it needs.
    """

    __slots__ = ("_ca", "_cert", "_folder", "_key", "_password", "mode")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._ca, self._folder, self._cert, self._key = (
            str(options.get(name, "")) for name in ("ssl_ca", "ssl_capath", "ssl_cert", "ssl_key")
        )
        self._password = options.get("ssl_key_password")
        given = str(options.get("ssl_mode", ""))
        self.mode = given.lower().replace("-", "_") or ("verify_ca" if self._ca or self._folder else "preferred")
        if self.mode not in _MYSQL_MODES:
            raise ValueError(f"ssl_mode is one of {', '.join(_MYSQL_MODES)}, not {given!r:.40}.")
        if self.mode.startswith("verify") and not (self._ca or self._folder):
            raise ValueError(
                f"ssl_mode={self.mode} needs ssl_ca, the file of the certificate authority; "
                "or ssl_ca=system for those that the machine trusts."
            )
        if self._ca == _SYSTEM and self.mode == "verify_ca":
            raise ValueError("ssl_ca=system needs ssl_mode=verify_identity: anybody can have such a certificate.")

    def __repr__(self) -> str:
        return f"<MysqlTls {self.mode}>"

    @property
    def is_wanted(self) -> bool:
        """Whether to encrypt if the server can."""
        return self.mode != "disabled"

    @property
    def is_needed(self) -> bool:
        """Whether a server that does not encrypt is refused."""
        return self.mode not in ("disabled", "preferred")

    def context(self) -> ssl.SSLContext:
        """Return a context for one connection, with the files as they are now: certificates are renewed while programs run.

        Raises:
            OperationalError: If a file cannot be read.
        """
        verifies = self.mode.startswith("verify")
        made = _context(self._ca if verifies else "", self._folder, self._cert, self._key, self._password)
        made.check_hostname = self.mode == "verify_identity"
        made.verify_mode = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
        return made

    def for_client(self, *, mariadb: bool) -> list[str]:
        """Return arguments for the program ``mariadb`` or ``mysql``."""
        files = (
            ("--ssl-ca", self._ca if self._ca != _SYSTEM else ""),
            ("--ssl-capath", self._folder),
            ("--ssl-cert", self._cert),
        )
        arguments = [f"{name}={value}" for name, value in (*files, ("--ssl-key", self._key)) if value]
        if not mariadb:
            return [f"--ssl-mode={self.mode.upper()}", *arguments]
        if not self.is_needed:
            return ["--skip-ssl"] if self.mode == "disabled" else arguments
        return ["--ssl", *arguments, *(["--ssl-verify-server-cert"] if self.mode.startswith("verify") else [])]


def _context(ca: str, folder: str, cert: str, key: str, password: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca == _SYSTEM:
            context.load_default_certs()
        elif ca or folder:
            context.load_verify_locations(ca or None, folder or None)
        if cert:
            # Never ask at a terminal for the password of a key.
            context.load_cert_chain(cert, key or None, lambda: str(password or ""))
    except OSError as error:  # ssl.SSLError is one; it does not say which file
        files = ", ".join(name for name in (ca, folder, cert, key) if name)
        raise OperationalError(f"TLS cannot be set up with {files}: {error}") from error
    return context

"""TLS to database servers: the same options mean the same under every driver, and nobody reads a password in a log."""

import asyncio
import datetime as dt
import ipaddress
import logging
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.engine import make_url

from partita.orm import OperationalError, connect
from partita.orm.clusters import postgresql
from partita.orm.kinds import kind_of


class Authority:
    """Signs certificates for servers and clients.

    Args:
        folder: Where its files go.
        name: What it is called.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = _name(name)
        certificate = self._signed(self.name, self.key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, name: str, *hosts: str, password: str = "") -> tuple[Path, Path]:
        """Make a key and a certificate, and return the certificate's file and the key's.

        Args:
            name: Its common name.
            hosts: Names and addresses that it is for.
            password: Of the key; none if it is empty.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._signed(_name(name), key.public_key(), x509.BasicConstraints(ca=False, path_length=None), *hosts)
        place = self.folder / name
        place.with_suffix(".crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        hidden = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        private = place.with_suffix(".key")
        private.touch(0o600)
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden))
        return place.with_suffix(".crt"), private

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, role: x509.BasicConstraints, *hosts: str
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(role, critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )
        if hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Certificates(NamedTuple):
    """What the servers and their clients have."""

    right: Authority
    wrong: Authority
    client: tuple[Path, Path]
    locked: tuple[Path, Path]


@pytest.fixture(scope="module")
def certificates() -> Iterator[Certificates]:
    """Two authorities, and certificates that the first signed for clients, the second with a key that has a password."""
    # Not one of pytest's folders, which are closed to the accounts that servers run as.
    with tempfile.TemporaryDirectory(prefix="partita-tls-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        right, wrong = Authority(folder, "right"), Authority(folder, "wrong")
        yield Certificates(right, wrong, right.sign("client"), right.sign("locked", password="s3same"))


def lend(account: str, *paths: Path) -> None:
    """Give files to the account that a server runs as, which root has to."""
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, account)


@pytest.fixture(scope="module")
def encrypted_postgresql(certificates: Certificates) -> Iterator[str]:
    """The URL of a server whose certificate is for ``localhost`` and not for 127.0.0.1."""
    file, key = certificates.right.sign("postgresql", "localhost")
    lend("postgres", file, key)
    settings = ("ssl=on", f"ssl_cert_file={file}", f"ssl_key_file={key}", f"ssl_ca_file={certificates.right.file}")
    with server_or_skip(), postgresql(settings=settings) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def plain_postgresql() -> Iterator[str]:
    """The URL of a server that does not encrypt."""
    with server_or_skip(), postgresql() as url:
        yield url


@contextmanager
def server_or_skip() -> Iterator[None]:
    """Skip on a laptop without servers, fail in CI."""
    if os.environ.get("CI") != "true":
        found = shutil.which("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not found:
            pytest.skip("no initdb on this machine")
    yield


@contextmanager
def mariadb(*settings: str) -> Iterator[str]:
    """Run a server with an empty database ``test``, and give its URL."""
    install, daemon = (
        shutil.which("mariadb-install-db"),
        shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin"),
    )
    if install is None or daemon is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no MariaDB: install Debian's package mariadb-server")
        pytest.skip("no MariaDB server on this machine")
    account = "mysql" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    with tempfile.TemporaryDirectory(prefix="partita-mariadb-") as name:
        folder = Path(name)
        lend(account, folder)
        common = ["--no-defaults", f"--datadir={folder / 'data'}", f"--user={account}"]
        # A server that starts sweeps temporary tables out of its folder, also those of one that starts beside it.
        common.append(f"--tmpdir={folder}")
        # Small, and without the kernel's asynchronous I/O, of which many servers at once get too little.
        common += ["--innodb-use-native-aio=0", "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M"]
        made = [install, *common, "--auth-root-authentication-method=normal", "--skip-name-resolve"]
        done = subprocess.run(made, check=False, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, f"{done.stdout[-3000:]} {done.stderr[-3000:]}"
        process, port = started_mariadb([daemon, *common, "--bind-address=127.0.0.1", *settings], folder)
        try:
            database = connect(f"mysql://root@127.0.0.1:{port}/mysql")
            database.execute("CREATE DATABASE IF NOT EXISTS test")
            database.execute("DELETE FROM global_priv WHERE User = ''")  # nobody without a name
            database.execute("FLUSH PRIVILEGES")
            for user, subject in (("knows", "client"), ("locked", "locked")):
                database.execute(f"CREATE USER {user}@'%%' REQUIRE SUBJECT '/CN={subject}'")
            database.close()
            yield f"mysql://root@127.0.0.1:{port}/test"
        finally:
            process.terminate()
            process.wait()


def started_mariadb(command: list[str], folder: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """Start a server, and return it and its port; somebody else may take the port first, so there are three tries."""
    for attempt in range(3):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = folder / f"log{attempt}"
        places = [f"--port={port}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
        with log.open("wb") as said:
            process = subprocess.Popen([*command, *places], cwd="/", stdout=said, stderr=said)
        probe = connect(f"mysql://root@127.0.0.1:{port}/mysql", connect_timeout=2.0)
        while process.poll() is None:
            try:
                probe.execute("SELECT 1")
            except OperationalError:
                time.sleep(0.05)
            else:
                probe.close()
                return process, port
        if b"in use" not in log.read_bytes():
            break
    pytest.fail(log.read_text("utf-8", "replace")[-2000:])


@pytest.fixture(scope="module")
def encrypted_mariadb(certificates: Certificates) -> Iterator[str]:
    """The URL of a server whose certificate is for ``localhost`` and not for 127.0.0.1."""
    file, key = certificates.right.sign("mariadb", "localhost")
    lend("mysql", file, key)
    with mariadb(f"--ssl-cert={file}", f"--ssl-key={key}", f"--ssl-ca={certificates.right.file}") as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def plain_mariadb() -> Iterator[str]:
    """The URL of a server that does not encrypt."""
    with mariadb("--skip-ssl") as url:
        yield url


Ask = Callable[..., Any]


@pytest.fixture(params=["blocking", "native"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Open a database, run one statement by the blocking or the native driver, and give the first value."""

    def ask(url: str, sql: str, **options: Any) -> Any:
        database = connect(url, connect_timeout=10.0, **options)

        async def main() -> Any:
            try:
                return await database.aexecute(sql)
            finally:
                await database.aclose_native()

        try:
            rows = database.execute(sql) if request.param == "blocking" else asyncio.run(main())
        finally:
            database.close()
        return rows[0][0]

    return ask


POSTGRESQL_SAYS = (
    "SELECT coalesce(client_dn, CASE WHEN ssl THEN 'TLS' ELSE '' END) FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
)
MYSQL_SAYS = "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'Ssl_version'"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own settings."""
    for name in [name for name in os.environ if name.startswith("PGSSL")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("mode", "authority", "host", "encrypted"),
    [
        ("disable", "", "localhost", ""),
        ("", "", "localhost", "TLS"),
        ("prefer", "", "localhost", "TLS"),
        ("require", "", "localhost", "TLS"),
        ("require", "right", "127.0.0.1", "TLS"),
        ("require", "wrong", "localhost", None),  # with an authority it verifies, as libpq documents
        ("verify-ca", "right", "127.0.0.1", "TLS"),
        ("verify-ca", "wrong", "localhost", None),
        ("verify-full", "right", "localhost", "TLS"),
        ("verify-full", "right", "127.0.0.1", None),
        ("verify-full", "wrong", "localhost", None),
        ("verify-full", "", "localhost", None),
        ("verify-full", "missing", "localhost", None),
    ],
)
def test_modes_of_postgresql(
    ask: Ask,
    encrypted_postgresql: str,
    certificates: Certificates,
    mode: str,
    authority: str,
    host: str,
    encrypted: str | None,
) -> None:
    options = {"sslmode": mode} if mode else {}
    if authority:
        options["sslrootcert"] = str(certificates.right.folder / f"{authority}.pem")
    url = make_url(encrypted_postgresql).set(host=host).update_query_dict(options).render_as_string()
    if encrypted is None:
        with pytest.raises(OperationalError):
            ask(url, POSTGRESQL_SAYS)
        return
    assert ask(url, POSTGRESQL_SAYS) == encrypted
    assert ask(encrypted_postgresql, POSTGRESQL_SAYS, **options) == encrypted  # as keywords


def test_a_postgresql_that_does_not_encrypt_is_refused_where_it_has_to(ask: Ask, plain_postgresql: str) -> None:
    for mode in ("disable", "allow", "prefer"):
        assert ask(plain_postgresql, POSTGRESQL_SAYS, sslmode=mode) == ""
    for mode in ("require", "verify-full"):
        with pytest.raises(OperationalError):
            ask(plain_postgresql, POSTGRESQL_SAYS, sslmode=mode)


@pytest.mark.parametrize("name", ["client", "locked"])
def test_postgresql_is_shown_a_certificate(
    ask: Ask, encrypted_postgresql: str, certificates: Certificates, name: str
) -> None:
    file, key = getattr(certificates, name)
    shown = {
        "sslmode": "verify-full",
        "sslrootcert": str(certificates.right.file),
        "sslcert": str(file),
        "sslkey": str(key),
    }
    if name == "locked":
        with pytest.raises(OperationalError):
            ask(encrypted_postgresql, POSTGRESQL_SAYS, **shown)
        shown["sslpassword"] = "s3same"
    assert ask(encrypted_postgresql, POSTGRESQL_SAYS, **shown) == f"/CN={name}"


def test_the_authorities_of_the_machine_can_be_trusted(
    ask: Ask, encrypted_postgresql: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"sslmode": "verify-full", "sslrootcert": "system"}
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.wrong.file))
    with pytest.raises(OperationalError):
        ask(encrypted_postgresql, POSTGRESQL_SAYS, **options)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.right.file))
    assert ask(encrypted_postgresql, POSTGRESQL_SAYS, **options) == "TLS"
    with pytest.raises(OperationalError):
        ask(encrypted_postgresql.replace("localhost", "127.0.0.1"), POSTGRESQL_SAYS, **options)


@pytest.mark.parametrize(
    ("mode", "authority", "host", "encrypted"),
    [
        ("disabled", "", "localhost", False),
        ("", "", "localhost", True),
        ("", "right", "127.0.0.1", True),
        ("", "wrong", "localhost", None),  # an authority alone means that it verifies, as MySQL documents
        ("preferred", "", "localhost", True),
        ("REQUIRED", "", "127.0.0.1", True),
        ("required", "wrong", "localhost", True),
        ("VERIFY_CA", "right", "127.0.0.1", True),
        ("verify-ca", "wrong", "localhost", None),
        ("verify_identity", "right", "localhost", True),
        ("verify_identity", "right", "127.0.0.1", None),
        ("verify_identity", "wrong", "localhost", None),
        ("verify_identity", "missing", "localhost", None),
    ],
)
def test_modes_of_mariadb(
    ask: Ask,
    encrypted_mariadb: str,
    certificates: Certificates,
    mode: str,
    authority: str,
    host: str,
    encrypted: bool | None,
) -> None:
    options = {"ssl-mode": mode} if mode else {}
    if authority:
        options["ssl-ca"] = str(certificates.right.folder / f"{authority}.pem")
    url = make_url(encrypted_mariadb).set(host=host).update_query_dict(options).render_as_string()
    if encrypted is None:
        with pytest.raises(OperationalError):
            ask(url, MYSQL_SAYS)
        return
    assert bool(ask(url, MYSQL_SAYS)) is encrypted
    keywords = {name.replace("-", "_"): value for name, value in options.items()}
    assert bool(ask(encrypted_mariadb, MYSQL_SAYS, **keywords)) is encrypted


def test_a_mariadb_that_does_not_encrypt_is_refused_where_it_has_to(
    ask: Ask, plain_mariadb: str, certificates: Certificates
) -> None:
    for mode in ("disabled", "preferred", ""):
        assert ask(plain_mariadb, MYSQL_SAYS, ssl_mode=mode) == ""
    for options in ({"ssl_mode": "required"}, {"ssl_mode": "verify_ca", "ssl_ca": str(certificates.right.file)}):
        with pytest.raises(OperationalError, match="2026"):
            ask(plain_mariadb, MYSQL_SAYS, **options)


@pytest.mark.parametrize(("user", "name"), [("knows", "client"), ("locked", "locked")])
def test_mariadb_is_shown_a_certificate(
    ask: Ask, encrypted_mariadb: str, certificates: Certificates, user: str, name: str
) -> None:
    file, key = getattr(certificates, name)
    url = encrypted_mariadb.replace("root@", f"{user}@").replace("/test", "/information_schema")
    with pytest.raises(OperationalError, match="1045"):
        ask(url, MYSQL_SAYS, ssl_mode="required")
    shown = {"ssl_cert": str(file), "ssl_key": str(key)}
    if name == "locked":
        with pytest.raises(OperationalError, match="TLS cannot be set up"):
            ask(url, MYSQL_SAYS, **shown)
        shown["ssl_key_password"] = "s3same"
    for mode in ("preferred", "required"):
        assert ask(url, MYSQL_SAYS, ssl_mode=mode, **shown)


def test_nobody_reads_a_password_in_what_is_shown(
    ask: Ask, encrypted_postgresql: str, certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    file, key = certificates.locked
    for text in (
        f"postgresql://me:hunter2@db/x?sslpassword=hunter2&sslcert={file}&sslkey={key}",
        f"mysql://me:hunter2@db/x?ssl-key-password=hunter2&ssl-cert={file}&ssl-key={key}",
    ):
        database = connect(text)
        assert "hunter2" not in f"{database!r} {database.blocking!r} {database.native!r}"
        assert "***" in repr(database)
        assert "hunter2" not in " ".join(kind_of(database.url).client(database.url).arguments)
    wrong = {"sslcert": str(file), "sslkey": str(key), "sslpassword": "hunter2", "sslmode": "require"}
    with pytest.raises(OperationalError) as told:
        ask(encrypted_postgresql.replace("postgres@", "postgres:hunter2@"), "SELECT 1", **wrong)
    assert "hunter2" not in f"{told.value!r} {told.value} {caplog.text}"

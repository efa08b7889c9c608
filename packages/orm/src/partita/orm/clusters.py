"""PostgreSQL of one's own for tests: a new cluster on a free port, a PgBouncer before one, a schema in one; gone at the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from partita.orm.database import Database
from partita.orm.errors import OperationalError

__all__ = ("new_schema", "pgbouncer", "postgresql")

_UNSAFE = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
)  # nothing is kept, so nothing waits for a disk
_TRIES = 3  # somebody else may take a port between the look and the start


@contextmanager
def postgresql(programs: Path | None = None, settings: Sequence[str] = ()) -> Iterator[str]:
    """Run a server with an empty database ``test``, and give its URL.

    It listens at 127.0.0.1 only, lets everybody of this machine in without a password, and does not survive a crash of the
    machine: it is for tests. The server refuses to run as root, so root lends it to the account ``postgres`` or ``nobody``.

    Args:
        programs: The folder of ``initdb``, ``pg_ctl`` and ``postgres``; the newest of this machine if it is left out.
        settings: Of the server, such as ``max_connections=200``.

    Raises:
        OperationalError: If there are no such programs, or the server does not start; with what it said.
    """
    programs = programs or _installed()
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder, account = Path(name), None
        if not os.geteuid():
            account = _account(folder)
        cluster = folder / "cluster"
        _run(
            account,
            programs / "initdb",
            "-D",
            cluster,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        # A database of that name has to be there before anybody connects, and not every build brings a client.
        _run(account, programs / "postgres", "--single", "-D", cluster, "postgres", input="CREATE DATABASE test;\n")
        port = _start(account, programs, folder, settings)
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/test"
        finally:
            _run(account, programs / "pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")


def _start(account: str | None, programs: Path, folder: Path, settings: Sequence[str]) -> int:
    """Start the server of a cluster, and return its port."""
    for tries_left in reversed(range(_TRIES)):
        port, log = _free_port(), folder / f"log{tries_left}"
        every = (*_UNSAFE, *settings, "listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}")
        options = " ".join(f"-c {setting}" for setting in every)
        try:
            _run(account, programs / "pg_ctl", "-D", folder / "cluster", "-o", options, "-l", log, "-w", "start")
        except OperationalError:
            if not tries_left or "in use" not in log.read_text("utf-8", "replace"):
                raise
        else:
            return port
    raise AssertionError("the last try raises")


_POOLER = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
auth_user = {user}
auth_query = SELECT usename, '' FROM pg_catalog.pg_user WHERE usename = $1
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 500
server_idle_timeout = 30
logfile = {folder}/log
"""
_POOLER_STARTS = 10.0  # seconds


@contextmanager
def pgbouncer(url: str | URL, servers: int = 3) -> Iterator[str]:
    """Run a PgBouncer in transaction mode before a server, and give the URL that leads through it.

    It lets in every role of the server without a password, as the server itself has to let in PgBouncer: it is for tests.

    Args:
        url: Of the server, as a role that may read ``pg_user``.
        servers: How many connections it keeps for each role and database.

    Raises:
        OperationalError: If there is no such program, or it does not start; with what it said.
    """
    url = make_url(url)
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise OperationalError("There is no pgbouncer on this machine (Debian: apt-get install pgbouncer).")
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        folder, own = Path(name), _free_port()
        place = {"host": url.host or "127.0.0.1", "port": url.port or 5432, "user": url.username or "postgres"}
        file, users = folder / "pgbouncer.ini", folder / "users"
        file.write_text(_POOLER.format(**place, own=own, servers=servers, folder=folder), "utf-8")
        users.write_text(f'"{place["user"]}" ""\n', "utf-8")
        account = None
        if not os.geteuid():  # it refuses to run as root
            account = pwd.getpwnam(_account(folder)).pw_uid
            for path in (file, users):
                os.chown(path, account, -1)
        with (folder / "said").open("w+") as said:
            process = subprocess.Popen([program, "-q", str(file)], cwd="/", stdout=said, stderr=said, user=account)
            try:
                _await_port(process, own)
                yield url.set(host="127.0.0.1", port=own, query={"prepared_statements": "false"}).render_as_string(
                    hide_password=False
                )
            except _NotStartedError:
                said.seek(0)
                raise OperationalError(f"pgbouncer does not start: {said.read()[-2000:]}") from None
            finally:
                process.terminate()
                process.wait()


@contextmanager
def new_schema(url: str | URL, name: str) -> Iterator[tuple[URL, tuple[str, ...]]]:
    """Make a schema on a server of PostgreSQL, and drop it at the end with everything in it.

    Args:
        url: Of the server. Behind a pooler (``?prepared_statements=false``) a session cannot be told where to look for tables; so
            there is a role of the schema's name for as long, as a superuser.
        name: Of the schema.

    Returns:
        A URL, and statements to give to `connect` as ``init``, so that the schema's tables are meant by names alone.

    Raises:
        OperationalError: If the server cannot be reached.
    """
    outer = Database(url, connect_timeout=3.0, pool_size=1)
    quoted = outer.blocking.quote(name)
    try:
        outer.execute(f"CREATE SCHEMA {quoted}")
        if not outer.is_behind_pooler:
            yield outer.url, (f"SET search_path TO {quoted}",)
            return
        outer.execute(f"CREATE ROLE {quoted} SUPERUSER LOGIN")
        outer.execute(f"ALTER ROLE {quoted} SET search_path TO {quoted}")
        try:
            yield outer.url.set(username=name, password=None), ()
        finally:
            # The pooler would keep them for nobody.
            outer.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [name])
            outer.execute(f"DROP OWNED BY {quoted} CASCADE")
            outer.execute(f"DROP ROLE {quoted}")
    finally:
        with suppress(OperationalError):  # it cannot be reached any more, which whoever used it knows
            outer.execute(f"DROP SCHEMA IF EXISTS {quoted} CASCADE")
        outer.close()


class _NotStartedError(Exception):
    """A server does not listen."""


def _await_port(process: "subprocess.Popen[bytes]", port: int) -> None:
    give_up = time.monotonic() + _POOLER_STARTS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > give_up:
            raise _NotStartedError
        time.sleep(0.02)


def _installed() -> Path:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = [place.parent for place in Path("/usr/lib/postgresql").glob("*/bin/initdb")]  # where Debian hides them
    if not folders:
        raise OperationalError(
            "There is no initdb on this machine: install PostgreSQL's server, or name the folder of its programs."
        )
    return max(folders, key=lambda folder: float(folder.parent.name))


def _account(folder: Path) -> str:
    for name in ("postgres", "nobody"):
        try:
            shutil.chown(folder, name)
        except LookupError:
            continue
        return name
    raise OperationalError("PostgreSQL does not run as root, and there is neither an account 'postgres' nor 'nobody'.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(account: str | None, *command: str | Path, input: str | None = None) -> None:
    words = [str(word) for word in command]
    if account is not None:
        words = ["runuser", "-u", account, "--", *words]
    with tempfile.TemporaryFile("w+") as said:  # a file and no pipe, which the server would hold open
        done = subprocess.run(words, input=input, stdout=said, stderr=said, text=True, check=False, cwd="/")
        if done.returncode:
            said.seek(0)
            raise OperationalError(f"{' '.join(words)} ended with {done.returncode}: {said.read()[-2000:]}")

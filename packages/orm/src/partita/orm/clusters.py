"""A PostgreSQL of one's own for tests: a new cluster on a free port, gone at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from partita.orm.errors import OperationalError

__all__ = ("postgresql",)

_UNSAFE = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
)  # nothing is kept, so nothing waits for a disk


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
        cluster, port = folder / "cluster", _free_port()
        every = (*_UNSAFE, *settings, "listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}")
        options = " ".join(f"-c {setting}" for setting in every)
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
        _run(account, programs / "pg_ctl", "-D", cluster, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/test"
        finally:
            _run(account, programs / "pg_ctl", "-D", cluster, "-m", "immediate", "-w", "stop")


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

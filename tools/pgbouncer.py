"""The suites that talk to PostgreSQL, through a PgBouncer in transaction mode: each transaction may go to another server.

    python tools/pgbouncer.py [--suites packages/orm/tests …] [-- PYTEST-ARGUMENTS]

The pooler (Debian: ``apt-get install pgbouncer``) stands before a new cluster, and keeps few connections, so that clients often find
themselves on another one. Tests of what only a session can do skip by themselves.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from repository import Repository

from partita.orm import OperationalError
from partita.orm.clusters import pgbouncer, postgresql

__all__ = ("main",)

SUITES = ("packages/orm/tests", "packages/postgres/tests", "packages/migrations/tests", "packages/contenttypes/tests")
SERVERS = 4  # for each role and database
SETTINGS = ("max_connections=200", "max_prepared_transactions=10")


def main(arguments: list[str] | None = None) -> int:
    """Run the suites; pytest's own exit code, 2 where there is no server or no pooler."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--suites", nargs="+", default=SUITES, help="folders of tests (default: all that need a server)"
    )
    given = sys.argv[1:] if arguments is None else arguments
    at = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:at])
    command = [sys.executable, "-m", "pytest", "-q", "-n2", "--dist=loadfile", *options.suites]
    command += given[at + 1 :] or ["-k", "postgres"]
    try:
        with postgresql(settings=SETTINGS) as server, pgbouncer(server, SERVERS) as url:
            sys.stdout.write(f"==> Through PgBouncer: {', '.join(options.suites)}\n")
            sys.stdout.flush()
            environment = {**os.environ, "PARTITA_TEST_POSTGRESQL": url}
            return subprocess.run(command, cwd=Repository().root, env=environment, check=False).returncode
    except OperationalError as error:
        sys.stdout.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    raise SystemExit(main())

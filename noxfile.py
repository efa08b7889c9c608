"""Sessions for the whole and for each package, on every Python that is found: `nox -l` lists them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent / "tools"))

from repository import Package, Repository, interpreters

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "lint", "types"]

REPOSITORY = Repository(Path(__file__).parent)
FOUND = interpreters()
PYTHONS = list(FOUND)
os.environ["PATH"] = os.pathsep.join([*(str(Path(path).parent) for path in FOUND.values()), os.environ["PATH"]])


def install(session: nox.Session) -> None:
    """Everything that the suite needs, and all packages as links."""
    libraries = REPOSITORY.third_party(everything=True)
    session.install(*libraries, "-c", "constraints.txt")
    links = [part for package in REPOSITORY.everything for part in ("-e", str(package.path))]
    session.install("--no-deps", "--no-build-isolation", *links)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Every test of every package, of the tools and of the documentation."""
    install(session)
    session.run("python", "-m", "pytest", "-n2", "--dist=loadfile", "packages", "tools", "docs/tests", *session.posargs)
    session.run("python", "-m", "pytest", "docs/examples", *session.posargs)  # a project has a process of its own


@nox.session(python=PYTHONS[0])
def lint(session: nox.Session) -> None:
    """Format, ruff, import graph, dependencies, pins and public API."""
    install(session)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    for tool in ("graph", "dependencies", "forbidden", "api"):
        session.run("python", f"tools/{tool}.py")
    session.run("python", "tools/pins.py", "check")


@nox.session(python=PYTHONS[0])
def types(session: nox.Session) -> None:
    """mypy --strict and pyright."""
    install(session)
    for checker in ("mypy", "pyright"):
        session.run("python", "tools/typecheck.py", checker)


@nox.session(python=PYTHONS)
def alone(session: nox.Session) -> None:
    """Each package installed alone into an empty environment, running its own tests."""
    session.install("hatchling", "-c", "constraints.txt")
    session.run("python", "tools/alone.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def autobahn(session: nox.Session) -> None:
    """The server's WebSockets under the Autobahn|Testsuite (which needs a Python 2.7): about twenty minutes."""
    install(session)
    session.run("python", "tools/autobahn.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def postgres_versions(session: nox.Session) -> None:
    """What talks to PostgreSQL, on its versions 14 to 18 (fetched by npm): about an hour."""
    install(session)
    session.run("python", "tools/postgres_versions.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def pgbouncer(session: nox.Session) -> None:
    """What talks to PostgreSQL, through a PgBouncer in transaction mode (Debian's package): about five minutes."""
    install(session)
    session.run("python", "tools/pgbouncer.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def robustness(session: nox.Session) -> None:
    """PostgreSQL killed fifty times under writes, lines cut at every byte, and a million cancellations over its pool: some hours."""
    install(session)
    long = {"PARTITA_KILL_ROUNDS": "50", "PARTITA_CANCELLATIONS": "1000000"}
    tests = ("robustness", "cancelled_everywhere", "broken_lines", "isolation")
    paths = [f"packages/orm/tests/test_{name}.py" for name in tests]
    session.run("python", "-m", "pytest", *paths, *session.posargs, env=long)


@nox.session(python=PYTHONS[0])
def costs(session: nox.Session) -> None:
    """Every function that takes text, on its nastiest inputs of half a MiB and of one: about half an hour."""
    install(session)
    tests = [f"packages/{name}/tests/test_cost.py" for name in ("text", "templates", "i18n")]
    session.run("python", "-m", "pytest", *tests, *session.posargs, env={"PARTITA_COST_SIZE": "524288"})


@nox.session(python=PYTHONS[0])
def conformance(session: nox.Session) -> None:
    """HTTP/2's requirements on fresh and on used servers, plain and over TLS; and the upload of a gibibyte: about an hour."""
    install(session)
    long = {"PARTITA_HTTP2_CONDITIONS": "all", "PARTITA_UPLOAD_MIB": "1024"}
    tests = ("http2_rfc9113", "http2_rfc7541", "large_uploads")
    paths = [f"packages/server/tests/test_{name}.py" for name in tests]
    session.run("python", "-m", "pytest", *paths, *session.posargs, env=long)


@nox.session(python=PYTHONS[0])
def bench(session: nox.Session) -> None:
    """Benchmarks against peers."""
    install(session)
    session.run("python", "tools/bench.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def demo(session: nox.Session) -> None:
    """The record shop."""
    session.run("python", "tools/dev.py", "demo", *session.posargs)


@nox.session(python=PYTHONS[0])
def fuzz_http(session: nox.Session) -> None:
    """Ten million random messages through the server and through a slow strict reader: about half an hour on two cores."""
    install(session)
    session.run("python", "tools/fuzz_http.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def mutation(session: nox.Session) -> None:
    """Small mistakes in one module, and whether its tests notice them: `-- packages/http/src/partita/http/cookies.py packages/http/tests`."""
    install(session)
    session.run("python", "tools/mutation.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def proxies(session: nox.Session) -> None:
    """The whole smuggling corpus through nine proxies: about two minutes."""
    install(session)
    test = "packages/server/tests/test_behind_proxies.py"
    session.run("python", "-m", "pytest", test, *session.posargs, env={"PARTITA_PROXY_CORPUS": "1"})


@nox.session(python=PYTHONS[0])
def floods(session: nox.Session) -> None:
    """Floods of HTTP/2: how soon each ends, what it costs, how long others wait; on a machine that does nothing else."""
    install(session)
    session.run("python", "tools/floods.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def soak(session: nox.Session) -> None:
    """An application under load for two hours, or `-- --minutes 15`: its memory and open files may not grow."""
    install(session)
    session.run("python", "tools/soak.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def endurance(session: nox.Session) -> None:
    """4,000 slow clients, and 1,000 reloads under load: about an hour."""
    install(session)
    long = {"PARTITA_SLOW_CLIENTS": "4000", "PARTITA_RELOADS": "1000"}
    tests = [f"packages/server/tests/test_{name}.py" for name in ("slow_clients", "succession")]
    session.run("python", "-m", "pytest", *tests, *session.posargs, env=long)


def sessions_of(package: Package) -> None:
    """Define `tests-NAME`, `types-NAME` and `alone-NAME`."""

    @nox.session(name=f"tests-{package.name}", python=PYTHONS)
    def tests_of(session: nox.Session) -> None:
        install(session)
        session.run("python", "-m", "pytest", str(package.path), *session.posargs)

    @nox.session(name=f"types-{package.name}", python=PYTHONS[0])
    def types_of(session: nox.Session) -> None:
        install(session)
        for checker in ("mypy", "pyright"):
            session.run("python", "tools/typecheck.py", checker, package.name)

    @nox.session(name=f"alone-{package.name}", python=PYTHONS)
    def alone_of(session: nox.Session) -> None:
        session.install("hatchling", "-c", "constraints.txt")
        session.run("python", "tools/alone.py", package.name)


for _package in REPOSITORY.packages:
    sessions_of(_package)

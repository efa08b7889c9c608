"""Set-up and shortcuts: `python3 tools/dev.py demo`, `… test` and friends. Needs only Python 3.11+ and pip."""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (said here, before anything newer is imported)
    sys.exit(f"partita needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: python3.11 tools/dev.py")

import argparse
import os
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import environment
import services
import steps
from repository import Repository

__all__ = ("main",)

Command = Callable[[Repository, argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    options = _parser().parse_args(arguments)
    repository = Repository()
    started = time.monotonic()
    try:
        code: int = options.run(repository, options)
    except environment.Trouble as trouble:
        sys.stderr.write(f"\n{trouble}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    if options.run is not _demo:
        sys.stdout.write(f"{time.monotonic() - started:.1f} s in all\n")
    return code


def _demo(repository: Repository, options: argparse.Namespace) -> int:
    shop = repository.root / "docs" / "examples" / "recordshop" / "demo.py"
    if not shop.exists():
        raise environment.Trouble(f"The record shop is not here: {shop} is missing.")
    if not options.no_serve:
        _need_free_port(options.host, options.port)
    interpreter = environment.ensure(repository, everything=False)
    data = Path(options.data).resolve() if options.data else repository.root / ".demo"
    command = [str(interpreter), shop.name, "--host", options.host, "--port", str(options.port), "--data", str(data)]
    command += ["--reset"] if options.reset else []
    command += ["--no-serve"] if options.no_serve else []
    return _call(command, shop.parent)


def _need_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise environment.Trouble(
                f"{host}:{port} cannot be used ({error.strerror}): does something else serve there?\n"
                f"Stop it, or take another port: python3 tools/dev.py demo --port {port + 1}"
            ) from None


def _test(repository: Repository, options: argparse.Namespace) -> int:
    names = [step.name for step in steps.STEPS]
    unknown = [name for name in options.only if name not in names]
    if unknown:
        raise environment.Trouble(f"There is no step {unknown[0]!r}. The steps are: {', '.join(names)}")
    chosen = [s for s in steps.STEPS if s.name in options.only] if options.only else list(steps.STEPS)
    if options.keyword and not options.only:
        chosen = [step for step in chosen if step.command[0] == "pytest"]
    environment.ensure(repository, everything=True)
    in_ci = os.environ.get("CI", "").lower() == "true"
    if any(step.kind == "test" for step in chosen):
        missing = services.prepare(install=in_ci or options.services)
        if missing:
            consequence = "their tests fail, for CI=true" if in_ci else "tests that need them will skip"
            sys.stdout.write(f"Not here: {', '.join(missing)} ({consequence}).\n")
    return steps.run(repository, chosen, keyword=options.keyword, jobs=options.jobs)


def _steps_of(kind: str) -> Command:
    def run(repository: Repository, options: argparse.Namespace) -> int:
        environment.ensure(repository, everything=True)
        if kind == "lint" and options.fix:
            for arguments in (("format", "."), ("check", "--fix", ".")):
                _call([str(environment.executable(repository.root, "ruff")), *arguments], repository.root)
        return steps.run(repository, [s for s in steps.STEPS if s.kind == kind], jobs=options.jobs)

    return run


def _tool(name: str) -> Command:
    def run(repository: Repository, options: argparse.Namespace) -> int:
        interpreter = environment.ensure(repository, everything=True)
        return _call([str(interpreter), f"tools/{name}.py", *options.rest], repository.root)

    return run


def _call(command: list[str], folder: Path) -> int:
    try:
        return subprocess.run(command, cwd=folder, check=False).returncode
    except KeyboardInterrupt:
        return 0  # the program below has the same interrupt and ends by itself


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tools/dev.py", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="serve the record shop with its data on SQLite")
    demo.add_argument("--host", default="127.0.0.1")
    demo.add_argument("--port", type=int, default=8000)
    demo.add_argument("--data", default="", help="folder for the database (default: .demo)")
    demo.add_argument("--reset", action="store_true", help="begin with an empty database")
    demo.add_argument("--no-serve", action="store_true", help="set everything up, but do not serve")
    demo.set_defaults(run=_demo)

    test = commands.add_parser("test", help="run every check and every test")
    test.add_argument("--only", action="append", default=[], metavar="STEP", help="only this step (may be repeated)")
    test.add_argument("-k", dest="keyword", default="", help="only tests that match this pytest expression")
    test.add_argument("--services", action="store_true", help="install and start missing services (Debian, as root)")
    test.add_argument("--jobs", type=int, default=2, help="processes at the same time")
    test.set_defaults(run=_test)

    lint = commands.add_parser("lint", help="format, ruff, import graph, dependencies, pins, public API")
    lint.add_argument("--fix", action="store_true", help="let ruff mend what it can first")
    lint.add_argument("--jobs", type=int, default=2)
    lint.set_defaults(run=_steps_of("lint"))

    types = commands.add_parser("types", help="mypy --strict and pyright on every package")
    types.add_argument("--jobs", type=int, default=2)
    types.set_defaults(run=_steps_of("types"))

    for name, text in (
        ("bench", "benchmarks against peers, as ratios of one run"),
        ("alone", "install packages alone into empty environments and run their tests"),
    ):
        tool = commands.add_parser(name, help=text, add_help=False)
        tool.add_argument("rest", nargs=argparse.REMAINDER, help=f"options of tools/{name}.py")
        tool.set_defaults(run=_tool(name))
    return parser


if __name__ == "__main__":
    sys.exit(main())

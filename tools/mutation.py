"""Make small mistakes in a module, one at a time, and ask whether its tests notice.

    python tools/mutation.py packages/http/src/partita/http/cookies.py packages/http/tests/test_cookies.py [--sample 150] [--jobs 2]

Printed are the mistakes that no test notices, and the share of those that one does: the mutation score. Each mistake is made in a
process of its own, in memory: no file changes. Only the tests that run the changed statement are asked, the quickest first; a
mistake that makes them last much longer counts as noticed. Tests that start another process do not see the mistake there.
The status is 1 if the score is below `--least` percent.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import pytest
from mutants import Mutant, compiled, mutants

__all__ = ("main",)

_HIT = "__partita_statement_runs__"
_AT_IMPORT = ""  # what runs outside of any test concerns them all
KILLED, SURVIVED, UNTESTED = "noticed", "not noticed", "no test runs it"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants of one module and print those that live."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", type=Path, help="a file under packages/NAME/src")
    parser.add_argument("tests", nargs="+", help="test files or folders")
    parser.add_argument("--sample", type=int, default=0, help="how many mutants, chosen by --seed; 0 is all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="numbers of mutants, as printed, with commas between")
    parser.add_argument("--examples", type=int, default=25, help="of hypothesis in each test")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one mutant, at most")
    parser.add_argument("--least", type=float, default=0.0, help="percent of mutants that must be noticed")
    options = parser.parse_args(arguments)
    target = Target(options.module.resolve())
    known = _known(target, options.tests, options.examples)
    _preload(known.modules)
    chosen = _chosen(target, options)
    fates = _run_all(target, known, chosen, options)
    lines = target.path.read_text("utf-8").splitlines()
    for mutant in sorted(chosen, key=lambda mutant: mutant.number):
        if fates[mutant.number] != KILLED:
            print(
                f"{mutant.line:5} #{mutant.number}: {mutant.change} ({fates[mutant.number]})\n      {lines[mutant.line - 1].strip()}"
            )
    killed = sum(fate == KILLED for fate in fates.values())
    score = 100 * killed / len(fates) if fates else 100.0
    print(f"{target.name}: {killed} of {len(fates)} mutants noticed, {score:.1f} %")
    return int(score < options.least)


class Target:
    """The module that gets the mistakes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        parts = path.with_suffix("").parts
        start = len(parts) - 1 - parts[::-1].index("src")
        self.name = ".".join(parts[start + 1 :]).removesuffix(".__init__")

    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text("utf-8"), str(self.path))


@dataclass
class Known:
    """What the tests do with the unchanged module."""

    files: list[str]
    examples: int
    seconds: dict[str, float] = field(default_factory=dict)  # of each test that passes, by node id
    runs: dict[int, list[str]] = field(default_factory=dict)  # line of a statement: tests that run it
    modules: list[str] = field(default_factory=list)  # that they import

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that may notice ``mutant``, the quickest first."""
        tests = self.runs.get(mutant.statement, [])
        return sorted(
            self.seconds if _AT_IMPORT in tests else set(tests) & self.seconds.keys(), key=self.seconds.__getitem__
        )


def _chosen(target: Target, options: argparse.Namespace) -> list[Mutant]:
    every = mutants(target.tree())
    if options.only:
        numbers = {int(number) for number in options.only.split(",")}
        return [mutant for mutant in every if mutant.number in numbers]
    if 0 < options.sample < len(every):
        return random.Random(options.seed).sample(every, options.sample)
    return every


def _run_all(target: Target, known: Known, chosen: list[Mutant], options: argparse.Namespace) -> dict[int, str]:
    fates: dict[int, str] = {}
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = chosen[::-1]
    while waiting or running:
        while waiting and len(running) < options.jobs:
            mutant = waiting.pop()
            tests = known.tests_of(mutant)
            if not tests:
                fates[mutant.number] = UNTESTED
                continue
            least = 10.0 + 5.0 * sum(known.seconds[test] for test in tests)
            process = _forked(functools.partial(_try, target, known, mutant.number, tests))
            running[process] = mutant, time.monotonic() + min(options.limit, least)
        for process, (mutant, deadline) in list(running.items()):
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended or time.monotonic() > deadline:
                _end(process, ended=bool(ended))
                del running[process]
                survived = ended and os.waitstatus_to_exitcode(status) == 0
                fates[mutant.number] = SURVIVED if survived else KILLED
        time.sleep(0.01)
    return fates


def _end(process: int, *, ended: bool) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # with what its tests have started
    if not ended:
        os.waitpid(process, 0)


def _forked(work: Callable[[], int]) -> int:
    """Start ``work`` in a child that says nothing; its result is the child's status."""
    process = os.fork()
    if process:
        return process
    status = 70
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        status = work()
    finally:
        os._exit(status)  # nothing of the parent's may be done a second time


def _try(target: Target, known: Known, number: int, tests: list[str]) -> int:
    tree = target.tree()
    next(mutant for mutant in mutants(tree) if mutant.number == number).apply()
    first, *others = _by_file(tests, known.files)
    with _instead(target, compiled(tree, str(target.path))):
        # Most mistakes show in the module's own tests; to collect all the other files takes longer than to run these.
        status = _pytest(first, known.examples, _Chooses(tests), "-x")
        rest = [file for files in others for file in files]
        return status if status or not rest else _pytest(rest, known.examples, _Chooses(tests), "-x")


def _by_file(tests: list[str], asked: list[str]) -> list[list[str]]:
    """Return the files that hold ``tests``, each in a list of its own, in the order in which they were asked for."""
    holding = {test.partition("::")[0] for test in tests}
    files = [file for file in asked if file in holding]
    return [[file] for file in [*files, *sorted(holding.difference(files))]]


def _known(target: Target, files: Sequence[str], examples: int) -> Known:
    """Run the tests once with a module that tells which of its statements run."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "known.json")
        process = _forked(functools.partial(_watch, target, files, examples, report))
        os.waitpid(process, 0)
        if not report.exists():
            raise SystemExit("The tests could not be run at all: try them with pytest first")
        found = json.loads(report.read_text("utf-8"))
    runs = {int(line): tests for line, tests in found["runs"].items()}
    if not runs:
        raise SystemExit(f"The tests do not import {target.name}")
    return Known(list(files), examples, found["seconds"], runs, found["modules"])


def _watch(target: Target, files: Sequence[str], examples: int, report: Path) -> int:
    watcher = _Watches()
    setattr(builtins, _HIT, watcher.hit)
    before = set(sys.modules)
    with _instead(target, compiled(_telling(target.tree()), str(target.path))):
        status = _pytest(files, examples, watcher)
    runs = {line: sorted(tests) for line, tests in watcher.runs.items()}
    modules = sorted(name for name in set(sys.modules) - before if name.partition(".")[0] != "partita")
    report.write_text(json.dumps({"seconds": watcher.seconds, "runs": runs, "modules": modules}), "utf-8")
    return status


def _telling(tree: ast.Module) -> ast.Module:
    """Let each statement tell its line before it runs."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            statements = getattr(node, name, None)
            if isinstance(statements, list) and not isinstance(node, ast.Match):
                setattr(node, name, list(_with_calls(statements)))
    return tree


def _with_calls(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    for index, statement in enumerate(statements):
        docstring = index == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if not docstring and not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
            call = ast.Call(ast.Name(_HIT, ast.Load()), [ast.Constant(statement.lineno)], [])
            yield ast.copy_location(ast.Expr(call), statement)
        yield statement


class _Watches:
    """Remembers which test runs which statement, which tests pass, and how long they take."""

    def __init__(self) -> None:
        self.runs: dict[int, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}
        self._test = _AT_IMPORT
        self._failed: set[str] = set()

    def hit(self, line: int) -> None:
        self.runs[line].add(self._test)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._test = item.nodeid
        try:
            return (yield)
        finally:
            self._test = _AT_IMPORT

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.add(report.nodeid)
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.nodeid in self._failed:
            del self.seconds[report.nodeid]


class _Chooses:
    """Runs some tests only, in the order given."""

    def __init__(self, tests: list[str]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place), key=lambda item: self._place[item.nodeid]
        )


def _pytest(files: Sequence[str], examples: int, plugin: object, *options: str) -> int:
    quick = functools.partial(_quick_examples, examples)
    settings = type("Settings", (), {"pytest_collection": staticmethod(lambda: quick())})()
    return int(pytest.main(["-q", "-p", "no:xdist", *options, *files], plugins=[plugin, settings]))


def _quick_examples(examples: int) -> None:
    """Let hypothesis try few examples, the same each time; how small a failing one can get does not matter."""
    hypothesis.settings.register_profile(
        "mutation",
        parent=hypothesis.settings.get_profile(hypothesis.settings.get_current_profile_name()),
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    hypothesis.settings.load_profile("mutation")


@contextmanager
def _instead(target: Target, code: CodeType) -> Iterator[None]:
    """Let ``code`` be what an import of the target runs."""
    if target.name in sys.modules:
        raise SystemExit(f"{target.name} is imported already, so its mutants would not be seen")
    finder = _Finder(target, code)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, target: Target, code: CodeType) -> None:
        super().__init__(target.name, str(target.path))
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, target: Target, code: CodeType) -> None:
        self._target, self._loader = target, _Loader(target, code)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._target.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._target.path, loader=self._loader)


def _preload(modules: list[str]) -> None:
    """Import once, here, the libraries that every child would import again."""
    for name in modules:
        if (
            name.partition(".")[0] in {"partita", "tests", "conftest"}
            or importlib.machinery.PathFinder.find_spec(name.partition(".")[0]) is None
        ):
            continue
        with suppress(Exception):  # a part that is made at run time, or for another platform
            importlib.import_module(name)


if __name__ == "__main__":
    raise SystemExit(main())

"""The steps of `dev.py test`, and the runner that goes through them and sums them up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from environment import executable, python
from repository import Repository

__all__ = ("STEPS", "Step", "run")

JUNIT = ".artefacts/junit-{}.xml"


@dataclass(frozen=True)
class Step:
    """One check: what it is called, what it runs, and whether it may run beside others."""

    name: str
    says: str
    command: tuple[str, ...]
    kind: str  # lint, types or test
    beside: bool = True  # False for what measures time or uses all cores by itself


STEPS = (
    Step("format", "ruff format", ("ruff", "format", "--check", "."), "lint"),
    Step("lint", "ruff check", ("ruff", "check", "."), "lint"),
    Step("graph", "floors and imports between packages", ("tools/graph.py",), "lint"),
    Step("dependencies", "declared dependencies are the imported ones", ("tools/dependencies.py",), "lint"),
    Step("forbidden", "words and constructs that must not stay", ("tools/forbidden.py",), "lint"),
    Step("pins", "the meta-package's pins", ("tools/pins.py", "check"), "lint"),
    Step("api", "public API as written in docs/api", ("tools/api.py",), "lint"),
    Step("mypy", "mypy --strict, every package", ("tools/typecheck.py", "mypy"), "types"),
    Step("pyright", "pyright, every package", ("tools/typecheck.py", "pyright"), "types"),
    Step("imports", "import-time budgets", ("tools/import_time.py",), "test", beside=False),
    Step("tests", "pytest: packages and tools", ("pytest", "packages", "tools", "docs/tests"), "test", beside=False),
    # A project's models join the process's registry, so it has a process of its own, as projects have.
    Step("shop", "pytest: the record shop", ("pytest", "docs/examples"), "test", beside=False),
    Step("features", "docs/features.tsv names tests that pass", ("tools/features.py", "--check"), "test", beside=False),
    Step("alone", "packages installed alone (a quick few)", ("tools/alone.py", "--quick"), "test", beside=False),
    Step(
        "pythons",
        "the same on other Pythons found here",
        ("tools/alone.py", "--quick", "--others"),
        "test",
        beside=False,
    ),
)


@dataclass
class Result:
    """How one step went."""

    step: Step
    code: int
    seconds: float
    output: str = ""


def run(repository: Repository, steps: list[Step], *, keyword: str = "", jobs: int = 2) -> int:
    """Run `steps`, going on past failures, and print a table of how they went.

    Args:
        repository: The work tree.
        steps: What to run, in this order; those that may run beside others come first.
        keyword: Only tests that match this pytest expression.
        jobs: How many steps or test processes run at the same time.

    Returns:
        0 if all passed, else 1.
    """
    results: list[Result] = []
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        waiting: list[Future[Result]] = [pool.submit(_captured, repository, s) for s in steps if s.beside]
        for future in waiting:
            results.append(_told(future.result()))
    for step in steps:
        if not step.beside:
            results.append(_told(_live(repository, step, keyword, jobs)))
    return _summary(results, time.monotonic() - started)


def _command(repository: Repository, step: Step, keyword: str, jobs: int) -> list[str]:
    program, *arguments = step.command
    if program == "pytest":
        # The shop's tests start servers and browsers and count threads: they want the machine for themselves.
        arguments += [f"-n{jobs}", "--dist=loadfile", "--max-worker-restart=0"] if step.name == "tests" else []
        arguments += ["--continue-on-collection-errors", "-q"]
        arguments += ["--durations=8", "--durations-min=2"]
        # Only a full run may be the one that docs/features.tsv is compared with.
        arguments += ["-k", keyword] if keyword else [f"--junitxml={JUNIT.format(step.name)}"]
    if program.endswith(".py"):
        return [str(python(repository.root)), program, *arguments]
    return [str(executable(repository.root, program)), *arguments]


def _environment() -> dict[str, str]:
    chromium = os.environ.get("PARTITA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "110", "PARTITA_CHROMIUM": chromium}


def _captured(repository: Repository, step: Step) -> Result:
    start = time.monotonic()
    done = subprocess.run(
        _command(repository, step, "", 1),
        cwd=repository.root,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(step, done.returncode, time.monotonic() - start, done.stdout)


def _live(repository: Repository, step: Step, keyword: str, jobs: int) -> Result:
    sys.stdout.write(f"\n==> {step.name}: {step.says}\n")
    sys.stdout.flush()
    start = time.monotonic()
    command = _command(repository, step, keyword, jobs)
    code = subprocess.run(command, cwd=repository.root, env=_environment(), check=False).returncode
    return Result(step, code, time.monotonic() - start)


def _told(result: Result) -> Result:
    mark = "ok    " if result.code == 0 else "FAILED"
    sys.stdout.write(f"{mark} {result.step.name:<13} {result.seconds:6.1f} s  {result.step.says}\n")
    if result.code and result.output:
        sys.stdout.write("".join(f"       | {line}\n" for line in result.output.rstrip().splitlines()[-80:]))
    sys.stdout.flush()
    return result


def _summary(results: list[Result], seconds: float) -> int:
    failed = [result for result in results if result.code]
    lines = ["", f"{'step':<14}{'time':>8}  result", "-" * 34]
    lines += [f"{r.step.name:<14}{r.seconds:>6.1f} s  {'FAILED' if r.code else 'ok'}" for r in results]
    lines += [
        "-" * 34,
        f"{'all':<14}{seconds:>6.1f} s  {f'{len(failed)} of {len(results)} failed' if failed else 'ok'}",
    ]
    if failed:
        lines.append(f"One of them again: python3 tools/dev.py test --only {failed[0].step.name}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if failed else 0

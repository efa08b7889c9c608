"""Import-time budgets: how long `import partita.X` takes, against `[tool.partita] import_ms`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from repository import Package, Repository

__all__ = ("DEFAULT_MS", "main", "measure")

DEFAULT_MS = 60
YARDSTICK = (
    "asyncio",
    "email.message",
    "http.client",
    "logging.config",
    "multiprocessing.pool",
    "pdb",
    "tarfile",
    "unittest",
)
"""Modules of Python that are imported beside each package, to tell a slow machine from a slow package."""
YARDSTICK_MS = 60
"""What these take on the machine that the budgets are written for."""
CODE = """
import gc, importlib, sys, time
gc.disable()
for name in {before!r}: importlib.import_module(name)
start = time.process_time()
for name in {names!r}: importlib.import_module(name)
print(time.process_time() - start)
"""


def main(arguments: list[str] | None = None) -> int:
    """Measure the packages named, or all; 1 if one is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", nargs="*")
    options = parser.parse_args(arguments)
    over = 0
    for package in Repository().chosen(options.package):
        budget = float(package.settings.get("import_ms", DEFAULT_MS))
        taken = measure(package, 3)
        if taken > budget:  # perhaps the machine was busy
            taken = measure(package, 15)
        beyond = package.settings.get("import_beyond", [])
        note = f"beyond {', '.join(beyond)}" if beyond else ""
        verdict = "OVER" if taken > budget else ""
        over += taken > budget
        sys.stdout.write(f"{package.module:<22}{taken:7.1f} ms of {budget:3.0f}  {note}{verdict}\n")
    return int(over > 0)


def measure(package: Package, times: int) -> float:
    """Milliseconds that the import takes on the machine of the budgets: the least of `times` pairs of fresh interpreters.

    It is the processor's time that counts, without the interpreter's own start and without the garbage collector, whose passes over
    what was imported before fall on whatever happens to come next. One interpreter of each pair imports the yardstick: on a machine
    that is slower, or busy, both take longer.
    What `[tool.partita] import_beyond` lists (a library's own import) is imported before and does not count.
    """
    before = package.settings.get("import_beyond", [])
    _seconds(before, [package.module])  # Python compiles what it has not yet
    pairs = [(_seconds(before, [package.module]), _seconds([], YARDSTICK)) for _ in range(times)]
    return min(taken for taken, _ in pairs) / min(yardstick for _, yardstick in pairs) * YARDSTICK_MS


def _seconds(before: Sequence[str], names: Sequence[str]) -> float:
    # As users have it: with what Python compiled the first time.
    where = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", CODE.format(before=list(before), names=list(names))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=where)
    if done.returncode:
        raise SystemExit(f"import {names[0]} failed:\n{done.stderr}")
    return float(done.stdout)


if __name__ == "__main__":
    sys.exit(main())

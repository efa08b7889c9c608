"""Import-time budgets: how long `import partita.X` takes, against `[tool.partita] import_ms`."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

from repository import Package, Repository

__all__ = ("DEFAULT_MS", "main", "measure")

DEFAULT_MS = 60
CODE = """
import gc, importlib, sys, time
gc.disable()
for name in {before!r}: importlib.import_module(name)
start = time.process_time()
importlib.import_module({module!r})
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
        taken = statistics.median(measure(package, 5))
        if taken > budget:
            # The machine may have been busy: the quickest of many is what the import costs by itself.
            taken = min(measure(package, 9))
        beyond = package.settings.get("import_beyond", [])
        note = f"beyond {', '.join(beyond)}" if beyond else ""
        verdict = "OVER" if taken > budget else ""
        over += taken > budget
        sys.stdout.write(f"{package.module:<22}{taken:7.1f} ms of {budget:3.0f}  {note}{verdict}\n")
    return int(over > 0)


def measure(package: Package, times: int) -> list[float]:
    """Milliseconds that the import took in `times` fresh interpreters, without the interpreter's own start.

    It is the processor's time that counts, which other programs on the machine disturb less; without the garbage
    collector, whose passes over what was imported before fall on whatever happens to come next.
    What `[tool.partita] import_beyond` lists (a library's own import) is imported before and does not count.
    """
    code = CODE.format(before=package.settings.get("import_beyond", []), module=package.module)
    command = [sys.executable, "-c", code]
    # As users have it: with what Python compiled the first time.
    where = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, capture_output=True, check=False, env=where)
    taken = []
    for _ in range(times):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=where)
        if done.returncode:
            raise SystemExit(f"import {package.module} failed:\n{done.stderr}")
        taken.append(float(done.stdout) * 1000)
    return taken


if __name__ == "__main__":
    sys.exit(main())

"""mypy --strict and pyright over the packages, counted per package."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from repository import Package, Repository

__all__ = ("main",)

Command = tuple[list[str], Path]  # what to run, and in which folder


def main(arguments: list[str] | None = None) -> int:
    """Check the packages named, or all and the tools; 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checker", choices=["mypy", "pyright"])
    parser.add_argument("package", nargs="*")
    options = parser.parse_args(arguments)
    repository = Repository()
    packages = repository.chosen(options.package)
    runs = (_mypy if options.checker == "mypy" else _pyright)(repository, packages, tools=not options.package)
    where = repository.environment()
    where["MYPYPATH"] += os.pathsep + str(repository.root / "tools")
    output, failed = "", False
    for command, folder in runs:
        done = subprocess.run(command, cwd=folder, env=where, capture_output=True, text=True, check=False)
        output += done.stdout + done.stderr
        failed = failed or done.returncode != 0
    sys.stdout.write(output)
    wrong = Counter(re.findall(r"packages/([\w-]+)/\S+?:\d+.*?error", output))
    if wrong:
        sys.stdout.write("".join(f"{name}: {count} errors\n" for name, count in sorted(wrong.items())))
    return int(failed)


def _mypy(repository: Repository, packages: list[Package], *, tools: bool) -> list[Command]:
    command = [sys.executable, "-m", "mypy", "--config-file", str(repository.root / "pyproject.toml")]
    command.append("--no-error-summary")
    root = repository.root
    runs = [([*command, *(part for p in packages for part in ("-p", p.module))], root)]
    # Tests are named by their whole path, for files of different packages may have the same name.
    files = [file for p in packages for file in p.path.glob("tests/*.py")]
    if tools:
        files += [
            *root.glob("*.py"),
            *root.glob("tools/*.py"),
            *root.glob("tools/tests/*.py"),
            *root.glob("docs/tests/*.py"),
        ]
    if files:
        runs.append(([*command, *sorted(str(file.relative_to(root)) for file in files)], root))
    if tools:
        # A project as users have it; its benchmarks use frameworks that are not typed.
        runs += [
            ([*command, "--exclude", "^bench/", "."], folder.parent)
            for folder in sorted(root.glob("docs/examples/*/pyproject.toml"))
        ]
    return runs


def _pyright(repository: Repository, packages: list[Package], *, tools: bool) -> list[Command]:
    folders = [str((p.path / "src").relative_to(repository.root)) for p in packages]
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    return [([*command, *folders, *(["tools"] if tools else [])], repository.root)]


if __name__ == "__main__":
    sys.exit(main())

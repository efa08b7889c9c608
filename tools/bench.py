"""Run the benchmarks, and keep their figures in docs/benchmarks.md with ``--write``."""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

from repository import ROOT, Repository, distribution, peers

__all__ = ("main", "with_figures")

PAGE = ROOT / "docs" / "benchmarks.md"
PATTERNS = ("packages/*/bench/[!_]*.py", "docs/examples/*/bench/[!_]*.py")


def main(arguments: list[str] | None = None) -> int:
    """Run every benchmark (or those whose path contains a given word); 1 if one fails.

    A benchmark is a script in a folder ``bench`` that writes its figures to standard output, best as a Markdown table
    of ratios to peers, measured in one run on this machine.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="*", help="only benchmarks whose path contains one of these")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args(arguments)
    scripts = [script for pattern in PATTERNS for script in sorted(ROOT.glob(pattern))]
    names = [str(script.relative_to(ROOT)) for script in scripts]
    chosen = [name for name in names if not options.word or any(word in name for word in options.word)]
    if not chosen:
        raise SystemExit(f"No benchmark's path contains that. There are: {', '.join(names)}")
    _install_peers()
    failed: list[str] = []
    figures: dict[str, str] = {}
    for name in chosen:
        sys.stdout.write(f"\n==> {name}\n")
        sys.stdout.flush()
        done = subprocess.run([sys.executable, name], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        sys.stdout.write(done.stdout)
        if done.returncode:
            failed.append(name)
        else:
            figures[name] = done.stdout.strip()
    if options.write and figures:
        PAGE.write_text(with_figures(PAGE.read_text("utf-8"), figures), "utf-8")
    if failed:
        sys.stdout.write(f"Failed: {', '.join(failed)}\n")
    return int(bool(failed))


def _install_peers() -> None:
    """Install what is compared with, if it is not here: a checkout needs it for nothing else."""
    absent = [line for line in peers(Repository().settings()) if not _is_installed(distribution(line))]
    if absent:
        sys.stdout.write(f"==> Installing {len(absent)} libraries to compare with ...\n")
        sys.stdout.flush()
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), *absent]
        if subprocess.run(pip, check=False).returncode:
            raise SystemExit("pip could not install the libraries to compare with; its last lines are above.")


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def with_figures(page: str, figures: dict[str, str]) -> str:
    """The page with these figures by benchmark; those of benchmarks that did not run stay.

    Args:
        page: Markdown in which figures stand between the marks ``<!-- figures -->`` and ``<!-- end -->``.
        figures: What each benchmark wrote.
    """
    head, _, rest = page.partition("<!-- figures -->\n")
    kept, _, tail = rest.partition("<!-- end -->")
    sections = dict(re.findall(r"(?ms)^### (\S+)\n(.*?)(?=^### |\Z)", kept))
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    for name, text in figures.items():
        is_table = any(line.startswith("|") for line in text.splitlines())
        sections[name] = f"\n{machine}.\n\n" + (text if is_table else f"```text\n{text}\n```") + "\n\n"
    body = "".join(f"### {name}\n{text}" for name, text in sorted(sections.items()))
    return f"{head}<!-- figures -->\n{body}<!-- end -->{tail}"


if __name__ == "__main__":
    sys.exit(main())

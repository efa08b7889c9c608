"""A new package passes every check as it is made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import new_package
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CHECKS = [
    ("ruff", "format", "--check", "packages"),
    ("ruff", "check", "packages"),
    ("graph",),
    ("dependencies",),
    ("forbidden",),
    ("pins", "check"),
    ("api",),
    ("typecheck", "mypy", "alpha", "beta", "feeds"),
    ("typecheck", "pyright", "feeds"),
    ("import_time", "feeds"),
    ("pytest", "-q", "packages/feeds"),
]


def test_a_new_package_passes_every_check(tree: Path, run: Run) -> None:
    made = run("new_package", "feeds", "--floor", "3", "--description", 'Feeds, "RSS" and Atom.')
    assert made.returncode == 0, made.stderr
    for check in CHECKS:
        done = run(*check)
        assert done.returncode == 0, f"{check}\n{done.stdout}{done.stderr}"
    assert '"partita-feeds==0.1.0"' in (tree / "packages" / "partita" / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "floor", "expected"),
    [("Feeds", 3, "lower-case"), ("../feeds", 3, "lower-case"), ("alpha", 3, "there already"), ("feeds", 0, "Floor 0")],
)
def test_a_name_or_floor_that_cannot_be_is_refused(tree: Path, name: str, floor: int, expected: str) -> None:
    with pytest.raises(SystemExit, match=expected):
        new_package.create(tree, name, floor, "Something")

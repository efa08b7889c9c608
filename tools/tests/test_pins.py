"""The meta-package pins exactly what is here."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pins
from repository import Repository

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_version_that_moved_on_fails_until_the_pins_are_updated(tree: Path, run: Run) -> None:
    assert run("pins", "check").returncode == 0
    pyproject = tree / "packages" / "beta" / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace('"0.1.0"', '"0.1.1"'), "utf-8")
    done = run("pins", "check")
    assert done.returncode == 1
    assert "partita-beta==0.1.1 is missing" in done.stdout
    assert "partita-beta==0.1.0 is stale" in done.stdout
    assert run("pins", "update").returncode == 0
    assert run("pins", "check").returncode == 0


def test_extras_of_siblings_are_joined_and_extras_of_libraries_passed_on(tree: Path) -> None:
    pyproject = tree / "packages" / "beta" / "pyproject.toml"
    extras = (
        '[project.optional-dependencies]\nalpha = ["partita-alpha>=0.1,<0.2"]\nredis = ["redis>=5"]\n'
        'test = ["coverage"]\n\n[tool.hatch'
    )
    pyproject.write_text(pyproject.read_text("utf-8").replace("[tool.hatch", extras, 1), "utf-8")
    repository = Repository(tree)
    assert pins.dependencies(repository) == ["partita-alpha==0.1.0", "partita-beta[alpha]==0.1.0"]
    assert pins.extras(repository) == {"redis": ["partita-beta[redis]==0.1.0"]}
    assert pins.update(repository)
    assert Repository(tree).meta.extras == {"redis": ["partita-beta[redis]==0.1.0"]}
    assert Repository(tree).meta.floor == 7

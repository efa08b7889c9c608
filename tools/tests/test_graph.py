"""Imports that go up, sideways or to the application are found."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import graph
from repository import Repository

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_an_import_of_a_lower_floor_is_right_and_of_a_higher_one_wrong(tree: Path, run: Run) -> None:
    source = tree / "packages" / "{}" / "src" / "partita" / "{}" / "more.py"
    Path(str(source).format("beta", "beta")).write_text("import partita.alpha.errors\n", "utf-8")
    assert run("graph").returncode == 0
    Path(str(source).format("alpha", "alpha")).write_text("import partita.beta.errors\n", "utf-8")
    done = run("graph")
    assert done.returncode == 1
    assert "partita.alpha.more -> partita.beta.errors" in done.stdout


def test_packages_of_one_floor_are_independent_unless_an_extra_joins_them(tree: Path, run: Run) -> None:
    pyproject = tree / "packages" / "beta" / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace("floor = 2", "floor = 1"), "utf-8")
    (tree / "packages" / "beta" / "src" / "partita" / "beta" / "joint.py").write_text("import partita.alpha\n", "utf-8")
    assert "partita.beta.joint -> partita.alpha" in run("graph").stdout
    extra = '[project.optional-dependencies]\nalpha = ["partita-alpha>=0.1,<0.2"]\n\n[tool.hatch'
    pyproject.write_text(pyproject.read_text("utf-8").replace("[tool.hatch", extra, 1), "utf-8")
    done = run("graph")
    assert done.returncode == 0, done.stdout


def test_layers_name_every_package(repository: Repository) -> None:
    text = graph.configuration(repository)
    assert "layers =\n    partita.beta\n    partita.alpha\n" in text


def test_a_package_without_floor_or_with_foreign_modules_is_named(tree: Path) -> None:
    (tree / "packages" / "alpha" / "src" / "partita" / "gamma").mkdir()
    assert graph.missing_floors(Repository(tree)) == [
        "packages/alpha/src/partita/gamma: only src/partita/alpha belongs here"
    ]


def test_only_integration_modules_may_know_the_application() -> None:
    text = graph.configuration(Repository())
    assert "protected_modules =\n    partita.contracts.app" in text
    assert "    partita.web\n" in text
    assert "    partita.http\n" not in text.split("allowed_importers")[1]

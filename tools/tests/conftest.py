"""A small work tree of its own for tests of the tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1]
sys.path.append(str(TOOLS))

import new_package  # noqa: E402
from repository import Repository  # noqa: E402

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tools and of the meta-package, with two packages: `alpha` on floor 1 and `beta` on floor 2."""
    root = tmp_path / "tree"
    shutil.copytree(TOOLS, root / "tools", ignore=shutil.ignore_patterns("__pycache__", "tests"))
    for name in ("LICENSE", "pyproject.toml", "constraints.txt", "conftest.py", "CHANGELOG.md"):
        shutil.copy(TOOLS.parent / name, root / name)
    meta = root / "packages" / "partita"
    shutil.copytree(TOOLS.parent / "packages" / "partita", meta)
    new_package.create(root, "alpha", 1, "A first package")
    new_package.create(root, "beta", 2, "A second package")
    return root


@pytest.fixture
def repository(tree: Path) -> Repository:
    """The tree as the tools see it."""
    return Repository(tree)


@pytest.fixture
def run(tree: Path) -> Run:
    """Run one of the tree's tools, or a module, with its packages importable."""

    def call(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        sources = os.pathsep.join(str(path) for path in sorted(tree.glob("packages/*/src")))
        command = [sys.executable, f"tools/{name}.py"] if (tree / "tools" / f"{name}.py").exists() else []
        command = command or [sys.executable, "-m", name]
        return subprocess.run(
            [*command, *arguments],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": sources, "CI": "", **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return call

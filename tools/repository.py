"""The repository as the tools see it: its packages, and what their pyproject files say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

__all__ = ("META", "ROOT", "Package", "Repository", "canonical", "distribution", "interpreters")

ROOT = Path(__file__).resolve().parents[1]
META = "partita"  # the meta-package: no code, only pins


@dataclass(frozen=True)
class Package:
    """One folder under packages/."""

    path: Path

    @property
    def name(self) -> str:
        """The short name, such as ``orm``."""
        return self.path.name

    @property
    def module(self) -> str:
        """The name it is imported by, such as ``partita.orm``."""
        return f"partita.{self.name}"

    @property
    def source(self) -> Path:
        """The folder of its modules."""
        return self.path / "src" / "partita" / self.name

    @property
    def is_meta(self) -> bool:
        """Whether this is the meta-package, which has no code."""
        return self.name == META

    @property
    def pyproject_path(self) -> Path:
        """Its pyproject.toml."""
        return self.path / "pyproject.toml"

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """Its pyproject.toml, read once."""
        return tomllib.loads(self.pyproject_path.read_text("utf-8"))

    @property
    def distribution(self) -> str:
        """The name it is installed by, such as ``partita-orm``."""
        return str(self.pyproject["project"]["name"])

    @property
    def version(self) -> str:
        """The version, as ``[project]`` gives it."""
        return str(self.pyproject["project"]["version"])

    @property
    def settings(self) -> dict[str, Any]:
        """The table ``[tool.partita]``."""
        table: dict[str, Any] = self.pyproject.get("tool", {}).get("partita", {})
        return table

    @property
    def floor(self) -> int:
        """The floor it stands on: it may import lower ones only."""
        return int(self.settings["floor"])

    @property
    def dependencies(self) -> list[str]:
        """What it needs, as requirement strings."""
        return list(self.pyproject["project"].get("dependencies", []))

    @property
    def extras(self) -> dict[str, list[str]]:
        """What its extras need, as requirement strings by the extra's name."""
        return dict(self.pyproject["project"].get("optional-dependencies", {}))

    def modules(self) -> list[tuple[str, Path]]:
        """Every module with its file, in order of name."""
        found = []
        for file in self.source.rglob("*.py"):
            parts = ["partita", *file.relative_to(self.source.parent).with_suffix("").parts]
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), file))
        return sorted(found)


class Repository:
    """All packages of one work tree."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root

    @cached_property
    def packages(self) -> list[Package]:
        """The packages that have code, lowest floor first."""
        return sorted((p for p in self._all if not p.is_meta), key=lambda p: (p.floor, p.name))

    @cached_property
    def meta(self) -> Package:
        """The meta-package."""
        return next(p for p in self._all if p.is_meta)

    @cached_property
    def _all(self) -> list[Package]:
        files = sorted(self.root.glob("packages/*/pyproject.toml"))
        return [Package(file.parent) for file in files]

    @property
    def everything(self) -> list[Package]:
        """The packages with code, then the meta-package."""
        return [*self.packages, self.meta]

    def package(self, name: str) -> Package:
        """The package of that short name.

        Raises:
            SystemExit: With the names there are, if it is none of them.
        """
        for package in self.everything:
            if name in {package.name, package.distribution}:
                return package
        names = ", ".join(p.name for p in self.everything)
        raise SystemExit(f"There is no package {name!r}. There are: {names}")

    def chosen(self, names: list[str]) -> list[Package]:
        """The packages of those names; all that have code if there are none."""
        return [self.package(name) for name in names] if names else self.packages

    def settings(self) -> dict[str, Any]:
        """The repository's own pyproject.toml."""
        return tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))

    def environment(self) -> dict[str, str]:
        """The environment in which type checkers find every package's source."""
        sources = os.pathsep.join(str(p.path / "src") for p in self.packages)
        return {**os.environ, "MYPYPATH": sources}

    def third_party(self, *, everything: bool) -> list[str]:
        """Requirements that are not packages of this repository.

        Args:
            everything: With every extra and what developers need, else only what a plain install brings.
        """
        found: set[str] = set()
        for package in self.packages:
            found.update(package.dependencies)
            if everything:
                for requirements in package.extras.values():
                    found.update(requirements)
        groups = self.settings()["dependency-groups"]
        found.update(groups["build"] + (groups["dev"] if everything else []))
        ours = {canonical(p.distribution) for p in self.everything}
        return sorted(line for line in found if distribution(line) not in ours)


def peers(settings: dict[str, Any]) -> list[str]:
    """Requirements of the benchmarks: what partita is compared with, besides what developers have anyway."""
    return list(settings["dependency-groups"]["bench"])


def interpreters() -> dict[str, str]:
    """The Python interpreters on this machine that partita supports: paths by version, such as "3.12"."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for minor in range(11, 20):
        version = f"3.{minor}"
        candidates = [
            shutil.which(f"python{version}"),
            *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        for candidate in candidates:
            if candidate is not None and version not in found:
                works = subprocess.run([candidate, "-c", "import venv, ensurepip"], capture_output=True, check=False)
                if works.returncode == 0:
                    found[version] = str(candidate)
    return dict(sorted(found.items(), key=lambda item: int(item[0].split(".")[1])))


def canonical(name: str) -> str:
    """A distribution's name in the form that compares equal (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distribution(requirement: str) -> str:
    """The canonical name that a requirement string asks for."""
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement.strip())
    if found is None:
        raise ValueError(f"not a requirement: {requirement!r}")
    return canonical(found[0])

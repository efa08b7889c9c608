"""The house's floors as import-linter contracts, made from the pyproject files and checked."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from repository import Package, Repository, distribution

__all__ = ("configuration", "joins", "main", "missing_floors")


def main(arguments: list[str] | None = None) -> int:
    """Check the graph; 1 if an import goes up, sideways or to the application where it must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print the contracts instead of checking them")
    options = parser.parse_args(arguments)
    repository = Repository()
    strays = missing_floors(repository)
    if strays:
        sys.stdout.write("\n".join(strays) + "\n")
        return 1
    text = configuration(repository)
    if options.show:
        sys.stdout.write(text)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "importlinter.ini")
        config.write_text(text, "utf-8")
        command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
        command += ["--no-logo", "--config", str(config), "--cache-dir", str(repository.root / ".import_linter_cache")]
        return subprocess.run(command, cwd=repository.root, env=repository.environment(), check=False).returncode


def configuration(repository: Repository) -> str:
    """The contracts in import-linter's INI form.

    Packages of one floor are written `a | b`: independent of each other, except that modules which join two siblings
    may import what an extra of their package names. The list of layers is made from the folders, so a package cannot
    be left out of it.
    """
    floors: dict[int, list[str]] = defaultdict(list)
    for package in repository.packages:
        floors[package.floor].append(package.module)
    layers = [" | ".join(sorted(floors[floor])) for floor in sorted(floors, reverse=True)]
    by_name = {package.name for package in repository.packages}
    allowed = [f"{p.module}.integration" for p in repository.packages if (p.source / "integration.py").exists()]
    # web composes applications; contracts itself defines and tests them.
    allowed += [f"partita.{name}" for name in ("contracts", "web") if name in by_name]
    sections: dict[str, dict[str, str | list[str]]] = {
        "importlinter": {"root_packages": [package.module for package in repository.packages]},
        "importlinter:contract:floors": {
            "name": "A package imports only packages of lower floors",
            "type": "layers",
            "layers": layers,
            "ignore_imports": [
                f"{package.module}.** -> {sibling.module}{rest}"
                for package, sibling in joins(repository)
                for rest in ("", ".**")
            ],
            "unmatched_ignore_imports_alerting": "none",
        },
    }
    if "contracts" in by_name:
        sections["importlinter:contract:application"] = {
            "name": "Only integration modules and web know that an application exists",
            "type": "protected",
            "protected_modules": ["partita.contracts.app"],
            "allowed_importers": allowed,
        }
    lines = []
    for title, values in sections.items():
        lines.append(f"[{title}]")
        for key, value in values.items():
            lines.append(f"{key} =" + (f" {value}" if isinstance(value, str) else "".join(f"\n    {v}" for v in value)))
        lines.append("")
    return "\n".join(lines)


def joins(repository: Repository) -> list[tuple[Package, Package]]:
    """Pairs of packages on one floor, where an extra of the first names the second.

    Which modules may make use of it is checked by tools/dependencies.py: only those that importing the package
    itself does not import.
    """
    by_distribution = {package.distribution: package for package in repository.packages}
    found = []
    for package in repository.packages:
        wanted = {distribution(line) for extra, lines in package.extras.items() if extra != "test" for line in lines}
        siblings = [by_distribution[name] for name in sorted(wanted) if name in by_distribution]
        found += [(package, sibling) for sibling in siblings if sibling.floor == package.floor and sibling != package]
    return found


def missing_floors(repository: Repository) -> list[str]:
    """What keeps the layers from being complete, as sentences."""
    wrong = []
    pairs = {(package.name, sibling.name) for package, sibling in joins(repository)}
    wrong += [f"{a} and {b} name each other in extras: join them in one place" for a, b in pairs if (b, a) in pairs]
    for package in repository.packages:
        at = package.pyproject_path.relative_to(repository.root)
        if not isinstance(package.settings.get("floor"), int):
            wrong.append(f"{at}: [tool.partita] needs floor = N")
        for folder in (package.path / "src" / "partita").iterdir():
            if folder.name not in {package.name, "__pycache__"}:
                wrong.append(f"{folder.relative_to(repository.root)}: only src/partita/{package.name} belongs here")
        if package.distribution != f"partita-{package.name}":
            wrong.append(f"{at}: the name should be partita-{package.name}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())

"""The exact pins of the meta-package: write them anew, or check them."""

from __future__ import annotations

import argparse
import re
import sys

from repository import Package, Repository, canonical, distribution

__all__ = ("dependencies", "extras", "main", "update")


def main(arguments: list[str] | None = None) -> int:
    """`check` (1 if a pin is not the package's version) or `update`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["check", "update"])
    options = parser.parse_args(arguments)
    repository = Repository()
    if options.action == "update":
        changed = update(repository)
        sys.stdout.write("Pins written.\n" if changed else "The pins were right already.\n")
        return 0
    wanted, wanted_extras = dependencies(repository), extras(repository)
    if repository.meta.dependencies == wanted and repository.meta.extras == wanted_extras:
        return 0
    for line in sorted({*wanted} ^ {*repository.meta.dependencies}):
        sys.stdout.write(f"packages/partita/pyproject.toml: {line} is {'missing' if line in wanted else 'stale'}\n")
    sys.stdout.write("Run: python3 tools/pins.py update\n")
    return 1


def dependencies(repository: Repository) -> list[str]:
    """One exact pin a package, with the extras that only join packages of this repository."""
    ours = {canonical(p.distribution) for p in repository.everything}
    return [_pin(p, [e for e, wants in _public_extras(p).items() if _only(wants, ours)]) for p in repository.packages]


def extras(repository: Repository) -> dict[str, list[str]]:
    """The extras that bring third-party libraries, passed on under their own names."""
    ours = {canonical(p.distribution) for p in repository.everything}
    found: dict[str, list[str]] = {}
    for package in repository.packages:
        for extra, wants in _public_extras(package).items():
            if not _only(wants, ours):
                found.setdefault(extra, []).append(_pin(package, [extra]))
    return dict(sorted(found.items()))


def update(repository: Repository) -> bool:
    """Write the pins into the meta-package's pyproject.toml; whether anything changed."""
    path = repository.meta.pyproject_path
    before = path.read_text("utf-8")
    listed = "".join(f'    "{line}",\n' for line in dependencies(repository))
    after = re.sub(r"(?ms)^dependencies = \[.*?^\]\n", lambda _: f"dependencies = [\n{listed}]\n", before, count=1)
    table = "[project.optional-dependencies]\n"
    for extra, pins in extras(repository).items():
        quoted = ", ".join(f'"{pin}"' for pin in pins)
        table += f"{extra} = [{quoted}]\n"
    after = re.sub(r"(?ms)^\[project\.optional-dependencies\]\n.*?(?=^\[|\Z)", lambda _: table + "\n", after, count=1)
    path.write_text(after, "utf-8")
    return after != before


def _pin(package: Package, extras: list[str]) -> str:
    chosen = f"[{','.join(sorted(extras))}]" if extras else ""
    return f"{package.distribution}{chosen}=={package.version}"


def _public_extras(package: Package) -> dict[str, list[str]]:
    return {extra: wants for extra, wants in package.extras.items() if extra != "test"}


def _only(wants: list[str], ours: set[str]) -> bool:
    return all(distribution(want) in ours for want in wants)


if __name__ == "__main__":
    sys.exit(main())

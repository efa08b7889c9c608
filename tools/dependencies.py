"""Whether each package declares exactly the distributions that it imports."""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from repository import Package, Repository, canonical, distribution

__all__ = ("Import", "imports_of", "main", "problems")

TEST_TOOLS = {"pytest", "hypothesis"}  # every test environment has them


@dataclass(frozen=True)
class Import:
    """One imported module, and whether the importing module cannot be imported without it."""

    module: str
    line: int
    hard: bool  # at module level: not in a function, not for type checkers only, not in `try`


def main(arguments: list[str] | None = None) -> int:
    """Check the packages named, or all; 1 if a declaration and an import differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", nargs="*")
    options = parser.parse_args(arguments)
    repository = Repository()
    wrong = [line for package in repository.chosen(options.package) for line in problems(package, repository)]
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return int(bool(wrong))


def problems(package: Package, repository: Repository) -> list[str]:
    """What is wrong with one package's declarations, as sentences.

    The rules: what a module reachable from the package's ``__init__`` imports at its top must be a dependency.
    Other modules, and imports inside functions, `try` or ``TYPE_CHECKING``, may also use what an extra names.
    Tests may use all of that and the extra ``test``. A dependency that nothing imports must go, unless
    ``[tool.partita] not_imported`` lists it: what only the package's templates use, for instance. Migrations are
    loaded by partita-migrations alone, so they may import it.
    """
    owners = _owners(repository)
    declared = {distribution(line) for line in package.dependencies}
    optional = {distribution(line) for e, lines in package.extras.items() if e != "test" for line in lines}
    wrong, used = [], set()
    found = {name: list(imports_of(file)) for name, file in package.modules()}
    core = _reachable(package.module, found)
    for name, file in package.modules():
        at = file.relative_to(repository.root)
        for item in found[name]:
            owner = _owner(item.module, owners)
            if owner is None or owner == package.distribution:
                continue
            if owner == "partita-migrations" and file.parent.name == "migrations":
                continue
            used.add(owner)
            if owner in declared or (owner in optional and not (item.hard and name in core)):
                continue
            where = "as a dependency: an extra will not do for what `import` of the package needs"
            wrong.append(f"{at}:{item.line}: {item.module} needs {owner} {where if owner in optional else ''}".rstrip())
    unused = declared - used - set(package.settings.get("not_imported", []))
    at = package.pyproject_path.relative_to(repository.root)
    wrong += [f"{at}: {name} is declared, but nothing imports it" for name in sorted(unused)]
    if package.floor == 0 and declared:
        wrong.append(f"{at}: floor 0 stands on the standard library alone")
    return wrong + _test_problems(package, repository, owners, declared | optional)


def imports_of(file: Path) -> Iterator[Import]:
    """Every import statement of a file, wherever it stands."""
    tree = ast.parse(file.read_text("utf-8"), str(file))
    yield from _walk(tree, hard=True)


def _walk(node: ast.AST, *, hard: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import():
                yield from (Import(alias.name, child.lineno, hard) for alias in child.names)
            case ast.ImportFrom(level=0, module=str(module)):
                if module == "partita" or module.startswith("partita."):
                    yield from (Import(f"{module}.{alias.name}", child.lineno, hard) for alias in child.names)
                else:
                    yield Import(module, child.lineno, hard)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.Try():
                yield from _walk(child, hard=False)
            case ast.If(test=test) if "TYPE_CHECKING" in ast.unparse(test):
                yield from _walk(child, hard=False)
            case _:
                yield from _walk(child, hard=hard)


def _reachable(start: str, found: dict[str, list[Import]]) -> set[str]:
    """Modules of the package that importing `start` imports, too."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        name = todo.pop()
        if name in seen or name not in found:
            continue
        seen.add(name)
        for item in found[name]:
            if item.hard:
                parts = item.module.split(".")
                todo += [".".join(parts[: length + 1]) for length in range(len(parts))]
    return seen


def _test_problems(package: Package, repository: Repository, owners: dict[str, str], allowed: set[str]) -> list[str]:
    allowed = allowed | {distribution(line) for line in package.extras.get("test", [])} | TEST_TOOLS
    wrong = []
    tests = package.path / "tests"
    local = {file.stem for file in tests.rglob("*.py")} | {
        folder.name for folder in tests.rglob("*") if folder.is_dir()
    }
    for file in sorted(tests.rglob("*.py")):
        for item in imports_of(file):
            owner = _owner(item.module, owners)
            if (
                owner is None
                or owner == package.distribution
                or owner in allowed
                or item.module.partition(".")[0] in local
            ):
                continue
            if " " in owner and not item.hard:
                continue  # a module that the test itself makes
            at = file.relative_to(repository.root)
            wrong.append(f"{at}:{item.line}: {item.module} needs {owner} in the extra `test`")
    return wrong


def _owner(module: str, owners: dict[str, str]) -> str | None:
    """The distribution a module comes from; None for the standard library and for unknown local modules."""
    parts = module.split(".")
    if parts[0] in sys.stdlib_module_names:
        return None
    for length in range(len(parts), 0, -1):
        owner = owners.get(".".join(parts[:length]))
        if owner:
            return owner
    return f"a distribution that brings `{parts[0]}` (none is installed)"


def _owners(repository: Repository) -> dict[str, str]:
    owners: dict[str, str] = {}
    for module, names in importlib.metadata.packages_distributions().items():
        if module == "partita":
            continue
        owners[module] = canonical(names[0])
        if len(set(names)) > 1:  # a namespace, such as google: who owns what below it is told by the files
            for name in set(names):
                for file in importlib.metadata.files(name) or ():
                    if file.name == "__init__.py":
                        owners[".".join(file.parent.parts)] = canonical(name)
    owners |= {package.module: package.distribution for package in repository.packages}
    return owners


if __name__ == "__main__":
    sys.exit(main())

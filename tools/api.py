"""The public API of each package as text in docs/api/, compared with the code, so that no change slips in unseen."""

from __future__ import annotations

import argparse
import ast
import difflib
import sys
from collections.abc import Iterator

from repository import Package, Repository

__all__ = ("describe", "main")


def main(arguments: list[str] | None = None) -> int:
    """Compare with docs/api (1 if they differ), or write it anew with ``--update``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("package", nargs="*")
    parser.add_argument("--update", action="store_true", help="write the files")
    options = parser.parse_args(arguments)
    repository = Repository()
    folder = repository.root / "docs" / "api"
    folder.mkdir(parents=True, exist_ok=True)
    differ = 0
    for package in repository.chosen(options.package):
        file = folder / f"{package.name}.txt"
        before = file.read_text("utf-8") if file.exists() else ""
        after = describe(package)
        if before == after:
            continue
        if options.update:
            file.write_text(after, "utf-8")
            sys.stdout.write(f"Wrote docs/api/{file.name}\n")
            continue
        differ += 1
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"docs/api/{file.name}", "the code", lineterm="", n=1
        )
        sys.stdout.write("\n".join(lines) + "\n")
    if not options.package:
        known = {f"{package.name}.txt" for package in repository.packages}
        for stray in sorted(path for path in folder.glob("*.txt") if path.name not in known):
            sys.stdout.write(f"docs/api/{stray.name}: there is no such package any more\n")
            differ += 1
    if differ:
        sys.stdout.write("If that is meant: python3 tools/api.py --update, and a news fragment for users.\n")
    return int(differ > 0)


def describe(package: Package) -> str:
    """Every public name of every public module, with signatures, read from the source without running it."""
    lines = [f"# Public API of {package.distribution}; written by tools/api.py"]
    for name, file in package.modules():
        if any(part.startswith("_") for part in name.split(".")):
            continue
        tree = ast.parse(file.read_text("utf-8"))
        names = _exported(tree)
        if names:
            lines += ["", name]
            lines += [f"    {line}" for public in sorted(names) for line in _one(public, tree)]
    return "\n".join(lines) + "\n"


def _exported(tree: ast.Module) -> list[str]:
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.Tuple(elts=items) | ast.List(elts=items)):
                return [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return []


def _one(name: str, tree: ast.Module) -> Iterator[str]:
    found = False
    for node in _statements(tree.body):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node.name == name:
                yield _signature(node)
            case ast.ClassDef() if node.name == name:
                yield from _class(node)
            case ast.AnnAssign(target=ast.Name(id=target)) if target == name:
                yield f"{name}: {ast.unparse(node.annotation)}"
            case ast.Assign(targets=targets) if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                yield f"{name} = {_short(node.value)}"
            case ast.ImportFrom(module=str(module)) if any((a.asname or a.name) == name for a in node.names):
                yield f"{name} from {module}"
            case _:
                continue
        found = True
    if not found:
        yield f"{name} (made at run time)"


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _statements([*node.body, *node.orelse])


def _class(node: ast.ClassDef) -> Iterator[str]:
    bases = ", ".join([*map(ast.unparse, node.bases), *(f"{k.arg}={ast.unparse(k.value)}" for k in node.keywords)])
    yield f"class {node.name}({bases})" if bases else f"class {node.name}"
    for item in _statements(node.body):
        match item:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if _is_public(item.name):
                decorators = [ast.unparse(decorator) for decorator in item.decorator_list]
                if any(decorator.endswith((".setter", ".deleter")) for decorator in decorators):
                    continue
                marks = "".join(f"@{d} " for d in decorators if d in _MARKS)
                yield f"    {marks}{_signature(item)}"
            case ast.AnnAssign(target=ast.Name(id=target)) if _is_public(target):
                default = f" = {_short(item.value)}" if item.value is not None else ""
                yield f"    {target}: {ast.unparse(item.annotation)}{default}"
            case ast.Assign(targets=[ast.Name(id=target)]) if not target.startswith("_"):
                yield f"    {target} = {_short(item.value)}"


_MARKS = {"property", "classmethod", "staticmethod", "cached_property", "functools.cached_property", "overload"}
_SPECIAL = {"__init__", "__call__", "__getitem__", "__iter__", "__len__", "__contains__", "__enter__", "__aenter__"}


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name in _SPECIAL


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{kind} {node.name}({ast.unparse(node.args)}){returns}"


def _short(value: ast.expr) -> str:
    text = " ".join(ast.unparse(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


if __name__ == "__main__":
    sys.exit(main())

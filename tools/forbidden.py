"""Words and constructs that must not stay in the repository."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from repository import Repository

__all__ = ("in_python", "in_text", "main")

SUFFIXES = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".cfg", ".html", ".css", ".js", ".sh", ".po", ".run"}
# Written in two pieces, so that this file passes its own check.
WORDS = {
    re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"): "unfinished work belongs in an issue",
    re.compile(
        r"/wor" r"k/(main|scratch|shared)|\.\./shar" r"ed\b|/root/\.|/ho" r"me/runner/"
    ): "a path of one machine",
    re.compile(r"(--(extra-)?index-u" r"rl|index-u" r"rl\s*=)"): "the address of a package index",
}


def main() -> int:
    """Look through every file that git knows or would add; 1 if anything is found."""
    repository = Repository()
    root = repository.root
    wrong = []
    for path in _files(root):
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        at = path.relative_to(root)
        wrong += [f"{at}:{line}: {why}" for line, why in in_text(text)]
        if path.suffix == ".py":
            wrong += [f"{at}:{line}: {why}" for line, why in in_python(text, in_source="src" in at.parts)]
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return int(bool(wrong))


def in_text(text: str) -> Iterator[tuple[int, str]]:
    """Lines with a forbidden word, and why it is forbidden."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, why in WORDS.items():
            found = pattern.search(line)
            if found:
                yield number, f"{found[0]!r}: {why}"


def in_python(text: str, *, in_source: bool) -> Iterator[tuple[int, str]]:
    """Lines with a forbidden construct.

    Args:
        text: A module's source.
        in_source: Whether it is a package's own code, where nothing may print.
    """
    tree = ast.parse(text)
    abstract = {id(node) for parent in ast.walk(tree) if _is_abstract(parent) for node in ast.walk(parent)}
    for node in ast.walk(tree):
        match node:
            case ast.ExceptHandler(type=None):
                yield node.lineno, "a bare `except:`: name what is caught"
            case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
                if id(node) not in abstract:
                    yield node.lineno, "NotImplementedError outside an abstract method"
            case ast.Call(func=ast.Name(id="print")) if in_source:
                yield node.lineno, "print: write to a stream that was passed in, or log"


def _is_abstract(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        "abstractmethod" in ast.unparse(decorator) for decorator in node.decorator_list
    )


def _files(root: Path) -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=False)
    if listed.returncode:  # an unpacked archive has no .git
        found = [p for p in root.rglob("*") if not any(part.startswith(".venv") for part in p.parts)]
    else:
        found = [root / name.decode() for name in listed.stdout.split(b"\0") if name]
    return sorted(p for p in found if p.is_file() and (p.suffix in SUFFIXES or p.name == "run"))


if __name__ == "__main__":
    sys.exit(main())

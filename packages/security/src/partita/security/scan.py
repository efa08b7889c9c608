"""Looks for weaknesses in a project's own code: the idioms of this framework used so that visitors decide too much.

It follows values from the request through each function, and reports where they arrive unchecked. It runs nothing and imports nothing of
what it reads. ``# scan: ignore[S101]`` at the end of a line says that somebody has looked at it.
"""

import ast
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

import msgspec

from partita.security.scan_rules import RULES, Rule, faults

__all__ = ("RULES", "Rule", "Weakness", "scan", "scan_source")

_LARGEST = 1_048_576  # bytes; whatever is larger was made by a program
_IGNORED = re.compile(r"#\s{0,4}scan:\s{0,4}ignore\[([S0-9, ]{1,80})\]")
_SKIPPED = frozenset({"__pycache__", "conftest.py", "node_modules", "site-packages", "tests", "venv"})
_UNREADABLE = Rule(
    "S100",
    "unreadable",
    "This file cannot be read as Python, so nothing is known about it.",
    "Mend it, or leave it out.",
)


class Weakness(msgspec.Struct, frozen=True, order=True):
    """One finding.

    Args:
        path: Of the file, as it was given.
        line: From 1.
        column: From 1.
        code: Of the rule.
        name: Of the rule.
        text: What may happen.
        hint: What to write instead.
    """

    path: str
    line: int
    column: int
    code: str
    name: str
    text: str
    hint: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.name}: {self.text} {self.hint}"


def scan(places: Iterable[Path | str]) -> Iterator[Weakness]:
    """Give what is found in files, and in all files of folders below.

    Folders whose names begin with a full stop, virtual environments and what npm brought are left out, as are tests, which no visitor
    reaches; symbolic links are not followed.

    Raises:
        FileNotFoundError: If there is no such place.
    """
    for place in map(Path, places):
        if not place.exists():
            raise FileNotFoundError(f"There is nothing at {str(place)!r} to scan.")
        for path in [place] if place.is_file() else _files(place):
            with path.open("rb") as file:
                source = file.read(_LARGEST + 1)
            yield from scan_source(source, str(path))


def scan_source(source: bytes | str, path: str = "<text>") -> list[Weakness]:
    """Return what is found in the text of one module; what is no Python gives one finding that says so."""
    raw = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(raw) > _LARGEST:
        return [_weakness(path, 1, 1, _UNREADABLE)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is read, such as "\d" in a text
            tree = ast.parse(raw, path)
        found = faults(tree)
        ignored = _ignored(raw)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
        return [_weakness(path, getattr(error, "lineno", None) or 1, 1, _UNREADABLE)]
    return [
        _weakness(path, each.line, each.column, each.rule)
        for each in found
        if each.rule.code not in ignored.get(each.line, frozenset())
    ]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith(".") or path.name in _SKIPPED:
            continue
        if path.is_dir():
            if not (path / "pyvenv.cfg").exists():
                yield from _files(path)
        elif path.suffix == ".py":
            yield path


def _ignored(raw: bytes) -> dict[int, frozenset[str]]:
    if b"scan:" not in raw:
        return {}
    found: dict[int, frozenset[str]] = {}
    for token in tokenize.tokenize(BytesIO(raw).readline):
        if token.type == tokenize.COMMENT and (said := _IGNORED.search(token.string)) is not None:
            found[token.start[0]] = frozenset(each.strip() for each in said[1].split(","))
    return found


def _weakness(path: str, line: int, column: int, rule: Rule) -> Weakness:
    return Weakness(path, line, column, rule.code, rule.name, rule.text, rule.hint)

"""Trees of settings as they stand in one source, each value with its origin."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias, Union

import msgspec

from partita.config.dotenv import parse_dotenv
from partita.config.errors import Problem, SettingsError

__all__ = ("Leaf", "Node", "from_dotenv", "from_environment", "from_secret_files", "from_toml", "merge", "plain")

_LARGEST = 1_048_576  # bytes of one file; more is a mistake in the path


class Leaf(msgspec.Struct, frozen=True):
    """One value and its origin."""

    value: object
    source: str
    text: bool
    """Whether it is text that stands for another type, as in the environment."""
    shared: bool
    """Whether its source belongs to others too, so that a name we do not know is no mistake."""


Node: TypeAlias = Union["dict[str, Node]", "list[Node]", Leaf]


def from_toml(path: Path) -> dict[str, Node]:
    """Read a TOML file.

    Raises:
        SettingsError: If it cannot be read or is not TOML.
    """
    import tomllib  # settings may come from elsewhere

    try:
        values = tomllib.loads(_read(path))
    except (OSError, ValueError) as error:
        raise SettingsError((Problem(str(path), _reason(error)),)) from None
    tree = _nodes(values, Leaf(None, path.name, text=False, shared=False))
    assert isinstance(tree, dict)
    return tree


def from_dotenv(path: Path, prefix: str) -> dict[str, Node]:
    """Read a ``.env`` file; if there is none, it is empty.

    Raises:
        SettingsError: If it cannot be read or a line has the wrong form.
    """
    try:
        entries = parse_dotenv(_read(path))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError((Problem(str(path), _reason(error)),)) from None
    return _from_names(
        ((name, entry.value, f"{path.name} line {entry.line}") for name, entry in entries.items()), prefix
    )


def from_environment(environ: Mapping[str, str], prefix: str) -> dict[str, Node]:
    """Read environment variables, ``PARTITA_DATABASES__DEFAULT`` as ``databases.default``."""
    return _from_names(((name, value, name) for name, value in environ.items()), prefix)


def from_secret_files(folder: Path, prefix: str) -> dict[str, Node]:
    """Read a folder that holds one value a file, named like the setting (Docker and Kubernetes mount them so).

    Raises:
        SettingsError: If a file cannot be read.
    """
    found: list[tuple[str, str, str]] = []
    problems: list[Problem] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or not path.is_file():
            continue  # Kubernetes keeps ..data and the like beside the files
        name = path.name if path.name.upper().startswith(prefix) else prefix + path.name
        try:
            found.append((name.upper(), _read(path).removesuffix("\n").removesuffix("\r"), str(path)))
        except (OSError, ValueError) as error:
            problems.append(Problem(str(path), _reason(error)))
    if problems:
        raise SettingsError(tuple(problems))
    return _from_names(found, prefix, shared=True)


def merge(lower: dict[str, Node], upper: dict[str, Node]) -> dict[str, Node]:
    """Lay one tree over another: tables are joined name by name, all else is replaced."""
    joined = dict(lower)
    for name, node in upper.items():
        below = lower.get(name)
        joined[name] = merge(below, node) if isinstance(below, dict) and isinstance(node, dict) else node
    return joined


def plain(node: Node) -> object:
    """Return the values without their origin."""
    if isinstance(node, dict):
        return {name: plain(child) for name, child in node.items()}
    if isinstance(node, list):
        return [plain(child) for child in node]
    return node.value


def _from_names(found: Iterable[tuple[str, str, str]], prefix: str, *, shared: bool | None = None) -> dict[str, Node]:
    shared = not prefix if shared is None else shared
    tree: dict[str, Node] = {}
    problems: list[Problem] = []
    for name, value, source in sorted(found):
        if not name.startswith(prefix):
            continue
        *tables, last = name[len(prefix) :].lower().split("__")
        place = tree
        for table in tables:
            below = place.setdefault(table, {})
            if not isinstance(below, dict):
                break
            place = below
        else:
            if last not in place:
                place[last] = Leaf(value, source, text=True, shared=shared)
                continue
        if not shared:
            problems.append(Problem(source, "its table is also set as a whole; keep one of the two"))
    if problems:
        raise SettingsError(tuple(problems))
    return tree


def _nodes(value: object, origin: Leaf) -> Node:
    if isinstance(value, dict):
        return {name: _nodes(child, origin) for name, child in value.items()}
    if isinstance(value, list):
        return [_nodes(child, origin) for child in value]
    return Leaf(value, origin.source, origin.text, origin.shared)


def _read(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST} bytes")
    return raw.decode()


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"  # the error itself would show the bytes
    if isinstance(error, OSError):
        return os.strerror(error.errno) if error.errno else "it cannot be read"
    return str(error)  # tomllib and our own grammar name the place, not the text

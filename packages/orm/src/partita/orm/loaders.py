"""Functions, generated for exactly one list of columns, that turn rows into instances, dictionaries or tuples."""

import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from partita.orm.fields.base import Converter
from partita.orm.state import State

__all__ = ("Cell", "Loader", "Node", "instance_loader", "tuple_loader", "values_loader")

Loader = Callable[[Sequence[Any], Any], list[Any]]
"""Takes rows and the database they came from."""


class Cell(NamedTuple):
    """One column of a row and where its value goes."""

    place: int
    name: str
    convert: Converter | None
    parts: "tuple[Cell, ...]" = ()  # of a key that is made of several columns


class Node(NamedTuple):
    """One instance made out of a row, with those related to it."""

    model: Any
    cells: list[Cell]
    key: int
    cache_name: str
    back_name: str | None
    children: "list[Node]"


def instance_loader(root: Node, extra: Sequence[Cell], width: int) -> Loader:
    """Return a loader of instances.

    Args:
        root: The model and what is related to it.
        extra: Annotations.
        width: Columns in a row.
    """
    names: dict[str, Any] = {"new": object.__new__, "State": State, "ref": weakref.ref}
    head: list[str] = []
    body: list[str] = []
    tracked: list[str] = []
    _write_node(root, extra, "0", names, head, body, tracked)
    columns = "".join(f"c{index}, " for index in range(width))
    lines = [
        "def load(rows, database):",
        *head,
        "    out = []",
        f"    for {columns}in rows:",
        *body,
        "        out.append(o0)",
    ]
    lines.append("    if len(out) > 1:")
    lines.extend(tracked)
    lines.append("    return out")
    return _made(lines, names)


def _write_node(
    node: Node,
    extra: Sequence[Cell],
    number: str,
    names: dict[str, Any],
    head: list[str],
    body: list[str],
    tracked: list[str],
) -> None:
    parts = [f"'_s': s{number}"]
    names[f"k{number}"] = node.model
    head.append(f"    s{number} = State(database)")
    for cell in (*node.cells, *extra):
        parts.append(f"{cell.name!r}: {_value(cell, names)}")
    indent = "        "
    for place, child in enumerate(node.children):
        inner = f"{number}_{place}"
        body.append(f"{indent}if c{child.key} is None:")
        body.append(f"{indent}    o{inner} = None")
        body.append(f"{indent}else:")
        nested: list[str] = []
        _write_node(child, (), inner, names, head, nested, tracked)
        body.extend(f"    {line}" for line in nested)
        parts.append(f"{child.cache_name!r}: o{inner}")
    if node.model._has_own_from_db():
        cells = [cell.name for cell in node.cells]
        values = ", ".join(_value(cell, names) for cell in node.cells)
        body.append(f"{indent}o{number} = k{number}.from_db(database.alias, {cells!r}, [{values}])")
        body.append(f"{indent}o{number}.__dict__.update({{{', '.join(parts)}}})")
    else:
        body.append(f"{indent}o{number} = new(k{number})")
        body.append(f"{indent}o{number}.__dict__ = {{{', '.join(parts)}}}")
    for place, child in enumerate(node.children):
        if child.back_name is not None:
            body.append(f"{indent}if o{number}_{place} is not None:")
            body.append(f"{indent}    o{number}_{place}.__dict__[{child.back_name!r}] = o{number}")
    if number == "0":
        tracked.append("        s0.peers = tuple(map(ref, out))" if node.model._wants_peers() else "        pass")


def values_loader(cells: Sequence[Cell], width: int) -> Loader:
    """Return a loader of dictionaries."""
    names: dict[str, Any] = {}
    columns = "".join(f"c{index}, " for index in range(width))
    inside = ", ".join(f"{cell.name!r}: {_value(cell, names)}" for cell in cells)
    return _made(["def load(rows, database):", f"    return [{{{inside}}} for {columns}in rows]"], names)


def tuple_loader(cells: Sequence[Cell], width: int) -> Loader:
    """Return a loader of tuples."""
    names: dict[str, Any] = {}
    if all(cell.convert is None and not cell.parts for cell in cells):
        return _as_they_come
    columns = "".join(f"c{index}, " for index in range(width))
    inside = "".join(f"{_value(cell, names)}, " for cell in cells)
    return _made(["def load(rows, database):", f"    return [({inside}) for {columns}in rows]"], names)


def _as_they_come(rows: Sequence[Any], database: Any) -> list[Any]:
    if rows and type(rows[0]) is not tuple:  # a driver's own kind of row
        return [tuple(row) for row in rows]
    return rows if type(rows) is list else list(rows)


def _value(cell: Cell, names: dict[str, Any]) -> str:
    if cell.parts:
        return f"({''.join(f'{_value(part, names)}, ' for part in cell.parts)})"
    if cell.convert is None:
        return f"c{cell.place}"
    names[f"f{cell.place}"] = cell.convert
    return f"None if c{cell.place} is None else f{cell.place}(c{cell.place})"


@lru_cache(512)
def _code(source: str) -> CodeType:
    return compile(source, "<partita.orm row loader>", "exec")


def _made(lines: list[str], names: dict[str, Any]) -> Loader:
    # Names of fields and aliases stand in the source as quoted literals only.
    exec(_code("\n".join(lines)), names)
    loader: Loader = names["load"]
    return loader

"""Functions, generated for exactly one list of columns, that turn rows into instances, dictionaries or tuples."""

import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

import msgspec

from partita.orm.blanks import blank_class
from partita.orm.fields.base import Converter
from partita.orm.fields.converters import InlineConverter
from partita.orm.state import Joined, State

__all__ = ("Cell", "Loader", "Node", "instance_loader", "tuple_loader", "values_loader")

Loader = Callable[..., list[Any]]
"""Takes rows and the database they came from; for instances also whether these are to know one another, as they do else."""


class Cell(msgspec.Struct, frozen=True):
    """One column of a row and where its value goes."""

    place: int
    name: str
    convert: Converter | None
    parts: "tuple[Cell, ...]" = ()  # of a key that is made of several columns


class Node(msgspec.Struct, frozen=True):
    """One instance made out of a row, with those related to it."""

    model: Any
    cells: list[Cell]
    key: int
    cache_name: str
    back_name: str | None
    children: "list[Node]"
    optional: bool = True  # for a related one, whether there may be none


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
    _write_node(root, extra, "0", names, head, body)
    columns = "".join(f"c{index}, " for index in range(width))
    lines = [
        "def load(rows, database, acquainted=True):",
        *head,
        "    out = []",
        f"    for {columns}in rows:",
        *body,
        "        out.append(o0)",
    ]
    wanting = list(_wanting(root, "0", ()))
    if wanting:
        names["Joined"] = Joined
        lines.append("    if acquainted and len(out) > 1:")
        lines.append("        roots = tuple(map(ref, out))")
        lines.extend(
            f"        s{number}.peers = {f'Joined(roots, {way!r})' if way else 'roots'}" for number, way in wanting
        )
    lines.append("    return out")
    return _made(lines, names)


def _wanting(node: Node, number: str, way: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the numbers of those whose rows have to know one another, with the relations that lead to them."""
    loaded = [child.cache_name for child in node.children]
    if node.model._wants_peers(loaded, whole=len(node.cells) == len(node.model._meta.fields)):
        yield number, way
    for place, child in enumerate(node.children):
        yield from _wanting(child, f"{number}_{place}", (*way, child.cache_name))


def _write_node(
    node: Node,
    extra: Sequence[Cell],
    number: str,
    names: dict[str, Any],
    head: list[str],
    body: list[str],
) -> None:
    model = node.model
    names[f"k{number}"] = model
    head.append(f"    s{number} = State(database)")
    values = [("_s", f"s{number}")]
    values.extend((cell.name, _value(cell, names)) for cell in (*node.cells, *extra))
    indent = "        "
    for place, child in enumerate(node.children):
        inner = f"{number}_{place}"
        nested: list[str] = []
        _write_node(child, (), inner, names, head, nested)
        if child.optional:
            body.append(f"{indent}if c{child.key} is None:")
            body.append(f"{indent}    o{inner} = None")
            body.append(f"{indent}else:")
            nested = [f"    {line}" for line in nested]
        body.extend(nested)
        values.append((child.cache_name, f"o{inner}"))
    if model._has_own_from_db():
        cells = [cell.name for cell in node.cells]
        given = ", ".join(_value(cell, names) for cell in node.cells)
        body.append(f"{indent}o{number} = k{number}.from_db(database.alias, {cells!r}, [{given}])")
        beside = [values[0], *values[1 + len(cells) :]]  # the fields are as it left them
        body.append(f"{indent}o{number}.__dict__.update({_dictionary(beside)})")
    elif (blank := blank_class(model, [name for name, _ in values], model._meta.cache_names)) is not None:
        names[f"b{number}"] = blank
        body.append(f"{indent}o{number} = b{number}()")
        body.extend(f"{indent}o{number}.{name} = {value}" for name, value in values)
        body.append(f"{indent}o{number}.__class__ = k{number}")
    else:
        body.append(f"{indent}o{number} = new(k{number})")
        body.append(f"{indent}o{number}.__dict__ = {_dictionary(values)}")
    for place, child in enumerate(node.children):
        if child.back_name is not None:
            test = f"if o{number}_{place} is not None: " if child.optional else ""
            body.append(f"{indent}{test}o{number}_{place}.__dict__[{child.back_name!r}] = o{number}")


def _dictionary(values: Sequence[tuple[str, str]]) -> str:
    return f"{{{', '.join([f'{name!r}: {value}' for name, value in values])}}}"


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
    name, convert = f"c{cell.place}", f"f{cell.place}"
    names[convert] = cell.convert
    if isinstance(cell.convert, InlineConverter):
        names.update(cell.convert.names)
        return f"None if {name} is None else {cell.convert.written(name, convert)}"
    return f"None if {name} is None else {convert}({name})"


@lru_cache(512)
def _code(source: str) -> CodeType:
    return compile(source, "<partita.orm row loader>", "exec")


def _made(lines: list[str], names: dict[str, Any]) -> Loader:
    # Names of fields and aliases stand in the source as quoted literals, or where a blank object takes them, as plain
    # ASCII identifiers.
    exec(_code("\n".join(lines)), names)
    loader: Loader = names["load"]
    return loader

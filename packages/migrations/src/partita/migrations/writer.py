"""Migrations as files that people read and change."""

from collections.abc import Mapping, Sequence
from typing import Any

from partita.migrations.migration import Migration
from partita.migrations.operations import Operation
from partita.migrations.serializer import Source, source

__all__ = ("write",)

_WIDTH = 120
_STEP = "    "


def write(migration: Migration) -> str:
    """Return the source of a file that holds ``migration``.

    Raises:
        NotWritable: If a value in it has no source.
    """
    imports: set[str] = set()
    operations = [_operation(operation, 2, imports) for operation in migration.operations]
    kind = type(migration)
    if not kind.__module__.startswith("partita.") and kind.__module__ != "types":
        imports.discard(f"import {kind.__module__}")
    head = [line for line in sorted(imports) if line.startswith("import ")]
    names = {"migrations", *(line.removeprefix("from partita import ") for line in imports if line.startswith("from "))}
    lines = [f'"""{migration.app_label}: {migration.name[5:].replace("_", " ") or migration.name}."""', ""]
    if head:
        lines += [*head, ""]
    lines += [f"from partita import {', '.join(sorted(names))}", "", "", "class Migration(migrations.Migration):"]
    if migration.initial:
        lines.append(f"{_STEP}initial = True")
    lines.append(f"{_STEP}dependencies = {_list([source(key).text for key in migration.dependencies], 1)}")
    lines.append(f"{_STEP}operations = {_list(operations, 1, broken=True)}")
    return "\n".join(lines) + "\n"


def _operation(operation: Operation, depth: int, imports: set[str]) -> str:
    name, arguments = operation.deconstruct()
    kind = type(operation)
    if kind.__module__.startswith("partita.migrations."):
        called = f"migrations.{name}"
    else:
        called = f"{kind.__module__}.{kind.__qualname__}"
        imports.add(f"import {kind.__module__}")
    parts = [f"{key}={_value(value, depth + 1, imports)}" for key, value in arguments.items()]
    return _wrapped(called, parts, depth)


def _value(value: Any, depth: int, imports: set[str]) -> str:
    if isinstance(value, Operation):
        return _operation(value, depth, imports)
    if isinstance(value, list) and value:
        return _list([_value(item, depth + 1, imports) for item in value], depth, broken=True)
    if isinstance(value, Mapping) and value:
        return _table({str(key): _value(item, depth + 1, imports) for key, item in value.items()}, depth)
    if isinstance(value, tuple) and len(value) == 2 and hasattr(value[1], "contribute_to_class"):
        return f'("{value[0]}", {_value(value[1], depth, imports)})'
    if isinstance(value, str) and "\n" in value and '"""' not in value and not value.endswith(('"', "\\")):
        return f'"""{value}"""' if "\\" not in value else repr(value)
    found: Source = source(value)
    imports |= found.imports
    return found.text


def _wrapped(called: str, parts: Sequence[str], depth: int) -> str:
    flat = f"{called}({', '.join(parts)})"
    if len(flat) + len(_STEP) * depth < _WIDTH and "\n" not in flat:
        return flat
    inner = _STEP * (depth + 1)
    return f"{called}(\n" + "".join(f"{inner}{part},\n" for part in parts) + f"{_STEP * depth})"


def _list(items: Sequence[str], depth: int, *, broken: bool = False) -> str:
    flat = f"[{', '.join(items)}]"
    if not items or (not broken and len(flat) < _WIDTH - len(_STEP) * depth - 20):
        return flat
    inner = _STEP * (depth + 1)
    return "[\n" + "".join(f"{inner}{item},\n" for item in items) + f"{_STEP * depth}]"


def _table(items: Mapping[str, str], depth: int) -> str:
    flat = "{" + ", ".join(f'"{key}": {item}' for key, item in items.items()) + "}"
    if len(flat) < _WIDTH - len(_STEP) * depth - 20 and "\n" not in flat:
        return flat
    inner = _STEP * (depth + 1)
    return "{\n" + "".join(f'{inner}"{key}": {item},\n' for key, item in items.items()) + f"{_STEP * depth}}}"

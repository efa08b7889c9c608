"""Values as the Python source that makes them again."""

import datetime as dt
import decimal
import enum
import functools
import math
import pathlib
import re
import types
import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any, NamedTuple

from partita.contracts.i18n import LazyText
from partita.migrations.errors import NotWritable
from partita.orm import F, Q, Value
from partita.orm.constraints import Deferrable
from partita.orm.deletion_rules import Rule
from partita.orm.expressions import Combinable, Combined, OrderBy

__all__ = ("Source", "call", "reference", "source")

_ORM = "partita.orm"
_NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


class Source(NamedTuple):
    """An expression and the lines that import what it names."""

    text: str
    imports: frozenset[str] = frozenset()


def source(value: object) -> Source:
    """Return the source of ``value``.

    Raises:
        NotWritable: If nothing is known that would make it again.
    """
    if value is None or isinstance(value, bool | bytes | type(Ellipsis)) or type(value) is int:
        return Source(repr(value))
    if type(value) is str:
        return _text(value)
    if isinstance(value, float):
        return Source(repr(value) if math.isfinite(value) else f'float("{value}")')
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value)
    deconstruct: Any = getattr(value, "deconstruct", None)
    if deconstruct is not None and not isinstance(value, type):
        path, args, kwargs = tuple(deconstruct())[-3:]
        return call(path, args, kwargs)
    if callable(value):
        return _callable(value)
    raise NotWritable(repr(value), f"{type(value).__name__} has no deconstruct() method.")


def call(path: str, args: Iterable[object] = (), kwargs: dict[str, object] | None = None) -> Source:
    """Return the source of a call of what ``path`` names, such as ``partita.orm.CharField``."""
    name = reference(path)
    parts = [source(argument) for argument in args]
    named = [(key, source(argument)) for key, argument in (kwargs or {}).items()]
    text = ", ".join([part.text for part in parts] + [f"{key}={part.text}" for key, part in named])
    return Source(f"{name.text}({text})", _joined(name, *parts, *(part for _, part in named)))


def reference(path: str) -> Source:
    """Return the source that names what stands at ``path``: module, dot, name."""
    if not _NAMED.fullmatch(path) or "." not in path:
        raise NotWritable(path, "it has no name that can be imported. Move it to the top of a module.")
    module, _, name = path.rpartition(".")
    if module == _ORM:
        return Source(f"orm.{name}", frozenset({"from partita import orm"}))
    return Source(name) if module == "builtins" else Source(path, frozenset({f"import {module}"}))


def _text(value: str) -> Source:
    text = repr(value)
    return Source(f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text)


def _sequence(value: object) -> Source:
    assert isinstance(value, list | tuple | set | frozenset)
    items = [source(item) for item in value]
    if isinstance(value, set | frozenset):
        items.sort(key=lambda item: item.text)  # the same file on every run
    text = ", ".join(item.text for item in items)
    if isinstance(value, list):
        text = f"[{text}]"
    elif isinstance(value, tuple):
        text = f"({text},)" if len(items) == 1 else f"({text})"
    else:
        text = f"{type(value).__name__}([{text}])"
    return Source(text, _joined(*items))


def _mapping(value: object) -> Source:
    assert isinstance(value, dict)
    pairs = [(source(key), source(item)) for key, item in value.items()]
    text = ", ".join(f"{key.text}: {item.text}" for key, item in pairs)
    return Source(f"{{{text}}}", _joined(*(part for pair in pairs for part in pair)))


def _enum(value: object) -> Source:
    assert isinstance(value, enum.Enum)
    if isinstance(value, str | int):  # as a column holds it; its class may change or go
        return source(value.value)
    kind = reference(f"{type(value).__module__}.{type(value).__qualname__}")
    return Source(f"{kind.text}[{value.name!r}]", kind.imports)


def _datetime(value: object) -> Source:
    assert isinstance(value, dt.datetime)
    if value.tzinfo is None:
        return Source(repr(value), frozenset({"import datetime"}))
    moment = value.astimezone(dt.UTC).replace(tzinfo=None)
    return Source(f"{moment!r}".removesuffix(")") + ", tzinfo=datetime.UTC)", frozenset({"import datetime"}))


def _plain(*modules: str) -> "types.FunctionType":
    def write(value: object) -> Source:
        return Source(repr(value), frozenset(f"import {module}" for module in modules))

    return write  # type: ignore[return-value]  # a function, which is all that is said


def _decimal(value: object) -> Source:
    return Source(f'decimal.Decimal("{value}")', frozenset({"import decimal"}))


def _uuid(value: object) -> Source:
    return Source(f'uuid.UUID("{value}")', frozenset({"import uuid"}))


def _path(value: object) -> Source:
    kind = "PurePath" if type(value).__name__.startswith("Pure") else "Path"
    return Source(f"pathlib.{kind}({str(value)!r})", frozenset({"import pathlib"}))


def _zone(value: object) -> Source:
    return Source(f"zoneinfo.ZoneInfo({str(value)!r})", frozenset({"import zoneinfo"}))


def _pattern(value: object) -> Source:
    assert isinstance(value, re.Pattern)
    flags = value.flags & ~re.UNICODE if isinstance(value.pattern, str) else value.flags
    return Source(f"re.compile({value.pattern!r}{f', {flags}' if flags else ''})", frozenset({"import re"}))


def _partial(value: object) -> Source:
    assert isinstance(value, functools.partial)
    return call("functools.partial", (value.func, *value.args), value.keywords)


def _lazy(value: object) -> Source:
    return _text(str(value))


def _q(value: object) -> Source:
    assert isinstance(value, Q)
    named = [child for child in value.children if isinstance(child, tuple)]
    if not value.negated and value.connector == "AND" and len(named) == len(value.children) == len(dict(named)):
        return call(f"{_ORM}.Q", (), dict(named))
    parts = [
        call(f"{_ORM}.Q", (), {child[0]: child[1]}) if isinstance(child, tuple) else source(child)
        for child in value.children
    ]
    joined = {"AND": " & ", "OR": " | ", "XOR": " ^ "}[value.connector].join(part.text for part in parts)
    return Source(f"~({joined})" if value.negated else f"({joined})", _joined(*parts))


def _rule(value: object) -> Source:
    assert isinstance(value, Rule)
    return call(f"{_ORM}.SET", (value.value,)) if value.name == "SET" else reference(f"{_ORM}.{value.name}")


def _deferrable(value: object) -> Source:
    assert isinstance(value, Deferrable)
    found = reference(f"{_ORM}.Deferrable")
    return Source(f"{found.text}.{value.name}", found.imports)


_KNOWN_TYPES = (str, int, float, bool, dt.date, dt.datetime, dt.time, dt.timedelta, decimal.Decimal, uuid.UUID)


def _expression(value: object) -> Source:
    if isinstance(value, F):
        return call(f"{_ORM}.{type(value).__name__}", (value.name,))
    inner: Any = getattr(value, "name", None)
    if isinstance(inner, F):  # a name that stands where an expression is wanted
        return _expression(inner)
    if isinstance(value, Value):
        named: dict[str, object] = (
            {}
            if value.output_field is None or type(value.value) in _KNOWN_TYPES
            else {"output_field": value.output_field}
        )
        return call(f"{_ORM}.Value", (value.value,), named)
    described: Any = getattr(value, "deconstruct", None)
    if described is not None:
        path, args, kwargs = described()
        return call(path, args, kwargs)
    assert isinstance(value, Combinable)
    parts: Any = getattr(value, "sources", ())
    if isinstance(value, Combined):
        left, right = (source(part) for part in parts)
        return Source(f"({left.text} {value.operator} {right.text})", _joined(left, right))
    if isinstance(value, OrderBy):
        inside = source(parts[0])
        options = ", ".join(f"{name}=True" for name in ("nulls_first", "nulls_last") if getattr(value, name))
        return Source(f"{inside.text}.{'desc' if value.descending else 'asc'}({options})", inside.imports)
    return _function(value, parts)


def _function(value: Any, parts: "tuple[Any, ...]") -> Source:
    """Return the source of a database function, if its class, called with its arguments, makes an equal one."""
    kind = type(value)
    given = ("output_field", "function", "template", "arg_joiner")  # as `Func` itself takes them
    own = {name: vars(value)[name] for name in given if vars(value).get(name) is not None}
    extra = dict(getattr(value, "extra", {}))
    for named in ({**own, **extra}, {}):
        try:
            again = kind(*parts, **named)
        except (TypeError, ValueError):
            continue
        if vars(again).keys() == vars(value).keys() and again.options() == value.options():
            break
    else:
        raise NotWritable(repr(value), f"{kind.__name__} has no deconstruct() method.")
    module = "partita.orm.functions" if kind.__module__.startswith("partita.orm.functions") else kind.__module__
    path = f"{_ORM}.{kind.__name__}" if _is_public(kind) else f"{module}.{kind.__qualname__}"
    return call(path, parts, named)


def _is_public(kind: type) -> bool:
    from partita import orm

    return getattr(orm, kind.__name__, None) is kind


def _module(value: object) -> Source:
    assert isinstance(value, types.ModuleType)
    return Source(value.__name__, frozenset({f"import {value.__name__}"}))


def _callable(value: object) -> Source:
    owner = getattr(value, "__self__", None)
    if isinstance(owner, type):  # a class's own method, such as datetime.now
        kind = _callable(owner)
        return Source(f"{kind.text}.{getattr(value, '__name__', '')}", kind.imports)
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        raise NotWritable(repr(value), f"{type(value).__name__} has no deconstruct() method.")
    if "<" in name:
        what = "A lambda" if "<lambda>" in name else "A function or class inside a function"
        raise NotWritable(
            f"{module}.{name}", f"{what} has no name that can be imported. Move it to the top of a module."
        )
    if module.startswith(f"{_ORM}."):
        from partita import orm

        if getattr(orm, name, None) is value:
            return reference(f"{_ORM}.{name}")
    found = reference(f"{module}.{name}")
    return Source(found.text, found.imports if module == "builtins" else frozenset({f"import {module}"}))


def _joined(*parts: Source) -> frozenset[str]:
    return frozenset().union(*(part.imports for part in parts))


_WRITERS = (
    (Rule, _rule),
    (Q, _q),
    (Deferrable, _deferrable),
    (Combinable, _expression),
    (enum.Enum, _enum),
    (LazyText, _lazy),
    (list | tuple | set | frozenset, _sequence),
    (dict, _mapping),
    (dt.datetime, _datetime),
    (dt.date | dt.time | dt.timedelta | dt.timezone, _plain("datetime")),
    (decimal.Decimal, _decimal),
    (uuid.UUID, _uuid),
    (pathlib.PurePath, _path),
    (zoneinfo.ZoneInfo, _zone),
    (re.Pattern, _pattern),
    (functools.partial, _partial),
    (range, _plain()),
    (types.ModuleType, _module),
)

"""What compiling a shape gives: SQL, how values are bound, how rows are read."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from partita.orm.expressions import Leaf
from partita.orm.fields.base import Converter
from partita.orm.loaders import Loader

__all__ = ("Binder", "Plan", "make_binder")

Binder = Callable[[Sequence[Leaf]], tuple[Any, ...]]


class Plan:
    """Everything that is the same for all queries of one shape."""

    __slots__ = ("bind", "load", "sql")

    def __init__(self, sql: str, bind: Binder, load: Loader | None = None) -> None:
        self.sql, self.bind, self.load = sql, bind, load


@lru_cache(512)
def _code(source: str) -> CodeType:
    return compile(source, "<partita.orm binder>", "exec")


def make_binder(order: Sequence[int], converters: Sequence[Converter | None]) -> Binder:
    """Return a function that takes leaves and returns driver parameters.

    Args:
        order: For each place in the SQL, the leaf's index.
        converters: For each leaf, what the driver needs done.
    """
    names: dict[str, Any] = {}
    parts = []
    for index in order:
        convert = converters[index]
        if convert is None:
            parts.append(f"leaves[{index}].value, ")
        else:
            names[f"f{index}"] = convert
            parts.append(f"None if (v := leaves[{index}].value) is None else f{index}(v), ")
    exec(_code(f"def bind(leaves): return ({''.join(parts)})"), names)
    binder: Binder = names["bind"]
    return binder

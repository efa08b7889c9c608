"""SQL as text: what ``as_sql`` gives and takes, and its way into SQLAlchemy's expressions."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, null
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.selectable import SelectBase

from partita.orm.errors import FieldError
from partita.orm.value_types import OF_VALUE
from partita.orm.written import Written

if TYPE_CHECKING:
    from partita.orm.backends import Backend

__all__ = ("Fragment", "SqlContext", "parsed", "rendered")

_MARK = re.compile("\x02(\\d+)\x03|%%|%s")


class Fragment(ColumnElement[Any]):
    """SQL text with SQLAlchemy's elements between."""

    inherit_cache = False

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = tuple(parts)


@compiles(Fragment)
def _write(element: Fragment, compiler: Any, **options: Any) -> str:
    doubled = compiler.preparer._double_percents
    written = []
    for part in element.parts:
        if isinstance(part, str):
            written.append(part.replace("%", "%%") if doubled else part)
        else:
            written.append(compiler.process(part, **options))
    return "".join(written)


class SqlContext:
    """What ``as_sql`` is told about the database.

    Attributes:
        vendor: ``sqlite``, ``postgresql`` or ``mysql``.
    """

    __slots__ = ("_backend", "vendor")

    def __init__(self, backend: "Backend") -> None:
        self._backend = backend
        self.vendor = backend.name

    @property
    def ops(self) -> "SqlContext":
        """The same object, under the name that Django has for what quotes names."""
        return self

    def quote_name(self, name: str) -> str:
        """Return an identifier, quoted."""
        return self._backend.quote(name)


def rendered(element: Any, backend: "Backend", kept: list[Any]) -> tuple[str, list[Any]]:
    """Return an element as text, with ``%s`` for each parameter, and the parameters as SQLAlchemy knows them.

    Args:
        element: What to write.
        backend: For which database.
        kept: Elements that text cannot say, such as queries; a mark in the text counts its place in here.
    """
    if any(isinstance(part, SelectBase) for part in visitors.iterate(element)):
        kept.append(element)
        return f"\x02{len(kept) - 1}\x03", []
    compiled = element.compile(dialect=backend.text_dialect, compile_kwargs={"render_postcompile": True})
    binds = compiled.binds
    return str(compiled), [
        binds[name] if name in binds else bindparam(None, compiled.params[name]) for name in compiled.positiontup or ()
    ]


def parsed(sql: str, params: Sequence[Any], vendor: str, kept: Sequence[Any]) -> Fragment:
    """Return text with ``%s`` and its parameters as one element.

    Raises:
        FieldError: If there are more or fewer parameters than places for them.
    """
    parts: list[Any] = []
    values = iter(params)
    end = 0
    count = 0
    for found in _MARK.finditer(sql):
        parts.append(sql[end : found.start()])
        end = found.end()
        if found[1] is not None:
            place = int(found[1])  # what is no mark of ours is what the user wrote
            parts.append(kept[place] if place < len(kept) else found[0])
        elif found[0] == "%%":
            parts.append("%")
        else:
            count += 1
            try:
                parts.append(_bound(next(values), vendor))
            except StopIteration:
                raise FieldError(
                    f"The SQL {sql[:80]!r} has more places than the {len(params)} parameters given."
                ) from None
    if count != len(params):
        raise FieldError(f"The SQL {sql[:80]!r} has {count} places for {len(params)} parameters.")
    parts.append(sql[end:])
    return Fragment([part for part in parts if not isinstance(part, str) or part] if parts else [""])


def _bound(value: Any, vendor: str) -> Any:
    if isinstance(value, BindParameter | ColumnElement | Written):
        return value
    if value is None:
        return null()
    field = OF_VALUE.get(type(value))
    if field is None:
        return bindparam(None, value)
    value = field.get_prep_value(value)
    convert = field.to_driver(vendor)
    return bindparam(None, value if convert is None else convert(value), type_=field.sql_type())

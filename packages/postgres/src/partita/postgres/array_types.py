"""The SQL type of arrays: what their parameters are cast to, and how the text of an array is read."""

import re
from typing import Any

from sqlalchemy import String, Text, type_coerce
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from partita.postgres.literals import LiteralType

__all__ = ("ArrayType", "array_of_text", "comparable")

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([{},])|([^{},"]+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class ArrayType(ARRAY[Any]):
    """An array whose parameters are never cut short or taken for another type.

    An explicit cast to ``varchar(5)[]`` cuts longer texts, so what is compared would be something else than what was given;
    and types that travel as text have to do so within an array, too.
    """

    cache_ok = True

    def adapt(self, cls: Any, **options: Any) -> Any:
        """Stay what it is: the drivers' own kinds would cast parameters to the column's type."""
        return super().adapt(cls, **options) if issubclass(cls, ArrayType) else self

    def bind_expression(self, bindvalue: Any) -> Any:
        """The parameter as an array of values without a length; as text and cast there, where the elements are."""
        item: Any = self.item_type
        sent = Text() if isinstance(item, LiteralType) else _without_length(item)
        return sql_cast(type_coerce(bindvalue, ARRAY(sent, dimensions=self.dimensions)), comparable(self))


def comparable(kind: Any) -> TypeEngine[Any]:
    """Return an array's type as expressions are cast to it that are compared with such arrays: without a length.

    Args:
        kind: An `ArrayType`.
    """
    item = kind.item_type
    inner = item.plain() if isinstance(item, LiteralType) else _without_length(item)
    return ARRAY(inner, dimensions=kind.dimensions)


def _without_length(item: Any) -> Any:
    return String() if isinstance(item, String) and item.length and not item.collation else item


def array_of_text(text: str) -> list[Any]:
    """Return the texts, None and lists in an array of a type that the driver does not know.

    Args:
        text: As PostgreSQL writes an array: ``{a,"b c",NULL,{...}}``.
    """
    whole: list[Any] = []
    stack = [whole]
    for quoted, mark, bare in _TOKEN.findall(text.partition("=")[2] if text.startswith("[") else text):
        if mark == "{":
            inner: list[Any] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif mark == "}":
            stack.pop()
        elif not mark:
            stack[-1].append((None if bare == "NULL" else bare) if bare else _ESCAPED.sub(r"\1", quoted))
    found: list[Any] = whole[0]
    return found

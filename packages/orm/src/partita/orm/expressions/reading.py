"""How values of expressions are read, above all of those whose type the caller gave."""

from decimal import Decimal
from typing import Any

from partita.orm.expressions.base import Expression, Value
from partita.orm.expressions.columns import Column, Ref
from partita.orm.expressions.identity import is_ours
from partita.orm.fields.base import Converter
from partita.orm.fields.converters import InlineConverter
from partita.orm.fields.fractions import DecimalField
from partita.orm.fields.numbers import IntegerField

__all__ = ("reader",)


def reader(source: Expression, dialect: str) -> Converter | None:
    """Return what makes a value of what a driver gives for an expression; None if it is one already.

    A type that the caller gave says what shall come out, whatever the database computes: a sum of floats may be called an
    ``IntegerField``, and is cut off to whole numbers then, as in Django.

    Args:
        source: The expression, resolved.
        dialect: Of the database.
    """
    field = source.output
    convert = field.from_driver(dialect)
    while isinstance(source, Ref):
        source = source.source
    if convert is not None or isinstance(source, Column | Value):
        return convert
    kind: Any = type(source)
    given = source.__dict__.get("output_field") if is_ours(kind) else source.output_field
    if given is None:
        return None
    return _WHOLE if isinstance(field, IntegerField) else _DECIMAL if isinstance(field, DecimalField) else None


def _decimal(value: Any) -> Decimal:
    return Decimal(repr(value)) if type(value) is float else Decimal(value)


_WHOLE = InlineConverter(int, "{value}", "{value}.__class__ is int", {})
_DECIMAL = InlineConverter(_decimal, "{value}", "{value}.__class__ is Decimal", {"Decimal": Decimal})

"""Operators between two values: the type of the result, and how each database writes it."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Float, Integer, literal_column
from sqlalchemy.dialects.postgresql import INTERVAL

from partita.orm.fields import (
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    Field,
    FloatField,
    IntegerField,
    TimeField,
)
from partita.orm.sql_elements import cast, func
from partita.orm.value_types import BIG, DECIMAL, FLOAT, OF_VALUE

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("combined", "type_of_combined")

_BITS = frozenset({"&", "|", "#", "<<", ">>"})
_TIMES = (DateField, DateTimeField, TimeField)
_TYPES = {field.__class__: field for field in OF_VALUE.values()}


def type_of_combined(left: Field[Any], operator: str, right: Field[Any]) -> Field[Any] | None:
    """Return the field that describes the result of ``left operator right``, or None if there is no rule."""
    left, right = _plain(left), _plain(right)
    if isinstance(left, DurationField) and isinstance(right, DurationField):
        return left if operator in ("+", "-") else None
    if isinstance(left, _TIMES) and isinstance(right, DurationField):
        return _moved(left) if operator in ("+", "-") else None
    if isinstance(right, _TIMES) and isinstance(left, DurationField):
        return _moved(right) if operator == "+" else None
    if isinstance(left, _TIMES) and isinstance(right, _TIMES):
        return _TYPES[DurationField] if operator == "-" and _kind(left) == _kind(right) else None
    if operator in _BITS:
        return BIG if isinstance(left, IntegerField) and isinstance(right, IntegerField) else None
    numbers = (IntegerField, DecimalField, FloatField)
    if isinstance(left, numbers) and isinstance(right, numbers):
        if isinstance(left, FloatField) or isinstance(right, FloatField):
            return FLOAT
        return DECIMAL if isinstance(left, DecimalField) or isinstance(right, DecimalField) else BIG
    return left if type(left) is type(right) and operator == "+" and not left.is_text else None


def combined(
    compiler: "Compiler", left: Any, left_type: Any, operator: str, right: Any, right_type: Any
) -> ColumnElement[Any]:
    """Return ``left operator right`` in the database's way."""
    left_type, right_type = _plain(left_type), _plain(right_type)
    if isinstance(right_type, DurationField) and isinstance(left_type, _TIMES):
        return _shifted(compiler, left, left_type, operator, right)
    if isinstance(left_type, DurationField) and isinstance(right_type, _TIMES):
        return _shifted(compiler, right, right_type, operator, left)
    if operator == "-" and isinstance(left_type, _TIMES) and isinstance(right_type, _TIMES):
        return _span_between(compiler, left, left_type, right)
    vendor = compiler.vendor
    if operator == "^":
        return func.power(left, right)
    if operator == "%":
        rest: ColumnElement[Any] = func.partita_mod(left, right) if vendor == "sqlite" else left.op("%")(right)
        return rest
    if operator == "#":
        if vendor == "sqlite":
            return func.partita_bitxor(left, right)
        operator = "#" if vendor == "postgresql" else "^"
    if operator in ("<<", ">>") and vendor == "postgresql":
        right = cast(right, Integer)
    if (
        operator == "/"
        and vendor == "mysql"
        and isinstance(left_type, IntegerField)
        and isinstance(right_type, IntegerField)
    ):
        operator = "DIV"
    if (
        operator == "/"
        and vendor == "sqlite"
        and (isinstance(left_type, DecimalField) or isinstance(right_type, DecimalField))
    ):
        left = cast(left, Float())  # it keeps 7.00 as a whole number, and divides whole numbers without a rest
    result: ColumnElement[Any] = left.op(operator)(right)
    return result


def _plain(field: Any) -> Any:
    """Return the type that a key pointing to another row has itself."""
    while field is not None and field.is_relation and getattr(field, "related_model", None) is not None:
        field = field.column_field
    return field


def _kind(field: Field[Any]) -> str:
    return "time" if isinstance(field, TimeField) else "datetime" if isinstance(field, DateTimeField) else "date"


def _moved(field: Field[Any]) -> Field[Any]:
    return field if isinstance(field, TimeField) else _TYPES[DateTimeField]


def _shifted(compiler: "Compiler", moment: Any, field: Field[Any], operator: str, span: Any) -> ColumnElement[Any]:
    vendor, kind = compiler.vendor, _kind(field)
    if vendor == "postgresql":
        span = cast(span, INTERVAL)
        return moment.op(operator)(span)  # type: ignore[no-any-return]  # SQLAlchemy's expression
    signed = span if operator == "+" else -span
    if vendor == "sqlite":
        return func.partita_shift(moment, signed, kind)
    if kind == "time":
        return func.addtime(moment, func.sec_to_time(signed / literal_column("1000000")))
    if kind == "date":
        moment = func.timestamp(moment)
    return func.timestampadd(literal_column("MICROSECOND"), signed, moment)


def _span_between(compiler: "Compiler", left: Any, field: Field[Any], right: Any) -> ColumnElement[Any]:
    vendor, kind = compiler.vendor, _kind(field)
    if vendor == "sqlite":
        return func.partita_between(left, right)
    if vendor == "postgresql":
        if kind == "date":
            return (left.op("-")(right)).op("*")(literal_column("interval '1 day'"))  # type: ignore[no-any-return]  # same
        return left.op("-")(right)  # type: ignore[no-any-return]  # same
    if kind == "time":
        return _microseconds(left) - _microseconds(right)  # type: ignore[no-any-return]  # same
    return func.timestampdiff(literal_column("MICROSECOND"), right, left)


def _microseconds(moment: Any) -> Any:
    return cast(func.time_to_sec(moment).op("*")(literal_column("1000000")), Integer)  # its seconds have a fraction

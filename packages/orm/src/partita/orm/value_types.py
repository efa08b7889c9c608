"""The fields that describe what expressions give, unless somebody says otherwise."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy.types import NullType

from partita.orm.fields import (
    BinaryField,
    BooleanField,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    Field,
    FloatField,
    IntegerField,
    TextField,
    TimeField,
    UUIDField,
)
from partita.orm.fields.numbers import BigIntegerField

__all__ = ("BIG", "BOOLEAN", "DECIMAL", "FLOAT", "INTEGER", "OF_VALUE", "TEXT", "Untyped")


class Untyped(Field[Any]):
    """Values as the driver gives and takes them."""

    def sql_type(self) -> Any:
        """No type that anybody knows."""
        return NullType()


INTEGER: IntegerField[Any] = IntegerField(null=True)
BIG: BigIntegerField[Any] = BigIntegerField(null=True)
FLOAT: FloatField[Any] = FloatField(null=True)
DECIMAL: DecimalField[Any] = DecimalField(null=True)
TEXT: TextField[Any] = TextField(null=True)
BOOLEAN: BooleanField[Any] = BooleanField(null=True)
OF_VALUE: Mapping[type, Field[Any]] = {
    bool: BOOLEAN,
    int: BIG,
    float: FLOAT,
    str: TEXT,
    Decimal: DECIMAL,
    bytes: BinaryField(null=True),
    dt.date: DateField(null=True),
    dt.datetime: DateTimeField(null=True),
    dt.time: TimeField(null=True),
    dt.timedelta: DurationField(null=True),
    uuid.UUID: UUIDField(null=True),
}

"""Values for SQL of one's own, as models would write them."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from partita.orm.fields import DateField, DateTimeField, DecimalField, DurationField, Field, TimeField, UUIDField

__all__ = ("driver_values",)

_FIELDS: Mapping[type, Field[Any]] = MappingProxyType(
    {
        dt.datetime: DateTimeField(),
        dt.date: DateField(),
        dt.time: TimeField(),
        dt.timedelta: DurationField(),
        Decimal: DecimalField(),
        uuid.UUID: UUIDField(),
    }
)


def driver_values(params: Sequence[Any], vendor: str) -> Sequence[Any]:
    """Return parameters with moments, decimals, spans and UUIDs as the columns of models keep them, so that they compare."""
    if all(type(value) not in _FIELDS for value in params):
        return params
    return [value if type(value) not in _FIELDS else _ready(_FIELDS[type(value)], value, vendor) for value in params]


def _ready(field: Field[Any], value: Any, vendor: str) -> Any:
    prepared, convert = field.get_prep_value(value), field.to_driver(vendor)
    return prepared if convert is None else convert(prepared)

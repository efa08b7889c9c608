"""Comparisons of years as comparisons of dates, for which an index can be used."""

import datetime as dt
from typing import Any

from partita.orm.expressions import Column
from partita.orm.fields import DateField, DateTimeField, Field
from partita.orm.functions.dates import Extract
from partita.orm.functions.zones import zone_of
from partita.orm.moments import ClockReading

__all__ = ("YEARS", "bounds_of")

YEARS = frozenset({"exact", "gt", "gte", "lt", "lte"})


def bounds_of(lhs: Any, year: Any) -> "tuple[Column, Field[Any], Any, Any] | None":
    """Return the column whose year is compared, its field, and the first and the last value within ``year``.

    None if the left side is no year of a column, or the calendar has no such year.
    """
    if type(year) is not int or not isinstance(lhs, Extract) or lhs.lookup_name not in ("year", "iso_year"):
        return None
    source = lhs.sources[0]
    if not isinstance(source, Column) or not 1 <= year < dt.MAXYEAR:
        return None
    field = source.field
    if lhs.lookup_name == "year":
        first, after = dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    else:
        first, after = dt.date.fromisocalendar(year, 1, 1), dt.date.fromisocalendar(year + 1, 1, 1)
    if isinstance(field, DateTimeField):
        zone = zone_of(lhs.tzinfo)
        last = after - dt.timedelta(days=1)
        start = ClockReading.combine(first, dt.time.min, zone)
        return source, field, start, ClockReading.combine(last, dt.time.max, zone)
    return (source, field, first, after - dt.timedelta(days=1)) if isinstance(field, DateField) else None

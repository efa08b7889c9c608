"""Values as the current language and zone write them."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from partita.text.dates import date_format, time_format
from partita.text.formats import current_formats, current_zone
from partita.text.numbers import number_format

__all__ = ("localize", "to_zone")


def localize(value: Any) -> Any:
    """Return numbers, dates and times as text; anything else as it is."""
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        formats = current_formats()
        return number_format(value) if formats.group_numbers else str(value)
    if isinstance(value, float | Decimal):
        formats = current_formats()
        if formats.decimal_separator == "." and not formats.group_numbers and isinstance(value, float):
            return str(value)
        return number_format(value)
    if isinstance(value, datetime):
        return date_format(value, "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, time):
        return time_format(value)
    return value


def to_zone(value: Any) -> Any:
    """Return an aware `datetime` in the current zone; anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        zone = current_zone()
        if zone is not None and getattr(value, "convert_to_local_time", True):
            return value.astimezone(zone)
    return value

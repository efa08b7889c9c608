"""Values as the current language and zone write them."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from partita.text.dates import date_format, time_format
from partita.text.formats import Formats, current_formats, current_zone
from partita.text.numbers import number_format

__all__ = ("get_format", "localize", "localize_input", "to_zone")


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


def get_format(name: str, formats: Formats | None = None) -> Any:
    """Return one of the conventions by the name that Django's users know.

    Args:
        name: Such as ``DATE_FORMAT``, ``DATE_INPUT_FORMATS``, ``DECIMAL_SEPARATOR``, ``THOUSAND_SEPARATOR``,
            ``NUMBER_GROUPING`` or ``FIRST_DAY_OF_WEEK``; any other is taken for a format itself and comes back.
        formats: The conventions; by default those in force.
    """
    formats = formats or current_formats()
    others: dict[str, object] = {
        "DECIMAL_SEPARATOR": formats.decimal_separator,
        "THOUSAND_SEPARATOR": formats.thousand_separator,
        "NUMBER_GROUPING": formats.grouping[0] if len(set(formats.grouping)) == 1 else formats.grouping,
        "FIRST_DAY_OF_WEEK": formats.first_day_of_week,
        "USE_THOUSAND_SEPARATOR": formats.group_numbers,
    }
    return formats.named.get(name) or formats.input.get(name) or others.get(name, name)


def localize_input(value: Any, default: str | None = None, formats: Formats | None = None) -> Any:
    """Return a value as a form shows it to be edited: what `partita.text.parse_number` and the input formats read back.

    Args:
        value: Numbers get the decimal separator and no groups; dates and times the first input format; the rest stays.
        default: Another format for dates and times, as of `datetime.strftime`.
        formats: The conventions; by default those in force.
    """
    formats = formats or current_formats()
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float | Decimal):
        return number_format(value, group=False, formats=formats)
    for kind, name in ((datetime, "DATETIME"), (date, "DATE"), (time, "TIME")):
        if isinstance(value, kind):
            written = default or formats.input[f"{name}_INPUT_FORMATS"][0]
            # The C library writes the year 33 as "33", which nothing reads back.
            year = getattr(value, "year", 1000)
            return value.strftime(written.replace("%Y", f"{year:04}") if year < 1000 else written)
    return value

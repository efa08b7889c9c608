"""Filters on values of any type, numbers and dates."""

from datetime import date, datetime, time
from pprint import pformat
from typing import Any

from markupsafe import Markup

from partita.templates.library import Library
from partita.text import dates, numbers, since, strings
from partita.text.formats import local_now

__all__ = ("register",)

register = Library()


@register.filter(is_safe=False, may_wait=False)
def add(value: Any, other: Any) -> Any:
    """Add numbers, or else whatever Python can add."""
    try:
        return int(value) + int(other)
    except (ValueError, TypeError):
        if isinstance(value, str) and isinstance(other, str):
            both = str.__str__(value) + str.__str__(other)
            return Markup(both) if isinstance(value, Markup) and isinstance(other, Markup) else both
        try:
            return value + other
        except Exception:  # noqa: BLE001 - the language says that what cannot be added adds up to nothing
            return ""


@register.filter(is_safe=False, may_wait=False)
def get_digit(value: Any, position: Any) -> Any:
    """Return a digit of a whole number, counted from the right, from 1."""
    try:
        position, number = int(position), int(value)
    except (ValueError, TypeError):
        return value
    if position < 1:
        return value
    try:
        return int(str(number)[-position])
    except (IndexError, ValueError):
        return 0


@register.filter(is_safe=False, expects_localtime=True, may_wait=False)
def date_filter(value: Any, letters: Any = None) -> str:
    """Write a date in format letters."""
    if not isinstance(value, date | time):
        return ""
    return dates.date_format(value, None if letters is None else str(letters))


@register.filter(is_safe=False, expects_localtime=True, may_wait=False)
def time_filter(value: Any, letters: Any = None) -> str:
    """Write a time in format letters."""
    if not isinstance(value, datetime | time):
        return ""
    return dates.time_format(value, None if letters is None else str(letters))


register.filters["date"] = register.filters.pop("date_filter")
register.filters["time"] = register.filters.pop("time_filter")


@register.filter(is_safe=False, may_wait=False)
def timesince(value: Any, moment: Any = None) -> str:
    """Return how long ago ``value`` was, or was at ``moment``."""
    if not value:
        return ""
    try:
        return since.time_since(value, moment or local_now(value))
    except (ValueError, TypeError, AttributeError):
        return ""


@register.filter(is_safe=False, may_wait=False)
def timeuntil(value: Any, moment: Any = None) -> str:
    """Return how long it is until ``value``, or was at ``moment``."""
    if not value:
        return ""
    try:
        return since.time_until(value, moment or local_now(value))
    except (ValueError, TypeError, AttributeError):
        return ""


@register.filter(is_safe=False, may_wait=False)
def default(value: Any, other: Any) -> Any:
    """Return ``other`` if the value is empty."""
    return value or other


@register.filter(is_safe=False, may_wait=False)
def default_if_none(value: Any, other: Any) -> Any:
    """Return ``other`` if the value is None."""
    return other if value is None else value


@register.filter(is_safe=False, may_wait=False)
def divisibleby(value: Any, divisor: Any) -> bool:
    """Tell whether the value can be divided without a rest."""
    return int(value) % int(divisor) == 0


@register.filter(is_safe=False, may_wait=False)
def yesno(value: Any, words: Any = None) -> Any:
    """Choose between the words for true, false and None."""
    from partita.contracts.i18n import gettext

    parts = str(gettext("yes,no,maybe") if words is None else words).split(",")
    if len(parts) < 2:
        return value
    if value is None:
        return parts[2] if len(parts) > 2 else parts[1]
    return parts[0] if value else parts[1]


@register.filter(is_safe=True, may_wait=False)
def filesizeformat(value: Any) -> str:
    """Write a number of bytes for people."""
    return numbers.file_size(value)


@register.filter(is_safe=False, may_wait=False)
def pluralize(value: Any, endings: Any = "s") -> str:
    """Return the ending that fits a number."""
    return strings.pluralize(value, str(endings))


@register.filter(is_safe=True, may_wait=False)
def pprint(value: Any) -> str:
    """Show a value as Python would."""
    try:
        return pformat(value)
    except Exception as error:  # noqa: BLE001 - a debugging aid must not fail where the value does
        return f"Error in formatting: {type(error).__name__}"

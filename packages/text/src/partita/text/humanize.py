"""Numbers and times as people say them."""

import re
from datetime import UTC, date, datetime, timedelta
from unicodedata import decimal

from partita.contracts.i18n import gettext, ngettext
from partita.text.dates import date_format
from partita.text.formats import clock_zone, local_now
from partita.text.numbers import number_format
from partita.text.since import time_since

__all__ = ("apnumber", "intcomma", "intword", "naturalday", "naturaltime", "ordinal")

_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBER = re.compile(r"[-+]?\d{1,200}(?:\.\d{1,200})?")  # in the digits of any script
_LARGE = (
    (6, "%(value)s million", "%(value)s million"),
    (9, "%(value)s billion", "%(value)s billion"),
    (12, "%(value)s trillion", "%(value)s trillion"),
    (15, "%(value)s quadrillion", "%(value)s quadrillion"),
    (18, "%(value)s quintillion", "%(value)s quintillion"),
    (21, "%(value)s sextillion", "%(value)s sextillion"),
    (24, "%(value)s septillion", "%(value)s septillion"),
    (27, "%(value)s octillion", "%(value)s octillion"),
    (30, "%(value)s nonillion", "%(value)s nonillion"),
    (33, "%(value)s decillion", "%(value)s decillion"),
    (100, "%(value)s googol", "%(value)s googol"),
)


def apnumber(value: object) -> object:
    """Return 1 to 9 as words, as the Associated Press does; other numbers as numbers, anything else as it is."""
    number = _integer(value)
    if number is None:
        return value
    return gettext(_SMALL[number - 1]) if 1 <= number <= 9 else number


def intcomma(value: object) -> str:
    """Return a number with its thousands set apart, as the current language does it; anything else as text."""
    text = str(value)
    if not _NUMBER.fullmatch(text):
        return text
    if not text.isascii():
        text = "".join(str(decimal(char)) if char.isdecimal() else char for char in text)
    return number_format(text, group=True)


def intword(value: object) -> object:
    """Return large numbers such as ``1.2 million``; smaller ones as numbers, anything else as it is."""
    number = _integer(value)
    if number is None:
        return value
    if abs(number) < 1_000_000 or abs(number) >= 10 ** (_LARGE[-1][0] + 3):
        return number
    at = max(index for index, (exponent, _, _) in enumerate(_LARGE) if abs(number) >= 10**exponent)
    exponent, one, several = _LARGE[at]
    amount = number / 10**exponent
    shown = number_format(f"{amount:.1f}") if abs(amount) < 1e15 else f"{amount:.1e}"
    return ngettext(one, several, 1 if abs(amount) == 1 else 2) % {"value": shown}


def ordinal(value: object) -> object:
    """Return 1st, 2nd, 3rd and so on in English, ``1.`` in languages that write so; anything else as it is."""
    number = _integer(value)
    if number is None:
        return value
    if number < 0:
        return str(number)
    ending = 0 if number % 100 in {11, 12, 13} else number % 10
    shown = {1: gettext("%dst"), 2: gettext("%dnd"), 3: gettext("%drd")}.get(ending) or gettext("%dth")
    return shown % number


def naturalday(value: object, letters: str | None = None, now: datetime | None = None) -> object:
    """Return today, tomorrow or yesterday, otherwise the date.

    Args:
        value: A date or time; anything else comes back.
        letters: The format of other days; by default the current language's.
        now: By default the current time.
    """
    if not isinstance(value, date):
        return value
    moment = now or datetime.now(UTC)
    zone = clock_zone()
    day = value
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            moment = moment.astimezone(zone or value.tzinfo)
            day = value.astimezone(zone or value.tzinfo)
        elif zone is not None:
            moment = moment.astimezone(zone)
        day = day.date() if isinstance(day, datetime) else day
    elif zone is not None:
        moment = moment.astimezone(zone)
    distance = (day - moment.date()).days
    words = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return gettext(words[distance]) if distance in words else date_format(value, letters)


def naturaltime(value: object, now: datetime | None = None) -> object:
    """Return how long ago or how far ahead a time is, such as ``2 hours ago``.

    Args:
        value: A time; one without a zone is in that of ``now``. Anything else comes back.
        now: By default the current time.
    """
    if not isinstance(value, datetime):
        return value
    moment = now or local_now(value)
    distance = moment - value
    past = distance >= timedelta(0)
    seconds = abs(int(distance.total_seconds()))
    if seconds == 0:
        return gettext("now")
    if seconds >= 86_400:
        start, end = (value, moment) if past else (moment, value)
        delta = time_since(start, end, context="naturaltime-past" if past else "naturaltime-future")
        return (gettext("%(delta)s ago") if past else gettext("%(delta)s from now")) % {"delta": delta}
    if seconds < 60:
        count, words = seconds, _SECONDS
    elif seconds < 3600:
        count, words = seconds // 60, _MINUTES
    else:
        count, words = seconds // 3600, _HOURS
    one, several = words[past]
    return (ngettext(one, several, count) % {"count": count}).replace(f"{count} ", f"{count}\xa0", 1)


_SECONDS = {
    True: ("a second ago", "%(count)s seconds ago"),
    False: ("a second from now", "%(count)s seconds from now"),
}
_MINUTES = {
    True: ("a minute ago", "%(count)s minutes ago"),
    False: ("a minute from now", "%(count)s minutes from now"),
}
_HOURS = {
    True: ("an hour ago", "%(count)s hours ago"),
    False: ("an hour from now", "%(count)s hours from now"),
}


def _integer(value: object) -> int | None:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return int(value) if abs(value) < 1e300 else None
    text = str(value).strip()
    return int(text) if re.fullmatch(r"[-+]?[0-9]{1,200}", text, re.ASCII) else None

"""Functions that SQLite lacks, written in Python; every connection gets them under names that start with PARTITA_."""

import datetime as dt
import hashlib
import json
import math
import operator
import random
import re
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ("add_functions",)

_DAY = dt.date(2000, 1, 1)
_PARTS: Mapping[str, Callable[[Any], int]] = MappingProxyType(
    {
        "year": lambda moment: moment.year,
        "month": lambda moment: moment.month,
        "day": lambda moment: moment.day,
        "hour": lambda moment: moment.hour,
        "minute": lambda moment: moment.minute,
        "second": lambda moment: moment.second,
        "week": lambda moment: moment.isocalendar()[1],
        "iso_year": lambda moment: moment.isocalendar()[0],
        "iso_week_day": lambda moment: moment.isoweekday(),
        "week_day": lambda moment: moment.isoweekday() % 7 + 1,
        "quarter": lambda moment: (moment.month - 1) // 3 + 1,
    }
)
_CHANGING = frozenset({"PARTITA_RANDOM", "PARTITA_UUID4", "PARTITA_UUID7"})
_CLOCK = ("hour", "minute", "second", "microsecond")


def add_functions(raw: sqlite3.Connection) -> None:
    """Give a connection the functions."""
    for name, (count, function) in _SCALARS.items():
        raw.create_function(name, count, function, deterministic=name not in _CHANGING)
    for name, count, kind in _AGGREGATES:
        raw.create_aggregate(name, count, kind)


# -- text ----------------------------------------------------------------------------------------------------------------


@lru_cache(256)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _regexp(pattern: str | None, text: Any) -> bool | None:
    return None if pattern is None or text is None else _pattern(pattern).search(str(text)) is not None


def _iregexp(pattern: str | None, text: Any) -> bool | None:
    return None if pattern is None else _regexp(f"(?i){pattern}", text)


def _pad(value: Any, length: int, fill: str, left: bool) -> str:
    text = str(value)
    missing = length - len(text)
    if missing <= 0 or not fill:
        return text[: max(length, 0)]
    padding = (fill * (missing // len(fill) + 1))[:missing]
    return padding + text if left else text + padding


def _digest(name: str) -> Callable[[Any], str | None]:
    def digest(text: Any) -> str | None:
        if text is None:
            return None
        data = text if isinstance(text, bytes) else str(text).encode()
        return hashlib.new(name, data, usedforsecurity=False).hexdigest()

    return digest


def _json_contains(outer: Any, inner: Any) -> bool | None:
    return None if outer is None or inner is None else _has_all(json.loads(outer), json.loads(inner))


def _has_all(outer: Any, inner: Any) -> bool:
    if isinstance(inner, dict):
        return isinstance(outer, dict) and all(
            key in outer and _has_all(outer[key], value) for key, value in inner.items()
        )
    if isinstance(inner, list):
        return isinstance(outer, list) and all(any(_has_all(mine, other) for mine in outer) for other in inner)
    if isinstance(outer, list):
        return any(not isinstance(mine, list) and _has_all(mine, inner) for mine in outer)
    return bool(type(outer) is type(inner) and outer == inner) or (
        isinstance(outer, int | float)
        and isinstance(inner, int | float)
        and not isinstance(outer, bool)
        and not isinstance(inner, bool)
        and outer == inner
    )


# -- numbers -------------------------------------------------------------------------------------------------------------


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives NULL for NULL, and for what it is not defined for."""

    def call(*arguments: Any) -> Any:
        if None in arguments:
            return None
        try:
            return function(*arguments)
        except (ValueError, ZeroDivisionError, OverflowError, InvalidOperation):
            return None

    return call


def _numeric(function: Callable[..., Any]) -> Callable[..., Any]:
    """Like `_strict`, for numbers, which may come as text: decimals do."""
    strict = _strict(function)

    def call(*arguments: Any) -> Any:
        return strict(*[float(one) if isinstance(one, str) else one for one in arguments])

    return call


def _power(base: Any, exponent: Any) -> Any:
    found = base**exponent
    return None if isinstance(found, complex) else found


def _modulo(number: Any, by: Any) -> Any:
    if isinstance(number, int) and isinstance(by, int):
        return int(math.fmod(number, by)) if abs(number) < 2**52 and abs(by) < 2**52 else _exact_modulo(number, by)
    return math.fmod(number, by)


def _round(number: Any, places: int) -> Any:
    """Round halves away from zero; negative places count before the point."""
    if isinstance(number, int) and places >= 0:
        return number
    exact = Decimal(str(number))
    found = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return int(found) if isinstance(number, int) else float(found)


def _exact_modulo(number: int, by: int) -> int:
    rest = abs(number) % abs(by)
    return -rest if number < 0 else rest


# -- dates and times -----------------------------------------------------------------------------------------------------


@lru_cache(64)
def _zone(name: str) -> dt.tzinfo:
    if name[0] in "+-":  # a fixed distance from UTC
        span = dt.timedelta(hours=int(name[1:3]), minutes=int(name[4:6]))
        return dt.timezone(-span if name[0] == "-" else span)
    return ZoneInfo(name)


def _as_utc(moment: dt.datetime, zone: str | None) -> str:
    if zone is not None and zone != "UTC":
        moment = moment.replace(tzinfo=_zone(zone)).astimezone(dt.UTC).replace(tzinfo=None)
    return moment.isoformat(" ")


def _utc(text: Any, zone: str) -> str | None:
    """Return in UTC what clocks in ``zone`` show."""
    found = None if text is None else _moment(text)
    return _as_utc(found, zone) if isinstance(found, dt.datetime) else text


def _clock(text: Any, zone: str) -> str | None:
    """Return what clocks in ``zone`` show at a moment in UTC."""
    found = None if text is None else _moment(text, zone)
    return found.isoformat(" ") if isinstance(found, dt.datetime) else text


def _span_part(kind: str, microseconds: int | None) -> int | None:
    if microseconds is None:
        return None
    seconds = microseconds // 1_000_000
    match kind:
        case "day":
            return seconds // 86_400
        case "hour":
            return seconds // 3_600 % 24
        case "minute":
            return seconds // 60 % 60
        case _:
            return seconds % 60


def _moment(text: Any, zone: str | None = None) -> Any:
    """Return a date, a time, or a moment as the clocks of ``zone`` show it."""
    text = str(text)
    if ":" not in text:
        return dt.date.fromisoformat(text)
    if "-" not in text[:8]:
        return dt.time.fromisoformat(text)
    moment = dt.datetime.fromisoformat(text)
    if zone is not None and zone != "UTC":
        aware = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
        moment = aware.astimezone(_zone(zone)).replace(tzinfo=None)
    return moment


def _part(kind: str, text: Any, zone: str | None = None) -> int | None:
    return None if text is None else _PARTS[kind](_moment(text, zone))


def _date(text: Any, zone: str | None) -> str | None:
    if text is None:
        return None
    found = _moment(text, zone)
    return (found.date() if isinstance(found, dt.datetime) else found).isoformat()


def _time(text: Any, zone: str | None) -> str | None:
    if text is None:
        return None
    found = _moment(text, zone)
    return (found.time() if isinstance(found, dt.datetime) else found).isoformat()


def _trunc(kind: str, text: Any, zone: str | None, form: str) -> str | None:
    """Cut a moment to ``kind`` by the clocks of ``zone``; ``form`` is ``date``, ``datetime`` (again in UTC) or ``time``."""
    if text is None:
        return None
    found = _moment(text, zone)
    if isinstance(found, dt.time):
        cut: str = _without(found, kind).isoformat()
        return cut
    if kind in _CLOCK:
        if not isinstance(found, dt.datetime):
            found = dt.datetime.combine(found, dt.time())
        found = _without(found, kind)
        if form == "date":
            day_text: str = found.date().isoformat()
            return day_text
        clock: str = found.time().isoformat()
        return clock if form == "time" else _as_utc(found, zone)
    day = found.date() if isinstance(found, dt.datetime) else found
    if kind == "year":
        day = day.replace(month=1, day=1)
    elif kind == "quarter":
        day = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    elif kind == "month":
        day = day.replace(day=1)
    elif kind == "week":
        day -= dt.timedelta(days=day.weekday())
    if form == "date":
        return day.isoformat()
    return "00:00:00" if form == "time" else _as_utc(dt.datetime.combine(day, dt.time()), zone)


def _cast(kind: str, text: Any) -> str | None:
    """Return a text as that of a ``date``, a ``time`` or a ``datetime`` in UTC; NULL for what is none."""
    if text is None:
        return None
    try:
        found = _moment(text)
    except ValueError:
        return None
    if isinstance(found, dt.time):
        return found.isoformat() if kind == "time" else None
    if isinstance(found, dt.datetime) and found.tzinfo is not None:
        found = found.astimezone(dt.UTC).replace(tzinfo=None)
    if kind == "date":
        return (found.date() if isinstance(found, dt.datetime) else found).isoformat()
    moment = found if isinstance(found, dt.datetime) else dt.datetime.combine(found, dt.time())
    return moment.time().isoformat() if kind == "time" else moment.isoformat(" ")


def _without(moment: Any, kind: str) -> Any:
    """Return a time or a moment without the parts that are smaller than ``kind``."""
    rest: Any = dict.fromkeys(_CLOCK[_CLOCK.index(kind) + 1 :], 0)
    return moment.replace(**rest)


def _shift(text: Any, microseconds: int | None, kind: str = "datetime") -> str | None:
    if text is None or microseconds is None:
        return None
    span = dt.timedelta(microseconds=microseconds)
    found = _moment(text)
    if isinstance(found, dt.time):
        return (dt.datetime.combine(_DAY, found) + span).time().isoformat()
    if not isinstance(found, dt.datetime):
        found = dt.datetime.combine(found, dt.time())
    return (found + span).isoformat(" ")


def _between(left: Any, right: Any) -> int | None:
    if left is None or right is None:
        return None
    first, second = _moment(left), _moment(right)
    if isinstance(first, dt.time):
        first, second = dt.datetime.combine(_DAY, first), dt.datetime.combine(_DAY, second)
    elif not (isinstance(first, dt.datetime) and isinstance(second, dt.datetime)):
        first, second = (dt.datetime.fromisoformat(str(one)[:10]) for one in (left, right))
    return (first - second) // dt.timedelta(microseconds=1)


def _new_uuid7() -> str:
    import os
    import time

    moment = time.time_ns() // 1_000_000
    value = (moment & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return f"{value & ~(0x3 << 62) | 2 << 62:032x}"


# -- aggregates ----------------------------------------------------------------------------------------------------------


class _Collected:
    """Keeps all values but NULL."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def step(self, value: Any) -> None:
        if value is not None:
            self.values.append(value)


def _variance(values: list[Any], *, sample: bool) -> float | None:
    from statistics import pvariance, variance  # takes its time to import, and few ask for it

    if len(values) < (2 if sample else 1):
        return None
    return float(variance(values) if sample else pvariance(values))


class _Population(_Collected):
    def finalize(self) -> float | None:
        return _variance(self.values, sample=False)


class _Sample(_Collected):
    def finalize(self) -> float | None:
        return _variance(self.values, sample=True)


class _PopulationRoot(_Collected):
    def finalize(self) -> float | None:
        found = _variance(self.values, sample=False)
        return None if found is None else math.sqrt(found)


class _SampleRoot(_Collected):
    def finalize(self) -> float | None:
        found = _variance(self.values, sample=True)
        return None if found is None else math.sqrt(found)


class _Folded:
    @staticmethod
    def operation(one: int, other: int) -> int:
        return one

    def __init__(self) -> None:
        self.found: int | None = None

    def step(self, value: int | None) -> None:
        if value is not None:
            self.found = value if self.found is None else type(self).operation(self.found, value)

    def finalize(self) -> int | None:
        return self.found


class _BitAnd(_Folded):
    @staticmethod
    def operation(one: int, other: int) -> int:
        return one & other


class _BitOr(_Folded):
    @staticmethod
    def operation(one: int, other: int) -> int:
        return one | other


class _BitXor(_Folded):
    @staticmethod
    def operation(one: int, other: int) -> int:
        return one ^ other


class _AnyValue:
    def __init__(self) -> None:
        self.found: Any = None

    def step(self, value: Any) -> None:
        if self.found is None:
            self.found = value

    def finalize(self) -> Any:
        return self.found


class _Joined(_Collected):
    """Texts joined, each once if ``distinct`` is not 0; SQLite joins distinct texts with commas only."""

    delimiter: str = ","

    def step(self, value: Any, delimiter: str = ",", distinct: int = 0) -> None:
        self.delimiter = delimiter
        if value is not None and not (distinct and value in self.values):
            self.values.append(value)

    def finalize(self) -> str | None:
        return self.delimiter.join(map(str, self.values)) if self.values else None


_SCALARS: Mapping[str, tuple[int, Callable[..., Any]]] = MappingProxyType(
    {
        "REGEXP": (2, _regexp),
        "PARTITA_IREGEXP": (2, _iregexp),
        "PARTITA_JSON_CONTAINS": (2, _json_contains),
        "PARTITA_PART": (-1, _part),
        "PARTITA_SPAN_PART": (2, _span_part),
        "PARTITA_DATE": (2, _date),
        "PARTITA_TIME": (2, _time),
        "PARTITA_TRUNC": (4, _trunc),
        "PARTITA_UTC": (2, _utc),
        "PARTITA_CLOCK": (2, _clock),
        "PARTITA_CAST": (2, _cast),
        "PARTITA_SHIFT": (-1, _shift),
        "PARTITA_BETWEEN": (2, _between),
        "PARTITA_MOD": (2, _numeric(_modulo)),
        "PARTITA_BITXOR": (2, _numeric(operator.xor)),
        "PARTITA_LPAD": (3, _strict(lambda text, length, fill: _pad(text, length, fill, True))),
        "PARTITA_RPAD": (3, _strict(lambda text, length, fill: _pad(text, length, fill, False))),
        "PARTITA_REPEAT": (2, _strict(lambda text, count: str(text) * count)),
        "PARTITA_REVERSE": (1, _strict(lambda text: str(text)[::-1])),
        "PARTITA_ROUND": (2, _strict(_round)),
        "PARTITA_RANDOM": (0, random.random),
        "PARTITA_SIGN": (1, _numeric(lambda number: (number > 0) - (number < 0))),
        "PARTITA_COT": (1, _numeric(lambda angle: 1 / math.tan(angle))),
        "PARTITA_MD5": (1, _digest("md5")),
        "PARTITA_SHA1": (1, _digest("sha1")),
        "PARTITA_SHA224": (1, _digest("sha224")),
        "PARTITA_SHA256": (1, _digest("sha256")),
        "PARTITA_SHA384": (1, _digest("sha384")),
        "PARTITA_SHA512": (1, _digest("sha512")),
        "PARTITA_UUID4": (0, lambda: uuid.uuid4().hex),
        "PARTITA_UUID7": (0, _new_uuid7),
        # Not every build of SQLite has its functions of mathematics.
        "ACOS": (1, _numeric(math.acos)),
        "ASIN": (1, _numeric(math.asin)),
        "ATAN": (1, _numeric(math.atan)),
        "ATAN2": (2, _numeric(math.atan2)),
        "CEIL": (1, _numeric(math.ceil)),
        "COS": (1, _numeric(math.cos)),
        "DEGREES": (1, _numeric(math.degrees)),
        "EXP": (1, _numeric(math.exp)),
        "FLOOR": (1, _numeric(math.floor)),
        "LN": (1, _numeric(math.log)),
        "LOG": (2, _numeric(lambda base, number: math.log(number, base))),
        "PI": (0, lambda: math.pi),
        "POWER": (2, _numeric(_power)),
        "RADIANS": (1, _numeric(math.radians)),
        "SIN": (1, _numeric(math.sin)),
        "SQRT": (1, _numeric(math.sqrt)),
        "TAN": (1, _numeric(math.tan)),
    }
)
_AGGREGATES: tuple[tuple[str, int, Any], ...] = (
    ("VAR_POP", 1, _Population),
    ("VAR_SAMP", 1, _Sample),
    ("STDDEV_POP", 1, _PopulationRoot),
    ("STDDEV_SAMP", 1, _SampleRoot),
    ("BIT_AND", 1, _BitAnd),
    ("BIT_OR", 1, _BitOr),
    ("BIT_XOR", 1, _BitXor),
    ("ANY_VALUE", 1, _AnyValue),
    ("PARTITA_JOIN", 3, _Joined),
)

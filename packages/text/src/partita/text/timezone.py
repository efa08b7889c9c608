"""The current time zone, and times with and without one: ``from partita.text import timezone``."""

from contextlib import ContextDecorator
from contextvars import Token
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import timezone as FixedZone
from types import TracebackType

from partita.contracts.current import find
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.text.formats import ZONE, current_zone

__all__ = (
    "UTC",
    "activate",
    "deactivate",
    "get_current_timezone",
    "get_current_timezone_name",
    "get_default_timezone",
    "get_default_timezone_name",
    "get_fixed_timezone",
    "is_aware",
    "is_naive",
    "localdate",
    "localtime",
    "make_aware",
    "make_naive",
    "named_zone",
    "now",
    "override",
    "timezone_name",
)

MAX_NAME = 255  # characters; a name becomes a file name in the zone database


def now() -> datetime:
    """Return the current time: aware, in UTC; in an application with ``use_tz=False`` naive, as clocks in its zone show it."""
    if find(USE_TZ) is False:
        return datetime.now(get_default_timezone()).replace(tzinfo=None)
    return datetime.now(UTC)


def get_fixed_timezone(offset: timedelta | int) -> FixedZone:
    """Return a zone that is always ``offset`` from UTC, named by it, such as ``+0530``.

    Args:
        offset: A span, or minutes.
    """
    span = offset if isinstance(offset, timedelta) else timedelta(minutes=offset)
    minutes = round(span.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return FixedZone(span, f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}")


def get_default_timezone() -> tzinfo:
    """Return the zone of the current application, or UTC."""
    return named_zone(name) if (name := find(TIME_ZONE)) else UTC


def get_default_timezone_name() -> str:
    """Return the name of the zone of the current application."""
    return timezone_name(get_default_timezone())


def get_current_timezone() -> tzinfo:
    """Return the zone that aware times are shown in: the one activated here, or else that of the application."""
    return current_zone() or get_default_timezone()


def get_current_timezone_name() -> str:
    """Return the name of the zone that aware times are shown in."""
    return timezone_name(get_current_timezone())


def timezone_name(zone: tzinfo) -> str:
    """Return the IANA name of a zone; the offset, or the name it was given, if it has none."""
    return zone.tzname(None) or str(zone)


def activate(timezone: tzinfo | str) -> None:
    """Show aware times in ``timezone`` from now on, in this task or thread.

    Args:
        timezone: A zone or its IANA name.

    Raises:
        ValueError: If there is no such zone.
    """
    ZONE.set(_zone(timezone))


def deactivate() -> None:
    """Show aware times in the application's zone again; undoes `activate`."""
    ZONE.set(get_default_timezone() if find(TIME_ZONE) else None)


class override(ContextDecorator):
    """Show aware times in ``timezone`` inside ``with``, or in the function decorated.

    Args:
        timezone: A zone or its IANA name; None means that of the application.
    """

    __slots__ = ("_before", "_zone")

    def __init__(self, timezone: tzinfo | str | None) -> None:
        self._zone = timezone
        self._before: list[Token[tzinfo | None]] = []

    def _recreate_cm(self) -> "override":
        # One decorated function may run in many tasks at a time: each call has an object of its own.
        return override(self._zone)

    def __enter__(self) -> None:
        zone = _zone(self._zone) if self._zone is not None else get_default_timezone() if find(TIME_ZONE) else None
        self._before.append(ZONE.set(zone))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ZONE.reset(self._before.pop())


def is_aware(value: datetime) -> bool:
    """Tell whether a time has a zone that knows its offset."""
    return value.utcoffset() is not None


def is_naive(value: datetime) -> bool:
    """Tell whether a time has no zone."""
    return value.utcoffset() is None


def make_aware(value: datetime, timezone: tzinfo | None = None) -> datetime:
    """Return a naive time as the wall clock of ``timezone``.

    A time that the clock shows twice is the first of both, or the second with ``fold=1``; one that it skips is moved by
    the hour skipped when it is converted (PEP 495).

    Args:
        value: Naive.
        timezone: By default the current one.

    Raises:
        ValueError: If ``value`` is aware already.
    """
    if is_aware(value):
        raise ValueError(f"make_aware() expects a naive datetime, got {value}")
    return value.replace(tzinfo=timezone or get_current_timezone())


def make_naive(value: datetime, timezone: tzinfo | None = None) -> datetime:
    """Return what the wall clock of ``timezone`` shows at an aware time.

    Args:
        value: Aware.
        timezone: By default the current one.

    Raises:
        ValueError: If ``value`` is naive.
    """
    if is_naive(value):
        raise ValueError("make_naive() cannot be applied to a naive datetime")
    return value.astimezone(timezone or get_current_timezone()).replace(tzinfo=None)


def localtime(value: datetime | None = None, timezone: tzinfo | None = None) -> datetime:
    """Return an aware time in ``timezone``.

    Args:
        value: Aware; by default the current time.
        timezone: By default the current one.

    Raises:
        ValueError: If ``value`` is naive.
    """
    value = value or now()
    if is_naive(value):
        raise ValueError("localtime() cannot be applied to a naive datetime")
    return value.astimezone(timezone or get_current_timezone())


def localdate(value: datetime | None = None, timezone: tzinfo | None = None) -> date:
    """Return the day it is in ``timezone`` at an aware time; as `localtime`."""
    return localtime(value, timezone).date()


def _zone(zone: object) -> tzinfo:
    if isinstance(zone, tzinfo):
        return zone
    if isinstance(zone, str):
        return named_zone(zone)
    raise ValueError(f"Invalid timezone: {zone!r}; expected a tzinfo or an IANA name such as 'Europe/Berlin'")


def named_zone(name: str) -> tzinfo:
    """Return the zone of an IANA name, which may be a visitor's: the cost is bounded.

    Args:
        name: For example ``Europe/Berlin``.

    Raises:
        ValueError: If there is no such zone.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # only who uses names pays for it

    try:
        if len(name) > MAX_NAME:
            raise ValueError("too long")
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"no time zone is named {name[:80]!r}; expected an IANA name such as 'Europe/Berlin'"
        ) from error

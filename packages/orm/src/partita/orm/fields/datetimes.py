"""Fields that hold moments; they are stored in UTC, unless their database says otherwise."""

import datetime as dt
import re
import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack, overload

from sqlalchemy import DateTime
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.fields.base import Converter, Field, FieldOptions, Text
from partita.orm.fields.converters import InlineConverter
from partita.orm.fields.times import CLOCK, Clocked, described
from partita.orm.moments import ClockReading, application_zone, has_zones, present, vendor_zone, zones_in_use

__all__ = ("DateTimeField",)

T = TypeVar("T")
_DAY = r"(?a)\d{4}-\d{1,2}-\d{1,2}"
_DATETIME = DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


class DateTimeField(Clocked[T], Generic[T]):
    """A moment; aware, and in UTC when it comes from the database; naive where the database or the application has ``use_tz=False``.

    Args:
        auto_now: Set it at every save.
        auto_now_add: Set it when the row is made.
    """

    has_neighbours: ClassVar[bool] = True
    plain_type: ClassVar[type | None] = dt.datetime
    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy(
            "“%(value)s” value has an invalid format. It must be in YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format."
        ),
        "invalid_date": gettext_lazy(
            "“%(value)s” value has the correct format (YYYY-MM-DD) but it is an invalid date."
        ),
        "invalid_datetime": gettext_lazy(
            "“%(value)s” value has the correct format (YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]) but it is an invalid date/time."
        ),
    }

    @overload
    def __init__(
        self: "DateTimeField[dt.datetime]",
        verbose_name: Text | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "DateTimeField[dt.datetime | None]",
        verbose_name: Text | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self,
        verbose_name: Text | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        *,
        null: bool = False,
        **options: Unpack[FieldOptions],
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)
        self._set_clock(auto_now, auto_now_add)

    def sql_type(self) -> TypeEngine[Any]:
        """TIMESTAMP WITH TIME ZONE; DATETIME(6) in MySQL."""
        return _DATETIME

    def _now(self) -> Any:
        return present()

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a datetime."""
        if value is None or isinstance(value, dt.datetime):
            return value
        if isinstance(value, dt.date):
            zone = application_zone() if zones_in_use() else None
            return dt.datetime(value.year, value.month, value.day, tzinfo=zone)
        text = str(value).strip()
        try:
            return dt.datetime.fromisoformat(text)
        except ValueError:
            day, _, clock = text.replace("T", " ").partition(" ")
            code = "invalid"
            if re.fullmatch(_DAY, day):
                code = "invalid_date" if not clock else "invalid_datetime" if re.match(CLOCK, clock) else "invalid"
            raise self.invalid(code, value=value) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a datetime; whether it has to have a zone is known where the database is, in `to_driver`."""
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- of whichever zone the database has
        return self.to_python(value)

    def to_driver(self, dialect: str) -> Converter | None:
        """SQLite keeps text, MySQL a moment without zone; a naive one counts as local time and warns, if there are zones.

        Where moments have none, an aware one raises ValueError, except for PostgreSQL, whose columns take it.
        """
        zone = vendor_zone(dialect)
        if not has_zones(dialect):
            return partial(self._zoned, zone) if dialect == "postgresql" else partial(self._naive, dialect)
        if dialect == "postgresql":
            return self._in_utc
        if zone is dt.UTC:
            return self._text_in_utc if dialect == "sqlite" else self._clock_in_utc
        return partial(self._text_in if dialect == "sqlite" else self._clock_in, zone)

    def from_driver(self, dialect: str) -> Converter | None:
        """SQLite keeps text, MySQL a moment without zone."""
        zone = vendor_zone(dialect)
        if not has_zones(dialect):
            known: dict[str, Converter | None] = {"sqlite": _naive_of_text, "postgresql": partial(_naive_in, zone)}
            return known.get(dialect)
        if dialect == "postgresql":
            return _IN_UTC if zone is dt.UTC else partial(_moment_in, zone)
        if zone is dt.UTC:
            return _MOMENT if dialect == "sqlite" else _with_zone
        return partial(_moment_of_text_in if dialect == "sqlite" else _moment_in, zone)

    def _in_utc(self, moment: dt.datetime) -> dt.datetime:
        if moment.tzinfo is dt.UTC:
            return moment
        if moment.tzinfo is None:
            warnings.warn(
                f"{described(self)} received a naive datetime ({moment}) while time zone support is active.",
                RuntimeWarning,
                stacklevel=2,
            )
            moment = moment.replace(tzinfo=application_zone())
        return moment.astimezone(dt.UTC)

    # datetime.replace() takes several times as long as what stands here instead of it.

    def _text_in_utc(self, value: dt.datetime) -> str:
        if value.tzinfo is not dt.UTC:
            value = self._in_utc(value)
        return _combined(value, value.time()).isoformat(" ")

    def _clock_in_utc(self, value: dt.datetime) -> dt.datetime:
        if value.tzinfo is not dt.UTC:
            value = self._in_utc(value)
        return _combined(value, value.time())

    def _clock_in(self, zone: dt.tzinfo, value: dt.datetime) -> dt.datetime:
        return self._in_utc(value).astimezone(zone).replace(tzinfo=None, fold=0)

    def _text_in(self, zone: dt.tzinfo, value: dt.datetime) -> str:
        return self._clock_in(zone, value).isoformat(" ")

    def _zoned(self, zone: dt.tzinfo, value: dt.datetime) -> dt.datetime:
        return value.replace(tzinfo=zone) if value.tzinfo is None or type(value) is ClockReading else value

    def _naive(self, dialect: str, value: dt.datetime) -> Any:
        if type(value) is ClockReading:
            value = value.replace(tzinfo=None)
        elif value.tzinfo is not None:
            raise ValueError(
                f"{described(self)} received an aware datetime ({value}), but this database keeps moments without a zone "
                "(use_tz=False). Give it a naive one, such as value.astimezone(zone).replace(tzinfo=None), or connect with use_tz=True."
            )
        return value.isoformat(" ") if dialect == "sqlite" else value


_combined, _from_text = dt.datetime.combine, dt.datetime.fromisoformat


def _moment(value: str) -> dt.datetime:
    if value[-6:-5] in "+-":  # with a zone, or a date alone: nothing that we wrote
        return _from_text(value).replace(tzinfo=dt.UTC)
    return _from_text(value + "+00:00")


_MOMENT = InlineConverter(
    _moment,
    common='moment_of_text({value} + "+00:00")',
    test='{value}[-6:-5] not in "+-"',
    names={"moment_of_text": _from_text},
)


def _in_utc(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:  # of a column without zone, which somebody else made
        return value.replace(tzinfo=dt.UTC)
    return value if value.tzinfo is dt.UTC else value.astimezone(dt.UTC)


_IN_UTC = InlineConverter(_in_utc, common="{value}", test="{value}.tzinfo is utc", names={"utc": dt.UTC})


def _with_zone(value: dt.datetime) -> dt.datetime:
    return _combined(value, value.time(), dt.UTC)


def _moment_in(zone: dt.tzinfo, value: dt.datetime) -> dt.datetime:
    """Return what clocks of ``zone`` show as a moment."""
    return (value.replace(tzinfo=zone) if value.tzinfo is None else value).astimezone(dt.UTC)


def _moment_of_text_in(zone: dt.tzinfo, value: str) -> dt.datetime:
    return _moment_in(zone, _from_text(value))


def _naive_of_text(value: str) -> dt.datetime:
    return _from_text(value).replace(tzinfo=None)


def _naive_in(zone: dt.tzinfo, value: dt.datetime) -> dt.datetime:
    return value if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None)

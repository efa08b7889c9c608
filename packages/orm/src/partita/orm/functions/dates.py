"""Parts of dates and times, and dates and times cut to a part."""

import datetime as dt
from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import Date, Time, literal_column

from partita.orm.errors import FieldError
from partita.orm.expressions import INTEGER, OF_VALUE, Expression, Func, Scope, Transform
from partita.orm.expressions.identity import shape_of_field
from partita.orm.expressions.names import Outer
from partita.orm.fields import DateField, DateTimeField, DurationField, Field, TimeField
from partita.orm.functions.zones import (
    as_kept,
    in_utc,
    in_zone,
    kept_in_utc,
    moments_in,
    name_of,
    present_there,
    quoted,
    zone_of,
    zone_there,
)
from partita.orm.sql_elements import cast, extract, func

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "PARTS",
    "Extract",
    "ExtractDay",
    "ExtractHour",
    "ExtractIsoWeekDay",
    "ExtractIsoYear",
    "ExtractMinute",
    "ExtractMonth",
    "ExtractQuarter",
    "ExtractSecond",
    "ExtractWeek",
    "ExtractWeekDay",
    "ExtractYear",
    "Now",
    "Trunc",
    "TruncDate",
    "TruncDay",
    "TruncHour",
    "TruncMinute",
    "TruncMonth",
    "TruncQuarter",
    "TruncSecond",
    "TruncTime",
    "TruncWeek",
    "TruncYear",
)

_OF_CLOCK = ("hour", "minute", "second")
_OF_DAY = ("year", "quarter", "month", "week", "day", "week_day", "iso_year", "iso_week_day")
_CUTS = frozenset({"year", "quarter", "month", "week", "day", *_OF_CLOCK})
PARTS = frozenset({*_OF_CLOCK, *_OF_DAY})
"""What there is to know of a date or time."""
_POSTGRESQL: Mapping[str, str] = MappingProxyType({"iso_year": "isoyear", "iso_week_day": "isodow"})
_SQLITE: Mapping[str, str] = MappingProxyType(
    {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}
)
_MYSQL_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "year": "%Y-01-01",
        "month": "%Y-%m-01",
        "day": "%Y-%m-%d",
        "hour": "%Y-%m-%d %H:00:00",
        "minute": "%Y-%m-%d %H:%i:00",
        "second": "%Y-%m-%d %H:%i:%s",
    }
)
_MYSQL_CLOCKS: Mapping[str, str] = MappingProxyType({"hour": "%H:00:00", "minute": "%H:%i:00", "second": "%H:%i:%s"})


class _Zoned(Transform):
    """Reads moments as the clocks of a zone show them: the one given, else the current one."""

    tzinfo: dt.tzinfo | None = None

    def resolve(self, scope: Scope) -> Expression:
        """Check the source as soon as it is known."""
        copy = super().resolve(scope)
        copy.check_types()
        return copy

    @property
    def is_pending(self) -> bool:
        """Whether the source is a name of a query around, which is not known yet."""
        source: Any = self.sources[0]
        return isinstance(source, Outer) and source.source is None

    def check_types(self) -> None:
        """See that a zone was given only for what has one."""
        if self.tzinfo is not None and not isinstance(self.sources[0].output, DateTimeField):
            raise ValueError("tzinfo can only be used with DateTimeField.")

    def zone(self) -> str:
        """Return the zone's name; UTC for what knows no zone."""
        return name_of(self.tzinfo) if isinstance(self.sources[0].output, DateTimeField) else "UTC"

    def clocks(self, compiler: "Compiler", source: Any) -> tuple[Any, str]:
        """Return the source and the zone whose clocks count where it is; what SQLite's functions are given is in UTC."""
        if not isinstance(self.sources[0].output, DateTimeField):
            return source, "UTC"
        if compiler.vendor == "sqlite":
            source = kept_in_utc(compiler, source)
        return source, zone_there(compiler, self.zone())

    def options(self) -> Hashable:
        """The zone, which may be another one for the next request."""
        return (super().options(), self.zone())


class Extract(_Zoned):
    """A number out of a date or time.

    Args:
        expression: A date, a time or a moment.
        lookup_name: Which number: ``year``, ``quarter``, ``month``, ``week`` (of ISO 8601), ``day``, ``week_day`` (Sunday is
            1), ``iso_year``, ``iso_week_day`` (Monday is 1), ``hour``, ``minute`` or ``second``.
        tzinfo: Whose clocks count for a moment; the current zone's unless given.

    Raises:
        FieldError: If that is no part of a date or time.
    """

    output_field = INTEGER
    lookup_name: str = ""

    def __init__(
        self, expression: Any, lookup_name: str | None = None, tzinfo: dt.tzinfo | None = None, **extra: Any
    ) -> None:
        if lookup_name is not None:
            self.lookup_name = lookup_name
        elif not self.lookup_name:
            raise ValueError("lookup_name must be provided")
        if self.lookup_name not in PARTS:
            raise FieldError(
                f"{self.lookup_name!r:.80} is no part of a date or time. Known are {', '.join(sorted(PARTS))}."
            )
        self.tzinfo = tzinfo
        super().__init__(expression, **extra)

    def options(self) -> Hashable:
        """The part, and the zone."""
        return (self.lookup_name, super().options())

    def check_types(self) -> None:
        """See that the source has such a part."""
        if not self.is_pending:
            super().check_types()
            _check_part(self)

    def call(self, compiler: "Compiler", *arguments: Any) -> Any:
        """EXTRACT, or what the database has instead."""
        part = self.lookup_name
        source, zone = self.clocks(compiler, arguments[0])
        field = self.sources[0].output
        integer = INTEGER.sql_type()
        if compiler.vendor == "sqlite":
            if isinstance(field, DurationField):
                return func.partita_span_part(quoted(part), source)
            if zone == "UTC" and part in _SQLITE:
                return cast(func.strftime(quoted(_SQLITE[part]), source), integer)
            return func.partita_part(quoted(part), source, quoted(zone))
        if isinstance(field, DateTimeField):
            source = in_zone(compiler, source, zone)
        if compiler.vendor == "postgresql":
            if part == "week_day":
                return cast(extract("dow", source), integer) + 1
            if part == "second":
                return cast(func.floor(extract("second", source)), integer)
            return cast(extract(_POSTGRESQL.get(part, part), source), integer)
        match part:
            case "week_day":
                return func.dayofweek(source)
            case "iso_week_day":
                return func.weekday(source) + 1
            case "week":
                return func.week(source, 3)
            case "iso_year":
                return cast(func.floor(func.yearweek(source, 3) / 100), integer)
            case "quarter":
                return func.quarter(source)
        return extract(part, source)


def _check_part(node: Extract) -> None:
    source, part = node.sources[0], node.lookup_name
    field = source.output
    if not isinstance(field, DateField | DateTimeField | TimeField | DurationField):
        raise ValueError("Extract input expression must be DateField, DateTimeField, TimeField, or DurationField.")
    name = getattr(field, "name", "")
    if isinstance(field, DateField) and part in _OF_CLOCK:
        raise ValueError(f"Cannot extract time component '{part}' from DateField '{name}'.")
    if isinstance(field, TimeField) and part in _OF_DAY:
        raise ValueError(f"Cannot extract component '{part}' from TimeField '{name}'.")
    if isinstance(field, DurationField) and part not in ("day", *_OF_CLOCK):
        raise ValueError(f"Cannot extract component '{part}' from DurationField '{name}'.")


class ExtractYear(Extract):
    """The year."""

    lookup_name = "year"


class ExtractIsoYear(Extract):
    """The year to which ISO 8601 counts the week."""

    lookup_name = "iso_year"


class ExtractMonth(Extract):
    """The month, from 1."""

    lookup_name = "month"


class ExtractDay(Extract):
    """The day of the month."""

    lookup_name = "day"


class ExtractWeek(Extract):
    """The week of ISO 8601."""

    lookup_name = "week"


class ExtractWeekDay(Extract):
    """The day of the week, from Sunday = 1."""

    lookup_name = "week_day"


class ExtractIsoWeekDay(Extract):
    """The day of the week, from Monday = 1."""

    lookup_name = "iso_week_day"


class ExtractQuarter(Extract):
    """The quarter of the year."""

    lookup_name = "quarter"


class ExtractHour(Extract):
    """The hour."""

    lookup_name = "hour"


class ExtractMinute(Extract):
    """The minute."""

    lookup_name = "minute"


class ExtractSecond(Extract):
    """The second."""

    lookup_name = "second"


class _Cut(_Zoned):
    kind: ClassVar[str] = ""

    def __init__(
        self, expression: Any, output_field: Field[Any] | None = None, tzinfo: dt.tzinfo | None = None, **extra: Any
    ) -> None:
        self.tzinfo = tzinfo
        super().__init__(expression, output_field=output_field, **extra)

    def options(self) -> Hashable:
        return (self.kind, shape_of_field(self.output_field), super().options())

    @property
    def output(self) -> Field[Any]:
        found = super().output
        return moments_in(zone_of(self.tzinfo)) if isinstance(found, DateTimeField) else found

    def check_types(self) -> None:
        if not self.is_pending:
            super().check_types()
            _check_cut(self)

    def call(self, compiler: "Compiler", *arguments: Any) -> Any:
        kind = self.kind
        source, zone = self.clocks(compiler, arguments[0])
        given, wanted = self.sources[0].output, self.output
        is_moment = isinstance(wanted, DateTimeField)
        if compiler.vendor == "sqlite":
            form = "date" if isinstance(wanted, DateField) else "time" if isinstance(wanted, TimeField) else "datetime"
            cut = func.partita_trunc(quoted(kind), source, quoted(zone), quoted(form))
            return as_kept(compiler, cut) if is_moment and isinstance(given, DateTimeField) else cut
        if isinstance(given, DateTimeField):
            source = in_zone(compiler, source, zone)
        if compiler.vendor == "postgresql":
            found = func.date_trunc(quoted(kind), source)
            if is_moment:
                return in_utc(compiler, found, zone) if isinstance(given, DateTimeField) else found
            kind_of_value: Any = Time() if isinstance(wanted, TimeField) else Date()
            return cast(found, kind_of_value)
        found = _cut_by_mysql(kind, source, isinstance(given, TimeField))
        if is_moment:
            return in_utc(compiler, cast(found, wanted.sql_type()), zone)
        sql_type: Any = Time() if isinstance(wanted, TimeField) else Date()
        return cast(found, sql_type)


def _cut_by_mysql(kind: str, source: Any, is_time: bool) -> Any:
    if is_time:
        return func.time_format(source, quoted(_MYSQL_CLOCKS[kind]))
    if kind == "week":
        return func.date(func.subdate(source, func.weekday(source)))
    if kind == "quarter":
        months = (func.quarter(source) - 1) * 3
        return func.timestampadd(literal_column("MONTH"), months, func.date_format(source, quoted("%Y-01-01")))
    return func.date_format(source, quoted(_MYSQL_FORMATS[kind]))


def _check_cut(node: Any) -> None:
    source, kind = node.sources[0], node.kind
    given, wanted = source.output, node.output
    name, is_other = (
        getattr(given, "name", ""),
        node.output_field is not None and type(node.output_field) is not type(given),
    )
    if not isinstance(given, DateField | DateTimeField | TimeField):
        raise TypeError(f"{name!r} isn't a DateField, TimeField, or DateTimeField.")
    if not isinstance(wanted, DateField | DateTimeField | TimeField):
        raise ValueError("output_field must be either DateField, TimeField, or DateTimeField")
    if isinstance(given, DateField) and (isinstance(wanted, DateTimeField | TimeField) or kind in (*_OF_CLOCK, "time")):
        form = _name_of_kind(wanted) if is_other else "DateTimeField"
        raise ValueError(f"Cannot truncate DateField '{name}' to {form}.")
    if isinstance(given, TimeField) and (
        isinstance(wanted, DateTimeField | DateField) or kind in ("year", "quarter", "month", "week", "day", "date")
    ):
        form = _name_of_kind(wanted) if is_other else "DateTimeField"
        raise ValueError(f"Cannot truncate TimeField '{name}' to {form}.")


def _name_of_kind(field: Field[Any]) -> str:
    return "DateTimeField" if isinstance(field, DateTimeField) else type(field).__name__


class Trunc(_Cut):
    """A date, a time or a moment cut to its start of ``kind``.

    Args:
        expression: A date, a time or a moment.
        kind: ``year``, ``quarter``, ``month``, ``week`` (from Monday), ``day``, ``hour``, ``minute`` or ``second``.
        output_field: A DateField, TimeField or DateTimeField for another kind of result than the source.
        tzinfo: Whose clocks count for a moment; the current zone's unless given.

    Raises:
        FieldError: If ``kind`` is none of these.
    """

    def __init__(
        self,
        expression: Any,
        kind: str,
        output_field: Field[Any] | None = None,
        tzinfo: dt.tzinfo | None = None,
        **extra: Any,
    ) -> None:
        if kind not in _CUTS:
            raise FieldError(f"Nothing can be cut to {kind!r:.80}. Known are {', '.join(sorted(_CUTS))}.")
        self.kind = kind  # type: ignore[misc]  # one class serves all kinds
        super().__init__(expression, output_field=output_field, tzinfo=tzinfo, **extra)


class TruncYear(_Cut):
    """The start of the year."""

    kind = "year"


class TruncQuarter(_Cut):
    """The start of the quarter."""

    kind = "quarter"


class TruncMonth(_Cut):
    """The start of the month."""

    kind = "month"


class TruncWeek(_Cut):
    """The start of the week, which is a Monday."""

    kind = "week"


class TruncDay(_Cut):
    """The start of the day."""

    kind = "day"


class TruncHour(_Cut):
    """The start of the hour."""

    kind = "hour"


class TruncMinute(_Cut):
    """The start of the minute."""

    kind = "minute"


class TruncSecond(_Cut):
    """The start of the second."""

    kind = "second"


class TruncDate(_Zoned):
    """The date of a moment."""

    lookup_name = "date"
    output_field = OF_VALUE[dt.date]

    def __init__(self, expression: Any, tzinfo: dt.tzinfo | None = None, **extra: Any) -> None:
        self.tzinfo = tzinfo
        super().__init__(expression, **extra)

    def check_types(self) -> None:
        """See that the source is a date or a moment."""
        if self.is_pending:
            return
        super().check_types()
        _refuse(self.sources[0].output, TimeField, "DateField")

    def call(self, compiler: "Compiler", *arguments: Any) -> Any:
        """The date that clocks show."""
        source, zone = self.clocks(compiler, arguments[0])
        if compiler.vendor == "sqlite":
            return func.date(source) if zone == "UTC" else func.partita_date(source, quoted(zone))
        if isinstance(self.sources[0].output, DateTimeField):
            source = in_zone(compiler, source, zone)
        return cast(source, Date())


class TruncTime(_Zoned):
    """The time of day of a moment."""

    lookup_name = "time"
    output_field = OF_VALUE[dt.time]

    def __init__(self, expression: Any, tzinfo: dt.tzinfo | None = None, **extra: Any) -> None:
        self.tzinfo = tzinfo
        super().__init__(expression, **extra)

    def check_types(self) -> None:
        """See that the source is a time or a moment."""
        if self.is_pending:
            return
        super().check_types()
        _refuse(self.sources[0].output, DateField, "TimeField")

    def call(self, compiler: "Compiler", *arguments: Any) -> Any:
        """The time that clocks show."""
        source, zone = self.clocks(compiler, arguments[0])
        if compiler.vendor == "sqlite":
            return func.partita_time(source, quoted(zone))
        if isinstance(self.sources[0].output, DateTimeField):
            source = in_zone(compiler, source, zone)
        return cast(source, Time()) if compiler.vendor == "postgresql" else func.time(source)


def _refuse(given: Field[Any], kind: type[Field[Any]], wanted: str) -> None:
    if isinstance(given, kind):
        name = getattr(given, "name", "") or type(given).__name__
        raise ValueError(f"Cannot truncate {type(given).__name__} '{name}' to {wanted}.")


class Now(Func):
    """The database's present moment."""

    arity = 0
    output_field = OF_VALUE[dt.datetime]

    def call(self, compiler: "Compiler", *arguments: Any) -> Any:
        """The moment the statement began, to the microsecond where the database knows it."""
        return present_there(compiler)

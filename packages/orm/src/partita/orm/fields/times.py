"""Fields that hold dates, times and durations."""

import datetime as dt
import re
from collections.abc import Mapping
from functools import partial, partialmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, Unpack, overload

from sqlalchemy import BigInteger, Date, Time
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.fields.base import Converter, Field, FieldOptions, Text
from partita.orm.moments import (
    application_zone,
    local_present,
    zones_in_use,
)

__all__ = ("CLOCK", "Clocked", "DateField", "DurationField", "TimeField", "described")

T = TypeVar("T")
# Compiled, and kept by Python, when the first text comes: rows from databases have moments.
_DURATION = (
    r"(?a)(?:(?P<days>-?\d{1,9}) (?:days?, )?)?(?P<sign>-?)(?:(?:(?P<hours>\d{1,9}):)?(?P<minutes>\d{1,9}):)?"
    r"(?P<seconds>\d{1,12})(?:[.,](?P<micro>\d{1,6}))?"
)
CLOCK = r"(?a)\d{1,2}:\d{1,2}(:\d{1,2}([.,]\d{1,6})?)?"
_MICROSECOND = dt.timedelta(microseconds=1)


class Clocked(Field[T], Generic[T]):
    """A field that can set itself when a row is made or saved."""

    empty_strings_allowed: ClassVar[bool] = False
    auto_now = auto_now_add = False
    has_neighbours: ClassVar[bool] = False

    def _set_clock(self, auto_now: bool, auto_now_add: bool) -> None:
        self.auto_now, self.auto_now_add = auto_now, auto_now_add
        if auto_now or auto_now_add:
            self.editable, self.blank = False, True

    if TYPE_CHECKING:

        def _now(self) -> Any: ...

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the field ``name`` of ``model``; a date or moment that is never NULL brings ``get_next_by_<name>``."""
        super().contribute_to_class(model, name)
        if self.has_neighbours and not self.null:
            for backwards, attribute in ((False, f"get_next_by_{self.name}"), (True, f"get_previous_by_{self.name}")):
                if attribute not in model.__dict__:
                    setattr(model, attribute, partialmethod(model._get_next_or_previous, self.name, backwards))

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Return the clock's value where the field sets itself."""
        if self.auto_now or (self.auto_now_add and add):
            value = self._now()
            setattr(instance, self.attname, value)
            return value
        return super().pre_save(instance, add)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the clock."""
        name, path, args, kwargs = super().deconstruct()
        for option in ("auto_now", "auto_now_add"):
            if getattr(self, option):
                kwargs[option] = True
                kwargs.pop("editable", None)
                kwargs.pop("blank", None)
        return name, path, args, kwargs


class DateField(Clocked[T], Generic[T]):
    """A day.

    Args:
        auto_now: Set it at every save.
        auto_now_add: Set it when the row is made.
    """

    has_neighbours: ClassVar[bool] = True
    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("“%(value)s” value has an invalid date format. It must be in YYYY-MM-DD format."),
        "invalid_date": gettext_lazy(
            "“%(value)s” value has the correct format (YYYY-MM-DD) but it is an invalid date."
        ),
    }

    @overload
    def __init__(
        self: "DateField[dt.date]",
        verbose_name: Text | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "DateField[dt.date | None]",
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
        """DATE."""
        return _DATE

    def _now(self) -> Any:
        return local_present().date()

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a date."""
        if isinstance(value, dt.datetime):
            is_elsewhere = value.tzinfo is not None and zones_in_use()
            return (value.astimezone(application_zone()) if is_elsewhere else value).date()
        if value is None or isinstance(value, dt.date):
            return value
        text = str(value)
        if re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", text, re.ASCII) is None:
            raise self.invalid("invalid", value=value)
        try:
            return dt.date(*map(int, text.split("-")))
        except ValueError:
            raise self.invalid("invalid_date", value=value) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a date."""
        return self.to_python(value)

    def to_driver(self, dialect: str) -> Converter | None:
        """SQLite keeps text."""
        return dt.date.isoformat if dialect == "sqlite" else None

    def from_driver(self, dialect: str) -> Converter | None:
        """SQLite keeps text."""
        return _date if dialect == "sqlite" else None


class TimeField(Clocked[T], Generic[T]):
    """A time of day, without zone.

    Args:
        auto_now: Set it at every save.
        auto_now_add: Set it when the row is made.
    """

    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy("“%(value)s” value has an invalid format. It must be in HH:MM[:ss[.uuuuuu]] format."),
        "invalid_time": gettext_lazy(
            "“%(value)s” value has the correct format (HH:MM[:ss[.uuuuuu]]) but it is an invalid time."
        ),
    }

    @overload
    def __init__(
        self: "TimeField[dt.time]",
        verbose_name: Text | None = None,
        auto_now: bool = False,
        auto_now_add: bool = False,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "TimeField[dt.time | None]",
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
        """TIME."""
        return _TIME

    def _now(self) -> Any:
        return local_present().time()

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a time."""
        if isinstance(value, dt.datetime):
            return value.time()
        if value is None or isinstance(value, dt.time):
            return value
        text = str(value).strip()
        try:
            return dt.time.fromisoformat(text)
        except ValueError:
            code = "invalid_time" if re.fullmatch(CLOCK, text) else "invalid"
            raise self.invalid(code, value=value) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a time."""
        return self.to_python(value)

    def to_driver(self, dialect: str) -> Converter | None:
        """SQLite keeps text; neither it nor MySQL keeps the zone of a time, so one that has a zone raises ValueError."""
        return None if dialect == "postgresql" else partial(self._without_zone, dialect)

    def _without_zone(self, dialect: str, value: dt.time) -> Any:
        if value.tzinfo is not None:
            raise ValueError(
                f"{described(self)} received an aware time ({value}), but the {dialect} backend does not support timezone-aware times. "
                "Give it a naive one, such as value.replace(tzinfo=None)."
            )
        return value.isoformat() if dialect == "sqlite" else value

    def from_driver(self, dialect: str) -> Converter | None:
        """SQLite keeps text; MySQL's drivers give the span since midnight."""
        known: dict[str, Converter | None] = {"sqlite": dt.time.fromisoformat, "postgresql": None}
        return known.get(dialect, _time_of_span)


class DurationField(Field[T], Generic[T]):
    """A span of time, in microseconds; INTERVAL in PostgreSQL, a number elsewhere."""

    default_error_messages: ClassVar[Mapping[str, Text]] = {
        "invalid": gettext_lazy(
            "“%(value)s” value has an invalid format. It must be in [DD] [[HH:]MM:]ss[.uuuuuu] format."
        ),
    }
    empty_strings_allowed: ClassVar[bool] = False

    @overload
    def __init__(
        self: "DurationField[dt.timedelta]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "DurationField[dt.timedelta | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    def __init__(
        self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FieldOptions]
    ) -> None:
        Field.__init__(self, verbose_name, null=null, **options)

    def sql_type(self) -> TypeEngine[Any]:
        """INTERVAL or BIGINT."""
        return _DURATION_TYPE

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as a timedelta."""
        if value is None or isinstance(value, dt.timedelta):
            return value
        found = re.fullmatch(_DURATION, str(value).strip())
        if found is None:
            raise self.invalid("invalid", value=value)
        parts = {name: int(found[name] or 0) for name in ("days", "hours", "minutes", "seconds")}
        micro = int((found["micro"] or "0").ljust(6, "0"))
        sign = -1 if found["sign"] else 1
        try:
            clock = dt.timedelta(
                hours=parts["hours"], minutes=parts["minutes"], seconds=parts["seconds"], microseconds=micro
            )
            return dt.timedelta(days=parts["days"]) + sign * clock
        except OverflowError:
            raise self.invalid("invalid", value=value) from None

    def get_prep_value(self, value: Any) -> Any:
        """Return ``value`` as a timedelta."""
        return self.to_python(value)

    def to_driver(self, dialect: str) -> Converter | None:
        """A count of microseconds, except for PostgreSQL."""
        return None if dialect == "postgresql" else _microseconds

    def from_driver(self, dialect: str) -> Converter | None:
        """A count of microseconds, except from PostgreSQL."""
        return None if dialect == "postgresql" else _span


_DATE = Date()
_TIME = Time().with_variant(mysql.TIME(fsp=6), "mysql", "mariadb")
_DURATION_TYPE = BigInteger().with_variant(postgresql.INTERVAL(), "postgresql")


def described(field: Field[Any]) -> str:
    """Return a field's kind and place, for messages."""
    model = getattr(field, "model", None)
    return f"{type(field).__name__} {'(unbound)' if model is None else f'{model.__name__}.{field.name}'}"


def _date(value: str) -> dt.date:
    return dt.date.fromisoformat(value[:10])


def _time_of_span(value: Any) -> dt.time:
    return value if isinstance(value, dt.time) else (dt.datetime.min + value).time()  # noqa: DTZ901 -- a time has no zone


def _microseconds(value: dt.timedelta) -> int:
    return value // _MICROSECOND


def _span(value: Any) -> dt.timedelta:
    return dt.timedelta(microseconds=value if type(value) is int else round(value))  # a mean is no whole number

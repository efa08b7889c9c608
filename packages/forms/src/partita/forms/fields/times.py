"""Fields for dates, times and durations."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.base import Field
from partita.forms.times import (
    current_zone,
    in_zone,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_time,
    settled,
    write_duration,
)
from partita.forms.widgets import DateInput, DateTimeInput, TimeInput, Widget

__all__ = ("DateField", "DateTimeField", "DurationField", "TimeField")


class BaseTemporalField(Field):
    """Base of the fields that take several formats.

    Args:
        input_formats: As `datetime.datetime.strptime` takes them, tried in order; None for ISO 8601 and the usual ones.
        **kwargs: As for `Field`.
    """

    validates_shared = True

    input_formats: tuple[str, ...] | None = None

    def __init__(self, *, input_formats: Iterable[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if input_formats is not None:
            self.input_formats = tuple(input_formats)


class DateField(BaseTemporalField):
    """A day."""

    validates_shared = True
    widget: Widget = DateInput()
    default_error_messages = {"invalid": gettext_lazy("Enter a valid date.")}

    def to_python(self, value: object) -> object:
        """Return a `datetime.date`, or None."""
        if self.is_empty(value):
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return parse_date(str(value).strip(), self.input_formats)
        except ValueError:
            raise self.error("invalid", value=value) from None


class TimeField(BaseTemporalField):
    """A time of day."""

    validates_shared = True
    widget: Widget = TimeInput()
    default_error_messages = {"invalid": gettext_lazy("Enter a valid time.")}

    def to_python(self, value: object) -> object:
        """Return a `datetime.time`, or None."""
        if self.is_empty(value):
            return None
        if isinstance(value, time):
            return value
        try:
            return parse_time(str(value).strip(), self.input_formats)
        except ValueError:
            raise self.error("invalid", value=value) from None


class DateTimeField(BaseTemporalField):
    """A day and a time of day.

    Args:
        time_zone: The zone that is meant if none was given; the default is that of the current application, else UTC.
        **kwargs: As for `BaseTemporalField`.
    """

    validates_shared = True
    widget: Widget = DateTimeInput()
    default_error_messages = {
        "invalid": gettext_lazy("Enter a valid date/time."),
        "ambiguous_timezone": gettext_lazy(
            "%(datetime)s couldn’t be interpreted in time zone %(current_timezone)s; "
            "it may be ambiguous or it may not exist."
        ),
    }

    def __init__(self, *, time_zone: tzinfo | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.time_zone = time_zone

    def prepare_value(self, value: object) -> object:
        """Return the time as clocks in the zone show it."""
        zone = self.time_zone or current_zone()
        if isinstance(value, datetime) and value.tzinfo is not None and zone is not None:
            return value.astimezone(zone).replace(tzinfo=None)
        return value

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether another moment was sent; an initial time without a zone is meant in that of the field."""
        if isinstance(initial, datetime) and initial.tzinfo is None:
            try:
                initial = in_zone(initial, self.time_zone or current_zone())
            except ValueError:
                return True
        return super().has_changed(initial, data)

    def to_python(self, value: object) -> object:
        """Return a `datetime.datetime`, or None."""
        if self.is_empty(value):
            return None
        if isinstance(value, datetime):
            found = value
        elif isinstance(value, date):
            found = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone follows below
        else:
            try:
                found = parse_datetime(str(value).strip(), self.input_formats)
            except ValueError:
                raise self.error("invalid", value=value) from None
        zone = self.time_zone or current_zone()
        if found.tzinfo is not None:
            return settled(found)
        try:
            return in_zone(found, zone)
        except ValueError:
            raise self.error("ambiguous_timezone", datetime=found, current_timezone=zone) from None


class DurationField(Field):
    """A length of time."""

    validates_shared = True

    default_error_messages = {
        "invalid": gettext_lazy("Enter a valid duration."),
        "overflow": gettext_lazy("The number of days must be between %(min_days)s and %(max_days)s."),
    }

    def prepare_value(self, value: object) -> object:
        """Return the duration as text."""
        return write_duration(value) if isinstance(value, timedelta) else value

    def to_python(self, value: object) -> object:
        """Return a `datetime.timedelta`, or None."""
        if self.is_empty(value):
            return None
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value).strip())
        except OverflowError:
            raise self.error("overflow", min_days=timedelta.min.days, max_days=timedelta.max.days) from None
        except ValueError:
            raise self.error("invalid", value=value) from None

"""Views of objects by their dates: archives of years, months, weeks and days."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast
from zoneinfo import ZoneInfo

from partita.contracts.current import find
from partita.contracts.i18n import gettext
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.contracts.zones import ZONE
from partita.http import NotFound, Request
from partita.views.errors import ViewConfigurationError, WeekFormatError
from partita.views.generic.base import Answer, View, asked, settle
from partita.views.generic.detail import BaseDetailView, SingleObjectTemplateResponseMixin, all_rows, model_options
from partita.views.generic.lists import MultipleObjectMixin, MultipleObjectTemplateResponseMixin, has_rows

__all__ = (
    "ArchiveIndexView",
    "BaseArchiveIndexView",
    "BaseDateDetailView",
    "BaseDateListView",
    "BaseDayArchiveView",
    "BaseMonthArchiveView",
    "BaseTodayArchiveView",
    "BaseWeekArchiveView",
    "BaseYearArchiveView",
    "DateDetailView",
    "DateMixin",
    "DayArchiveView",
    "DayMixin",
    "MonthArchiveView",
    "MonthMixin",
    "TodayArchiveView",
    "WeekArchiveView",
    "WeekMixin",
    "YearArchiveView",
    "YearMixin",
)

M = TypeVar("M")
Dated = tuple[list[date] | None, Any, dict[str, Any]]
"""The periods that have objects, the objects, and more names for the template."""


class _Period(NamedTuple):
    start: Callable[[date], date]
    """The first day of the period around a day."""
    after: Callable[[date], date]
    """The first day of the period behind the one that begins on a day."""


_YEAR = _Period(lambda day: day.replace(month=1, day=1), lambda start: date(start.year + 1, 1, 1))
_MONTH = _Period(
    lambda day: day.replace(day=1),
    lambda start: date(start.year + 1, 1, 1) if start.month == 12 else date(start.year, start.month + 1, 1),
)
_DAY = _Period(lambda day: day, lambda start: start + timedelta(1))
_PERIODS = {"year": _YEAR, "month": _MONTH, "day": _DAY}


class DateMixin:
    """The field that holds an object's date."""

    date_field: str | None = None
    allow_future: bool = False
    """Whether objects of the future are shown."""

    def get_date_field(self) -> str:
        """Return the name of the field.

        Raises:
            ViewConfigurationError: If `date_field` is not set.
        """
        if self.date_field is None:
            raise ViewConfigurationError(f"{type(self).__name__} needs date_field")
        return self.date_field

    def get_allow_future(self) -> bool:
        """Tell whether objects of the future are shown."""
        return self.allow_future

    def zone(self) -> tzinfo:
        """Return the time zone that days begin in: the one in force, or else the application's."""
        chosen = None if find(USE_TZ) is False else ZONE.get(None)
        name = find(TIME_ZONE)
        return chosen or (UTC if name is None else ZoneInfo(name))

    def now(self) -> datetime:
        """Return the time before which everything is past."""
        moment = datetime.now(self.zone())
        return moment.replace(tzinfo=None) if find(USE_TZ) is False else moment

    @cached_property
    def uses_datetime_field(self) -> bool:
        """Whether the field holds times, not just days."""
        view = cast("Any", self)
        model = getattr(view, "model", None) or settle(view.get_queryset()).model
        field = model_options(model).get_field(self.get_date_field())
        return any(base.__name__ == "DateTimeField" for base in type(field).__mro__)

    def _look_ups(self, since: date | None, until: date | None) -> dict[str, Any]:
        name, times = self.get_date_field(), self.uses_datetime_field
        bounds = {"gte": since, "lt": until}
        return {
            f"{name}__{how}": datetime.combine(day, time(), None if find(USE_TZ) is False else self.zone())
            if times
            else day
            for how, day in bounds.items()
            if day is not None
        }

    def _past(self) -> dict[str, Any]:
        now = self.now()
        return {f"{self.get_date_field()}__lte": now if self.uses_datetime_field else now.date()}

    def _day_of(self, value: Any) -> date:
        if isinstance(value, datetime):
            return (value.astimezone(self.zone()) if value.tzinfo is not None else value).date()
        return cast("date", value)


class YearMixin:
    """The year of a request."""

    year_format: str = "%Y"
    year: str | int | None = None

    def get_year_format(self) -> str:
        """Return how years are written in addresses, as for ``strptime``."""
        return self.year_format

    def get_year(self) -> str:
        """Return the year as text: `year`, or from the route or the query.

        Raises:
            NotFound: If there is none.
        """
        return _part(self, "year", self.year)

    def get_next_year(self, day: date) -> date | None:
        """Return the first day of the next year that is shown."""
        return _neighbour(self, day, _YEAR, previous=False)

    def get_previous_year(self, day: date) -> date | None:
        """Return the first day of the year before that is shown."""
        return _neighbour(self, day, _YEAR, previous=True)


class MonthMixin:
    """The month of a request."""

    month_format: str = "%b"
    month: str | int | None = None

    def get_month_format(self) -> str:
        """Return how months are written in addresses, as for ``strptime``."""
        return self.month_format

    def get_month(self) -> str:
        """Return the month as text: `month`, or from the route or the query.

        Raises:
            NotFound: If there is none.
        """
        return _part(self, "month", self.month)

    def get_next_month(self, day: date) -> date | None:
        """Return the first day of the next month that is shown."""
        return _neighbour(self, day, _MONTH, previous=False)

    def get_previous_month(self, day: date) -> date | None:
        """Return the first day of the month before that is shown."""
        return _neighbour(self, day, _MONTH, previous=True)


class DayMixin:
    """The day of a request."""

    day_format: str = "%d"
    day: str | int | None = None

    def get_day_format(self) -> str:
        """Return how days are written in addresses, as for ``strptime``."""
        return self.day_format

    def get_day(self) -> str:
        """Return the day as text: `day`, or from the route or the query.

        Raises:
            NotFound: If there is none.
        """
        return _part(self, "day", self.day)

    def get_next_day(self, day: date) -> date | None:
        """Return the next day that is shown."""
        return _neighbour(self, day, _DAY, previous=False)

    def get_previous_day(self, day: date) -> date | None:
        """Return the day before that is shown."""
        return _neighbour(self, day, _DAY, previous=True)


class WeekMixin:
    """The week of a request."""

    week_format: str = "%U"
    """``%U`` (weeks begin on Sunday), ``%W`` (on Monday) or ``%V`` (as in ISO 8601, with the year_format ``%G``)."""
    week: str | int | None = None

    def get_week_format(self) -> str:
        """Return how weeks are written in addresses, as for ``strptime``."""
        return self.week_format

    def get_week(self) -> str:
        """Return the week as text: `week`, or from the route or the query.

        Raises:
            NotFound: If there is none.
        """
        return _part(self, "week", self.week)

    def get_next_week(self, day: date) -> date | None:
        """Return the first day of the next week that is shown."""
        return _neighbour(self, day, self._weeks(), previous=False)

    def get_previous_week(self, day: date) -> date | None:
        """Return the first day of the week before that is shown."""
        return _neighbour(self, day, self._weeks(), previous=True)

    def _weeks(self) -> _Period:
        first = 1 if self.get_week_format() == "%U" else 0  # days since Monday that the week begins before
        return _Period(
            lambda day: day - timedelta((day.weekday() + first) % 7),
            lambda start: start + timedelta(7),
        )


class BaseDateListView(MultipleObjectMixin[M], DateMixin, View):
    """Objects by date; a subclass says which."""

    allow_empty: bool = False
    date_list_period: str = "year"

    date_list: list[date] | None

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Answer with the objects."""
        self.date_list, self.object_list, extra = settle(self.get_dated_items())
        context = settle(self.get_context_data(object_list=self.object_list, date_list=self.date_list, **extra))
        return cast("Answer", cast("Any", self).render_to_response(context))

    def get_dated_items(self) -> Dated:
        """Return the periods that have objects, the objects, and more names for the template."""
        raise ViewConfigurationError(f"{type(self).__name__} has no get_dated_items()")

    def get_ordering(self) -> Any:
        """Return the fields to sort by; the newest first unless `ordering` is set."""
        return f"-{self.get_date_field()}" if self.ordering is None else self.ordering

    def get_dated_queryset(self, **lookup: Any) -> Any:
        """Return the objects that fit, without those of the future unless they are allowed.

        Args:
            lookup: For ``filter``.

        Raises:
            NotFound: If there are none and `allow_empty` is off.
        """
        rows = settle(self.get_queryset()).filter(**lookup)
        if not self.get_allow_future():
            rows = rows.filter(**self._past())
        if not self.get_allow_empty() and not has_rows(rows, self.get_paginate_by(rows)):
            raise NotFound(gettext("There is nothing here."))
        return rows

    def get_date_list_period(self) -> str:
        """Return ``year``, ``month``, ``week`` or ``day``: what the list of dates is made of."""
        return self.date_list_period

    def get_date_list(self, queryset: Any, date_type: str | None = None, ordering: str = "ASC") -> list[date]:
        """Return the first days of the periods that have objects.

        Args:
            queryset: The objects.
            date_type: What the list is made of, if it is not `get_date_list_period`.
            ordering: ``ASC``, or ``DESC`` for the newest first.
        """
        kind, field = date_type or self.get_date_list_period(), self.get_date_field()
        if self.uses_datetime_field:
            return [self._day_of(value) for value in queryset.datetimes(field, kind, ordering, tzinfo=self.zone())]
        return list(queryset.dates(field, kind, ordering))


class BaseArchiveIndexView(BaseDateListView[M]):
    """The latest objects, and the years that have some; without a template."""

    context_object_name = "latest"

    def get_dated_items(self) -> Dated:
        """Return all years, and all objects."""
        rows = self.get_dated_queryset()
        return self.get_date_list(rows, ordering="DESC"), rows, {}


class ArchiveIndexView(MultipleObjectTemplateResponseMixin, BaseArchiveIndexView[M]):
    """The latest objects, and the years that have some."""

    template_name_suffix = "_archive"


class BaseYearArchiveView(YearMixin, BaseDateListView[M]):
    """The months of a year that have objects, and these if `make_object_list` is set; without a template."""

    date_list_period = "month"
    make_object_list: bool = False

    def get_dated_items(self) -> Dated:
        """Return the months of the year."""
        day = _read(self.get_year(), self.get_year_format())
        rows = self.get_dated_queryset(**self._look_ups(day, _YEAR.after(day)))
        dates = self.get_date_list(rows)
        shown = rows if self.get_make_object_list() else rows.none()
        names = {"year": day, "next_year": self.get_next_year(day), "previous_year": self.get_previous_year(day)}
        return dates, shown, names

    def get_make_object_list(self) -> bool:
        """Tell whether the objects are shown, too."""
        return self.make_object_list


class YearArchiveView(MultipleObjectTemplateResponseMixin, BaseYearArchiveView[M]):
    """The months of a year that have objects."""

    template_name_suffix = "_archive_year"


class BaseMonthArchiveView(YearMixin, MonthMixin, BaseDateListView[M]):
    """The objects of a month; without a template."""

    date_list_period = "day"

    def get_dated_items(self) -> Dated:
        """Return the days of the month, and its objects."""
        day = _read(self.get_year(), self.get_year_format(), self.get_month(), self.get_month_format())
        rows = self.get_dated_queryset(**self._look_ups(day, _MONTH.after(day)))
        names = {"month": day, "next_month": self.get_next_month(day), "previous_month": self.get_previous_month(day)}
        return self.get_date_list(rows), rows, names


class MonthArchiveView(MultipleObjectTemplateResponseMixin, BaseMonthArchiveView[M]):
    """The objects of a month."""

    template_name_suffix = "_archive_month"


class BaseWeekArchiveView(YearMixin, WeekMixin, BaseDateListView[M]):
    """The objects of a week; without a template."""

    def get_dated_items(self) -> Dated:
        """Return the objects of the week."""
        year_format, week_format = self.get_year_format(), self.get_week_format()
        first = {"%U": "0", "%W": "1", "%V": "1"}.get(week_format)
        if first is None:
            raise WeekFormatError(f"Unknown week format {week_format!r}. Choices are: %U, %V, %W")
        if (week_format == "%V") != (year_format == "%G"):
            text = f"ISO week directive '%V' is incompatible with the year directive '{year_format}'. Use the ISO year '%G' instead."
            raise WeekFormatError(text if week_format == "%V" else "year_format %G goes with week_format %V only")
        year, week = self.get_year(), self.get_week()
        day = _read(year, year_format, week, week_format, first, "%w")
        # A week 53 that the year has not would be the first one of the next.
        if int(week) > 52 and day.strftime(year_format) != year:
            raise NotFound(gettext("There is no such day."))
        rows = self.get_dated_queryset(**self._look_ups(day, day + timedelta(7)))
        names = {"week": day, "next_week": self.get_next_week(day), "previous_week": self.get_previous_week(day)}
        return None, rows, names


class WeekArchiveView(MultipleObjectTemplateResponseMixin, BaseWeekArchiveView[M]):
    """The objects of a week."""

    template_name_suffix = "_archive_week"


class BaseDayArchiveView(YearMixin, MonthMixin, DayMixin, BaseDateListView[M]):
    """The objects of a day; without a template."""

    def get_dated_items(self) -> Dated:
        """Return the objects of the day."""
        return self._items(_asked_day(self))

    def _items(self, day: date) -> Dated:
        rows = self.get_dated_queryset(**self._look_ups(day, _DAY.after(day)))
        names = {
            "day": day,
            "next_day": self.get_next_day(day),
            "previous_day": self.get_previous_day(day),
            "next_month": self.get_next_month(day),
            "previous_month": self.get_previous_month(day),
        }
        return None, rows, names


class DayArchiveView(MultipleObjectTemplateResponseMixin, BaseDayArchiveView[M]):
    """The objects of a day."""

    template_name_suffix = "_archive_day"


class BaseTodayArchiveView(BaseDayArchiveView[M]):
    """The objects of today; without a template."""

    def get_dated_items(self) -> Dated:
        """Return the objects of today."""
        return self._items(self.now().date())


class TodayArchiveView(MultipleObjectTemplateResponseMixin, BaseTodayArchiveView[M]):
    """The objects of today."""

    template_name_suffix = "_archive_day"


class BaseDateDetailView(YearMixin, MonthMixin, DayMixin, DateMixin, BaseDetailView[M]):
    """One object of a day; without a template."""

    def get_object(self, queryset: Any = None) -> M:
        """Return the object.

        Raises:
            NotFound: If there is none on that day, or the day is in the future.
        """
        day = _asked_day(self)
        rows = settle(self.get_queryset()) if queryset is None else queryset
        if not self.get_allow_future() and day > self.now().date():
            raise NotFound(gettext("There is nothing here."))
        return super().get_object(rows.filter(**self._look_ups(day, _DAY.after(day))))

    def get_queryset(self) -> Any:
        """Return the query set to look in."""
        return all_rows(self, self.queryset, self.model)


class DateDetailView(SingleObjectTemplateResponseMixin, BaseDateDetailView[M]):
    """One object of a day."""


def _part(view: Any, name: str, own: str | int | None) -> str:
    value = own if own is not None else view.kwargs.get(name, asked(view.request, name))
    if value is None:
        raise NotFound(gettext("There is nothing here."))
    return str(value)


def _read(*parts: str) -> date:
    """Read a date from texts, each followed by its format.

    Raises:
        NotFound: If there is no such day.
    """
    try:
        day = datetime.strptime("__".join(parts[::2]), "__".join(parts[1::2])).date()  # noqa: DTZ007 - a day has no zone
    except (ValueError, OverflowError):
        day = date.min
    # The first and the last year have no neighbours, and some of their days are in no year at all in other time zones.
    if not date.min.year < day.year < date.max.year:
        raise NotFound(gettext("There is no such day."))
    return day


def _asked_day(view: Any) -> date:
    return _read(
        view.get_year(),
        view.get_year_format(),
        view.get_month(),
        view.get_month_format(),
        view.get_day(),
        view.get_day_format(),
    )


def _neighbour(view: Any, day: date, period: _Period, *, previous: bool) -> date | None:
    """Return the first day of the nearest other period that is shown; None if there is none."""
    start = period.start(day)
    after = period.after(start)
    nearest = period.start(start - timedelta(1)) if previous else after
    today = view.now().date()
    if not view.get_allow_empty():
        rows = settle(view.get_queryset())
        name = view.get_date_field()
        rows = rows.filter(**view._look_ups(None, start) if previous else view._look_ups(after, None))
        if not view.get_allow_future():
            rows = rows.filter(**view._past())
        value = rows.order_by(f"-{name}" if previous else name).values_list(name, flat=True).first()
        if value is None:
            return None
        nearest = period.start(view._day_of(value))
    return nearest if view.get_allow_future() or nearest <= today else None

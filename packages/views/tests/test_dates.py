"""Archives by date."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.contracts.templates import TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.contracts.zones import ZONE
from partita.http import NotFound, Request, Response
from partita.orm import CharField, Databases, DateField, DateTimeField, Model, connect
from partita.orm.registry import Registry
from partita.templates import Engine
from partita.views import ViewConfigurationError
from partita.views.generic import (
    ArchiveIndexView,
    DateDetailView,
    DayArchiveView,
    MonthArchiveView,
    TodayArchiveView,
    WeekArchiveView,
    YearArchiveView,
)

MODELS = Registry()
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


class Concert(Model):
    """A concert."""

    title = CharField(max_length=20)
    day = DateField()
    begins = DateTimeField()

    class Meta:
        app_label = "datedshop"
        registry = MODELS


OBJECTS = "{% for each in object_list %}{{ each.title }};{% endfor %}"
DATES = "{% for day in date_list %}{{ day|date:'Y-m-d' }} {% endfor %}"
TEXTS = {
    "datedshop/concert_archive.html": f"{DATES}|{{% for each in latest %}}{{{{ each.title }}}};{{% endfor %}}",
    **{
        f"datedshop/concert_archive_{name}.html": f"{DATES}|{OBJECTS}|{{{{ {name}|date:'Y-m-d' }}}} "
        f"<{{{{ previous_{name}|date:'Y-m-d' }}}} >{{{{ next_{name}|date:'Y-m-d' }}}}"
        for name in ("year", "month", "week", "day")
    },
    "datedshop/concert_detail.html": "{{ concert.title }}",
}


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    """Concerts in three years, one of them to come."""
    app = SimpleRegistrar()
    app.provide(TEMPLATES, lambda: Engine(templates=TEXTS))
    app.provide(TIME_ZONE, lambda: "Europe/Berlin")
    token = CURRENT.set(app)
    database = connect("sqlite://:memory:")
    with Databases({"default": database}):
        database.create_all(Concert)
        for title, day, hour in (
            ("old", date(2024, 3, 9), 20),
            ("late", date(2026, 3, 31), 23),  # in Berlin it begins on the first of April
            ("may", date(2026, 5, 4), 20),
            ("today", date(2026, 5, 20), 9),
            ("future", date(2026, 7, 1), 20),
        ):
            begins = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            Concert.objects.create(title=title, day=day, begins=begins)
        yield
        database.close()
    CURRENT.reset(token)


def ask(kind: Any, url: str = "/", field: str = "day", options: dict[str, Any] | None = None, **kwargs: object) -> str:
    """Show a view at noon of 20 May 2026."""

    class Dated(kind):  # type: ignore[misc]  # any of the views
        def now(self) -> datetime:
            return NOW

    view = Dated.as_view(model=Concert, date_field=field, **(options or {}))
    answer: Response = view(Request.build("GET", url), **kwargs)
    assert isinstance(answer.body, bytes)
    return answer.body.decode().replace("&lt;", "<").replace("&gt;", ">")


def test_the_index_shows_the_latest_and_the_years() -> None:
    assert ask(ArchiveIndexView) == "2026-01-01 2024-01-01 |today;may;late;old;"
    assert ask(ArchiveIndexView, options={"allow_future": True}).endswith("|future;today;may;late;old;")
    assert ask(ArchiveIndexView, options={"date_list_period": "month"}).startswith("2026-05-01 2026-03-01 2024-03-01 |")
    Concert.objects.all().delete()
    with pytest.raises(NotFound):
        ask(ArchiveIndexView)
    assert ask(ArchiveIndexView, options={"allow_empty": True}) == "|"


def test_a_year_has_its_months_and_leads_to_other_years_that_have_something() -> None:
    assert ask(YearArchiveView, year=2026) == "2026-03-01 2026-05-01 ||2026-01-01 <2024-01-01 >"
    assert ask(YearArchiveView, "/?year=2024") == "2024-03-01 ||2024-01-01 < >2026-01-01"
    assert "|old;|" in ask(YearArchiveView, year="2024", options={"make_object_list": True})
    with pytest.raises(NotFound):
        ask(YearArchiveView, year=2025)
    assert ask(YearArchiveView, year=2025, options={"allow_empty": True}) == "||2025-01-01 <2024-01-01 >2026-01-01"


def test_a_month_has_its_days() -> None:
    assert ask(MonthArchiveView, year=2026, month="may") == "2026-05-04 2026-05-20 |today;may;|2026-05-01 <2026-03-01 >"
    numbers = {"month_format": "%m", "allow_future": True}
    assert ask(MonthArchiveView, year=2026, month=5, options=numbers).endswith(">2026-07-01")
    with pytest.raises(NotFound):
        ask(MonthArchiveView, year=2026, month="jul")


def test_times_belong_to_the_day_they_have_in_the_time_zone_of_the_application() -> None:
    april = ask(MonthArchiveView, field="begins", year=2026, month="apr")
    assert april.startswith("2026-04-01 |late;|")
    with pytest.raises(NotFound):
        ask(MonthArchiveView, field="begins", year=2026, month="mar")
    assert "|today;|" in ask(DayArchiveView, field="begins", year=2026, month="may", day=20)
    Concert.objects.filter(title="today").update(begins=datetime(2026, 5, 20, 13, tzinfo=UTC))
    with pytest.raises(NotFound):  # an hour from now
        ask(DayArchiveView, field="begins", year=2026, month="may", day=20)


@pytest.mark.parametrize(
    ("week_format", "year_format", "week", "first"),
    [("%U", "%Y", 18, "2026-05-03"), ("%W", "%Y", 18, "2026-05-04"), ("%V", "%G", 19, "2026-05-04")],
)
def test_a_week_begins_as_its_format_says(week_format: str, year_format: str, week: int, first: str) -> None:
    options = {"week_format": week_format, "year_format": year_format}
    shown = ask(WeekArchiveView, year=2026, week=week, options=options)
    assert shown.startswith(f"|may;|{first} <")
    last = date.fromisoformat(shown.rpartition(">")[2])
    assert last <= date(2026, 5, 20)
    assert (last - date.fromisoformat(first)).days == 14


class ShortYears:
    """Reads years such as 26, and months by their numbers."""

    def get_year_format(self) -> str:
        return "%y"

    def get_month_format(self) -> str:
        return "%m"

    def get_week_format(self) -> str:
        return "%W"

    def get_day_format(self) -> str:
        return "%j"


def test_formats_may_be_chosen_by_hooks() -> None:
    def ask_short(kind: Any, **kwargs: Any) -> str:
        return ask(type(kind.__name__, (ShortYears, kind), {}), **kwargs)

    assert "|2026-01-01 <" in ask_short(YearArchiveView, year="26")
    assert ask_short(MonthArchiveView, year="26", month="05").endswith("|2026-05-01 <2026-03-01 >")
    assert ask_short(WeekArchiveView, year="26", week="18").startswith("|may;|2026-05-04 <2026-03-30 >2026-05-18")
    # The day of the year comes last, and so it decides.
    assert ask_short(DayArchiveView, year="26", month="05", day="124").startswith("|may;|2026-05-04 ")
    may = Concert.objects.get(title="may")
    assert ask_short(DateDetailView, year="26", month="05", day="124", pk=may.pk) == "may"


def test_hooks_get_look_ups_and_the_order_of_dates() -> None:
    seen: list[dict[str, Any]] = []

    class Hooked(YearArchiveView[Any]):
        make_object_list = True

        def get_dated_queryset(self, **lookup: Any) -> Any:
            seen.append(lookup)
            return super().get_dated_queryset(**lookup, title="may")

        def get_date_list(self, queryset: Any, date_type: str | None = None, ordering: str = "ASC") -> list[date]:
            return super().get_date_list(queryset, date_type="day", ordering="DESC")

        def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
            assert kwargs["date_list"] is self.date_list
            return super().get_context_data(**kwargs)

    assert ask(Hooked, year=2026).startswith("2026-05-04 |may;|")
    assert seen == [{"day__gte": date(2026, 1, 1), "day__lt": date(2027, 1, 1)}]

    class Index(ArchiveIndexView[Any]):
        def get_date_list(self, queryset: Any, date_type: str | None = None, ordering: str = "ASC") -> list[date]:
            assert (date_type, ordering) == (None, "DESC")
            return super().get_date_list(queryset, "week", "ASC")

    assert ask(Index).startswith("2024-03-04 2026-03-30 2026-05-04 2026-05-18 |")
    assert ask(Index, field="begins").startswith("2024-03-04 2026-03-30 2026-05-04 2026-05-18 |")


def test_days_begin_as_in_the_zone_that_is_in_force() -> None:
    token = ZONE.set(ZoneInfo("America/New_York"))
    try:
        assert "|late;|" in ask(MonthArchiveView, field="begins", year=2026, month="mar")
        with pytest.raises(NotFound):
            ask(MonthArchiveView, field="begins", year=2026, month="apr")
        assert ask(ArchiveIndexView, field="begins", options={"date_list_period": "month"}).startswith(
            "2026-05-01 2026-03-01 2024-03-01 |"
        )
    finally:
        ZONE.reset(token)
    assert "|late;|" in ask(MonthArchiveView, field="begins", year=2026, month="apr")


def test_formats_of_weeks_that_make_no_sense_are_refused() -> None:
    for options in ({"week_format": "%V"}, {"year_format": "%G"}, {"week_format": "%j"}):
        with pytest.raises(ViewConfigurationError):
            ask(WeekArchiveView, year=2026, week=19, options=options)


def test_a_day_leads_to_the_days_beside_it() -> None:
    assert ask(DayArchiveView, year=2026, month="may", day=4) == "|may;|2026-05-04 <2026-03-31 >2026-05-20"
    assert ask(TodayArchiveView) == "|today;|2026-05-20 <2026-05-04 >"
    empty = {"allow_empty": True}
    assert ask(DayArchiveView, year=2026, month="may", day=5, options=empty) == "||2026-05-05 <2026-05-04 >2026-05-06"


def test_an_object_is_found_on_its_day_only() -> None:
    may, future = Concert.objects.get(title="may"), Concert.objects.get(title="future")
    assert ask(DateDetailView, year=2026, month="may", day=4, pk=may.pk) == "may"
    for day, pk in ((5, may.pk), (4, future.pk)):
        with pytest.raises(NotFound):
            ask(DateDetailView, year=2026, month="may", day=day, pk=pk)
    there: dict[str, Any] = {"year": 2026, "month": "jul", "day": 1, "pk": future.pk}
    with pytest.raises(NotFound):
        ask(DateDetailView, **there)
    assert ask(DateDetailView, options={"allow_future": True}, **there) == "future"


@pytest.mark.parametrize(
    "asked", [{}, {"year": 2026}, {"year": 2026, "month": "may", "day": 32}, {"year": "x", "month": "may", "day": 1},
              {"year": 2026, "month": "may__1", "day": "1"}, {"year": 99999, "month": "may", "day": 1}]
)  # fmt: skip
def test_days_that_do_not_exist_are_not_found(asked: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        ask(DayArchiveView, options={"allow_empty": True}, **asked)


def test_the_first_and_the_last_year_of_the_calendar_are_left_out() -> None:
    options = {"allow_empty": True, "allow_future": True}
    for field in ("day", "begins"):
        assert ask(YearArchiveView, field=field, year="9998", options=options).endswith("<9997-01-01 >9999-01-01")
        assert ask(YearArchiveView, field=field, year="0002", options=options).endswith("<0001-01-01 >0003-01-01")
        for year in ("0001", "9999", "0000"):
            with pytest.raises(NotFound):
                ask(YearArchiveView, field=field, year=year, options=options)


def test_without_a_date_field_nothing_works() -> None:
    with pytest.raises(ViewConfigurationError, match="date_field"):
        ArchiveIndexView.as_view(model=Concert)(Request.build("GET", "/"))


def test_archives_of_moments_without_zones_go_by_what_is_stored() -> None:
    app = SimpleRegistrar()
    app.provide(TEMPLATES, lambda: Engine(templates=TEXTS))
    app.provide(TIME_ZONE, lambda: "Europe/Berlin")
    app.provide(USE_TZ, lambda: False)
    token = CURRENT.set(app)
    with connect("sqlite://:memory:", use_tz=False) as database:
        database.create_all(Concert)
        for title, begins in (("late", datetime(2024, 3, 31, 23)), ("april", datetime(2024, 4, 1))):  # noqa: DTZ001 - naive
            Concert.objects.create(title=title, day=begins.date(), begins=begins)
        asked: Any = MonthArchiveView.as_view(model=Concert, date_field="begins", month_format="%m")
        march = asked(Request.build("GET", "/"), year=2024, month=3).body.decode()
        index: Any = ArchiveIndexView.as_view(model=Concert, date_field="begins")
        latest = index(Request.build("GET", "/")).body.decode()
    CURRENT.reset(token)
    assert march.startswith("2024-03-31 |late;|2024-03-01 ")
    assert latest.endswith("|april;late;")


@pytest.mark.parametrize(
    ("week_format", "year", "there"), [("%V", 2020, True), ("%V", 2024, False), ("%U", 2023, True), ("%U", 2022, False)]
)
def test_a_year_without_a_week_53_has_none(week_format: str, year: int, there: bool) -> None:
    year_format = "%G" if week_format == "%V" else "%Y"
    options = {"week_format": week_format, "year_format": year_format, "allow_empty": True, "allow_future": True}
    if there:
        assert ask(WeekArchiveView, year=year, week=53, options=options)
    else:
        with pytest.raises(NotFound):
            ask(WeekArchiveView, year=year, week=53, options=options)

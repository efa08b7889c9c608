"""Values read and shown as the current language writes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import (
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    Field,
    FloatField,
    Form,
    IntegerField,
    SelectDateWidget,
    SplitDateTimeField,
    TimeField,
    ValidationError,
)
from partita.text import plain_number
from partita.text.formats import ENGLISH, FORMATS, ZONE, Formats

NAMED = {**ENGLISH.named}
GERMAN = Formats("de", ",", ".", (3,), named={**NAMED, "SHORT_DATE_FORMAT": "d.m.Y", "DATE_FORMAT": "j. F Y", "TIME_FORMAT": "H:i"},
                 months=("Januar", "Februar", "März", *map(str, range(4, 13))))  # fmt: skip
FINNISH = Formats("fi", ",", "\xa0", (3,), named={**NAMED, "SHORT_DATE_FORMAT": "j.n.Y", "TIME_FORMAT": "G.i"})
HINDI = Formats("hi", ".", ",", (3, 2), named={**NAMED, "SHORT_DATE_FORMAT": "j/n/y", "TIME_FORMAT": "g:i A"})
ODD = Formats(
    "xx", ",", ".", (3,), named={**NAMED, "SHORT_DATE_FORMAT": "F j", "DATE_FORMAT": r"\d Y%", "TIME_FORMAT": "P"}
)


@contextmanager
def language(formats: Formats) -> Iterator[None]:
    token = FORMATS.set(formats)
    try:
        yield
    finally:
        FORMATS.reset(token)


READ: list[tuple[Formats, Field, str, object]] = [
    (GERMAN, DateField(), "21.11.2026", date(2026, 11, 21)),
    (GERMAN, DateField(), "21.11.26", date(2026, 11, 21)),
    (GERMAN, DateField(), "2026-11-21", date(2026, 11, 21)),
    (FINNISH, DateField(), "1.2.2026", date(2026, 2, 1)),
    (HINDI, DateField(), "3/2/26", date(2026, 2, 3)),
    (FINNISH, TimeField(), "13.30", time(13, 30)),
    (FINNISH, TimeField(), "13.30.05", time(13, 30, 5)),
    (FINNISH, TimeField(), "13:30", time(13, 30)),
    (GERMAN, DateTimeField(), "21.11.2026 13:30", datetime(2026, 11, 21, 13, 30, tzinfo=UTC)),
    (GERMAN, DateTimeField(), "21.11.2026, 13:30:05", datetime(2026, 11, 21, 13, 30, 5, tzinfo=UTC)),
    (GERMAN, DateTimeField(), "21.11.2026", datetime(2026, 11, 21, tzinfo=UTC)),
    (GERMAN, DecimalField(localize=True), "1.234,50", Decimal("1234.50")),
    (GERMAN, DecimalField(localize=True), "-1,5", Decimal("-1.5")),
    (GERMAN, DecimalField(localize=True), "1.5", Decimal("1.5")),
    (GERMAN, DecimalField(localize=True), ",5", Decimal("0.5")),
    (GERMAN, IntegerField(localize=True), "1.234.567", 1_234_567),
    (GERMAN, FloatField(localize=True), "0,25", 0.25),
    (FINNISH, IntegerField(localize=True), "1\u202f234", 1234),
    (HINDI, IntegerField(localize=True), "12,34,567", 1_234_567),
    (ENGLISH, DateField(), "11/21/2026", date(2026, 11, 21)),
    (ENGLISH, DecimalField(localize=True), "1,234.5", Decimal("1234.5")),
]  # fmt: skip


@pytest.mark.parametrize(("formats", "field", "text", "value"), READ)
def test_a_field_reads_what_people_of_a_language_write(
    formats: Formats, field: Field, text: str, value: object
) -> None:
    with language(formats):
        assert field.clean(text) == value


@pytest.mark.parametrize(
    ("formats", "field", "text"),
    [
        (GERMAN, DateField(), "11/21/2026"), (GERMAN, DateField(), "Nov 21 2026"), (FINNISH, TimeField(), "1.30 PM"),
        (GERMAN, DecimalField(), "1,5"), (GERMAN, DecimalField(localize=True), "1.23.4"), (GERMAN, IntegerField(localize=True), "1,234,567"),
        (GERMAN, DecimalField(localize=True), "1,5,5"), (GERMAN, DecimalField(localize=True), "x,5"), (ODD, DateField(), "5 2026"),
        (ENGLISH, DateField(), "21.11.2026"), (GERMAN, DecimalField(localize=True), "," * 5000),
    ],
)  # fmt: skip
def test_what_another_language_writes_is_refused(formats: Formats, field: Field, text: str) -> None:
    with language(formats), pytest.raises(ValidationError):
        field.clean(text)


def test_localised_fields_show_what_they_read_in_a_line_of_text() -> None:
    class Concert(Form):
        day = DateField(localize=True)
        at = TimeField(localize=True)
        begin = DateTimeField(localize=True)
        price = DecimalField(localize=True)
        seats = IntegerField(localize=True, min_value=1)
        plain = DateField()
        both = SplitDateTimeField(localize=True)

    when = datetime(2026, 11, 21, 13, 30, 5, tzinfo=UTC)
    initial = {
        "day": when.date(), "at": when.time(), "begin": when, "price": Decimal("1234.50"), "seats": 1200, "plain": when.date(),
        "both": when,
    }  # fmt: skip
    with language(GERMAN):
        form = Concert(initial=initial)
        assert 'type="text" name="day" value="21.11.2026"' in str(form["day"])
        assert 'type="text" name="at" value="13:30:05"' in str(form["at"])
        assert 'type="text" name="begin" value="21.11.2026 13:30:05"' in str(form["begin"])
        assert '<input type="text" name="price" value="1234,50"' in str(form["price"])
        assert '<input type="text" name="seats" value="1200" required' in str(form["seats"])
        assert 'type="date" name="plain" value="2026-11-21"' in str(form["plain"])
        assert 'type="text" name="both_0" value="21.11.2026"' in str(form["both"])
        sent = {
            bound.html_name: bound.field.widget.format_value(bound.value()) for bound in form if bound.name != "both"
        }
        again = Concert({**sent, "both_0": "21.11.2026", "both_1": "13:30:05"}, initial=initial)
        assert again.is_valid(), again.errors
        assert again.cleaned_data == initial
        assert not again.has_changed()
    with language(FINNISH):
        assert 'value="13.30.05"' in str(Concert(initial=initial)["at"])
        assert 'value="21.11.2026"' in str(Concert(initial=initial)["day"])
    with language(ODD):
        assert 'value="2026-11-21"' in str(Concert(initial=initial)["day"])


def test_the_zone_in_force_is_meant_and_shown() -> None:
    class Concert(Form):
        begin = DateTimeField()

    token = ZONE.set(timezone(timedelta(hours=2)))
    try:
        form = Concert({"begin": "2026-11-21T13:30"}, initial={"begin": datetime(2026, 11, 21, 11, 30, tzinfo=UTC)})
        assert form.is_valid()
        assert form.cleaned_data["begin"] == datetime(2026, 11, 21, 11, 30, tzinfo=UTC)
        assert not form.has_changed()
        assert 'value="2026-11-21T13:30"' in str(Concert(initial=form.initial)["begin"])
    finally:
        ZONE.reset(token)


def test_a_day_in_three_lists_follows_the_language() -> None:
    widget = SelectDateWidget(years=[2026])
    with language(GERMAN):
        html = widget.render("day", date(2026, 3, 2))
        assert html.index("day_day") < html.index("day_month") < html.index("day_year")
        assert '<option value="3" selected>März</option>' in html
    english = widget.render("day", date(2026, 3, 2))
    assert english.index("day_month") < english.index("day_day") < english.index("day_year")
    assert '<option value="3" selected>March</option>' in english


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9),
    st.sampled_from([GERMAN, FINNISH, HINDI, ENGLISH]),
)
def test_a_number_shown_in_a_language_reads_back(value: Decimal, formats: Formats) -> None:
    field = DecimalField(localize=True)
    with language(formats):
        assert field.clean(field.widget.format_value(value)) == value


@given(st.text(alphabet="0123456789.,+- \xa0'x", max_size=12), st.sampled_from([GERMAN, FINNISH, HINDI]))
def test_no_text_for_a_number_gives_anything_but_a_number_or_an_error(text: str, formats: Formats) -> None:
    with language(formats):
        plain_number(text)
        for field in (IntegerField(localize=True, required=False), DecimalField(localize=True, required=False)):
            try:
                value = field.clean(text)
            except ValidationError:
                continue
            assert value is None or isinstance(value, int | Decimal)


def test_text_fields_take_no_notice() -> None:
    with language(GERMAN):
        assert CharField(localize=True).clean("1,5") == "1,5"

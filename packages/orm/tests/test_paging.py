"""Pages by the values of the order: nothing is repeated or lost, whatever the order and whoever writes meanwhile."""

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from partita.orm import (
    CASCADE,
    CharField,
    CompositePrimaryKey,
    Count,
    DateTimeField,
    DecimalField,
    DurationField,
    F,
    FieldError,
    FloatField,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    Registry,
    UUIDField,
)
from partita.orm.functions import Lower
from partita.orm.patterns.identifiers import uuid7
from partita.orm.patterns.paging import InvalidCursor, akeyset_page, keyset_page

feed = Registry()
MOMENT = dt.datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)


class Writer(Model):
    """Writes."""

    name = CharField(max_length=20)

    class Meta:
        registry = feed
        app_label = "feed"


class Entry(Model):
    """Has a value of each kind to order by."""

    title = CharField(max_length=20)
    writer = ForeignKey(Writer, CASCADE, null=True, related_name="entries")
    year = IntegerField(null=True)
    at = DateTimeField(null=True)
    price = DecimalField(max_digits=8, decimal_places=2, null=True)
    real = FloatField(null=True)
    span = DurationField(null=True)
    key = UUIDField(default=uuid7)
    data = JSONField(default=dict)

    class Meta:
        registry = feed
        app_label = "feed"
        ordering = ("-year", "title")


class Seat(Model):
    """Its key is two columns."""

    pk = CompositePrimaryKey("row", "number")
    row = IntegerField()
    number = IntegerField()

    class Meta:
        registry = feed
        app_label = "feed"


@pytest.fixture
def entries(tables: Callable[..., None]) -> list[Any]:
    tables(Writer, Entry)
    ann, bob = Writer.objects.create(name="Ann"), Writer.objects.create(name="Bob")
    for number in range(13):
        missing = number % 5 == 0
        Entry.objects.create(
            title=f"T{number % 4}",
            writer=None if missing else (ann, bob)[number % 2],
            year=None if missing else 2000 + number % 3,
            at=None if missing else MOMENT + dt.timedelta(seconds=number % 4, microseconds=number % 2),
            price=None if missing else Decimal(number % 3) / 4,
            real=None if missing else number / 3,
            span=None if missing else dt.timedelta(days=-(number % 2), microseconds=number),
        )
    return list(Entry.objects.all())


ORDERS: list[tuple[Any, ...]] = [
    (),
    ("pk",),
    ("-pk",),
    ("year", "-title"),
    ("-year", "writer__name"),
    ("writer__name", "-year", "title"),
    (F("year").asc(nulls_last=True), "title"),
    (F("year").desc(nulls_first=True), "-title"),
    ("at",),
    ("-at", "year"),
    ("price", "-real"),
    ("real",),
    ("-span",),
    ("key",),
    (Lower("title").desc(), "year"),
]


def _named(each: Any) -> str:
    return each if isinstance(each, str) else type(each).__name__


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ",".join(map(_named, order)))
@pytest.mark.parametrize("size", [1, 4, 50])
def test_pages_are_the_whole_there_and_back(entries: list[Any], order: tuple[Any, ...], size: int) -> None:
    rows = Entry.objects.order_by(*order) if order else Entry.objects.all()
    forth: list[list[Any]] = []
    page = keyset_page(rows, size)
    assert page.previous is None
    forth.append(page.rows)
    while page.next is not None:
        page = keyset_page(rows, size, after=page.next)
        forth.append(page.rows)
    got = list(itertools.chain.from_iterable(forth))
    assert len(got) == len(entries)
    assert {row.pk for row in got} == {row.pk for row in entries}
    # The same order as the query's own, as far as that one tells rows apart.
    own = [[row.year, row.title] for row in rows]
    if order in ((), ("year", "-title")):
        assert [[row.year, row.title] for row in got] == own
    back = [page.rows]
    while page.previous is not None:
        page = keyset_page(rows, size, before=page.previous)
        if page.rows:
            back.append(page.rows)
    assert list(reversed(back)) == forth
    assert not any(name.startswith("keyset") for row in got for name in vars(row))


def test_rows_that_come_and_go_move_no_others(entries: list[Any]) -> None:
    rows = Entry.objects.order_by("title")
    first = keyset_page(rows, 5)
    expected = list(rows.order_by("title", "pk")[5:10])
    Entry.objects.create(title="A")  # before the place: by numbers the next page would repeat a row
    Entry.objects.filter(pk=first.rows[0].pk).delete()
    assert keyset_page(rows, 5, after=first.next).rows == expected
    gone = first.rows[-1]
    gone.delete()  # the place stays, although its row is gone
    assert keyset_page(rows, 5, after=first.next).rows == expected


def test_annotations_and_dictionaries(entries: list[Any], run: Any) -> None:
    writers: Any = Writer.objects.annotate(n=Count("entries")).order_by("-n")
    most = keyset_page(writers, 1)
    assert most.rows[0].n >= keyset_page(writers, 1, after=most.next).rows[0].n
    plain = Entry.objects.filter(year=2001).order_by("title").values("title")
    page = keyset_page(plain, 2)
    rest = keyset_page(plain, 50, after=page.next)
    assert [*page.rows, *rest.rows] == [
        {"title": row.title} for row in Entry.objects.filter(year=2001).order_by("title")
    ]

    async def awaited() -> None:
        page = await akeyset_page(Entry.objects.order_by("at"), 6)
        again = await akeyset_page(Entry.objects.order_by("at"), 50, after=page.next)
        assert len(again.rows) == 7

    run(awaited())


def test_what_is_refused(entries: list[Any]) -> None:
    rows = Entry.objects.order_by("title")
    place = keyset_page(rows, 1).next
    assert place is not None
    bad = ["", "!", "AAAA", "x" * 5000, "W10", "WzEsWzFdXQ", "é", place[:-4], "bnVsbA", "Wzk5OSwiYSJd"]
    for cursor in bad:
        with pytest.raises(InvalidCursor, match="Begin again"):
            keyset_page(rows, after=cursor)
    with pytest.raises(ValueError, match="not both"):
        keyset_page(rows, after=place, before=place)
    with pytest.raises(ValueError, match="at least one"):
        keyset_page(rows, 0)
    refused: tuple[Any, ...] = (rows[:5], rows.values_list("title"), rows.order_by("?"), rows.union(rows))
    for wrong in refused:
        with pytest.raises(FieldError):
            keyset_page(wrong)
    with pytest.raises(FieldError, match="JSONField"):
        keyset_page(rows.order_by("data"), 2)


def test_keys_of_several_columns(tables: Callable[..., None]) -> None:
    tables(Seat)
    Seat.objects.bulk_create([Seat(row=row, number=number) for row in range(3) for number in range(3)])
    page = keyset_page(Seat.objects.order_by("-row"), 4)
    rest = keyset_page(Seat.objects.order_by("-row"), 9, after=page.next)
    got = [(seat.row, seat.number) for seat in (*page.rows, *rest.rows)]
    assert got == [(row, number) for row in (2, 1, 0) for number in range(3)]

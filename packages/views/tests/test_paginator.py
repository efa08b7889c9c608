"""Pages of lists; figures as in Django's documentation."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.orm import CharField, Model, connect
from partita.orm.registry import Registry
from partita.templates import Engine
from partita.views import (
    AsyncPaginator,
    EmptyPage,
    InvalidPage,
    Page,
    PageNotAnInteger,
    Paginator,
    UnorderedObjectListWarning,
)

BEATLES = ["john", "paul", "george", "ringo"]


def test_pages_know_their_neighbours() -> None:
    paginator: Paginator[str] = Paginator(BEATLES, 2)
    assert (paginator.count, paginator.num_pages, paginator.page_range) == (4, 2, range(1, 3))
    first, second = paginator.page(1), paginator.page(2)
    assert list(first) == ["john", "paul"]
    assert (first.has_next(), first.has_previous(), first.has_other_pages()) == (True, False, True)
    assert (first.next_page_number(), second.previous_page_number()) == (2, 1)
    assert (second.start_index(), second.end_index()) == (3, 4)
    assert (len(second), second[1], repr(second)) == (2, "ringo", "<Page 2 of 2>")
    assert [list(page) for page in paginator] == [["john", "paul"], ["george", "ringo"]]
    with pytest.raises(EmptyPage):
        second.next_page_number()
    with pytest.raises(EmptyPage):
        first.previous_page_number()


@pytest.mark.parametrize(("number", "error"), [(0, EmptyPage), (3, EmptyPage), ("x", PageNotAnInteger), (None, PageNotAnInteger), (1.5, PageNotAnInteger)])  # fmt: skip
def test_a_page_that_is_not_there_is_refused(number: object, error: type[InvalidPage]) -> None:
    with pytest.raises(error):
        Paginator(BEATLES, 2).page(number)


@pytest.mark.parametrize(
    ("number", "page"), [("x", 1), (None, 1), ("2", 2), (99, 2), (-1, 2), (1.0, 1), ("9" * 5000, 1)]
)
def test_whatever_a_user_types_gives_a_page(number: object, page: int) -> None:
    assert Paginator(BEATLES, 2).get_page(number).number == page


def test_orphans_join_the_page_before() -> None:
    paginator: Paginator[int] = Paginator(list(range(11)), 5, orphans=1)
    assert [len(page) for page in paginator] == [5, 6]
    assert paginator.page(2).end_index() == 11


def test_an_empty_list_has_one_page_or_none() -> None:
    empty: list[int] = []
    page: Page[int] = Paginator(empty, 5).page(1)
    assert (len(page), page.start_index(), page.end_index()) == (0, 0, 0)
    none: Paginator[int] = Paginator([], 5, allow_empty_first_page=False)
    assert none.num_pages == 0
    with pytest.raises(EmptyPage):
        none.page(1)


@given(st.integers(0, 200), st.integers(1, 20), st.integers(0, 10))
def test_every_object_is_on_exactly_one_page(count: int, per_page: int, orphans: int) -> None:
    pages: list[Page[int]] = list(Paginator(range(count), per_page, orphans))
    assert [each for page in pages for each in page] == list(range(count))
    assert all(len(page) <= per_page + orphans for page in pages)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1, [1, 2, 3, 4, "…", 49, 50]),
        (8, [1, 2, "…", 5, 6, 7, 8, 9, 10, 11, "…", 49, 50]),
        (50, [1, 2, "…", 47, 48, 49, 50]),
    ],
)
def test_long_ranges_are_shortened(number: int, shown: list[object]) -> None:
    assert list(Paginator(range(100), 2).get_elided_page_range(number)) == shown
    assert list(Paginator(range(10), 2).get_elided_page_range(1)) == [1, 2, 3, 4, 5]


class Rows:
    """Rows that are counted and read asynchronously."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows

    async def acount(self) -> int:
        """Count."""
        return len(self.rows)

    def __getitem__(self, part: slice) -> "Rows":
        return Rows(self.rows[part])

    async def __aiter__(self) -> AsyncIterator[int]:
        for row in self.rows:
            yield row


def test_rows_are_counted_and_read_without_blocking() -> None:
    async def read() -> list[int]:
        paginator: Paginator[int] = Paginator(cast("Any", Rows(list(range(25)))), 10)
        page = await paginator.apage(3)
        assert page.has_previous()
        assert (await paginator.aget_page("x")).number == 1
        return [row async for row in page]

    assert asyncio.run(read()) == [20, 21, 22, 23, 24]


def test_sizes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="per_page"):
        Paginator([], 0)


class AwaitedRows:
    """A query set for which sync queries are mistakes."""

    ordered = True

    def __init__(self, rows: list[int]) -> None:
        self._rows = rows

    def count(self) -> int:
        raise AssertionError("a sync query")

    async def acount(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: slice) -> "AwaitedRows":
        return AwaitedRows(self._rows[key])

    async def __aiter__(self) -> AsyncIterator[int]:
        for row in self._rows:
            yield row


def test_async_pages_need_no_sync_query() -> None:
    async def use() -> None:
        paginator: AsyncPaginator[int] = AsyncPaginator(cast("Any", AwaitedRows(list(range(7)))), "3")
        assert (await paginator.acount(), await paginator.anum_pages()) == (7, 3)
        assert await paginator.apage_range() == range(1, 4)
        page = await paginator.apage("2")
        assert repr(page) == "<Async Page 2>"
        with pytest.raises(TypeError, match="aget_object_list"):
            page[0]
        with pytest.raises(TypeError, match="aget_object_list"):
            len(page)
        with pytest.raises(TypeError, match="indices must be integers or slices, not str"):
            page["x"]
        assert [each async for each in page] == await page.aget_object_list() == [3, 4, 5]
        assert (page[0], page[1:], len(page), 4 in page, list(reversed(page))) == (3, [4, 5], 3, True, [5, 4, 3])
        assert (await page.ahas_next(), await page.ahas_previous(), await page.ahas_other_pages()) == (True, True, True)
        assert (await page.anext_page_number(), await page.aprevious_page_number()) == (3, 1)
        assert (await page.astart_index(), await page.aend_index()) == (4, 6)
        assert (await paginator.aget_page("x")).number == 1
        assert (await paginator.aget_page(99)).number == 3
        assert [each.number async for each in paginator] == [1, 2, 3]
        assert [each async for each in paginator.aget_elided_page_range(2)] == [1, 2, 3]
        with pytest.raises(EmptyPage):
            await paginator.apage(4)

    asyncio.run(use())


def test_async_pages_of_a_table_cost_a_count_and_one_query_each() -> None:
    class Song(Model):
        """A song."""

        title = CharField(max_length=20)

        class Meta:
            app_label = "pagedshop"
            registry = Registry()

    page_of = "{% for song in page %}{{ song.title }} {% endfor %}{{ page.number }}/{{ page.paginator.num_pages }} {{ page.has_next }}"
    engine = Engine(templates={"page.html": page_of})

    async def use(database: Any) -> None:
        paginator: AsyncPaginator[Song] = AsyncPaginator(Song.objects.order_by("pk"), 3)
        with database.query_log() as log:
            page = await paginator.apage(2)
            assert [song.title async for song in page] == ["3", "4", "5"]
            assert await engine.arender("page.html", {"page": page}) == "3 4 5 2/3 True"
            assert (await page.anext_page_number(), await page.aend_index()) == (3, 6)
        assert ["COUNT" in each.sql.upper() for each in log] == [True, False]
        with database.query_log() as log:
            assert [len(await each.aget_object_list()) async for each in paginator] == [3, 3, 1]
        assert len(log) == 3

    with connect("sqlite://:memory:") as database:
        database.create_all(Song)
        for number in range(7):
            Song.objects.create(title=str(number))
        asyncio.run(use(database))


def test_messages_can_be_ones_own_and_unordered_rows_are_warned_of() -> None:
    paginator: Paginator[int] = Paginator([1, 2, 3], 2, error_messages={"min_page": "Too small"})
    with pytest.raises(EmptyPage, match="Too small"):
        paginator.page(0)
    with pytest.raises(EmptyPage, match="no results"):
        paginator.page(9)
    unordered = AwaitedRows([])
    unordered.ordered = False
    with pytest.warns(UnorderedObjectListWarning, match="unordered object_list"):
        Paginator(cast("Any", unordered), 5)


def test_what_has_no_length_and_sizes_that_are_no_numbers_are_named() -> None:
    nothing: Any = None
    with pytest.raises(TypeError, match=r"needs a list, or something with count\(\), got NoneType"):
        _ = Paginator(nothing, 5).num_pages
    with pytest.raises(TypeError, match="got generator"):
        _ = Paginator((each for each in nothing or ()), 5).count  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="must be whole numbers, got 'x' and 0"):
        Paginator([], "x")
    with pytest.raises(TypeError, match="must be whole numbers, got 5 and None"):
        Paginator([], 5, nothing)

"""Long lists in pages for async code: every question that may need a query is awaited."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar, cast

from partita.views.errors import EmptyPage, PageNotAnInteger
from partita.views.paginator import Page, Paginator

__all__ = ("AsyncPage", "AsyncPaginator")

T = TypeVar("T", covariant=True)


class AsyncPaginator(Paginator[T]):
    """A `Paginator` whose methods have async twins under the ``a`` names, and which is iterated over with ``async for``."""

    async def __aiter__(self) -> "AsyncIterator[AsyncPage[T]]":
        for number in await self.apage_range():
            yield await self.apage(number)

    async def anum_pages(self) -> int:
        """Async twin of `num_pages`."""
        await self.acount()
        return self.num_pages

    async def apage_range(self) -> range:
        """Async twin of `page_range`."""
        await self.acount()
        return self.page_range

    async def avalidate_number(self, number: object) -> int:
        """Async twin of `validate_number`."""
        await self.acount()
        return self.validate_number(number)

    async def apage(self, number: object) -> "AsyncPage[T]":
        """Async twin of `page`."""
        return cast("AsyncPage[T]", self._cut(await self.avalidate_number(number)))

    async def aget_page(self, number: object) -> "AsyncPage[T]":
        """Async twin of `get_page`."""
        try:
            return await self.apage(number)
        except PageNotAnInteger:
            return await self.apage(1)
        except EmptyPage:
            return await self.apage(await self.anum_pages())

    async def aget_elided_page_range(
        self, number: object = 1, *, on_each_side: int = 3, on_ends: int = 2
    ) -> AsyncIterator[int | object]:
        """Async twin of `get_elided_page_range`."""
        page = await self.avalidate_number(number)
        for each in self._elided(page, await self.anum_pages(), on_each_side, on_ends):
            yield each

    def _get_page(self, *args: Any, **kwargs: Any) -> "AsyncPage[T]":
        return AsyncPage(*args, **kwargs)


class AsyncPage(Page[T]):
    """One page of an `AsyncPaginator`; what looks like a list needs `aget_object_list` first, ``async for`` does not."""

    def __repr__(self) -> str:
        return f"<Async Page {self.number}>"  # how many there are may not be known yet

    def __len__(self) -> int:
        self._require_list("length")
        return super().__len__()

    def __iter__(self) -> Iterator[T]:
        self._require_list("iterator")
        return super().__iter__()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int | slice):
            self._require_list("items")
        return super().__getitem__(index)

    async def aget_object_list(self) -> list[T]:
        """Return the objects; afterwards the page can be used like a list."""
        rows: Any = self.object_list
        if hasattr(rows, "__aiter__"):
            self.object_list = [each async for each in rows]
        return self._objects

    async def ahas_next(self) -> bool:
        """Async twin of `has_next`."""
        await self.paginator.acount()
        return self.has_next()

    async def ahas_previous(self) -> bool:
        """Async twin of `has_previous`."""
        return self.has_previous()

    async def ahas_other_pages(self) -> bool:
        """Async twin of `has_other_pages`."""
        await self.paginator.acount()
        return self.has_other_pages()

    async def anext_page_number(self) -> int:
        """Async twin of `next_page_number`."""
        await self.paginator.acount()
        return self.next_page_number()

    async def aprevious_page_number(self) -> int:
        """Async twin of `previous_page_number`."""
        await self.paginator.acount()
        return self.previous_page_number()

    async def astart_index(self) -> int:
        """Async twin of `start_index`."""
        await self.paginator.acount()
        return self.start_index()

    async def aend_index(self) -> int:
        """Async twin of `end_index`."""
        await self.paginator.acount()
        return self.end_index()

    def _require_list(self, what: str) -> None:
        if hasattr(self.object_list, "__aiter__"):
            raise TypeError(f"The {what} of this page would need a query: await page.aget_object_list() first.")

"""Long lists in pages, with Django's names."""

import math
import warnings
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from inspect import iscoroutine
from typing import Any, Generic, Protocol, TypeVar, cast, overload

from partita.contracts.i18n import gettext
from partita.views.errors import EmptyPage, PageNotAnInteger, UnorderedObjectListWarning

__all__ = ("Page", "Paginator", "Sliceable")

T = TypeVar("T", covariant=True)


class Sliceable(Protocol[T]):
    """A list, a tuple or a query set."""

    @overload
    def __getitem__(self, key: int, /) -> T: ...
    @overload
    def __getitem__(self, key: slice, /) -> Iterable[T]: ...


class Paginator(Generic[T]):
    """A list cut into pages, numbered from one.

    Args:
        object_list: Something with a length or a ``count()``, and slices.
        per_page: Objects on a page.
        orphans: If the last page would have at most so many, they join the page before it.
        allow_empty_first_page: Whether an empty list has one empty page.
        error_messages: Instead of ours, by ``invalid_page``, ``min_page`` and ``no_results``.

    Raises:
        ValueError: If ``per_page`` is less than one, or ``orphans`` less than zero.
    """

    ELLIPSIS: object = "…"
    default_error_messages: Mapping[str, str] = {
        "invalid_page": "That page number is not an integer",
        "min_page": "That page number is less than 1",
        "no_results": "That page contains no results",
    }

    def __init__(
        self,
        object_list: Sliceable[T],
        per_page: int | str,
        orphans: int | str = 0,
        allow_empty_first_page: bool = True,
        error_messages: Mapping[str, str] | None = None,
    ) -> None:
        self.object_list = object_list
        try:
            self.per_page, self.orphans = int(per_page), int(orphans)
        except (TypeError, ValueError) as error:
            raise type(error)(f"per_page and orphans must be whole numbers, got {per_page!r} and {orphans!r}") from None
        if self.per_page < 1 or self.orphans < 0:
            raise ValueError(f"per_page must be 1 or more and orphans 0 or more, got {per_page} and {orphans}")
        self.allow_empty_first_page = allow_empty_first_page
        self.error_messages = {**self.default_error_messages, **(error_messages or {})}
        self._check_object_list_is_ordered()

    def __iter__(self) -> "Iterator[Page[T]]":
        return (self.page(number) for number in self.page_range)

    @cached_property
    def count(self) -> int:
        """How many objects there are on all pages."""
        count = getattr(self.object_list, "count", None)
        # list.count and tuple.count want an argument; query sets have a count of their own.
        if callable(count) and not isinstance(self.object_list, Sequence):
            return int(cast("Callable[[], int]", count)())
        try:
            return len(self.object_list)  # type: ignore[arg-type]  # whatever has no count() has a length
        except TypeError as error:
            kind = type(self.object_list).__name__
            raise TypeError(f"a Paginator needs a list, or something with count(), got {kind}") from error

    async def acount(self) -> int:
        """Async twin of `count`."""
        if "count" not in self.__dict__:
            count = getattr(self.object_list, "acount", None)
            if callable(count):
                found: Any = count()
                self.__dict__["count"] = int(await found if iscoroutine(found) else found)
        return self.count

    @property
    def num_pages(self) -> int:
        """How many pages there are."""
        if self.count == 0 and not self.allow_empty_first_page:
            return 0
        return max(1, math.ceil((self.count - self.orphans) / self.per_page))

    @property
    def page_range(self) -> range:
        """The numbers of all pages."""
        return range(1, self.num_pages + 1)

    def validate_number(self, number: object) -> int:
        """Return the number of a page as a number.

        Raises:
            PageNotAnInteger: If it is none.
            EmptyPage: If there is no such page.
        """
        return self._validated(number, lambda: self.num_pages)

    def _validated(self, number: object, last: Callable[[], int]) -> int:
        try:
            page = _whole(number)
        except (TypeError, ValueError):
            raise PageNotAnInteger(gettext(self.error_messages["invalid_page"])) from None
        if page < 1:
            raise EmptyPage(gettext(self.error_messages["min_page"]))
        if page > last():
            raise EmptyPage(gettext(self.error_messages["no_results"]))
        return page

    def page(self, number: object) -> "Page[T]":
        """Return a page.

        Raises:
            InvalidPage: If there is no such page.
        """
        return self._cut(self.validate_number(number))

    def _cut(self, page: int) -> "Page[T]":
        start = (page - 1) * self.per_page
        end = start + self.per_page
        if end + self.orphans >= self.count:
            end = self.count
        return self._get_page(self.object_list[start:end], page, self)

    def _get_page(self, *args: Any, **kwargs: Any) -> "Page[T]":
        """Make a page; to be overridden by those who have a `Page` of their own."""
        return Page(*args, **kwargs)

    async def apage(self, number: object) -> "Page[T]":
        """Async twin of `page`; iterate over the page with ``async for``."""
        await self.acount()
        return self.page(number)

    def get_page(self, number: object) -> "Page[T]":
        """Return a page for whatever a user typed: the first for nonsense, the last for too much."""
        try:
            return self.page(number)
        except PageNotAnInteger:
            return self.page(1)
        except EmptyPage:
            return self.page(self.num_pages)

    async def aget_page(self, number: object) -> "Page[T]":
        """Async twin of `get_page`."""
        await self.acount()
        return self.get_page(number)

    def get_elided_page_range(
        self, number: object = 1, *, on_each_side: int = 3, on_ends: int = 2
    ) -> Iterator[int | object]:
        """Yield page numbers around ``number`` and at both ends, with `ELLIPSIS` for what is left out."""
        yield from self._elided(self.validate_number(number), self.num_pages, on_each_side, on_ends)

    def _elided(self, page: int, last: int, on_each_side: int, on_ends: int) -> Iterator[int | object]:
        if last <= (on_each_side + on_ends) * 2:
            yield from range(1, last + 1)
            return
        if page > (1 + on_each_side + on_ends) + 1:
            yield from range(1, on_ends + 1)
            yield self.ELLIPSIS
            yield from range(page - on_each_side, page + 1)
        else:
            yield from range(1, page + 1)
        if page < (last - on_each_side - on_ends) - 1:
            yield from range(page + 1, page + on_each_side + 1)
            yield self.ELLIPSIS
            yield from range(last - on_ends + 1, last + 1)
        else:
            yield from range(page + 1, last + 1)

    def _check_object_list_is_ordered(self) -> None:
        if getattr(self.object_list, "ordered", True) or _is_none(self.object_list):
            return
        model = getattr(self.object_list, "model", None)
        kind = type(self.object_list).__name__
        shown = f"{model} {kind}" if model is not None else repr(self.object_list)
        warnings.warn(
            f"Pagination may yield inconsistent results with an unordered object_list: {shown}.",
            UnorderedObjectListWarning,
            stacklevel=3,
        )


class Page(Generic[T]):
    """One page of a `Paginator`."""

    def __init__(self, object_list: Any, number: int, paginator: Paginator[T]) -> None:
        self.object_list, self.number, self.paginator = object_list, number, paginator

    def __repr__(self) -> str:
        return f"<Page {self.number} of {self.paginator.num_pages}>"

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[T]:
        return iter(self._objects)

    def __reversed__(self) -> Iterator[T]:
        return reversed(self._objects)

    def __contains__(self, item: object) -> bool:
        return item in self._objects

    async def __aiter__(self) -> AsyncIterator[T]:
        rows: Any = self.object_list
        if hasattr(rows, "__aiter__"):
            self.object_list = [each async for each in rows]
        for each in self._objects:
            yield each

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> "list[T]": ...
    def __getitem__(self, index: int | slice) -> "T | list[T]":
        # Templates try this before attributes; a name must not make the whole page load.
        if not isinstance(index, int | slice):
            raise TypeError(f"{type(self).__name__} indices must be integers or slices, not {type(index).__name__}.")
        return self._objects[index]

    @property
    def _objects(self) -> list[T]:
        if not isinstance(self.object_list, list):
            self.object_list = list(self.object_list)
        return cast("list[T]", self.object_list)

    def has_next(self) -> bool:
        """Tell whether a page follows."""
        return self.number < self.paginator.num_pages

    def has_previous(self) -> bool:
        """Tell whether a page stands before."""
        return self.number > 1

    def has_other_pages(self) -> bool:
        """Tell whether there is more than this page."""
        return self.has_previous() or self.has_next()

    def next_page_number(self) -> int:
        """Return the number of the next page.

        Raises:
            EmptyPage: If this is the last one.
        """
        return self.paginator.validate_number(self.number + 1)

    def previous_page_number(self) -> int:
        """Return the number of the page before.

        Raises:
            EmptyPage: If this is the first one.
        """
        return self.paginator.validate_number(self.number - 1)

    def start_index(self) -> int:
        """Return the place of the first object in the whole list, from one; 0 if there are no objects."""
        return 0 if self.paginator.count == 0 else self.paginator.per_page * (self.number - 1) + 1

    def end_index(self) -> int:
        """Return the place of the last object in the whole list, from one."""
        last = self.number == self.paginator.num_pages
        return self.paginator.count if last else self.number * self.paginator.per_page


def _whole(number: object) -> int:
    if isinstance(number, float) and not number.is_integer():
        raise ValueError(number)
    return int(cast("Any", number))


def _is_none(rows: Any) -> bool:
    """Tell whether ``rows`` is a query set that is known to be empty, as ``none()`` gives it."""
    query = getattr(rows, "query", None)
    return bool(getattr(query, "empty", False))

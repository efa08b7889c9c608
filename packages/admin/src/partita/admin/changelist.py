"""One page of a list: searched, filtered, sorted, cut."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
from markupsafe import Markup

from partita.admin.columns import Column, make_column, relations_of
from partita.admin.filters import Filter, make_filter
from partita.admin.search import LONGEST_SEARCH, search
from partita.http import MultiDict, Request
from partita.orm import QuerySet
from partita.views import Paginator

if TYPE_CHECKING:
    from partita.admin.options import ModelAdmin

__all__ = ("Cell", "ChangeList", "Header", "PageLink", "Row")

SEARCH, ORDER, PAGE = "q", "o", "p"
_LONG = 24  # characters of a value that may be broken into lines


class Header(msgspec.Struct, frozen=True):
    """The head of one column; ``direction`` is empty, ``ascending`` or ``descending``."""

    text: str
    is_number: bool
    sort_url: str
    direction: str


class Cell(msgspec.Struct, frozen=True):
    """One value; with a ``url`` it leads to the object."""

    html: Markup
    url: str
    is_number: bool

    @property
    def style(self) -> str:
        """The class of the cell."""
        if self.is_number:
            return "cell-number"
        return "cell-long" if len(self.html.striptags()) > _LONG else ""


class Row(msgspec.Struct, frozen=True):
    """One object."""

    key: str
    text: str
    cells: list[Cell]


class PageLink(msgspec.Struct, frozen=True):
    """A page's number, or the gap between two."""

    number: int = 0
    url: str = ""
    is_here: bool = False
    is_gap: bool = False


class ChangeList:
    """What the list's page shows for one request.

    Args:
        admin: Whose list it is.
        request: Whose query says what to show; only the names that the admin declares are looked at.
    """

    search_limit = LONGEST_SEARCH

    def __init__(self, admin: "ModelAdmin", request: Request) -> None:
        self.admin, self.request = admin, request
        self.query = request.query
        self.here_url = request.full_path
        sources = admin.get_list_display(request)
        self.columns = [make_column(admin, source) for source in sources]
        self.filters: list[Filter] = [make_filter(request, admin, source) for source in admin.get_list_filter(request)]
        self.search_fields = admin.get_search_fields(request)
        self.search_text = self.query.get(SEARCH, "")[:LONGEST_SEARCH]
        self.order_text, self._ordered = self._find_order()
        self.queryset = self._narrowed(admin.get_queryset(request))
        self._load(sources)

    @property
    def filter_count(self) -> int:
        """How many filters leave something out."""
        return sum(filter_.is_active for filter_ in self.filters)

    @property
    def is_narrowed(self) -> bool:
        """Whether the search or a filter leaves something out."""
        return bool(self.search_text or self.filter_count)

    @property
    def plain_url(self) -> str:
        """The list without search and filters."""
        return self._url(self.query.without(SEARCH, PAGE, *(filter_.parameter for filter_ in self.filters)))

    @property
    def unfiltered_url(self) -> str:
        """The list without filters."""
        return self._url(self.query.without(PAGE, *(filter_.parameter for filter_ in self.filters)))

    @property
    def headers(self) -> list[Header]:
        """The heads of the columns."""
        return [self._header(column) for column in self.columns]

    @property
    def page_links(self) -> list[PageLink]:
        """Links to the first and last pages and those around this one; none if there is one page."""
        last, here = self.page_count, self.page_number
        if last < 2:
            return []
        wanted = sorted({1, 2, last - 1, last, here - 2, here - 1, here, here + 1, here + 2} & set(range(1, last + 1)))
        links: list[PageLink] = []
        before = 0
        for number in wanted:
            if number > before + 1:
                links.append(PageLink(is_gap=True))
            links.append(PageLink(number, self._url(self.query.with_value(PAGE, str(number))), number == here))
            before = number
        return links

    def _narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for filter_ in self.filters:
            queryset = filter_.apply(queryset)
        return search(queryset, self.search_fields, self.search_text).order_by(*self._order())

    def _find_order(self) -> tuple[str, Column | None]:
        """Return the order in the query with its column, if there is such a column and it can be sorted."""
        text = self.query.get(ORDER, "")
        for column in self.columns:
            if column.sort_path is not None and column.name == text.removeprefix("-"):
                return text, column
        return "", None

    def _order(self) -> Iterable[str]:
        if self._ordered is not None and self._ordered.sort_path is not None:
            path, back = self._ordered.sort_path, self.order_text.startswith("-")
            order = [path.removeprefix("-") if back == path.startswith("-") else f"-{path.removeprefix('-')}"]
        else:
            order = list(self.admin.get_ordering(self.request))
        # Without a last word about equals, a row may stand on two pages or on none.
        return order if {"pk", "-pk", "?"} & set(order) else [*order, "-pk"]

    def _load(self, sources: Iterable[Any]) -> None:
        joined, fetched = relations_of(self.admin, list(sources))
        joined = [*joined, *(self.admin.list_select_related or ())]
        queryset = self.queryset
        if joined:
            queryset = queryset.select_related(*joined)
        if fetched:
            queryset = queryset.prefetch_related(*fetched)
        paginator: Paginator[Any] = Paginator(queryset, self.admin.list_per_page)
        page = paginator.get_page(self.query.get(PAGE, "1"))
        self.count, self.page_count, self.page_number = paginator.count, paginator.num_pages, page.number
        self.first_index, self.last_index = page.start_index(), page.end_index()
        links = self.admin.get_list_display_links(self.request, list(sources))
        self.rows = [self._row(obj, links) for obj in page.object_list]

    def _row(self, obj: Any, links: set[int]) -> Row:
        url = self.admin.url_for("change", obj)
        cells = [
            Cell(column.show(obj), url if index in links else "", column.is_number)
            for index, column in enumerate(self.columns)
        ]
        return Row(str(obj.pk), str(obj), cells)

    def _header(self, column: Column) -> Header:
        if column.sort_path is None:
            return Header(column.text, column.is_number, "", "")
        here = column is self._ordered
        back = self.order_text.startswith("-")
        direction = ("descending" if back else "ascending") if here else ""
        order = column.name if not here or back else f"-{column.name}"
        url = self._url(self.query.without(PAGE).with_value(ORDER, order))
        return Header(column.text, column.is_number, url, direction)

    def _url(self, query: MultiDict[str]) -> str:
        filled = MultiDict([(name, value) for name, value in query.pairs() if value])
        return f"?{filled.urlencode()}"

"""Pages of a site, found among its objects: the class that Django's users know."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar
from urllib.parse import urljoin

from partita.sitemaps.errors import SitemapValueError
from partita.sitemaps.values import MAX_URLS, Alternate, Image, News, Url, Video

__all__ = ("GenericSitemap", "Sitemap")


class Sitemap:
    """Pages of one kind.

    ``location``, ``lastmod``, ``changefreq``, ``priority``, ``images``, ``videos``, ``news`` and ``alternates`` may each be a
    value for all pages, or a method that takes the item.
    """

    limit: ClassVar[int] = MAX_URLS
    """How many items one sitemap holds; the rest go on further pages."""
    protocol: str | None = None
    """In place of that of the request."""
    i18n: bool = False
    """Whether each item has one page a language: then `location` also takes the language."""
    languages: Sequence[str] = ()
    alternates: bool = False
    """With `i18n`: whether each page names those of the other languages."""
    x_default: bool = False
    """With `alternates`: whether the page of the first language is for visitors of any other."""

    def get_languages_for_item(self, item: Any) -> Sequence[str]:
        """Return the languages that an item has a page in, with `i18n`; by default all of `languages`."""
        return self.languages

    def items(self) -> Any:
        """Return a sequence, or a QuerySet in a fixed order."""
        return ()

    def location(self, item: Any) -> str:
        """Return the path of an item."""
        return str(item.get_absolute_url())

    @property
    def page_count(self) -> int:
        """How many sitemaps the items fill, at least one."""
        return max(1, -(-self._length(self._pairs()) // self._page_size()))

    def urls(self, root: str, page: int = 1) -> Iterator[Url]:
        """Iterate over the pages of one sitemap.

        Args:
            root: Scheme and host, such as ``https://shop.example``.
            page: From 1.

        Raises:
            SitemapValueError: If there is no such page.
        """
        if not 1 <= page <= self.page_count:
            raise SitemapValueError("page", page, f"1 to {self.page_count}")
        if self.protocol:
            root = f"{self.protocol}://{root.partition('://')[2]}"
        size = self._page_size()
        for entry in self._pairs()[(page - 1) * size : page * size]:
            item, language = entry if self.i18n else (entry, None)
            yield self._url(root, item, language)

    def get_latest_lastmod(self) -> datetime | None:
        """Return when the page that changed last did so; None if one of them does not say."""
        return self.latest_lastmod()

    def latest_lastmod(self) -> datetime | None:
        """Return when the page that changed last did so; None if one of them does not say."""
        if not hasattr(self, "lastmod"):
            return None
        moments = [_aware(self._get("lastmod", item)) for item in self.items()]
        return None if None in moments else max((moment for moment in moments if moment is not None), default=None)

    def _page_size(self) -> int:
        return max(1, min(self.limit, MAX_URLS))

    def _pairs(self) -> Any:
        items = self.items()
        if not self.i18n:
            return items
        return [(item, language) for item in items for language in self.get_languages_for_item(item)]

    def _length(self, items: Any) -> int:
        # A QuerySet counts in the database; a list has a method of that name too, for something else.
        count = getattr(items, "count", None)
        return len(items) if count is None or isinstance(items, list | tuple) else int(count())

    def _url(self, root: str, item: Any, language: str | None) -> Url:
        priority = self._get("priority", item)
        return Url(
            urljoin(root, self._location(item, language)),
            last_modified=self._get("lastmod", item),
            change_frequency=self._get("changefreq", item),
            priority=None if priority is None else float(priority),
            alternates=tuple(self._alternates(root, item)) if language is not None and self.alternates else (),
            images=_several(self._get("images", item), Image),
            videos=_several(self._get("videos", item), Video),
            news=_news(self._get("news", item)),
        )

    def _location(self, item: Any, language: str | None) -> str:
        locate: Any = self.location
        return str(locate(item) if language is None else locate(item, language))

    def _alternates(self, root: str, item: Any) -> Iterator[Alternate]:
        languages = self.get_languages_for_item(item)
        for language in languages:
            yield Alternate(language, urljoin(root, self._location(item, language)))
        if self.x_default and languages:
            yield Alternate("x-default", urljoin(root, self._location(item, languages[0])))

    def _get(self, name: str, item: Any) -> Any:
        found = getattr(self, name, None)
        return found(item) if callable(found) else found


class GenericSitemap(Sitemap):
    """The pages of a QuerySet or a sequence.

    Args:
        objects: A QuerySet or a sequence; or, as in Django, a mapping with ``queryset`` and, if there is one, ``date_field``.
        date_field: The attribute that says when a page changed.
        priority: Of every page.
        changefreq: Of every page.
        protocol: In place of that of the request.
    """

    def __init__(
        self,
        objects: object,
        date_field: str = "",
        priority: float | None = None,
        changefreq: str | None = None,
        protocol: str | None = None,
    ) -> None:
        if isinstance(objects, Mapping):
            date_field, objects = date_field or objects.get("date_field") or "", objects["queryset"]
        self.objects: Any = objects
        self.date_field = date_field
        self.priority, self.changefreq, self.protocol = priority, changefreq, protocol

    def items(self) -> Any:
        """Return the objects, asked for anew where they come from a database."""
        every = getattr(self.objects, "all", None)
        return every() if every is not None else self.objects

    def lastmod(self, item: Any) -> date | None:
        """Return when a page changed."""
        moment: date | None = getattr(item, self.date_field) if self.date_field else None
        return moment

    def latest_lastmod(self) -> datetime | None:
        """Return when the page that changed last did so; a database is asked for the one, not for all."""
        order = getattr(self.objects, "order_by", None)
        if not self.date_field or order is None:
            return super().latest_lastmod() if self.date_field else None
        # What has no date sorts first or last, as the database likes; one of those means that nobody knows.
        if self.objects.filter(**{f"{self.date_field}__isnull": True}).exists():
            return None
        last = order(f"-{self.date_field}").first()
        return None if last is None else _aware(getattr(last, self.date_field))


def _several(values: Any, kind: type[Any]) -> tuple[Any, ...]:
    return tuple(value if isinstance(value, kind) else kind(value) for value in values or ())


def _news(value: Any) -> News | None:
    return News(**value) if isinstance(value, Mapping) else value


def _aware(moment: Any) -> datetime | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment if moment.utcoffset() is not None else moment.replace(tzinfo=UTC)

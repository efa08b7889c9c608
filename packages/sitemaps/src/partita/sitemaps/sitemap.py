"""Pages of a site, found among its objects: the class that Django's users know."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from inspect import signature
from typing import Any, ClassVar
from urllib.parse import urljoin

from partita.contracts.current import find
from partita.contracts.settings import LANGUAGE
from partita.contracts.sites import SITES, SiteIdentity
from partita.sitemaps.errors import SitemapSetupError, SitemapValueError
from partita.sitemaps.values import MAX_URLS, Alternate, Image, News, Url, Video

__all__ = ("GenericSitemap", "Sitemap", "with_zone")


class Sitemap:
    """Pages of one kind.

    `items` may be a method or a value; ``location``, ``lastmod``, ``changefreq``, ``priority``, ``images``, ``videos``, ``news`` and ``alternates`` may each be a
    value for all pages, or a method that takes the item.
    """

    limit: ClassVar[int] = MAX_URLS
    """How many items one sitemap holds; the rest go on further pages."""
    protocol: str | None = None
    """In place of that of the request."""
    i18n: bool = False
    """Whether each item has one page a language: `location` is asked in each language, or takes the language as well."""
    languages: Sequence[str] | None = None
    """Tags; None means those of the application, which needs the extra ``i18n``."""
    alternates: bool = False
    """With `i18n`: whether each page names those of the other languages."""
    x_default: bool = False
    """With `alternates`: whether the page of the application's language, or else of the first, is for visitors of any other."""

    def get_languages_for_item(self, item: Any) -> Sequence[str]:
        """Return the languages that an item has a page in, with `i18n`; by default all of `languages`."""
        return self._languages()

    def items(self) -> Any:
        """Return a sequence, or a QuerySet in a fixed order."""
        return ()

    def location(self, item: Any) -> str:
        """Return the path of an item.

        Raises:
            SitemapSetupError: If it does not know its own.
        """
        locate = getattr(item, "get_absolute_url", None)
        if locate is None:
            raise SitemapSetupError(
                f"Give your {type(item).__name__} class a get_absolute_url() method, or define location() in your Sitemap class."
            )
        return str(locate())

    def get_protocol(self, protocol: str | None = None) -> str:
        """Return the scheme of its URLs: its own, or the one given, or ``https``."""
        return self.protocol or protocol or "https"

    def get_domain(self, site: SiteIdentity | None = None) -> str:
        """Return the host of its URLs: that of ``site``, or else of the current site.

        Raises:
            SitemapSetupError: If none is given, and the application has no sites or none that is current.
        """
        if site is not None:
            return site.domain
        sites = find(SITES)
        if sites is not None:
            try:
                return sites.get_current().domain
            except LookupError as error:
                raise SitemapSetupError(_NO_SITE) from error
        raise SitemapSetupError(_NO_SITE)

    def get_urls(
        self, page: int = 1, site: SiteIdentity | None = None, protocol: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the pages of one sitemap as mappings for templates, with the item of each.

        Args:
            page: From 1.
            site: Whose domain stands in the URLs; the current one unless given.
            protocol: The scheme unless the sitemap has its own.

        Raises:
            SitemapSetupError: If it cannot be told which site is meant.
            SitemapValueError: If there is no such page.
        """
        root = f"{self.get_protocol(protocol)}://{self.get_domain(site)}"
        return [
            {
                "item": item,
                "location": url.location,
                "lastmod": url.last_modified,
                "changefreq": url.change_frequency,
                "priority": "" if url.priority is None else str(url.priority),
                "alternates": [{"location": each.location, "lang_code": each.language} for each in url.alternates],
            }
            for item, url in self._entries(root, page)
        ]

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
        return (url for _, url in self._entries(root, page))

    def get_latest_lastmod(self) -> date | None:
        """Return when the page that changed last did so; None if one of them does not say."""
        found = getattr(self, "lastmod", None)
        if not callable(found):
            return with_zone(found)
        latest: date | None = None
        for item in self._every():
            moment = with_zone(found(item))
            if moment is None:
                return None
            latest = moment if latest is None or _begin(moment) > _begin(latest) else latest
        return latest

    def _entries(self, root: str, page: int) -> Iterator[tuple[Any, Url]]:
        if not 1 <= page <= self.page_count:
            raise SitemapValueError("page", page, f"1 to {self.page_count}")
        if self.protocol:
            root = f"{self.protocol}://{root.partition('://')[2]}"
        size = self._page_size()
        for entry in self._pairs()[(page - 1) * size : page * size]:
            item, language = entry if self.i18n else (entry, None)
            yield item, self._url(root, item, language)

    def _every(self) -> Any:
        items: Any = self.items
        return items() if callable(items) else items

    def _languages(self) -> Sequence[str]:
        if self.languages is not None:
            return self.languages
        from partita.i18n.translations import current_translations  # only sitemaps in several languages need it

        translations = current_translations()
        if translations is None:
            raise SitemapSetupError(
                "Which languages does the sitemap have? Set `languages` in the class, or set partita.i18n up."
            )
        return translations.languages

    def _page_size(self) -> int:
        return max(1, min(self.limit, MAX_URLS))

    def _pairs(self) -> Any:
        items = self._every()
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
        if not callable(locate):
            return str(locate)
        if language is None:
            return str(locate(item))
        if self._names_language():
            return str(locate(item, language))
        from partita.i18n import override  # as above

        with override(language):
            return str(locate(item))

    def _names_language(self) -> bool:
        return len(signature(self.location).parameters) > 1

    def _alternates(self, root: str, item: Any) -> Iterator[Alternate]:
        languages = self.get_languages_for_item(item)
        for language in languages:
            yield Alternate(language, urljoin(root, self._location(item, language)))
        default = find(LANGUAGE) or next(iter(languages), None)
        if self.x_default and default in languages:
            location = self._location(item, default)
            if callable(self.location) and not self._names_language():
                # Routes with a prefix for each language have one without, which sends visitors where they can read.
                location = location.replace(f"/{default}/", "/", 1)
            yield Alternate("x-default", urljoin(root, location))

    def _get(self, name: str, item: Any) -> Any:
        found = getattr(self, name, None)
        return found(item) if callable(found) else found


class GenericSitemap(Sitemap):
    """The pages of a QuerySet or a sequence.

    Args:
        info_dict: A mapping with ``queryset`` and, if there is one, ``date_field``; or just a QuerySet or a sequence.
        date_field: The attribute that says when a page changed.
        priority: Of every page.
        changefreq: Of every page.
        protocol: In place of that of the request.
    """

    def __init__(
        self,
        info_dict: object,
        date_field: str = "",
        priority: float | None = None,
        changefreq: str | None = None,
        protocol: str | None = None,
    ) -> None:
        if isinstance(info_dict, Mapping):
            date_field, info_dict = date_field or info_dict.get("date_field") or "", info_dict["queryset"]
        self.queryset: Any = info_dict
        self.date_field = date_field
        self.priority, self.changefreq, self.protocol = priority, changefreq, protocol

    def items(self) -> Any:
        """Return the objects, asked for anew where they come from a database."""
        every = getattr(self.queryset, "all", None)
        return every() if every is not None else self.queryset

    def lastmod(self, item: Any) -> date | None:
        """Return when a page changed."""
        moment: date | None = getattr(item, self.date_field) if self.date_field else None
        return moment

    def get_latest_lastmod(self) -> date | None:
        """Return when the page that changed last did so; a database is asked for the one, not for all."""
        order = getattr(self.queryset, "order_by", None)
        if not self.date_field or order is None:
            return super().get_latest_lastmod() if self.date_field else None
        # What has no date sorts first or last, as the database likes; one of those means that nobody knows.
        if self.queryset.filter(**{f"{self.date_field}__isnull": True}).exists():
            return None
        last = order(f"-{self.date_field}").first()
        return None if last is None else with_zone(getattr(last, self.date_field))


_NO_SITE = "To use sitemaps, either enable the sites framework or pass a Site/RequestSite object in your view."


def _several(values: Any, kind: type[Any]) -> tuple[Any, ...]:
    return tuple(value if isinstance(value, kind) else kind(value) for value in values or ())


def _news(value: Any) -> News | None:
    return News(**value) if isinstance(value, Mapping) else value


def with_zone(moment: Any) -> date | None:
    """Return a day as it is, and a moment with a zone: one without is in UTC."""
    naive = isinstance(moment, datetime) and moment.utcoffset() is None
    found: date | None = moment.replace(tzinfo=UTC) if naive else moment
    return found


def _begin(moment: date) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)

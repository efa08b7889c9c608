"""Django's feed generator: feeds grow item by item, and subclasses add elements; the formats are this package's own."""

import io
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar
from urllib.parse import urlsplit

from msgspec.structs import replace

from partita.feeds import values
from partita.feeds.atom import Atom
from partita.feeds.dates import rfc2822_date, rfc3339_date
from partita.feeds.errors import FeedSetupError
from partita.feeds.given import Enclosure, GivenFeed, GivenItem, Stylesheet, escaped_url
from partita.feeds.rss import Rss, Rss091
from partita.feeds.xml import XmlWriter

__all__ = (
    "Atom1Feed",
    "DefaultFeed",
    "Enclosure",
    "Rss201rev2Feed",
    "RssFeed",
    "RssUserland091Feed",
    "Stylesheet",
    "SyndicationFeed",
    "XmlHandler",
    "get_tag_uri",
    "rfc2822_date",
    "rfc3339_date",
)

_DAY = time(tzinfo=UTC)
_NO_HEAD = GivenFeed("", "")


def get_tag_uri(url: str, date: date | None) -> str:
    """Return an id that stays the same for ever (RFC 4151).

    Args:
        url: Of the page.
        date: A day on which its host was yours, such as that of publication.
    """
    parts = urlsplit(url)
    day = "" if date is None else f",{date:%Y-%m-%d}"
    fragment = f"/{parts.fragment}" if parts.fragment else ""
    return f"tag:{parts.hostname or ''}{day}:{parts.path}{fragment}"


class XmlHandler(XmlWriter):
    """What the hooks of a feed write through, by the names that Django's users know."""

    __slots__ = ()

    def addQuickElement(self, name: str, contents: object = None, attrs: Mapping[str, object] | None = None) -> None:
        """Write an element that holds text, or nothing."""
        self.element(name, contents, attrs)

    def startElement(self, name: str, attrs: Mapping[str, object]) -> None:
        """Write the start of an element."""
        self.open(name, attrs)

    def endElement(self, name: str) -> None:
        """Write the end of an element."""
        self.close(name)


class SyndicationFeed:
    """A feed to which items are added; formats say how it is written.

    Args:
        title: Of the feed.
        link: The page it is about; unlike elsewhere in this package, URLs are written as they are given.
        description: What it is about.
        language: A tag, such as ``en-gb``.
        author_email: Of who wrote it.
        author_name: Of who wrote it.
        author_link: A page about who wrote it.
        subtitle: In formats that have no description.
        categories: Subjects.
        feed_url: Where the feed itself is.
        feed_copyright: Who has the rights.
        feed_guid: Its id; the link unless given.
        ttl: Minutes for which readers need not ask again.
        stylesheets: URLs, or `Stylesheet` objects.
        kwargs: Anything else that `add_root_elements` wants to find in ``feed``.

    Raises:
        TypeError: If ``stylesheets`` is a single one.
    """

    content_type: ClassVar[str]

    def __init__(
        self,
        title: object,
        link: object,
        description: object,
        language: str | None = None,
        author_email: object = None,
        author_name: object = None,
        author_link: object = None,
        subtitle: object = None,
        categories: Iterable[object] | None = None,
        feed_url: object = None,
        feed_copyright: object = None,
        feed_guid: object = None,
        ttl: object = None,
        stylesheets: Iterable[object] | None = None,
        **kwargs: Any,
    ) -> None:
        if isinstance(stylesheets, str | Stylesheet):
            raise TypeError(f"stylesheets should be a list, not {type(stylesheets)}")
        self._stylesheets = [each if isinstance(each, Stylesheet) else Stylesheet(each) for each in stylesheets or ()]
        self.feed: dict[str, Any] = {
            "title": str(title),
            "link": escaped_url(link),
            "description": str(description),
            "language": _text(language),
            "author_email": _text(author_email),
            "author_name": _text(author_name),
            "author_link": _optional_url(author_link),
            "subtitle": _text(subtitle),
            "categories": tuple(map(str, categories or ())),
            "feed_url": _optional_url(feed_url),
            "feed_copyright": _text(feed_copyright),
            "id": str(feed_guid or link),
            "ttl": ttl,
            "stylesheets": self._stylesheets or None,
            **kwargs,
        }
        self.items: list[dict[str, Any]] = []

    def add_item(
        self,
        title: object,
        link: object,
        description: object,
        author_email: object = None,
        author_name: object = None,
        author_link: object = None,
        pubdate: date | None = None,
        comments: object = None,
        unique_id: object = None,
        unique_id_is_permalink: bool | None = None,
        categories: Iterable[object] = (),
        item_copyright: object = None,
        ttl: object = None,
        updateddate: date | None = None,
        enclosures: Iterable[Enclosure] | None = None,
        **kwargs: Any,
    ) -> None:
        """Add an item.

        Args:
            title: Of the item; formats take it as HTML.
            link: Its page.
            description: A summary, as HTML.
            author_email: Of who wrote it.
            author_name: Of who wrote it.
            author_link: A page about who wrote it.
            pubdate: When it was published.
            comments: URL of a page for comments.
            unique_id: Its id; the link, or in Atom a tag made of it, unless given.
            unique_id_is_permalink: Whether the id is a URL that leads to the page.
            categories: Subjects.
            item_copyright: Who has the rights.
            ttl: Kept for `add_item_elements`; no format here has it for items.
            updateddate: When it changed last.
            enclosures: Files that belong to it.
            kwargs: Anything else that `add_item_elements` wants to find in the item.
        """
        self.items.append(
            {
                "title": _text(title),
                "link": _optional_url(link),
                "description": _text(description),
                "author_email": _text(author_email),
                "author_name": _text(author_name),
                "author_link": _optional_url(author_link),
                "pubdate": pubdate,
                "updateddate": updateddate,
                "comments": _text(comments),
                "unique_id": _text(unique_id),
                "unique_id_is_permalink": unique_id_is_permalink,
                "enclosures": list(enclosures or ()),
                "categories": tuple(map(str, categories or ())),
                "item_copyright": _text(item_copyright),
                "ttl": ttl,
                **kwargs,
            }
        )

    def num_items(self) -> int:
        """Return how many items there are."""
        return len(self.items)

    def root_attributes(self) -> dict[str, str]:
        """Return the attributes of the element that holds the items."""
        return {}

    def add_root_elements(self, handler: XmlHandler) -> None:
        """Write what is said about the feed as a whole; nothing unless a format says otherwise."""
        return  # not abstract: the formats that are not XML have no elements

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        """Return the attributes of an item's element."""
        return {}

    def add_item_elements(self, handler: XmlHandler, item: dict[str, Any]) -> None:
        """Write what is said about one item; nothing unless a format says otherwise."""
        return  # as above

    def add_stylesheets(self, handler: XmlHandler) -> None:
        """Write the instructions that name style sheets."""
        for each in self._stylesheets:
            handler.stylesheet(each.url, each.mimetype, each.media)

    def write(self, outfile: Any, encoding: str) -> None:
        """Write the feed; formats say how.

        Args:
            outfile: Open for text or for bytes, or a draft of a response.
            encoding: Of the bytes.

        Raises:
            FeedSetupError: If the class is no format.
        """
        raise FeedSetupError(
            f"{type(self).__name__} has no write(); make a Rss201rev2Feed, an Atom1Feed, or write one."
        )

    def writeString(self, encoding: str) -> str:
        """Return the feed as text that says it is in ``encoding``."""
        held = io.StringIO()
        self.write(held, encoding)
        return held.getvalue()

    def latest_post_date(self) -> datetime:
        """Return when the item that was published or changed last was; now if none says so."""
        moments = [
            moment for item in self.items for name in ("updateddate", "pubdate") if (moment := _moment(item[name]))
        ]
        return max(moments, default=datetime.now(UTC))

    def as_feed(self) -> values.Feed:
        """Return what is said about the feed as a whole, as the formats have it."""
        said = self.feed
        return GivenFeed(
            title=said["title"],
            link=said["link"],
            description=said["description"],
            id=said["id"],
            feed_url=said["feed_url"] or "",
            language=said["language"] or "",
            authors=_people(said),
            updated=self.latest_post_date(),
            categories=said["categories"],
            rights=said["feed_copyright"] or "",
            ttl=said["ttl"],
        )

    def as_item(self, item: dict[str, Any]) -> values.Item:
        """Return an item as the formats have it."""
        return GivenItem(
            title=item["title"] or "",
            link=item["link"] or "",
            id=item["unique_id"] or "",
            id_is_link=item["unique_id_is_permalink"],
            description=item["description"] or "",
            authors=_people(item),
            published=item["pubdate"],
            updated=item["updateddate"],
            categories=item["categories"],
            comments=item["comments"] or "",
            enclosures=tuple(each.written() for each in item["enclosures"]),
            rights=item["item_copyright"] or "",
        )


class _XmlFeed(SyndicationFeed, ABC):
    """What RSS and Atom have in common."""

    format: ClassVar[Any]
    entry: ClassVar[str]
    """Name of an item's element."""

    def write(self, outfile: Any, encoding: str) -> None:
        """Write the feed."""
        handler = XmlHandler(encoding)
        self.add_stylesheets(handler)
        with self._root(handler):
            self.add_root_elements(handler)
            self.write_items(handler)
        if isinstance(outfile, io.TextIOBase):
            outfile.write(handler.text())
        else:
            outfile.write(handler.text().encode(encoding, "xmlcharrefreplace"))

    @abstractmethod
    def _root(self, handler: XmlHandler) -> AbstractContextManager[None]:
        """Write the elements around all others."""

    def write_items(self, handler: XmlHandler) -> None:
        """Write the items."""
        for item in self.items:
            with handler.inside(self.entry, self.item_attributes(item)):
                self.add_item_elements(handler, item)

    def add_root_elements(self, handler: XmlHandler) -> None:
        """Write what is said about the feed as a whole."""
        self.format.channel(handler, self.as_feed())

    def add_item_elements(self, handler: XmlHandler, item: dict[str, Any]) -> None:
        """Write what is said about one item."""
        self.format.item(handler, _NO_HEAD, self.as_item(item))


class RssFeed(_XmlFeed):
    """What the kinds of RSS have in common."""

    content_type = Rss.content_type
    format = Rss()
    entry = "item"

    def rss_attributes(self) -> dict[str, str]:
        """Return the attributes of the outermost element, namespaces among them."""
        return dict(self.format.attributes(self.as_feed()))

    def as_feed(self) -> values.Feed:
        """Return the head of the feed; without an author, of whom RSS knows only items to have one."""
        return replace(super().as_feed(), authors=())

    @contextmanager
    def _root(self, handler: XmlHandler) -> Iterator[None]:
        with handler.inside("rss", self.rss_attributes()), handler.inside("channel", self.root_attributes()):
            yield


class _Rss091(Rss):
    """RSS 0.91 with everything about the feed that RSS 2.0 says, as Django has it; readers skip what they do not know."""

    version = Rss091.version

    def namespaces(self, feed: values.Feed) -> dict[str, str]:
        """Return that of the link to the feed itself only."""
        return {"atom": super().namespaces(feed)["atom"]}

    def item(self, xml: XmlWriter, feed: values.Feed, item: values.Item) -> None:
        """Write title, link and description."""
        Rss091().item(xml, feed, item)


class RssUserland091Feed(RssFeed):
    """RSS 0.91 as UserLand defined it."""

    format = _Rss091()


class Rss201rev2Feed(RssFeed):
    """RSS 2.0."""


class Atom1Feed(_XmlFeed):
    """Atom 1.0 (RFC 4287)."""

    content_type = Atom.content_type
    format = Atom()
    entry = "entry"

    def root_attributes(self) -> dict[str, str]:
        """Return the attributes of the outermost element, namespaces among them."""
        return dict(self.format.attributes(self.as_feed()))

    def as_feed(self) -> values.Feed:
        """Return the head of the feed; what it is about stands in its subtitle only."""
        return replace(super().as_feed(), description=self.feed["subtitle"] or "")

    def as_item(self, item: dict[str, Any]) -> values.Item:
        """Return an entry, with a tag for an id unless it has one."""
        entry = super().as_item(item)
        return entry if entry.id else replace(entry, id=get_tag_uri(entry.link, item["pubdate"]))

    def _root(self, handler: XmlHandler) -> AbstractContextManager[None]:
        return handler.inside("feed", self.root_attributes())


DefaultFeed = Rss201rev2Feed


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _optional_url(value: object) -> str | None:
    return None if value is None else escaped_url(value)


def _moment(value: date | None) -> datetime | None:
    """Return a moment that compares with others: what has no zone is taken for UTC, and a day for its beginning."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        return datetime.combine(value, _DAY)
    return value if value.utcoffset() is not None else value.replace(tzinfo=UTC)


def _people(said: dict[str, Any]) -> tuple[values.Person, ...]:
    name, email, link = said["author_name"], said["author_email"], said["author_link"]
    return (values.Person(name or "", email or "", link or ""),) if name or email else ()

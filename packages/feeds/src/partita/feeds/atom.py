"""Atom 1.0 (RFC 4287)."""

from collections.abc import Iterable
from datetime import UTC, datetime

from partita.feeds.dates import rfc3339_date
from partita.feeds.places import write_place
from partita.feeds.rss import write_stylesheets
from partita.feeds.values import Feed, Item, Person
from partita.feeds.xml import XmlWriter

__all__ = ("Atom",)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Atom:
    """Writes Atom 1.0. Subclasses may add elements, or leave some out."""

    content_type = "application/atom+xml; charset=utf-8"

    def write(self, feed: Feed) -> str:
        """Return the document.

        Where the format demands what the feed does not say, its title stands for an author, and 1970 for a time: an
        invented "now" would make every reader show old entries as new.
        """
        xml = XmlWriter()
        write_stylesheets(xml, feed)
        with xml.inside("feed", self.attributes(feed)):
            self.channel(xml, feed)
            for item in feed.items:
                with xml.inside("entry"):
                    self.item(xml, feed, item)
        return xml.text()

    def attributes(self, feed: Feed) -> dict[str, str]:
        """Return the attributes of the outermost element."""
        attributes = {"xmlns": "http://www.w3.org/2005/Atom"}
        if feed.has_places:
            attributes["xmlns:georss"] = "http://www.georss.org/georss"
        if feed.language:
            attributes["xml:lang"] = feed.language
        return attributes

    def channel(self, xml: XmlWriter, feed: Feed) -> None:
        """Write what is said about the feed as a whole."""
        xml.element("id", feed.id or feed.link)
        xml.element("title", feed.title)
        xml.optional("subtitle", feed.description)
        xml.element("updated", rfc3339_date(feed.last_updated or _LONG_AGO))
        xml.element("link", None, {"href": feed.link, "rel": "alternate"})
        if feed.feed_url:
            xml.element("link", None, {"href": feed.url(feed.feed_url), "rel": "self"})
        for hub in feed.hubs:
            xml.element("link", None, {"href": hub, "rel": "hub"})
        _people(xml, feed.authors or (Person(feed.title),))
        for category in feed.categories:
            xml.element("category", None, {"term": category})
        xml.optional("rights", feed.rights)
        xml.optional("icon", feed.icon and feed.url(feed.icon))
        xml.optional("logo", feed.image and feed.url(feed.image))

    def item(self, xml: XmlWriter, feed: Feed, item: Item) -> None:
        """Write one entry."""
        link = feed.url(item.link)
        xml.element("id", item.id or link)
        xml.element("title", item.title)
        xml.element("updated", rfc3339_date(item.updated or item.published or feed.last_updated or _LONG_AGO))
        if item.published is not None:
            xml.element("published", rfc3339_date(item.published))
        xml.element("link", None, {"href": link, "rel": "alternate"})
        for enclosure in item.enclosures:
            attributes = {"href": feed.url(enclosure.url), "rel": "enclosure"}
            xml.element("link", None, {**attributes, "length": enclosure.length, "type": enclosure.type})
        _people(xml, item.authors)
        if item.description:
            xml.element("summary", item.description, {"type": "html"})
        if item.content:
            xml.element("content", item.content, {"type": "html"})
        for category in item.categories:
            xml.element("category", None, {"term": category})
        xml.optional("rights", item.rights)
        write_place(xml, item)


def _people(xml: XmlWriter, people: Iterable[Person]) -> None:
    for person in people:
        with xml.inside("author"):
            xml.element("name", person.name)
            xml.optional("uri", person.url)
            xml.optional("email", person.email)

"""RSS 2.0, with the modules that readers and podcast players know; also the older UserLand 0.91."""

from email.utils import format_datetime
from typing import Literal

from partita.feeds.errors import FeedValueError
from partita.feeds.values import Episode, Feed, Item, Person, Podcast
from partita.feeds.xml import XmlWriter

__all__ = ("Rss", "Rss091")

Geo = Literal["georss", "w3c"]
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "georss": "http://www.georss.org/georss",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}


class Rss:
    """Writes RSS 2.0. Subclasses may add elements, or leave some out.

    Args:
        geo: How places are written.
    """

    content_type = "application/rss+xml; charset=utf-8"
    version = "2.0"

    def __init__(self, geo: Geo = "georss") -> None:
        self.geo: Geo = geo

    def write(self, feed: Feed) -> str:
        """Return the document.

        Raises:
            FeedValueError: If an item has several enclosures, of which RSS knows only one.
        """
        xml = XmlWriter()
        for stylesheet in feed.stylesheets:
            xml.stylesheet(feed.url(stylesheet))
        names = {f"xmlns:{prefix}": url for prefix, url in self.namespaces(feed).items()}
        with xml.inside("rss", {"version": self.version, **names}), xml.inside("channel"):
            self.channel(xml, feed)
            for item in feed.items:
                with xml.inside("item"):
                    self.item(xml, feed, item)
        return xml.text()

    def namespaces(self, feed: Feed) -> dict[str, str]:
        """Return the namespaces that are declared, by prefix."""
        wanted = {"atom", "content", "dc"}
        if any(item.point is not None for item in feed.items):
            wanted.add("georss" if self.geo == "georss" else "geo")
        if feed.podcast is not None or any(item.episode is not None for item in feed.items):
            wanted |= {"itunes", "podcast"}
        return {prefix: url for prefix, url in NAMESPACES.items() if prefix in wanted}

    def channel(self, xml: XmlWriter, feed: Feed) -> None:
        """Write what is said about the feed as a whole."""
        xml.element("title", feed.title)
        xml.element("link", feed.link)
        xml.element("description", feed.description or feed.title)
        if feed.feed_url:
            url = feed.url(feed.feed_url)
            xml.element("atom:link", None, {"rel": "self", "href": url, "type": "application/rss+xml"})
        for hub in feed.hubs:
            xml.element("atom:link", None, {"rel": "hub", "href": hub})
        xml.optional("language", feed.language)
        xml.optional("copyright", feed.rights)
        for author in feed.authors[:1]:
            xml.optional("managingEditor", author.email and _mailbox(author))
        for category in feed.categories:
            xml.element("category", category)
        if feed.last_updated is not None:
            xml.element("lastBuildDate", format_datetime(feed.last_updated))
        xml.optional("ttl", feed.ttl)
        if feed.image:
            with xml.inside("image"):
                xml.element("url", feed.url(feed.image))
                xml.element("title", feed.title)
                xml.element("link", feed.link)
        if feed.podcast is not None:
            _podcast(xml, feed, feed.podcast)

    def item(self, xml: XmlWriter, feed: Feed, item: Item) -> None:
        """Write one item."""
        if len(item.enclosures) > 1:
            raise FeedValueError("enclosures of an RSS item", len(item.enclosures), "one at most (Atom knows several)")
        link = feed.url(item.link)
        xml.element("title", item.title)
        xml.element("link", link)
        xml.optional("description", item.description)
        xml.optional("content:encoded", item.content)
        for author in item.authors:
            if author.email:
                xml.element("author", _mailbox(author))
            else:
                xml.element("dc:creator", author.name)
        if item.published is not None:
            xml.element("pubDate", format_datetime(item.published))
        xml.optional("comments", item.comments and feed.url(item.comments))
        is_link = not item.id or item.id in {item.link, link}
        xml.element("guid", link if is_link else item.id, {"isPermaLink": "true" if is_link else "false"})
        for enclosure in item.enclosures:
            attributes = {"url": feed.url(enclosure.url), "length": enclosure.length, "type": enclosure.type}
            xml.element("enclosure", None, attributes)
        for category in item.categories:
            xml.element("category", category)
        if item.point is not None:
            _place(xml, item.point, self.geo)
        if item.episode is not None:
            _episode(xml, feed, item.episode)


class Rss091(Rss):
    """Writes RSS 0.91 as UserLand defined it: titles, links and descriptions, nothing else."""

    version = "0.91"

    def namespaces(self, feed: Feed) -> dict[str, str]:
        """Return none: this format has no modules."""
        return {}

    def channel(self, xml: XmlWriter, feed: Feed) -> None:
        """Write what is said about the feed as a whole."""
        xml.element("title", feed.title)
        xml.element("link", feed.link)
        xml.element("description", feed.description or feed.title)
        xml.element("language", feed.language or "en")
        xml.optional("copyright", feed.rights)

    def item(self, xml: XmlWriter, feed: Feed, item: Item) -> None:
        """Write one item."""
        xml.element("title", item.title)
        xml.element("link", feed.url(item.link))
        xml.optional("description", item.description)


def _mailbox(person: Person) -> str:
    return f"{person.email} ({person.name})" if person.name else person.email


def _place(xml: XmlWriter, point: tuple[float, float], geo: Geo) -> None:
    if geo == "georss":
        xml.element("georss:point", f"{point[0]} {point[1]}")
    else:
        xml.element("geo:lat", point[0])
        xml.element("geo:long", point[1])


def _podcast(xml: XmlWriter, feed: Feed, podcast: Podcast) -> None:
    for author in feed.authors[:1]:
        xml.element("itunes:author", author.name)
    xml.element("itunes:type", podcast.kind)
    xml.element("itunes:explicit", _truth(podcast.explicit))
    xml.element("itunes:image", None, {"href": feed.url(podcast.image)})
    for category, *below in podcast.categories:
        with xml.inside("itunes:category", {"text": category}):
            for name in below:
                xml.element("itunes:category", None, {"text": name})
    if podcast.owner is not None:
        with xml.inside("itunes:owner"):
            xml.element("itunes:name", podcast.owner.name)
            xml.element("itunes:email", podcast.owner.email)
    xml.optional("podcast:guid", podcast.guid)
    if podcast.locked is not None:
        xml.element("podcast:locked", "yes" if podcast.locked else "no")
    if podcast.funding is not None:
        xml.element("podcast:funding", podcast.funding[1], {"url": podcast.funding[0]})


def _episode(xml: XmlWriter, feed: Feed, episode: Episode) -> None:
    xml.element("itunes:episodeType", episode.kind)
    xml.optional("itunes:duration", episode.duration)
    if episode.explicit is not None:
        xml.element("itunes:explicit", _truth(episode.explicit))
    if episode.image:
        xml.element("itunes:image", None, {"href": feed.url(episode.image)})
    xml.optional("itunes:season", episode.season)
    xml.optional("itunes:episode", episode.number)
    xml.optional("itunes:subtitle", episode.subtitle)
    for transcript in episode.transcripts:
        attributes = {"url": feed.url(transcript.url), "type": transcript.type}
        if transcript.language:
            attributes["language"] = transcript.language
        xml.element("podcast:transcript", None, attributes)
    if episode.chapters is not None:
        attributes = {"url": feed.url(episode.chapters.url), "type": episode.chapters.type}
        xml.element("podcast:chapters", None, attributes)


def _truth(value: bool) -> str:
    return "true" if value else "false"

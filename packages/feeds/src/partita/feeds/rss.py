"""RSS 2.0, with the modules that readers and podcast players know; also the older UserLand 0.91."""

from partita.feeds.dates import rfc2822_date
from partita.feeds.errors import FeedValueError
from partita.feeds.places import Geo, write_place
from partita.feeds.values import Episode, Feed, Item, Media, Person, Podcast, Stylesheet
from partita.feeds.xml import XmlWriter

__all__ = ("Rss", "Rss091")

NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "georss": "http://www.georss.org/georss",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
}


_ONE_ENCLOSURE = (
    "one: RSS feed items may only have one enclosure, see "
    "http://www.rssboard.org/rss-profile#element-channel-item-enclosure; Atom knows several"
)


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
        write_stylesheets(xml, feed)
        with xml.inside("rss", self.attributes(feed)), xml.inside("channel"):
            self.channel(xml, feed)
            for item in feed.items:
                with xml.inside("item"):
                    self.item(xml, feed, item)
        return xml.text()

    def attributes(self, feed: Feed) -> dict[str, str]:
        """Return the attributes of the outermost element."""
        return {"version": self.version, **{f"xmlns:{prefix}": url for prefix, url in self.namespaces(feed).items()}}

    def namespaces(self, feed: Feed) -> dict[str, str]:
        """Return the namespaces that are declared, by prefix."""
        wanted = {"atom", "content", "dc"}
        if feed.has_places:
            wanted |= {"georss"} if self.geo == "georss" else {"geo", "georss"}
        if any(item.media or item.image for item in feed.items):
            wanted.add("media")
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
            xml.element("atom:link", None, {"href": url, "rel": "self"})
        for hub in feed.hubs:
            xml.element("atom:link", None, {"href": hub, "rel": "hub"})
        xml.optional("language", feed.language)
        xml.optional("copyright", feed.rights)
        for author in feed.authors[:1]:
            xml.optional("managingEditor", author.email and _mailbox(author))
        for category in feed.categories:
            xml.element("category", category)
        if feed.last_updated is not None:
            xml.element("lastBuildDate", rfc2822_date(feed.last_updated))
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
            raise FeedValueError("enclosures of an RSS item", len(item.enclosures), _ONE_ENCLOSURE)
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
            xml.element("pubDate", rfc2822_date(item.published))
        xml.optional("comments", item.comments and feed.url(item.comments))
        xml.element("guid", *_guid(item, link))
        for enclosure in item.enclosures:
            attributes = {"url": feed.url(enclosure.url), "length": enclosure.length, "type": enclosure.type}
            xml.element("enclosure", None, attributes)
        for category in item.categories:
            xml.element("category", category)
        write_place(xml, item, self.geo)
        for media in item.media:
            _media(xml, feed, media)
        if item.image:
            xml.element("media:thumbnail", None, {"url": feed.url(item.image)})
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


def _guid(item: Item, link: str) -> tuple[str, dict[str, str]]:
    """Return an id and its attributes: one that says nothing leads to the page (RSS 2.0, ``guid``)."""
    is_page = not item.id or item.id in {item.link, link}
    leads = item.id_is_link if item.id_is_link is not None else None if is_page else False
    return link if is_page else item.id, {} if leads is None else {"isPermaLink": _truth(leads)}


def _mailbox(person: Person) -> str:
    return f"{person.email} ({person.name})" if person.name else person.email


def write_stylesheets(xml: XmlWriter, feed: Feed) -> None:
    """Write the instructions that name the style sheets of ``feed``."""
    for each in feed.stylesheets:
        style = each if isinstance(each, Stylesheet) else Stylesheet(each)
        xml.stylesheet(feed.url(style.url), style.type, style.media)


def _media(xml: XmlWriter, feed: Feed, media: Media) -> None:
    attributes = {
        "url": feed.url(media.url), "fileSize": media.length, "type": media.type, "medium": media.medium,
        "duration": media.duration, "height": media.height, "width": media.width,
    }  # fmt: skip
    with xml.inside("media:content", {name: value for name, value in attributes.items() if value not in ("", None)}):
        xml.optional("media:title", media.title)
        xml.optional("media:description", media.description)
        if media.thumbnail:
            xml.element("media:thumbnail", None, {"url": feed.url(media.thumbnail)})
        xml.optional("media:credit", media.credit)


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

"""What a feed consists of, whatever it is written as."""

from datetime import datetime
from typing import Literal
from urllib.parse import urljoin, urlsplit

import msgspec

from partita.feeds.errors import FeedValueError

__all__ = ("Chapters", "Enclosure", "Episode", "Feed", "Item", "Media", "Person", "Podcast", "Stylesheet", "Transcript")


class Person(msgspec.Struct, frozen=True):
    """Who wrote something."""

    name: str
    email: str = ""
    url: str = ""


class Enclosure(msgspec.Struct, frozen=True):
    """A file that belongs to an item."""

    url: str
    length: int
    """Bytes."""
    type: str
    """Media type, such as ``audio/mpeg``."""

    def __post_init__(self) -> None:
        if self.length < 0:
            raise FeedValueError("length of an enclosure", self.length, "a number of bytes")


class Media(msgspec.Struct, frozen=True):
    """A picture, film or sound that belongs to an item (Media RSS); an item may have several."""

    url: str
    type: str = ""
    """Media type, such as ``image/jpeg``."""
    medium: Literal["", "image", "audio", "video", "document", "executable"] = ""
    length: int | None = None
    """Bytes."""
    width: int | None = None
    """Pixels."""
    height: int | None = None
    duration: int | None = None
    """Seconds."""
    title: str = ""
    description: str = ""
    thumbnail: str = ""
    """URL of a picture that stands for it."""
    credit: str = ""


class Stylesheet(msgspec.Struct, frozen=True):
    """How browsers show the feed to people."""

    url: str
    type: str | None = ""
    """Media type; by default what the URL's ending says, else ``text/xsl``; None leaves it unsaid."""
    media: str | None = "screen"
    """A media query; nothing for every medium."""


class Transcript(msgspec.Struct, frozen=True):
    """The words of an episode (Podcasting 2.0)."""

    url: str
    type: str
    """Media type, such as ``text/vtt``."""
    language: str = ""


class Chapters(msgspec.Struct, frozen=True):
    """The chapters of an episode (Podcasting 2.0)."""

    url: str
    type: str = "application/json+chapters"


class Episode(msgspec.Struct, frozen=True):
    """What podcast players want to know about an item."""

    duration: int | None = None
    """Seconds."""
    explicit: bool | None = None
    image: str = ""
    season: int | None = None
    number: int | None = None
    kind: Literal["full", "trailer", "bonus"] = "full"
    subtitle: str = ""
    transcripts: tuple[Transcript, ...] = ()
    chapters: Chapters | None = None


class Podcast(msgspec.Struct, frozen=True):
    """What podcast players want to know about a feed."""

    categories: tuple[tuple[str, ...], ...]
    """Apple's names, each with its subcategory if it has one, such as ``("Music", "Music History")``."""
    image: str
    """Square, 1400 to 3000 pixels wide."""
    explicit: bool = False
    owner: Person | None = None
    kind: Literal["episodic", "serial"] = "episodic"
    guid: str = ""
    """A UUID that stays when the feed moves (Podcasting 2.0)."""
    locked: bool | None = None
    """Whether other platforms may take the feed over (Podcasting 2.0)."""
    funding: tuple[str, str] | None = None
    """URL and text of a page for supporters (Podcasting 2.0)."""


class Item(msgspec.Struct, frozen=True):
    """One entry of a feed.

    URLs may be relative to the feed's `Feed.link`.
    """

    title: str
    link: str
    id: str = ""
    """By default the link; it must stay the same when the title changes."""
    id_is_link: bool | None = None
    """Whether the id is a URL that leads to the page; by default it is if it is the link."""
    description: str = ""
    """A summary, as HTML."""
    content: str = ""
    """The whole text, as HTML."""
    authors: tuple[Person, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[str, ...] = ()
    comments: str = ""
    """URL of a page for comments."""
    enclosures: tuple[Enclosure, ...] = ()
    rights: str = ""
    image: str = ""
    media: tuple[Media, ...] = ()
    point: tuple[float, float] | None = None
    """Latitude and longitude, in degrees."""
    line: tuple[tuple[float, float], ...] = ()
    """Points of a way (GeoRSS)."""
    polygon: tuple[tuple[float, float], ...] = ()
    """Points around an area, the first again as the last (GeoRSS)."""
    box: tuple[float, float, float, float] | None = None
    """Southern and western, northern and eastern edge (GeoRSS)."""
    episode: Episode | None = None

    def __post_init__(self) -> None:
        for name in ("published", "updated"):
            _check_moment(name, getattr(self, name))
        corners = () if self.box is None else (self.box[:2], self.box[2:])
        for point in (*([self.point] if self.point is not None else []), *self.line, *self.polygon, *corners):
            if not (-90 <= point[0] <= 90 and -180 <= point[1] <= 180):
                raise FeedValueError("point", point, "latitude and longitude in degrees")
        if len(self.line) == 1:
            raise FeedValueError("line", self.line, "two points at least")
        if self.polygon and (len(self.polygon) < 4 or self.polygon[0] != self.polygon[-1]):
            raise FeedValueError("polygon", self.polygon, "four points at least, the first again as the last")


class Feed(msgspec.Struct, frozen=True):
    """A feed with its items, newest first."""

    title: str
    link: str
    """The page it is about, with scheme and host: other URLs are completed from it."""
    description: str = ""
    items: tuple[Item, ...] = ()
    id: str = ""
    """By default the link."""
    feed_url: str = ""
    """Where the feed itself is."""
    language: str = ""
    authors: tuple[Person, ...] = ()
    updated: datetime | None = None
    """By default that of the newest item."""
    categories: tuple[str, ...] = ()
    rights: str = ""
    ttl: int | None = None
    """Minutes for which readers need not ask again."""
    image: str = ""
    icon: str = ""
    stylesheets: tuple[str | Stylesheet, ...] = ()
    hubs: tuple[str, ...] = ()
    """URLs of WebSub hubs that tell subscribers at once."""
    podcast: Podcast | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.link)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise FeedValueError("link", self.link, "a URL with scheme and host")
        _check_moment("updated", self.updated)

    def url(self, link: str) -> str:
        """Return ``link`` with scheme and host."""
        return urljoin(self.link, link)

    @property
    def last_updated(self) -> datetime | None:
        """When the feed, or its newest item, changed last."""
        if self.updated is not None:
            return self.updated
        moments = [moment for item in self.items if (moment := item.updated or item.published) is not None]
        return max(moments, default=None)

    @property
    def has_places(self) -> bool:
        """Whether an item says where it belongs."""
        return any(item.point or item.line or item.polygon or item.box for item in self.items)


def _check_moment(name: str, moment: datetime | None) -> None:
    if moment is not None and moment.utcoffset() is None:
        raise FeedValueError(name, moment, "a time with its zone")

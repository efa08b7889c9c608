"""What a sitemap says about pages (https://www.sitemaps.org/protocol.html, and Google's extensions)."""

from datetime import date, datetime
from typing import Literal

import msgspec

from partita.sitemaps.errors import SitemapValueError

__all__ = ("MAX_URLS", "Alternate", "ChangeFrequency", "Image", "IndexEntry", "News", "Url", "Video")

MAX_URLS = 50_000
"""How many pages one sitemap, and how many sitemaps one index may hold."""
MAX_LOCATION = 2048
ChangeFrequency = Literal["always", "hourly", "daily", "weekly", "monthly", "yearly", "never"]


class Image(msgspec.Struct, frozen=True):
    """A picture on the page."""

    location: str


class Video(msgspec.Struct, frozen=True):
    """A film on the page."""

    thumbnail: str
    title: str
    description: str
    content: str = ""
    """URL of the file; it or `player` has to be there."""
    player: str = ""
    duration: int | None = None
    """Seconds, from 1 to 28800."""
    published: datetime | None = None
    tags: tuple[str, ...] = ()
    """At most 32."""

    def __post_init__(self) -> None:
        if not (self.content or self.player):
            raise SitemapValueError("video", self.title, "the URL of its file, or that of a player")
        if self.duration is not None and not 1 <= self.duration <= 28_800:
            raise SitemapValueError("duration of a video", self.duration, "1 to 28800 seconds")
        if len(self.tags) > 32:
            raise SitemapValueError("tags of a video", len(self.tags), "32 at most")


class News(msgspec.Struct, frozen=True):
    """The page is an article of the last two days."""

    publication: str
    language: str
    """ISO 639, such as ``en``."""
    published: date
    title: str


class Alternate(msgspec.Struct, frozen=True):
    """The same page in another language."""

    language: str
    """A tag, or ``x-default`` for visitors of any other language."""
    location: str


class Url(msgspec.Struct, frozen=True):
    """One page."""

    location: str
    """With scheme and host."""
    last_modified: date | None = None
    change_frequency: ChangeFrequency | None = None
    priority: float | None = None
    """From 0 to 1, beside other pages of the site; 0.5 if it is not said."""
    alternates: tuple[Alternate, ...] = ()
    images: tuple[Image, ...] = ()
    videos: tuple[Video, ...] = ()
    news: News | None = None

    def __post_init__(self) -> None:
        if self.priority is not None and not 0 <= self.priority <= 1:
            raise SitemapValueError("priority", self.priority, "a number from 0 to 1")
        if len(self.images) > 1000:
            raise SitemapValueError("images of one page", len(self.images), "1000 at most")
        check_location(self.location)


class IndexEntry(msgspec.Struct, frozen=True):
    """One sitemap of a site that has several."""

    location: str
    last_modified: date | None = None

    def __post_init__(self) -> None:
        check_location(self.location)


def check_location(location: str) -> None:
    """Refuse what search engines refuse.

    Raises:
        SitemapValueError: If it is no absolute URL of at most 2048 characters.
    """
    if not location.startswith(("http://", "https://")) or len(location) > MAX_LOCATION:
        raise SitemapValueError("location", location, "a URL with scheme and host, of at most 2048 characters")

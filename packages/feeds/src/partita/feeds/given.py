"""Parts of feeds that are written as they are given: URLs may be relative or lazy, times may lack a zone."""

from mimetypes import guess_type
from urllib.parse import quote, urlsplit

from partita.feeds import values
from partita.feeds.errors import FeedValueError
from partita.feeds.xml import XmlWriter

__all__ = ("Enclosure", "GivenFeed", "GivenItem", "Stylesheet", "escaped_url")

_IN_URLS = "/#%[]=:;$&()+,!?*@'~"  # what RFC 3987, section 3.1, lets stand; an escape that is there stays


class GivenFeed(values.Feed, frozen=True):
    """A head whose URLs are what they are, relative ones too."""

    def __post_init__(self) -> None:
        """Check nothing."""

    def url(self, link: str) -> str:
        """Return ``link``."""
        return link


class GivenItem(values.Item, frozen=True):
    """An item whose times may lack a zone, and whose URLs may be relative."""

    def __post_init__(self) -> None:
        """Check nothing."""


class Stylesheet:
    """How browsers show a feed to people.

    Args:
        url: May be lazy: it is asked for when the feed is written.
        mimetype: By default what the URL's ending says; None leaves it unsaid.
        media: A media query; None leaves it unsaid.
    """

    def __init__(self, url: object, mimetype: str | None = "", media: str | None = "screen") -> None:
        self._url, self._mimetype, self.media = url, mimetype, media

    @property
    def url(self) -> str:
        """The URL, with what is not ASCII escaped."""
        return escaped_url(self._url)

    @property
    def mimetype(self) -> str | None:
        """The media type, or None."""
        if self._mimetype != "":
            return self._mimetype
        path = urlsplit(self.url).path
        # Systems disagree about the endings of XSLT; browsers take this name.
        return "text/xsl" if path.endswith((".xsl", ".xslt")) else guess_type(path)[0]

    def __str__(self) -> str:
        written = XmlWriter()
        before = len(written.text())
        written.stylesheet(self.url, self.mimetype, self.media)
        return written.text()[before:].removeprefix("<?xml-stylesheet ").removesuffix("?>\n")

    def __repr__(self) -> str:
        return repr((self.url, self.mimetype, self.media))


class Enclosure:
    """A file that belongs to an item.

    Args:
        url: Where it is.
        length: Bytes, as a number or in digits.
        mime_type: Such as ``audio/mpeg``.
    """

    def __init__(self, url: object, length: int | str, mime_type: str) -> None:
        self.url, self.length, self.mime_type = escaped_url(url), length, mime_type

    def written(self) -> values.Enclosure:
        """Return it as the formats have it.

        Raises:
            FeedValueError: If the length is no number of bytes.
        """
        try:
            length = int(self.length)
        except (TypeError, ValueError) as error:
            raise FeedValueError("length of an enclosure", self.length, "a number of bytes") from error
        return values.Enclosure(self.url, length, str(self.mime_type))


def escaped_url(url: object) -> str:
    """Return a URL with what is not ASCII escaped."""
    return quote(str(url), safe=_IN_URLS)

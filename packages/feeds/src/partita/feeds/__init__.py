"""RSS, Atom and JSON feeds, alone or as views."""

from partita.feeds.atom import Atom
from partita.feeds.errors import FeedError, FeedSetupError, FeedValueError
from partita.feeds.jsonfeed import JsonFeed
from partita.feeds.rss import Rss, Rss091
from partita.feeds.values import (
    Chapters,
    Enclosure,
    Episode,
    Feed,
    Item,
    Media,
    Person,
    Podcast,
    Stylesheet,
    Transcript,
)
from partita.feeds.websub import Submission, publication
from partita.feeds.xml import XmlWriter

__all__ = (
    "Atom",
    "Chapters",
    "Enclosure",
    "Episode",
    "Feed",
    "FeedError",
    "FeedSetupError",
    "FeedValueError",
    "Item",
    "JsonFeed",
    "Media",
    "Person",
    "Podcast",
    "Rss",
    "Rss091",
    "Stylesheet",
    "Submission",
    "Transcript",
    "XmlWriter",
    "publication",
)

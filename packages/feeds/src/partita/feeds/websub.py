"""Tells a WebSub hub that a feed has changed (https://www.w3.org/TR/websub/, section 7)."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from partita.feeds.errors import FeedValueError

__all__ = ("Submission", "publication")

MAX_TOPICS = 100


class Submission(NamedTuple):
    """A POST request to send with any HTTP client; any 2xx means that the hub will fetch the feed and tell subscribers."""

    url: str
    headers: dict[str, str]
    body: bytes


def publication(hub: str, topics: Sequence[str]) -> Submission:
    """Return the request that announces changed feeds.

    Args:
        hub: The hub's URL, as in `Feed.hubs`.
        topics: URLs of the feeds, as in `Feed.feed_url`; 1 to 100.

    Raises:
        FeedValueError: If one of them is no URL, or there are none or too many.
    """
    for url in (hub, *topics):
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise FeedValueError("URL for a hub", url, "a URL with scheme and host")
    if not 1 <= len(topics) <= MAX_TOPICS:
        raise FeedValueError("topics for a hub", len(topics), f"1 to {MAX_TOPICS}")
    # Hubs in use read `hub.url`, of which there may be several; the draft's other name is `hub.topic`.
    pairs = [("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]
    return Submission(hub, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(pairs).encode())

"""Tells search engines about changed pages by IndexNow (https://www.indexnow.org/documentation).

Google and Bing have closed their old "ping" addresses; this protocol has taken their place.
"""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from partita.sitemaps.errors import SitemapValueError

__all__ = ("Submission", "submission")

MAX_SUBMITTED = 10_000
_KEY = re.compile(r"[A-Za-z0-9-]{8,128}")


class Submission(NamedTuple):
    """A request to send with any HTTP client; 200 and 202 mean that it was taken."""

    url: str
    headers: dict[str, str]
    body: bytes


def submission(
    urls: Sequence[str], key: str, key_location: str = "", endpoint: str = "https://api.indexnow.org/indexnow"
) -> Submission:
    """Return the request that submits pages.

    Args:
        urls: At most 10 000, all of one host.
        key: 8 to 128 letters, digits and hyphens; a text file on the host shows it, which proves that the host is yours.
        key_location: URL of that file, if it is not ``/<key>.txt``.
        endpoint: The search engine's address.

    Raises:
        SitemapValueError: If the protocol does not allow them.
    """
    hosts = {urlsplit(url).netloc for url in urls}
    if not 1 <= len(urls) <= MAX_SUBMITTED or len(hosts) != 1 or "" in hosts:
        raise SitemapValueError("urls", f"{len(urls)} of {len(hosts)} hosts", "1 to 10000 URLs of one host")
    if not _KEY.fullmatch(key):
        raise SitemapValueError(
            "key", "one that is too short or has other signs", "8 to 128 letters, digits and hyphens"
        )
    values: dict[str, object] = {"host": hosts.pop(), "key": key, "urlList": list(urls)}
    if key_location:
        values["keyLocation"] = key_location
    return Submission(endpoint, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(values).encode())

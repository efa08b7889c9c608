"""Sitemaps and their indexes as XML."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from partita.sitemaps.errors import SitemapValueError
from partita.sitemaps.values import MAX_URLS, IndexEntry, News, Url, Video

__all__ = ("MAX_BYTES", "write_index", "write_sitemap")

MAX_BYTES = 52_428_800
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PLAIN = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NAMESPACES = {
    "xhtml": "http://www.w3.org/1999/xhtml",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
    "video": "http://www.google.com/schemas/sitemap-video/1.1",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"})


def write_sitemap(urls: Iterable[Url]) -> str:
    """Return a sitemap.

    Args:
        urls: At most 50 000.

    Raises:
        SitemapValueError: If there are more, or if the text has more than 50 MiB; pages and an index are the way out.
    """
    used = {"xhtml"}  # as search engines show it in their examples, with or without other languages
    parts: list[str] = []
    for count, url in enumerate(urls, 1):
        if count > MAX_URLS:
            raise SitemapValueError("sitemap", f"more than {MAX_URLS} pages", "several sitemaps and an index")
        parts.append(f"<url>{''.join(_url(url, used))}</url>\n")
    names = "".join(f' xmlns:{prefix}="{_NAMESPACES[prefix]}"' for prefix in _NAMESPACES if prefix in used)
    return _checked(f'{_HEAD}<urlset xmlns="{_PLAIN}"{names}>\n{"".join(parts)}</urlset>\n')


def write_index(sitemaps: Iterable[IndexEntry]) -> str:
    """Return the index of several sitemaps.

    Args:
        sitemaps: At most 50 000.

    Raises:
        SitemapValueError: If there are more.
    """
    entries = list(sitemaps)
    if len(entries) > MAX_URLS:
        raise SitemapValueError("index", f"{len(entries)} sitemaps", f"{MAX_URLS} at most")
    parts = [
        f"<sitemap>{_element('loc', entry.location)}{_optional('lastmod', _moment(entry.last_modified))}</sitemap>\n"
        for entry in entries
    ]
    return _checked(f'{_HEAD}<sitemapindex xmlns="{_PLAIN}">\n{"".join(parts)}</sitemapindex>\n')


def _checked(text: str) -> str:
    if len(text) > MAX_BYTES // 4 and len(text.encode()) > MAX_BYTES:
        raise SitemapValueError("sitemap", f"{len(text)} characters", f"{MAX_BYTES} bytes at most")
    return text


def _url(url: Url, used: set[str]) -> Iterator[str]:
    yield _element("loc", url.location)
    yield _optional("lastmod", _moment(url.last_modified))
    yield _optional("changefreq", url.change_frequency)
    yield _optional("priority", _share(url.priority))
    for alternate in url.alternates:
        yield f'<xhtml:link rel="alternate" hreflang="{_escaped(alternate.language)}" href="{_escaped(alternate.location)}"/>'
    for image in url.images:
        used.add("image")
        yield f"<image:image>{_element('image:loc', image.location)}</image:image>"
    for video in url.videos:
        used.add("video")
        yield f"<video:video>{''.join(_video(video))}</video:video>"
    if url.news is not None:
        used.add("news")
        yield f"<news:news>{''.join(_news(url.news))}</news:news>"


def _video(video: Video) -> Iterator[str]:
    yield _element("video:thumbnail_loc", video.thumbnail)
    yield _element("video:title", video.title)
    yield _element("video:description", video.description)
    yield _optional("video:content_loc", video.content)
    yield _optional("video:player_loc", video.player)
    yield _optional("video:duration", video.duration)
    yield _optional("video:publication_date", _moment(video.published))
    for tag in video.tags:
        yield _element("video:tag", tag)


def _news(news: News) -> Iterator[str]:
    yield f"<news:publication>{_element('news:name', news.publication)}{_element('news:language', news.language)}"
    yield "</news:publication>"
    yield _element("news:publication_date", _moment(news.published))
    yield _element("news:title", news.title)


def _element(name: str, text: object) -> str:
    return f"<{name}>{_escaped(text)}</{name}>"


def _optional(name: str, text: object) -> str:
    return "" if text is None or text == "" else _element(name, text)


def _escaped(text: object) -> str:
    return _FORBIDDEN.sub("", str(text)).translate(_ESCAPES)


def _share(priority: float | None) -> str | None:
    """Write a priority as a decimal number: XML Schema's has no exponent."""
    return None if priority is None else f"{priority:.2f}".rstrip("0").rstrip(".") or "0"


def _moment(moment: date | None) -> str | None:
    """Write a time as the W3C's profile of ISO 8601 has it; without a zone only its day counts."""
    if isinstance(moment, datetime):
        return moment.isoformat(timespec="seconds") if moment.utcoffset() is not None else moment.date().isoformat()
    return None if moment is None else moment.isoformat()

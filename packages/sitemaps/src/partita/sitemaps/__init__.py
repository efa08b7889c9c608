"""Sitemaps, alone or as views."""

from partita.sitemaps.errors import SitemapError, SitemapSetupError, SitemapValueError
from partita.sitemaps.sitemap import GenericSitemap, Sitemap
from partita.sitemaps.values import MAX_URLS, Alternate, Image, IndexEntry, News, Url, Video
from partita.sitemaps.writing import write_index, write_sitemap

__all__ = (
    "MAX_URLS",
    "Alternate",
    "GenericSitemap",
    "Image",
    "IndexEntry",
    "News",
    "Sitemap",
    "SitemapError",
    "SitemapSetupError",
    "SitemapValueError",
    "Url",
    "Video",
    "write_index",
    "write_sitemap",
)

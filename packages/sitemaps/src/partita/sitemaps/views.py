"""Sitemaps as views; needs the extra ``http``."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from gzip import compress
from hashlib import sha256

from partita.http import Http404, Request, Response, respond_to
from partita.sitemaps.errors import SitemapValueError
from partita.sitemaps.sitemap import Sitemap
from partita.sitemaps.values import IndexEntry, Url
from partita.sitemaps.writing import write_index, write_sitemap

__all__ = ("index_view", "indexnow_key_view", "robots_view", "sitemap_view")

MAX_PAGE_DIGITS = 6
Sitemaps = Mapping[str, Sitemap]


def sitemap_view(sitemaps: Sitemaps, *, packed: bool = False) -> Callable[..., Response]:
    """Return a view that shows sitemaps.

    It takes the name of one as ``section``, if the route has it, and the page as ``?p=2``.

    Args:
        sitemaps: By the names that appear in URLs.
        packed: Send the file packed by gzip, for a URL that ends in ``.xml.gz``.
    """

    def view(request: Request, section: str | None = None) -> Response:
        chosen = list(sitemaps.values()) if section is None else [_find(sitemaps, section)]
        page = _page(request)
        urls = [
            url for sitemap in chosen if page <= sitemap.page_count or len(chosen) == 1
            for url in _urls(sitemap, request, page)
        ]  # fmt: skip
        moments = [sitemap.latest_lastmod() for sitemap in chosen]
        known = [moment for moment in moments if moment is not None]
        return _response(
            request, write_sitemap(urls), max(known) if len(known) == len(moments) and known else None, packed
        )

    return view


def index_view(
    sitemaps: Sitemaps, location: Callable[[str], str] = lambda section: f"/sitemap-{section}.xml"
) -> Callable[..., Response]:
    """Return a view that shows the index of sitemaps.

    Args:
        sitemaps: By the names that appear in URLs.
        location: Returns the path of the sitemap of a name, such as `partita.urls.reverse` does.
    """

    def view(request: Request) -> Response:
        entries = []
        for section, sitemap in sitemaps.items():
            path, moment = location(section), sitemap.latest_lastmod()
            for page in range(1, sitemap.page_count + 1):
                entries.append(IndexEntry(f"{_root(request)}{path}{f'?p={page}' if page > 1 else ''}", moment))
        known = [entry.last_modified for entry in entries if isinstance(entry.last_modified, datetime)]
        return _response(request, write_index(entries), max(known) if len(known) == len(entries) and known else None)

    return view


def indexnow_key_view(key: str) -> Callable[[Request], Response]:
    """Return a view for ``/<key>.txt``, which proves to search engines that the host is yours.

    Args:
        key: The key that `partita.sitemaps.indexnow.submission` sends; its form is checked there.
    """

    def view(request: Request) -> Response:
        return Response(key, content_type="text/plain; charset=utf-8")

    return view


def robots_view(rules: str, sitemap: str = "") -> Callable[[Request], Response]:
    """Return a view for ``/robots.txt``, or with another text for ``/llms.txt``.

    Args:
        rules: The text.
        sitemap: Path of a sitemap that is named at its end.
    """

    def view(request: Request) -> Response:
        line = f"\nSitemap: {_root(request)}{sitemap}\n" if sitemap else ""
        return Response(f"{rules.strip()}\n{line}", content_type="text/plain; charset=utf-8")

    return view


def _find(sitemaps: Sitemaps, section: str) -> Sitemap:
    sitemap = sitemaps.get(section)
    if sitemap is None:
        raise Http404(f"There is no sitemap {section[:80]!r}")
    return sitemap


def _page(request: Request) -> int:
    text = request.query.get("p") or "1"
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_PAGE_DIGITS):
        raise Http404("There is no such page of the sitemap")
    return int(text)


def _urls(sitemap: Sitemap, request: Request, page: int) -> list[Url]:
    try:
        return list(sitemap.urls(_root(request), page))
    except SitemapValueError as error:
        if error.name == "page":
            raise Http404("There is no such page of the sitemap") from error
        raise


def _root(request: Request) -> str:
    return f"{request.scheme}://{request.host}"


def _response(request: Request, text: str, modified: datetime | None, packed: bool = False) -> Response:
    content = text.encode()
    headers = {"X-Robots-Tag": "noindex, noodp, noarchive", "ETag": f'"{sha256(content).hexdigest()[:32]}"'}
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if packed:
        # No time in the header of the file, so that the same sitemap stays the same file.
        return respond_to(
            request, Response(compress(content, mtime=0), headers=headers, content_type="application/gzip")
        )
    return respond_to(request, Response(content, headers=headers, content_type="application/xml; charset=utf-8"))

"""Sitemaps as views; needs the extra ``http``."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import wraps
from gzip import compress
from hashlib import sha256
from typing import Any, NamedTuple

from partita.contracts.current import find, require
from partita.contracts.sites import SITES, SiteIdentity
from partita.contracts.templates import TEMPLATES
from partita.http import Http404, Response, respond_to
from partita.sitemaps.errors import SitemapValueError
from partita.sitemaps.sitemap import Sitemap, with_zone
from partita.sitemaps.values import IndexEntry
from partita.sitemaps.writing import write_index, write_sitemap

__all__ = (
    "SitemapIndexItem",
    "index",
    "index_view",
    "indexnow_key_view",
    "robots_view",
    "sitemap",
    "sitemap_view",
    "x_robots_tag",
)

MAX_PAGE_DIGITS = 6
XML = "application/xml; charset=utf-8"
HIDDEN = "noindex, noodp, noarchive"
Sitemaps = Mapping[str, Sitemap | type[Sitemap]]


class SitemapIndexItem(NamedTuple):
    """One sitemap, for the template of an index."""

    location: str
    last_mod: date | None = None


def x_robots_tag(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let search engines not show what ``view`` answers among their results."""

    @wraps(view)
    def hidden(*args: Any, **kwargs: Any) -> Any:
        response = view(*args, **kwargs)
        if not hasattr(response, "__setitem__"):
            return response.with_header("X-Robots-Tag", HIDDEN)
        response["X-Robots-Tag"] = HIDDEN  # a draft
        return response

    return hidden


def sitemap_view(sitemaps: Sitemaps, *, packed: bool = False) -> Callable[..., Response]:
    """Return a view that shows sitemaps.

    It takes the name of one as ``section``, if the route has it, and the page as ``?p=2``.

    Args:
        sitemaps: By the names that appear in URLs.
        packed: Send the file packed by gzip, for a URL that ends in ``.xml.gz``.
    """

    def view(request: Any, section: str | None = None) -> Response:
        return sitemap(request, sitemaps, section, packed=packed)

    return view


def sitemap(
    request: Any,
    sitemaps: Sitemaps,
    section: str | None = None,
    template_name: str | None = None,
    content_type: str = XML,
    *,
    packed: bool = False,
) -> Response:
    """Show sitemaps; a view whose arguments a route gives.

    Args:
        request: With the page as ``?p=2``.
        sitemaps: By the names that appear in URLs; objects or classes.
        section: The name of one; all of them unless given.
        template_name: A template that gets ``urlset``, what `Sitemap.get_urls` returns; without one the format is as the
            protocol has it, pictures, films and news included.
        content_type: Of the answer.
        packed: Send the file packed by gzip, for a URL that ends in ``.xml.gz``.

    Raises:
        Http404: If there is no such section or page.
    """
    chosen = list(_made(sitemaps).values()) if section is None else [_find(sitemaps, section)]
    number, text = _page(request)
    shown = [each for each in chosen if number <= each.page_count or len(chosen) == 1]
    if chosen and not shown:
        raise Http404(f"Page {text} empty")
    site, root = _site(request)
    try:
        if template_name is None:
            body = write_sitemap(url for each in shown for url in each.urls(root, number))
        else:
            urls = [url for each in shown for url in each.get_urls(number, site, request.scheme)]
            body = require(TEMPLATES).render(template_name, {"urlset": urls}, request)
    except SitemapValueError as error:
        if error.name == "page":
            raise Http404(f"Page {text} empty") from error
        raise
    return _response(request, body, [with_zone(each.get_latest_lastmod()) for each in chosen], content_type, packed)


def index_view(
    sitemaps: Sitemaps, location: Callable[[str], str] = lambda section: f"/sitemap-{section}.xml"
) -> Callable[..., Response]:
    """Return a view that shows the index of sitemaps.

    Args:
        sitemaps: By the names that appear in URLs.
        location: Returns the path of the sitemap of a name, such as `partita.urls.reverse` does.
    """

    def view(request: Any) -> Response:
        return _index(request, sitemaps, location, None, XML)

    return view


def index(
    request: Any,
    sitemaps: Sitemaps,
    template_name: str | None = None,
    content_type: str = XML,
    sitemap_url_name: str = "partita.sitemaps.views.sitemap",
) -> Response:
    """Show the index of sitemaps; a view whose arguments a route gives. Needs the extra ``urls``.

    Args:
        request: What was asked.
        sitemaps: By the names that appear in URLs; objects or classes.
        template_name: A template that gets ``sitemaps``, pairs of ``location`` and ``last_mod``.
        content_type: Of the answer.
        sitemap_url_name: Name of the route that shows one, whose argument is ``section``.
    """
    from partita.urls import reverse  # only this view needs it

    def locate(section: str) -> str:
        return reverse(sitemap_url_name, kwargs={"section": section})

    return _index(request, sitemaps, locate, template_name, content_type)


def _index(
    request: Any, sitemaps: Sitemaps, locate: Callable[[str], str], template_name: str | None, content_type: str
) -> Response:
    entries: list[SitemapIndexItem] = []
    _, root = _site(request)
    for section, each in _made(sitemaps).items():
        path, moment = locate(section), with_zone(each.get_latest_lastmod())
        first = f"{each.get_protocol(request.scheme)}://{root.partition('://')[2]}{path}"
        entries += [
            SitemapIndexItem(f"{first}?p={page}" if page > 1 else first, moment)
            for page in range(1, each.page_count + 1)
        ]
    if template_name is None:
        body = write_index(IndexEntry(entry.location, entry.last_mod) for entry in entries)
    else:
        body = require(TEMPLATES).render(template_name, {"sitemaps": entries}, request)
    return _response(request, body, [entry.last_mod for entry in entries], content_type)


def indexnow_key_view(key: str) -> Callable[[Any], Response]:
    """Return a view for ``/<key>.txt``, which proves to search engines that the host is yours.

    Args:
        key: The key that `partita.sitemaps.indexnow.submission` sends; its form is checked there.
    """

    def view(request: Any) -> Response:
        return Response(key, content_type="text/plain; charset=utf-8")

    return view


def robots_view(rules: str, sitemap: str = "") -> Callable[[Any], Response]:
    """Return a view for ``/robots.txt``, or with another text for ``/llms.txt``.

    Args:
        rules: The text.
        sitemap: Path of a sitemap that is named at its end.
    """

    def view(request: Any) -> Response:
        line = f"\nSitemap: {_site(request)[1]}{sitemap}\n" if sitemap else ""
        return Response(f"{rules.strip()}\n{line}", content_type="text/plain; charset=utf-8")

    return view


def _made(sitemaps: Sitemaps) -> dict[str, Sitemap]:
    return {name: each() if isinstance(each, type) else each for name, each in sitemaps.items()}


def _find(sitemaps: Sitemaps, section: str) -> Sitemap:
    if section not in sitemaps:
        raise Http404(f"No sitemap available for section: {section[:80]!r}")
    return _made({section: sitemaps[section]})[section]


def _page(request: Any) -> tuple[int, str]:
    """Return the number of the page, and how it was asked for."""
    query: Any = request.GET if hasattr(request, "GET") else request.query
    text = query.get("p") or "1"
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_PAGE_DIGITS):
        raise Http404(f"No page {text[:80]!r}")
    return int(text), text


def _site(request: Any) -> tuple[SiteIdentity, str]:
    """Return the site, and the scheme and host of its URLs: the application's site if it has some, else what was asked for."""
    sites = find(SITES)
    if sites is not None:
        site = sites.get_current(request)
    else:
        host = str(request.get_host() if hasattr(request, "get_host") else request.host)
        site = _Host(host, host)
    return site, f"{request.scheme}://{site.domain}"


class _Host(NamedTuple):
    """A site that is no more than its host."""

    domain: str
    name: str


def _latest(moments: list[date | None]) -> datetime | None:
    """Return the latest of moments; None if one of them is not known."""
    known = [
        moment if isinstance(moment, datetime) else datetime.combine(moment, time(tzinfo=UTC))
        for moment in moments
        if moment is not None
    ]
    return max(known) if known and len(known) == len(moments) else None


def _response(request: Any, text: str, moments: list[date | None], content_type: str, packed: bool = False) -> Response:
    content, modified = text.encode(), _latest(moments)
    headers = {"X-Robots-Tag": HIDDEN, "ETag": f'"{sha256(content).hexdigest()[:32]}"'}
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified.astimezone(UTC).replace(microsecond=0), usegmt=True)
    if packed:
        # No time in the header of the file, so that the same sitemap stays the same file.
        content, content_type = compress(content, mtime=0), "application/gzip"
    asked = request.seal() if hasattr(request, "seal") else request
    return respond_to(asked, Response(content, headers=headers, content_type=content_type))

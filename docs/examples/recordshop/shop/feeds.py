"""What is new, for readers and other sites: feeds, and the sitemap for search engines."""

from typing import Any

from partita.contracts.i18n import gettext
from partita.feeds import Atom
from partita.feeds.views import FeedView
from partita.i18n import get_language
from partita.orm import QuerySet
from partita.sitemaps import GenericSitemap, Sitemap
from partita.urls import reverse
from shop.models import Album, Artist

__all__ = ("SITEMAPS", "NewAlbums", "NewAlbumsAtom")


class NewAlbums(FeedView):
    """The albums that came in last, as RSS."""

    categories = ("Music",)
    ttl = 60

    def title(self) -> str:
        """Name the feed in the reader's language."""
        return gettext("New albums")

    def description(self) -> str:
        """Say what is in it."""
        return gettext("What has come in last, newest first.")

    def link(self) -> str:
        """Lead to the page that shows the same."""
        return reverse("shop:albums")

    def language(self) -> str:
        """Return the language that titles are in."""
        return get_language() or "en"

    def items(self) -> QuerySet[Album]:
        """Return the newest twenty."""
        return Album.objects.select_related("artist").order_by("-id")[:20]

    def item_description(self, item: Album) -> str:
        """Say who made it."""
        return gettext("%(title)s by %(artist)s") % {"title": item.title, "artist": item.artist.name}

    def item_author_name(self, item: Album) -> str:
        """Return the artist."""
        return item.artist.name


class NewAlbumsAtom(NewAlbums):
    """The same as Atom."""

    writer = Atom()


class Pages(Sitemap):
    """The pages that are always there."""

    changefreq = "daily"
    priority = 1.0

    def items(self) -> tuple[str, ...]:
        """Return names of routes."""
        return ("home", "albums", "artists", "tracks")

    def location(self, item: Any) -> str:
        """Return the path of a route."""
        return reverse(f"shop:{item}")


SITEMAPS: dict[str, Sitemap] = {
    "pages": Pages(),
    "albums": GenericSitemap(Album.objects.order_by("id"), changefreq="monthly"),
    "artists": GenericSitemap(Artist.objects.order_by("id"), changefreq="monthly"),
}

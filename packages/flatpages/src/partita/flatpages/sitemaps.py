"""Flat pages for search engines. Needs the extra ``sitemaps``."""

from partita.flatpages.models import FlatPage
from partita.orm import QuerySet
from partita.sitemaps import Sitemap
from partita.sites import Site

__all__ = ("FlatPageSitemap",)


class FlatPageSitemap(Sitemap):
    """The pages of a site that everybody may see.

    Args:
        site: The site; the one that the settings name unless given.
    """

    def __init__(self, site: Site | None = None) -> None:
        self._site = site

    def items(self) -> QuerySet[FlatPage]:
        """Return the pages, ordered by their URL.

        Raises:
            NoSiteNamed: If no site is given, and the settings name none.
        """
        site = Site.objects.get_current() if self._site is None else self._site
        return FlatPage.objects.filter(sites=site, registration_required=False).order_by("url")

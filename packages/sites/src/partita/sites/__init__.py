"""Several sites in one application: which one a request is for, and rows that belong to some of them."""

from partita.sites.current import RequestSite, aget_current_site, get_current_site
from partita.sites.errors import NoSiteNamed, SitesError, TransientSite
from partita.sites.managers import CurrentSiteManager
from partita.sites.middleware import SITE, CurrentSiteMiddleware, with_site
from partita.sites.models import Site, SiteManager
from partita.sites.settings import SITES_SETTINGS, SitesSettings

__all__ = (
    "SITE",
    "SITES_SETTINGS",
    "CurrentSiteManager",
    "CurrentSiteMiddleware",
    "NoSiteNamed",
    "RequestSite",
    "Site",
    "SiteManager",
    "SitesError",
    "SitesSettings",
    "TransientSite",
    "aget_current_site",
    "get_current_site",
    "with_site",
)

"""The site that a request is for, whether or not sites are in a database."""

from partita.contracts import current
from partita.sites.errors import TransientSite
from partita.sites.hosts import host_of
from partita.sites.models import Site
from partita.sites.settings import SITES_SETTINGS

__all__ = ("RequestSite", "aget_current_site", "get_current_site")


class RequestSite:
    """A site made of a request: its host is domain and name.

    Args:
        request: Any.
    """

    __slots__ = ("domain", "name")

    def __init__(self, request: object) -> None:
        self.domain = self.name = host_of(request)

    def __str__(self) -> str:
        return self.domain

    def save(self, force_insert: bool = False, force_update: bool = False) -> None:
        """Refuse.

        Raises:
            TransientSite: Always.
        """
        raise TransientSite("saved")

    def delete(self) -> None:
        """Refuse.

        Raises:
            TransientSite: Always.
        """
        raise TransientSite("deleted")


def get_current_site(request: object) -> Site | RequestSite:
    """Return the site for a request: from the database if the application has sites there, else made of the request.

    Raises:
        Site.DoesNotExist: If there is none for the host, or none with the key in the settings.
    """
    if current.find(SITES_SETTINGS) is None:
        return RequestSite(request)
    return Site.objects.get_current(request)


async def aget_current_site(request: object) -> Site | RequestSite:
    """Async twin of `get_current_site`."""
    if current.find(SITES_SETTINGS) is None:
        return RequestSite(request)
    return await Site.objects.aget_current(request)

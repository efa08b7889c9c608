"""Which site a request is for, where one application serves several."""

from typing import Protocol

from partita.contracts.key import Key

__all__ = ("SITES", "SiteIdentity", "Sites")


class SiteIdentity(Protocol):
    """One site."""

    @property
    def domain(self) -> str:
        """The host that its URLs begin with, with a port if it has one."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...


class Sites(Protocol):
    """The sites that an application knows."""

    def get_current(self, request: object = None) -> SiteIdentity:
        """Return the site that the settings name, or else the one for the host of ``request``.

        Raises:
            LookupError: If there is none, or it cannot be told.
        """
        ...

    async def aget_current(self, request: object = None) -> SiteIdentity:
        """Async twin of `get_current`."""
        ...


SITES = Key[Sites]("partita.sites")
"""Absent where an application has one site: then the host of a request says all there is to say."""

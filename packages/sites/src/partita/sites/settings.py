"""Which site an application is, if it is one only."""

import msgspec

from partita.contracts.key import Key

__all__ = ("SITES_SETTINGS", "SitesSettings")


class SitesSettings(msgspec.Struct, frozen=True):
    """The section ``[sites]`` of the settings.

    Args:
        site_id: Key of the site that this application is; None to go by the host of each request.
    """

    site_id: int | None = None


SITES_SETTINGS = Key[SitesSettings]("partita.sites.settings")

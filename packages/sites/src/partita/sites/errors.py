"""Errors of partita.sites."""

__all__ = ("NoSiteNamed", "SitesError", "TransientSite")


class SitesError(Exception):
    """Base of every error this package raises."""


class NoSiteNamed(SitesError, LookupError):
    """It is not said which site is meant: the settings name none, and there is no request."""

    def __str__(self) -> str:
        return (
            "Which site is meant? Set `site_id` in the section [sites] of the settings, or pass a request to "
            "Site.objects.get_current(), whose host then says it."
        )


class TransientSite(SitesError, NotImplementedError):
    """A site made of a request was to be saved or deleted.

    Args:
        action: What was to be done: ``saved`` or ``deleted``.
    """

    def __init__(self, action: str) -> None:
        super().__init__(action)
        self.action = action

    def __str__(self) -> str:
        return (
            f"RequestSite cannot be {self.action}. It is made of a request and is in no database; add partita.sites to the "
            "apps to have sites there."
        )

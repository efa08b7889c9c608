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


class TransientSite(SitesError, TypeError):
    """A site made of a request was to be saved or deleted."""

    def __str__(self) -> str:
        return "A RequestSite is made of a request and is in no database; add partita.sites to the apps to have sites there."

"""Sites: a domain and a name for each."""

from typing import Any, ClassVar

from partita.contracts import current
from partita.contracts.i18n import gettext_lazy
from partita.orm import CharField, Database, Manager, Model, QuerySet
from partita.orm.databases import current_databases
from partita.orm.signals import post_delete, post_save
from partita.sites.caching import KnownSites, known_sites
from partita.sites.errors import NoSiteNamed
from partita.sites.hosts import domains_of
from partita.sites.settings import SITES_SETTINGS
from partita.validation import ValidationError

__all__ = ("Site", "SiteManager", "clear_site_cache", "no_whitespace")


def no_whitespace(value: str) -> None:
    """Refuse a domain with spaces or tabs.

    Raises:
        ValidationError: If there are any.
    """
    if any(char.isspace() for char in value):
        raise ValidationError(gettext_lazy("The domain name cannot contain any spaces or tabs."), code="invalid")


class SiteManager(Manager["Site"]):
    """Finds the current site; what a database has once told, it is not asked again."""

    def get_current(self, request: object = None) -> "Site":
        """Return the site that the settings name, or else the one for the host of ``request``.

        Args:
            request: With or without a port in its host; a site with that port comes first.

        Raises:
            Site.DoesNotExist: If there is no such site.
            NoSiteNamed: If the settings name none and there is no request.
        """
        database = self.get_queryset().database
        wanted, domains = _wanted(request)
        known = self._known(database, wanted, domains)
        return database.perform(self._found, database, wanted, domains) if known is None else known

    async def aget_current(self, request: object = None) -> "Site":
        """Async twin of `get_current`."""
        database = self.get_queryset().database
        wanted, domains = _wanted(request)
        known = self._known(database, wanted, domains)
        return await database.arun(self._found, database, wanted, domains) if known is None else known

    def get_by_natural_key(self, domain: str) -> "Site":
        """Return the site of a domain."""
        return self.get(domain=domain)

    def clear_cache(self) -> None:
        """Forget what this manager's database has told."""
        known_sites(self.get_queryset().database).clear()

    def _known(self, database: Database, wanted: int | None, domains: tuple[str, ...]) -> "Site | None":
        known: KnownSites = known_sites(database)
        if wanted is not None:
            return known.with_id(wanted)
        return known.with_domain(domains[0])

    def _found(self, database: Database, wanted: int | None, domains: tuple[str, ...]) -> "Site":
        rows: QuerySet[Site] = self.using(database)
        if wanted is not None:
            found = rows.get(pk=wanted)
        else:
            by_domain = {row.domain.lower(): row for domain in domains for row in rows.filter(domain__iexact=domain)}
            match = next((by_domain[domain] for domain in domains if domain in by_domain), None)
            if match is None:
                raise Site.DoesNotExist(f"There is no site for the host {domains[0]!r:.80}.")
            found = match
        known_sites(database).add(found, *domains[:1])
        return found


class Site(Model):
    """One site of several in one database."""

    domain = CharField(gettext_lazy("domain name"), max_length=100, unique=True, validators=[no_whitespace])
    name = CharField(gettext_lazy("display name"), max_length=50)

    objects: ClassVar[SiteManager] = SiteManager()  # pyright: ignore[reportIncompatibleVariableOverride] # of this class

    class Meta:
        db_table = "partita_site"
        verbose_name = gettext_lazy("site")
        verbose_name_plural = gettext_lazy("sites")
        ordering = ("domain",)

    def __str__(self) -> str:
        return self.domain

    def natural_key(self) -> tuple[str]:
        """Return what `SiteManager.get_by_natural_key` takes."""
        return (self.domain,)


def clear_site_cache(sender: object, instance: Site, using: str, **kwargs: Any) -> None:
    """Forget the sites of a database because one was changed or deleted; a receiver of signals."""
    known_sites(current_databases()[using]).change()


def _wanted(request: object) -> tuple[int | None, tuple[str, ...]]:
    settings = current.find(SITES_SETTINGS)
    if settings is not None and settings.site_id is not None:
        return settings.site_id, ()
    if request is None:
        raise NoSiteNamed
    return None, domains_of(request)


post_save.connect(clear_site_cache, Site)
post_delete.connect(clear_site_cache, Site)

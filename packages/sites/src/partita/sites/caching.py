"""The sites that a database is known to have."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from partita.orm import Database, on_commit
from partita.orm.transactions import waits_for_commit

if TYPE_CHECKING:
    from partita.sites.models import Site

__all__ = ("KnownSites", "known_sites")

_MOST_DOMAINS = 1000


class KnownSites:
    """Sites of one database, by their key and by their domain; changes in other processes are seen after a restart."""

    __slots__ = ("_by_domain", "_by_id", "_changed", "_database")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_id: dict[int, Site] = {}
        self._by_domain: dict[str, Site] = {}
        self._changed: Callable[[], None] | None = None

    def with_id(self, key: int) -> "Site | None":
        """Return the site with this key, if it is known."""
        return None if self._in_doubt() else self._by_id.get(key)

    def with_domain(self, domain: str) -> "Site | None":
        """Return the site with this domain in lower case, if it is known."""
        return None if self._in_doubt() else self._by_domain.get(domain)

    def add(self, site: "Site", *domains: str) -> None:
        """Remember a site under its key and under the ``domains`` that it was found for.

        Not if this transaction changed some: that may be undone.
        """
        if self._in_doubt():
            return
        self._by_id[site.pk] = site
        if len(self._by_domain) >= _MOST_DOMAINS:  # a host may come with any port
            self._by_domain = {}
        for domain in domains:
            self._by_domain[domain] = site

    def clear(self) -> None:
        """Forget all."""
        self._by_id, self._by_domain = {}, {}

    def change(self) -> None:
        """Forget all now, and again when the transaction that changes sites is kept."""

        def forget() -> None:
            self.clear()

        self.clear()
        self._changed = forget
        on_commit(forget, using=self._database)

    def _in_doubt(self) -> bool:
        return self._changed is not None and waits_for_commit(self._changed, using=self._database)


def known_sites(database: Database) -> KnownSites:
    """Return what is known of the sites in ``database``."""
    known: KnownSites = database.kept.setdefault(KnownSites, KnownSites(database))
    return known

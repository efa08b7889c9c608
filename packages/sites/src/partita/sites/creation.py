"""The first site of a database that has none."""

from partita.orm import Database
from partita.orm.databases import find_databases
from partita.sites.models import Site

__all__ = ("acreate_default_site", "create_default_site")


def create_default_site(database: Database, site_id: int | None = None) -> Site | None:
    """Make the site ``example.com`` if there is none at all, and routers want sites there; return it, or None.

    Args:
        database: Where to.
        site_id: Its key, so that the settings lead to it; 1 unless given.
    """
    databases, meta = find_databases(), Site._meta
    if databases is not None and not databases.allow_migrate(database.alias, meta.app_label, meta.model_name):
        return None  # it may not even have the table

    def work() -> Site | None:
        sites = Site.objects.using(database)
        if sites.exists():
            return None
        site = Site(id=1 if site_id is None else site_id, domain="example.com", name="example.com")
        site.save(using=database, force_insert=True)
        if database.vendor == "postgresql":  # its counter does not see keys that are given
            table = Site._meta.db_table
            database.execute(
                "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM partita_site))", [table]
            )
        return site

    return database.perform(work)


async def acreate_default_site(database: Database, site_id: int | None = None) -> Site | None:
    """Async twin of `create_default_site`."""
    return await database.arun(create_default_site, database, site_id)

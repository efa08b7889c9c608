"""What sites give an application: the current site of each request, checks, the first site after migrations."""

from collections.abc import Iterable
from contextlib import suppress
from typing import cast

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.current import Resolver
from partita.contracts.sites import SITES, Sites
from partita.http import MIDDLEWARE, Layer
from partita.http.handlers import HEADERS
from partita.orm import Database
from partita.sites.creation import create_default_site
from partita.sites.middleware import with_site
from partita.sites.models import Site
from partita.sites.settings import SITES_SETTINGS, SitesSettings

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Give ``app`` sites as its section ``[sites]`` says."""

    def settings() -> SitesSettings:
        return app.section("sites", SitesSettings)

    def first_site(database: Database) -> None:
        create_default_site(database, app.require(SITES_SETTINGS).site_id)

    app.provide(SITES_SETTINGS, settings)
    # A field of a model has the type of its value, which pyright does not see where it compares with a protocol.
    app.provide(SITES, lambda: cast("Sites", Site.objects))
    app.add(MIDDLEWARE, Layer(HEADERS + 50, with_site, "sites"))
    app.add(CHECKS, check)
    with suppress(ModuleNotFoundError):
        from partita.migrations.integration import AFTER_MIGRATE

        app.add(AFTER_MIGRATE, first_site)


def check(app: Resolver) -> Iterable[Finding]:
    """Find a key of the site that is no number; what is wrong with managers, the checks of their models find."""
    try:
        app.require(SITES_SETTINGS)
    except ValueError as error:
        yield Finding(
            "sites.E101", "error", f"The setting site_id must be an integer: {error}", "Write [sites] site_id = 1."
        )

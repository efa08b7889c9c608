"""Gives an application its databases."""

import logging
from collections.abc import Iterable
from typing import Any

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.lifecycle import SHUTDOWN, STARTUP
from partita.contracts.measures import MEASURES, Measure
from partita.contracts.models import MODEL_PACKAGES
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.orm.databases import DATABASES, Databases
from partita.orm.errors import NoDatabaseError, OrmError
from partita.orm.inspection import InspectDb
from partita.orm.patterns.reencrypting import Reencrypt
from partita.orm.patterns.views import RefreshViews

__all__ = ("setup",)

_log = logging.getLogger("partita.orm")


def setup(app: Registrar) -> None:
    """Provide the databases named in the settings' section ``databases``: an alias and a URL each, or a table of ``url``, ``password``
    and options such as ``pool_size`` or ``sslmode``.

    Without the section there is one, ``default``, in the file ``db.sqlite3``. Those on servers are connected to when the
    application starts, so that the first request need not wait for it; one that cannot be reached keeps nobody from starting.
    """

    def databases() -> Databases:
        described = app.section("databases", dict[str, str | dict[str, Any]])
        naive_in = (app.find(TIME_ZONE) or "UTC") if app.find(USE_TZ) is False else None
        return Databases(described or {"default": "sqlite:///db.sqlite3"}, naive_in=naive_in)

    async def warm_up() -> None:
        try:
            found = app.require(DATABASES)
        except (OrmError, TypeError, ValueError):  # the check tells it, and so does the first who uses it
            return
        for alias, database in found.items():
            if database.vendor != "sqlite":
                try:
                    await database.aexecute("SELECT 1")
                except (OrmError, OSError) as error:
                    _log.warning("The database %r cannot be reached yet: %s", alias, error)

    async def shut_down() -> None:
        await app.require(DATABASES).aclose()

    app.provide(DATABASES, databases)
    app.add(STARTUP, warm_up)
    app.add(SHUTDOWN, shut_down)
    app.add(CHECKS, check)
    app.add(MEASURES, measures)
    app.add(COMMANDS, InspectDb())
    app.add(COMMANDS, RefreshViews())
    app.add(COMMANDS, Reencrypt())


def measures(app: Resolver) -> Iterable[Measure]:
    """Tell what the databases do for safety; see `partita.orm.measures`."""
    from partita.orm.measures import database_measures  # for the command line only

    return database_measures(app)


def check(app: Resolver) -> Iterable[Finding]:
    """Find databases that cannot be used, and what is wrong with the declarations of models."""
    from partita.orm.checks import check_models

    packages = app.all(MODEL_PACKAGES)
    try:
        databases = app.require(DATABASES)
    except (NoDatabaseError, TypeError, ValueError) as error:
        yield Finding("orm.E002", "error", str(error), "Write a URL such as sqlite:///db.sqlite3.")
        yield from check_models(packages=packages)
        return
    yield from check_models(databases=[databases[alias] for alias in databases], packages=packages)
    if "default" not in databases:
        yield Finding(
            "orm.E003", "error", "There is no database called 'default'.", 'Add one: [databases] default = "…"'
        )

"""Gives an application its databases."""

from collections.abc import Iterable

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.contracts.lifecycle import SHUTDOWN
from partita.orm.databases import DATABASES, Databases
from partita.orm.errors import NoDatabaseError
from partita.orm.inspection import InspectDb
from partita.orm.patterns.views import RefreshViews
from partita.orm.registry import registry

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Provide the databases named in the settings' section ``databases``: an alias and a URL each.

    Without the section there is one, ``default``, in the file ``db.sqlite3``.
    """

    def databases() -> Databases:
        urls = app.section("databases", dict[str, str])
        return Databases(urls or {"default": "sqlite:///db.sqlite3"})

    async def shut_down() -> None:
        await app.require(DATABASES).aclose()

    app.provide(DATABASES, databases)
    app.add(SHUTDOWN, shut_down)
    app.add(CHECKS, check)
    app.add(COMMANDS, InspectDb())
    app.add(COMMANDS, RefreshViews())


def check(app: Resolver) -> Iterable[Finding]:
    """Find databases that cannot be used, and relations that lead nowhere."""
    for label in registry.unresolved():
        yield Finding(
            "orm.E001", "error", f"A relation points to {label!r}, which does not exist.", "Is its module imported?"
        )
    try:
        databases = app.require(DATABASES)
    except (NoDatabaseError, ValueError) as error:
        yield Finding("orm.E002", "error", str(error), "Write a URL such as sqlite:///db.sqlite3.")
        return
    if "default" not in databases:
        yield Finding(
            "orm.E003", "error", "There is no database called 'default'.", 'Add one: [databases] default = "…"'
        )

"""What migrations give an application: four commands and a check, for the apps that register here."""

from collections.abc import Iterable

from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS, Finding
from partita.contracts.commands import COMMANDS
from partita.contracts.current import Resolver
from partita.migrations.commands import (
    AFTER_MIGRATE,
    MIGRATION_APPS,
    MakeMigrations,
    Migrate,
    ShowMigrations,
    SqlMigrate,
)
from partita.migrations.errors import MigrationError
from partita.migrations.loader import MigrationApp, load

__all__ = ("AFTER_MIGRATE", "MIGRATION_APPS", "MigrationApp", "setup")


def setup(app: Registrar) -> None:
    """Add the commands and the check."""
    for command in (MakeMigrations(), Migrate(), ShowMigrations(), SqlMigrate()):
        app.add(COMMANDS, command)
    app.add(CHECKS, _check)


def _check(app: Resolver) -> Iterable[Finding]:
    try:
        graph = load(app.all(MIGRATION_APPS))
        for label in graph.apps():
            graph.leaf(label)
    except MigrationError as error:
        yield Finding("migrations.E001", "error", str(error), "Mend the migrations; see partita showmigrations.")

"""What content types give an application: a row for each model after migrations, checks, a command."""

from contextlib import suppress

from partita.contenttypes.checks import check
from partita.contenttypes.commands import RemoveStaleContentTypes
from partita.contenttypes.creation import create_contenttypes
from partita.contenttypes.models import ContentType
from partita.contracts.app import Registrar
from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.orm import Database
from partita.orm.databases import current_databases

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Register the checks, the command, and what follows ``partita migrate`` where `partita.migrations` is installed."""
    app.add(CHECKS, check)
    app.add(COMMANDS, RemoveStaleContentTypes())
    with suppress(ModuleNotFoundError):
        from partita.migrations.integration import AFTER_MIGRATE

        app.add(AFTER_MIGRATE, _after_migrate)


def _after_migrate(database: Database) -> None:
    meta = ContentType._meta
    if current_databases().allow_migrate(database.alias, meta.app_label, meta.model_name):
        create_contenttypes(database)

"""Schema migrations: found by comparing models with what migrations made so far, run through Alembic's operations."""

from partita.migrations.errors import MigrationError
from partita.migrations.loader import MigrationApp
from partita.migrations.making import make_migrations, save
from partita.migrations.migration import Migration
from partita.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterUniqueTogether,
    AlterView,
    CreateModel,
    DeleteModel,
    Operation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from partita.migrations.running import amigrate, migrate

__all__ = (
    "AddConstraint",
    "AddField",
    "AddIndex",
    "AlterField",
    "AlterModelOptions",
    "AlterModelTable",
    "AlterModelTableComment",
    "AlterUniqueTogether",
    "AlterView",
    "CreateModel",
    "DeleteModel",
    "Migration",
    "MigrationApp",
    "MigrationError",
    "Operation",
    "RemoveConstraint",
    "RemoveField",
    "RemoveIndex",
    "RenameField",
    "RenameIndex",
    "RenameModel",
    "RunPython",
    "RunSQL",
    "SeparateDatabaseAndState",
    "amigrate",
    "make_migrations",
    "migrate",
    "save",
)

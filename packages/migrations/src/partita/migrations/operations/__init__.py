"""What migrations are made of."""

from partita.migrations.operations.base import Operation
from partita.migrations.operations.fields import AddField, AlterField, RemoveField, RenameField
from partita.migrations.operations.indexes import (
    AddConstraint,
    AddIndex,
    RemoveConstraint,
    RemoveIndex,
    RenameIndex,
)
from partita.migrations.operations.models import (
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterUniqueTogether,
    AlterView,
    CreateModel,
    DeleteModel,
    RenameModel,
)
from partita.migrations.operations.special import RunPython, RunSQL, SeparateDatabaseAndState

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
)

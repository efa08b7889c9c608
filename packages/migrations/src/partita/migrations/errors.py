"""What can go wrong with migrations."""

from collections.abc import Sequence

__all__ = (
    "CannotRun",
    "ConflictingMigrations",
    "CyclicMigrations",
    "Irreversible",
    "KeyCannotChange",
    "MigrationError",
    "MigrationFileError",
    "NotWritable",
    "SchemaDamaged",
    "StateError",
    "Unanswered",
    "UnknownMigration",
)

Key = tuple[str, str]


class MigrationError(Exception):
    """Base of every error this package raises."""


class UnknownMigration(MigrationError, LookupError):
    """A migration that is named, by a person or as a dependency, does not exist."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(name, hint)
        self.name, self.hint = name, hint

    def __str__(self) -> str:
        return f"There is no migration {self.name}." + (f" {self.hint}" if self.hint else "")


class KeyCannotChange(MigrationError, ValueError):
    """A key of several columns would be added, changed or removed."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.label = label

    def __str__(self) -> str:
        return (
            f"{self.label}: a CompositePrimaryKey is made with its table; migrations cannot add, change or remove it later. "
            "Create a new model, copy the rows in a RunPython operation, and delete the old one."
        )


class CyclicMigrations(MigrationError, ValueError):
    """Migrations wait for one another in a circle."""

    def __init__(self, circle: Sequence[Key]) -> None:
        super().__init__(tuple(circle))
        self.circle = tuple(circle)

    def __str__(self) -> str:
        return "Migrations depend on each other in a circle: " + " -> ".join(".".join(key) for key in self.circle)


class ConflictingMigrations(MigrationError, ValueError):
    """An app has two ends, as after merging two branches."""

    def __init__(self, app_label: str, names: Sequence[str]) -> None:
        super().__init__(app_label, tuple(names))
        self.app_label, self.names = app_label, tuple(names)

    def __str__(self) -> str:
        return (
            f"{self.app_label} has several last migrations: {', '.join(self.names)}. "
            "Let one depend on the other, or add an empty migration that depends on all of them."
        )


class MigrationFileError(MigrationError, ImportError):
    """A file among the migrations cannot be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.file, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


class StateError(MigrationError, LookupError):
    """An operation names a model, field, index or constraint that the migrations before it did not make."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name

    def __str__(self) -> str:
        return f"There is no {self.kind} {self.name!r} at this point of the migrations."


class Irreversible(MigrationError, RuntimeError):
    """An operation cannot be undone."""

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation

    def __str__(self) -> str:
        return f"“{self.operation}” cannot be undone. Give it a way back, or restore a backup."


class CannotRun(MigrationError, RuntimeError):
    """The database is not in a condition in which migrations can run."""


class SchemaDamaged(MigrationError, RuntimeError):
    """After a migration some rows point to rows that do not exist; it was rolled back."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(tuple(tables))
        self.tables = tuple(tables)

    def __str__(self) -> str:
        return f"Rows would point nowhere in: {', '.join(self.tables)}. Nothing was changed."


class NotWritable(MigrationError, TypeError):
    """A value in a model cannot be written into a migration."""

    def __init__(self, value: str, reason: str) -> None:
        super().__init__(value, reason)
        self.value, self.reason = value, reason

    def __str__(self) -> str:
        return f"{self.value[:80]} cannot be written into a migration: {self.reason}"


class Unanswered(MigrationError, RuntimeError):
    """A change needs a decision, and nobody is there to ask."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question

    def __str__(self) -> str:
        return f"{self.question} Run makemigrations in a terminal, or change the model so that the question goes away."

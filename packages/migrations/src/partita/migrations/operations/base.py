"""What every operation of a migration can do."""

from abc import ABC, abstractmethod
from typing import Any

from partita.migrations.schema import SchemaEditor
from partita.migrations.state import ProjectState

__all__ = ("Operation",)


class Operation(ABC):
    """One step of a migration: how it changes the models' state, and how the database follows."""

    reversible = True
    """Whether it can be undone."""
    reduces_to_sql = True
    """Whether its SQL can be told without running it."""

    @abstractmethod
    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change ``state`` as this operation changes the models."""

    @abstractmethod
    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Change the database from what ``before`` says to what ``after`` says."""

    @abstractmethod
    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Undo it: ``before`` is the state with this operation done, ``after`` the one without it."""

    @abstractmethod
    def describe(self) -> str:
        """Return what it does, for people, such as ``Add field title to album``."""

    @abstractmethod
    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Return the name of its class and the arguments that make an equal one."""

    @property
    def fragment(self) -> str:
        """A word for the name of a migration, such as ``album_title``; empty if it has none."""
        return ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.describe()}>"

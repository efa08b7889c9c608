"""One migration: a step from one state of the models to the next."""

from collections.abc import Sequence
from typing import ClassVar

from partita.migrations.operations.base import Operation
from partita.migrations.state import ProjectState

__all__ = ("Key", "Migration")

Key = tuple[str, str]
"""App label and name, such as ``("shop", "0001_initial")``."""


class Migration:
    """The base of the class ``Migration`` in each file of a ``migrations`` folder.

    Attributes:
        operations: What to do, in order.
        dependencies: Migrations that must run before; ``("app", "__first__")`` stands for an app's first one.
        run_before: Migrations that must run after.
        initial: Whether this makes an app's first tables.
        atomic: Whether all of it is one transaction, on databases that can do that with tables.
    """

    operations: ClassVar[Sequence[Operation]] = ()
    dependencies: ClassVar[Sequence[Key]] = ()
    run_before: ClassVar[Sequence[Key]] = ()
    initial: ClassVar[bool] = False
    atomic: ClassVar[bool] = True

    __slots__ = ("app_label", "name")

    def __init__(self, app_label: str, name: str) -> None:
        self.app_label, self.name = app_label, name

    @property
    def key(self) -> Key:
        """App label and name."""
        return self.app_label, self.name

    def __repr__(self) -> str:
        return f"<Migration {self.app_label}.{self.name}>"

    def change(self, state: ProjectState) -> ProjectState:
        """Return ``state`` as it is after this migration."""
        after = state.copy()
        for operation in self.operations:
            operation.state_forwards(self.app_label, after)
        return after

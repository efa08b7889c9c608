"""Operations whose work is written by hand: SQL, Python, or a state that changes apart from the database."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from partita.migrations.errors import Irreversible
from partita.migrations.operations.base import Operation
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import HistoricalApps, ProjectState

__all__ = ("RunPython", "RunSQL", "SeparateDatabaseAndState")

Code = Callable[[HistoricalApps, SchemaEditor], object]
Sql = str | Sequence[str]


class RunSQL(Operation):
    """Run statements.

    Args:
        sql: One statement, or several in a sequence; a percent sign is just that.
        reverse_sql: What undoes them; None if nothing does, `noop` if nothing has to.
        state_operations: How the models' state follows.
    """

    noop: ClassVar[str] = ""

    def __init__(self, sql: Sql, reverse_sql: Sql | None = None, state_operations: Sequence[Operation] = ()) -> None:
        self.sql, self.reverse_sql, self.state_operations = sql, reverse_sql, list(state_operations)

    @property
    def reversible(self) -> bool:  # type: ignore[override]  # an attribute in the base, known only here
        """Whether there is a way back."""
        return self.reverse_sql is not None

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Apply the state operations."""
        for operation in self.state_operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Run the statements."""
        _run(editor, self.sql)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Run those that undo them."""
        if self.reverse_sql is None:
            raise Irreversible(self.describe())
        _run(editor, self.reverse_sql)

    def describe(self) -> str:
        """Always ``Raw SQL operation``."""
        return "Raw SQL operation"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        given: dict[str, Any] = {"sql": self.sql}
        if self.reverse_sql is not None:
            given["reverse_sql"] = self.reverse_sql
        if self.state_operations:
            given["state_operations"] = self.state_operations
        return "RunSQL", given


class RunPython(Operation):
    """Call a function that changes rows.

    Args:
        code: Takes ``apps``, whose ``get_model("shop", "Album")`` gives the model as it is at this point, and the
            editor, whose ``database`` is the one being migrated: ``Album.objects.using(editor.database)``.
        reverse_code: What undoes it; None if nothing does, `RunPython.noop` if nothing has to.
    """

    reduces_to_sql = False

    def __init__(self, code: Code, reverse_code: Code | None = None) -> None:
        self.code, self.reverse_code = code, reverse_code

    @staticmethod
    def noop(apps: HistoricalApps, editor: SchemaEditor) -> None:
        """Do nothing."""

    @property
    def reversible(self) -> bool:  # type: ignore[override]  # an attribute in the base, known only here
        """Whether there is a way back."""
        return self.reverse_code is not None

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The models stay."""

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Call the function."""
        self.code(before.apps, editor)
        editor.settle()

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Call the one that undoes it."""
        if self.reverse_code is None:
            raise Irreversible(self.describe())
        self.reverse_code(before.apps, editor)
        editor.settle()

    def describe(self) -> str:
        """Such as ``Call fill_titles``."""
        return f"Call {getattr(self.code, '__name__', 'a function')}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        given: dict[str, Any] = {"code": self.code}
        return "RunPython", given | ({} if self.reverse_code is None else {"reverse_code": self.reverse_code})


class SeparateDatabaseAndState(Operation):
    """Change the database by some operations and the models' state by others."""

    def __init__(
        self, database_operations: Sequence[Operation] = (), state_operations: Sequence[Operation] = ()
    ) -> None:
        self.database_operations, self.state_operations = list(database_operations), list(state_operations)

    @property
    def reversible(self) -> bool:  # type: ignore[override]  # an attribute in the base, known only here
        """Whether all that touches the database has a way back."""
        return all(operation.reversible for operation in self.database_operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Apply the state operations."""
        for operation in self.state_operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Apply the database operations."""
        for operation in self.database_operations:
            following = before.copy()
            operation.state_forwards(app_label, following)
            operation.database_forwards(app_label, editor, before, following)
            before = following

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Undo them, the last first."""
        states = [after]
        for operation in self.database_operations:
            states.append(states[-1].copy())
            operation.state_forwards(app_label, states[-1])
        for number in range(len(self.database_operations), 0, -1):
            operation = self.database_operations[number - 1]
            operation.database_backwards(app_label, editor, states[number], states[number - 1])

    def describe(self) -> str:
        """Always ``Custom state/database change combination``."""
        return "Custom state/database change combination"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        given = {"database_operations": self.database_operations, "state_operations": self.state_operations}
        return "SeparateDatabaseAndState", {name: value for name, value in given.items() if value}


def _run(editor: SchemaEditor, sql: Sql) -> None:
    for statement in [sql] if isinstance(sql, str) else sql:
        if statement.strip():
            editor.execute(statement.strip().removesuffix(";"))

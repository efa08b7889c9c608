"""Migrations run on a database, forwards and backwards."""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

from partita.migrations.errors import CannotRun, Irreversible, SchemaDamaged
from partita.migrations.graph import Graph
from partita.migrations.migration import Key, Migration
from partita.migrations.operations import CreateModel
from partita.migrations.recorder import TABLE, Recorder, table_names
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import ProjectState, is_many
from partita.orm import Database, atomic

__all__ = ("Executor", "Step", "statements")

_LOCK = zlib.crc32(TABLE.encode())
_LOCK_SECONDS = 600
Allow = Callable[[str, str], bool]


class Step(NamedTuple):
    """One migration to run or to undo."""

    key: Key
    backwards: bool = False


class Executor:
    """Brings one database to where the migrations say.

    Args:
        database: The database; it has to be one of the current ones.
        graph: All migrations.
        allow: Tells whether a model of an app has its table there.
        report: Takes progress for people, piece by piece.
    """

    __slots__ = ("_allow", "_database", "_graph", "_recorder", "_report")

    def __init__(
        self,
        database: Database,
        graph: Graph,
        *,
        allow: Allow = lambda app_label, model_name: True,
        report: Callable[[str], object] = lambda text: None,
    ) -> None:
        self._database, self._graph, self._allow, self._report = database, graph, allow, report
        self._recorder = Recorder(database)

    def plan(self, targets: Iterable[Key] | None = None) -> list[Step]:
        """Return what has to run, in order.

        Args:
            targets: Migrations to end with; ``("app", "zero")`` undoes all of an app. None means the last of each app.

        Raises:
            ConflictingMigrations: If ``targets`` is None and an app has several last ones.
        """
        applied = self._recorder.applied()
        if targets is None:
            leaves = [self._graph.leaf(app_label) for app_label in self._graph.apps()]
            targets = [leaf for leaf in leaves if leaf is not None]
        steps: list[Step] = []
        for target in targets:
            app_label, name = target
            if name == "zero":
                undone: Sequence[Key] = [key for key in self._graph.order if key[0] == app_label]
            elif target in applied:
                undone = self._graph.followers(target)
            else:
                undone = ()
                steps += [Step(key) for key in self._graph.with_ancestors([target]) if key not in applied]
            back = [key for key in self._graph.with_descendants(undone) if key in applied]
            steps += [Step(key, backwards=True) for key in reversed(back)]
        return list(dict.fromkeys(steps))

    def run(self, plan: Sequence[Step], *, fake: bool = False, fake_initial: bool = False) -> None:
        """Run a plan; each migration is recorded with its changes, in one transaction where the database can do that.

        Args:
            plan: From `plan`.
            fake: Whether to record only.
            fake_initial: Whether to record only what would make tables that are there.

        Raises:
            Irreversible: If something cannot be undone; nothing is changed.
            SchemaDamaged: If rows would point to rows that do not exist.
        """
        self._refuse_irreversible(plan)
        with _pinned(self._database), self._locked():
            self._recorder.prepare()
            done = set(self._recorder.applied())
            states = self._states(plan, done)
            for step in plan:
                migration = self._graph.migrations[step.key]
                before, after = states[step]
                self._report(f"  {'Unapplying' if step.backwards else 'Applying'} {'.'.join(step.key)}...")
                started = time.perf_counter()
                with self._safely(migration):
                    # Looked up within the transaction: another runner may have been here since the plan was made.
                    if (step.key in self._recorder.applied()) != step.backwards:
                        self._report(" done by another runner\n")
                        continue
                    skip = fake or (fake_initial and not step.backwards and self._is_there(migration, after))
                    if not skip:
                        self._apply(step, before, after)
                    (self._recorder.forget if step.backwards else self._recorder.record)(step.key)
                self._report(" FAKED\n" if skip else f" OK ({time.perf_counter() - started:.2f} s)\n")

    def _apply(self, step: Step, before: ProjectState, after: ProjectState) -> None:
        editor = SchemaEditor(self._database.vendor, self._execute, self._allow, self._database)
        change(self._graph.migrations[step.key], editor, before, after, backwards=step.backwards)

    def _execute(self, sql: str) -> None:
        # Without parameters of ours, but drivers of this style read % all the same.
        self._database.run(sql.replace("%", "%%") if self._database.backend.style == "format" else sql)

    def _states(self, plan: Sequence[Step], done: set[Key]) -> dict[Step, tuple[ProjectState, ProjectState]]:
        """Return for each step the state before and after its migration."""
        states: dict[Step, tuple[ProjectState, ProjectState]] = {}
        steps = {step.key: step for step in plan}
        state = ProjectState()
        for key in self._graph.order:
            if key in steps or key in done:
                after = self._graph.migrations[key].change(state)
                if key in steps:
                    states[steps[key]] = (state, after)
                state = after
        return states

    def _refuse_irreversible(self, plan: Sequence[Step]) -> None:
        for step in plan:
            if step.backwards:
                for operation in self._graph.migrations[step.key].operations:
                    if not operation.reversible:
                        raise Irreversible(f"{'.'.join(step.key)}: {operation.describe()}")

    def _is_there(self, migration: Migration, state: ProjectState) -> bool:
        """Tell whether all tables that an initial migration makes exist."""
        wanted: set[str] = set()
        for operation in migration.operations:
            if isinstance(operation, CreateModel):
                model = state.model(migration.app_label, operation.name)
                wanted.add(state.tables.table(*model.key).name)
                wanted |= {
                    state.tables.through_table(*model.key, name).name
                    for name, field in model.fields.items()
                    if is_many(field)
                }
        return migration.initial and bool(wanted) and wanted <= table_names(self._database)

    @contextmanager
    def _safely(self, migration: Migration) -> Iterator[None]:
        """Run one migration all or not at all, as far as the database can do that."""
        if self._database.vendor != "sqlite":
            with self._transaction(migration):
                yield
            return
        # Foreign keys cannot be switched within a transaction, and a remade table must not take rows along that
        # point to it; so they are off, and checked before the end.
        self._database.run("PRAGMA foreign_keys = OFF")
        if self._database.fetch("PRAGMA foreign_keys")[0][0]:
            raise CannotRun("SQLite cannot be migrated inside a transaction. Call migrate() outside of atomic().")
        try:
            with self._transaction(migration):
                damaged = self._damaged()
                yield
                if found := self._damaged() - damaged:
                    raise SchemaDamaged(sorted({table for table, _, _, _ in found}))
        finally:
            self._database.run("PRAGMA foreign_keys = ON")

    def _transaction(self, migration: Migration) -> AbstractContextManager[object]:
        if migration.atomic and self._database.vendor != "mysql":  # which ends a transaction at each change of a table
            return atomic(using=self._database)
        return nullcontext()

    def _damaged(self) -> set[tuple[str, object, str, object]]:
        return {(row[0], row[1], row[2], row[3]) for row in self._database.fetch("PRAGMA foreign_key_check")}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other runners out; SQLite's transactions do that by themselves."""
        vendor = self._database.vendor
        if self._database.is_behind_pooler and vendor == "postgresql":
            with self._locked_by_transaction():
                yield
            return
        if vendor == "postgresql":
            take, give = f"SELECT pg_advisory_lock({_LOCK})", f"SELECT pg_advisory_unlock({_LOCK})"
        elif vendor == "mysql":
            name = f"concat('{TABLE}:', database())"
            take, give = f"SELECT get_lock({name}, {_LOCK_SECONDS})", f"SELECT release_lock({name})"
        else:
            yield
            return
        if self._database.fetch(take)[0][0] == 0:  # PostgreSQL waits and returns nothing
            raise CannotRun(f"Another runner has kept this database for {_LOCK_SECONDS} seconds.")
        try:
            yield
        finally:
            self._database.fetch(give)

    @contextmanager
    def _locked_by_transaction(self) -> Iterator[None]:
        # A pooler gives each transaction to another server: a session's lock would keep out nobody, and stay for ever.
        link = self._database.backend.connect()
        try:
            link.begin()
            link.fetch(f"SELECT pg_advisory_xact_lock({_LOCK})", ())
            yield
        finally:
            link.close()  # which ends the transaction


def change(
    migration: Migration, editor: SchemaEditor, before: ProjectState, after: ProjectState, *, backwards: bool = False
) -> None:
    """Have ``editor`` do all operations of a migration, or undo them, the last first.

    Args:
        migration: Whose operations.
        editor: Gets the statements.
        before: The state before the migration.
        after: The state after it.
        backwards: Whether to undo it.
    """
    states = [before]
    for operation in migration.operations:
        following = states[-1].copy()
        operation.state_forwards(migration.app_label, following)
        states.append(following)
    if not backwards:
        for number, operation in enumerate(migration.operations):
            operation.database_forwards(migration.app_label, editor, states[number], states[number + 1])
        return
    for number in range(len(migration.operations), 0, -1):
        operation = migration.operations[number - 1]
        operation.database_backwards(migration.app_label, editor, states[number], states[number - 1])


def statements(graph: Graph, key: Key, vendor: str, *, backwards: bool = False) -> list[str]:
    """Return the SQL of one migration without running it; what only Python can do is a comment."""
    state = ProjectState()
    for earlier in graph.order:
        if earlier == key:
            break
        state = graph.migrations[earlier].change(state)
    migration = graph.migrations[key]
    found: list[str] = []
    if not all(operation.reduces_to_sql for operation in migration.operations):
        shown = [operation for operation in migration.operations if operation.reduces_to_sql]
        found += [f"-- {each.describe()}: written in Python" for each in migration.operations if each not in shown]
        migration = _with(migration, shown)
    change(migration, SchemaEditor(vendor, found.append), state, migration.change(state), backwards=backwards)
    return found


def _with(migration: Migration, operations: Sequence[object]) -> Migration:
    kind: type[Migration] = type("Migration", (type(migration),), {"__slots__": (), "operations": operations})
    return kind(migration.app_label, migration.name)


@contextmanager
def _pinned(database: Database) -> Iterator[None]:
    """Keep to one connection: locks and switches belong to it."""
    if database.held.get() is not None:
        yield
        return
    held = database.hold()
    token = database.held.set(held)
    try:
        yield
    finally:
        database.held.reset(token)
        held.pool.release(held.link)

"""Single statements that change many rows: INSERT from a query, UPDATE over joins, rows given back by what changes them."""

import copy
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from partita.orm.altering import alters_data
from partita.orm.database import Database
from partita.orm.errors import FieldDoesNotExist, FieldError
from partita.orm.expressions import Expression, Leaf, Value
from partita.orm.fields.base import NOT_PROVIDED, Field
from partita.orm.functions.dates import Now
from partita.orm.plans import Plan
from partita.orm.query import Query
from partita.orm.queryset.writes import QueryWrites, assigned_value

__all__ = ("QueryStatements",)

R = TypeVar("R")
Assigned = list[tuple[Field[Any], Expression]]


class QueryStatements(QueryWrites[R]):
    """Changes many rows by one statement, of which no row passes through Python unless it is asked for."""

    @alters_data
    def insert_from(self, rows: "QueryWrites[Any]", *names: str) -> int:
        """Insert what another query gives: INSERT … SELECT. No signals are sent.

        Args:
            rows: A query with ``values()`` or ``values_list()``.
            names: The fields of this model that its columns go into, in their order; the columns' own names unless given.
                Fields that are left out get their default, which has to be the same for all rows, the present moment, or
                nothing where NULL is allowed.

        Returns:
            How many rows were inserted.

        Raises:
            FieldError: If a name is no field of this model's own table, or a field that is left out needs a value.
        """
        query = rows.query
        if query.columns is None or query.combined is not None:
            raise FieldError("insert_from() needs a query with values(), not one for instances or a combined one.")
        wanted = names or tuple(name for name, _ in query.columns)
        if len(wanted) != len(query.columns):
            raise FieldError(f"The query gives {len(query.columns)} columns, for {len(wanted)} fields.")
        meta = self.model._meta
        fields: list[Field[Any]] = []
        for name, (_, source) in zip(wanted, query.columns, strict=True):
            field = meta.find(name)[0]
            if field is None or field not in meta.local_fields or field.generated or meta.parents:
                raise FieldError(f"{self.model.__name__} has no column of its own called {name!r:.80}.")
            if field in fields:
                raise FieldError(f"{field.name!r} is named twice.")
            field.check_computed(source)
            fields.append(field)
        rest = self._left_out(fields)
        database = self._write_database
        leaves: list[Leaf] = []
        shape = (
            "insert from",
            self.model,
            tuple(fields),
            query.shape(leaves),
            tuple([(field, source.shape(leaves)) for field, source in rest]),
        )
        from partita.orm.compiler.moving import compile_insert_from

        plan = self._statement(shape, lambda: compile_insert_from(database.backend, meta, query, fields, rest, leaves))
        return database.perform(database.run, plan.sql, plan.bind(leaves))[0]

    @alters_data
    async def ainsert_from(self, rows: "QueryWrites[Any]", *names: str) -> int:
        """Async twin of `insert_from`."""
        return await self._awrite(lambda: self.insert_from(rows, *names))

    def _left_out(self, fields: Sequence[Field[Any]]) -> Assigned:
        """Return what goes into the columns that a query does not name."""
        found: Assigned = []
        for field in self.model._meta.local_fields:
            if field in fields or field.is_auto or field.generated or field.has_db_default():
                continue
            if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
                made: Expression = Now()
            elif field.default is not NOT_PROVIDED and not callable(field.default):
                made = assigned_value(field, field.get_default(), self._scope)
            elif field.null and field.default is NOT_PROVIDED:
                continue
            elif field.default is NOT_PROVIDED and field.empty_strings_allowed:
                made = Value("", field)
            else:
                raise FieldError(
                    f"{self.model.__name__}.{field.name} needs a value for each row; name it in values() of the query."
                )
            found.append((field, made))
        return found

    @alters_data
    def update_from(self, **values: Any) -> int:
        """Change all rows in one statement, by values that may come from related rows; return how many matched.

        As `update`, but ``F("artist__discount")`` reaches over relations to one row (UPDATE … FROM). A row without the
        related one gets NULL.

        Raises:
            FieldError: If a value comes from many rows; take an aggregate in a `Subquery` then.
        """
        assigned = self._over_joins("update_from", values)
        if self.query.empty or not assigned:
            return 0
        database = self._write_database
        plan, leaves = self._update_plan(database, assigned, returning=False)
        return database.perform(database.run, plan.sql, plan.bind(leaves))[0]

    @alters_data
    async def aupdate_from(self, **values: Any) -> int:
        """Async twin of `update_from`."""
        return await self._awrite(lambda: self.update_from(**values))

    @alters_data
    def update_returning(self, **values: Any) -> list[R]:
        """Change all rows as `update_from` does, and return them as they are then, in no particular order.

        One statement (RETURNING) in PostgreSQL and SQLite; in MySQL and MariaDB the rows are locked, changed and read.
        """
        assigned = self._over_joins("update_returning", values)
        if self.query.empty or not assigned:
            return []
        database = self._write_database
        if database.vendor == "mysql":
            return database.perform(self._update_and_read, database, values)
        plan, leaves = self._update_plan(database, assigned, returning=True)
        load = cast("Callable[..., list[R]]", plan.load)
        return database.perform(lambda: load(database.fetch(plan.sql, plan.bind(leaves)), database))

    @alters_data
    async def aupdate_returning(self, **values: Any) -> list[R]:
        """Async twin of `update_returning`."""
        return await self._awrite(lambda: self.update_returning(**values))

    @alters_data
    def delete_returning(self) -> list[R]:
        """Delete all rows, and what depends on them, and return them as they were, in no particular order.

        One statement (RETURNING) in PostgreSQL and SQLite if nothing depends on the rows and no signals are sent.
        """
        from partita.orm.compiler.moving import compile_changed_rows
        from partita.orm.deletion import is_simple

        self._refuse_changes("delete_returning")
        if self.query.empty:
            return []
        database = self._write_database
        if database.vendor == "mysql" or not is_simple(self.model):
            return database.perform(self._read_and_delete, database)
        leaves: list[Leaf] = []
        shape = ("delete returning", self.query.shape(leaves))
        backend, query = database.backend, self.query
        plan = self._statement(shape, lambda: compile_changed_rows(backend, query, leaves, None))
        load = cast("Callable[..., list[R]]", plan.load)
        return database.perform(lambda: load(database.fetch(plan.sql, plan.bind(leaves)), database))

    @alters_data
    async def adelete_returning(self) -> list[R]:
        """Async twin of `delete_returning`."""
        return await self._awrite(self.delete_returning)

    def _refuse_changes(self, method: str) -> None:
        self._refuse_combined(method)
        query = self.query
        if query.is_sliced or query.distinct or query.columns is not None:
            raise TypeError(f"Cannot call {method}() after a slice, distinct(), values() or values_list().")

    def _over_joins(self, method: str, values: dict[str, Any]) -> Assigned:
        self._refuse_changes(method)
        scope = self._scope
        assigned: Assigned = []
        for name, value in values.items():
            field = self.model._meta.find(name)[0]
            if field is None or field not in self.model._meta.local_fields:
                raise FieldDoesNotExist(f"{self.model.__name__} has no field named {name!r:.80} in its own table")
            source = assigned_value(field, value, scope)
            if source.multiple:
                raise FieldError(
                    f"{name}={value!r:.60} comes from many rows; which one? Take an aggregate in a Subquery."
                )
            assigned.append((field, source))
        return assigned

    def _update_plan(self, database: Database, assigned: Assigned, *, returning: bool) -> tuple[Plan, list[Leaf]]:
        from partita.orm.compiler.moving import compile_changed_rows, compile_update_over_joins

        leaves: list[Leaf] = []
        parts = tuple([(field, source.shape(leaves)) for field, source in assigned])
        shape = ("update from", returning, self.query.shape(leaves), parts)
        backend, query = database.backend, self.query

        def make() -> Plan:
            if returning:
                return compile_changed_rows(backend, query, leaves, assigned)
            return compile_update_over_joins(backend, query, leaves, assigned)

        return self._statement(shape, make), leaves

    def _statement(self, shape: Any, make: Callable[[], Plan]) -> Plan:
        backend = self._write_database.backend
        plan: Plan | None = backend.plans.get(shape)
        if plan is None:
            plan = backend.plans.made(shape, self.model._meta.registry.building, make)
        return cast("Plan", plan)

    def _update_and_read(self, database: Database, values: dict[str, Any]) -> list[R]:
        from partita.orm.transactions import atomic

        with atomic(database, savepoint=False):
            here = self.using(database)
            keys = list(here.order_by().select_for_update().values_list("pk", flat=True))
            chosen: Any = type(self)(self.model, Query(self.model), database).filter(pk__in=keys)
            chosen.update_from(**values)
            return list(chosen.order_by())

    def _read_and_delete(self, database: Database) -> list[R]:
        from partita.orm.transactions import atomic

        with atomic(database, savepoint=False):
            here = self.using(database)
            rows: list[Any] = list(here.order_by().select_related(None).select_for_update())
            kept = [copy.copy(row) for row in rows]
            chosen: Any = type(self)(self.model, Query(self.model), database)
            QueryWrites.delete(chosen.filter(pk__in=[row.pk for row in rows]))
        return kept

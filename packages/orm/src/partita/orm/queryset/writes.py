"""Changing rows by way of a query."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

from partita.orm.altering import AltersData, alters_data
from partita.orm.compiler.statements import compile_delete, compile_update
from partita.orm.database import Database
from partita.orm.deletion import delete_rows
from partita.orm.errors import FieldError, IntegrityError
from partita.orm.expressions import Expression, Leaf, Scope, Value, expression, value_or_expression
from partita.orm.fields.base import Field
from partita.orm.nodes import PLAIN
from partita.orm.paths import no_field
from partita.orm.plans import Plan
from partita.orm.queryset.answers import QueryAnswers
from partita.orm.retrying import until_kept
from partita.orm.transactions import atomic

__all__ = ("QueryWrites", "assigned_value")

R = TypeVar("R")


class QueryWrites(QueryAnswers[R], AltersData):
    """Creates, changes and deletes rows."""

    @alters_data
    def create(self, **values: Any) -> R:
        """Save a new row and return it."""
        row = self.model(**values)
        row.save(force_insert=True, using=self._write_database)
        return cast("R", row)

    @alters_data
    async def acreate(self, **values: Any) -> R:
        """Async twin of `create`."""
        return await self._awrite(lambda: self.create(**values))

    @alters_data
    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[R, bool]:
        """Return the row that matches, made if there is none, and whether it was made.

        Outside of a transaction a deadlock with others who do the same is resolved: whoever was given up tries again.
        """
        database = self._write_database
        here = self.using(database)
        try:
            return here.get(**lookups), False
        except self.model.DoesNotExist:
            values = self._values_to_create(lookups, defaults)

        def make() -> tuple[R, bool]:
            try:
                with atomic(database):
                    return here.create(**values), True
            except IntegrityError:
                with suppress(self.model.DoesNotExist):  # then the error was another, and is raised
                    return here.get(**lookups), False  # somebody else made it meanwhile
                raise

        return until_kept(database, make)

    @alters_data
    async def aget_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[R, bool]:
        """Async twin of `get_or_create`."""
        return await self._awrite(lambda: self.get_or_create(defaults, **lookups))

    @alters_data
    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[R, bool]:
        """Return the row that matches, changed by ``defaults``, or a new one, and whether it was made.

        Outside of a transaction a deadlock with others who do the same is resolved: whoever was given up tries again, which calls
        values that are callable, and sends signals, once more.
        """
        database, changes = self._write_database, defaults or {}
        create = changes if create_defaults is None else create_defaults
        return until_kept(database, lambda: self._update_or_create(database, changes, create, lookups))

    def _update_or_create(
        self, database: Database, changes: Mapping[str, Any], create: Mapping[str, Any], lookups: Mapping[str, Any]
    ) -> tuple[R, bool]:
        with atomic(database):
            here = self.using(database)
            row, created = here.select_for_update().get_or_create(create, **lookups)
            if created:
                return row, True
            target: Any = row
            for name, value in changes.items():
                setattr(target, name, value() if callable(value) else value)
            target.save(using=database)
        return row, False

    @alters_data
    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[R, bool]:
        """Async twin of `update_or_create`."""
        return await self._awrite(lambda: self.update_or_create(defaults, create_defaults, **lookups))

    def _values_to_create(self, lookups: Mapping[str, Any], defaults: Mapping[str, Any] | None) -> dict[str, Any]:
        values = {
            name.removesuffix("__exact"): value
            for name, value in lookups.items()
            if "__" not in name.removesuffix("__exact")
        }
        values.update({name: value() if callable(value) else value for name, value in (defaults or {}).items()})
        meta = self.model._meta
        names = {name for field in (*meta.fields, *meta.private_fields) for name in (field.name, field.attname)}
        unknown = values.keys() - names - {"pk"}
        if unknown:
            raise FieldError(f"Invalid field name(s) for model {self.model.__name__}: {sorted(unknown)[0]!r:.80}.")
        return values

    @alters_data
    def bulk_create(
        self,
        objs: Iterable[R],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
        *,
        validate: bool = False,
        send_signals: bool = False,
    ) -> list[R]:
        """Save many new rows with few statements; save() does not run.

        Args:
            objs: Instances.
            batch_size: Rows a statement, at most.
            ignore_conflicts: Skip rows that break a unique constraint.
            update_conflicts: Change the rows that are in the way: ``update_fields`` of them, found by ``unique_fields``.
            update_fields: Fields to change of rows that are in the way.
            unique_fields: Fields by which rows are in the way.
            validate: Check each row's fields, and call its ``clean()``, before anything is saved. What only the database
                knows, such as uniqueness, is left to it.
            send_signals: Send ``pre_bulk_create`` and ``post_bulk_create`` with ``instances``, a list of all rows, once.

        Raises:
            TypeError: If a row is of another model.
            ValidationError: If a row is not valid; errors are told by place and field, such as ``3.title``.
        """
        from partita.orm.bulk import checked, refuse_others, telling
        from partita.orm.writing_many import bulk_insert

        if batch_size is not None and batch_size <= 0:
            raise ValueError("Batch size must be a positive integer.")
        instances: list[Any] = list(objs)
        refuse_others(self.model, instances)
        database = self._write_database
        if instances:
            conflict = (ignore_conflicts, update_conflicts, tuple(update_fields or ()), tuple(unique_fields or ()))
            if validate:
                checked(instances)
            with telling("create", self.model, instances, database, wanted=send_signals):
                database.perform(bulk_insert, database, self.model, instances, batch_size, conflict)
        return instances

    @alters_data
    async def abulk_create(self, objs: Iterable[R], batch_size: int | None = None, **options: Any) -> list[R]:
        """Async twin of `bulk_create`."""
        return await self._awrite(lambda: self.bulk_create(objs, batch_size, **options))

    @alters_data
    def bulk_update(
        self,
        objs: Iterable[R],
        fields: Collection[str],
        batch_size: int | None = None,
        *,
        validate: bool = False,
        send_signals: bool = False,
    ) -> int:
        """Save some fields of many rows with few statements; return how many rows changed.

        Args:
            objs: Saved instances.
            fields: Names of the fields to save.
            batch_size: Rows a statement, at most.
            validate: Check these fields of each row, and call its ``clean()``, before anything is saved.
            send_signals: Send ``pre_bulk_update`` and ``post_bulk_update`` with ``instances``, a list of all rows, and
                ``fields``, once.

        Raises:
            ValidationError: If a row is not valid; errors are told by place and field, such as ``3.title``.
        """
        from partita.orm.bulk import checked, telling
        from partita.orm.writing_many import bulk_update

        database = self._write_database
        instances: list[Any] = list(objs)
        names = list(fields)
        if validate:
            checked(instances, names)
        with telling("update", self.model, instances, database, wanted=send_signals, fields=names):
            return database.perform(bulk_update, self.using(database), instances, names, batch_size)

    @alters_data
    async def abulk_update(
        self, objs: Iterable[R], fields: Collection[str], batch_size: int | None = None, **options: Any
    ) -> int:
        """Async twin of `bulk_update`."""
        return await self._awrite(lambda: self.bulk_update(objs, fields, batch_size, **options))

    @alters_data
    def update(self, **values: Any) -> int:
        """Change all rows in one statement; return how many matched."""
        query = self.query
        if query.combined is not None:
            self._refuse_combined("update")
        order = query.order
        if order and any(term.contains_aggregate for term in order):
            raise FieldError("Cannot update when ordering by an aggregate; call order_by() without names first.")
        self._result = None  # what was loaded before is no longer true
        if query.limit is not None or query.offset is not None:
            raise TypeError("Cannot update a query once a slice has been taken.")
        if query.empty:
            return 0
        scope = self._scope
        assigned: list[tuple[Field[Any], Expression]] = []
        own = self.model._meta.concrete_model
        for field in self.model._meta.private_fields:
            if field.name in values:
                values |= field.assignments(values.pop(field.name))
            elif field.attname in values and field.columns_as_one() is not None:
                values |= field.assignments(values.pop(field.attname))
        for name, value in values.items():
            field = self.model._meta.find(name)[0]
            if name == "pk" and field is not None and not field.concrete:
                raise FieldError("Composite primary key fields must be updated individually.")
            if field is not None and not field.concrete:
                raise FieldError(f"Cannot update model field {field!r} (only concrete fields are permitted).")
            if field is None:
                raise no_field(self.model, name)
            if field.model is not own:
                from partita.orm.writing_many import update_across

                return self._write_database.perform(update_across, self, values)
            assigned.append((field, assigned_value(field, value, scope)))
        return self._update(assigned)

    @alters_data
    def _update(self, assigned: "list[tuple[Field[Any], Expression]]") -> int:
        if not assigned:
            return 0
        database = self._write_database
        plan, leaves = self._update_statement(database, assigned, ())
        return database.perform(database.run, plan.sql, plan.bind(leaves))[0]

    def _update_giving(self, values: Mapping[str, Any], wanted: Sequence[Field[Any]]) -> Sequence[Sequence[Any]]:
        """Change columns of the model's own table; return some columns of the rows that matched, as the driver has them."""
        meta = self.model._meta
        scope = self._scope
        assigned = [
            (field := meta.get_field(name), assigned_value(field, value, scope)) for name, value in values.items()
        ]
        database = self._write_database
        plan, leaves = self._update_statement(database, assigned, tuple(wanted))
        found: Sequence[Sequence[Any]] = database.perform(database.fetch, plan.sql, plan.bind(leaves))
        return found

    def _update_statement(
        self, database: Database, assigned: "list[tuple[Field[Any], Expression]]", wanted: tuple[Field[Any], ...]
    ) -> tuple[Plan, list[Leaf]]:
        leaves: list[Leaf] = []
        parts = tuple([(field, source.shape(leaves)) for field, source in assigned])
        shape = ("update", self.query.shape(leaves), parts, *wanted)
        backend = database.backend
        plan = backend.plans.get(shape)
        if plan is None:
            lock = self.model._meta.registry.building
            plan = backend.plans.made(
                shape, lock, lambda: compile_update(backend, self.query, leaves, assigned, wanted)
            )
        return plan, leaves

    @alters_data
    async def aupdate(self, **values: Any) -> int:
        """Async twin of `update`."""
        return await self._awrite(lambda: self.update(**values))

    @alters_data
    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete all rows, and what depends on them; return how many went, in all and by model."""
        query = self.query
        if query.combined is not None:
            self._refuse_combined("delete")
        if query.limit is not None or query.offset is not None:
            raise TypeError("Cannot use 'limit' or 'offset' with delete().")
        if query.columns is not None:
            raise TypeError("Cannot call delete() after .values() or .values_list()")
        if isinstance(query.distinct, tuple):
            raise TypeError("Cannot call delete() after .distinct(*fields).")
        database = self._write_database
        done: tuple[int, dict[str, int]] = database.perform(delete_rows, self, database)
        self._result = None  # what was loaded before is gone
        return done

    @alters_data
    async def adelete(self) -> tuple[int, dict[str, int]]:
        """Async twin of `delete`."""
        return await self._awrite(self.delete)

    # A manager has neither, so that nobody deletes every row who forgot to say which.
    delete.queryset_only = adelete.queryset_only = True  # type: ignore[attr-defined]  # functions may have attributes

    @alters_data
    def _raw_delete(self, database: Database | None = None) -> int:
        """Delete all rows in one statement, and nothing else; in the database that is written to, unless it is given."""
        query = self.query
        if query.empty:
            return 0
        if query.order or query.backwards or query.related:
            query = query.having(order=(), backwards=False, related=())
        if database is None:
            database = self._write_database
        plan, leaves = self._plan(database.backend, "delete", query, compile_delete)
        return database.run(plan.sql, plan.bind(leaves))[0]


def assigned_value(field: Field[Any], value: Any, scope: Scope) -> Expression:
    """Return what a column is set to."""
    if type(value) not in PLAIN:
        if hasattr(value, "resolve") and not isinstance(value, type):
            resolved: Expression = value_or_expression(value).resolve(scope)
            if resolved.contains_aggregate:
                raise FieldError(f"Aggregate functions are not allowed in this query ({field.name}={value!r:.60}).")
            field.check_computed(resolved)
            return resolved
        if hasattr(value, "query"):
            found: Expression = expression(value)  # a Subquery
            field.check_computed(found)
            return found
    made = Value(None)
    made.output_field = field
    made.value = field.get_prep_value(value)
    if made.value is not None:
        field.check_storable(made.value)
    return made

"""The manager of the rows that point to one row by its content type and key: ``animal.tags``."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from partita.contenttypes.errors import UnrelatedRow
from partita.contenttypes.keys import kept_key_of
from partita.orm import Database, Manager, Model, atomic
from partita.orm.altering import alters_data
from partita.orm.databases import current_databases

if TYPE_CHECKING:
    from partita.contenttypes.relation import GenericRelation

__all__ = ("GenericRelatedManager", "generic_manager")

M = TypeVar("M", bound=Model)


class GenericRelatedManager(Manager[M]):
    """The rows that point to one row, to type checkers."""

    if TYPE_CHECKING:
        instance: Any

        def __call__(self, *, manager: str) -> "GenericRelatedManager[M]":
            """Return the same rows, beginning with another manager of their model."""
            ...

        def add(self, *rows: M, bulk: bool = True) -> None:
            """Make rows point here."""

        async def aadd(self, *rows: M, bulk: bool = True) -> None:
            """Async twin of `add`."""

        def set(self, rows: Iterable[M], *, bulk: bool = True, clear: bool = False) -> None:
            """Make exactly these rows point here; delete others."""

        async def aset(self, rows: Iterable[M], *, bulk: bool = True, clear: bool = False) -> None:
            """Async twin of `set`."""

        def remove(self, *rows: M, bulk: bool = True) -> None:
            """Delete rows that point here."""

        async def aremove(self, *rows: M, bulk: bool = True) -> None:
            """Async twin of `remove`."""

        def clear(self, *, bulk: bool = True) -> None:
            """Delete all rows that point here."""

        async def aclear(self, *, bulk: bool = True) -> None:
            """Async twin of `clear`."""


class _GenericMethods:
    instance: Any
    relation: Any  # a GenericRelation, which is a descriptor: the type would be read as its manager
    model: Any

    do_not_call_in_templates = True  # {{ lion.tags.all }} means this manager, and not a call for another one

    def __call__(self, *, manager: str) -> Any:
        """Return the same rows, beginning with another manager of their model."""
        return generic_manager(self.relation, getattr(self.model, manager))(self.instance)

    def get_queryset(self) -> Any:
        """Return the rows that point to the instance; those prefetched, if they were."""
        relation, instance = self.relation, self.instance
        cached = instance.__dict__.get("_prefetched")
        if cached is not None and relation.name in cached:
            return cached[relation.name]
        rows = cast("Any", super()).get_queryset()
        key = kept_key_of(instance)
        if key is None:
            return rows.none()
        if instance.__dict__["_s"].database is not None and rows._using is None:
            rows = rows.using(instance._read_database(self.model))
        # A content type that is not known yet is found by its name, in the same query: this may be no place to wait.
        known = relation.types.db_manager(rows.database).known_for_model(instance, relation.for_concrete_model)
        if known is not None:
            wanted = {relation.content_type_attname: known.pk}
        else:
            meta = (instance._meta.concrete_model if relation.for_concrete_model else type(instance))._meta
            name = relation.content_type_field_name
            wanted = {f"{name}__app_label": meta.app_label, f"{name}__model": meta.model_name}
        rows = rows.filter(**wanted, **{relation.object_id_field_name: key})
        rows._hints = {"instance": instance}
        rows._convert = self._know_owner
        return rows

    def _know_owner(self, rows: list[Any]) -> list[Any]:
        back = self.relation.foreign_key()
        if back is not None and not self.instance._meta.proxy:
            for row in rows:
                if isinstance(row, self.model):
                    row.__dict__[back.name] = self.instance
        return rows

    def _forget(self) -> None:
        self.instance.__dict__.get("_prefetched", {}).pop(self.relation.name, None)

    def _database(self) -> Database:
        using = cast("Any", self)._using
        if isinstance(using, Database):
            return using
        if using is not None:
            return current_databases()[using]
        return current_databases().for_write(self.model, instance=self.instance)

    def _ends(self, database: Database) -> dict[str, Any]:
        relation = self.relation
        return {
            relation.content_type_field_name: relation.content_type(self.instance, database),
            relation.object_id_field_name: kept_key_of(self.instance),
        }

    def _adopt(self, row: Any, ends: Mapping[str, Any]) -> None:
        if not isinstance(row, self.model):
            raise UnrelatedRow(f"'{self.model._meta.object_name}' instance expected, got {row!r:.80}")
        for name, value in ends.items():
            setattr(row, name, value)

    @alters_data
    def add(self, *rows: Any, bulk: bool = True) -> None:
        """Make rows point here; in one statement if ``bulk``, else by saving each.

        Raises:
            UnrelatedRow: If a row is of another model.
            ValueError: If a row is not saved and ``bulk`` is true.
        """
        self._forget()
        database = self._database()
        ends = self._ends(database)
        if not bulk:
            with atomic(database, savepoint=False):
                for row in rows:
                    self._adopt(row, ends)
                    row.save(using=database)
            return
        keys = []
        for row in rows:
            if isinstance(row, self.model) and (row._state.adding or row._state.db != database.alias):
                raise ValueError(f"{row!r:.80} instance isn't saved. Use bulk=False or save the object first.")
            self._adopt(row, ends)
            keys.append(row.pk)
        self.model._base_manager.using(database).filter(pk__in=keys).update(**ends)

    @alters_data
    async def aadd(self, *rows: Any, bulk: bool = True) -> None:
        """Async twin of `add`."""
        await self._database().arun(lambda: self.add(*rows, bulk=bulk))

    @alters_data
    def remove(self, *rows: Any, bulk: bool = True) -> None:
        """Delete those among ``rows`` that point here; with one query if ``bulk``, else one by one."""
        self._delete(self._own().filter(pk__in=[row.pk for row in rows]), bulk)

    @alters_data
    async def aremove(self, *rows: Any, bulk: bool = True) -> None:
        """Async twin of `remove`."""
        await self._database().arun(lambda: self.remove(*rows, bulk=bulk))

    @alters_data
    def clear(self, *, bulk: bool = True) -> None:
        """Delete all rows that point here; with one query if ``bulk``, else one by one."""
        self._delete(self._own(), bulk)

    @alters_data
    async def aclear(self, *, bulk: bool = True) -> None:
        """Async twin of `clear`."""
        await self._database().arun(lambda: self.clear(bulk=bulk))

    def _own(self) -> Any:
        self._forget()
        return self.get_queryset().using(self._database())

    def _delete(self, rows: Any, bulk: bool) -> None:
        database = self._database()
        if bulk:
            rows.delete()
            return
        with atomic(database, savepoint=False):
            for row in rows:
                row.delete(using=database)

    @alters_data
    def set(self, rows: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Make exactly these rows point here; others that do are deleted, all of them first if ``clear``."""
        wanted = list(rows)
        with atomic(self._database(), savepoint=False):
            if clear:
                self.clear()
                self.add(*wanted, bulk=bulk)
                return
            present = set(self._own())
            new = [row for row in wanted if row not in present]
            self.remove(*(present - set(wanted)))
            self.add(*new, bulk=bulk)

    @alters_data
    async def aset(self, rows: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Async twin of `set`."""
        wanted = list(rows)
        await self._database().arun(lambda: self.set(wanted, bulk=bulk, clear=clear))

    @alters_data
    def create(self, **values: Any) -> Any:
        """Save a new row that points here."""
        self._forget()
        database = self._database()
        return self.model._default_manager.using(database).create(**{**values, **self._ends(database)})

    @alters_data
    async def acreate(self, **values: Any) -> Any:
        """Async twin of `create`."""
        return await self._database().arun(lambda: self.create(**values))

    @alters_data
    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
        """As `QuerySet.get_or_create`, for a row that points here."""
        self._forget()
        database = self._database()
        found = {**lookups, **self._ends(database)}
        return self.model._default_manager.using(database).get_or_create(defaults, **found)

    @alters_data
    async def aget_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
        """Async twin of `get_or_create`."""
        return await self._database().arun(lambda: self.get_or_create(defaults, **lookups))

    @alters_data
    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Any:
        """As `QuerySet.update_or_create`, for a row that points here."""
        self._forget()
        database = self._database()
        found = {**lookups, **self._ends(database)}
        return self.model._default_manager.using(database).update_or_create(defaults, create_defaults, **found)

    @alters_data
    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Any:
        """Async twin of `update_or_create`."""
        return await self._database().arun(lambda: self.update_or_create(defaults, create_defaults, **lookups))


def generic_manager(relation: "GenericRelation[Any]", default: Any = None) -> Any:
    """Return what makes the manager of one row's relation.

    Args:
        relation: The relation.
        default: The manager of the other model that it begins with; the default one if left out.
    """
    model = relation.related_model
    default = model._default_manager if default is None else default
    kind: Any = type("GenericRelatedObjectManager", (_GenericMethods, type(default)), {})

    def make(instance: Any) -> Any:
        manager = object.__new__(kind)
        manager.__dict__.update(default.__dict__)
        manager.instance, manager.relation, manager.model = instance, relation, model
        return manager

    return make

"""Managers of rows that point to one instance by a foreign key: where queries begin for what belongs to it."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from partita.orm.altering import alters_data
from partita.orm.databases import current_databases
from partita.orm.fields.composite import key_state
from partita.orm.managers import Manager
from partita.orm.related_rows import forget_rows, known_rows

if TYPE_CHECKING:
    from partita.orm.models import Model

    M = TypeVar("M", bound="Model")
else:
    M = TypeVar("M")

__all__ = ("RelatedManager", "related_manager")


class RelatedManager(Manager[M]):
    """The rows that point to one instance: ``artist.albums``."""

    if TYPE_CHECKING:
        instance: Any
        field: Any

        def __call__(self, *, manager: str) -> "RelatedManager[M]":
            """Return the same rows, beginning with another manager of their model."""
            ...

        def add(self, *rows: M, bulk: bool = True) -> None:
            """Make rows point here."""

        async def aadd(self, *rows: M, bulk: bool = True) -> None:
            """Async twin of `add`."""

        def set(self, rows: Iterable[M], *, bulk: bool = True, clear: bool = False) -> None:
            """Make exactly these rows point here."""

        async def aset(self, rows: Iterable[M], *, bulk: bool = True, clear: bool = False) -> None:
            """Async twin of `set`."""

        def remove(self, *rows: M, bulk: bool = True) -> None:
            """Make rows point nowhere."""

        async def aremove(self, *rows: M, bulk: bool = True) -> None:
            """Async twin of `remove`."""

        def clear(self, *, bulk: bool = True) -> None:
            """Make all rows point nowhere."""

        async def aclear(self, *, bulk: bool = True) -> None:
            """Async twin of `clear`."""


class _RelatedMethods:
    instance: Any
    field: Any
    model: Any
    accessor: str
    _using: Any

    do_not_call_in_templates = True  # {{ artist.albums.all }} means this manager, and not a call for another one

    def __call__(self, *, manager: str) -> Any:
        """Return the same rows, beginning with another manager of their model."""
        return related_manager(self.field.remote_field, getattr(self.model, manager))(self.instance)

    def get_queryset(self) -> Any:
        """Return the rows that point to the instance; those prefetched, if they were."""
        known = known_rows(self.instance, self.accessor)
        if known is not None:
            return known
        key = getattr(self.instance, self.field.target_field.attname)
        rows = cast("Any", super()).get_queryset()
        if key is None:  # the field pointed to is not the key, and empty: nothing points there
            return rows.none()
        if self._using is None and self.instance.__dict__["_s"].database is not None:
            rows = rows.using(self.instance._read_database(self.model))
        rows = rows.filter(**{self.field.name: self.instance})
        rows._hints = {"instance": self.instance}
        own = rows._convert
        rows._convert = self._know_owner if own is None else lambda found: self._know_owner(own(found))
        return rows

    def _know_owner(self, rows: list[Any]) -> list[Any]:
        name, instance = self.field.name, self.instance
        for row in rows:
            if isinstance(row, self.model):
                row.__dict__.setdefault(name, instance)  # what select_related loaded, perhaps with more, stays
        return rows

    def _forget(self) -> None:
        forget_rows(self.instance, self.accessor)

    def _check_value(self) -> None:
        """Refuse to let rows point to what the instance has not: they would point nowhere."""
        name = self.field.target_field.attname
        if key_state(getattr(self.instance, name)) is None:
            raise ValueError(
                f'"{self.instance!r:.80}" needs to have a value for field "{name}" before this relationship can be used.'
            )

    def _database(self) -> Any:
        database = self.instance.__dict__["_s"].database
        return (
            current_databases().for_write(self.model) if database is None else self.instance._read_database(self.model)
        )

    @alters_data
    def create(self, **values: Any) -> Any:
        """Save a new row that points here."""
        self._check_value()
        self._forget()
        row = self.model(**{self.field.name: self.instance, **values})
        row.save(force_insert=True, using=self._database())
        return row

    @alters_data
    async def acreate(self, **values: Any) -> Any:
        """Async twin of `create`."""
        return await self._database().arun(lambda: self.create(**values))

    @alters_data
    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
        """As `QuerySet.get_or_create`, for a row that points here."""
        self._check_value()
        self._forget()
        return self.model._base_manager.using(self._database()).get_or_create(
            defaults, **{self.field.name: self.instance, **lookups}
        )

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
        self._check_value()
        self._forget()
        rows = self.model._base_manager.using(self._database())
        return rows.update_or_create(defaults, create_defaults, **{self.field.name: self.instance, **lookups})

    @alters_data
    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Any:
        """Async twin of `update_or_create`."""
        return await self._database().arun(lambda: self.update_or_create(defaults, create_defaults, **lookups))

    @alters_data
    def add(self, *rows: Any, bulk: bool = True) -> None:
        """Make rows point here; in one statement if ``bulk``, else by saving each."""
        from partita.orm.transactions import atomic

        self._check_value()
        self._forget()
        database = self._database()
        for row in rows:
            if not isinstance(row, self.model):
                raise TypeError(f"'{self.model.__name__}' instance expected, got {row!r:.80}")
            if bulk and not row._is_pk_set():
                raise ValueError(f"{row!r:.80} instance isn't saved. Use bulk=False or save the object first.")
            setattr(row, self.field.name, self.instance)
        if bulk:
            rows_here = self.model._base_manager.using(database).filter(pk__in=[row.pk for row in rows])
            rows_here.update(**{self.field.name: self.instance})
        else:
            with atomic(database):
                for row in rows:
                    row.save(using=database)

    @alters_data
    async def aadd(self, *rows: Any, bulk: bool = True) -> None:
        """Async twin of `add`."""
        await self._database().arun(lambda: self.add(*rows, bulk=bulk))

    @alters_data
    def remove(self, *rows: Any, bulk: bool = True) -> None:
        """Make rows point nowhere; in one statement if ``bulk``, else by saving each."""
        self._check_nullable()
        key = getattr(self.instance, self.field.target_field.attname)
        for row in rows:
            if not isinstance(row, self.model):
                raise TypeError(f"'{self.model.__name__}' instance expected, got {row!r:.80}")
            if getattr(row, self.field.attname) != key:
                raise self.field.related_model.DoesNotExist(f"{row!r:.80} is not related to {self.instance!r:.80}.")
        mine = self._mine()
        self._let_go(mine.filter(pk__in=[row.pk for row in rows]), bulk)
        if len(mine.query.where) == 1:  # else some may not be among those that the manager knows
            for row in rows:
                setattr(row, self.field.name, None)

    @alters_data
    async def aremove(self, *rows: Any, bulk: bool = True) -> None:
        """Async twin of `remove`."""
        await self._database().arun(lambda: self.remove(*rows, bulk=bulk))

    @alters_data
    def clear(self, *, bulk: bool = True) -> None:
        """Make all rows point nowhere; in one statement if ``bulk``, else by saving each."""
        self._check_nullable()
        self._let_go(self._mine(), bulk)

    @alters_data
    async def aclear(self, *, bulk: bool = True) -> None:
        """Async twin of `clear`."""
        await self._database().arun(lambda: self.clear(bulk=bulk))

    def _mine(self) -> Any:
        """Return the rows that point here, as far as the manager knows them, without those prefetched."""
        rows = cast("Any", super()).get_queryset().using(self._database())
        return rows.filter(**{self.field.name: self.instance})

    def _let_go(self, rows: Any, bulk: bool) -> None:
        from partita.orm.transactions import atomic

        self._forget()
        if bulk:
            rows.update(**{self.field.name: None})
            return
        database = self._database()
        names = [self.field.name] if self.field.concrete else list(self.field.assignments(None))
        with atomic(database, savepoint=False):
            for row in rows:
                setattr(row, self.field.name, None)
                row.save(using=database, update_fields=names)

    @alters_data
    def set(self, rows: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Make exactly these rows point here, as far as others may point nowhere."""
        from partita.orm.transactions import atomic

        wanted = list(rows)
        if not self.field.null:
            self.add(*wanted, bulk=bulk)
            return
        with atomic(self._database()):
            if clear:
                self.clear(bulk=bulk)
                self.add(*wanted, bulk=bulk)
                return
            self._forget()
            present = list(self.get_queryset())
            self.remove(*[row for row in present if row not in wanted], bulk=bulk)
            self.add(*[row for row in wanted if row not in present], bulk=bulk)

    @alters_data
    async def aset(self, rows: Iterable[Any], *, bulk: bool = True, clear: bool = False) -> None:
        """Async twin of `set`."""
        await self._database().arun(lambda: self.set(rows, bulk=bulk, clear=clear))

    def _check_nullable(self) -> None:
        if not self.field.null:
            raise AttributeError(
                f"{self.field!r} is not null, so its rows cannot be taken away; delete them or move them."
            )


def related_manager(reverse: Any, beginning: Any = None) -> Any:
    """Return what makes the manager of a reverse relation, beginning with a manager of the model or its default one."""
    default = beginning or reverse.related_model._default_manager
    kind: Any = type("RelatedManager", (_RelatedMethods, type(default)), {})
    own = {"field": reverse.field, "model": reverse.related_model, "accessor": reverse.accessor}
    values = {**default.__dict__, **own}

    def make(instance: Any) -> Any:
        manager = object.__new__(kind)
        manager.__dict__.update(values)
        manager.instance = instance
        return manager

    return make

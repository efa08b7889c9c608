"""Managers of related rows: where queries begin for what belongs to one instance."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from partita.orm.databases import current_databases
from partita.orm.fields.composite import key_state
from partita.orm.managers import Manager
from partita.orm.signals import m2m_changed

if TYPE_CHECKING:
    from partita.orm.models import Model

    M = TypeVar("M", bound="Model")
else:
    M = TypeVar("M")

__all__ = ("ManyManager", "RelatedManager", "many_manager", "related_manager")


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

    def __call__(self, *, manager: str) -> Any:
        """Return the same rows, beginning with another manager of their model."""
        return related_manager(self.field.remote_field, getattr(self.model, manager))(self.instance)

    def get_queryset(self) -> Any:
        """Return the rows that point to the instance; those prefetched, if they were."""
        cached = self.instance.__dict__.get("_prefetched")
        if cached is not None and self.accessor in cached:
            return cached[self.accessor]
        key = getattr(self.instance, self.field.target_field.attname)
        rows = cast("Any", super()).get_queryset()
        if key is None:  # the field pointed to is not the key, and empty: nothing points there
            return rows.none()
        if self.instance.__dict__["_s"].database is not None:
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
        self.instance.__dict__.get("_prefetched", {}).pop(self.accessor, None)

    def _database(self) -> Any:
        database = self.instance.__dict__["_s"].database
        return (
            current_databases().for_write(self.model) if database is None else self.instance._read_database(self.model)
        )

    def create(self, **values: Any) -> Any:
        """Save a new row that points here."""
        self._forget()
        row = self.model(**{self.field.name: self.instance, **values})
        row.save(force_insert=True, using=self._database())
        return row

    async def acreate(self, **values: Any) -> Any:
        """Async twin of `create`."""
        return await self._database().arun(lambda: self.create(**values))

    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
        """As `QuerySet.get_or_create`, for a row that points here."""
        self._forget()
        return self.model._base_manager.using(self._database()).get_or_create(
            defaults, **{self.field.name: self.instance, **lookups}
        )

    async def aget_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
        """Async twin of `get_or_create`."""
        return await self._database().arun(lambda: self.get_or_create(defaults, **lookups))

    def add(self, *rows: Any, bulk: bool = True) -> None:
        """Make rows point here; in one statement if ``bulk``, else by saving each."""
        from partita.orm.transactions import atomic

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

    async def aadd(self, *rows: Any, bulk: bool = True) -> None:
        """Async twin of `add`."""
        await self._database().arun(lambda: self.add(*rows, bulk=bulk))

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

    async def aremove(self, *rows: Any, bulk: bool = True) -> None:
        """Async twin of `remove`."""
        await self._database().arun(lambda: self.remove(*rows, bulk=bulk))

    def clear(self, *, bulk: bool = True) -> None:
        """Make all rows point nowhere; in one statement if ``bulk``, else by saving each."""
        self._check_nullable()
        self._let_go(self._mine(), bulk)

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

    def make(instance: Any) -> Any:
        manager = object.__new__(kind)
        manager.__dict__.update(default.__dict__)
        manager.instance, manager.field = instance, reverse.field
        manager.model, manager.accessor = reverse.related_model, reverse.accessor
        return manager

    return make


class ManyManager(Manager[M]):
    """The rows related over a table between: ``album.genres``."""

    if TYPE_CHECKING:
        through: Any

        def add(self, *rows: M | object, through_defaults: Mapping[str, Any] | None = None) -> None:
            """Relate rows, given as instances or keys."""

        async def aadd(self, *rows: M | object, through_defaults: Mapping[str, Any] | None = None) -> None:
            """Async twin of `add`."""

        def set(
            self, rows: Iterable[M | object], *, clear: bool = False, through_defaults: Mapping[str, Any] | None = None
        ) -> None:
            """Relate exactly these rows."""

        async def aset(
            self, rows: Iterable[M | object], *, clear: bool = False, through_defaults: Mapping[str, Any] | None = None
        ) -> None:
            """Async twin of `set`."""

        def remove(self, *rows: M | object) -> None:
            """Relate rows no longer."""

        async def aremove(self, *rows: M | object) -> None:
            """Async twin of `remove`."""

        def clear(self) -> None:
            """Relate no rows."""

        async def aclear(self) -> None:
            """Async twin of `clear`."""


class _ManyMethods:
    instance: Any
    relation: Any
    forward: bool
    model: Any
    accessor: str
    own_name: str
    other_name: str

    def __call__(self, *, manager: str) -> Any:
        """Return the same rows, beginning with another manager of their model."""
        return many_manager(self.relation, self.forward, getattr(self.model, manager))(self.instance)

    @property
    def through(self) -> Any:
        """The model of the table between."""
        return self.relation.through

    def get_queryset(self) -> Any:
        """Return the related rows; those prefetched, if they were."""
        cached = self.instance.__dict__.get("_prefetched")
        if cached is not None and self.accessor in cached:
            return cached[self.accessor]
        rows = cast("Any", super()).get_queryset()
        if self.instance.__dict__["_s"].database is not None:
            rows = rows.using(self.instance._read_database(self.model))
        rows._hints = {"instance": self.instance}
        own, step = getattr(type(self.instance), self.accessor)._way_back()
        return rows._related_over(step, own, self._key())

    def _key(self) -> Any:
        own = self.through._meta.get_field(self.own_name)
        key = key_state(getattr(self.instance, own.target_field.attname))
        if key is None:
            raise ValueError(
                f"{self.instance!r:.80} needs to have a value for its key before this many-to-many relationship can be used."
            )
        return key

    def _database(self) -> Any:
        database = self.instance.__dict__["_s"].database
        return (
            current_databases().for_write(self.model) if database is None else self.instance._read_database(self.model)
        )

    def _keys(self, rows: Iterable[Any]) -> list[Any]:
        other = self.through._meta.get_field(self.other_name)
        keys = []
        for row in rows:
            if hasattr(row, "_meta"):
                if not isinstance(row, self.model._meta.concrete_model):
                    raise TypeError(f"'{self.model.__name__}' instance expected, got {row!r:.80}")
                key = key_state(getattr(row, other.target_field.attname))
                if key is None:
                    raise ValueError(
                        f'Cannot add "{row!r:.80}": the value for field "{self.other_name}" is None; save it first.'
                    )
                if row._state.db != self.instance._state.db and not current_databases().allow_relation(
                    row, self.instance
                ):
                    raise ValueError(
                        f'Cannot add "{row!r:.80}": instance is on database "{self.instance._state.db}", '
                        f'value is on database "{row._state.db}"'
                    )
                keys.append(key)
            else:
                keys.append(other.get_prep_value(row))
        return list(dict.fromkeys(keys))

    def _forget(self) -> None:
        self.instance.__dict__.get("_prefetched", {}).pop(self.accessor, None)

    def _send(self, action: str, keys: set[Any] | None, database: Any) -> None:
        if m2m_changed.has_listeners(self.through):
            m2m_changed.send(
                self.through,
                action=action,
                instance=self.instance,
                reverse=not self.forward,
                model=self.model,
                pk_set=keys,
                using=database.alias,
            )

    def add(self, *rows: Any, through_defaults: Mapping[str, Any] | None = None) -> None:
        """Relate rows, given as instances or keys; those related already stay as they are."""
        from partita.orm.transactions import atomic

        self._forget()
        database = self._database()
        with atomic(database):
            self._link(self.own_name, self.other_name, self._keys(rows), through_defaults, database, tell=True)
            if self.relation.symmetrical:
                self._link(self.other_name, self.own_name, self._keys(rows), through_defaults, database, tell=False)

    def _link(
        self, own: str, other: str, keys: list[Any], defaults: Mapping[str, Any] | None, database: Any, *, tell: bool
    ) -> None:
        between = self.through._meta
        own_attname, other_attname = between.get_field(own).attname, between.get_field(other).attname
        key = self._key()
        # Where nobody wants to hear what is new and the table has no column but the two, the database sorts it out.
        heard = tell and m2m_changed.has_listeners(self.through)
        missing = keys
        if heard or not between.auto_created:
            known = self.through._base_manager.using(database).filter(**{own: key, f"{other}__in": keys})
            present = set(known.values_list(other_attname, flat=True))
            missing = [item for item in keys if item not in present]
        if tell:
            self._send("pre_add", set(missing), database)
        values = {name: value() if callable(value) else value for name, value in (defaults or {}).items()}
        new = [self.through(**{**values, own_attname: key, other_attname: item}) for item in missing]
        self.through._base_manager.using(database).bulk_create(new, ignore_conflicts=True)
        if tell:
            self._send("post_add", set(missing), database)

    async def aadd(self, *rows: Any, through_defaults: Mapping[str, Any] | None = None) -> None:
        """Async twin of `add`."""
        await self._database().arun(lambda: self.add(*rows, through_defaults=through_defaults))

    def remove(self, *rows: Any) -> None:
        """Relate rows no longer."""
        from partita.orm.transactions import atomic

        self._forget()
        database = self._database()
        keys = self._known(self._keys(rows), database)
        with atomic(database):
            self._send("pre_remove", set(keys), database)
            between = self.through._base_manager.using(database)
            between.filter(**{self.own_name: self._key(), f"{self.other_name}__in": keys}).delete()
            if self.relation.symmetrical:
                between.filter(**{self.other_name: self._key(), f"{self.own_name}__in": keys}).delete()
            self._send("post_remove", set(keys), database)

    def _narrowed(self, database: Any) -> Any:
        """Return the keys of the rows that the manager knows, as a query; None if it knows all."""
        rows = cast("Any", super()).get_queryset()
        target = self.through._meta.get_field(self.other_name).target_field
        return rows.using(database).order_by().values(target.name) if rows.query.where else None

    def _known(self, keys: Any, database: Any) -> Any:
        narrowed = self._narrowed(database)
        if narrowed is None or not keys:
            return keys
        name = self.through._meta.get_field(self.other_name).target_field.name
        return list(narrowed.filter(**{f"{name}__in": keys}).values_list(name, flat=True))

    async def aremove(self, *rows: Any) -> None:
        """Async twin of `remove`."""
        await self._database().arun(lambda: self.remove(*rows))

    def clear(self) -> None:
        """Relate no rows."""
        from partita.orm.transactions import atomic

        self._forget()
        database = self._database()
        with atomic(database):
            self._send("pre_clear", None, database)
            between = self.through._base_manager.using(database)
            known = self._narrowed(database)
            chosen = {} if known is None else {f"{self.other_name}__in": known}
            between.filter(**{self.own_name: self._key(), **chosen}).delete()
            if self.relation.symmetrical:
                between.filter(**{self.other_name: self._key()}).delete()
            self._send("post_clear", None, database)

    async def aclear(self) -> None:
        """Async twin of `clear`."""
        await self._database().arun(self.clear)

    def set(
        self, rows: Iterable[Any], *, clear: bool = False, through_defaults: Mapping[str, Any] | None = None
    ) -> None:
        """Relate exactly these rows, with as few statements as that takes."""
        from partita.orm.transactions import atomic

        database = self._database()
        wanted = self._keys(rows)
        with atomic(database):
            if clear:
                self.clear()
                self.add(*wanted, through_defaults=through_defaults)
                return
            between = self.through._base_manager.using(database).filter(**{self.own_name: self._key()})
            attname = self.through._meta.get_field(self.other_name).attname
            present = set(between.values_list(attname, flat=True))
            if gone := present - set(wanted):
                self.remove(*gone)
            if new := [key for key in wanted if key not in present]:
                self.add(*new, through_defaults=through_defaults)
        self._forget()

    async def aset(
        self, rows: Iterable[Any], *, clear: bool = False, through_defaults: Mapping[str, Any] | None = None
    ) -> None:
        """Async twin of `set`."""
        wanted = list(rows)
        await self._database().arun(lambda: self.set(wanted, clear=clear, through_defaults=through_defaults))

    def create(self, *, through_defaults: Mapping[str, Any] | None = None, **values: Any) -> Any:
        """Save a new row and relate it."""
        from partita.orm.transactions import atomic

        database = self._database()
        with atomic(database):
            row = self.model._base_manager.using(database).create(**values)
            self.add(row, through_defaults=through_defaults)
        return row

    async def acreate(self, *, through_defaults: Mapping[str, Any] | None = None, **values: Any) -> Any:
        """Async twin of `create`."""
        return await self._database().arun(lambda: self.create(through_defaults=through_defaults, **values))

    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
        """As `QuerySet.get_or_create`, and relate the row."""
        row, created = cast("Any", super()).get_or_create(defaults, **lookups)
        self.add(row)
        return row, created

    async def aget_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> Any:
        """Async twin of `get_or_create`."""
        return await self._database().arun(lambda: self.get_or_create(defaults, **lookups))


def many_manager(field: Any, forward: bool, beginning: Any = None) -> Any:
    """Return what makes the manager of one side of a many-to-many relation, as `related_manager` does."""
    model = field.related_model if forward else field.model
    default = beginning or model._default_manager
    kind: Any = type("ManyManager", (_ManyMethods, type(default)), {})
    own, other = (field.source_name, field.target_name) if forward else (field.target_name, field.source_name)
    accessor = field.name if forward else field.remote_field.accessor

    def make(instance: Any) -> Any:
        manager = object.__new__(kind)
        manager.__dict__.update(default.__dict__)
        manager.instance, manager.relation, manager.forward = instance, field, forward
        manager.model, manager.accessor = model, accessor
        manager.own_name, manager.other_name = own, other
        return manager

    return make

"""Managers of rows behind a many-to-many relation: where queries begin for what belongs to one instance by a table between."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from partita.orm.altering import alters_data
from partita.orm.database import Database
from partita.orm.databases import current_databases
from partita.orm.fields.composite import key_state
from partita.orm.managers import Manager
from partita.orm.queryset import QuerySet
from partita.orm.related_rows import forget_rows, known_rows
from partita.orm.signals import m2m_changed

if TYPE_CHECKING:
    from partita.orm.models import Model

    M = TypeVar("M", bound="Model")
else:
    M = TypeVar("M")

__all__ = ("ManyManager", "many_manager")

_COUNTING = ("count", "acount", "exists", "aexists")


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
    _using: Any

    do_not_call_in_templates = True  # {{ artist.albums.all }} means this manager, and not a call for another one

    def __call__(self, *, manager: str) -> Any:
        """Return the same rows, beginning with another manager of their model."""
        return many_manager(self.relation, self.forward, getattr(self.model, manager))(self.instance)

    @property
    def through(self) -> Any:
        """The model of the table between."""
        return self.relation.through

    def get_queryset(self) -> Any:
        """Return the related rows; those prefetched, if they were."""
        known = known_rows(self.instance, self.accessor)
        if known is not None:
            return known
        rows = cast("Any", super()).get_queryset()
        if self._using is None and self.instance.__dict__["_s"].database is not None:
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
        forget_rows(self.instance, self.accessor)

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

    @alters_data
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
        # A table with columns of its own may refuse rows for reasons that must be heard.
        ignored = bool(between.auto_created)
        self.through._base_manager.using(database).bulk_create(new, ignore_conflicts=ignored)
        if tell:
            self._send("post_add", set(missing), database)

    @alters_data
    async def aadd(self, *rows: Any, through_defaults: Mapping[str, Any] | None = None) -> None:
        """Async twin of `add`."""
        await self._database().arun(lambda: self.add(*rows, through_defaults=through_defaults))

    @alters_data
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

    @alters_data
    async def aremove(self, *rows: Any) -> None:
        """Async twin of `remove`."""
        await self._database().arun(lambda: self.remove(*rows))

    @alters_data
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

    @alters_data
    async def aclear(self) -> None:
        """Async twin of `clear`."""
        await self._database().arun(self.clear)

    @alters_data
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

    @alters_data
    async def aset(
        self, rows: Iterable[Any], *, clear: bool = False, through_defaults: Mapping[str, Any] | None = None
    ) -> None:
        """Async twin of `set`."""
        wanted = list(rows)
        await self._database().arun(lambda: self.set(wanted, clear=clear, through_defaults=through_defaults))

    @alters_data
    def create(self, *, through_defaults: Mapping[str, Any] | None = None, **values: Any) -> Any:
        """Save a new row and relate it."""
        from partita.orm.transactions import atomic

        database = self._database()
        with atomic(database):
            row = self.model._base_manager.using(database).create(**values)
            self.add(row, through_defaults=through_defaults)
        return row

    @alters_data
    async def acreate(self, *, through_defaults: Mapping[str, Any] | None = None, **values: Any) -> Any:
        """Async twin of `create`."""
        return await self._database().arun(lambda: self.create(through_defaults=through_defaults, **values))

    @alters_data
    def get_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        through_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Any:
        """As `QuerySet.get_or_create` among the related rows; a new one is related."""
        row, created = cast("Any", super()).get_or_create(defaults, **lookups)
        if created:
            self.add(row, through_defaults=through_defaults)
        return row, created

    @alters_data
    async def aget_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        *,
        through_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Any:
        """Async twin of `get_or_create`."""
        return await self._database().arun(
            lambda: self.get_or_create(defaults, through_defaults=through_defaults, **lookups)
        )

    @alters_data
    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        *,
        through_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Any:
        """As `QuerySet.update_or_create` among the related rows; a new one is related."""
        row, created = cast("Any", super()).update_or_create(defaults, create_defaults, **lookups)
        if created:
            self.add(row, through_defaults=through_defaults)
        return row, created

    @alters_data
    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        *,
        through_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> Any:
        """Async twin of `update_or_create`."""
        return await self._database().arun(
            lambda: self.update_or_create(defaults, create_defaults, through_defaults=through_defaults, **lookups)
        )


class _CountedBetween(_ManyMethods):
    """Counts rows in the table between, where each leads to one row on the other side and nothing narrows those."""

    def count(self) -> int:
        """Return how many rows are related."""
        rows = self._between()
        return int(cast("Any", super()).count() if rows is None else rows.count())

    async def acount(self) -> int:
        """Async twin of `count`."""
        return int(await self._reading().aread(self.count))

    def exists(self) -> bool:
        """Return whether any rows are related."""
        rows = self._between()
        return bool(cast("Any", super()).exists() if rows is None else rows.exists())

    async def aexists(self) -> bool:
        """Async twin of `exists`."""
        return bool(await self._reading().aread(self.exists))

    def _between(self) -> Any:
        """Return the rows of the table between; None if they were prefetched, or the database does not hold them to lead anywhere."""
        between = self.through._meta
        other = between.get_field(self.other_name)
        if not (between.managed and other.is_foreign_key and other.db_constraint):
            return None
        if known_rows(self.instance, self.accessor) is not None:
            return None
        narrowed = {f"{self.other_name}__isnull": False} if other.null else {}
        rows: Any = QuerySet(self.through, using=self._reading())
        return rows.filter(**{self.own_name: self._key(), **narrowed})

    def _reading(self) -> Any:
        """Return where the rows would be read."""
        if self._using is not None:
            return self._using if isinstance(self._using, Database) else current_databases()[self._using]
        return self.instance._read_database(self.model)


def _is_narrowed(manager: Any) -> bool:
    """Return whether a manager or its QuerySet may know better which rows there are, or how many."""
    kind, rows = type(manager), manager.queryset_class
    if kind.get_queryset is not Manager.get_queryset or rows.__init__ is not QuerySet.__init__:
        return True
    return any(
        getattr(rows, name) is not getattr(QuerySet, name) or not hasattr(getattr(kind, name), "_shared")
        for name in _COUNTING
    )


def many_manager(field: Any, forward: bool, beginning: Any = None) -> Any:
    """Return what makes the manager of one side of a many-to-many relation, as `related_manager` does."""
    model = field.related_model if forward else field.model
    default = beginning or model._default_manager
    methods = _ManyMethods if _is_narrowed(default) else _CountedBetween
    kind: Any = type("ManyManager", (methods, type(default)), {})
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

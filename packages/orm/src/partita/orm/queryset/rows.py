"""Running a query for its rows."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, ParamSpec, Self, TypeVar, cast, overload

from partita.orm.backends import Backend
from partita.orm.compiler.groups import related_tree
from partita.orm.compiler.statements import compile_select
from partita.orm.constraints import UniqueConstraint
from partita.orm.database import Database
from partita.orm.errors import TransactionManagementError
from partita.orm.expressions import BIG, Column, Leaf, Param
from partita.orm.fields.base import Field
from partita.orm.garbage import MANY, without_collector
from partita.orm.lookups import LOOKUPS
from partita.orm.nodes import PLAIN, Condition, Group, Target, is_never, known_condition
from partita.orm.paths import Path, Step
from partita.orm.plans import Plan
from partita.orm.prefetch import prefetch
from partita.orm.prefetch_modes import FETCH_PEERS, set_mode
from partita.orm.query import Hidden, Query, every_row
from partita.orm.queryset.combining import QueryCombining
from partita.orm.queryset.slices import sliced_for_each
from partita.orm.queryset.stream import Stream
from partita.orm.watching import watch_related

__all__ = ("QueryRows",)

R = TypeVar("R")
T = TypeVar("T")
P = ParamSpec("P")
_GET_LIMIT = 21
_KEYS_AT_ONCE = 32_768  # as many parameters as every database takes in one statement
_LIMIT = Param(_GET_LIMIT, BIG)


class QueryRows(QueryCombining[R]):
    """Gives rows: all, one by one, or a single one."""

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> "Self": ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            start, stop = index.start or 0, index.stop
            if start < 0 or (stop is not None and stop < 0):
                raise ValueError("Negative indexing is not supported.")
            if self._result is not None:
                return self._result[index]
            part = self._copy(self.query.sliced(start, stop))
            return list(part)[:: index.step] if index.step else part
        if not isinstance(index, int):
            raise TypeError(f"QuerySet indices must be integers or slices, not {type(index).__name__}.")
        if index < 0:
            raise ValueError("Negative indexing is not supported; turn the order around, as in reverse()[0].")
        if self._result is not None:
            return self._result[index]
        rows = self._copy(self.query.sliced(index, index + 1))._rows()
        if not rows:
            raise IndexError(f"The query has no row {index}.")
        return rows[0]

    def _plan(
        self, backend: Backend, kind: str, query: Query, compiler: Callable[..., Plan]
    ) -> tuple[Plan, list[Leaf]]:
        leaves: list[Leaf] = []
        shape = (kind, query.shape(leaves))
        plan = backend.plans.get(shape)
        if plan is None:
            lock = self.model._meta.registry.building
            plan = backend.plans.made(shape, lock, lambda: compiler(backend, query, leaves))
        return plan, leaves

    def _rows(self) -> list[R]:
        """Return the rows, loaded now if they are not yet."""
        if self._result is None:
            if self.query.empty and self.query.combined is None:
                self._result = []
            else:
                database = self.database
                self._result = database.read(self._load, database)
        return self._result

    def _load(self, database: Database) -> list[R]:
        if self.query.lock is not None:
            held = database.held.get()
            if database.vendor != "sqlite" and (held is None or not held.depth):
                raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        plan, leaves = self._plan(database.backend, "select", self.query, compile_select)
        load: Any = plan.load
        found = database.fetch(plan.sql, plan.bind(leaves))
        given = (found, database) if self._acquainted else (found, database, False)
        rows: list[Any] = load(*given) if len(found) < MANY else without_collector(load, *given)
        if self._convert is not None:
            rows = self._convert(rows)
        if self._mode is not FETCH_PEERS and self.query.columns is None:
            set_mode(rows, self._mode, related_tree(self.query))
        if self._prefetch and rows and self.query.columns is None:
            prefetch(rows, self._prefetch, database)
        if self.query.related and self.query.columns is None:
            watch_related(rows, related_tree(self.query), plan.sql)
        return rows

    def _related_over(self, step: Step, field: Field[Any], key: Any) -> Self:
        """Keep the rows that a table between relates to ``key``."""
        lookup = _plain_lookup(field, "exact")
        rhs = lookup.prepare(field, key) if field.is_tuple else Param(key, field)
        node = Condition(Target(Column((step,), field), lookup, None, kept=False), rhs)
        return self._copy(self.query.having(where=(*self.query.where, node)))

    def _paired(self, path: Path, field: Field[Any], keys: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield each row with its key in a table between, for keys among ``keys``."""
        lookup = _plain_lookup(field, "in")
        node = Condition(Target(Column(path, field), lookup, None, kept=False), lookup.prepare(field, keys))
        query = self.query if not self.query.is_sliced else sliced_for_each(self.query, path, field)
        query = query.having(where=(node, *query.where), hidden=Hidden(path, field))
        query = query.having(annotations=tuple(a._replace(after=a.after + 1) for a in query.annotations))
        for row in self._copy(query)._rows():
            yield row, cast("Any", row).__dict__.pop("_hidden")

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows())

    async def __aiter__(self) -> AsyncIterator[R]:
        if self._result is None:
            await self._arun(self._rows)
        for row in self._rows():
            yield row

    def __len__(self) -> int:
        return len(self._rows())

    def __bool__(self) -> bool:
        return bool(self._rows())

    def __contains__(self, row: object) -> bool:
        return row in self._rows()

    def __repr__(self) -> str:
        rows = list(self[:_GET_LIMIT])
        shown: list[Any] = [*rows[:20], "...(remaining elements truncated)..."] if len(rows) > 20 else rows
        return f"<{type(self).__name__} {shown!r}>"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return a copy that asks again; what this one has loaded stays here."""
        return self._copy()

    def __getstate__(self) -> dict[str, Any]:
        self._rows()
        using = self._using
        return {
            **self.__dict__,
            "query": Query(self.model),
            "_using": using.alias if isinstance(using, Database) else using,
            "_convert": None,
            "_owned": None,
        }

    def iterator(self, chunk_size: int | None = None) -> Iterator[R]:
        """Yield rows without keeping them, ``chunk_size`` at a time (2000 unless given).

        The rows stay with the database until they are asked for, over a connection that is kept until the end: behind a cursor of
        the server in PostgreSQL, unsent in MySQL, unread in SQLite's file. MySQL sends all rows at once within a transaction.

        Raises:
            ValueError: If ``chunk_size`` is not positive, or left out after prefetch_related().
        """
        if chunk_size is None:
            if self._prefetch:
                raise ValueError("chunk_size must be provided when using QuerySet.iterator() after prefetch_related().")
        elif chunk_size <= 0:
            raise ValueError("Chunk size must be strictly positive.")
        return self._streamed(chunk_size or 2000)

    def _streamed(self, size: int) -> Iterator[R]:
        if self.query.empty and self.query.combined is None:
            return
        database = self.database
        stream = Stream(database, database.hold() if Stream.needs_connection(database) else None)
        try:
            database.bare(self._open, stream)
            while chunk := database.bare(self._chunk, stream, size):
                yield from chunk
        finally:
            database.bare(stream.close)

    async def aiterator(self, chunk_size: int = 2000) -> AsyncIterator[R]:
        """Async twin of `iterator`."""
        if chunk_size <= 0:
            raise ValueError("Chunk size must be strictly positive.")
        if self.query.empty and self.query.combined is None:
            return
        database = self.database
        stream = Stream(database, await database.ahold() if Stream.needs_connection(database) else None)
        try:
            await database.abare(self._open, stream)
            while chunk := await database.abare(self._chunk, stream, chunk_size):
                for row in chunk:
                    yield row
        finally:
            await database.abare(stream.close)

    def _open(self, stream: Stream) -> None:
        plan, leaves = self._plan(stream.database.backend, "select", self.query, compile_select)
        stream.open(plan.sql, plan.bind(leaves), plan.load)

    def _chunk(self, stream: Stream, size: int) -> list[R]:
        load: Any = stream.load
        rows = stream.next_rows(size)
        if not rows:
            return []
        chunk: list[Any] = without_collector(load, rows, stream.database)
        if self._convert is not None:
            chunk = self._convert(chunk)
        if self._mode is not FETCH_PEERS and self.query.columns is None:
            set_mode(chunk, self._mode, related_tree(self.query))
        if self._prefetch and self.query.columns is None:
            prefetch(chunk, self._prefetch, stream.database)
        return chunk

    def _arun(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return self.database.aread(function, *args, **kwargs)

    async def _awrite(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        # Routers are asked here, in the context of whoever awaits: they may have to know that it wrote.
        return await self._write_database.arun(function, *args, **kwargs)

    # -- single rows ------------------------------------------------------------------------------------------------

    def get(self, *conditions: Any, **lookups: Any) -> R:
        """Return the one row that matches.

        Raises:
            ObjectDoesNotExist: If none does.
            MultipleObjectsReturned: If several do.
        """
        rows = self._found_by(lookups) if len(lookups) == 1 and not conditions else None
        if rows is None:
            chosen = self._narrowed(conditions, lookups, negated=False) if conditions or lookups else self._copy()
            if not chosen.query.is_sliced:
                chosen.query = chosen.query.having(
                    limit=_LIMIT, order=() if chosen.query.combined is None else chosen.query.order
                )
            rows = chosen._rows()
        if len(rows) == 1:
            return rows[0]
        name = self.model._meta.object_name
        if not rows:
            raise self.model.DoesNotExist(f"{name} matching query does not exist.")
        count = f"{len(rows)}" if len(rows) < _GET_LIMIT else f"more than {_GET_LIMIT - 1}"
        raise self.model.MultipleObjectsReturned(f"get() returned more than one {name} -- it returned {count}!")

    def _found_by(self, lookups: Mapping[str, Any]) -> list[R] | None:
        """Return the rows for which one look-up of a plain value holds; None where `get` has to look at more than that.

        Most rows are asked for in this way. Everything else about such a query is known before, so that none need be made.
        """
        query = self.query
        if query is not every_row(self.model) or self._prefetch or self._mode is not FETCH_PEERS or self._convert:
            return None
        [(name, value)] = lookups.items()
        known = known_condition(self.model._meta, name, value) if type(value) in PLAIN else None
        if known is None or is_never(known):
            return None
        leaves: list[Leaf] = []
        shape = ("get", self.model, known.shape(leaves))
        leaves.append(_LIMIT)
        database = self.database
        plans = database.backend.plans
        plan = plans.get(shape)
        if plan is None:
            narrowed = query.having(where=(Group((known,)),), limit=_LIMIT, order=())
            plan, leaves = self._plan(database.backend, "select", narrowed, compile_select)
            plans.put(shape, plan)
        return database.read(self._load_by, database, plan, leaves)

    def _load_by(self, database: Database, plan: Plan, leaves: list[Leaf]) -> list[R]:
        load: Any = plan.load
        rows: list[R] = load(database.fetch(plan.sql, plan.bind(leaves)), database)
        return rows

    async def aget(self, *conditions: Any, **lookups: Any) -> R:
        """Async twin of `get`."""
        return await self._arun(self.get, *conditions, **lookups)

    def first(self) -> R | None:
        """Return the first row, by the order or else by the key; None if there is none."""
        ordered = (
            self if self.ordered or self.query.is_sliced or self.query.grouped is not None else self.order_by("pk")
        )
        if self._result is not None:
            return self._result[0] if self._result else None
        rows = ordered._copy(ordered.query.sliced(0, 1))._rows()
        return rows[0] if rows else None

    async def afirst(self) -> R | None:
        """Async twin of `first`."""
        return await self._arun(self.first)

    def last(self) -> R | None:
        """Return the last row, by the order or else by the key; None if there is none."""
        if self.query.is_sliced:
            raise TypeError("Cannot reverse a query once a slice has been taken.")
        ordered = self.reverse() if self.ordered else self.order_by("-pk")
        rows = ordered._copy(ordered.query.sliced(0, 1))._rows()
        return rows[0] if rows else None

    async def alast(self) -> R | None:
        """Async twin of `last`."""
        return await self._arun(self.last)

    def earliest(self, *fields: str) -> R:
        """Return the row with the smallest value of ``fields``, or of Meta.get_latest_by."""
        return self._edge(fields, backwards=False)

    def latest(self, *fields: str) -> R:
        """Return the row with the largest value of ``fields``, or of Meta.get_latest_by."""
        return self._edge(fields, backwards=True)

    async def aearliest(self, *fields: str) -> R:
        """Async twin of `earliest`."""
        return await self._arun(self.earliest, *fields)

    async def alatest(self, *fields: str) -> R:
        """Async twin of `latest`."""
        return await self._arun(self.latest, *fields)

    def _edge(self, fields: tuple[str, ...], *, backwards: bool) -> R:
        by = fields or self.model._meta.get_latest_by
        if not by:
            raise ValueError(
                "earliest() and latest() require either fields as positional arguments or 'get_latest_by'."
            )
        ordered = self.order_by(*((by,) if isinstance(by, str) else by))
        rows = (ordered.reverse() if backwards else ordered)[:1]._rows()
        if not rows:
            raise self.model.DoesNotExist(f"{self.model._meta.object_name} matching query does not exist.")
        return rows[0]

    def in_bulk(self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk") -> dict[Any, R]:
        """Return rows by their key, or by another unique field."""
        if self.query.is_sliced:
            raise TypeError("Cannot use 'limit' or 'offset' with in_bulk().")
        if self.query.columns is not None:
            raise TypeError("in_bulk() cannot be used with values() or values_list().")
        meta = self.model._meta
        if field_name != "pk" and not self._is_unique(field_name):
            raise ValueError(f"in_bulk()'s field_name must be a unique field but {field_name!r:.80} isn't.")
        attribute = meta.pk.attname if field_name == "pk" else meta.get_field(field_name).attname
        if id_list is None:
            return {getattr(row, attribute): row for row in self.all()}
        keys = list(id_list)
        found: dict[Any, R] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = self.filter(**{f"{field_name}__in": keys[start : start + _KEYS_AT_ONCE]})
            found.update((getattr(row, attribute), row) for row in part)
        return found

    def _is_unique(self, name: str) -> bool:
        meta = self.model._meta
        distinct = self.query.distinct
        if meta.get_field(name).unique:
            return True
        if (
            isinstance(distinct, tuple)
            and len(distinct) == 1
            and getattr(distinct[0], "field", None) is meta.get_field(name)
        ):
            return True
        return any(
            isinstance(c, UniqueConstraint) and tuple(c.fields) == (name,) and c.condition is None
            for c in meta.constraints
        )

    async def ain_bulk(self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk") -> dict[Any, R]:
        """Async twin of `in_bulk`."""
        return await self._arun(self.in_bulk, id_list, field_name=field_name)


def _plain_lookup(field: Field[Any], name: str) -> Any:
    """Return a built-in comparison, for one column or several."""
    return field.get_lookup(name).comparison if field.is_tuple else LOOKUPS[name]

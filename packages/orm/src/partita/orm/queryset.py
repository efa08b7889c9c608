"""QuerySets: queries that run when their rows are wanted."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, ParamSpec, Self, TypeVar, cast, overload

from partita.orm.aggregates import Aggregate
from partita.orm.backends import Backend
from partita.orm.compiler import (
    compile_aggregate,
    compile_aggregate_of_rows,
    compile_count,
    compile_delete,
    compile_exists,
    compile_select,
    compile_update,
)
from partita.orm.database import Database
from partita.orm.databases import current_databases
from partita.orm.errors import (
    FieldDoesNotExist,
    FieldError,
    IntegrityError,
    NotSupportedError,
    TransactionManagementError,
)
from partita.orm.expressions import (
    BIG,
    Column,
    Expression,
    Given,
    Leaf,
    Param,
    RowScope,
    Scope,
    Value,
    checked_alias,
    expression,
    value_or_expression,
)
from partita.orm.fields.base import Field
from partita.orm.lookups import LOOKUPS
from partita.orm.nodes import Condition, Group, Target
from partita.orm.ordering import resolve_order
from partita.orm.paths import Path, Step, resolve
from partita.orm.plans import Plan
from partita.orm.prefetch import Prefetch, prefetch
from partita.orm.q import Q
from partita.orm.query import Annotation, Hidden, Lock, Query, Selected

if TYPE_CHECKING:
    from partita.orm.models import Model
    from partita.orm.raw import RawQuerySet

__all__ = ("QuerySet",)

R = TypeVar("R")
T = TypeVar("T")
P = ParamSpec("P")
N = TypeVar("N", bound="Model")
_GET_LIMIT = 21


class QuerySet(Generic[R]):
    """Rows of a model, described step by step; each step gives a new QuerySet, and nothing runs until rows are wanted.

    The type argument is what a row comes as: a model, a dictionary, a tuple or a single value.
    """

    def __init__(self, model: Any = None, query: Query | None = None, using: "str | Database | None" = None) -> None:
        self.model = model
        self.query = Query(model) if query is None else query
        self._using = using
        self._result: list[R] | None = None
        self._prefetch: tuple[str | Prefetch, ...] = ()
        self._convert: Callable[[list[Any]], list[Any]] | None = None
        self._hints: dict[str, Any] = {}
        self._for_write = False

    def _copy(self, query: Query | None = None) -> Self:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._result = None
        if query is not None:
            copy.query = query
        return copy

    def _with_result(self, rows: list[Any]) -> Self:
        copy = self._copy()
        copy._result = rows
        return copy

    @property
    def _scope(self) -> Scope:
        return Scope(self.model, self.query.sources if self.query.annotations else {})

    @property
    def database(self) -> Database:
        """Where this runs."""
        using = self._using
        if isinstance(using, Database):
            return using
        databases = current_databases()
        if using is not None:
            return databases[using]
        if self._for_write:
            return databases.for_write(self.model, **self._hints)
        return databases.for_read(self.model, **self._hints)

    @property
    def db(self) -> str:
        """The alias of the database where this runs."""
        return self.database.alias

    @property
    def _write_database(self) -> Database:
        using = self._using
        if isinstance(using, Database):
            return using
        databases = current_databases()
        return databases.for_write(self.model, **self._hints) if using is None else databases[using]

    # -- narrowing --------------------------------------------------------------------------------------------------

    def all(self) -> Self:
        """Return a copy."""
        return self._copy()

    def none(self) -> Self:
        """Return no rows, without asking the database."""
        return self._copy(self.query.having(empty=True))

    def filter(self, *conditions: Any, **lookups: Any) -> Self:
        """Keep the rows for which all of these hold."""
        return self._narrowed(conditions, lookups, negated=False)

    def exclude(self, *conditions: Any, **lookups: Any) -> Self:
        """Drop the rows for which all of these hold."""
        return self._narrowed(conditions, lookups, negated=True)

    def complex_filter(self, condition: Any) -> Self:
        """Keep the rows for which a `Q` or a dictionary of look-ups holds."""
        return self.filter(condition) if isinstance(condition, Q) else self.filter(**condition)

    def _narrowed(self, conditions: tuple[Any, ...], lookups: dict[str, Any], *, negated: bool) -> Self:
        query = self.query
        if query.is_sliced and (conditions or lookups):
            raise TypeError("Cannot filter a query once a slice has been taken.")
        if query.combined is not None:
            raise NotSupportedError("A combined query cannot be filtered; filter its parts.")
        if not conditions and not lookups:
            return self._copy()
        node = Q(*conditions, **lookups).resolve(self._scope)
        if negated:
            node = Group((node,), "AND", True)
        return self._copy(query.having(where=(*query.where, node)))

    def using(self, alias: "str | Database") -> Self:
        """Run in another database."""
        copy = self._copy()
        copy._using = alias
        return copy

    # -- order and slices -------------------------------------------------------------------------------------------

    def order_by(self, *terms: Any) -> Self:
        """Order by fields (``"-year"`` for the largest first), relations, annotations or expressions; ``"?"`` at random."""
        if self.query.is_sliced:
            raise TypeError("Cannot reorder a query once a slice has been taken.")
        return self._copy(self.query.having(order=resolve_order(self._scope, terms), backwards=False))

    def reverse(self) -> Self:
        """Turn the order around."""
        if self.query.is_sliced:
            raise TypeError("Cannot reverse a query once a slice has been taken.")
        return self._copy(self.query.having(backwards=not self.query.backwards))

    @property
    def ordered(self) -> bool:
        """Whether rows come in a defined order."""
        if self.query.order is not None:
            return bool(self.query.order)
        return bool(self.model._meta.ordering) and self.query.grouped is None

    def distinct(self, *fields: str) -> Self:
        """Drop rows that are equal; with fields, keep the first of each (PostgreSQL)."""
        if self.query.is_sliced:
            raise TypeError("Cannot create distinct fields once a slice has been taken.")
        scope = self._scope
        return self._copy(self.query.having(distinct=tuple(scope.column(name) for name in fields) if fields else True))

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
        if index < 0:
            raise ValueError("Negative indexing is not supported.")
        if self._result is not None:
            return self._result[index]
        rows = self._copy(self.query.sliced(index, index + 1))._rows()
        if not rows:
            raise IndexError(f"The query has no row {index}.")
        return rows[0]

    # -- columns ----------------------------------------------------------------------------------------------------

    def annotate(self, *sources: Any, **named: Any) -> Self:
        """Add computed columns."""
        return self._annotated(sources, named, selected=True)

    def alias(self, *sources: Any, **named: Any) -> Self:
        """Name computed columns for later use without selecting them."""
        return self._annotated(sources, named, selected=False)

    def _annotated(self, sources: tuple[Any, ...], named: dict[str, Any], *, selected: bool) -> Self:
        for source in sources:
            named.setdefault(source.default_alias, source)
        query = self.query
        meta = self.model._meta
        annotations = list(query.annotations)
        columns = query.columns
        for name, source in named.items():
            if not isinstance(source, Aggregate) or name != source.simple_alias:
                checked_alias(name)
            if meta.find(name)[0] is not None and not (columns is not None and query.grouped is None):
                raise ValueError(f"The annotation '{name}' conflicts with a field on the model.")
            scope = Scope(self.model, {annotation.name: annotation.source for annotation in annotations})
            resolved = expression(source).resolve(scope)
            annotations = [known for known in annotations if known.name != name]
            annotations.append(Annotation(name, resolved, len(query.where), selected))
            if columns is not None and selected:
                from partita.orm.expressions import Ref

                if resolved.contains_aggregate and query.grouped is None:
                    query = query.having(grouped=columns)
                columns = (*columns, Selected(name, Ref(name, resolved)))
        return self._copy(query.having(annotations=tuple(annotations), columns=columns))

    def values(self, *names: Any, **named: Any) -> "QuerySet[dict[str, Any]]":
        """Give dictionaries of these columns, or of all."""
        return cast("QuerySet[dict[str, Any]]", self._columns(names, named, "dicts"))

    @overload
    def values_list(self, *names: Any, flat: Literal[True], named: bool = ...) -> "QuerySet[Any]": ...
    @overload
    def values_list(self, *names: Any, flat: bool = ..., named: bool = ...) -> "QuerySet[tuple[Any, ...]]": ...
    def values_list(self, *names: Any, flat: bool = False, named: bool = False) -> Any:
        """Give tuples of these columns, or of all.

        Args:
            names: Names of fields, or expressions.
            flat: Give bare values; for one column only.
            named: Give named tuples.
        """
        if flat and named:
            raise TypeError("'flat' and 'named' can't be used together.")
        if flat and len(names) > 1:
            raise TypeError("'flat' is not valid when values_list is called with more than one field.")
        copy: Any = self._columns(names, {}, "tuples")
        if flat:
            copy._convert = _firsts
        elif named:
            copy._convert = _namer(copy)
        return copy

    def _columns(self, names: tuple[Any, ...], named: dict[str, Any], form: str) -> Self:
        copy: Self = self
        wanted: list[Any] = []
        for name in names:
            if isinstance(name, str):
                wanted.append(name)
            else:
                label = getattr(name, "simple_alias", None) or f"expression{len(wanted)}"
                copy = copy._annotated((), {label: name}, selected=True)
                wanted.append(label)
        for alias, source in named.items():
            checked_alias(alias)
            copy = copy._annotated((), {alias: source}, selected=True)
            wanted.append(alias)
        query = copy.query
        if not names and not named:
            wanted = [field.attname for field in self.model._meta.fields]
            wanted.extend(annotation.name for annotation in query.annotations if annotation.selected)
        scope = copy._scope
        columns = tuple(Selected(name, scope.column(name)) for name in wanted)
        result = copy._copy(query.having(columns=columns, form=form, related=(), only=None))
        result._convert = None
        return result

    def only(self, *fields: str) -> Self:
        """Load these fields now and others when they are asked for."""
        self._check_fields(fields)
        return self._copy(self.query.having(only=frozenset(self._plain_names(fields)), deferred=False))

    def defer(self, *fields: str | None) -> Self:
        """Load these fields only when they are asked for; None loads all."""
        if fields == (None,):
            return self._copy(self.query.having(only=None, deferred=False))
        names = frozenset(self._plain_names(cast("tuple[str, ...]", fields)))
        self._check_fields(tuple(names))
        query = self.query
        if query.only is not None and not query.deferred:
            return self._copy(query.having(only=query.only - names))
        return self._copy(query.having(only=(query.only or frozenset()) | names, deferred=True))

    def _plain_names(self, fields: Iterable[str]) -> Iterable[str]:
        return (self.model._meta.pk.name if name == "pk" else name for name in fields)

    def _check_fields(self, fields: Iterable[str]) -> None:
        if self.query.columns is not None:
            raise TypeError("Cannot call only() or defer() after values() or values_list()")
        for name in fields:
            if resolve(self.model, name).rest:
                raise FieldDoesNotExist(f"{self.model.__name__} has no field named {name!r:.80}")

    # -- related rows -----------------------------------------------------------------------------------------------

    def select_related(self, *names: str | None) -> Self:
        """Load related rows in the same query; without names, all that are not null; with None, none."""
        if self.query.columns is not None:
            raise TypeError("Cannot call .select_related() after .values() or .values_list()")
        if names == (None,):
            return self._copy(self.query.having(related=()))
        if not names:
            return self._copy(self.query.having(related=True))
        given = cast("tuple[str, ...]", names)
        for name in given:
            self._check_related(name)
        known = self.query.related if isinstance(self.query.related, tuple) else ()
        return self._copy(self.query.having(related=(*known, *given)))

    def _check_related(self, name: str) -> None:
        model = self.model
        for part in name.split("__"):
            found = model._meta.find(part)[0]
            if found is None or not found.is_relation or found.many_to_many or found.one_to_many:
                choices = ", ".join(
                    f.name for f in model._meta.get_fields() if f.is_relation and (f.many_to_one or f.one_to_one)
                )
                raise FieldError(
                    f"Invalid field name(s) given in select_related: {part!r:.80}. Choices are: {choices or '(none)'}"
                )
            model = found.steps()[-1].model

    def prefetch_related(self, *lookups: "str | Prefetch | None") -> Self:
        """Load related rows, also many, with one more query for each relation; None forgets those asked before."""
        copy = self._copy()
        copy._prefetch = () if lookups == (None,) else (*self._prefetch, *cast("tuple[str | Prefetch, ...]", lookups))
        return copy

    def select_for_update(
        self, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = (), no_key: bool = False
    ) -> Self:
        """Lock the rows until the transaction ends."""
        if nowait and skip_locked:
            raise ValueError("The nowait option cannot be used with skip_locked.")
        copy = self._copy(self.query.having(lock=Lock(nowait, skip_locked, tuple(of), no_key)))
        copy._for_write = True
        return copy

    # -- combining --------------------------------------------------------------------------------------------------

    def union(self, *others: "QuerySet[Any]", all: bool = False) -> Self:
        """Return rows of any of the queries, equal ones once unless ``all``."""
        return self._combine("union_all" if all else "union", others)

    def intersection(self, *others: "QuerySet[Any]") -> Self:
        """Return rows that all the queries have."""
        return self._combine("intersection", others)

    def difference(self, *others: "QuerySet[Any]") -> Self:
        """Return rows that only this query has."""
        return self._combine("difference", others)

    def _combine(self, kind: str, others: "tuple[QuerySet[Any], ...]") -> Self:
        queries = tuple(
            part.query
            for part in cast("tuple[QuerySet[Any], ...]", (self, *others))
            if not part.query.empty or kind != "union"
        )
        if len(queries) == 1 and kind.startswith("union"):
            return self._copy(queries[0])
        return self._copy(Query(self.model, order=(), combined=(kind, queries), columns=None))

    def __and__(self, other: "QuerySet[Any]") -> Self:
        if self.query.empty or other.query.empty:
            return self.none()
        return self._copy(self.query.having(where=(*self.query.where, *other.query.where)))

    def __or__(self, other: "QuerySet[Any]") -> Self:
        if self.query.empty:
            return cast("Self", other._copy())
        if other.query.empty or not self.query.where:
            return self._copy()
        if not other.query.where:
            return cast("Self", other._copy())
        either = Group((Group(self.query.where), Group(other.query.where)), "OR")
        return self._copy(self.query.having(where=(either,)))

    # -- running ----------------------------------------------------------------------------------------------------

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
                self._result = database.perform(self._load, database)
        return self._result

    def _load(self, database: Database) -> list[R]:
        if self.query.lock is not None:
            held = database.held.get()
            if database.vendor != "sqlite" and (held is None or not held.depth):
                raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        plan, leaves = self._plan(database.backend, "select", self.query, compile_select)
        load: Any = plan.load
        rows: list[Any] = load(database.fetch(plan.sql, plan.bind(leaves)), database)
        if self._convert is not None:
            rows = self._convert(rows)
        if self._prefetch and rows and self.query.columns is None:
            prefetch(rows, self._prefetch, database)
        return rows

    def _related_over(self, step: Step, field: Field[Any], key: Any) -> Self:
        """Keep the rows that a table between relates to ``key``."""
        lookup = LOOKUPS["exact"]
        node = Condition(Target(Column((step,), field), lookup, None, kept=False), Param(key, field))
        return self._copy(self.query.having(where=(*self.query.where, node)))

    def _paired(self, path: Path, field: Field[Any], keys: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Yield each row with its key in a table between, for keys among ``keys``."""
        if self.query.is_sliced:
            raise FieldError("A sliced queryset cannot be prefetched: the slice would cut across all owners.")
        lookup = LOOKUPS["in"]
        node = Condition(Target(Column(path, field), lookup, None, kept=False), lookup.prepare(field, keys))
        query = self.query.having(where=(node, *self.query.where), hidden=Hidden(path, field))
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

    def __getstate__(self) -> dict[str, Any]:
        self._rows()
        using = self._using
        return {
            **self.__dict__,
            "query": Query(self.model),
            "_using": using.alias if isinstance(using, Database) else using,
            "_convert": None,
        }

    def iterator(self, chunk_size: int = 2000) -> Iterator[R]:
        """Yield rows without keeping them; instances are made ``chunk_size`` at a time."""
        database = self.database
        if self.query.empty:
            return
        plan, leaves = self._plan(database.backend, "select", self.query, compile_select)
        load: Any = plan.load
        rows = database.perform(database.fetch, plan.sql, plan.bind(leaves))
        for start in range(0, len(rows), chunk_size):
            chunk = load(rows[start : start + chunk_size], database)
            if self._convert is not None:
                chunk = self._convert(chunk)
            if self._prefetch and self.query.columns is None:
                database.perform(prefetch, chunk, self._prefetch, database)
            yield from chunk

    async def aiterator(self, chunk_size: int = 2000) -> AsyncIterator[R]:
        """Async twin of `iterator`."""
        for row in await self._arun(lambda: list(self.iterator(chunk_size))):
            yield row

    async def _arun(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._write_database.arun(function, *args, **kwargs)

    # -- single rows ------------------------------------------------------------------------------------------------

    def get(self, *conditions: Any, **lookups: Any) -> R:
        """Return the one row that matches.

        Raises:
            ObjectDoesNotExist: If none does.
            MultipleObjectsReturned: If several do.
        """
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
        if field_name != "pk" and not self.model._meta.get_field(field_name).unique:
            raise ValueError(f"in_bulk()'s field_name must be a unique field but {field_name!r:.80} isn't.")
        rows: QuerySet[R] = self if id_list is None else self.filter(**{f"{field_name}__in": list(id_list)})
        return {getattr(row, field_name): row for row in rows.order_by()}

    async def ain_bulk(self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk") -> dict[Any, R]:
        """Async twin of `in_bulk`."""
        return await self._arun(self.in_bulk, id_list, field_name=field_name)

    # -- questions --------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """Return how many rows there are."""
        if self._result is not None:
            return len(self._result)
        if self.query.empty and self.query.combined is None:
            return 0
        database = self.database
        query = self.query.having(related=(), only=None)
        plan, leaves = self._plan(database.backend, "count", query, compile_count)
        return int(database.perform(database.fetch, plan.sql, plan.bind(leaves))[0][0])

    async def acount(self) -> int:
        """Async twin of `count`."""
        return await self._arun(self.count)

    def exists(self) -> bool:
        """Return whether there are any rows."""
        if self._result is not None:
            return bool(self._result)
        if self.query.empty and self.query.combined is None:
            return False
        database = self.database
        query = self.query.having(related=(), only=None)
        if not query.is_sliced:
            query = query.having(limit=_ONE, order=(), distinct=False)
        plan, leaves = self._plan(database.backend, "exists", query, compile_exists)
        return bool(database.perform(database.fetch, plan.sql, plan.bind(leaves)))

    async def aexists(self) -> bool:
        """Async twin of `exists`."""
        return await self._arun(self.exists)

    def contains(self, row: Any) -> bool:
        """Return whether ``row`` is among these."""
        if self.query.columns is not None:
            raise TypeError("Cannot call QuerySet.contains() after .values() or .values_list().")
        if self._result is not None:
            return row in self._result
        if row.pk is None:
            raise ValueError("QuerySet.contains() cannot be used on unsaved objects.")
        return self.filter(pk=row.pk).exists()

    async def acontains(self, row: Any) -> bool:
        """Async twin of `contains`."""
        return await self._arun(self.contains, row)

    def aggregate(self, *sources: Any, **named: Any) -> dict[str, Any]:
        """Return aggregates of all rows."""
        for source in sources:
            named.setdefault(source.default_alias, source)
        given = {source.default_alias for source in sources}
        query = self.query.having(order=(), related=(), only=None)
        windows = any(annotation.source.windowed for annotation in query.annotations)
        if query.is_sliced or query.distinct or query.aggregates or query.combined is not None or windows:
            return self._aggregate_outside(named, given)
        resolved = _resolved_aggregates(named, given, self._scope)
        if query.empty:
            return _aggregates_of_nothing(resolved)
        database = self.database
        leaves: list[Leaf] = []
        shape = ("aggregate", query.shape(leaves), tuple([(name, source.shape(leaves)) for name, source in resolved]))
        backend = database.backend
        plan = backend.plans.get(shape)
        if plan is None:
            lock = self.model._meta.registry.building
            plan = backend.plans.made(shape, lock, lambda: compile_aggregate(backend, query, leaves, resolved))
        rows = database.perform(database.fetch, plan.sql, plan.bind(leaves))
        load: Any = plan.load
        return cast("dict[str, Any]", load(rows, database)[0])

    def _aggregate_outside(self, named: dict[str, Any], given: set[str]) -> dict[str, Any]:
        """Aggregate over what the query gives, by choosing its keys in a subquery."""
        query = self.query
        windows = any(annotation.source.windowed for annotation in query.annotations)
        if query.combined is not None or query.columns is not None or query.aggregates or windows:
            return self._aggregate_rows(named, given)
        keys = query.having(related=(), only=None).as_operand()
        rows = QuerySet[Any](self.model, using=self._using).filter(pk__in=QuerySet[Any](self.model, keys))
        return rows.aggregate(**named)

    def _aggregate_rows(self, named: dict[str, Any], given: set[str]) -> dict[str, Any]:
        """Aggregate over the columns of what the query gives, in a query around it."""
        query = self.query.having(related=(), only=None)
        if not query.is_sliced:
            query = query.having(order=())
        columns = _columns_of(query)
        if query.combined is None:
            query = query.having(columns=columns, form="tuples")
        places = {name: place for place, (name, _) in enumerate(columns)}
        meta = self.model._meta
        for field in meta.fields:  # a relation by its own name as well as by its column's, and the key as pk
            if field.attname in places:
                places.setdefault(field.name, places[field.attname])
                if field is meta.pk:
                    places.setdefault("pk", places[field.attname])
        sources: Any = {name: Given(columns[place].source.output) for name, place in places.items()}
        resolved = _resolved_aggregates(named, given, RowScope(self.model, sources))
        if query.empty and query.combined is None:
            return _aggregates_of_nothing(resolved)
        database = self.database
        backend = database.backend
        leaves: list[Leaf] = []
        shape = ("rows", query.shape(leaves), tuple([(name, source.shape(leaves)) for name, source in resolved]))
        plan = backend.plans.get(shape)
        if plan is None:
            lock = meta.registry.building
            plan = backend.plans.made(
                shape, lock, lambda: compile_aggregate_of_rows(backend, query, leaves, places, resolved)
            )
        rows = database.perform(database.fetch, plan.sql, plan.bind(leaves))
        load: Any = plan.load
        return cast("dict[str, Any]", load(rows, database)[0])

    async def aaggregate(self, *sources: Any, **named: Any) -> dict[str, Any]:
        """Async twin of `aggregate`."""
        return await self._arun(lambda: self.aggregate(*sources, **named))

    def explain(self, *, format: str | None = None, analyze: bool = False) -> str:
        """Return how the database would run this.

        Raises:
            ValueError: If the options are none of those known.
        """
        database = self.database
        plan, leaves = self._plan(database.backend, "select", self.query, compile_select)
        prefix = _explain_prefix(database.vendor, format, analyze)
        rows = database.perform(database.fetch, f"{prefix} {plan.sql}", plan.bind(leaves))
        return "\n".join(" ".join(str(cell) for cell in row) for row in rows)

    async def aexplain(self, *, format: str | None = None, analyze: bool = False) -> str:
        """Async twin of `explain`."""
        return await self._arun(self.explain, format=format, analyze=analyze)

    # -- writing ----------------------------------------------------------------------------------------------------

    def create(self, **values: Any) -> R:
        """Save a new row and return it."""
        row = self.model(**values)
        row.save(force_insert=True, using=self._write_database)
        return cast("R", row)

    async def acreate(self, **values: Any) -> R:
        """Async twin of `create`."""
        return await self._arun(lambda: self.create(**values))

    def get_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[R, bool]:
        """Return the row that matches, made if there is none, and whether it was made."""
        from partita.orm.transactions import atomic

        database = self._write_database
        here = self.using(database)
        try:
            return here.get(**lookups), False
        except self.model.DoesNotExist:
            values = self._values_to_create(lookups, defaults)
            try:
                with atomic(database):
                    return here.create(**values), True
            except IntegrityError:
                try:  # somebody else made it meanwhile
                    return here.get(**lookups), False
                except self.model.DoesNotExist:
                    pass
                raise

    async def aget_or_create(self, defaults: Mapping[str, Any] | None = None, **lookups: Any) -> tuple[R, bool]:
        """Async twin of `get_or_create`."""
        return await self._arun(lambda: self.get_or_create(defaults, **lookups))

    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[R, bool]:
        """Return the row that matches, changed by ``defaults``, or a new one, and whether it was made."""
        from partita.orm.transactions import atomic

        changes = defaults or {}
        database = self._write_database
        with atomic(database):
            here = self.using(database)
            row, created = here.select_for_update().get_or_create(
                changes if create_defaults is None else create_defaults, **lookups
            )
            if created:
                return row, True
            target: Any = row
            for name, value in changes.items():
                setattr(target, name, value() if callable(value) else value)
            target.save(using=database)
        return row, False

    async def aupdate_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[R, bool]:
        """Async twin of `update_or_create`."""
        return await self._arun(lambda: self.update_or_create(defaults, create_defaults, **lookups))

    def _values_to_create(self, lookups: Mapping[str, Any], defaults: Mapping[str, Any] | None) -> dict[str, Any]:
        values = {
            name.removesuffix("__exact"): value
            for name, value in lookups.items()
            if "__" not in name.removesuffix("__exact")
        }
        values.update({name: value() if callable(value) else value for name, value in (defaults or {}).items()})
        names = {field.name for field in self.model._meta.fields} | {field.attname for field in self.model._meta.fields}
        unknown = values.keys() - names - {"pk"}
        if unknown:
            raise FieldError(f"Invalid field name(s) for model {self.model.__name__}: {sorted(unknown)[0]!r:.80}.")
        return values

    def bulk_create(
        self,
        rows: Iterable[R],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[R]:
        """Save many new rows with few statements; neither save() nor signals run.

        Args:
            rows: Instances.
            batch_size: Rows a statement, at most.
            ignore_conflicts: Skip rows that break a unique constraint.
            update_conflicts: Change the rows that are in the way: ``update_fields`` of them, found by ``unique_fields``.
        """
        from partita.orm.writing import bulk_insert

        instances: list[Any] = list(rows)
        database = self._write_database
        if instances:
            conflict = (ignore_conflicts, update_conflicts, tuple(update_fields or ()), tuple(unique_fields or ()))
            database.perform(bulk_insert, database, self.model, instances, batch_size, conflict)
        return instances

    async def abulk_create(self, rows: Iterable[R], batch_size: int | None = None, **options: Any) -> list[R]:
        """Async twin of `bulk_create`."""
        return await self._arun(lambda: self.bulk_create(rows, batch_size, **options))

    def bulk_update(self, rows: Iterable[R], fields: Collection[str], batch_size: int | None = None) -> int:
        """Save some fields of many rows with few statements; return how many rows changed."""
        from partita.orm.writing import bulk_update

        database = self._write_database
        return database.perform(bulk_update, self.using(database), list(rows), list(fields), batch_size)

    async def abulk_update(self, rows: Iterable[R], fields: Collection[str], batch_size: int | None = None) -> int:
        """Async twin of `bulk_update`."""
        return await self._arun(lambda: self.bulk_update(rows, fields, batch_size))

    def update(self, **values: Any) -> int:
        """Change all rows in one statement; return how many matched."""
        if self.query.is_sliced:
            raise TypeError("Cannot update a query once a slice has been taken.")
        if self.query.empty:
            return 0
        scope = self._scope
        assigned: list[tuple[Field[Any], Expression]] = []
        for name, value in values.items():
            field = self.model._meta.find(name)[0]
            if field is None or not field.concrete:
                raise FieldDoesNotExist(f"{self.model.__name__} has no field named {name!r:.80}")
            assigned.append((field, assigned_value(field, value, scope)))
        return self._update(assigned)

    def _update(self, assigned: "list[tuple[Field[Any], Expression]]") -> int:
        if not assigned:
            return 0
        database = self._write_database
        leaves: list[Leaf] = []
        parts = tuple([(field, source.shape(leaves)) for field, source in assigned])
        shape = ("update", self.query.shape(leaves), parts)
        backend = database.backend
        plan = backend.plans.get(shape)
        if plan is None:
            lock = self.model._meta.registry.building
            plan = backend.plans.made(shape, lock, lambda: compile_update(backend, self.query, leaves, assigned))
        return database.perform(database.run, plan.sql, plan.bind(leaves))[0]

    async def aupdate(self, **values: Any) -> int:
        """Async twin of `update`."""
        return await self._arun(lambda: self.update(**values))

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete all rows, and what depends on them; return how many went, in all and by model."""
        from partita.orm.deletion import delete_rows

        if self.query.is_sliced:
            raise TypeError("Cannot use 'limit' or 'offset' with delete().")
        if self.query.columns is not None:
            raise TypeError("Cannot call delete() after .values() or .values_list()")
        if self.query.distinct:
            raise TypeError("Cannot call delete() after .distinct().")
        database = self._write_database
        return database.perform(delete_rows, self.using(database), database)

    async def adelete(self) -> tuple[int, dict[str, int]]:
        """Async twin of `delete`."""
        return await self._arun(self.delete)

    def _raw_delete(self) -> int:
        """Delete all rows in one statement, and nothing else."""
        if self.query.empty:
            return 0
        database = self._write_database
        plan, leaves = self._plan(database.backend, "delete", self.query, compile_delete)
        return database.run(plan.sql, plan.bind(leaves))[0]

    def raw(
        self,
        raw_query: str,
        params: "Sequence[Any] | Mapping[str, Any]" = (),
        translations: Mapping[str, str] | None = None,
        using: "str | Database | None" = None,
    ) -> "RawQuerySet[Any]":
        """Return instances out of SQL of your own.

        Args:
            raw_query: With ``%s`` or ``%(name)s`` for each parameter, and ``%%`` for a percent sign.
            params: Values; never paste them into the SQL.
            translations: Names of fields by names of columns, where the two differ.
            using: A database or its alias.
        """
        from partita.orm.raw import RawQuerySet

        database = self._using if using is None else using
        return RawQuerySet(self.model, raw_query, params, translations, database)

    # -- managers ---------------------------------------------------------------------------------------------------

    @classmethod
    def as_manager(cls) -> Any:
        """Return a manager that offers this class's methods."""
        from partita.orm.managers import Manager

        return Manager.from_queryset(cls)()


def assigned_value(field: Field[Any], value: Any, scope: Scope) -> Expression:
    """Return what a column is set to."""
    if hasattr(value, "resolve") and not isinstance(value, type):
        resolved: Expression = value_or_expression(value).resolve(scope)
        if resolved.contains_aggregate:
            raise FieldError(f"Aggregate functions are not allowed in this query ({field.name}={value!r:.60}).")
        return resolved
    if hasattr(value, "query"):
        return expression(value)  # type: ignore[no-any-return]  # a Subquery
    made = Value(None)
    made.output_field = field
    made.value = field.get_prep_value(value)
    return made


def _resolved_aggregates(named: dict[str, Any], given: set[str], scope: Scope) -> list[tuple[str, Expression]]:
    resolved: list[tuple[str, Expression]] = []
    for name, source in named.items():
        if name not in given:
            checked_alias(name)
        item = expression(source).resolve(scope)
        if not item.contains_aggregate:
            raise TypeError(f"{name} is not an aggregate expression")
        resolved.append((name, item))
    return resolved


def _aggregates_of_nothing(resolved: list[tuple[str, Expression]]) -> dict[str, Any]:
    return {name: 0 if getattr(source, "function", "") == "count" else None for name, source in resolved}


def _columns_of(query: Query) -> tuple[Selected, ...]:
    """Return what a query selects, with all its annotations, one by one."""
    first = query if query.combined is None else query.combined[1][0]
    if first.columns is not None:
        return first.columns
    fields = [Selected(field.attname, Column((), field)) for field in first.model._meta.fields]
    from partita.orm.expressions import Ref

    wanted = [a for a in first.annotations if a.selected or query.combined is None]
    return (*fields, *[Selected(a.name, Ref(a.name, a.source)) for a in wanted])


def _firsts(rows: list[Any]) -> list[Any]:
    return [row[0] for row in rows]


def _namer(rows: QuerySet[Any]) -> Callable[[list[Any]], list[Any]]:
    from collections import namedtuple

    names = [name for name, _ in rows.query.columns or ()]
    kind: Any = namedtuple("Row", names)  # type: ignore[misc]  # names are known at run time only
    return lambda found: [kind._make(row) for row in found]


def _explain_prefix(vendor: str, form: str | None, analyze: bool) -> str:
    known = {"sqlite": (), "postgresql": ("TEXT", "JSON", "YAML", "XML"), "mysql": ("TRADITIONAL", "JSON")}[vendor]
    if form is not None and form.upper() not in known:
        raise ValueError(f"{form!r:.40} is not a recognized format. Allowed: {', '.join(known) or 'none'}.")
    if vendor == "sqlite":
        if analyze:
            raise ValueError("SQLite cannot analyze.")
        return "EXPLAIN QUERY PLAN"
    if vendor == "postgresql":
        options = [*(["ANALYZE"] if analyze else []), *([f"FORMAT {form.upper()}"] if form else [])]
        return f"EXPLAIN ({', '.join(options)})" if options else "EXPLAIN"
    return "ANALYZE" if analyze else f"EXPLAIN FORMAT={form.upper()}" if form else "EXPLAIN"


_LIMIT, _ONE = Param(_GET_LIMIT, BIG), Param(1, BIG)

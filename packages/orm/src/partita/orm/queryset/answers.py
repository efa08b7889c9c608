"""Questions that a query answers without rows: how many, whether any, their sum."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, cast

from partita.orm.aggregates import Aggregate
from partita.orm.compiler.statements import (
    compile_aggregate,
    compile_aggregate_of_rows,
    compile_count,
    compile_exists,
    compile_select,
)
from partita.orm.expressions import (
    BIG,
    Column,
    Expression,
    Given,
    Leaf,
    Param,
    Ref,
    RowScope,
    Scope,
    Value,
    checked_alias,
    expression,
    inlined,
)
from partita.orm.expressions.binding import rebuilt
from partita.orm.functions.comparison import Coalesce
from partita.orm.query import Query, Selected
from partita.orm.queryset.rows import QueryRows

__all__ = ("QueryAnswers",)

R = TypeVar("R")
_ONE = Param(1, BIG)
_EXPLAIN: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = MappingProxyType(
    {
        "sqlite": ((), frozenset()),
        "postgresql": (
            ("JSON", "TEXT", "XML", "YAML"),
            frozenset(
                [
                    "analyze",
                    "buffers",
                    "costs",
                    "generic_plan",
                    "memory",
                    "settings",
                    "summary",
                    "timing",
                    "verbose",
                    "wal",
                ]
            ),
        ),
        "mysql": (("JSON", "TRADITIONAL"), frozenset({"analyze"})),
    }
)


class QueryAnswers(QueryRows[R]):
    """Answers questions about all rows."""

    def count(self) -> int:
        """Return how many rows there are."""
        if self._result is not None:
            return len(self._result)
        if self.query.empty and self.query.combined is None:
            return 0
        database = self.database
        query = self.query.having(related=(), only=None)
        plan, leaves = self._plan(database.backend, "count", query, compile_count)
        return int(database.read(database.fetch, plan.sql, plan.bind(leaves))[0][0])

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
        return bool(database.read(database.fetch, plan.sql, plan.bind(leaves)))

    async def aexists(self) -> bool:
        """Async twin of `exists`."""
        return await self._arun(self.exists)

    def contains(self, obj: Any) -> bool:
        """Return whether ``obj`` is among these."""
        if self.query.columns is not None:
            raise TypeError("Cannot call QuerySet.contains() after .values() or .values_list().")
        self._refuse_combined("contains")
        if not hasattr(obj, "_meta"):
            raise TypeError("'obj' must be a model instance.")
        if obj._meta.concrete_model is not self.model._meta.concrete_model:
            return False
        if self._result is not None:
            return obj in self._result
        if not obj._is_pk_set():
            raise ValueError("QuerySet.contains() cannot be used on unsaved objects.")
        return self.filter(pk=obj.pk).exists()

    async def acontains(self, obj: Any) -> bool:
        """Async twin of `contains`."""
        return await self._arun(self.contains, obj)

    def aggregate(self, *sources: Any, **named: Any) -> dict[str, Any]:
        """Return aggregates of all rows; one may use those before it, by their names.

        Raises:
            TypeError: If something else was given, or an aggregate needs a name.
        """
        if wrong := [source for source in (*sources, *named.values()) if not hasattr(source, "resolve")]:
            raise TypeError(f"QuerySet.aggregate() received non-expression(s): {', '.join(map(str, wrong))}.")
        given = {_alias_of(source): source for source in sources}
        named = {**named, **given}
        if not named:
            return {}
        query = self.query.having(order=(), related=(), only=None)
        if query.is_sliced or query.distinct or query.combined is not None or _has_computed_rows(query):
            return self._aggregate_outside(named, given)
        resolved = _resolved_aggregates(named, given, self._scope)
        if query.empty:
            known = _aggregates_of_nothing(resolved)
            if known is not None:
                return known
        database = self.database
        leaves: list[Leaf] = []
        shape = ("aggregate", query.shape(leaves), tuple([(name, source.shape(leaves)) for name, source in resolved]))
        backend = database.backend
        plan = backend.plans.get(shape)
        if plan is None:
            lock = self.model._meta.registry.building
            plan = backend.plans.made(shape, lock, lambda: compile_aggregate(backend, query, leaves, resolved))
        rows = database.read(database.fetch, plan.sql, plan.bind(leaves))
        load: Any = plan.load
        found: dict[str, Any] = load(rows, database)[0]
        return found

    def _aggregate_outside(self, named: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Aggregate over what the query gives, by choosing its keys in a subquery."""
        query = self.query
        if query.combined is not None or query.columns is not None or query.annotations:
            return self._aggregate_rows(named, given)
        keys = query.having(related=(), only=None).as_operand()
        if not query.is_sliced:
            keys = keys.having(order=())
        every: QueryAnswers[Any] = QueryAnswers(self.model, using=self._using)
        rows = every.filter(pk__in=QueryAnswers[Any](self.model, keys))
        return rows.aggregate(*given.values(), **{name: source for name, source in named.items() if name not in given})

    def _aggregate_rows(self, named: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Aggregate over the columns of what the query gives, in a query around it."""
        query = self.query.having(related=(), only=None)
        if not query.is_sliced:
            query = query.having(order=())
        columns = _columns_of(query)
        places = {name: place for place, (name, _) in enumerate(columns)}
        meta = self.model._meta
        sources: Any
        if query.combined is None and query.grouped is None:  # rows of a model, so that they can have more columns
            sources = {a.name: Given(a.source.output) for a in query.annotations if a.name in places}
            found = _resolved_aggregates(named, given, Scope(self.model, sources, query.ways))
            resolved, more = _with_columns(found)
            places.update((name, len(columns) + place) for place, (name, _) in enumerate(more))
            query = query.having(columns=(*columns, *more), columns_after=len(query.where), form="tuples")
        else:
            for field in meta.fields:  # a relation by its own name as well as by its column's, and the key as pk
                if field.attname in places:
                    places.setdefault(field.name, places[field.attname])
                    if field is meta.pk:
                        places.setdefault("pk", places[field.attname])
            sources = {name: Given(columns[place].source.output) for name, place in places.items()}
            resolved = _resolved_aggregates(named, given, RowScope(self.model, sources))
            if query.combined is None:
                query = query.having(columns=columns, form="tuples")
        if query.empty and query.combined is None and (known := _aggregates_of_nothing(resolved)) is not None:
            return known
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
        rows = database.read(database.fetch, plan.sql, plan.bind(leaves))
        load: Any = plan.load
        return cast("dict[str, Any]", load(rows, database)[0])

    async def aaggregate(self, *sources: Any, **named: Any) -> dict[str, Any]:
        """Async twin of `aggregate`."""
        return await self._arun(lambda: self.aggregate(*sources, **named))

    def to_json(self) -> bytes:
        """Return the rows as JSON, without making instances: a list of objects, or of what values_list() gives.

        Moments are written as ISO 8601 says, decimals and UUIDs as text, bytes as base64, durations as ISO 8601.
        """
        from partita.orm.queryset.json_text import encoded

        rows = self.values() if _first_of(self.query).columns is None else self
        return encoded(cast("list[Any]", rows._rows()))

    async def ato_json(self) -> bytes:
        """Async twin of `to_json`."""
        return await self._arun(self.to_json)

    def explain(self, *, format: str | None = None, **options: Any) -> str:
        """Return how the database would run this.

        Args:
            format: ``TEXT``, ``JSON``, ``YAML`` or ``XML`` in PostgreSQL; ``TRADITIONAL`` or ``JSON`` in MySQL.
            options: ``analyze`` in PostgreSQL and MySQL; in PostgreSQL also ``buffers``, ``costs``, ``generic_plan``,
                ``memory``, ``settings``, ``summary``, ``timing``, ``verbose`` and ``wal``; all true or false.

        Raises:
            ValueError: If a format or an option is none of those.
        """
        database = self.database
        prefix = _explain_prefix(database.vendor, format, options)
        plan, leaves = self._plan(database.backend, "select", self.query, compile_select)
        rows = database.perform(database.fetch, f"{prefix} {plan.sql}", plan.bind(leaves))
        return "\n".join(" ".join(str(cell) for cell in row) for row in rows)

    async def aexplain(self, *, format: str | None = None, **options: Any) -> str:
        """Async twin of `explain`."""
        return await self._arun(lambda: self.explain(format=format, **options))


def _alias_of(source: Any) -> str:
    if not isinstance(source, Aggregate):
        raise TypeError("Complex aggregates require an alias")
    return source.default_alias


def _has_computed_rows(query: Query) -> bool:
    """Return whether an annotation groups rows, or looks at several."""
    if not query.annotations:
        return False
    return any(a.source.contains_aggregate or a.source.windowed for a in query.annotations)


def _resolved_aggregates(named: dict[str, Any], given: Collection[str], scope: Scope) -> list[tuple[str, Expression]]:
    resolved: list[tuple[str, Expression]] = []
    before: dict[str, Expression] = {}
    for name, source in named.items():
        if name not in given:
            checked_alias(name)
        here = type(scope)(scope.model, {**before, **scope.annotations}, scope.ways) if before else scope
        item: Any = expression(source).resolve(here)
        for known, meaning in before.items():
            item = inlined(item, known, meaning)
        if not item.contains_aggregate:
            raise TypeError(f"{name} is not an aggregate expression")
        resolved.append((name, item))
        if name not in scope.annotations:
            before[name] = item
    return resolved


def _with_columns(
    resolved: list[tuple[str, Expression]],
) -> tuple[list[tuple[str, Expression]], tuple[Selected, ...]]:
    """Return aggregates over rows that read their columns by name, and the columns that the rows must have for that."""
    wanted: dict[Column, Selected] = {}

    def named(column: Column) -> Expression:
        # No name of the user's has an equals sign.
        selected = wanted.setdefault(column, Selected(f"={len(wanted)}", column))
        known: Any = Given(column.output)
        return Ref(selected.name, known)

    found = [(name, rebuilt(source, named, Column)) for name, source in resolved]
    return found, tuple(wanted.values())


_UNKNOWN = object()


def _aggregates_of_nothing(resolved: list[tuple[str, Expression]]) -> dict[str, Any] | None:
    """Return the aggregates of no rows, or None if only the database knows."""
    found = {name: _of_nothing(source) for name, source in resolved}
    return None if _UNKNOWN in found.values() else found


def _of_nothing(source: Any) -> Any:
    if isinstance(source, Value):
        return source.value
    if isinstance(source, Aggregate):
        return source.empty_result_set_value if source.default is None else _of_nothing(source.default)
    if isinstance(source, Coalesce):
        for inner in source.sources:
            value = _of_nothing(inner)
            if value is not None:
                return value
        return None
    return _UNKNOWN


def _columns_of(query: Query) -> tuple[Selected, ...]:
    """Return what a query selects, with all its annotations, one by one."""
    first = _first_of(query)
    if first.columns is not None:
        return first.columns
    meta = first.model._meta
    fields = [Selected(field.attname, Column(meta.way_to(field.model), field)) for field in meta.fields]
    wanted = [a for a in first.annotations if a.selected or query.combined is None]
    return (*fields, *[Selected(a.name, Ref(a.name, a.source)) for a in wanted])


def _first_of(query: Query) -> Query:
    """Return the first of the queries that one is made of, which says what the columns are; itself, if it is not made of any."""
    while query.combined is not None:
        query = query.combined[1][0]
    return query


def _explain_prefix(vendor: str, form: str | None, given: Mapping[str, Any]) -> str:
    formats, known = _EXPLAIN[vendor]
    if form is not None and form.upper() not in formats:
        raise ValueError(
            f"{form!r:.40} is not a recognized format. "
            + (f"Allowed formats: {', '.join(formats)}" if formats else "This database does not support any formats.")
        )
    unknown = [name for name in given if name.lower() not in known]
    if unknown:
        raise ValueError(f"Unknown options: {', '.join(name[:40] for name in sorted(unknown))}")
    if vendor == "sqlite":
        return "EXPLAIN QUERY PLAN"
    if vendor == "postgresql":
        options = [f"{name.upper()} {'true' if value else 'false'}" for name, value in given.items()]
        options.extend([f"FORMAT {form.upper()}"] if form else [])
        return f"EXPLAIN ({', '.join(options)})" if options else "EXPLAIN"
    if given.get("analyze"):
        return f"ANALYZE FORMAT={form.upper()}" if form else "ANALYZE"
    return f"EXPLAIN FORMAT={form.upper()}" if form else "EXPLAIN"

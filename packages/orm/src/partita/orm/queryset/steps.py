"""The steps that describe a query; each gives a new QuerySet."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast, overload

from partita.orm.aggregates import Aggregate
from partita.orm.compiler.groups import default_order
from partita.orm.constraints import UniqueConstraint
from partita.orm.database import Database
from partita.orm.databases import current_databases
from partita.orm.errors import NotSupportedError
from partita.orm.expressions import (
    Column,
    FilteredRelation,
    Ref,
    Scope,
    Subquery,
    checked_alias,
    expression,
    inlined,
)
from partita.orm.fields import DateField, DateTimeField
from partita.orm.functions.dates import Trunc
from partita.orm.nodes import PLAIN, Group, condition, is_never, known_condition
from partita.orm.ordering import order_of_rows
from partita.orm.prefetch import Prefetch
from partita.orm.prefetch_modes import FETCH_PEERS
from partita.orm.q import REFUSED, Q
from partita.orm.query import Annotation, Lock, Query, Selected, every_row
from partita.orm.queryset.group_names import by_names_of_groups, scope_of_combined, with_named_groups
from partita.orm.queryset.own_sql import with_values
from partita.orm.queryset.row_types import maker_of, names_of

if TYPE_CHECKING:
    from partita.orm.queryset import QuerySet

__all__ = ("QuerySteps",)

R = TypeVar("R")
T = TypeVar("T")


class QuerySteps(Generic[R]):
    """Rows of a model, described step by step; each step gives a new QuerySet, and nothing runs until rows are wanted.

    The type argument is what a row comes as: a model, a dictionary, a tuple or a single value.
    """

    _owned: "Callable[[], QuerySteps[Any]] | None" = None
    _acquainted = True  # whether instances know those that were fetched with them

    def __init__(
        self,
        model: Any = None,
        query: Query | None = None,
        using: "str | Database | None" = None,
        hints: Mapping[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.query = every_row(model) if query is None else query
        self._using = using
        self._result: list[R] | None = None
        self._prefetch: tuple[str | Prefetch, ...] = ()
        self._convert: Callable[[list[Any]], list[Any]] | None = None
        self._hints: dict[str, Any] = dict(hints or {})
        self._for_write = False
        self._mode = FETCH_PEERS

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

    def _for_owners(self) -> "Callable[[list[R], Callable[[], QuerySteps[Any]]], Self]":
        """Return what makes copies of this with the rows of one owner; their second argument asks for that owner's alone.

        That is asked only where a query goes on from there, because making it for each owner would cost more than the rows.
        """
        kind = type(self)
        values = {name: value for name, value in self.__dict__.items() if name != "query"}

        def make(rows: list[R], owned: "Callable[[], QuerySteps[Any]]") -> Any:
            copy = object.__new__(kind)
            copy.__dict__.update(values)
            copy._result, copy._owned = rows, owned
            return copy

        return make

    if not TYPE_CHECKING:  # else to type checkers a QuerySet would have any attribute

        def __getattr__(self, name: str) -> Any:
            owned = self.__dict__.get("_owned")
            if name != "query" or owned is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            query = self.query = owned().query
            return query

    @property
    def _scope(self) -> Scope:
        query = self.query
        if query.filtered:
            return Scope(self.model, query.sources, query.ways)
        return Scope(self.model, query.sources if query.annotations else {})

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
    def _db(self) -> "str | Database | None":
        """What `using` was given, as Django's QuerySets call it."""
        return self._using

    @property
    def _write_database(self) -> Database:
        using = self._using
        if isinstance(using, Database):
            return using
        databases = current_databases()
        return databases.for_write(self.model, **self._hints) if using is None else databases[using]

    def _as_expression(self) -> Subquery:
        return Subquery(self)

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
        if (query.limit is not None or query.offset is not None) and (conditions or lookups):
            raise TypeError("Cannot filter a query once a slice has been taken.")
        if query.combined is not None:
            self._refuse_combined("exclude" if negated else "filter")
        if not conditions and not lookups:
            return self._copy()
        node = self._condition(conditions, lookups)
        if negated:
            node = Group((node,), "AND", True)
        return self._copy(query.having(where=(*query.where, node), empty=query.empty or is_never(node)))

    def _condition(self, conditions: tuple[Any, ...], lookups: dict[str, Any]) -> Group:
        if not conditions and len(lookups) == 1 and REFUSED.isdisjoint(lookups):
            [(name, value)] = lookups.items()
            if type(value) in PLAIN:  # what comes of a Q with one look-up, without that Q
                query = self.query
                is_named = query.annotations or query.filtered
                known = None if is_named else known_condition(self.model._meta, name, value)
                return Group((condition(self._scope, name, value) if known is None else known,))
        given = Q(*conditions, **lookups)
        if _asks_elsewhere(given):
            from partita.orm.queryset.handing_over import handed_over

            given = handed_over(self, given)
        return given.resolve(self._scope)

    def _refuse_combined(self, method: str) -> None:
        if self.query.combined is not None:
            kind = self.query.combined[0].removesuffix("_all")
            raise NotSupportedError(f"Calling QuerySet.{method}() after {kind}() is not supported.")

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
        query = self.query
        order = order_of_rows(self._scope if query.combined is None else scope_of_combined(query), terms)
        return self._copy(query.having(order=by_names_of_groups(query, order) if query.grouped else order))

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

    @property
    def totally_ordered(self) -> bool:
        """Whether the order leaves no two rows at the same place, because a unique column is part of it."""
        if not self.ordered or self.query.combined is not None:
            return False
        meta = self.model._meta
        terms = default_order(self.model) if self.query.order is None else self.query.order
        names = {
            source.field.attname
            for source in (t.sources[0] for t in terms)
            if isinstance(source, Column) and not source.path
        }
        fields = {field.attname: field for field in meta.fields}
        if any(fields[name].unique and not fields[name].null for name in names if name in fields):
            return True
        together = [tuple(group) for group in meta.unique_together]
        together.append(tuple(field.name for field in meta.pk_fields))
        together.extend(
            tuple(c.fields) for c in meta.constraints if isinstance(c, UniqueConstraint) and c.condition is None
        )
        return any(
            group and all((field := meta.get_field(name)).attname in names and not field.null for name in group)
            for group in together
        )

    def distinct(self, *fields: str) -> Self:
        """Drop rows that are equal; with fields, keep the first of each (PostgreSQL)."""
        self._refuse_combined("distinct")
        if self.query.is_sliced:
            raise TypeError("Cannot create distinct fields once a slice has been taken.")
        scope = self._scope
        return self._copy(self.query.having(distinct=tuple(scope.column(name) for name in fields) if fields else True))

    # -- columns ----------------------------------------------------------------------------------------------------

    def annotate(self, *sources: Any, **named: Any) -> Self:
        """Add computed columns."""
        self._refuse_combined("annotate")
        return self._annotated(sources, named, selected=True)

    def alias(self, *sources: Any, **named: Any) -> Self:
        """Name computed columns for later use without selecting them."""
        self._refuse_combined("alias")
        return self._annotated(sources, named, selected=False)

    def _annotated(self, sources: tuple[Any, ...], named: dict[str, Any], *, selected: bool) -> Self:
        for source in sources:
            alias = getattr(source, "simple_alias", None)
            if alias is None:
                raise TypeError(
                    "Complex annotations require an alias"
                    if hasattr(source, "resolve")
                    else f"QuerySet.annotate() received non-expression(s): {source!r:.80}."
                )
            if alias in named:
                raise ValueError(
                    f"The named annotation '{alias}' conflicts with the default name for another annotation."
                )
            named[alias] = source
        query = self.query
        meta = self.model._meta
        annotations = list(query.annotations)
        columns = query.columns
        for name, source in named.items():
            if not isinstance(source, Aggregate) or name != source.simple_alias:
                checked_alias(name)
            if meta.find(name)[0] is not None and not (columns is not None and query.grouped is None):
                raise ValueError(f"The annotation '{name}' conflicts with a field on the model.")
            if isinstance(source, FilteredRelation):
                query = query.having(filtered=(*query.filtered, source.resolved(self.model, checked_alias(name))))
                continue
            scope = Scope(self.model, {annotation.name: annotation.source for annotation in annotations}, query.ways)
            resolved = expression(source).resolve(scope)
            replaced = next((known.source for known in annotations if known.name == name), None)
            if replaced is not None:  # its old meaning lives on in the new one
                resolved = inlined(resolved, name, replaced)
            annotations = [known for known in annotations if known.name != name]
            annotations.append(Annotation(name, resolved, len(query.where), selected))
            if columns is not None and resolved.contains_aggregate and query.grouped is None:
                *others, aggregate = annotations
                query = with_named_groups(query.having(columns=columns, annotations=tuple(others)))
                annotations, columns = [*query.annotations, aggregate], query.columns or ()
            if columns is not None and selected:
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

    def rows_as(self, kind: type[T]) -> "QuerySet[T]":
        """Give rows as objects of a class, which type checkers know: the columns are what its fields are called.

        ``Album.objects.annotate(n=Count("tracks")).rows_as(AlbumRow)`` with ``class AlbumRow(NamedTuple): title: str; n: int``.

        Args:
            kind: A NamedTuple, a dataclass, a `msgspec.Struct` or a TypedDict; its fields are called like fields, relations
                (``artist__name``) or annotations.

        Raises:
            TypeError: If it is no such class.
            FieldError: If one of its fields is called like nothing that the query has.
        """
        names = names_of(kind)
        make = maker_of(kind, names)
        copy: Any = self._columns(names, {}, "dicts" if make is None else "tuples")
        copy._convert = make
        return cast("QuerySet[T]", copy)

    def _columns(self, names: tuple[Any, ...], named: dict[str, Any], form: str) -> Self:
        if self.query.combined is not None:
            return self._columns_of_parts(names, named, form)
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
        after = len(query.where) if query.grouped is None else query.columns_after
        changed = query.having(columns=columns, columns_after=after, form=form, related=(), only=None)
        result = copy._copy(changed)
        result._convert = None
        return result

    def _columns_of_parts(self, names: tuple[Any, ...], named: dict[str, Any], form: str) -> Self:
        """Return combined queries that give these columns each, but for those that give columns of their own already."""
        kind, parts = cast("tuple[str, tuple[Query, ...]]", self.query.combined)
        asked = [
            part.having(form=form)
            if part.columns is not None
            else QuerySteps[Any](part.model, part)._columns(names, named, form).query
            for part in parts
        ]
        result = self._copy(self.query.having(combined=(kind, tuple(asked)), form=form))
        result._convert = None
        return result

    def dates(self, field_name: str, kind: str, order: Literal["ASC", "DESC"] = "ASC") -> "QuerySet[dt.date]":
        """Give the dates of a field cut to ``year``, ``month``, ``week`` or ``day``, each once, in order.

        Raises:
            ValueError: If ``kind`` or ``order`` is something else.
        """
        if kind not in ("year", "month", "week", "day"):
            raise ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'.")
        return self._moments(Trunc(field_name, kind, output_field=DateField()), field_name, order)

    def datetimes(
        self, field_name: str, kind: str, order: Literal["ASC", "DESC"] = "ASC", tzinfo: dt.tzinfo | None = None
    ) -> "QuerySet[dt.datetime]":
        """Give the moments of a field cut to a part from ``year`` to ``second``, each once, in order.

        Args:
            field_name: A DateTimeField.
            kind: ``year``, ``month``, ``week``, ``day``, ``hour``, ``minute`` or ``second``.
            order: ``ASC`` or ``DESC``.
            tzinfo: Whose clocks count; the current zone's unless given.

        Raises:
            ValueError: If ``kind`` or ``order`` is something else.
        """
        if kind not in ("year", "month", "week", "day", "hour", "minute", "second"):
            raise ValueError("'kind' must be one of 'year', 'month', 'week', 'day', 'hour', 'minute', or 'second'.")
        return self._moments(Trunc(field_name, kind, output_field=DateTimeField(), tzinfo=tzinfo), field_name, order)

    def _moments(self, cut: Trunc, field_name: str, order: str) -> "QuerySet[Any]":
        if order not in ("ASC", "DESC"):
            raise ValueError("'order' must be either 'ASC' or 'DESC'.")
        alias = "datefield" if isinstance(cut.output_field, DateField) else "datetimefield"
        named: Any = self.annotate(**{alias: cut}).filter(**{f"{field_name}__isnull": False})
        rows = named.values_list(alias, flat=True).distinct().order_by(f"{'-' if order == 'DESC' else ''}{alias}")
        return cast("QuerySet[Any]", rows)

    def select_for_update(
        self, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = (), no_key: bool = False
    ) -> Self:
        """Lock the rows until the transaction ends."""
        if nowait and skip_locked:
            raise ValueError("The nowait option cannot be used with skip_locked.")
        copy = self._copy(self.query.having(lock=Lock(nowait, skip_locked, tuple(of), no_key)))
        copy._for_write = True
        return copy

    def extra(
        self,
        select: Mapping[str, str] | None = None,
        where: Sequence[str] | None = None,
        params: Sequence[Any] | None = None,
        tables: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        select_params: Sequence[Any] | None = None,
    ) -> Self:
        """Add SQL of your own, where nothing else will do; `RawSQL`, `Func` and `Exists` are safer.

        Args:
            select: SQL by alias.
            where: Conditions in SQL; all must hold.
            params: Values for ``%s`` in ``where``, in order.
            tables: Names of tables to add.
            order_by: Names of fields or of ``select``, perhaps with a minus sign before.
            select_params: Values for ``%s`` in ``select``, in order.

        Raises:
            FieldError: If a name cannot be an alias, or there are more or fewer values than places.
        """
        self._refuse_combined("extra")
        if self.query.is_sliced:
            raise TypeError("Cannot change a query once a slice has been taken.")
        copy = self._copy(self.query.having(plain=True, tables=(*self.query.tables, *(tables or ()))))
        # After values() with names, what was not named there is not asked for.
        every, columns = [field.attname for field in self.model._meta.fields], self.query.columns
        wanted = columns is None or [column.name for column in columns[: len(every)]] == every
        for alias, source in with_values((select or {}).items(), select_params or ()):
            copy = copy._annotated((), {alias: source}, selected=wanted)
        for _, source in with_values([("", sql) for sql in where or ()], params or ()):
            copy = copy._copy(copy.query.having(where=(*copy.query.where, source)))
        return copy.order_by(*order_by) if order_by else copy


def _asks_elsewhere(given: Q) -> bool:
    """Return whether a query in a condition was told where to run: that may be another database."""
    for child in given.children:
        value = child[1] if type(child) is tuple else child
        if isinstance(value, Q):
            if _asks_elsewhere(value):
                return True
        elif isinstance(value, QuerySteps) and value._using is not None:
            return True
    return False


def _firsts(rows: list[Any]) -> list[Any]:
    return [row[0] for row in rows]


def _namer(rows: "QuerySet[Any]") -> Callable[[list[Any]], list[Any]]:
    query = rows.query
    while query.combined is not None:
        query = query.combined[1][0]
    make = _maker_of_named(tuple([name for name, _ in query.columns or ()]))
    return lambda found: list(map(make, found))


@lru_cache(256)
def _maker_of_named(names: tuple[str, ...]) -> Callable[[Any], Any]:
    from collections import namedtuple

    kind: Any = namedtuple("Row", names)  # type: ignore[misc]  # names are known at run time only
    return partial(tuple.__new__, kind)  # in half of the time of _make(), which counts the columns of each row

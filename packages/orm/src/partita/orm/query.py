"""A query as an immutable tree: what is asked, with its values at the leaves."""

import re
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from partita.orm.errors import FieldError
from partita.orm.expressions import BIG, Column, Expression, Leaf, OrderBy, Param
from partita.orm.fields.base import Field
from partita.orm.paths import Path, Way

if TYPE_CHECKING:
    from partita.orm.ctes import JoinedCTE

__all__ = ("Annotation", "Hidden", "Lock", "Query", "Selected", "every_row")

_NUMBERED = re.compile(r"\$(\d+)")


class Annotation(NamedTuple):
    """A computed column.

    ``after`` counts the filters before it: it sees the joins of those, and makes its own beyond.
    """

    name: str
    source: Expression
    after: int
    selected: bool


class Selected(NamedTuple):
    """A column of `values` and `values_list`."""

    name: str
    source: Expression


class Hidden(msgspec.Struct, frozen=True):
    """A column selected beside each row for prefetching: a key in a table between."""

    path: Path
    field: Field[Any]


class Lock(msgspec.Struct, frozen=True):
    """Options of `select_for_update`."""

    nowait: bool = False
    skip_locked: bool = False
    of: tuple[str, ...] = ()
    no_key: bool = False


class Query(msgspec.Struct, frozen=True, eq=False):
    """What a QuerySet asks.

    Attributes:
        where: One node for each call of filter or exclude.
        order: None for the model's ordering.
        related: Names given to select_related, each with its path of names; True for all.
        only: Field names to load, or None; ``deferred`` says to load all but these.
        columns: What values() asks for; None for instances.
        columns_after: How many filters stood before values(), whose joins the columns share.
        form: ``instances``, ``dicts`` or ``tuples``.
        grouped: The columns that a values() before annotate() groups by.
        filtered: `FilteredRelation`s: a name, where it leads, the condition.
        tables: Tables that `extra` adds.
        ctes: Common table expressions that it joins.
        plain: Whether tables keep their names, because SQL of the user's own may call them so.
    """

    model: Any
    where: tuple[Any, ...] = ()
    order: tuple[OrderBy, ...] | None = None
    backwards: bool = False
    limit: Param | None = None
    offset: Param | None = None
    distinct: bool | tuple[Any, ...] = False
    annotations: tuple[Annotation, ...] = ()
    related: tuple[str, ...] | bool = ()
    only: frozenset[str] | None = None
    deferred: bool = False
    columns: tuple[Selected, ...] | None = None
    columns_after: int = 0
    grouped: tuple[Selected, ...] | None = None
    form: str = "instances"
    empty: bool = False
    lock: Lock | None = None
    hidden: Hidden | None = None
    combined: tuple[str, tuple["Query", ...]] | None = None
    filtered: tuple[tuple[str, Way, Any], ...] = ()
    tables: tuple[str, ...] = ()
    plain: bool = False
    ctes: "tuple[JoinedCTE, ...]" = ()  # a name that is not there at run time, because nobody decodes queries

    def having(self, **changes: Any) -> "Query":
        """Return a query with some answers changed."""
        return msgspec.structs.replace(self, **changes)

    @property
    def is_sliced(self) -> bool:
        """Whether the query has a limit or an offset."""
        return self.limit is not None or self.offset is not None

    @property
    def counts_columns(self) -> bool:
        """Whether rows are told apart, or put in order, by more than their keys, so that these do not suffice to count them."""
        if self.is_sliced and self.aggregates:  # groups are put in order by what is selected
            return True
        if not self.distinct or self.columns is not None or self.is_sliced:
            return bool(self.distinct)
        return any(a.source.multiple or a.source.windowed for a in self.annotations)

    @property
    def aggregates(self) -> bool:
        """Whether an annotation aggregates, so that rows are grouped."""
        return any(annotation.source.contains_aggregate for annotation in self.annotations)

    @property
    def sources(self) -> dict[str, Expression]:
        """The annotations by name."""
        return {annotation.name: annotation.source for annotation in self.annotations}

    @property
    def ways(self) -> "dict[str, Way]":
        """Where the names of filtered relations lead."""
        return {name: way for name, way, _ in self.filtered}

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """Append the values to ``leaves`` and return everything else, hashable."""
        parts: list[Hashable] = [
            self.model,
            self.empty,
            self.backwards,
            self.only,
            self.deferred,
            self.related,
            self.lock,
        ]
        where, order = self.where, self.order
        if len(where) == 1:
            parts.append((where[0].shape(leaves),))
        else:
            parts.append(tuple([node.shape(leaves) for node in where]) if where else ())
        parts.append(tuple([term.shape(leaves) for term in order]) if order else order)
        if self.annotations:
            parts.append(
                tuple(
                    [
                        (name, source.shape(leaves), after, selected)
                        for name, source, after, selected in self.annotations
                    ]
                )
            )
        if self.columns is not None:
            columns = tuple([(name, source.shape(leaves)) for name, source in self.columns])
            parts.append(("columns", self.form, self.columns_after, columns))
        if self.grouped is not None:
            parts.append(("grouped", tuple([(name, source.shape(leaves)) for name, source in self.grouped])))
        if self.distinct:
            fields = self.distinct if isinstance(self.distinct, tuple) else ()
            parts.append(("distinct", tuple([source.shape(leaves) for source in fields])))
        if self.filtered:
            parts.append(
                ("filtered", tuple([(name, way.base, where.shape(leaves)) for name, way, where in self.filtered]))
            )
        if self.plain:
            parts.append(("plain", self.tables))
        if self.ctes:
            parts.append(("ctes", tuple([joined.shape(leaves) for joined in self.ctes])))
        if self.hidden is not None:
            parts.append(self.hidden)
        if self.combined is not None:
            kind, queries = self.combined
            parts.append((kind, tuple([query.shape(leaves) for query in queries])))
        if self.limit is not None:
            leaves.append(self.limit)
            parts.append("limit")
        if self.offset is not None:
            leaves.append(self.offset)
            parts.append("offset")
        return tuple(parts)

    def __str__(self) -> str:
        """The SQL of the rows in the current database, with values written into it: to look at, never to run."""
        from partita.orm.compiler.statements import compile_select
        from partita.orm.databases import current_databases

        database = current_databases().for_read(self.model)
        leaves: list[Leaf] = []
        self.shape(leaves)
        plan = compile_select(database.backend, self, leaves)
        return shown(plan.sql, plan.bind(leaves), database.backend.style)

    def sliced(self, start: int, stop: int | None) -> "Query":
        """Return the rows from ``start`` to before ``stop``, counted within what this query gives."""
        low = (0 if self.offset is None else self.offset.value) + start
        size = None if stop is None else max(stop - start, 0)
        if self.limit is not None:
            rest = max(self.limit.value - start, 0)
            size = rest if size is None else min(size, rest)
        return self.having(
            offset=Param(low, BIG) if low else None,
            limit=None if size is None else Param(size, BIG),
            empty=self.empty or size == 0,
        )

    def as_operand(self, width: int = 1) -> "Query":
        """Return this query with exactly one column, or as many as a key on the other side has, for ``IN (...)``.

        Raises:
            FieldError: If values() asks for more than one.
        """
        if self.columns is None:
            pk = self.model._meta.pk
            return self.having(columns=(Selected(pk.name, Column((), pk)),), form="tuples", related=(), only=None)
        outputs: list[Any] = [selected.source.output for selected in self.columns] if width > 1 else []
        count = sum(len(output.fields) if output.is_tuple else 1 for output in outputs)
        if count != width and width > 1:
            raise ValueError(
                f"The QuerySet value for the 'in' lookup must have {width} selected fields (received {count})"
            )
        if len(self.columns) != 1 and width == 1:
            raise FieldError("The query right of __in must select exactly one column: use values('name').")
        return self

    def single_output(self) -> Field[Any]:
        """Return the field that describes the one column."""
        return self.as_operand().columns[0].source.output  # type: ignore[index]  # an operand has columns


def every_row(model: Any) -> Query:
    """Return the query that nothing was asked of yet: the same one each time, as long as the model stays as it is."""
    if model is None:
        return Query(model)
    kept: dict[Any, Any] = model._meta._loaders
    query = kept.get("every row")
    if query is None:
        query = kept["every row"] = Query(model)
    return cast("Query", query)


def shown(sql: str, params: Sequence[Any], style: str) -> str:
    """Return SQL with its values in it, for people."""
    values = iter(params)
    if style == "numeric":
        return _NUMBERED.sub(lambda found: _literal(params[int(found[1]) - 1]), sql)
    mark = "?" if style == "qmark" else "%s"
    parts = sql.split(mark)
    written = [parts[0]]
    for part in parts[1:]:
        value = next(values, None)
        written.append(_literal(value))
        written.append(part)
    return "".join(written)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    text = str(value).replace("'", "''")
    return f"'{text}'"

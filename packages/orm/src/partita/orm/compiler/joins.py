"""Tables, joins and aliases of one SELECT, and the columns and parameters in it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self
from typing import cast as typed

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, bindparam, literal_column, select, table
from sqlalchemy.sql.elements import BindParameter

from partita.orm.backends import Backend
from partita.orm.errors import FieldError
from partita.orm.expressions import F, Leaf, OuterRef, Scope
from partita.orm.fields import Field
from partita.orm.paths import FilteredStep, Path, Step
from partita.orm.query import Annotation, Query
from partita.orm.sql_elements import and_, cast
from partita.orm.sql_text import SqlContext, parsed, rendered

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.ctes import CTE, JoinedCTE

__all__ = ("Element", "Join", "Joins", "Way")

_LETTERS = "tuvwxyzabcdefghijklmnopqrs"
Element = ColumnElement[Any]
Way = tuple[tuple[Step, int], ...]


class Join:
    __slots__ = ("alias", "on", "outer")

    def __init__(self, alias: Any, on: Element, outer: bool) -> None:
        self.alias, self.on, self.outer = alias, on, outer


class Joins:
    """Compiles one SELECT; nested ones have a compiler each, which knows the one around it."""

    def __init__(
        self,
        backend: Backend,
        query: Query,
        leaves: Sequence[Leaf],
        parent: "Self | None" = None,
        *,
        bare: bool = False,
        table: Any = None,
    ) -> None:
        self.backend, self.query, self.parent = backend, query, parent
        self.vendor = backend.name
        if parent is None:
            self.indices = {id(leaf): index for index, leaf in enumerate(leaves)}
            self.converters: list[Any] = [leaf.field.to_driver(self.vendor) for leaf in leaves]
            self.leaves = leaves
            self.depth = 0
            self._made = {"count": 0}
            self.ctes: dict[int, tuple[str, Any]] = {}  # those that the statement defines
            self.changes_rows = bare
            self._kept: list[Any] = []
        else:
            self.indices, self.converters, self.leaves = parent.indices, parent.converters, parent.leaves
            self.depth = parent.depth + 1
            self._made, self._kept, self.ctes = parent._made, parent._kept, parent.ctes
            self.changes_rows = parent.changes_rows
        self.base: Any = self._base(table, bare=bare)
        self.joins: dict[Way, Join] = {}
        self._filtered: dict[Step, Way] = {}  # where the names of `FilteredRelation`s lead
        self._cte_tables: dict[int, Any] = {}
        self.columns_of_rows: dict[str, Element] = {}  # of the model, where the rows are those of a query
        self.own: int | None = None  # the filter being compiled, whose joins over many rows are its own
        self.reach = 0  # how many filters the annotation being compiled comes after
        self.correlated: list[Any] = []
        self.externals: list[tuple[Element, bool]] = []  # our columns that queries inside use, and whether of many rows
        self._annotations: dict[str, Element] = {}
        self._conditions: tuple[list[Element], list[Element]] | None = None
        self.asked: list[Element] = []  # what conditions on groups ask beside aggregates, which then tells groups apart
        self.asking = False  # whether that is being compiled
        self.beside_aggregates: list[Element] = []  # the columns of it, for MySQL and MariaDB
        self.over: list[Element] = []  # conditions on windows, which only a query around this one can ask

    def _base(self, table: Any, *, bare: bool) -> Any:
        """Return the table of the rows."""
        if table is not None:
            return table if bare else table.alias(self._alias())
        meta = self.query.model._meta
        return meta.table if bare or self.query.plain else meta.alias(self._alias())

    # -- SQL as text ------------------------------------------------------------------------------------------------

    def compile(self, node: Any) -> tuple[str, list[Any]]:
        """Return an expression as SQL with ``%s``, and its parameters; for use in ``as_sql``."""
        return self.render(node.compile(self.whole))

    def render(self, element: Any) -> tuple[str, list[Any]]:
        """Return SQLAlchemy's element as SQL with ``%s``, and its parameters."""
        return rendered(element, self.backend, self._kept)

    def written(self, node: Any, method: str) -> Element:
        """Return what an expression's own ``as_sql`` writes."""
        sql, params = getattr(node, method)(self.whole, SqlContext(self.backend))
        return self.parsed(sql, params)

    def parsed(self, sql: str, params: Sequence[Any]) -> Element:
        """Return SQL of the user's with ``%s`` and its parameters."""
        return parsed(sql, params, self.vendor, self._kept)

    def constant(self, value: Any, field: Any) -> Element:
        """Return a parameter whose value is part of the plan, because ``as_sql`` saw it."""
        convert = field.to_driver(self.vendor)
        ready = value if convert is None or value is None else convert(value)
        return bindparam(None, ready, type_=field.sql_type())

    # -- leaves and columns -----------------------------------------------------------------------------------------

    @property
    def whole(self) -> "Compiler":
        """This compiler, known as the whole of what it is."""
        return typed("Compiler", self)

    def param(self, leaf: Leaf) -> Element:
        """Return the bound parameter for a leaf."""
        index = self.indices.get(id(leaf))
        if index is None:  # a value that ``as_sql`` made up from what the shape knows
            return self.constant(leaf.value, leaf.field)
        bound: Element = bindparam(f"p{index}", type_=leaf.field.sql_type(), required=False, value=None)
        return bound

    def is_bound(self, element: Any) -> bool:
        """Return whether ``element`` is a parameter and not computed by the database."""
        return isinstance(element, BindParameter)

    def column(self, path: Path, name: str) -> Element:
        """Return a column over joins."""
        if not path and name in self.columns_of_rows:
            return self.columns_of_rows[name]
        source = self.base if not path else self.joins[self.join(path)].alias
        column: Element = source.c[name]
        return column

    def column_of(self, path: Path, field: Field[Any]) -> Element:
        """Return the column of a field over joins."""
        return self.column(path, field.column)

    def keys_of(self, source: Any, model: Any) -> list[Element]:
        """Return the columns of the key of a table, the base or that of a join."""
        return [source.c[column.name] for column in source.primary_key]

    def is_column(self, element: Any) -> bool:
        """Return whether ``element`` is a column of a table."""
        return isinstance(element, SqlColumn)

    def place(self, number: int) -> Element:
        """Return the place of what is selected, counted from one, as ORDER BY and GROUP BY take it."""
        return literal_column(str(number))

    def outer(self, name: Any) -> Element:
        """Return a column of the query around this one."""
        parent = self.parent
        if parent is None:
            raise FieldError(
                "This queryset contains a reference to an outer query and may only be used in a subquery. "
                f"The reference is OuterRef({name!r:.80})."
            )
        if isinstance(name, OuterRef):  # of the query around the one around this
            element = parent.outer(name.name)
            self.correlated.extend(parent.correlated)
            return element
        scope = Scope(parent.query.model, parent.query.sources, parent.query.ways)
        source = F(name).resolve(scope)
        element = source.compile(parent.whole)
        parent.externals.append((element, source.multiple))
        self.correlated.append(parent.base)
        self.correlated.extend(join.alias for join in parent.joins.values())
        return element

    def annotation(self, name: str) -> Element:
        """Return what an alias stands for."""
        if name not in self._annotations:
            annotation = next(known for known in self.query.annotations if known.name == name)
            self._annotations[name] = self.within(annotation, annotation.source)
        return self._annotations[name]

    def within(self, annotation: Annotation, source: Any) -> Element:
        """Return an expression that is part of an annotation, and so sees the joins that this sees."""
        own, reach = self.own, self.reach
        self.own, self.reach = None, annotation.after
        element: Element = source.compile(self.whole)
        self.own, self.reach = own, reach
        return element

    def chosen(self, source: Any) -> Element:
        """Return a column that values() asks for, which shares the joins of the filters before that."""
        own, reach = self.own, self.reach
        self.own, self.reach = None, self.query.columns_after
        element: Element = source.compile(self.whole)
        self.own, self.reach = own, reach
        return element

    def join(self, path: Path) -> Way:
        """Make the joins of ``path`` unless they are there, and return the key of the last."""
        way: Way = ()
        source, outer = self.base, False
        named = next((place for place, step in enumerate(path) if isinstance(step, FilteredStep)), None)
        if named is not None and path[named] in self._filtered:  # one name means the same rows wherever it stands
            way = self._filtered[path[named]]
            source, outer, path = self.joins[way].alias, self.joins[way].outer, path[named + 1 :]
        for step in path:
            way = (*way, (step, self._group(way, step)))
            outer = outer or step.nullable
            known = self.joins.get(way)
            if known is None:
                known = self.joins[way] = self._new_join(source, step, outer)
                if isinstance(step, FilteredStep):
                    self._filtered[step] = way
                    if step.condition is not None:
                        known.on = and_(known.on, self.filtering(step.condition))
                        self.joins[way] = self.joins.pop(way)  # after those that the condition made: tables of parents
            source, outer = known.alias, known.outer
        return way

    def _new_join(self, source: Any, step: Step, outer: bool) -> Join:
        alias = step.model._meta.alias(self._name(step))
        return Join(alias, step.on(source, alias), outer)

    def filtering(self, condition: Any) -> Element:
        """Return what a `FilteredRelation` asks of its rows."""
        own, self.own = self.own, None  # it speaks of the rows that are joined, also where it is negated
        made: Element = self.whole.where(condition, negated=0, strict=False)
        self.own = own
        return made

    def _name(self, step: Step) -> str:
        table: str = step.model._meta.db_table
        taken = self.query.plain and (
            table == self.base.name or any(join.alias.name == table for join in self.joins.values())
        )
        return table if self.query.plain and not taken else self._alias()

    def _group(self, way: Way, step: Step) -> int:
        """Return which of several joins over the same many rows is meant."""
        if not step.multiple or isinstance(step, FilteredStep):
            return 0
        if self.own is not None:
            return self.own
        for group in range(self.reach, -1, -1):  # the joins of the last filter before this
            if (*way, (step, group)) in self.joins:
                return group
        return 0

    def _need(self, way: Way) -> None:
        """Make a join an inner one, because only rows that have it can match."""
        for length in range(1, len(way) + 1):
            self.joins[way[:length]].outer = False

    def _alias(self) -> str:
        count = self._made["count"]
        self._made["count"] = count + 1
        return f"{_LETTERS[min(self.depth, 25)]}{count}"

    def froms(self) -> Any:
        """Return the base table with its joins."""
        others = [(self.cte_table(each.cte), self._on(each), each.outer) for each in self.query.ctes]
        source = self.base
        for join in self.joins.values():
            source = source.join(join.alias, join.on, isouter=join.outer)
        for other, on, outer in others:
            source = source.join(other, on, isouter=outer)
        return source

    # -- common table expressions -----------------------------------------------------------------------------------

    def cte_table(self, cte: "CTE") -> Any:
        """Return a common table expression as this SELECT joins it."""
        from partita.orm.ctes import define  # which came with the expression: few programs have one

        key = id(cte.begun)
        if key not in self._cte_tables:
            self._cte_tables[key] = define(cte, self.whole).alias(self._alias())
        return self._cte_tables[key]

    def cte_column(self, cte: "CTE", name: str) -> Element:
        """Return a column of a common table expression that this query joins, or one around it."""
        compiler: Joins | None = self
        while compiler is not None and not any(each.cte.begun is cte.begun for each in compiler.query.ctes):
            compiler = compiler.parent
        if compiler is None:
            raise FieldError(f"The query does not join {cte.name!r}; call with_cte() before its columns are used.")
        table = compiler.cte_table(cte)
        if compiler is not self:
            self.correlated.append(table)
        column: Element = table.c[f"k{list(cte.fields).index(name)}"]
        return column

    def _on(self, joined: "JoinedCTE") -> Element:
        return and_(*[source.compile(self.whole) == self.cte_column(joined.cte, name) for source, name in joined.on])

    def part_of_cte(self, query: Query, *, exact: bool) -> Any:
        """Return a query that a common table expression is made of.

        Args:
            query: Gives columns.
            exact: Whether others follow it, which must be of the same types.
        """
        inner = type(self)(self.backend, query.having(related=(), only=None), self.leaves, self).whole
        if query.combined is not None:
            statement, _ = inner.select()
        else:
            columns, _ = inner._selection()
            cells = [self._typed(column.element, column.field) if exact else column.element for column in columns]
            statement = inner.labelled(cells)
        if inner.correlated:
            raise FieldError("A common table expression stands beside the query; it cannot contain an OuterRef.")
        # No part of a UNION has an end of its own, unless it is a table.
        return self._as_table(statement) if exact and query.is_sliced else statement

    def labelled(self, columns: Sequence[Element]) -> Any:
        """Return a SELECT of columns that are called k0, k1 and so on."""
        return self.whole.statement([column.label(f"k{n}") for n, column in enumerate(columns)], ordered=False)

    def _as_table(self, statement: Any) -> Any:
        rows = statement.subquery(self._alias())
        return select(*rows.c)

    def _typed(self, element: Any, field: Any) -> Any:
        """Return what PostgreSQL takes for the same type in every part: it reads small numbers as small types."""
        is_column = self.is_column(element) or self.vendor != "postgresql"
        return element if is_column else cast(element, field.sql_type())

    def others(self) -> list[Any]:
        """Return the tables that `extra` adds."""
        return [table(name) for name in self.query.tables if name != self.base.name]

    # -- conditions -------------------------------------------------------------------------------------------------

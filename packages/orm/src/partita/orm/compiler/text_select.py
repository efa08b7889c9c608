"""A SELECT written as text at once, in the place of SQLAlchemy's expressions.

What is not known as text raises `NotPlain`, and SQLAlchemy writes it; tests hold the two to one another (docs/decisions/0010).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, cast, literal_column
from sqlalchemy.sql import operators

from partita.orm.backends import Backend
from partita.orm.compiler import Compiler
from partita.orm.compiler.joins import Join
from partita.orm.compiler.select import SelectedColumn
from partita.orm.expressions import Exists, Leaf, Negated, RawSQL
from partita.orm.fields.base import Field
from partita.orm.loaders import Loader
from partita.orm.nodes import Condition, Group
from partita.orm.paths import ColumnsStep, FilteredStep, Path, Step
from partita.orm.query import Query
from partita.orm.sql_text import parsed
from partita.orm.written import (
    PERCENT,
    Bound,
    Directed,
    Named,
    NotPlain,
    Place,
    Written,
    WrittenSelect,
    joined,
    text_of,
)

__all__ = ("TextSelect",)

_LOOKUPS = (
    "partita.orm.lookups.plain",
    "partita.orm.lookups.limits",
    "partita.orm.lookups.json",
)  # that ask nothing but what text can answer
_LIBRARIES = ("sqlalchemy.", "partita.")
_ALL = 18446744073709551615  # what MySQL's manual names for "all the rest"
_MOST_TYPES = 1000
_UNKNOWN: Any = object()
_COMMA = operators.comma_op
_SETS = {"union": "UNION", "union_all": "UNION ALL", "intersection": "INTERSECT", "difference": "EXCEPT"}


class TextSelect(Compiler):
    """Writes one SELECT, or what stands in the place of one in a statement that changes rows.

    Args:
        backend: Where it runs.
        query: What is asked.
        leaves: Its values.
        parent: The one around it, if there is one.
        bare: Whether the table keeps its name, as where rows are changed.
        table: What stands in the place of a table, under the name ``found``.

    Raises:
        NotPlain: From every method, if the query asks for more than is written here.
    """

    def __init__(
        self,
        backend: Backend,
        query: Query,
        leaves: Sequence[Leaf],
        parent: Any = None,
        *,
        bare: bool = False,
        table: WrittenSelect | None = None,
    ) -> None:
        if query.empty or type(query.distinct) is tuple or (bare and (query.plain or query.ctes)):
            raise NotPlain
        preparer: Any = backend.dialect.identifier_preparer
        self._quoted, self._format_table, self._doubled = (
            preparer.quote,
            preparer.format_table,
            preparer._double_percents,
        )
        self._tables: dict[str, str] = {}
        self._from, self._is_derived = "", table is not None
        super().__init__(backend, query, leaves, parent, bare=bare, table=table)

    # -- a SELECT ---------------------------------------------------------------------------------------------------

    def statement(self, columns: Sequence[Any], *, ordered: bool = True, labelled: bool = False) -> WrittenSelect:
        """Return a SELECT of given columns; ``labelled`` ones are called k0, k1 and so on."""
        query = self.query
        where, having = self.conditions()
        self._places = {id(column): place for place, column in enumerate(columns, 1)}
        order = self.order() if ordered or query.is_sliced else []
        beside = self._unselected(len(columns), [term for _, term in _own_terms(order)] if query.aggregates else ())
        self._places, self._is_ordered = {**self._places, **beside}, bool(order)
        groups = self.groups()
        if groups and self.vendor == "mysql" and (self.over or (having and self._has_windows())):  # see `_around`
            raise NotPlain
        if having and self.vendor == "mysql" and not self.correlated and self._hides_columns(columns, groups):
            raise NotPlain
        texts = [text_of(column, _COMMA) for column in columns or (self._constant("1"),)]
        beyond = bool(beside) or self._orders_beyond(columns, order)
        if labelled or self.over or beyond:
            texts = [f"{text} AS k{place}" for place, text in enumerate(texts)]
        if self.over or beyond:
            texts += [f"{text_of(asked, _COMMA)} AS w{place}" for place, asked in enumerate(self.over)]
            texts += [f"{text_of(term, _COMMA)} AS o{place}" for place, term in _own_terms(order)]
        distinct = "DISTINCT " if query.distinct and not self.over else ""
        parts = [f"SELECT {distinct}{', '.join(texts)} FROM {self._froms()}"]
        if where:
            parts.append(f"WHERE {joined(where, 'AND', operators.and_)}")
        if groups:
            parts.append(f"GROUP BY {', '.join([text_of(group, _COMMA) for group in groups])}")
        if having:
            parts.append(f"HAVING {joined(having, 'AND', operators.and_)}")
        if self.over or beyond:
            parts = self._outside(" ".join(parts), len(columns) or 1, order, labelled=labelled)
        elif order:
            parts.append(f"ORDER BY {', '.join([text_of(term, _COMMA) for term in order])}")
        return WrittenSelect(" ".join([*parts, *self._slice(), *self._lock()]), self, len(columns) or 1)

    def _has_windows(self) -> bool:
        query = self.query
        sources: list[Any] = [each.source for each in query.annotations]
        sources += [selected.source for selected in query.columns or ()]
        return any(source.windowed for source in (*sources, *(query.order or ())))

    def text_of_column(self, element: Any) -> str:
        """The column as it is written."""
        written: str = element.sql
        return written

    def labelled(self, columns: Sequence[Any]) -> Any:
        """A SELECT of columns that are called k0, k1 and so on."""
        return self.statement(columns, ordered=False, labelled=True)

    def _as_table(self, statement: WrittenSelect) -> WrittenSelect:
        name, width = self._alias(), statement.width
        columns = ", ".join([f"{name}.k{place} AS k{place}" for place in range(width)])
        return WrittenSelect(f"SELECT {columns} FROM ({statement.sql}) AS {name}", self, width)

    def _orders_beyond(self, columns: Sequence[Any], order: Sequence[Any]) -> bool:
        if self.query.distinct is not True or (self.correlated and self.vendor != "postgresql"):
            return False
        selected = {text_of(column, _COMMA) for column in columns}
        return any(text_of(term, _COMMA) not in selected for _, term in _own_terms(order))

    def _outside(self, inner: str, count: int, order: Sequence[Any], *, labelled: bool) -> list[str]:
        """Return a SELECT around the rows with their windows; see `_around`."""
        name = self._alias()
        columns = [f"{name}.k{place}{f' AS k{place}' if labelled else ''}" for place in range(count)]
        true = "" if self.vendor == "postgresql" else " = 1"
        where = [f"{name}.w{place}{true}" for place in range(len(self.over))]
        if self.query.distinct and self.over:
            chosen = [*[f"k{place}" for place in range(count)], *[f"o{place}" for place, _ in _own_terms(order)]]
            wanted = ", ".join([f"{name}.{column} AS {column}" for column in chosen])
            inner = f"SELECT DISTINCT {wanted} FROM ({inner}) AS {name} WHERE {' AND '.join(where)}"
            outside = self._alias()
            columns = [column.replace(f"{name}.", f"{outside}.", 1) for column in columns]
            where, name = [], outside
        parts = [f"SELECT {', '.join(columns)} FROM ({inner}) AS {name}"]
        if where:
            parts.append(f"WHERE {' AND '.join(where)}")
        terms = list(order)
        for place, _ in _own_terms(order):
            terms[place] = order[place].again(f"{name}.o{place}")
        if terms:
            parts.append(f"ORDER BY {', '.join([text_of(term, _COMMA) for term in terms])}")
        return parts

    def first_of(self, element: Any) -> Any:
        raise NotPlain

    def _lock(self) -> list[str]:
        lock = self.query.lock
        if lock is None or self.vendor == "sqlite":
            return []
        if lock.no_key or lock.of:
            raise NotPlain
        return [f"FOR UPDATE{' NOWAIT' if lock.nowait else ' SKIP LOCKED' if lock.skip_locked else ''}"]

    def _selection(self) -> tuple[list[SelectedColumn], Loader]:
        columns, load = super()._selection()
        if self.query.columns is None:  # those that values() names were looked at one by one
            fields = [column.field for column in columns if self.is_column(column.element)]
            if not all(map(self._all_ours, {getattr(field, "model", None) for field in fields})):
                raise NotPlain
        return columns, load

    def _combined(self, *, ordered: bool = True) -> tuple[Any, Loader | None]:
        query = self.query
        kind, queries = query.combined or ("", ())
        if any(part.is_sliced or part.combined is not None for part in queries):
            raise NotPlain
        texts: list[str] = []
        columns: list[SelectedColumn] = []
        loader: Loader | None = None
        for part in queries:
            inner = type(self)(self.backend, part.having(order=()), self.leaves, self)
            columns, found = inner._selection()
            loader = loader or found
            texts.append(inner.statement([column.element for column in columns], labelled=True).sql)
        parts = [f" {_SETS[kind]} ".join(texts)]
        order = [f"k{place} {'DESC' if descending else 'ASC'}" for place, descending in self._order_of_combined()]
        if order and ordered:
            parts.append(f"ORDER BY {', '.join(order)}")
        return WrittenSelect(" ".join([*parts, *self._slice()]), self, len(columns)), loader

    def _froms(self) -> str:
        tables = [(self.cte_table(each.cte), self._on(each), each.outer) for each in self.query.ctes]
        parts = [self._from]
        for join in self.joins.values():
            kind = "LEFT OUTER JOIN" if join.outer else "INNER JOIN"
            parts.append(f"{kind} {self._tables[join.alias]} AS {join.alias} ON {text_of(join.on, _COMMA)}")
        for table, on, outer in tables:
            parts.append(f"{'LEFT OUTER JOIN' if outer else 'INNER JOIN'} {table.sql} ON {text_of(on, _COMMA)}")
        return ", ".join([" ".join(parts), *self.others()])

    def others(self) -> list[Any]:
        """The tables that `extra` adds."""
        base = self.query.model._meta.db_table
        return [self._quote(name) for name in self.query.tables if name != base]

    def _slice(self) -> list[str]:
        limit, offset = self.query.limit, self.query.offset
        if self.vendor == "mysql" and offset is not None:  # which comes first there
            return [f"LIMIT {self.param(offset).sql}, {_ALL if limit is None else self.param(limit).sql}"]
        parts = []
        if limit is not None:
            parts.append(f"LIMIT {self.param(limit).sql}")
        elif offset is not None and self.vendor == "sqlite":
            parts.append("LIMIT -1")
        if offset is not None:
            parts.append(f"OFFSET {self.param(offset).sql}")
        return parts

    # -- parts ------------------------------------------------------------------------------------------------------

    def where(self, node: Any, *, negated: int, strict: bool) -> Any:
        """A comparison, or several; of what is true or false by itself only EXISTS, because some databases want ``= 1``."""
        kind = type(node)
        if kind is Condition:
            if type(node.target.lookup).__module__ not in _LOOKUPS:
                raise NotPlain
        elif kind not in (Group, Exists, Negated, RawSQL):
            raise NotPlain
        return super().where(node, negated=negated, strict=strict)

    def _any_row(self, node: Any) -> Any:
        query = self.query
        inner = type(self)(self.backend, Query(query.model, annotations=query.annotations), self.leaves, self)
        inner.own = 1
        found = inner.where(node, negated=0, strict=True)
        pairs = zip(self.keys_of(inner.base, query.model), self.keys_of(self.base, query.model), strict=True)
        asked = joined([*(here == there for here, there in pairs), found], "AND", operators.and_)
        return Written(f"EXISTS (SELECT 1 FROM {inner._froms()} WHERE {asked})", self, operators.exists)

    def _operand(self, query: Query) -> Any:
        if self.vendor == "mysql" and query.is_sliced:  # which wants a derived table around
            raise NotPlain
        return self.nested(query)

    def column(self, path: Path, name: str) -> Any:
        """A column over joins."""
        if self._is_derived:  # whose columns have other names
            raise NotPlain
        source = self.joins[self.join(path)].alias if path else self.base
        return Named(f"{source}.{self._quote(name)}", self)

    def column_of(self, path: Path, field: Field[Any]) -> Any:
        """A column over joins, of a type whose operators are the usual ones."""
        if not self._ours(field):
            raise NotPlain
        return self.column(path, field.column)

    def derived(self, place: int) -> Any:
        """A column of what stands in the place of a table, by its place there, counted from 0."""
        return Named(f"{self.base}.k{place}", self)

    def keys_of(self, source: Any, model: Any) -> list[Any]:
        """The columns of the key of a table."""
        keys = model._meta.concrete_model._meta.table.primary_key
        return [Named(f"{source}.{self._quote(column.name)}", self) for column in keys]

    def is_column(self, element: Any) -> bool:
        """Return whether this is a column of a table."""
        return type(element) is Named

    def place(self, number: int) -> Any:
        """The number."""
        return Place(str(number), self)

    def is_bound(self, element: Any) -> bool:
        """Return whether this is the mark of a parameter."""
        return type(element) is Bound

    def param(self, leaf: Leaf) -> Any:
        """The mark of a parameter, with the place of its value; see `finished`."""
        marks, index = self._marks(leaf.field), self.indices.get(id(leaf))
        if marks is None or index is None:
            raise NotPlain
        return Bound(f"{marks[0]}\x02{index}\x03{marks[1]}", self)

    def written(self, node: Any, method: str) -> Any:
        """Refuse SQL of the user's own."""
        raise NotPlain

    def render(self, element: Any) -> Any:
        """Refuse SQL of the user's own."""
        raise NotPlain

    def parsed(self, sql: str, params: Sequence[Any]) -> Any:
        """SQL of the user's with its parameters; see `partita.orm.sql_text.parsed`."""
        if "\x02" in sql or PERCENT in sql:
            raise NotPlain
        parts = parsed(sql, params, self.vendor, ()).parts
        texts = [part.replace("%", PERCENT) if isinstance(part, str) else text_of(part, _COMMA) for part in parts]
        return Written("".join(texts), self)

    def has_own_way(self, function: str) -> bool:
        """Return whether SQLAlchemy writes a function for this database in a way of its own."""
        return hasattr(self.backend.dialect.statement_compiler, f"visit_{function.lower()}_func")

    def around_cast(self, kind: Any) -> tuple[str, str]:
        """What stands before and after something that is cast to a type."""

        def write() -> str:
            return str(cast(literal_column("\x02"), kind).compile(dialect=self.backend.dialect))

        found = self._beside("cast", kind, write)
        if found is None:
            raise NotPlain
        return found

    def _base(self, table: Any, *, bare: bool) -> Any:
        if table is not None:
            self._from = f"({table.sql}) AS found"
            return "found"
        named = self._format_table(self._checked(self.query.model._meta.table))
        name = named if bare or self.query.plain else self._alias()
        self._from = named if self.query.plain else f"{named} AS {name}"
        return name

    def _new_join(self, source: Any, step: Step, outer: bool) -> Join:
        plain = step.step if type(step) is FilteredStep else step
        if type(plain) is ColumnsStep:
            pairs: Sequence[tuple[str, str]] = plain.pairs
        elif type(plain) is Step:
            pairs = ((plain.left, plain.right),)
        else:
            raise NotPlain
        alias = self._name(step)
        self._tables[alias] = self._format_table(self._checked(step.model._meta.concrete_model._meta.table))
        quote = self._quote
        on = " AND ".join([f"{source}.{quote(left)} = {alias}.{quote(right)}" for left, right in pairs])
        operator = operators.eq if len(pairs) == 1 else operators.and_
        return Join(alias, Written(on, self, operator), outer)  # type: ignore[arg-type]  # text in the place of an element

    def _name(self, step: Step) -> str:
        """A name of ours; the table's own where SQL of the user's may call it so, unless that is taken."""
        if not self.query.plain:
            return self._alias()
        table = self._quote(step.model._meta.db_table)
        taken = step.model._meta.db_table == self.query.model._meta.db_table or table in self._tables
        return self._alias() if taken else table

    # -- names and types --------------------------------------------------------------------------------------------

    def quoted(self, name: str) -> str:
        """A name as SQL has it."""
        return self._quote(name)

    def _quote(self, name: str) -> str:
        if "\x02" in name or PERCENT in name:  # which stand for something else as long as the statement is not finished
            raise NotPlain
        quoted: str = self._quoted(name)
        return quoted

    @staticmethod
    def _checked(table: Any) -> Any:
        if any(mark in f"{table.schema}{table.name}" for mark in ("\x02", PERCENT)):
            raise NotPlain
        return table

    def _constant(self, sql: str) -> Any:
        return Written(sql, self)

    def _all_ours(self, model: Any) -> bool:
        """Return whether this holds for all columns of a model."""
        if model is None:  # of an expression, which looked at its columns itself
            return True
        fields = model._meta.local_fields
        known = self.backend.ours
        if known.get(model) == len(fields):
            return True
        if not all(map(self._ours, fields)):
            return False
        known[model] = len(fields)
        return True

    def _ours(self, field: Field[Any]) -> bool:
        """Return whether a column's type writes no SQL of its own."""
        return self._marks(field) is not None

    def _marks(self, field: Field[Any]) -> tuple[str, str] | None:
        """Return what SQLAlchemy writes around a parameter of this type, or None for types of somebody else."""
        marks = self.backend.marks
        known: Any = marks.get(field, _UNKNOWN)
        if known is not _UNKNOWN:
            return known  # type: ignore[no-any-return]  # what was put there
        kind = field.sql_type()

        def write() -> str:
            written = str(bindparam("p0", type_=kind).compile(dialect=self.backend.dialect))
            return written.replace(self.backend.placeholder(0), "\x02")

        found = marks[field] = self._beside("value", kind, write)
        return found

    def _beside(self, what: str, kind: Any, write: Any) -> tuple[str, str] | None:
        """Return what SQLAlchemy writes around something of a type; None for types of somebody else."""
        made = kind() if isinstance(kind, type) else kind
        chosen = made.dialect_impl(self.backend.dialect)  # of several, each for a database
        kinds = [type(one).__module__ for one in (made, chosen, getattr(chosen, "item_type", chosen))]
        if not all(module.startswith(_LIBRARIES) for module in kinds):
            return None
        # Only SQLAlchemy's own are known to say in their names all that tells them apart.
        key = (what, type(made), type(chosen), repr(chosen)) if all(map(_is_sqlalchemys, kinds)) else None
        known = self.backend.around
        found = None if key is None else known.get(key)
        if found is None:
            before, _, after = write().partition("\x02")
            found = (before.replace("%", PERCENT), after.replace("%", PERCENT))
            if len(known) >= _MOST_TYPES:
                known.clear()
            if key is not None:
                known[key] = found
        return found


def _is_sqlalchemys(module: str) -> bool:
    return module.startswith("sqlalchemy.")


def _own_terms(order: Sequence[Any]) -> list[tuple[int, Any]]:
    """Return what rows are ordered by, without directions, but for places of what is selected; each with its number."""
    if not all(isinstance(term, Directed) for term in order):
        raise NotPlain
    return [(number, term.bare) for number, term in enumerate(order) if not term.is_place]

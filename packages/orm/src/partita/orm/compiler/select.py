"""One SELECT: its columns, groups and order, and what loads its rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, cast
from uuid import UUID

import msgspec
from sqlalchemy import except_, intersect, literal_column, select, union, union_all
from sqlalchemy.sql.elements import ColumnClause, Label, Tuple, UnaryExpression
from sqlalchemy.sql.elements import Grouping as Brackets

from partita.orm.compiler.groups import Grouping, default_order, related_tree
from partita.orm.compiler.joins import Element
from partita.orm.compiler.outside import Outside, OverGroups, has_window
from partita.orm.compiler.whole_rows import loader_of_rows
from partita.orm.errors import FieldError, NotSupportedError
from partita.orm.expressions import Column, Random, Ref, Value
from partita.orm.expressions.reading import reader
from partita.orm.fields.base import Field
from partita.orm.loaders import Cell, Loader, Node, instance_loader, tuple_loader, values_loader
from partita.orm.lookups.json import Key, WholeKey
from partita.orm.paths import Path
from partita.orm.query import Query

__all__ = ("SelectedColumn", "Selecting")

_NOTHING: Mapping[str, int] = MappingProxyType({})
_SAME_IF_EQUAL = (int, UUID)
_SETS = {"union": union, "union_all": union_all, "intersection": intersect, "difference": except_}


class SelectedColumn(msgspec.Struct, frozen=True):
    """What is selected in one place, and its type."""

    element: Element
    field: Field[Any]


class _Parts(NamedTuple):
    """What one SELECT is made of; ``over`` are conditions on windows, which a query around it asks."""

    columns: list[Element]
    where: list[Element]
    groups: list[Element]
    having: list[Element]
    order: list[Element]
    over: list[Element]
    froms: tuple[Any, ...] = ()

    def grouped(self, statement: Any) -> Any:
        """Return a SELECT of the rows or groups."""
        statement = statement.select_from(*self.froms)
        if self.where:
            statement = statement.where(*self.where)
        if self.groups:
            statement = statement.group_by(*self.groups)
        return statement.having(*self.having) if self.having else statement


class Selecting(Grouping):
    """Compiles what is selected."""

    def select(self) -> tuple[Any, Loader | None]:
        """Return the SELECT, and what loads its rows."""
        if self.query.combined is not None:
            return self._combined()
        columns, loader = self._selection()
        return self.statement([column.element for column in columns]), loader

    def statement(self, columns: Sequence[Element], *, ordered: bool = True) -> Any:
        """Return a SELECT of given columns."""
        query = self.query
        where, having = self.conditions()
        self._places = {id(column): place for place, column in enumerate(columns, 1)}
        order = self.order() if ordered or query.is_sliced else []
        plainly = not any(isinstance(column, Label) for column in columns)
        terms = [term for term, _ in map(undirected, order) if not _is_place(term)]
        beside = self._unselected(len(columns), terms) if plainly else {}
        self._places, self._is_ordered = {**self._places, **beside}, bool(order)
        parts = _Parts(list(columns), where, self.groups(), having, order, self.over)
        parts = parts._replace(froms=(self.froms(), *self.others()))
        if self._needs_groups_first(parts):
            parts = self._groups_first(parts)
        if self.over or beside or self._orders_beyond(parts.columns, parts.order):
            return self._around(parts)
        statement: Any = select(*(parts.columns or [literal_column("1")]))
        if isinstance(query.distinct, tuple) and query.distinct:
            if self.vendor != "postgresql":
                raise NotSupportedError("DISTINCT ON fields is PostgreSQL's; use distinct() without names.")
            statement = statement.distinct(*[source.compile(self.whole) for source in query.distinct])
        elif query.distinct:
            statement = statement.distinct()
        statement = parts.grouped(statement)
        if order:
            statement = statement.order_by(*parts.order)
        return self._locked(self._limited(statement))

    def _needs_groups_first(self, parts: "_Parts") -> bool:
        """Return whether windows and HAVING must not stand in one SELECT, or HAVING would not find a column.

        MariaDB gives no rows at all where a window stands beside HAVING and groups count distinct values. Its HAVING knows what is
        selected, and what rows are grouped by unless that has the same bare name as another of them.
        """
        if self.vendor != "mysql" or not parts.having or self.correlated:
            return False  # what takes names from a query around it cannot stand in a table of its own
        elements = (*parts.columns, *parts.order, *parts.over)
        return any(has_window(element) for element in elements) or self._hides_columns(parts.columns, parts.groups)

    def _hides_columns(self, columns: Sequence[Element], groups: Sequence[Element]) -> bool:
        """Return whether a condition on groups asks a column that it cannot know."""
        if not self.beside_aggregates:
            return False
        known = {self.text_of_column(column) for column in columns if self.is_column(column)}
        names: dict[str, set[str]] = {}
        for group in groups:
            if self.is_column(group):
                text = self.text_of_column(group)
                names.setdefault(text.rpartition(".")[2], set()).add(text)
        known |= {text for several in names.values() if len(several) == 1 for text in several}
        return any(self.text_of_column(column) not in known for column in self.beside_aggregates)

    def text_of_column(self, element: Any) -> str:
        """Return the name of a column with that of its table before it."""
        return str(element)

    def _groups_first(self, parts: "_Parts") -> "_Parts":
        """Return what is left to ask of groups once they are made, by a SELECT of their own."""
        ends = [undirected(element) for element in parts.order]
        asked = OverGroups((*parts.columns, *[term for term, _ in ends], *parts.over))
        inner: Any = select(*[part.label(f"p{place}") for place, part in enumerate(asked)] or [literal_column("1")])
        # What HAVING shall know, it must find among the columns.
        inner = inner.add_columns(*[column.label(f"h{n}") for n, column in enumerate(self.beside_aggregates)])
        rows = parts.grouped(inner).subquery(self._alias())
        found = asked.conditions([rows.c[f"p{place}"] for place in range(len(asked))])
        first, last = len(parts.columns), len(found) - len(parts.over)
        order = [direct(term) for term, (_, direct) in zip(found[first:last], ends, strict=True)]
        return _Parts(found[:first], [], [], [], order, found[last:], (rows,))

    def _around(self, parts: "_Parts") -> Any:
        """Return a SELECT around the rows with their windows, because only there rows can be chosen by these.

        Or around distinct rows that are ordered by what is not selected, which then tells them apart as well.
        """
        if isinstance(self.query.distinct, tuple) and self.query.distinct:
            raise NotSupportedError("Rows that are chosen by a window cannot be distinct by fields; use distinct().")
        columns, order = parts.columns, parts.order
        inner: Any = select(
            *[column.label(f"k{place}") for place, column in enumerate(columns or [literal_column("1")])]
        )
        # MariaDB takes any expression around a window for 0 where groups count distinct values; windows alone it computes.
        chosen = Outside(parts.over) if self.vendor == "mysql" and self.query.aggregates else parts.over
        inner = inner.add_columns(*[part.label(f"w{place}") for place, part in enumerate(chosen)])
        terms = [undirected(element) for element in order]
        inner = parts.grouped(
            inner.add_columns(*[term.label(f"o{n}") for n, (term, _) in enumerate(terms) if not _is_place(term)])
        )
        if self.correlated:
            inner = inner.correlate(*self.correlated)
        if self.query.distinct and not self.over:
            inner = inner.distinct()
        rows = inner.subquery(self._alias())
        found = [rows.c[f"w{place}"] for place in range(len(chosen))]
        asked = chosen.conditions(found) if isinstance(chosen, Outside) else found
        if self.query.distinct and self.over:
            inner = select(*[column for column in rows.c if not column.name.startswith("w")]).distinct()
            inner = inner.where(*asked)
            rows = inner.subquery(self._alias())
        statement: Any = select(*[rows.c[f"k{place}"] for place in range(len(columns) or 1)])
        if self.over and not self.query.distinct:
            statement = statement.where(*asked)
        statement = statement.order_by(
            *[direct(term if _is_place(term) else rows.c[f"o{n}"]) for n, (term, direct) in enumerate(terms)]
        )
        return self._locked(self._limited(statement))

    def _unselected(self, count: int, terms: Sequence[Any]) -> dict[int, int]:
        """Return the places that a SELECT within another gives to what groups are ordered by and nobody selects.

        PostgreSQL knows an expression with parameters by its place only, where GROUP BY and ORDER BY both have it.

        Args:
            count: How many columns are selected.
            terms: What rows are ordered by, but for places.
        """
        query = self.query
        if self.vendor != "postgresql" or not (query.aggregates and query.order and terms) or query.distinct:
            return {}
        computed = {
            id(self.annotation(source.name) if isinstance(source, Ref) else self.term(source))
            for source in [term.sources[0] for term in query.order]
            if (isinstance(source, Ref) or query.grouped is not None)
            and not (source.contains_aggregate or source.windowed or isinstance(source, Random))
        }
        first = (count or 1) + len(self.over) + 1
        return {
            id(term): place
            for place, term in enumerate(terms, first)
            if id(term) in computed and id(term) not in self._places and not self.is_column(term)
        }

    def _orders_beyond(self, columns: Sequence[Element], order: list[Element]) -> bool:
        """Return whether distinct rows are ordered by something that is not selected.

        Where the query stands in another and takes names from it, only PostgreSQL would know them in a table of its own.
        """
        if self.query.distinct is not True or (self.correlated and self.vendor != "postgresql"):
            return False
        selected = [column.element if isinstance(column, Label) else column for column in columns]
        for element in order:
            term, _ = undirected(element)
            if not _is_place(term) and not any(term is column or term.compare(column) for column in selected):
                return True
        return False

    def _limited(self, statement: Any) -> Any:
        query = self.query
        if query.limit is not None:
            statement = statement.limit(self.param(query.limit))
        if query.offset is not None:
            statement = statement.offset(self.param(query.offset))
        return statement

    def _locked(self, statement: Any) -> Any:
        lock = self.query.lock
        if lock is None or self.vendor == "sqlite":
            return statement
        if self.vendor == "mysql" and (lock.no_key or lock.of):
            raise NotSupportedError("select_for_update(no_key=, of=) is PostgreSQL's; lock whole rows, without these.")
        tables = []
        for name in lock.of:
            found = self.query.model._meta.find(name)[0] if name != "self" else None
            tables.append(
                self.base if found is None else self.joins[self.join(self.query.model._meta.steps_of(found))].alias
            )
        return statement.with_for_update(
            nowait=lock.nowait, skip_locked=lock.skip_locked, key_share=lock.no_key, of=tables or None
        )

    def order(self) -> list[Element]:
        """Return what to order by."""
        query = self.query
        terms = query.order
        if terms is None:
            terms = (
                ()
                if query.grouped is not None or (query.aggregates and query.columns is not None)
                else default_order(query.model)
            )
        elements: list[Element] = []
        for term in terms:
            ordered = term.reversed() if query.backwards else term
            source = ordered.sources[0]
            if isinstance(source.source if isinstance(source, Ref) else source, Value):
                continue  # the same for all rows; MySQL would take a number for the place of a column
            if isinstance(source, Ref) and not (self.vendor == "mysql" and (ordered.nulls_first or ordered.nulls_last)):
                place = self._places.get(id(self.annotation(source.name)))
                if place is not None:  # what is selected need not be computed again
                    elements.append(ordered.directed(self.whole, self.place(place)))
                    continue
            if self.vendor == "mysql" and (ordered.nulls_first or ordered.nulls_last):
                missing = self.term(source).is_(None)
                elements.append(missing.desc() if ordered.nulls_first else missing.asc())
            elements.append(ordered.directed(self.whole, self.term(source)))
        return elements

    # -- what is selected -------------------------------------------------------------------------------------------

    def _selection(self) -> tuple[list[SelectedColumn], Loader]:
        # Filters come first, so that annotations find their joins.
        self.conditions()
        query = self.query
        if query.annotations:
            self.widen_for_aggregates()
        if query.columns is not None:
            columns = [SelectedColumn(self._shown(source), source.output) for _, source in query.columns]
            if any(isinstance(column.element, Tuple) for column in columns):
                return self._with_keys(query.columns, columns)
            cells = [
                Cell(index, name, reader(source, self.vendor)) for index, (name, source) in enumerate(query.columns)
            ]
            return columns, (values_loader if query.form == "dicts" else tuple_loader)(cells, len(cells))
        columns = []
        related = related_tree(query)
        root = None
        if related or query.only is not None:
            root = self._node(query.model, related, (), "", None, columns, self._loaded(query))
        else:
            meta = query.model._meta
            columns = [
                SelectedColumn(self.column(meta.way_to(field.model), field.column), field) for field in meta.fields
            ]
        extra: list[Cell] = []
        for annotation in query.annotations:
            if annotation.selected:
                source = annotation.source
                extra.append(Cell(len(columns), annotation.name, reader(source, self.vendor)))
                columns.append(SelectedColumn(self._shown(Ref(annotation.name, source)), source.output))
        if query.hidden is not None:
            key: Any = query.hidden.field
            parts = key.fields if key.is_tuple else (key,)
            inside = [Cell(len(columns) + n, "_hidden", part.from_driver(self.vendor)) for n, part in enumerate(parts)]
            extra.append(Cell(len(columns), "_hidden", inside[0].convert, tuple(inside)) if key.is_tuple else inside[0])
            columns += [SelectedColumn(self.column(query.hidden.path, part.column), part) for part in parts]
        if root is None:
            return columns, loader_of_rows(query.model, self.vendor, extra, len(columns))
        return columns, instance_loader(root, extra, len(columns))

    def _shown(self, source: Any) -> Element:
        """Return a column as the answer has it."""
        key = source.source if isinstance(source, Ref) else source
        if self.vendor != "sqlite" or self.parent is not None or not isinstance(key, Key):
            return self.annotation(source.name) if isinstance(source, Ref) else self.chosen(source)
        if not isinstance(source, Ref):
            return self.chosen(WholeKey(key))
        return self.within(next(a for a in self.query.annotations if a.name == source.name), WholeKey(key))

    def _with_keys(self, selected: Sequence[Any], columns: list[SelectedColumn]) -> tuple[list[SelectedColumn], Loader]:
        """Return the columns with those of keys that are made of several one by one, and what puts them together again."""
        cells: list[Cell] = []
        wide: list[SelectedColumn] = []
        for (name, _), column in zip(selected, columns, strict=True):
            key: Any = column.field
            parts = list(column.element.clauses) if isinstance(column.element, Tuple) else [column.element]
            fields = key.fields if isinstance(column.element, Tuple) else (key,)
            inside = [Cell(len(wide) + n, name, field.from_driver(self.vendor)) for n, field in enumerate(fields)]
            cells.append(Cell(len(wide), name, inside[0].convert, tuple(inside) if len(inside) > 1 else ()))
            wide += [SelectedColumn(part, field) for part, field in zip(parts, fields, strict=True)]
        return wide, (values_loader if self.query.form == "dicts" else tuple_loader)(cells, len(wide))

    def _loaded(self, query: Query) -> set[str] | None:
        """Return the attributes to load of the model itself, or None for all."""
        if query.only is None:
            return None
        loaded = self._named(query)
        if loaded is not None and query.related is True:  # what is traversed anyway cannot stay away
            loaded |= {query.model._meta.find(name)[0].attname for name in related_tree(query)}
        return loaded

    def _named(self, query: Query) -> set[str] | None:
        assert query.only is not None
        meta: Any = query.model._meta
        named = {field.attname for name in query.only if "__" not in name for field in meta.columns_of(name)}
        if not query.deferred:
            first = {name.partition("__")[0] for name in query.only if "__" in name}
            named |= {field.attname for name in first for field in meta.columns_of(name)}
            return {*named, *meta.pk_attnames} if named else None
        every: set[str] = {field.attname for field in meta.fields}
        keys: frozenset[str] = meta.pk_attnames
        return every - named | keys

    def _node(
        self,
        model: Any,
        related: dict[str, Any],
        path: Path,
        cache_name: str,
        back_name: str | None,
        columns: list[SelectedColumn],
        loaded: set[str] | None,
        known: Mapping[str, int] = _NOTHING,
    ) -> Node:
        cells: list[Cell] = []
        key = 0
        meta = model._meta
        first = meta.pk_fields[0]
        for field in meta.fields:
            if loaded is not None and field.attname not in loaded:
                continue
            place = known.get(field.attname)
            if place is None:
                place = len(columns)
                columns.append(SelectedColumn(self.column((*path, *meta.way_to(field.model)), field.column), field))
            if field is first:
                key = place
            cells.append(Cell(place, field.attname, field.from_driver(self.vendor)))
        children = []
        for name, inner in related.items():
            found = meta.find(name)[0]
            following = (*path, *meta.steps_of(found))
            if loaded is not None and found.concrete and found.attname not in loaded:
                raise FieldError(
                    f"Field {meta.object_name}.{found.name} cannot be both deferred and traversed using select_related at "
                    "the same time."
                )
            if found.concrete or found in meta.private_fields:
                back = found.remote_field.accessor if found.one_to_one else None
                cached = found.name
            else:
                back, cached = found.field.name, found.accessor
            children.append(
                self._node(
                    following[-1].model,
                    inner,
                    following,
                    cached,
                    back,
                    columns,
                    self._nested_only(following, name),
                    _repeated(found, following, cells),
                )
            )
        optional = any(step.nullable for step in path)
        return Node(model, cells, key, cache_name, back_name, children, optional)

    def _nested_only(self, path: Path, name: str) -> set[str] | None:
        query = self.query
        if query.only is None:
            return None
        prefix = f"{name}__"
        every = {only.removeprefix(prefix) for only in query.only if only.startswith(prefix)}
        names = {only for only in every if "__" not in only}
        meta = path[-1].model._meta
        if not names:
            return None
        if not query.deferred:
            names |= {only.partition("__")[0] for only in every}
        attnames = {field.attname for only in names for field in meta.columns_of(only)}
        if query.deferred:
            return {field.attname for field in meta.fields} - attnames | meta.pk_attnames
        return attnames | meta.pk_attnames

    def _combined(self) -> tuple[Any, Loader | None]:
        query = self.query
        kind, queries = cast("tuple[str, tuple[Query, ...]]", query.combined)
        parts, loader = [], None
        names: list[str] = []
        for part in queries:
            inner = type(self)(self.backend, part.having(order=()) if not part.is_sliced else part, self.leaves, self)
            if part.combined is not None:
                combined, found = inner._combined()
                names = names or [f"k{place}" for place in range(len(self._first_names(part)))]
                rows = select(
                    *[
                        column.label(name)
                        for column, name in zip(combined.subquery(self._alias()).c, names, strict=True)
                    ]
                )
            else:
                columns, found = inner._selection()
                names = names or [f"k{place}" for place in range(len(columns))]
                rows = inner.statement(
                    [column.element.label(name) for column, name in zip(columns, names, strict=True)]
                )
                if part.is_sliced and self.vendor != "postgresql":  # others take an end of its own from tables only
                    rows = select(*rows.subquery(self._alias()).c)
            loader = loader or found
            parts.append(rows)
        statement = _SETS[kind](*parts)
        for place, descending in self._order_of_combined():
            column: Element = literal_column(names[place])
            statement = statement.order_by(column.desc() if descending else column.asc())
        return self._limited(statement), loader

    def _order_of_combined(self) -> Iterator[tuple[int, bool]]:
        """Yield by which of its columns, counted from 0, a combined query is ordered, and whether the greatest comes first."""
        query = self.query
        _, queries = cast("tuple[str, tuple[Query, ...]]", query.combined)
        columns = self._first_columns(queries[0])
        names = [name for name, _ in columns]
        fields = [field for _, field in columns]
        for term in query.order or ():
            source = term.sources[0]
            if isinstance(source, Column) and self._is_own(source) and source.field in fields:
                place = fields.index(source.field)
            elif isinstance(source, Ref) and source.name in names:
                place = names.index(source.name)
            else:
                raise FieldError("A combined query can only be ordered by columns it selects.")
            yield place, term.descending != query.backwards

    def _is_own(self, column: Column) -> bool:
        """Return whether a column is the model's own, or one that it has from a parent."""
        return not column.path or column.path == self.query.model._meta.way_to(column.field.model)

    def _first_names(self, query: Query) -> list[str]:
        return [name for name, _ in self._first_columns(query)]

    def _first_columns(self, query: Query) -> list[tuple[str, Any]]:
        """Return what the first of the queries selects: the name of each column, and the model's field that it is."""
        while query.combined is not None:
            query = query.combined[1][0]
        if query.columns is not None:
            return [
                (name, source.field if isinstance(source, Column) and self._is_own(source) else None)
                for name, source in query.columns
            ]
        found: list[tuple[str, Any]] = [(field.name, field) for field in query.model._meta.fields]
        return [*found, *[(a.name, None) for a in query.annotations if a.selected]]


def _repeated(relation: Any, path: Path, cells: Sequence[Cell]) -> Mapping[str, int]:
    """Return the places of those attributes of a related row that the row with the relation has given already.

    A child's row repeats its parent's. A key that was joined by is the same on both sides, where equal means the same: texts
    may be equal by a collation. It is taken from one side only if each row is joined, for else the other tells that none was.
    """
    if relation.parent_link and not relation.concrete:
        return {cell.name: cell.place for cell in cells}
    if not (relation.concrete and relation.is_foreign_key) or any(step.nullable for step in path):
        return _NOTHING
    target = relation.target_field
    if target.model is not path[-1].model._meta.concrete_model or target.takes_plain() not in _SAME_IF_EQUAL:
        return _NOTHING
    place = next((cell.place for cell in cells if cell.name == relation.attname), None)
    return _NOTHING if place is None else {target.attname: place}


def undirected(element: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return what an element of ORDER BY orders by, and what gives something else the same direction."""
    modifiers = []
    while isinstance(element, UnaryExpression) and element.modifier is not None:
        modifiers.append(element.modifier)
        element = element.element
    if isinstance(element, Brackets):  # which SQLAlchemy puts there: what is selected has none
        element = element.element

    def direct(other: Any) -> Any:
        for modifier in reversed(modifiers):
            other = UnaryExpression(other, modifier=modifier, wraps_column_expression=False)
        return other

    return element, direct


def _is_place(element: Any) -> bool:
    return isinstance(element, ColumnClause) and element.is_literal and element.name.isdigit()

"""One SELECT: its columns, groups and order, and what loads its rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from sqlalchemy import except_, intersect, literal_column, select, union, union_all
from sqlalchemy.sql.elements import ColumnClause, Tuple, UnaryExpression

from partita.orm.compiler.conditions import Conditions
from partita.orm.compiler.joins import Element
from partita.orm.errors import FieldError, NotSupportedError
from partita.orm.expressions import Column, Exists, OrderBy, Random, Ref, Scope, Subquery
from partita.orm.expressions.names import Outer
from partita.orm.fields.base import Field
from partita.orm.loaders import Cell, Loader, Node, instance_loader, tuple_loader, values_loader
from partita.orm.lookups.tuples import parts_of
from partita.orm.ordering import resolve_order
from partita.orm.paths import Path
from partita.orm.query import Annotation, Query

__all__ = ("SelectedColumn", "Selecting", "related_tree")

_NOTHING: Mapping[str, int] = MappingProxyType({})
_SETS = {"union": union, "union_all": union_all, "intersection": intersect, "difference": except_}


class SelectedColumn(NamedTuple):
    """What is selected in one place, and its type."""

    element: Element
    field: Field[Any]


class Selecting(Conditions):
    """Compiles what is selected."""

    _places: Mapping[int, int] = MappingProxyType({})

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
        groups = self.groups()
        if self.over:
            return self._around(columns, where, having, groups, order)
        labelled = columns or [literal_column("1")]
        statement: Any = select(*labelled)
        if isinstance(query.distinct, tuple) and query.distinct:
            if self.vendor != "postgresql":
                raise NotSupportedError("DISTINCT ON fields is PostgreSQL's; use distinct() without names.")
            statement = statement.distinct(*[source.compile(self.whole) for source in query.distinct])
        elif query.distinct:
            statement = statement.distinct()
        statement = statement.select_from(self.froms(), *self.others())
        if where:
            statement = statement.where(*where)
        if groups:
            statement = statement.group_by(*groups)
        if having:
            statement = statement.having(*having)
        if order:
            statement = statement.order_by(*order)
        return self._locked(self._limited(statement))

    def _around(
        self,
        columns: Sequence[Element],
        where: list[Element],
        having: list[Element],
        groups: list[Element],
        order: list[Element],
    ) -> Any:
        """Return a SELECT around the rows with their windows, because only there rows can be chosen by these."""
        if isinstance(self.query.distinct, tuple) and self.query.distinct:
            raise NotSupportedError("Rows that are chosen by a window cannot be distinct by fields; use distinct().")
        inner: Any = select(
            *[column.label(f"k{place}") for place, column in enumerate(columns or [literal_column("1")])]
        )
        inner = inner.add_columns(*[condition.label(f"w{place}") for place, condition in enumerate(self.over)])
        terms = [undirected(element) for element in order]
        inner = inner.add_columns(
            *[term.label(f"o{n}") for n, (term, _) in enumerate(terms) if not _is_place(term)]
        ).select_from(self.froms(), *self.others())
        if where:
            inner = inner.where(*where)
        if groups:
            inner = inner.group_by(*groups)
        if having:
            inner = inner.having(*having)
        rows = inner.subquery(self._alias())
        statement: Any = select(*[rows.c[f"k{place}"] for place in range(len(columns) or 1)])
        statement = statement.where(*[rows.c[f"w{place}"] for place in range(len(self.over))])
        if self.query.distinct:
            statement = statement.distinct()
        statement = statement.order_by(
            *[direct(term if _is_place(term) else rows.c[f"o{n}"]) for n, (term, direct) in enumerate(terms)]
        )
        return self._locked(self._limited(statement))

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
            if isinstance(source, Ref) and not (self.vendor == "mysql" and (ordered.nulls_first or ordered.nulls_last)):
                place = self._places.get(id(self.annotation(source.name)))
                if place is not None:  # what is selected need not be computed again
                    elements.append(ordered.directed(self.whole, self.place(place)))
                    continue
            if self.vendor == "mysql" and (ordered.nulls_first or ordered.nulls_last):
                missing = ordered.sources[0].compile(self.whole).is_(None)
                elements.append(missing.desc() if ordered.nulls_first else missing.asc())
            elements.append(ordered.compile(self.whole))
        return elements

    def groups(self) -> list[Element]:
        """Return what to group by, if any annotation aggregates."""
        query = self.query
        if not query.aggregates:
            return []
        plain = [a for a in query.annotations if not a.source.contains_aggregate]
        if query.grouped is not None:
            names = {selected.name for selected in query.grouped}
            shown = {selected.name for selected in query.columns or ()}
            elements = [
                selected.source.compile(self.whole) for selected in query.grouped if not _is_outer(selected.source)
            ]
            extra = [self.annotation(a.name) for a in plain if a.name not in names and a.name in shown]
        else:
            elements = self.keys_of(self.base, query.model)
            meta = query.model._meta
            for parent in meta.concrete_model._meta.all_parents:
                joined = self.joins.get(tuple([(step, 0) for step in meta.way_to(parent)]))
                if joined is not None:
                    elements.extend(self.keys_of(joined.alias, parent))
            for path in self._related_paths():
                elements.extend(self.keys_of(self.joins[self.join(path)].alias, path[-1].model))
            limited = None if query.columns is None else {selected.name for selected in query.columns}
            extra = []
            for a in plain:
                if a.selected and (limited is None or a.name in limited):
                    extra.extend(self._grouping(a))
        if query.order or (query.order is None and query.grouped is None and query.columns is None):
            for term in query.order if query.order is not None else default_order(query.model):
                source = term.sources[0]
                if not source.contains_aggregate and not isinstance(source, Random):
                    extra.append(source.compile(self.whole))
        for a in query.annotations:  # what stands beside an aggregate tells groups apart
            if a.source.contains_aggregate and a.name in self._annotations:
                extra.extend(self.within(a, part) for part in a.source.get_group_by_cols() if not self._is_known(part))
        if query.columns is not None and query.grouped is None:  # columns of other tables, one for each row grouped by
            for selected in query.columns:
                if not (selected.source.contains_aggregate or isinstance(selected.source, Ref)):
                    columns = [part for part in selected.source.get_group_by_cols() if not self._is_known(part)]
                    extra.extend(part.compile(self.whole) for part in columns)
        parts = [part for element in elements + extra for part in parts_of(element)]
        return [self._placed(element) for element in parts]

    def _is_known(self, part: Any) -> bool:
        """Return whether something is the same for all rows of a group anyway, because it is a column of the row grouped by."""
        return isinstance(part, Column) and not part.path and self.query.grouped is None

    def _placed(self, element: Element) -> Element:
        """Return the place of what is selected, where it has parameters: no two of them are equal to PostgreSQL."""
        place = self._places.get(id(element))
        return element if place is None or self.is_column(element) else self.place(place)

    def _grouping(self, annotation: Annotation) -> list[Element]:
        """Return what an annotation adds to GROUP BY: a query inside adds the columns that it takes from here."""
        source = annotation.source
        if not isinstance(source, Subquery | Exists):
            columns = source.get_group_by_cols()
            if len(columns) == 1 and columns[0] is source:
                return [self.annotation(annotation.name)]
            return [column.compile(self.whole) for column in columns]
        start = len(self.externals)
        source.compile(self.whole)
        used = self.externals[start:]
        return [self.annotation(annotation.name)] if any(many for _, many in used) else [column for column, _ in used]

    def _related_paths(self) -> list[Path]:
        if self.query.columns is not None:
            return []
        paths: list[Path] = []

        def walk(model: Any, names: dict[str, Any], path: Path) -> None:
            if path:
                parents = model._meta.concrete_model._meta.all_parents
                paths.extend((*path, *model._meta.way_to(parent)) for parent in parents)
            for name, inner in names.items():
                found = model._meta.find(name)[0]
                following = (*path, *model._meta.steps_of(found))
                paths.append(following)
                walk(following[-1].model, inner, following)

        walk(self.query.model, related_tree(self.query), ())
        return paths

    # -- what is selected -------------------------------------------------------------------------------------------

    def _selection(self) -> tuple[list[SelectedColumn], Loader]:
        # Filters come first, so that annotations find their joins.
        self.conditions()
        query = self.query
        if query.columns is not None:
            columns = [SelectedColumn(source.compile(self.whole), source.output) for _, source in query.columns]
            if any(isinstance(column.element, Tuple) for column in columns):
                return self._with_keys(query.columns, columns)
            cells = [
                Cell(index, name, column.field.from_driver(self.vendor))
                for index, ((name, _), column) in enumerate(zip(query.columns, columns, strict=True))
            ]
            return columns, (values_loader if query.form == "dicts" else tuple_loader)(cells, len(cells))
        columns = []
        root = self._node(query.model, related_tree(query), (), "", None, columns, self._loaded(query))
        extra: list[Cell] = []
        for annotation in query.annotations:
            if annotation.selected:
                field = annotation.source.output
                extra.append(Cell(len(columns), annotation.name, field.from_driver(self.vendor)))
                columns.append(SelectedColumn(self.annotation(annotation.name), field))
        if query.hidden is not None:
            key: Any = query.hidden.field
            parts = key.fields if key.is_tuple else (key,)
            inside = [Cell(len(columns) + n, "_hidden", part.from_driver(self.vendor)) for n, part in enumerate(parts)]
            extra.append(inside[0]._replace(parts=tuple(inside)) if key.is_tuple else inside[0])
            columns += [SelectedColumn(self.column(query.hidden.path, part.column), part) for part in parts]
        return columns, instance_loader(root, extra, len(columns))

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
            place = known.get(field.attname)  # a child's row repeats what its parent's row just gave
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
                    {cell.name: cell.place for cell in cells} if found.parent_link and not found.concrete else _NOTHING,
                )
            )
        return Node(model, cells, key, cache_name, back_name, children)

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
            columns, found = inner._selection()
            loader = loader or found
            if not names:
                names = [f"k{index}" for index in range(len(columns))]
            labelled = [column.element.label(name) for column, name in zip(columns, names, strict=True)]
            parts.append(inner.statement(labelled))
        statement = _SETS[kind](*parts)
        for place, descending in self._order_of_combined():
            column: Element = literal_column(names[place])
            statement = statement.order_by(column.desc() if descending else column.asc())
        return self._limited(statement), loader

    def _order_of_combined(self) -> Iterator[tuple[int, bool]]:
        """Yield by which of its columns, counted from 0, a combined query is ordered, and whether the greatest comes first."""
        query = self.query
        _, queries = cast("tuple[str, tuple[Query, ...]]", query.combined)
        fields = self._first_names(queries[0])
        for term in query.order or ():
            source = term.sources[0]
            name = (
                source.field.name if isinstance(source, Column) and not source.path else getattr(source, "name", None)
            )
            if name not in fields:
                raise FieldError("A combined query can only be ordered by columns it selects.")
            yield fields.index(name), term.descending != query.backwards

    @staticmethod
    def _first_names(query: Query) -> list[str]:
        if query.columns is not None:
            return [name for name, _ in query.columns]
        names = [field.name for field in query.model._meta.fields]
        return [*names, *[a.name for a in query.annotations if a.selected]]


def _is_outer(source: Any) -> bool:
    """Return whether something is a column of the query around, which is the same for all rows of this one."""
    return isinstance(source.source if isinstance(source, Ref) else source, Outer)


def undirected(element: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return what an element of ORDER BY orders by, and what gives something else the same direction."""
    modifiers = []
    while isinstance(element, UnaryExpression) and element.modifier is not None:
        modifiers.append(element.modifier)
        element = element.element

    def direct(other: Any) -> Any:
        for modifier in reversed(modifiers):
            other = UnaryExpression(other, modifier=modifier, wraps_column_expression=False)
        return other

    return element, direct


def _is_place(element: Any) -> bool:
    return isinstance(element, ColumnClause) and element.is_literal and element.name.isdigit()


def related_tree(query: Query) -> dict[str, Any]:
    """Return the names given to select_related as a tree."""
    if query.columns is not None:
        return {}
    tree: dict[str, Any] = {}
    if query.related is True:
        return {f.name: {} for f in query.model._meta.fields if f.is_relation and not f.null}
    for name in query.related or ():
        level = tree
        for part in name.split("__"):
            level = level.setdefault(part, {})
    return tree


def default_order(model: Any) -> tuple[OrderBy, ...]:
    """Return the model's ordering, resolved once."""
    meta = model._meta
    known: tuple[OrderBy, ...] | None = meta._loaders.get("order")
    if known is None:
        known = meta._loaders["order"] = resolve_order(Scope(model, {}), meta.ordering)
    return known

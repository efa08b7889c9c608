"""From a query's tree to a plan, by way of SQLAlchemy's expressions."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    except_,
    false,
    func,
    intersect,
    literal_column,
    not_,
    or_,
    select,
    union,
    union_all,
    update,
)
from sqlalchemy.sql.elements import BindParameter

from partita.orm.backends import Backend
from partita.orm.errors import FieldError, NotSupportedError
from partita.orm.expressions import Column, Expression, F, Leaf, OrderBy, Random, Scope, Subquery
from partita.orm.fields.base import Field
from partita.orm.loaders import Cell, Loader, Node, instance_loader, tuple_loader, values_loader
from partita.orm.nodes import Condition, Group
from partita.orm.paths import Path, Step
from partita.orm.plans import Plan, make_binder
from partita.orm.query import Query

__all__ = (
    "Compiler",
    "compile_aggregate",
    "compile_aggregate_of_rows",
    "compile_count",
    "compile_delete",
    "compile_exists",
    "compile_select",
    "compile_update",
)

_LETTERS = "tuvwxyzabcdefghijklmnopqrs"
_SETS = {"union": union, "union_all": union_all, "intersection": intersect, "difference": except_}
Element = ColumnElement[Any]
Way = tuple[tuple[Step, int], ...]


class _Join:
    __slots__ = ("alias", "on", "outer")

    def __init__(self, alias: Any, on: Element, outer: bool) -> None:
        self.alias, self.on, self.outer = alias, on, outer


class _Column(NamedTuple):
    element: Element
    field: Field[Any]


class Compiler:
    """Compiles one SELECT; nested ones have a compiler each, which knows the one around it."""

    def __init__(
        self,
        backend: Backend,
        query: Query,
        leaves: Sequence[Leaf],
        parent: "Compiler | None" = None,
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
        else:
            self.indices, self.converters, self.leaves = parent.indices, parent.converters, parent.leaves
            self.depth = parent.depth + 1
            self._made = parent._made
        if table is not None:
            self.base = table if bare else table.alias(self._alias())
        else:
            meta = query.model._meta
            self.base = meta.table if bare else meta.alias(self._alias())
        self.joins: dict[Way, _Join] = {}
        self.own: int | None = None  # the filter being compiled, whose joins over many rows are its own
        self.reach = 0  # how many filters the annotation being compiled comes after
        self.correlated: list[Any] = []
        self._annotations: dict[str, Element] = {}
        self._conditions: tuple[list[Element], list[Element]] | None = None

    # -- leaves and columns -----------------------------------------------------------------------------------------

    def param(self, leaf: Leaf) -> Element:
        """Return the bound parameter for a leaf."""
        return bindparam(f"p{self.indices[id(leaf)]}", type_=leaf.field.sql_type(), required=False, value=None)

    def is_bound(self, element: Any) -> bool:
        """Return whether ``element`` is a parameter and not computed by the database."""
        return isinstance(element, BindParameter)

    def column(self, path: Path, name: str) -> Element:
        """Return a column over joins."""
        source = self.base if not path else self.joins[self.join(path)].alias
        column: Element = source.c[name]
        return column

    def outer(self, name: str) -> Element:
        """Return a column of the query around this one."""
        parent = self.parent
        if parent is None:
            raise FieldError("OuterRef may only be used inside of a subquery.")
        if name.startswith("outer__"):
            return parent.outer(name.removeprefix("outer__"))
        scope = Scope(parent.query.model, parent.query.sources)
        element = F(name).resolve(scope).compile(parent)
        self.correlated.append(parent.base)
        self.correlated.extend(join.alias for join in parent.joins.values())
        return element

    def annotation(self, name: str) -> Element:
        """Return what an alias stands for."""
        if name not in self._annotations:
            annotation = next(known for known in self.query.annotations if known.name == name)
            own, reach = self.own, self.reach
            self.own, self.reach = None, annotation.after
            self._annotations[name] = annotation.source.compile(self)
            self.own, self.reach = own, reach
        return self._annotations[name]

    def shifted(self, moment: Element, span: Element, operator: str) -> Element:
        """Return a moment plus or minus a span."""
        if self.vendor == "postgresql":
            return moment.op(operator)(span)
        if self.vendor == "sqlite":
            return func.partita_shift(moment, span if operator == "+" else -span)
        signed = span if operator == "+" else -span
        return func.timestampadd(literal_column("MICROSECOND"), signed, moment)

    def join(self, path: Path) -> Way:
        """Make the joins of ``path`` unless they are there, and return the key of the last."""
        way: Way = ()
        source, outer = self.base, False
        for step in path:
            way = (*way, (step, self._group(way, step)))
            outer = outer or step.nullable
            known = self.joins.get(way)
            if known is None:
                alias = step.model._meta.alias(self._alias())
                known = self.joins[way] = _Join(alias, source.c[step.left] == alias.c[step.right], outer)
            source, outer = known.alias, known.outer
        return way

    def _group(self, way: Way, step: Step) -> int:
        """Return which of several joins over the same many rows is meant."""
        if not step.multiple:
            return 0
        if self.own is not None:
            return self.own
        for group in range(self.reach + 1):
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
        source = self.base
        for join in self.joins.values():
            source = source.join(join.alias, join.on, isouter=join.outer)
        return source

    # -- conditions -------------------------------------------------------------------------------------------------

    def where(self, node: Any, *, negated: bool, strict: bool) -> Element:
        """Return a condition.

        Args:
            node: What must hold.
            negated: Whether an odd count of NOTs stands around it.
            strict: Whether the row is out unless this holds, so that its joins may be inner ones.
        """
        if isinstance(node, Condition):
            return self._condition(node, negated, strict)
        if isinstance(node, Group):
            return self._joined(node, negated, strict)
        element: Element = node.compile(self)
        return element

    def _joined(self, group: Group, negated: bool, strict: bool) -> Element:
        inside = negated != group.negated
        strict = strict and not inside and (group.connector == "AND" or len(group.children) == 1)
        parts = [self.where(child, negated=inside, strict=strict) for child in group.children]
        if not parts:
            return literal_column("1") == literal_column("1") if not group.negated else false()
        if group.connector == "AND":
            joined: Element = and_(*parts)
        elif group.connector == "OR":
            joined = or_(*parts)
        else:
            count: Any = sum((case((part, 1), else_=0) for part in parts[1:]), case((parts[0], 1), else_=0))
            joined = count % 2 == 1
        return not_(joined.self_group()) if group.negated else joined

    def _condition(self, node: Condition, negated: bool, strict: bool) -> Element:
        lhs = node.target.lhs
        if negated and lhs.multiple:
            return self._any_row(node)
        field = lhs.output
        left = self._left(node)
        rhs = self._right(node)
        result = node.target.lookup.compile(self, left, rhs, field)
        is_null = node.target.lookup.name == "isnull"
        if strict and isinstance(lhs, Column) and lhs.path and not (is_null and node.rhs is True):
            self._need(self.join(lhs.path))
        if negated and not is_null and lhs.nullable:
            # NOT (NULL = x) is NULL and would drop the row; with this it is true.
            result = and_(result, left.is_not(None))
        return result

    def _left(self, node: Condition) -> Element:
        from partita.orm.lookups import Key

        lhs = node.target.lhs
        if isinstance(lhs, Key) and node.target.lookup is LOOKUPS_OF_TEXT.get(node.target.lookup.name):
            return lhs.as_text(self)
        return lhs.compile(self)

    def _right(self, node: Condition) -> Any:
        rhs = node.rhs
        if isinstance(rhs, tuple):
            return tuple(self.param(leaf) for leaf in rhs)
        if isinstance(rhs, bool):
            return rhs
        if isinstance(rhs, Subquery) and node.target.lookup.name == "in":
            return self._operand(rhs.query)
        return rhs.compile(self) if isinstance(rhs, Expression) else self.param(rhs)

    def _operand(self, query: Query) -> Any:
        inner = self.nested(query)
        if self.vendor == "mysql" and query.is_sliced:  # MySQL takes no LIMIT directly inside of IN
            return select(inner.subquery(self._alias()))
        return inner

    def _any_row(self, node: Condition) -> Element:
        """Return whether any of the many related rows matches: what NOT over a relation to many rows must negate."""
        inner = Compiler(self.backend, Query(self.query.model), self.leaves, self)
        inner.own = 1
        found = inner.where(node, negated=False, strict=True)
        keys = [inner.base.c[column.name] == self.base.c[column.name] for column in self.base.primary_key]
        statement: Any = select(literal_column("1")).select_from(inner.froms()).where(*keys, found)
        found_any: Element = statement.correlate(self.base, *inner.correlated).exists()
        return found_any

    def nested(self, query: Query, *, only_exists: bool = False) -> Any:
        """Return a query inside of this one."""
        inner = Compiler(self.backend, query, self.leaves, self)
        if only_exists:
            statement = inner.statement([literal_column("1")], ordered=False)
        else:
            statement, _ = inner.select()
        return (
            statement.correlate(*inner.correlated) if inner.correlated and isinstance(statement, Select) else statement
        )

    # -- statements -------------------------------------------------------------------------------------------------

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
        order = self.order() if ordered or query.is_sliced else []
        groups = self.groups()
        labelled = columns or [literal_column("1")]
        statement: Any = select(*labelled)
        if isinstance(query.distinct, tuple) and query.distinct:
            if self.vendor != "postgresql":
                raise NotSupportedError("DISTINCT ON fields is PostgreSQL's; use distinct() without names.")
            statement = statement.distinct(*[source.compile(self) for source in query.distinct])
        elif query.distinct:
            statement = statement.distinct()
        statement = statement.select_from(self.froms())
        if where:
            statement = statement.where(*where)
        if groups:
            statement = statement.group_by(*groups)
        if having:
            statement = statement.having(*having)
        if order:
            statement = statement.order_by(*order)
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
        tables = []
        for name in lock.of:
            found = self.query.model._meta.find(name)[0] if name != "self" else None
            tables.append(self.base if found is None else self.joins[self.join(found.steps())].alias)
        return statement.with_for_update(
            nowait=lock.nowait, skip_locked=lock.skip_locked, key_share=lock.no_key, of=tables or None
        )

    def conditions(self) -> tuple[list[Element], list[Element]]:
        """Return the conditions on rows, and those on groups."""
        if self._conditions is None:
            self._conditions = self._new_conditions()
        return self._conditions

    def _new_conditions(self) -> tuple[list[Element], list[Element]]:
        where: list[Element] = []
        late: list[tuple[int, Any]] = []
        for number, node in enumerate(self.query.where, 1):
            for part in _parts(node):
                if part.contains_aggregate:
                    late.append((number, part))
                else:
                    self.own = number
                    where.append(self.where(part, negated=False, strict=True))
        having = []
        for number, part in late:
            self.own = number
            having.append(self.where(part, negated=False, strict=False))
        self.own = None
        self.reach = len(self.query.where)
        return where, having

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
            if self.vendor == "mysql" and (ordered.nulls_first or ordered.nulls_last):
                missing = ordered.sources[0].compile(self).is_(None)
                elements.append(missing.desc() if ordered.nulls_first else missing.asc())
            elements.append(ordered.compile(self))
        return elements

    def groups(self) -> list[Element]:
        """Return what to group by, if any annotation aggregates."""
        query = self.query
        if not query.aggregates:
            return []
        plain = [a for a in query.annotations if not a.source.contains_aggregate]
        if query.grouped is not None:
            names = {selected.name for selected in query.grouped}
            elements = [selected.source.compile(self) for selected in query.grouped]
            extra = [self.annotation(a.name) for a in plain if a.name not in names and a.selected]
        else:
            elements = [self.base.c[column.name] for column in self.base.primary_key]
            for path in self._related_paths():
                alias = self.joins[self.join(path)].alias
                elements.extend(alias.c[column.name] for column in alias.primary_key)
            extra = [self.annotation(a.name) for a in plain]
        if query.order or (query.order is None and query.grouped is None and query.columns is None):
            for term in query.order if query.order is not None else default_order(query.model):
                source = term.sources[0]
                if not source.contains_aggregate and not isinstance(source, Random):
                    extra.append(source.compile(self))
        return elements + extra

    def _related_paths(self) -> list[Path]:
        if self.query.columns is not None:
            return []
        paths: list[Path] = []

        def walk(model: Any, names: dict[str, Any], path: Path) -> None:
            for name, inner in names.items():
                found = model._meta.find(name)[0]
                following = (*path, *found.steps())
                paths.append(following)
                walk(following[-1].model, inner, following)

        walk(self.query.model, related_tree(self.query), ())
        return paths

    # -- what is selected -------------------------------------------------------------------------------------------

    def _selection(self) -> tuple[list[_Column], Loader]:
        # Filters come first, so that annotations find their joins.
        self.conditions()
        query = self.query
        if query.columns is not None:
            columns = [_Column(source.compile(self), source.output) for _, source in query.columns]
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
                columns.append(_Column(self.annotation(annotation.name), field))
        if query.hidden is not None:
            key = query.hidden.field
            extra.append(Cell(len(columns), "_hidden", key.from_driver(self.vendor)))
            columns.append(_Column(self.column(query.hidden.path, key.column), key))
        return columns, instance_loader(root, extra, len(columns))

    def _loaded(self, query: Query) -> set[str] | None:
        """Return the attributes to load of the model itself, or None for all."""
        if query.only is None:
            return None
        meta = query.model._meta
        named = {meta.get_field(name).attname for name in query.only if "__" not in name}
        if not query.deferred:
            named |= {meta.find(name.partition("__")[0])[0].attname for name in query.only if "__" in name}
            return {*named, meta.pk.attname} if named else None
        return {field.attname for field in meta.fields} - named | {meta.pk.attname}

    def _node(
        self,
        model: Any,
        related: dict[str, Any],
        path: Path,
        cache_name: str,
        back_name: str | None,
        columns: list[_Column],
        loaded: set[str] | None,
    ) -> Node:
        cells: list[Cell] = []
        key = 0
        for field in model._meta.fields:
            if loaded is not None and field.attname not in loaded:
                continue
            if field.primary_key:
                key = len(columns)
            cells.append(Cell(len(columns), field.attname, field.from_driver(self.vendor)))
            columns.append(_Column(self.column(path, field.column), field))
        children = []
        for name, inner in related.items():
            found = model._meta.find(name)[0]
            following = (*path, *found.steps())
            if found.concrete:
                back = found.remote_field.accessor if found.one_to_one else None
                cached = found.name
            else:
                back, cached = found.field.name, found.accessor
            children.append(
                self._node(
                    following[-1].model, inner, following, cached, back, columns, self._nested_only(following, name)
                )
            )
        return Node(model, cells, key, cache_name, back_name, children)

    def _nested_only(self, path: Path, name: str) -> set[str] | None:
        query = self.query
        if query.only is None:
            return None
        prefix = f"{name}__"
        names = {only.removeprefix(prefix) for only in query.only if only.startswith(prefix)}
        names = {only for only in names if "__" not in only}
        meta = path[-1].model._meta
        if not names:
            return None
        attnames = {meta.get_field(only).attname for only in names}
        if query.deferred:
            return {field.attname for field in meta.fields} - attnames | {meta.pk.attname}
        return attnames | {meta.pk.attname}

    def _combined(self) -> tuple[Any, Loader | None]:
        query = self.query
        kind, queries = cast("tuple[str, tuple[Query, ...]]", query.combined)
        parts, loader = [], None
        names: list[str] = []
        for part in queries:
            inner = Compiler(self.backend, part.having(order=()) if not part.is_sliced else part, self.leaves, self)
            columns, found = inner._selection()
            loader = loader or found
            if not names:
                names = [f"k{index}" for index in range(len(columns))]
            labelled = [column.element.label(name) for column, name in zip(columns, names, strict=True)]
            parts.append(inner.statement(labelled))
        statement = _SETS[kind](*parts)
        fields = self._first_names(queries[0])
        for term in query.order or ():
            source = term.sources[0]
            name = (
                source.field.name if isinstance(source, Column) and not source.path else getattr(source, "name", None)
            )
            if name not in fields:
                raise FieldError("A combined query can only be ordered by columns it selects.")
            column: Element = literal_column(names[fields.index(name)])
            descending = term.descending != query.backwards
            statement = statement.order_by(column.desc() if descending else column.asc())
        return self._limited(statement), loader

    @staticmethod
    def _first_names(query: Query) -> list[str]:
        if query.columns is not None:
            return [name for name, _ in query.columns]
        names = [field.name for field in query.model._meta.fields]
        return [*names, *[a.name for a in query.annotations if a.selected]]

    def plan(self, statement: Any, load: Loader | None = None) -> Plan:
        """Return the plan of a statement."""
        compiled = statement.compile(dialect=self.backend.dialect, compile_kwargs={"render_postcompile": True})
        fixed = dict(compiled.params)
        order: list[int] = []
        converters = list(self.converters)
        constants: list[Any] = []
        for name in compiled.positiontup or ():
            if name[0] == "p" and name[1:].isdigit():
                order.append(int(name[1:]))
            else:  # a constant of ours, such as the 1 in COUNT(...) = 1
                order.append(len(self.leaves) + len(constants))
                constants.append(fixed[name])
        bind = make_binder(order, converters + [None] * len(constants))
        if not constants:
            return Plan(str(compiled), bind, load)
        fixed_leaves = [_Constant(value) for value in constants]
        return Plan(str(compiled), lambda leaves: bind([*leaves, *cast("Any", fixed_leaves)]), load)


class _Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _parts(node: Any) -> list[Any]:
    """Return what must hold, one by one."""
    if isinstance(node, Group) and node.connector == "AND" and not node.negated:
        return [part for child in node.children for part in _parts(child)]
    return [node]


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
    from partita.orm.ordering import resolve_order

    meta = model._meta
    known: tuple[OrderBy, ...] | None = meta._loaders.get("order")
    if known is None:
        known = meta._loaders["order"] = resolve_order(Scope(model, {}), meta.ordering)
    return known


def compile_select(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for its rows."""
    compiler = Compiler(backend, query, leaves)
    statement, loader = compiler.select()
    return compiler.plan(statement, loader)


def compile_exists(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for whether it has rows."""
    compiler = Compiler(backend, query, leaves)
    if query.combined is not None:
        inner, _ = compiler.select()
        return compiler.plan(select(literal_column("1")).select_from(inner.subquery("counted")).limit(1))
    return compiler.plan(compiler.statement([literal_column("1")], ordered=False))


def compile_count(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a query for the count of its rows."""
    compiler = Compiler(backend, query, leaves)
    star = func.count(literal_column("*"))
    if query.combined is not None or query.is_sliced or query.distinct or query.aggregates:
        if query.combined is not None or (query.distinct and query.columns is not None):
            inner, _ = compiler.select()
            inner = inner.order_by(None) if not query.is_sliced else inner
        else:
            keys = [compiler.base.c[column.name] for column in compiler.base.primary_key]
            if query.grouped is not None:
                keys = [literal_column("1").label("one")]
            compiler.conditions()
            inner = compiler.statement(keys, ordered=False)
        return compiler.plan(select(star).select_from(_unique_names(inner).subquery("counted")))
    return compiler.plan(compiler.statement([star], ordered=False))


def _unique_names(statement: Any) -> Any:
    if not isinstance(statement, Select):
        return statement
    selected: Any = statement.selected_columns
    columns = [column.label(f"k{index}") for index, column in enumerate(selected)]
    return statement.with_only_columns(*columns, maintain_column_froms=True)


def compile_aggregate(
    backend: Backend, query: Query, leaves: Sequence[Leaf], aggregates: Sequence[tuple[str, Expression]]
) -> Plan:
    """Compile a query for one row of aggregates."""
    if query.is_sliced or query.distinct or query.aggregates or query.combined is not None:
        raise FieldError("aggregate() over slices, distinct rows, groups or combined queries goes through a subquery.")
    compiler = Compiler(backend, query, leaves)
    compiler.conditions()
    elements = [source.compile(compiler) for _, source in aggregates]
    cells = [
        Cell(index, name, source.output.from_driver(compiler.vendor)) for index, (name, source) in enumerate(aggregates)
    ]
    plain = query.having(annotations=tuple(a for a in query.annotations if not a.source.contains_aggregate))
    compiler.query = plain
    return compiler.plan(compiler.statement(elements, ordered=False), values_loader(cells, len(cells)))


def compile_aggregate_of_rows(
    backend: Backend,
    query: Query,
    leaves: Sequence[Leaf],
    places: Mapping[str, int],
    aggregates: Sequence[tuple[str, Expression]],
) -> Plan:
    """Compile one row of aggregates over the rows that a query gives.

    Args:
        backend: Where it runs.
        query: Gives the rows.
        leaves: Values.
        places: What the aggregates call the query's columns, and the places of these.
        aggregates: Expressions by name, resolved to annotations with those names.
    """
    inner = Compiler(backend, query, leaves)
    if query.combined is None:
        columns, _ = inner._selection()
        labelled = [column.element.label(f"k{place}") for place, column in enumerate(columns)]
        statement = inner.statement(labelled, ordered=False)
    else:
        statement, _ = inner.select()
    rows = statement.subquery("found")
    outer = Compiler(backend, Query(query.model), leaves, table=rows, bare=True)
    outer._annotations = {name: rows.c[f"k{place}"] for name, place in places.items()}
    try:
        elements = [source.compile(outer) for _, source in aggregates]
    except KeyError as error:
        raise FieldError(f"The rows have no column {error}; aggregates can use {', '.join(places)}.") from None
    cells = [
        Cell(index, name, source.output.from_driver(outer.vendor)) for index, (name, source) in enumerate(aggregates)
    ]
    return outer.plan(select(*elements).select_from(rows), values_loader(cells, len(cells)))


def compile_update(
    backend: Backend, query: Query, leaves: Sequence[Leaf], values: Sequence[tuple[Field[Any], Expression]]
) -> Plan:
    """Compile an UPDATE of the rows of a query."""
    compiler, where = _changed(backend, query, leaves)
    assigned = {field.column: source.compile(compiler) for field, source in values}
    if compiler.joins and not where:
        raise FieldError("Joined field references are not permitted in update().")
    for _, source in values:
        if isinstance(source, Column) and source.path:
            raise FieldError("Joined field references are not permitted in update().")
    return compiler.plan(update(compiler.base).where(*where).values(assigned))


def compile_delete(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> Plan:
    """Compile a DELETE of the rows of a query."""
    compiler, where = _changed(backend, query, leaves)
    return compiler.plan(delete(compiler.base).where(*where))


def _changed(backend: Backend, query: Query, leaves: Sequence[Leaf]) -> tuple[Compiler, list[Element]]:
    """Return a compiler on the bare table, and the conditions; joins go into a subquery of keys."""
    plain = query.having(order=(), related=(), only=None)
    compiler = Compiler(backend, plain, leaves, bare=True)
    if not (plain.is_sliced or plain.aggregates or plain.distinct):
        where, _ = compiler.conditions()
        if not compiler.joins:
            return compiler, where
    outer = Compiler(backend, Query(query.model), leaves, bare=True)
    operand = (plain if not plain.is_sliced else plain.having(order=query.order)).having(columns=None).as_operand()
    inner = Compiler(backend, operand, leaves, outer)
    statement, _ = inner.select()
    if backend.name == "mysql":  # MySQL does not read from the table it changes, unless through a derived one
        statement = select(statement.subquery("chosen"))
    return outer, [next(iter(outer.base.primary_key)).in_(statement)]


def _text_lookups() -> dict[str, Any]:
    from partita.orm.lookups import LOOKUPS

    names = ("iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex")
    return {name: LOOKUPS[name] for name in names}


LOOKUPS_OF_TEXT = _text_lookups()

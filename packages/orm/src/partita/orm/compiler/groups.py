"""Groups of one SELECT: what rows are put together by."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from partita.orm.compiler.conditions import Conditions, columns_of
from partita.orm.compiler.joins import Element
from partita.orm.expressions import Column, Exists, OrderBy, Random, Ref, Scope, Subquery, Value
from partita.orm.expressions.names import Outer
from partita.orm.lookups.tuples import parts_of
from partita.orm.ordering import resolve_order
from partita.orm.paths import Path
from partita.orm.query import Annotation, Query

__all__ = ("Grouping", "default_order", "related_tree")


class Grouping(Conditions):
    """Compiles what rows are grouped by."""

    _places: Mapping[int, int] = MappingProxyType({})
    _is_ordered = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._terms: dict[int, Element] = {}

    def groups(self) -> list[Element]:
        """Return what to group by, if any annotation aggregates."""
        query = self.query
        if not query.aggregates:
            return []
        plain = [a for a in query.annotations if not a.source.contains_aggregate]
        if query.grouped is not None:
            names = {selected.name for selected in query.grouped}
            shown = {selected.name for selected in query.columns or ()}
            elements = [self.chosen(selected.source) for selected in query.grouped if not _is_outer(selected.source)]
            beside = [a for a in plain if a.name not in names and a.name in shown]
            extra = [self.annotation(a.name) for a in beside if not a.source.windowed]
            for a in beside:  # groups are made before windows, of what these are over
                if a.source.windowed:
                    extra.extend(self.within(a, column) for column in columns_of(a.source, self.names_of_groups))
            # A number would be the place of a column to MySQL.
            constants = {
                id(self.annotation(a.name)) for a in plain if isinstance(a.source, Value)
            } - self._places.keys()
            elements = [element for element in elements if id(element) not in constants]
            extra = [element for element in extra if id(element) not in constants]
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
                if a.selected if limited is None else a.name in limited:
                    extra.extend(self._grouping(a))
        if query.order or (query.order is None and query.grouped is None and query.columns is None):
            for term in query.order if query.order is not None else default_order(query.model):
                extra.extend(self._ordered(term.sources[0]))
        for a in query.annotations:  # what stands beside an aggregate tells groups apart
            if a.source.contains_aggregate and a.name in self._annotations:
                extra.extend(self.within(a, part) for part in a.source.get_group_by_cols() if not self._is_known(part))
        for a in plain:  # what chooses rows by a window is over groups as well, selected or not
            if a.source.windowed and a.name in self._annotations:
                columns = [
                    column for column in columns_of(a.source, self.names_of_groups) if not self._is_known(column)
                ]
                extra.extend(self.within(a, column) for column in columns)
        if query.columns is not None and query.grouped is None:  # columns of other tables, one for each row grouped by
            for selected in query.columns:
                if not (selected.source.contains_aggregate or isinstance(selected.source, Ref)):
                    columns = [part for part in selected.source.get_group_by_cols() if not self._is_known(part)]
                    extra.extend(self.chosen(part) for part in columns)
        parts = [part for element in [*elements, *extra, *self.asked] for part in parts_of(element)]
        return [self._placed(element) for element in parts]

    def _ordered(self, source: Any) -> list[Element]:
        """Return what an order adds to GROUP BY: itself, or its columns where the database would not know it again."""
        if source.contains_aggregate or isinstance(source, Random):
            return []
        element = self.term(source)
        known = id(element) in self._places or isinstance(source, Column) or not self._is_ordered
        unknown = self.vendor == "postgresql" and not known
        if not (unknown or source.windowed):
            return [element]
        if not isinstance(source, Ref):
            return [column.compile(self.whole) for column in columns_of(source, self.names_of_groups)]
        annotation = next(a for a in self.query.annotations if a.name == source.name)
        return [self.within(annotation, column) for column in columns_of(source.source, self.names_of_groups)]

    def term(self, source: Any) -> Element:
        """Return what rows are ordered by; the same object each time, so that its place is known where it has one."""
        known = self._terms.get(id(source))
        if known is None:
            known = self._terms[id(source)] = source.compile(self.whole)
        return known

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


def _is_outer(source: Any) -> bool:
    """Return whether something is a column of the query around, which is the same for all rows of this one."""
    return isinstance(source.source if isinstance(source, Ref) else source, Outer)


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

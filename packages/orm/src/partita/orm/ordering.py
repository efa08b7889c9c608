"""What order_by and Meta.ordering accept: names of fields, each resolved, and expressions."""

from collections.abc import Sequence
from typing import Any

from partita.orm.errors import FieldError
from partita.orm.expressions import Column, F, OrderBy, Random, Ref, Scope, expression

__all__ = ("order_of_rows", "resolve_order")


def resolve_order(scope: Scope, terms: Sequence[Any]) -> tuple[OrderBy, ...]:
    """Return the terms with their names bound to columns.

    Raises:
        FieldError: If a name leads nowhere; nothing that was not resolved ever reaches SQL.
    """
    resolved: list[OrderBy] = []
    for term in terms:
        if isinstance(term, str):
            resolved.extend(_by_name(scope, term))
        elif isinstance(term, OrderBy):
            resolved.append(term.resolve(scope))  # type: ignore[arg-type]  # an OrderBy resolves to one
        elif isinstance(term, F) or hasattr(term, "resolve"):
            resolved.append(OrderBy(expression(term)).resolve(scope))  # type: ignore[arg-type]  # same
        else:
            raise FieldError(f"Cannot order by {term!r:.80}.")
    return tuple([each for term in resolved for each in _parts(term)])


def order_of_rows(scope: Scope, terms: Sequence[Any]) -> tuple[OrderBy, ...]:
    """Return the terms of ``order_by`` with their names bound to columns.

    Raises:
        FieldError: If a name leads nowhere, or an aggregate is no annotation: there would be no groups for it.
    """
    resolved = resolve_order(scope, terms)
    for term in resolved:
        if not _are_named(term):
            raise FieldError(
                "Using an aggregate in order_by() without also including it in annotate() is not allowed: "
                f"{term.sources[0]!r:.80}"
            )
    return resolved


def _are_named(node: Any) -> bool:
    """Return whether all that aggregates in an expression are annotations, taken by their names."""
    if isinstance(node, Ref) or not node.contains_aggregate:
        return True
    sources = node.get_source_expressions()
    return not type(node).contains_aggregate and all(_are_named(source) for source in sources)


def _parts(term: OrderBy) -> list[OrderBy]:
    """Return a term for each column of a key that is made of several; of others, the term itself."""
    source: Any = term.sources[0]
    if not isinstance(source, Column) or not source.field.is_tuple:
        return [term]
    key: Any = source.field
    return [term._with((Column(source.path, part),)) for part in key.fields]


def _by_name(scope: Scope, term: str) -> list[OrderBy]:
    if term in ("?", "-?"):
        return [OrderBy(Random())]
    descending = term.startswith("-")
    name = term.lstrip("+-") if term[:1] in "+-" else term
    if len(term) - len(name) > 1:
        raise FieldError(f"Cannot order by {term!r:.80}.")
    if scope.split(name)[0] not in scope.annotations:
        found = scope.find(name)
        relation = found.relation
        if relation is not None and not found.rest:
            return _by_relation(scope, name, relation, descending)
    return [OrderBy(F(name), descending=descending).resolve(scope)]  # type: ignore[list-item]  # an OrderBy resolves to one


def _by_relation(scope: Scope, name: str, relation: Any, descending: bool) -> list[OrderBy]:
    """Order by a relation as the related model orders itself."""
    model = relation.steps()[-1].model
    ordering = model._meta.ordering
    if not ordering or model is scope.model:
        found = scope.find(name)
        return [OrderBy(Column(found.path, found.field), descending=descending)]
    terms = resolve_order(Scope(scope.model, {}), [_prefixed(name, term) for term in ordering])
    return [term.reversed() if descending else term for term in terms]


def _prefixed(name: str, term: Any) -> Any:
    if not isinstance(term, str):
        raise FieldError(f"Cannot order by {name!r}: its model is ordered by an expression.")
    return f"-{name}__{term[1:]}" if term.startswith("-") else f"{name}__{term}"

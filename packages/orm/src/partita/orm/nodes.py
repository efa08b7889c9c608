"""Conditions as a query keeps them: names resolved, values apart from what is asked."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ColumnElement

from partita.orm.errors import FieldError, NotSupportedError
from partita.orm.expressions import BOOLEAN, Column, Expression, Leaf, Param, Ref, Scope, Subquery
from partita.orm.lookups import BOUNDED, ISNULL, Lookup, limits_of, parse_rest, wider
from partita.orm.paths import resolve

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("Condition", "Group", "Target", "condition")

_MISSING = object()


class Target:
    """The left side of a comparison, with the kind of comparison; made once per model and name where possible."""

    __slots__ = ("kept", "lhs", "limits", "lookup", "relation")

    def __init__(self, lhs: Expression, lookup: Lookup, relation: Any, kept: bool) -> None:
        self.lhs, self.lookup, self.relation, self.kept = lhs, lookup, relation, kept
        self.limits = limits_of(lhs)


class Condition(Expression):
    """One comparison."""

    output_field = BOOLEAN
    conditional = True

    def __init__(self, target: Target, rhs: Any) -> None:
        self.target, self.rhs = target, rhs
        self.contains_aggregate = target.lhs.contains_aggregate or getattr(rhs, "contains_aggregate", False)

    def resolve(self, scope: Scope) -> Expression:
        """It is resolved."""
        return self

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The target, and what kind of value stands right of it."""
        target, rhs = self.target, self.rhs
        key: Hashable = target if target.kept else (target.lhs.shape(leaves), target.lookup)
        if type(rhs) is Param:
            leaves.append(rhs)
            return key
        if type(rhs) is tuple:
            leaves.extend(rhs)
            return key, len(rhs)
        if type(rhs) is bool:
            return key, rhs
        return key, rhs.shape(leaves)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The comparison, as a value."""
        return compiler.where(self, negated=False, strict=False)


class Group(Expression):
    """Conditions joined."""

    output_field = BOOLEAN
    conditional = True

    def __init__(self, children: tuple[Any, ...], connector: str = "AND", negated: bool = False) -> None:
        self.children, self.connector, self.negated = children, connector, negated
        self.contains_aggregate = any(child.contains_aggregate for child in children)

    def resolve(self, scope: Scope) -> Expression:
        """It is resolved."""
        return self

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """How they are joined, and their shapes."""
        if len(self.children) == 1 and not self.negated:
            only: Hashable = self.children[0].shape(leaves)
            return only
        return self.connector, self.negated, *[child.shape(leaves) for child in self.children]

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The conditions, as a value."""
        return compiler.where(self, negated=False, strict=False)


def condition(scope: Scope, name: str, value: Any) -> Condition:
    """Return the condition that a keyword of `filter` stands for.

    Raises:
        FieldError: If the name leads nowhere.
    """
    meta = scope.model._meta
    target = meta.lookups.get(name) if not scope.annotations else None
    if target is None:
        target = _target(scope, name)
        if target.kept and not scope.annotations:
            target = meta.lookups.setdefault(name, target)  # plans are told apart by it, so there must be one
    given: Any = value  # to type checkers the None below would stay one
    if given is None and target.lookup.name in ("exact", "iexact"):
        if not target.kept:
            return Condition(Target(target.lhs, ISNULL, target.relation, target.kept), True)
        plain = name.removesuffix("__exact").removesuffix("__iexact")
        return Condition(condition(scope, f"{plain}__isnull", True).target, True)
    if hasattr(value, "resolve") and not isinstance(value, type):
        return Condition(target, value.resolve(scope))
    if hasattr(value, "query") and hasattr(value, "_meta") is False:
        return Condition(target, Subquery(value.query.as_operand()))
    if target.relation is not None:
        value = _keys(target, value)
    rhs = target.lookup.prepare(target.lhs.output, value)
    if target.limits is not None and target.lookup.name in BOUNDED:
        return _within_limits(target, rhs)
    return Condition(target, rhs)


def _within_limits(target: Target, rhs: Any) -> Condition:
    """Return a comparison of whole numbers that every database can take, however large they are.

    What no column holds is decided here; what only this column does not hold is compared as a larger number.
    """
    low, high = cast("tuple[int, int]", target.limits)
    if type(rhs) is Param:
        if rhs.value is None or low <= rhs.value <= high:
            return Condition(target, rhs)
    elif all(low <= leaf.value <= high for leaf in rhs if leaf.value is not None):
        return Condition(target, rhs)
    lookup, known = wider(target.lookup, rhs)
    return Condition(Target(target.lhs, lookup, target.relation, kept=False), known)


def _target(scope: Scope, name: str) -> Target:
    first, *rest = name.split("__")
    if first in scope.annotations:
        if scope.annotations[first].windowed:
            raise NotSupportedError(f"Rows cannot be filtered by {first!r}, a window over them; filter in Python.")
        lhs: Expression = Ref(first, scope.annotations[first])
        lhs, lookup, _ = parse_rest(lhs, rest, None)
        return Target(lhs, lookup, None, kept=False)
    found = resolve(scope.model, name)
    lhs, lookup, kept = parse_rest(Column(found.path, found.field), found.rest, found.relation)
    return Target(lhs, lookup, found.relation or (found.field if found.field.is_relation else None), kept)


def _keys(target: Target, value: Any) -> Any:
    """Return the keys of instances, which may stand for themselves in look-ups over relations."""
    if hasattr(value, "_meta"):
        return _key(target, value)
    if target.lookup.name == "in" and not isinstance(value, str | bytes):
        return [_key(target, item) if hasattr(item, "_meta") else item for item in value]
    return value


def _key(target: Target, instance: Any) -> Any:
    relation = target.relation
    expected = relation.related_model
    if expected is not None and not isinstance(instance, expected._meta.concrete_model):
        raise FieldError(f'Cannot query "{instance}": must be "{expected.__name__}" instance.')
    field = relation.target_of_last_step()
    key = instance.pk if field is None else getattr(instance, field.attname)
    if key is None:
        raise ValueError(f"Model instances passed to related filters must be saved ({instance!r:.80}).")
    return key

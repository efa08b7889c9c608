"""Conditions as a query keeps them: names resolved, values apart from what is asked."""

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement

from partita.orm.errors import FieldError
from partita.orm.expressions import (
    BOOLEAN,
    TEXT,
    Column,
    Expression,
    Leaf,
    Param,
    Ref,
    Scope,
    Subquery,
    Transform,
    Value,
)
from partita.orm.expressions.binding import Change, rebuilt
from partita.orm.expressions.identity import identity_of
from partita.orm.expressions.names import Outer
from partita.orm.fields import JSONField
from partita.orm.fields.composite import key_state
from partita.orm.functions.dates import Extract
from partita.orm.lookups import BOUNDED, ISNULL, LOOKUPS, Comparison, Key, limits_of, parse_rest, wider
from partita.orm.lookups.classes import bilateral_of
from partita.orm.lookups.json import JSON_LOOKUPS, JSON_NULL, KEY_LOOKUPS, KEY_NULL, JSONNull, with_key
from partita.orm.lookups.limits import NEVER
from partita.orm.lookups.years import YEARS, bounds_of
from partita.orm.registration import RegisterLookups

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("PLAIN", "Condition", "Group", "Target", "condition", "is_never", "known_condition")

PLAIN: frozenset[type] = frozenset({int, str, float, bytes})
"""Types of values that are nothing but values: they neither resolve to something else nor ask a database."""


class Target:
    """The left side of a comparison, with the kind of comparison; made once per model and name where possible."""

    __slots__ = (
        "bilateral",
        "custom",
        "direct",
        "equality",
        "kept",
        "lhs",
        "limits",
        "lookup",
        "relation",
        "version",
        "year",
    )

    def __init__(self, lhs: Expression, lookup: Any, relation: Any, kept: bool) -> None:
        self.version = RegisterLookups.version
        self.lhs, self.lookup, self.relation, self.kept = lhs, lookup, relation, kept
        self.limits = limits_of(lhs)
        self.custom = not isinstance(lookup, Comparison)
        self.equality = not self.custom and lookup.name in ("exact", "iexact")
        self.year = isinstance(lhs, Extract) and not self.custom and lookup.name in YEARS
        self.bilateral = bilateral_of(lhs) if isinstance(lhs, Transform) else ()
        # Whether a plain value need only be prepared; several may be instances, which stand for their keys.
        several = relation is not None and getattr(lookup, "name", "") == "in"
        self.direct = not (self.custom or self.year or self.bilateral or several)

    def rebuilt(self, change: Change, wanted: type[Expression]) -> "Target":
        """Return the same comparison with parts changed; this one if there is none."""
        lhs = rebuilt(self.lhs, change, wanted)
        return self if lhs is self.lhs else Target(lhs, self.lookup, self.relation, kept=False)


class Condition(Expression):
    """One comparison."""

    output_field = BOOLEAN

    @property
    def conditional(self) -> bool:
        """It is."""
        return True

    def __init__(self, target: Target, rhs: Any) -> None:
        self.target, self.rhs = target, rhs
        lhs = target.lhs
        if type(rhs) is Param:
            self.contains_aggregate, self.windowed = lhs.contains_aggregate, lhs.windowed
        else:
            self.contains_aggregate = lhs.contains_aggregate or getattr(rhs, "contains_aggregate", False)
            self.windowed = lhs.windowed or getattr(rhs, "windowed", False)

    @property
    def multiple(self) -> bool:  # type: ignore[override]  # asked too rarely to be kept
        """Whether a side is reached over many rows."""
        return self.target.lhs.multiple or getattr(self.rhs, "multiple", False)

    @property
    def identity(self) -> Hashable:
        """The comparison and both sides."""
        rhs = self.rhs
        leaves = rhs if isinstance(rhs, tuple) else (rhs,)
        right = tuple([identity_of(leaf.value if isinstance(leaf, Param) else leaf) for leaf in leaves])
        return (Condition, self.target.lhs, self.target.lookup, right)

    def get_group_by_cols(self) -> list[Any]:
        """This, or those of both sides of a comparison with an aggregate."""
        if not self.contains_aggregate:
            return [self]
        sides = (self.target.lhs, *(self.rhs if isinstance(self.rhs, tuple) else (self.rhs,)))
        return [column for side in sides if isinstance(side, Expression) for column in side.get_group_by_cols()]

    def resolve(self, scope: Scope) -> Expression:
        """It is resolved."""
        return self

    def check_types(self) -> None:
        """Refuse to compare a key of several columns with a single one of the query around."""
        rhs = self.rhs
        if (
            isinstance(rhs, Outer)
            and rhs.source is not None
            and self.target.lhs.output.is_tuple
            and not rhs.output.is_tuple
        ):
            raise ValueError("Composite field lookups only work with composite expressions.")

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The target, and what kind of value stands right of it."""
        target, rhs = self.target, self.rhs
        key: Hashable = target if target.kept else (target.lhs.shape(leaves), target.lookup)
        if type(rhs) is Param:
            leaves.append(rhs)
            return key
        if type(rhs) is tuple:
            if target.bilateral:
                return key, tuple([one.shape(leaves) for one in rhs])
            leaves.extend(rhs)
            return key, len(rhs)
        if type(rhs) is bool:
            return key, rhs
        return key, rhs.shape(leaves)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The comparison, as a value."""
        return compiler.where(self, negated=0, strict=False)


class Group(Expression):
    """Conditions joined."""

    output_field = BOOLEAN

    @property
    def conditional(self) -> bool:
        """It is."""
        return True

    def __init__(self, children: tuple[Any, ...], connector: str = "AND", negated: bool = False) -> None:
        self.children, self.connector, self.negated = children, connector, negated
        if len(children) == 1:  # most often, and then two generators cost more than the rest
            [child] = children
            self.contains_aggregate, self.windowed = child.contains_aggregate, child.windowed
        else:
            self.contains_aggregate = any(child.contains_aggregate for child in children)
            self.windowed = any(child.windowed for child in children)

    @property
    def multiple(self) -> bool:  # type: ignore[override]  # asked too rarely to be kept
        """Whether any of them is."""
        return any(child.multiple for child in self.children)

    @property
    def identity(self) -> Hashable:
        """How they are joined, and what."""
        return (Group, self.connector, self.negated, self.children)

    def get_group_by_cols(self) -> list[Any]:
        """These conditions, or those of all if there are aggregates among them."""
        if not self.contains_aggregate:
            return [self]
        return [column for child in self.children for column in child.get_group_by_cols()]

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
        return compiler.where(self, negated=0, strict=False)


def asks_nothing(node: Any) -> bool:
    """Return whether something is `Q()`, or made of nothing else."""
    return type(node) is Group and all(map(asks_nothing, node.children))


def is_never(node: Any) -> bool:
    """Return whether no row can match, so that nobody need ask: one of no values, a number that no column holds."""
    while type(node) is Group and len(node.children) == 1 and not node.negated and node.connector != "XOR":
        node = node.children[0]
    if type(node) is Condition:
        lookup = node.target.lookup
        return (type(node.rhs) is tuple and not node.rhs and lookup.name == "in") or lookup is NEVER
    if type(node) is Group and not node.negated and node.children:
        every = node.connector == "OR" and len(node.children) > 1
        return (all if every else any)(is_never(child) for child in node.children) and node.connector != "XOR"
    return False


def known_condition(meta: Any, name: str, value: Any) -> Condition | None:
    """Return the `condition` of a plain value, where no annotation may be meant and the name was asked for before; else None."""
    target = meta.lookups.get(name)
    if target is None or target.version is not RegisterLookups.version or not target.direct:
        return None
    return _prepared(target, value)


def condition(scope: Scope, name: str, value: Any) -> Condition:
    """Return the condition that a keyword of `filter` stands for.

    Raises:
        FieldError: If the name leads nowhere.
    """
    meta = scope.model._meta
    target = meta.lookups.get(name) if not (scope.annotations or scope.ways) else None
    if target is None or target.version is not RegisterLookups.version:
        target = _target(scope, name)
        if target.kept and not (scope.annotations or scope.ways):
            with meta.registry.building:  # plans are told apart by it, so there must be one
                known = meta.lookups.get(name)
                if known is None or known.version is not target.version:
                    meta.lookups[name] = target
                else:
                    target = known
    if target.direct and type(value) in PLAIN:
        return _prepared(target, value)
    given: Any = value  # to type checkers the None below would stay one
    if given is None and target.equality:
        if isinstance(target.lhs, Key):
            return Condition(Target(target.lhs, KEY_NULL, None, kept=False), True)
        if not target.kept:
            return Condition(Target(target.lhs, ISNULL, target.relation, target.kept), True)
        plain = name.removesuffix("__exact").removesuffix("__iexact")
        return Condition(condition(scope, f"{plain}__isnull", True).target, True)
    if given is None and target.custom and not getattr(target.lookup, "can_use_none_as_rhs", True):
        # A look-up of one's own, registered as the one for equality, which knows nothing of None.
        if target.lookup is not target.lhs.get_lookup("exact"):
            raise ValueError(
                f"Cannot use None as a query value for {target.lookup.lookup_name!r}; ask with __isnull=True."
            )
        return Condition(Target(target.lhs, ISNULL, None, kept=False), True)
    if hasattr(value, "resolve") and not isinstance(value, type):
        value = value.resolve(scope)
    elif hasattr(value, "query") and hasattr(value, "_meta") is False:
        inner = Subquery(value.query.as_operand(_width(target)))
        inner.using = value._using
        value = inner.resolve(scope)
    elif target.relation is not None:
        value = _keys(target, value)
    if isinstance(value, list | tuple):
        value = _resolved(scope, target, value)
    found: Condition = _compared(target, value)
    return found


def _resolved(scope: Scope, target: Target, values: Any) -> Any:
    """Return a list with the expressions in it bound to columns, also those within keys of several columns."""
    if any(hasattr(one, "resolve") for one in values):
        return [one.resolve(scope) if hasattr(one, "resolve") else one for one in values]
    if not target.lhs.output.is_tuple:
        return values
    inside = [isinstance(one, list | tuple) and any(hasattr(part, "resolve") for part in one) for one in values]
    if not any(inside):
        return values
    return [_resolved(scope, target, one) if computed else one for one, computed in zip(values, inside, strict=True)]


def _width(target: Target) -> int:
    output: Any = target.lhs.output
    return len(output.fields) if output.is_tuple and not target.custom else 1


def compared(lhs: Expression, lookup: Comparison, rhs: Any) -> Expression:
    """Return the condition that a look-up is, once both sides are resolved."""
    lhs = with_key(lhs)
    if isinstance(lhs, Column) and isinstance(lhs.output_field, JSONField):
        lookup = JSON_LOOKUPS.get(lookup.name, lookup)
    elif isinstance(lhs, Key):
        lookup = KEY_LOOKUPS.get(lookup.name, lookup)
    if rhs is None and lookup.name in ("exact", "iexact"):
        return Condition(Target(lhs, ISNULL, None, kept=False), True)
    found: Expression = _compared(Target(lhs, lookup, None, kept=False), rhs)
    return found


def _compared(target: Target, value: Any) -> Any:
    lookup = target.lookup
    if target.custom:
        return lookup(target.lhs, value)
    if value is None and lookup.name != "isnull" and not isinstance(target.lhs.output, JSONField):
        raise ValueError(f"Cannot use None as a query value for {lookup.name!r}; ask with __isnull=True.")
    if isinstance(value, Expression):
        _check_tuples(target, value)
        if isinstance(value, JSONNull) and target.equality:
            null = KEY_NULL if isinstance(target.lhs, Key) else JSON_NULL
            return Condition(Target(target.lhs, null, None, kept=False), True)
        for transform in target.bilateral:
            value = transform(value)
        if lookup.name == "isnull":
            raise ValueError("The value of an isnull lookup must be True or False.")
        return Condition(target, value)
    if type(value) is list and any(isinstance(one, Expression) for one in value):
        if target.lhs.output.is_tuple:
            return Condition(target, _Mixed(_parts_of_key(target, value)))
        return Condition(target, _Mixed(_one_of(target.lhs.output, one) for one in value))
    if type(value) is list and target.lhs.output.is_tuple and any(_is_computed(one) for one in value):
        return Condition(target, _Mixed(part for key in value for part in _parts_of_key(target, key)))
    if target.year and (found := bounds_of(target.lhs, value)) is not None:
        return _within_year(lookup.name, target.relation, *found)
    rhs = Param(str(value), TEXT) if target.bilateral and lookup.pattern else lookup.prepare(target.lhs.output, value)
    if target.bilateral and not isinstance(rhs, bool):
        return Condition(target, _transformed(target, rhs))
    return _limited(target, rhs)


def _prepared(target: Target, value: Any) -> Condition:
    rhs = target.lookup.prepare(target.lhs.output, value)
    limits = target.limits
    if limits is None or (type(rhs) is Param and type(rhs.value) is int and limits[0] <= rhs.value <= limits[1]):
        return Condition(target, rhs)
    return _limited(target, rhs)


def _limited(target: Target, rhs: Any) -> Condition:
    if target.limits is not None and target.lookup.name in BOUNDED:
        return _within_limits(target, rhs)
    return Condition(target, rhs)


class _Mixed(tuple[Any, ...]):
    """Several right sides, of which some are computed by the database."""

    __slots__ = ()

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The shapes of all."""
        return tuple([one.shape(leaves) for one in self])


def _is_computed(key: Any) -> bool:
    """Return whether a part of a key is an expression."""
    return isinstance(key, list | tuple) and any(isinstance(part, Expression) for part in key)


def _check_tuples(target: Target, value: Expression) -> None:
    """Refuse to compare one column with several, or several with what is neither columns nor a query."""
    output: Any = target.lhs.output
    if output.is_tuple:
        if not isinstance(value, Column | Outer | Subquery):
            raise ValueError(
                f"{target.lookup.name!r} subquery lookup of {output.name!r} only supports OuterRef and QuerySet objects "
                f"(received {type(value).__name__!r})"
            )
    elif isinstance(value, Column) and value.field.is_tuple:
        raise ValueError(f"{type(value.field).__name__} cannot be used as a lookup value.")


def _parts_of_key(target: Target, values: Sequence[Any]) -> Iterator[Expression]:
    output: Any = target.lhs.output
    for part, value in zip(output.fields, output.checked(values, target.lookup.name), strict=True):
        yield _one_of(part, value)


def _one_of(field: Any, value: Any) -> Expression:
    if isinstance(value, Expression):
        return value
    made = Value(None)
    made.output_field, made.value = field, field.get_prep_value(value)
    return made


def _within_year(name: str, relation: Any, column: Column, field: Any, first: Any, last: Any) -> Condition:
    if name == "exact":
        return Condition(
            Target(column, LOOKUPS["range"], relation, kept=False), (Param(first, field), Param(last, field))
        )
    bound = first if name in ("gte", "lt") else last
    return Condition(Target(column, LOOKUPS[name], relation, kept=False), Param(bound, field))


def _transformed(target: Target, rhs: Any) -> Any:
    """Return the right side with the transforms of the left that apply to both."""
    if isinstance(rhs, tuple):
        return tuple(_transformed(target, one) for one in rhs)
    made: Any = Value(rhs.value, rhs.field)
    for transform in target.bilateral:
        made = transform(made)
    return made


def _within_limits(target: Target, rhs: Any) -> Condition:
    """Return a comparison of whole numbers that every database can take, however large they are.

    What no column holds is decided here; what only this column does not hold is compared as a larger number.
    """
    limits: Any = target.limits
    low, high = limits
    if type(rhs) is Param:
        if rhs.value is None or low <= rhs.value <= high:
            return Condition(target, rhs)
    elif all(low <= leaf.value <= high for leaf in rhs if leaf.value is not None):
        return Condition(target, rhs)
    lookup, known = wider(target.lookup, rhs)
    return Condition(Target(target.lhs, lookup, target.relation, kept=False), known)


def _target(scope: Scope, name: str) -> Target:
    first, rest = scope.split(name)
    if first in scope.annotations:
        lhs: Expression = with_key(Ref(first, scope.annotations[first]))
        lhs, lookup, _ = parse_rest(lhs, rest, None)
        return Target(lhs, lookup, None, kept=False)
    found = scope.find(name)
    lhs, lookup, kept = parse_rest(Column(found.path, found.field), found.rest, found.relation)
    relation = found.relation or (found.field if found.field.is_relation else None)
    return Target(lhs, lookup, relation, kept and found.lasting)


def _keys(target: Target, value: Any) -> Any:
    """Return the keys of instances, which may stand for themselves in look-ups over relations."""
    if hasattr(value, "_meta"):
        return _key(target, value)
    if target.lookup.name == "in" and not isinstance(value, str | bytes):
        return [_key(target, item) if hasattr(item, "_meta") else item for item in value]
    return value


def _is_one(instance: Any, expected: Any) -> bool:
    return isinstance(instance, expected.concrete_model) or instance._meta.concrete_model in expected.all_parents


def _key(target: Target, instance: Any) -> Any:
    relation = target.relation
    expected = relation.related_model
    if expected is not None and not _is_one(instance, expected._meta):
        raise FieldError(f'Cannot query "{instance}": must be "{expected.__name__}" instance.')
    field = relation.target_of_last_step()
    while field is not None and field.parent_link and not isinstance(instance, field.model):
        field = field.target_field  # a parent's row stands for that of its child
    key = key_state(instance.pk if field is None else getattr(instance, field.attname))
    if key is None:
        raise ValueError(f"Model instances passed to related filters must be saved ({instance!r:.80}).")
    return key

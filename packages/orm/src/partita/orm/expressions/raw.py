"""SQL of your own as an expression, and relations of which only some rows count."""

from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement

from partita.orm.errors import FieldError
from partita.orm.expressions.base import Expression, Leaf, Param
from partita.orm.expressions.identity import shape_of_field
from partita.orm.expressions.scope import Scope
from partita.orm.fields import Field
from partita.orm.paths import FilteredStep, Way, resolve
from partita.orm.value_types import OF_VALUE, Untyped

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.models import Model
    from partita.orm.q import Q

__all__ = ("FilteredRelation", "RawSQL")


_ANYTHING = Untyped(null=True)


class RawSQL(Expression):
    """SQL of your own, in brackets.

    Args:
        sql: With ``%s`` for each parameter and ``%%`` for a percent sign; never paste values into it.
        params: Values.
        output_field: What it gives; unless given, values come as the driver has them.
    """

    def __init__(self, sql: str, params: Sequence[Any] = (), output_field: Field[Any] | None = None) -> None:
        self.sql, self.params = sql, tuple(params)
        self.output_field = _ANYTHING if output_field is None else output_field
        self.leaves = tuple(Param(value, OF_VALUE.get(type(value), _ANYTHING)) for value in self.params)

    @property
    def identity(self) -> Hashable:
        """The SQL, and the values."""
        return (RawSQL, self.sql, self.params, shape_of_field(self.output_field))

    @property
    def conditional(self) -> bool:
        """It may be a condition."""
        return True

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The SQL."""
        leaves.extend(self.leaves)
        return (RawSQL, self.sql, shape_of_field(self.output_field))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The SQL in brackets."""
        return compiler.parsed(f"({self.sql})", [compiler.param(leaf) for leaf in self.leaves])

    def __repr__(self) -> str:
        return f"RawSQL({self.sql}, {list(self.params)!r})"


class FilteredRelation:
    """A relation of which only those rows count for which a condition holds; the condition goes into the join.

    Args:
        relation_name: The relation, or several with two underscores between.
        condition: A `Q`, whose names start with ``relation_name`` or are fields of the model itself.

    Raises:
        ValueError: If there is no name, or the condition is something else.
    """

    def __init__(self, relation_name: str, *, condition: "Q | None" = None) -> None:
        from partita.orm.q import Q

        if not relation_name:
            raise ValueError("relation_name cannot be empty.")
        if condition is not None and not isinstance(condition, Q):
            raise ValueError("condition argument must be a Q() instance.")
        self.relation_name = relation_name
        self.condition: Q = Q() if condition is None else condition

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FilteredRelation) and (self.relation_name, self.condition) == (
            other.relation_name,
            other.condition,
        )

    def __hash__(self) -> int:
        return hash((self.relation_name, self.condition))

    def resolved(self, model: "type[Model]", alias: str) -> tuple[str, Way, Any]:
        """Return the alias, where it leads, and the condition.

        Raises:
            FieldError: If the name leads to something else than a relation, or the condition further than that.
        """
        found = resolve(model, self.relation_name)
        if found.rest:
            raise ValueError(
                f"FilteredRelation's relation_name cannot contain lookups (got {self.relation_name!r:.80})."
            )
        if found.relation is None:
            raise FieldError(f"{self.relation_name!r:.80} is not a relation of {model.__name__}.")
        *before, last = _whole_path(model, self.relation_name)
        kept = FilteredStep(alias, last)  # the joins on the way to it are those that others make, too
        way = Way((*before, kept), found.relation, self.relation_name)
        where = self.condition.resolve(Scope(model, {}, {self.relation_name: way}))
        parents = model._meta.concrete_model._meta.all_parents
        _check_depth(where, way, {way.path, *(model._meta.way_to(parent) for parent in parents)})
        kept.condition = where if self.condition else None
        return alias, way, where


def _whole_path(model: "type[Model]", name: str) -> tuple[Any, ...]:
    """Return all joins of a relation, also of those whose key would do without."""
    path: list[Any] = []
    for part in name.split("__"):
        found = model._meta.find(part)[0]
        path.extend(model._meta.steps_of(found))
        model = path[-1].model
    return tuple(path)


def _check_depth(node: Any, way: Way, known: Collection[Any]) -> None:
    """Refuse what is neither in the relation's table nor in those of the model itself, to which the paths ``known`` lead."""
    for child in getattr(node, "children", ()):
        _check_depth(child, way, known)
    lhs = getattr(getattr(node, "target", None), "lhs", None)
    path = getattr(lhs, "path", ())
    if path and path not in known:
        last = getattr(lhs, "field", None)
        raise ValueError(
            f"FilteredRelation's condition doesn't support relations outside the {way.base!r}, or deeper than it "
            f"(got {getattr(last, 'name', '?')!r})."
        )

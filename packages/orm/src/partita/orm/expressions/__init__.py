"""What a query computes: columns, values, arithmetic, functions, conditions, subqueries."""

from partita.orm.expressions.alias import checked_alias
from partita.orm.expressions.base import (
    Composed,
    Expression,
    F,
    Leaf,
    Param,
    Value,
    expression,
    value_or_expression,
)
from partita.orm.expressions.columns import Column, Ref, inlined
from partita.orm.expressions.combinable import Combinable
from partita.orm.expressions.functions import Case, Cast, ExpressionWrapper, Func, Random, Transform, When, common_type
from partita.orm.expressions.names import OuterRef
from partita.orm.expressions.operators import Combined, Negated
from partita.orm.expressions.ordering_terms import OrderBy
from partita.orm.expressions.raw import FilteredRelation, RawSQL
from partita.orm.expressions.scope import Given, RowScope, Scope
from partita.orm.expressions.subqueries import Exists, Subquery
from partita.orm.value_types import BIG, BOOLEAN, DECIMAL, FLOAT, INTEGER, OF_VALUE, TEXT

__all__ = (
    "BIG",
    "BOOLEAN",
    "DECIMAL",
    "FLOAT",
    "OF_VALUE",
    "INTEGER",
    "TEXT",
    "Case",
    "Cast",
    "Column",
    "Combinable",
    "Combined",
    "Composed",
    "Exists",
    "Expression",
    "ExpressionWrapper",
    "F",
    "FilteredRelation",
    "Func",
    "Given",
    "Leaf",
    "Negated",
    "OrderBy",
    "OuterRef",
    "Param",
    "Random",
    "RawSQL",
    "Ref",
    "RowScope",
    "Scope",
    "Subquery",
    "Transform",
    "Value",
    "When",
    "common_type",
    "checked_alias",
    "expression",
    "inlined",
    "value_or_expression",
)

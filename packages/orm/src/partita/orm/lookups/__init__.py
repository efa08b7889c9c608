"""How names such as ``year__gte`` become transforms and a comparison."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from partita.orm.errors import FieldError
from partita.orm.expressions import Composed, Expression, Ref, Transform
from partita.orm.fields import DateField, DateTimeField, JSONField, TimeField
from partita.orm.functions.dates import PARTS, Extract, TruncDate, TruncTime
from partita.orm.lookups.base import Comparison, Derived
from partita.orm.lookups.classes import (
    BUILT_IN,
    BuiltinLookup,
    Contains,
    EndsWith,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IContains,
    IEndsWith,
    IExact,
    In,
    IRegex,
    IsNull,
    IStartsWith,
    LessThan,
    LessThanOrEqual,
    Lookup,
    Range,
    Regex,
    StartsWith,
    YearExact,
    YearGt,
    YearGte,
    YearLookup,
    YearLt,
    YearLte,
    is_custom,
)
from partita.orm.lookups.json import JSON_LOOKUPS, KEY_LOOKUPS, Key
from partita.orm.lookups.limits import BOUNDED, limits_of, wider
from partita.orm.lookups.plain import ISNULL, LOOKUPS
from partita.orm.paths import meant
from partita.orm.registration import RegisterLookups

__all__ = (
    "BOUNDED",
    "ISNULL",
    "LOOKUPS",
    "BuiltinLookup",
    "Comparison",
    "Contains",
    "EndsWith",
    "Exact",
    "GreaterThan",
    "GreaterThanOrEqual",
    "IContains",
    "IEndsWith",
    "IExact",
    "IRegex",
    "IStartsWith",
    "In",
    "IsNull",
    "Key",
    "LessThan",
    "LessThanOrEqual",
    "Lookup",
    "Range",
    "Regex",
    "StartsWith",
    "Transform",
    "YearExact",
    "YearGt",
    "YearGte",
    "YearLookup",
    "YearLt",
    "YearLte",
    "builtin_lookup",
    "builtin_transform",
    "limits_of",
    "parse_rest",
    "transformed",
    "wider",
)

_RELATION_LOOKUPS = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte"})


def transformed(source: Expression, names: Sequence[str]) -> Expression:
    """Apply the transforms ``names`` to ``source``.

    Raises:
        FieldError: If one does not apply.
    """
    for name in names:
        following = _transform(source, name)
        if following is None:
            raise _unsupported(source, name)
        source = following
    return source


def parse_rest(source: Expression, names: Sequence[str], relation: Any) -> tuple[Expression, Any, bool]:
    """Split what follows a field into transforms and a look-up.

    Returns:
        The left side, the look-up (a comparison of ours or a class of the user's), and whether both depend on nothing
        a user may choose freely.

    Raises:
        FieldError: If a name is neither.
    """
    kept = not isinstance(source.output_field, JSONField) or not names
    for index, name in enumerate(names):
        is_last = index == len(names) - 1
        if is_last and (lookup := _lookup(source, name, relation)) is not None:
            return source, lookup, kept
        own = relation.registered_transform(name) if isinstance(relation, RegisterLookups) else None
        if relation is not None and own is None:
            raise _not_on_relation(source, name, relation)
        following = _transform(source, name)
        if following is None:
            raise _unsupported(source, "__".join(names[index:]))

        kept = kept and isinstance(following, Derived)
        source, relation = following, None
    lookup = _lookup(source, "exact", relation)
    return source, lookup or LOOKUPS["exact"], kept


def builtin_lookup(field: Any, name: str) -> Any:
    """Return the class of the built-in look-up ``name`` of a field, or None."""
    return BUILT_IN.get(name)


def builtin_transform(field: Any, name: str) -> Any:
    """Return what makes the built-in transform ``name`` of a field, or None."""
    if isinstance(field, JSONField):
        return partial(Key, key=name)
    if isinstance(field, DateTimeField) and name in ("date", "time"):
        return TruncDate if name == "date" else TruncTime
    if isinstance(field, DateField | DateTimeField | TimeField) and name in PARTS:
        return partial(Extract, lookup_name=name)
    return None


def _lookup(source: Expression, name: str, relation: Any) -> Any:
    if relation is not None:
        found = relation.registered_lookup(name) if isinstance(relation, RegisterLookups) else None
        if found is not None or name not in _RELATION_LOOKUPS:
            return found
        return source.output.get_lookup(name).comparison if source.output.is_tuple else LOOKUPS[name]
    kind = source.get_lookup(name)
    if kind is not None and is_custom(kind):
        return kind
    if isinstance(source, Key) and name in KEY_LOOKUPS:
        return KEY_LOOKUPS[name]
    output = source.output if isinstance(source, Ref) else source.output_field
    if isinstance(output, JSONField) and name in JSON_LOOKUPS:
        return JSON_LOOKUPS[name]
    return None if kind is None else kind.comparison


def _transform(source: Expression, name: str) -> Expression | None:
    factory = source.get_transform(name)
    if factory is None:
        return None
    made = factory(source)
    return made._with(made.sources) if isinstance(made, Composed) else made


def _not_on_relation(source: Expression, name: str, relation: Any) -> FieldError:
    """Return the error for what follows a relation and is neither one of the few look-ups it has nor a field over there."""
    model = relation.steps()[-1].model
    refused = f"Related Field got invalid lookup: {name[:80]}."
    if source.output.get_lookup(name) is not None or name in BUILT_IN:
        return FieldError(f"{refused} Put a field of {model.__name__} before it, as in {relation.name}__FIELD__{name}.")
    known = sorted(model._meta.query_names())
    return FieldError(
        f"{refused} Choices of {model.__name__} are: {', '.join(known)}.{meant(name, [*known, *_RELATION_LOOKUPS])}"
    )


def _unsupported(source: Expression, name: str) -> FieldError:
    field = source.output
    from difflib import get_close_matches  # only who errs needs it

    near = get_close_matches(name, {*BUILT_IN, *field.get_lookups()})
    hint = f", perhaps you meant {' or '.join(near)}?" if near else "."
    return FieldError(
        f"Unsupported lookup {name[:80]!r} for {type(field).__name__} or join on the field not permitted{hint}"
    )

"""What makes two expressions equal: their kind, and everything that they were given."""

from collections.abc import Hashable, KeysView, Mapping, ValuesView
from functools import lru_cache
from typing import Any

from partita.orm.fields.base import Field

__all__ = ("identity_of", "is_ours", "shape_of_field", "written_in_sql")

_OURS = "partita.orm."


def identity_of(value: Any) -> Hashable:
    """Return something hashable that is equal for equal values; numbers of different kinds are different."""
    if isinstance(value, Field):
        model = getattr(value, "model", None)
        if model is not None:
            return (model, value.name)
        _, path, args, kwargs = value.deconstruct()
        return (path, identity_of(args), identity_of(kwargs))
    if isinstance(value, Mapping):
        return frozenset((key, identity_of(inner)) for key, inner in value.items())
    if isinstance(value, list | tuple | KeysView | ValuesView):
        return tuple(identity_of(inner) for inner in value)
    if isinstance(value, set | frozenset):
        return frozenset(identity_of(inner) for inner in value)
    try:
        hash(value)
    except TypeError:
        return (type(value), repr(value))
    return (type(value), value)


@lru_cache(2048)
def shape_of_field(field: Field[Any] | None) -> Hashable:
    """Return what a given ``output_field`` adds to a shape: its kind with its options, since rows are read by both.

    Fields that are equal in this share plans, even where one is made anew for each query.
    """
    return None if field is None else identity_of(field)


@lru_cache(2048)
def is_ours(kind: type) -> bool:
    """Return whether the shape of a class of expressions is known to be complete.

    It is for classes of this package, and for those that say so themselves by ``shape_is_complete = True``; subclasses do not inherit it.
    """
    return kind.__module__.startswith(_OURS) or bool(kind.__dict__.get("shape_is_complete"))


@lru_cache(2048)
def written_in_sql(kind: type, vendor: str) -> str | None:
    """Return the method by which a class writes SQL as text for a database, or None if it makes SQLAlchemy's expressions.

    Of ``as_sqlite`` (and so on), ``as_sql``, ``compile`` and ``call`` the one counts that the nearest class has.
    """
    for base in kind.__mro__:
        own = base.__dict__
        if f"as_{vendor}" in own:
            return f"as_{vendor}"
        if "as_sql" in own and not base.__module__.startswith(_OURS):
            return "as_sql"
        if "compile" in own or "call" in own:
            return None
    return None

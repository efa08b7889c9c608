"""What may be wrong with any field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from partita.contracts.checks import Finding
from partita.contracts.i18n import LazyText
from partita.orm.checks.findings import Databases, error, lacking, warning

__all__ = ("check_field", "names")

_MOST_CHOICES = 10_000  # looked at; a function may give any number


def check_field(field: Any, databases: Databases) -> list[Finding]:
    """Return what is wrong with the declaration of a field."""
    from partita.orm.checks.kinds import checks_of

    databases = list(databases)
    if field.many_to_many:
        from partita.orm.checks.many_to_many import check_many

        return [*names(field), *check_many(field)]
    found = [
        *names(field),
        *_choices(field),
        *_index(field),
        *_key_with_null(field),
        *_validators(field),
        *_shared_default(field),
        *_database_default(field, databases),
        *_comment(field, databases),
    ]
    for check in checks_of(field):
        found += check(field, databases)
    return found


def names(field: Any) -> Iterator[Finding]:
    """Yield what is wrong with the name."""
    if field.name.endswith("_"):
        yield error("fields.E001", "Field names must not end with an underscore.", field)
    elif "__" in field.name:
        yield error("fields.E002", 'Field names must not contain "__".', field)
    elif field.name == "pk" and not field.is_tuple:
        yield error("fields.E003", "'pk' is a reserved word that cannot be used as a field name.", field)


def _choices(field: Any) -> Iterator[Finding]:
    choices = field.choices
    if not choices:
        return
    if not isinstance(choices, Iterable) or isinstance(choices, str | set | frozenset):
        yield error(
            "fields.E004",
            "'choices' must be a mapping (e.g. a dictionary) or an ordered iterable (e.g. a list or tuple, but not a set).",
            field,
        )
        return
    values = _values(list(islice(choices, _MOST_CHOICES)))
    if values is None:
        yield error(
            "fields.E005",
            "'choices' must be a mapping of actual values to human readable names or an iterable containing (actual value, "
            "human readable name) tuples.",
            field,
        )
        return
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    if isinstance(field.max_length, int) and longest > field.max_length:
        yield error(
            "fields.E009",
            f"'max_length' is too small to fit the longest value in 'choices' ({longest} characters).",
            field,
        )


def _values(choices: Sequence[Any]) -> list[Any] | None:
    """Return the values of choices, in groups and without; None if they are no pairs."""
    found: list[Any] = []
    for pair in choices:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return None
        value, label = pair
        if isinstance(label, list | tuple):
            if not _is_text(value) or (inside := _values(label)) is None:
                return None
            found += inside
        elif _is_text(label) and not isinstance(value, list | set | Mapping):
            found.append(value)
        else:
            return None
    return found


def _is_text(label: Any) -> bool:
    return isinstance(label, str | int | float | LazyText) or hasattr(label, "__html__") or hasattr(label, "message")


def _index(field: Any) -> Iterator[Finding]:
    if field.db_index not in (None, True, False):
        yield error("fields.E006", "'db_index' must be None, True or False.", field)


def _key_with_null(field: Any) -> Iterator[Finding]:
    if field.primary_key and field.null:
        yield error(
            "fields.E007",
            "Primary keys must not have null=True.",
            field,
            "Set null=False on the field, or remove primary_key=True argument.",
        )


def _validators(field: Any) -> Iterator[Finding]:
    for place, validator in enumerate(field.validators):
        if not callable(validator):
            yield error(
                "fields.E008",
                "All 'validators' must be callable.",
                field,
                f"validators[{place}] ({validator!r}) isn't a function or instance of a validator class.",
            )


def _shared_default(field: Any) -> Iterator[Finding]:
    """Warn of a list, dictionary or set that all rows would share, whatever kind of field it is the default of."""
    if isinstance(field.default, dict | list | set):
        kind = type(field.default).__name__
        yield warning(
            "fields.E010",
            f"{type(field).__name__} default should be a callable instead of an instance so that it's not shared between all "
            "field instances.",
            field,
            f"Use a callable instead, e.g., use `{kind}` instead of `{kind}()`.",
        )


def _database_default(field: Any, databases: Databases) -> Iterator[Finding]:
    from partita.orm.expressions import Value

    given = field.db_default
    if not field.has_db_default() or not hasattr(given, "resolve") or isinstance(given, Value):
        return
    if not _may_be_default(given):
        yield error("fields.E012", f"{given} cannot be used in db_default.", field)
        return
    for name in lacking(databases, field.model._meta, "supports_expression_defaults"):
        yield error(
            "fields.E011", f"{name} does not support default database values with expressions (db_default).", field
        )


def _may_be_default(expression: Any) -> bool:
    """Return whether no row has to be there: the expression has neither columns nor queries in it, and gives one value."""
    from partita.orm.expressions import F, Subquery
    from partita.orm.q import Q

    if isinstance(expression, F | Subquery | Q) or getattr(expression, "contains_aggregate", False):
        return False
    if getattr(expression, "windowed", False) or getattr(expression, "conditional", False):
        return False
    return all(_may_be_default(inner) for inner in getattr(expression, "sources", ()))


def _comment(field: Any, databases: Databases) -> Iterator[Finding]:
    if field.db_comment:
        for name in lacking(databases, field.model._meta, "supports_comments"):
            yield warning("fields.W163", f"{name} does not support comments on columns (db_comment).", field)

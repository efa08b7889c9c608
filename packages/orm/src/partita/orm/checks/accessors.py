"""What may be wrong with a relation's other side: the model it points to, and the names it takes there."""

from collections.abc import Iterator
from keyword import iskeyword
from typing import Any

from partita.contracts.checks import Finding
from partita.orm.checks.findings import error

__all__ = ("check_relation", "is_missing")


def check_relation(field: Any) -> Iterator[Finding]:
    """Yield what is wrong with the target, with ``related_name`` and ``related_query_name``."""
    yield from _related_name(field)
    yield from _query_name(field)
    yield from _target(field)
    if field.related_model is not None and not field.model._meta.abstract and field.remote_field is not None:
        yield from _clashes(field)
        yield from _managers(field)


def _related_name(field: Any) -> Iterator[Finding]:
    name = field._related_name
    if name is None or name.endswith("+") or _is_generic(name):
        return
    if not name.isidentifier() or iskeyword(name):
        yield error(
            "fields.E306",
            f"The name '{name}' is invalid related_name for field {field.model._meta.object_name}.{field.name}",
            field,
            "Related name must be a valid Python identifier or end with a '+'",
        )


def _is_generic(name: str) -> bool:
    return "%(" in name


def _query_name(field: Any) -> Iterator[Finding]:
    reverse = field.remote_field
    if reverse is None or reverse.hidden:
        return
    hint = "Add or change a related_name or related_query_name argument for this field."
    if reverse.name.endswith("_"):
        yield error("fields.E308", f"Reverse query name '{reverse.name}' must not end with an underscore.", field, hint)
    if "__" in reverse.name:
        yield error("fields.E309", f"Reverse query name '{reverse.name}' must not contain '__'.", field, hint)


def is_missing(field: Any, model: Any) -> bool:
    """Return whether a model that ``field`` names, or has as a class, is not among those registered."""
    registry = field.model._meta.registry
    if isinstance(model, str):
        return True
    return model not in registry.get_models(include_auto_created=True, include_swapped=True)


def _target(field: Any) -> Iterator[Finding]:
    to = field.to
    target = field.related_model
    if target is not None and not isinstance(to, str) and to._meta.swapped is None and not is_missing(field, target):
        return
    if target is None or is_missing(field, target):
        if target is None and field.model._meta.abstract:
            return
        told = to if isinstance(to, str) else to._meta.object_name
        yield error(
            "fields.E300",
            f"Field defines a relation with model '{told}', which is either not installed, or is abstract.",
            field,
        )
        return
    given = _given_model(field)
    if given is not None and given._meta.swapped is not None:
        yield error(
            "fields.E301",
            f"Field defines a relation with the model '{given._meta.label}', which has been swapped out.",
            field,
            f"Update the relation to point at 'settings.{given._meta.swappable}'.",
        )


def _given_model(field: Any) -> Any:
    """Return the model that the declaration names, which another one may stand for; None if that stands for nothing."""
    if not isinstance(field.to, str):
        return field.to
    try:
        label = field.to if "." in field.to else f"{field.model._meta.app_label}.{field.to}"
        return None if field.to == "self" else field.model._meta.registry.get_model(label)
    except LookupError:
        return None


def _clashes(field: Any) -> Iterator[Finding]:
    """Yield that a name on the other side is taken there: by a field, or by another relation."""
    reverse = field.remote_field
    meta = field.related_model._meta
    own = f"{field.model._meta.label}.{field.name}"
    accessor = None if reverse.hidden else reverse.accessor
    query = None if reverse.hidden and not field._related_query_name else reverse.name
    for other in (*meta.fields, *meta.many_to_many, *(each for each in meta.private_fields if each.is_foreign_key)):
        taken = f"{(meta if other.many_to_many else other.model._meta).label}.{other.name}"
        hint = f"Rename field '{taken}', or add/change a related_name argument to the definition for field '{own}'."
        if other.name == accessor:
            yield error(
                "fields.E302",
                f"Reverse accessor '{meta.object_name}.{accessor}' for '{own}' clashes with field name '{taken}'.",
                field,
                hint,
            )
        if other.name == query:
            yield error(
                "fields.E303", f"Reverse query name for '{own}' clashes with field name '{taken}'.", field, hint
            )
    for other in meta.related_objects:
        if other.field is field:
            continue
        taken = f"{other.related_model._meta.label}.{other.field.name}"
        hint = f"Add or change a related_name argument to the definition for '{own}' or '{taken}'."
        if accessor is not None and other.accessor == accessor:
            yield error(
                "fields.E304",
                f"Reverse accessor '{meta.object_name}.{accessor}' for '{own}' clashes with reverse accessor for '{taken}'.",
                field,
                hint,
            )
        if query is not None and (other.accessor == query or (other.name == query and _is_chosen(field, other.field))):
            yield error(
                "fields.E305",
                f"Reverse query name for '{own}' clashes with reverse query name for '{taken}'.",
                field,
                hint,
            )


def _is_chosen(one: Any, other: Any) -> bool:
    """Return whether a name was given to either; where neither has one, the accessors clash as well, which is told already."""
    return any(each is not None for field in (one, other) for each in (field._related_name, field._related_query_name))


def _managers(field: Any) -> Iterator[Finding]:
    reverse = field.remote_field
    if reverse.hidden or reverse.accessor is None:
        return
    own = f"{field.model._meta.label}.{field.name}"
    if reverse.accessor in field.related_model._meta.manager_names:
        yield error(
            "fields.E348",
            f"Related name '{reverse.accessor}' for '{own}' clashes with the name of a model manager.",
            field,
            f"Rename the model manager or change the related_name argument in the definition for field '{own}'.",
        )

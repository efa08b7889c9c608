"""What can be wrong with generic relations before an application serves."""

from collections.abc import Iterable, Iterator

from partita.contenttypes.foreign_key import GenericForeignKey
from partita.contenttypes.models import ContentType
from partita.contenttypes.relation import GenericRelation
from partita.contracts.checks import Finding
from partita.contracts.current import Resolver
from partita.orm import FieldDoesNotExist, ForeignKey, Model, registry

__all__ = ("check", "check_foreign_key", "check_models", "check_relation")

_LONGEST = 100  # characters that ContentType.model has room for


def check(app: Resolver) -> Iterable[Finding]:
    """Check all registered models."""
    return check_models(registry.get_models())


def check_models(models: Iterable[type[Model]]) -> Iterator[Finding]:
    """Yield what is wrong with the generic relations of ``models`` and with their names."""
    for model in models:
        if len(model._meta.model_name) > _LONGEST:
            yield Finding(
                "contenttypes.E005",
                "error",
                f"Model names must be at most {_LONGEST} characters (got {len(model._meta.model_name)}).",
                f"Rename {model._meta.label[:160]}.",
            )
        for field in model._meta.private_fields:
            if isinstance(field, GenericForeignKey):
                yield from check_foreign_key(field)
            elif isinstance(field, GenericRelation):
                yield from check_relation(field)


def check_foreign_key(field: GenericForeignKey) -> Iterator[Finding]:
    """Yield what is wrong with the two fields that a generic foreign key is made of."""
    meta = field.model._meta
    try:
        meta.get_field(field.fk_field)
    except FieldDoesNotExist:
        text = f"The GenericForeignKey object ID references the nonexistent field '{field.fk_field}'."
        yield _error("E001", field, text, f"Add the field {field.fk_field!r}, or name another one as fk_field.")
    try:
        pointer = meta.get_field(field.ct_field)
    except FieldDoesNotExist:
        named = f"{meta.object_name}.{field.ct_field}"
        text = f"The GenericForeignKey content type references the nonexistent field '{named}'."
        yield _error("E002", field, text, f"Add the field {field.ct_field!r}, or name another one as ct_field.")
        return
    named = f"'{meta.object_name}.{field.ct_field}'"
    wanted = "GenericForeignKeys must use a ForeignKey to 'contenttypes.ContentType' as the 'content_type' field."
    if not isinstance(pointer, ForeignKey):
        yield _error("E003", field, f"{named} is not a ForeignKey.", wanted)
    elif pointer.related_model is not ContentType:
        yield _error("E004", field, f"{named} is not a ForeignKey to 'contenttypes.ContentType'.", wanted)
    elif pointer.on_delete.in_database:
        text = f"{named} cannot use the database-level on_delete variant."
        yield _error("E006", field, text, "Change the on_delete rule to the non-database variant.")


def check_relation(relation: "GenericRelation[Model]") -> Iterator[Finding]:
    """Yield an error if the model on the other side has no generic foreign key that points back."""
    if relation.related_model is not None and relation.foreign_key() is None:
        label = relation.related_model._meta.label
        text = (
            f"The GenericRelation defines a relation with the model '{label}', but that model does not have a "
            "GenericForeignKey."
        )
        yield _error("E004", relation, text, "Add one with the same fields, or name them in the GenericRelation.")


def _error(number: str, field: object, text: str, hint: str) -> Finding:
    return Finding(f"contenttypes.{number}", "error", f"{field!r}: {text}", hint)

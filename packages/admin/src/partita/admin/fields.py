"""Questions about a model's fields, and about paths such as ``album__artist``."""

from typing import Any

from partita.orm import FieldDoesNotExist, Model

__all__ = ("crosses_many", "field_at", "find_field", "key_of", "plural_name", "singular_name")


def find_field(model: type[Model], name: str) -> Any | None:
    """Return the field ``name`` of ``model``, or None."""
    if name == "pk":
        return model._meta.pk
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def field_at(model: type[Model], path: str) -> Any | None:
    """Return the field that ``path`` leads to, or None if it leads nowhere."""
    field: Any = None
    current: type[Model] | None = model
    for name in path.split("__"):
        field = None if current is None else find_field(current, name)
        if field is None:
            return None
        current = field.related_model
    return field


def crosses_many(model: type[Model], path: str) -> bool:
    """Tell whether ``path`` goes through a relation to several objects, which would list one object several times."""
    current: type[Model] | None = model
    for name in path.split("__"):
        field = None if current is None else find_field(current, name)
        if field is None:
            return current is not None and name not in {"pk"} and hasattr(current, name)
        if getattr(field, "many_to_many", False) or getattr(field, "one_to_many", False):
            return True
        current = field.related_model
    return False


def key_of(model: type[Model], text: object) -> object | None:
    """Return what came from outside as a primary key of ``model``, or None if no object can have it."""
    try:
        key: object = model._meta.pk.to_python(text)
    except (ValueError, TypeError, OverflowError):  # ValidationError is a ValueError
        return None
    if isinstance(key, int) and abs(key) >= 2**63:  # databases refuse such numbers instead of not finding them
        return None
    return None if isinstance(key, str) and "\0" in key else key


def singular_name(model: type[Model]) -> str:
    """Return what people call one object."""
    return str(model._meta.verbose_name)


def plural_name(model: type[Model]) -> str:
    """Return what people call several."""
    return str(model._meta.verbose_name_plural)

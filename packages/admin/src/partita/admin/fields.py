"""Questions about a model's fields, and about paths such as ``album__artist``."""

from typing import Any, NamedTuple

from partita.orm import FieldDoesNotExist, Model
from partita.orm.patterns.translated import TranslatedField

__all__ = (
    "Translated",
    "crosses_many",
    "field_at",
    "find_field",
    "key_of",
    "plural_name",
    "singular_name",
    "translated_at",
)


class Translated(NamedTuple):
    """A translated field, as far as lists ask.

    Args:
        member: The member of the model that reads the language in force.
        column: The field of the first language, which the others are like.
        verbose_name: What people call it, without a language.
    """

    member: TranslatedField[Any]
    column: Any
    verbose_name: str


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


def translated_at(model: type[Model], path: str) -> Translated | None:
    """Return the translated field that ``path`` leads to, or None if it leads to none."""
    way, _, name = path.rpartition("__")
    field = field_at(model, way) if way else None
    owner: type[Model] | None = (None if field is None else field.related_model) if way else model
    member = None if owner is None else getattr(owner, name, None)
    if owner is None or not isinstance(member, TranslatedField):
        return None
    column: Any = find_field(owner, member.column_for(member.languages[0]))
    return Translated(member, column, str(column.verbose_name).removesuffix(f" [{member.languages[0]}]"))


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

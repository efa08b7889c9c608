"""What saving many rows at once leaves out unless it is asked for: checks and signals."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from partita.orm import signals
from partita.orm.database import Database
from partita.validation import ValidationError

__all__ = ("checked", "refuse_others", "telling")


def refuse_others(model: Any, instances: Sequence[Any]) -> None:
    """Refuse what is to be saved as a row of ``model`` and is none.

    Raises:
        TypeError: Names both.
    """
    own = model._meta.concrete_model
    for kind in set(map(type, instances)):
        if not issubclass(kind, own):
            name = model.__name__
            raise TypeError(f"{name}.objects.bulk_create() takes {name} instances, not {kind.__name__} object")


def checked(instances: Sequence[Any], names: Collection[str] | None = None) -> None:
    """Check the fields of each instance, and what concerns several of them.

    Args:
        instances: Of one model.
        names: Fields to check; None for all.

    Raises:
        ValidationError: With all errors, by the instance's place and the field, such as ``3.title``.
    """
    errors: dict[str, Any] = {}
    for place, instance in enumerate(instances):
        left_out = None
        if names is not None:
            left_out = {field.name for field in instance._meta.fields} - set(names)
        try:
            instance.full_clean(exclude=left_out, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            errors.update({f"{place}.{name}": found for name, found in error.error_dict.items()})
    if errors:
        raise ValidationError(errors)


@contextmanager
def telling(
    kind: Literal["create", "update"],
    model: Any,
    instances: list[Any],
    database: Database,
    *,
    wanted: bool,
    **told: Any,
) -> Iterator[None]:
    """Send the signal before and the one after what happens in the block, if they are wanted."""
    before, after = (
        (signals.pre_bulk_create, signals.post_bulk_create)
        if kind == "create"
        else (signals.pre_bulk_update, signals.post_bulk_update)
    )
    if not (wanted and instances):
        yield
        return
    before.send(model, instances=instances, using=database.alias, **told)
    yield
    after.send(model, instances=instances, using=database.alias, **told)

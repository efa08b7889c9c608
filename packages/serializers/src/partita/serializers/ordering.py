"""The order in which models are written, so that natural keys are known before they are needed."""

from collections.abc import Iterable, Iterator
from typing import Any

from partita.orm import Model
from partita.serializers.errors import CircularDependency
from partita.serializers.records import has_natural_key

__all__ = ("sort_models",)


def sort_models(models: Iterable[type[Model]], *, allow_cycles: bool = False) -> list[type[Model]]:
    """Return ``models`` so that each comes after those whose natural keys its rows are found by, else in the order given.

    Args:
        models: Each once.
        allow_cycles: Leave those that need one another in the order given, rather than raise.

    Raises:
        CircularDependency: If some need one another.
    """
    given = list(dict.fromkeys(models))
    needs = {model: [other for other in _needed(model) if other in given] for model in given}
    done: dict[Any, None] = {}
    for model in given:
        _place(model, needs, done, [], allow_cycles=allow_cycles)
    return list(done)


def _place(
    model: Any, needs: dict[Any, list[Any]], done: dict[Any, None], path: list[Any], *, allow_cycles: bool
) -> None:
    """Add ``model`` to ``done`` after all that it needs; ``path`` leads from the first that needs it."""
    if model in done:
        return
    if model in path:
        if allow_cycles:
            return
        raise CircularDependency(tuple(each._meta.label for each in path[path.index(model) :]))
    path.append(model)
    for other in needs[model]:
        _place(other, needs, done, path, allow_cycles=allow_cycles)
    path.pop()
    done[model] = None


def _needed(model: Any) -> Iterator[Any]:
    """Yield the models whose natural keys the rows of ``model`` are written with, or which it names itself."""
    meta = model._meta
    if has_natural_key(model):
        for label in getattr(model.natural_key, "dependencies", ()):
            yield meta.registry.get_model(label)
    relations = [field for field in meta.fields if field.is_relation]
    relations += [field for field in meta.many_to_many if field.through._meta.auto_created]
    for field in relations:
        # Rows of one model may need one another: loading looks again for those that are not there yet.
        if field.related_model is not model and has_natural_key(field.related_model):
            yield field.related_model

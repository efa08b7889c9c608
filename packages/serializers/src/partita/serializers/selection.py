"""Which models and rows a dump has."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from partita.orm import Database, Model, Registry, registry
from partita.orm.databases import find_databases
from partita.serializers.errors import SerializersError
from partita.serializers.ordering import sort_models
from partita.serializers.values import Text, read_value
from partita.validation import ValidationError

__all__ = ("chosen_models", "chosen_rows", "count_rows", "proxies_named")


def chosen_models(
    labels: Sequence[str] = (),
    exclude: Sequence[str] = (),
    *,
    database: Database,
    in_order: bool = False,
    models: Registry = registry,
) -> list[type[Model]]:
    """Return the models that have rows to write.

    Args:
        labels: Apps and models, such as ``shop`` and ``shop.Album``; all unless given.
        exclude: Apps and models to leave out.
        database: Where the rows are; what routers keep elsewhere is left out.
        in_order: Put those first whose natural keys others need.
        models: Where models are registered.

    Raises:
        SerializersError: If there is no such app or model.
        CircularDependency: If an order is asked for and there is none.
    """
    left_out = set(_named(exclude, models))
    wanted = dict.fromkeys(_named(labels, models) if labels else models.get_models())
    databases = find_databases()
    found = []
    for model in wanted:
        meta = model._meta
        if model in left_out or not _has_rows(model):
            continue
        if databases is None or databases.allow_migrate(database.alias, meta.app_label, meta.model_name):
            found.append(model)
    return sort_models(found, allow_cycles=not in_order)


def proxies_named(labels: Sequence[str], models: Registry = registry) -> list[type[Model]]:
    """Return the proxies among ``labels`` whose rows are not written, as the models that they stand for are not named."""
    named = dict.fromkeys(_named(labels, models))
    return [model for model in named if model._meta.proxy and model._meta.concrete_model not in named]


def chosen_rows(
    models: Iterable[type[Model]],
    database: Database,
    keys: Sequence[str] | None = None,
    *,
    use_base_manager: bool = False,
) -> Iterator[Model]:
    """Yield the rows of ``models`` by their keys, some at a time.

    Args:
        models: In the order of writing.
        database: Where the rows are.
        keys: Only these rows, of a single model.
        use_base_manager: Also rows that a model's default manager does not show.
    """
    for model in models:
        yield from _rows(model, database, keys, use_base_manager=use_base_manager).iterator()


def count_rows(
    models: Iterable[type[Model]],
    database: Database,
    keys: Sequence[str] | None = None,
    *,
    use_base_manager: bool = False,
) -> int:
    """Return how many rows `chosen_rows` yields."""
    return sum(_rows(model, database, keys, use_base_manager=use_base_manager).count() for model in models)


def _rows(model: Any, database: Database, keys: Sequence[str] | None, *, use_base_manager: bool) -> Any:
    manager = model._base_manager if use_base_manager else model._default_manager
    rows = manager.using(database).order_by("pk")
    return rows if keys is None else rows.filter(pk__in=[_key(model, key) for key in keys])


def _key(model: Any, text: str) -> Any:
    try:
        return read_value(model._meta.pk, Text(text.strip()))
    except ValidationError as error:
        raise SerializersError(f"{text!r:.80} is no key of {model._meta.label}: {'; '.join(error.messages)}") from error
    except (ValueError, TypeError, LookupError) as error:
        raise SerializersError(f"{text!r:.80} is no key of {model._meta.label}.") from error


def _has_rows(model: Any) -> bool:
    meta = model._meta
    return not meta.proxy and not meta.is_view and meta.swapped is None


def _named(labels: Sequence[str], models: Registry) -> Iterator[Any]:
    for label in labels:
        app_label, _, name = label.partition(".")
        if name:
            try:
                yield models.get_model(app_label, name)
            except LookupError:
                raise SerializersError(f"Unknown model: {label[:160]}. Is its app installed?") from None
            continue
        found = models.get_models(app_label)
        if not found:
            raise SerializersError(f"No installed app with label '{label[:80]}' has models.")
        yield from found

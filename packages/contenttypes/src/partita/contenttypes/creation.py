"""Content types for the models that there are, and what is left of models that are gone."""

from collections.abc import Collection, Iterable
from typing import Any

from partita.contenttypes.models import ContentType
from partita.orm import Database, Model, atomic
from partita.orm.deletion import Collector
from partita.orm.registry import Registry, registry

__all__ = ("acreate_contenttypes", "create_contenttypes", "dependents_of", "stale_contenttypes")


def create_contenttypes(database: Database, models: Iterable[type[Model]] | None = None) -> list[ContentType]:
    """Make the content types that are missing, and forget those known before; return the new ones.

    Args:
        database: Where to; its content types are read with one query.
        models: For which; all that are registered unless given.
    """
    wanted = ContentType._meta.registry.get_models() if models is None else list(models)
    names = {(model._meta.app_label, model._meta.model_name): None for model in wanted}
    ContentType.objects.db_manager(database).clear_cache()

    def work() -> list[ContentType]:
        rows = ContentType.objects.using(database)
        present = set(rows.values_list("app_label", "model"))
        new = [ContentType(app_label=app, model=model) for app, model in names if (app, model) not in present]
        with atomic(database, savepoint=False):
            rows.bulk_create(new, ignore_conflicts=True)  # another process may be as far as this one
        return new

    return database.perform(work)


async def acreate_contenttypes(database: Database, models: Iterable[type[Model]] | None = None) -> list[ContentType]:
    """Async twin of `create_contenttypes`."""
    return await database.arun(create_contenttypes, database, models)


def stale_contenttypes(
    database: Database, app_labels: Collection[str] | None = None, models: Registry = registry
) -> list[ContentType]:
    """Return the content types whose model is gone.

    Args:
        database: Where they are.
        app_labels: Of these apps only; of all unless given, also of apps that are gone themselves.
        models: Where models are registered.
    """
    there = {(model._meta.app_label, model._meta.model_name) for model in models.get_models(include_auto_created=True)}
    rows = ContentType.objects.using(database).order_by("app_label", "model")
    if app_labels is not None:
        rows = rows.filter(app_label__in=sorted(app_labels))
    return [row for row in rows if row.natural_key() not in there]


def dependents_of(content_type: ContentType, database: Database) -> dict[str, int]:
    """Return how many rows of which models are deleted with a content type, itself left out.

    Raises:
        ProtectedError: If rows forbid it.
    """

    def work() -> dict[str, int]:
        collector = Collector(database, content_type)
        collector.collect(ContentType, [content_type])
        found: dict[str, int] = {}
        gone: dict[Any, Any] = collector.gone
        for model, rows in gone.items():
            if model is not ContentType:
                found[model._meta.label] = found.get(model._meta.label, 0) + len(rows)
        for rows in collector.fast:
            if number := rows.count():
                found[rows.model._meta.label] = found.get(rows.model._meta.label, 0) + number
        return found

    return database.perform(work)

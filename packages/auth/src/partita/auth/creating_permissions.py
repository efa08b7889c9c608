"""Rows for the permissions that models declare, and those rows that no model declares any more."""

from collections.abc import Iterable, Iterator
from typing import Any

from partita.auth.permissions import Permission, get_permission_codename
from partita.contenttypes import ContentType
from partita.orm import Database, Model, atomic
from partita.orm.registry import Registry

__all__ = ("acreate_permissions", "create_permissions", "declared_permissions", "stale_permissions")

_AT_ONCE = 500


def declared_permissions(model: type[Model]) -> Iterator[tuple[str, str]]:
    """Yield codename and name of each permission of a model: ``default_permissions``, then ``permissions`` of its Meta."""
    meta: Any = model._meta
    for action in meta.default_permissions:
        yield get_permission_codename(action, meta), f"Can {action} {meta.verbose_name_raw}"
    for codename, name in meta.permissions:
        yield codename, str(name)


def create_permissions(database: Database, models: Iterable[type[Model]] | None = None) -> list[Permission]:
    """Make the permissions that are missing, and return them. Those of a proxy are its own.

    Args:
        database: Where to; as many queries as two, whatever the number of models, while nothing is missing.
        models: For which; all that are registered unless given.
    """
    every = Permission._meta.registry.get_models() if models is None else list(models)
    wanted = {model: list(declared_permissions(model)) for model in every}
    wanted = {model: names for model, names in wanted.items() if names}

    def work() -> list[Permission]:
        types = ContentType.objects.db_manager(database).get_for_models(*wanted, for_concrete_models=False)
        keys = [kind.pk for kind in types.values()]
        rows = Permission.objects.using(database).order_by()
        present: set[tuple[Any, str]] = set()
        for start in range(0, len(keys), _AT_ONCE):
            part = rows.filter(content_type__in=keys[start : start + _AT_ONCE])
            present.update(part.values_list("content_type_id", "codename"))
        new = [
            Permission(content_type=types[model], codename=codename, name=name)
            for model, names in wanted.items()
            for codename, name in names
            if (types[model].pk, codename) not in present
        ]
        with atomic(database, savepoint=False):
            rows.bulk_create(new, ignore_conflicts=True)  # another process may be as far as this one
        return new

    return database.perform(work)


async def acreate_permissions(database: Database, models: Iterable[type[Model]] | None = None) -> list[Permission]:
    """Async twin of `create_permissions`."""
    return await database.arun(create_permissions, database, models)


def stale_permissions(database: Database, models: Registry | None = None) -> list[Permission]:
    """Return the permissions about models that are there but declare them no more.

    Those about models that are gone go with their content types; see ``remove_stale_contenttypes``.

    Args:
        database: Where they are.
        models: Where models are registered.
    """
    registry = Permission._meta.registry if models is None else models
    declared = {
        (model._meta.app_label, model._meta.model_name): {codename for codename, _ in declared_permissions(model)}
        for model in registry.get_models()
    }
    rows = Permission.objects.using(database).select_related("content_type")
    return [row for row in rows if row.codename not in declared.get(row.content_type.natural_key(), {row.codename})]

"""What may be wrong among models: names of tables, indexes and constraints, relations that lead nowhere."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from inspect import ismethod
from typing import Any

from partita.contracts.checks import Finding
from partita.orm.checks.findings import Databases, error, warning
from partita.orm.databases import find_databases
from partita.orm.registry import Registry, registry

__all__ = ("check_models",)


def check_models(
    models: "Iterable[Any] | None" = None,
    *,
    databases: Databases = (),
    among: Registry = registry,
    packages: Collection[str] = (),
) -> list[Finding]:
    """Return what is wrong with the declarations of models, each by itself and all together.

    Args:
        models: The models; by default those of ``among``, with what concerns all of them.
        databases: Databases, or their aliases, to ask whether they can do what the models want of them.
        among: A registry.
        packages: Dotted names; of the registry's models only those in modules of these packages, if there are any.
    """
    databases = list(databases)
    chosen = list(among.get_models() if models is None else models)
    if models is None and packages:
        begin = tuple(f"{package}." for package in packages)
        chosen = [model for model in chosen if f"{model.__module__}.".startswith(begin)]
    found: list[Finding] = []
    for model in chosen:
        check = model.check
        if ismethod(check):
            found += check(databases=databases)
        else:
            found.append(
                error(
                    "models.E020",
                    f"The '{model.__name__}.check()' class method is currently overridden by {check!r}.",
                    model,
                )
            )
    found += _tables(chosen)
    found += _names_of_parts(chosen, "indexes", "index", ("models.E029", "models.E030"))
    found += _names_of_parts(chosen, "constraints", "constraint", ("models.E031", "models.E032"))
    if models is None:
        found += _lazy_references(among)
    return found


def _tables(models: list[Any]) -> Iterator[Finding]:
    by_table: dict[str, list[str]] = defaultdict(list)
    for model in models:
        meta = model._meta
        if meta.managed and not meta.proxy and meta.swapped is None:
            by_table[meta.db_table].append(meta.label)
    known = find_databases()
    routed = known is not None and bool(known.routers)
    for table, labels in by_table.items():
        if len(labels) < 2:
            continue
        text = f"db_table '{table}' is used by multiple models: {', '.join(labels)}."
        if routed:
            yield warning(
                "models.W035",
                text,
                table,
                "There are database routers. Verify that each of these models is routed to a database of its own.",
            )
        else:
            yield error("models.E028", text, table)


def _names_of_parts(models: list[Any], option: str, what: str, ids: tuple[str, str]) -> Iterator[Finding]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for model in models:
        if not model._meta.proxy:
            for part in getattr(model._meta, option):
                if part.name:
                    by_name[part.name].append(model._meta.label)
    for name, labels in by_name.items():
        if len(labels) < 2:
            continue
        if len(set(labels)) == 1:
            yield error(ids[0], f"{what} name '{name}' is not unique for model {labels[0]}.")
        else:
            yield error(ids[1], f"{what} name '{name}' is not unique among models: {', '.join(sorted(set(labels)))}.")


def _lazy_references(among: Registry) -> Iterator[Finding]:
    """Yield which relations and functions wait for a model that is not there."""
    labels = {model._meta.app_label for model in among.get_models(include_auto_created=True, include_swapped=True)}
    for (app_label, name), callbacks in among.waiting().items():
        if app_label in labels:
            reason = f"app '{app_label}' doesn't provide model '{name}'"
        else:
            reason = f"app '{app_label}' isn't installed"
        for callback in callbacks:
            owner = getattr(callback, "__self__", None)
            if getattr(owner, "is_relation", False) and hasattr(owner, "model"):
                field: Any = owner
                if field.model._meta.auto_created:
                    continue
                yield error(
                    "fields.E307",
                    f"The field {field.model._meta.label}.{field.name} was declared with a lazy reference to "
                    f"'{app_label}.{name}', but {reason}.",
                    field,
                )
            else:
                told = getattr(callback, "__qualname__", None) or repr(callback)
                yield error(
                    "models.E022", f"{told} contains a lazy reference to {app_label}.{name}, but {reason}.", callback
                )

"""Answers chains, a JSON list on standard input, on one side: ``python -m differential SIDE URL PLACE [--awaited]``.

``SIDE`` is ``django`` or ``partita``, ``PLACE`` an empty schema of PostgreSQL or an empty database of MySQL.
"""

import asyncio
import json
import sys
import warnings
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from differential.answers import Side
from differential.declared import declare
from differential.rows import fill

PLAIN_REFUSALS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_ENGINES = {"sqlite": "sqlite3", "postgresql": "postgresql", "mysql": "mysql"}


def django_side(url: str, place: str) -> Side:
    """Set Django up with tables and rows."""
    import django
    from django.conf import settings

    parts = urlsplit(url)
    database: dict[str, Any] = {"ENGINE": f"django.db.backends.{_ENGINES[parts.scheme]}", "NAME": ":memory:"}
    if parts.scheme != "sqlite":
        database.update(
            NAME=parts.path[1:],
            USER=unquote(parts.username or ""),
            PASSWORD=unquote(parts.password or ""),
            HOST=parts.hostname or "",
            PORT=parts.port or "",
        )
    if parts.scheme == "mysql":
        import pymysql

        pymysql.install_as_MySQLdb()
    settings.configure(
        DATABASES={"default": database},
        USE_TZ=True,
        TIME_ZONE="UTC",
        USE_I18N=False,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["differential"],
    )
    django.setup()
    from django.core.exceptions import (
        EmptyResultSet,
        FieldError,
        FullResultSet,
        MultipleObjectsReturned,
        ObjectDoesNotExist,
    )
    from django.db import Error, connection, models, transaction
    from django.db.models import functions

    declared = declare(models)
    with connection.cursor() as cursor:
        for sql in first_statements(parts.scheme, place):
            cursor.execute(sql)
    with connection.schema_editor() as editor:
        for model in declared.__dict__.values():
            editor.create_model(model)
    fill(declared)
    atomic: Any = transaction.atomic

    def named(name: str) -> Any:
        return getattr(models, name, None) or getattr(functions, name)

    none_or_many = (ObjectDoesNotExist, MultipleObjectsReturned)
    refusals = (FieldError, Error, EmptyResultSet, FullResultSet, *none_or_many, *PLAIN_REFUSALS)
    return Side(declared, named, atomic, lambda: transaction.set_rollback(True), refusals, ObjectDoesNotExist)


def partita_side(url: str, place: str) -> Side:
    """Set partita up with tables and rows."""
    from partita import orm

    declared = declare(orm, registry=orm.Registry())
    database = orm.connect(url, init=first_statements(urlsplit(url).scheme, place))
    database.__enter__()
    database.create_all(*declared.__dict__.values())
    fill(declared)
    refusals = (orm.OrmError, *PLAIN_REFUSALS)
    undo = partial(orm.set_rollback, True)
    return Side(declared, partial(getattr, orm), orm.atomic, undo, refusals, orm.ObjectDoesNotExist)


def first_statements(kind: str, place: str) -> tuple[str, ...]:
    """Return what leads a connection to its place."""
    if kind == "postgresql":
        return (f"SET search_path TO {place}",)
    return (f"USE {place}",) if kind == "mysql" else ()


def main() -> None:
    """Read chains, write answers."""
    warnings.simplefilter("ignore")
    side = (django_side if sys.argv[1] == "django" else partita_side)(sys.argv[2], sys.argv[3])
    chains = json.load(sys.stdin)
    if "--awaited" in sys.argv:
        from partita import bridge

        async def all_answers() -> list[Any]:
            return [await bridge.run(side.answer, chain) for chain in chains]

        found = asyncio.run(all_answers())
    else:
        found = [side.answer(chain) for chain in chains]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()

"""The command that removes what is left of models that are gone."""

import argparse
import sys
from collections.abc import Callable

from partita.contenttypes.creation import dependents_of, stale_contenttypes
from partita.contenttypes.models import ContentType
from partita.contracts.current import Resolver
from partita.orm import DATABASES, Database, atomic
from partita.orm.errors import OrmError
from partita.orm.registry import registry

__all__ = ("RemoveStaleContentTypes",)

Ask = Callable[[str], str]


class RemoveStaleContentTypes:
    """Lists content types whose model is gone, with the rows that depend on them, and deletes both if told to.

    Args:
        ask: Reads a line.
    """

    __slots__ = ("_ask",)

    name = "remove_stale_contenttypes"
    help = "Delete content types of models that are gone"

    def __init__(self, ask: Ask = input) -> None:
        self._ask = ask

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("--no-input", "--noinput", action="store_true", help="ask nothing, delete")
        parser.add_argument(
            "--include-stale-apps", action="store_true", help="also content types of apps that are gone themselves"
        )

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `Command.run`."""
        database = app.require(DATABASES)[options.database]
        labels = None if options.include_stale_apps else {model._meta.app_label for model in registry.get_models()}
        try:
            return self._remove(stale_contenttypes(database, labels), database, ask=not options.no_input)
        except OrmError as error:
            raise SystemExit(f"{self.name}: {error}") from error

    def _remove(self, stale: list[ContentType], database: Database, *, ask: bool) -> int:
        if not stale:
            sys.stdout.write("No content type is stale.\n")
            return 0
        for content_type in stale:
            sys.stdout.write(f"{'.'.join(content_type.natural_key())}\n")
            for label, number in sorted(dependents_of(content_type, database).items()):
                sys.stdout.write(f"  {number} of {label}\n")
        if ask and self._ask("Delete these content types and the rows below them? Type yes: ").strip() != "yes":
            sys.stdout.write("Nothing is deleted.\n")
            return 1
        with atomic(database):
            for content_type in stale:
                content_type.delete(using=database)
        ContentType.objects.db_manager(database).clear_cache()
        sys.stdout.write(f"{len(stale)} deleted.\n")
        return 0

"""The command that removes permissions which no model declares any more, and the line that tells of them."""

import argparse
import sys
from collections.abc import Callable

from partita.auth.creating_permissions import stale_permissions
from partita.auth.groups import Group
from partita.auth.permissions import Permission
from partita.contracts.current import Resolver
from partita.orm import DATABASES, Database, OrmError, atomic

__all__ = ("RemoveStalePermissions", "report_stale")

Ask = Callable[[str], str]
_SHOWN = 20


def report_stale(database: Database, out: Callable[[str], object]) -> None:
    """Name the stale permissions, if there are any. They are left: somebody may have written them by hand."""
    stale = stale_permissions(database)
    if stale:
        names = ", ".join(row.user_perm_str for row in stale[:_SHOWN])
        more = f" and {len(stale) - _SHOWN} more" if len(stale) > _SHOWN else ""
        out(f"No model declares these permissions: {names}{more}. `partita remove_stale_permissions` deletes them.\n")


class RemoveStalePermissions:
    """Lists permissions that models declare no more, with how many hold them, and deletes them if told to.

    Args:
        ask: Reads a line.
    """

    __slots__ = ("_ask",)

    name = "remove_stale_permissions"
    help = "Delete permissions that no model declares any more"

    def __init__(self, ask: Ask = input) -> None:
        self._ask = ask

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("--no-input", "--noinput", action="store_true", help="ask nothing, delete")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `Command.run`."""
        database = app.require(DATABASES)[options.database]
        try:
            return self._remove(database, ask=not options.no_input)
        except OrmError as error:
            raise SystemExit(f"{self.name}: {error}") from error

    def _remove(self, database: Database, *, ask: bool) -> int:
        stale = stale_permissions(database)
        if not stale:
            sys.stdout.write("No permission is stale.\n")
            return 0
        for row in stale:
            groups = Group.objects.using(database).filter(permissions=row).count()
            sys.stdout.write(f"{row.user_perm_str} ({groups} groups)\n")
        if ask and self._ask("Delete these permissions, also where somebody holds them? Type yes: ").strip() != "yes":
            sys.stdout.write("Nothing is deleted.\n")
            return 1
        with atomic(database):
            Permission.objects.using(database).filter(pk__in=[row.pk for row in stale]).delete()
        Permission.objects.db_manager(database).clear_cache()
        sys.stdout.write(f"{len(stale)} deleted.\n")
        return 0

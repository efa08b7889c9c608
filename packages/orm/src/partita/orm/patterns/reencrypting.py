"""The command that brings encrypted values under the newest key."""

import argparse
import sys

from partita.contracts.current import Resolver
from partita.orm.databases import DATABASES
from partita.orm.patterns.encrypted import encrypted_fields, reencrypt
from partita.orm.registry import registry

__all__ = ("Reencrypt",)


class Reencrypt:
    """``partita reencrypt``: brings encrypted values under the newest key."""

    name = "reencrypt"
    help = "Bring encrypted values under the newest key."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("models", nargs="*", metavar="app.Model", help="which ones (default: all)")
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("--batch", type=int, default=500, help="rows that are read at once (default: 500)")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Do it, and tell of each model; status 1 if something could not be read."""
        known = {model._meta.label_lower: model for model in registry.get_models() if encrypted_fields(model)}
        wanted = [label.lower() for label in options.models] or sorted(known)
        if unknown := [label for label in wanted if label not in known]:
            sys.stderr.write(f"{unknown[0][:80]} has no encrypted fields. There are: {', '.join(known) or 'none'}.\n")
            return 1
        status = 0
        with app.require(DATABASES) as databases:
            for label in wanted:
                model = known[label]
                done = reencrypt(model, batch=options.batch, using=databases[options.database])
                sys.stdout.write(f"{model._meta.label}: {done.changed} changed\n")
                if done.unreadable:
                    lost, status = ", ".join(map(str, done.unreadable)), 1
                    sys.stderr.write(f"{model._meta.label}: none of the keys opens {lost}\n")
        return status

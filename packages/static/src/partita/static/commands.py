"""The commands ``collectstatic`` and ``findstatic``."""

import argparse
import sys
from pathlib import Path

from partita.contracts.current import Resolver
from partita.static.collecting import collect
from partita.static.errors import StaticError
from partita.static.files import STATIC

__all__ = ("CollectStatic", "FindStatic")


class CollectStatic:
    """Copies all static files into one folder."""

    name = "collectstatic"
    help = "copy all static files into one folder"

    def __init__(self, root: str) -> None:
        self._root = root

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument("target", nargs="?", default=self._root, help="the folder (default: [static] root)")
        parser.add_argument("--clear", action="store_true", help="remove files that are no longer there")
        parser.add_argument("--dry-run", "-n", action="store_true", help="only tell what would be done")
        parser.add_argument("--compress", action="store_true", help="write a .gz beside texts")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Copy."""
        if not options.target:
            raise SystemExit("Name a folder, or set root in [static].")
        try:
            done = collect(
                app.require(STATIC),
                Path(options.target),
                clear=options.clear,
                dry_run=options.dry_run,
                compress=options.compress,
            )
        except StaticError as error:
            raise SystemExit(str(error)) from error
        would = "would be " if options.dry_run else ""
        sys.stdout.write(
            f"{len(done.copied)} {would}copied, {len(done.unchanged)} unchanged, {len(done.removed)} {would}removed\n"
        )
        return 0


class FindStatic:
    """Tells where static files come from."""

    name = "findstatic"
    help = "tell where static files come from"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare arguments."""
        parser.add_argument("names", nargs="+", help="such as shop/shop.css")
        parser.add_argument("--first", action="store_true", help="only the one that is served")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Look."""
        status = 0
        for name in options.names:
            found = app.require(STATIC).find_all(name)
            for path in found[:1] if options.first else found:
                sys.stdout.write(f"{name}: {path}\n")
            if not found:
                sys.stderr.write(f"{name}: not found\n")
                status = 1
        return status

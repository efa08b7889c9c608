"""The commands ``collectstatic`` and ``findstatic``."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from partita.contracts.current import Resolver
from partita.static.errors import StaticError
from partita.static.files import STATIC_SOURCES

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

    from partita.static.collecting import Collected

__all__ = ("CollectStatic", "FindStatic")


class CollectStatic:
    """Copies all static files into one folder."""

    name = "collectstatic"
    help = "copy all static files into one folder"

    def __init__(self, root: str, manifest: bool = False, strict: bool = True) -> None:
        self._root, self._manifest, self._strict = root, manifest, strict

    def add_arguments(self, parser: "argparse.ArgumentParser") -> None:
        """Declare options."""
        import argparse  # as above

        parser.add_argument("target", nargs="?", default=self._root, help="the folder (default: [static] root)")
        parser.add_argument("--clear", action="store_true", help="remove files that are no longer there")
        parser.add_argument("--dry-run", "-n", action="store_true", help="only tell what would be done")
        parser.add_argument("--compress", action="store_true", help="write a .gz (and a .br, with brotli) beside texts")
        parser.add_argument("--link", "-l", action="store_true", help="make links instead of copies")
        parser.add_argument(
            "--ignore",
            "-i",
            action="append",
            default=[],
            metavar="PATTERN",
            help="leave out such files; may be repeated",
        )
        parser.add_argument(
            "--verbosity", "-v", type=int, choices=range(4), default=1, help="0 says nothing, 2 tells of each file"
        )
        parser.add_argument("--no-default-ignore", action="store_true", help="do not leave out CVS, .* and *~")
        parser.add_argument(
            "--manifest",
            action=argparse.BooleanOptionalAction,
            default=self._manifest,
            help="write names with hashes as well, and their list (default: [static] manifest)",
        )

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        """Copy."""
        if not options.target:
            raise SystemExit("Name a folder, or set root in [static].")
        from partita.static.collecting import (  # with the expressions that find names in style sheets
            COMMON_IGNORED,
            collect,
        )

        try:
            done = collect(
                app.require(STATIC_SOURCES),
                Path(options.target),
                clear=options.clear,
                dry_run=options.dry_run,
                compress=options.compress,
                link=options.link,
                ignore=[*options.ignore, *(() if options.no_default_ignore else COMMON_IGNORED)],
                manifest=options.manifest,
                strict=self._strict,
            )
        except StaticError as error:
            raise SystemExit(str(error)) from error
        sys.stdout.writelines(f"{line}\n" for line in _told(done, options.target, options.verbosity, options.dry_run))
        return 0


def _told(done: "Collected", target: str, verbosity: int, dry_run: bool) -> Iterator[str]:
    if verbosity > 1:
        yield from (f"{'Pretending to copy' if dry_run else 'Copying'} {name!r}" for name in done.copied)
        yield from (f"Skipping {name!r} (not modified)" for name in done.unchanged)
        yield from (f"{'Pretending to delete' if dry_run else 'Deleting'} {name!r}" for name in done.removed)
        yield from (f"Found another file named {name!r}, which is skipped: {path}" for name, path in done.hidden)
    if verbosity:
        would, files = "would be " if dry_run else "", "static file" if len(done.copied) == 1 else "static files"
        counts = [f"{len(done.copied)} {files} {would}copied to {target!r}", f"{len(done.unchanged)} unchanged"]
        counts += [f"{len(done.removed)} {would}deleted"] if done.removed else []
        counts += [f"{len(done.hidden)} skipped due to conflict"] if done.hidden else []
        yield ", ".join(counts)


class FindStatic:
    """Tells where static files come from."""

    name = "findstatic"
    help = "tell where static files come from"

    def add_arguments(self, parser: "argparse.ArgumentParser") -> None:
        """Declare arguments."""
        parser.add_argument("names", nargs="+", help="such as shop/shop.css")
        parser.add_argument("--first", action="store_true", help="only the one that is served")
        parser.add_argument(
            "--verbosity",
            "-v",
            type=int,
            choices=range(4),
            default=1,
            help="0 writes paths only, 2 also the folders that are looked into",
        )

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        """Look."""
        status = 0
        for name in options.names:
            found = app.require(STATIC_SOURCES).find_all(name)
            for path in found[:1] if options.first else found:
                sys.stdout.write(f"{name}: {path}\n" if options.verbosity else f"{path}\n")
            if not found:
                sys.stderr.write(f"{name}: not found\n")
                status = 1
        if options.verbosity > 1:
            sys.stdout.write("looked into:\n")
            sys.stdout.writelines(f"  {folder}\n" for folder in app.require(STATIC_SOURCES).dirs)
        return status

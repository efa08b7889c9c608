"""The commands that write rows to files and load them."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from partita.contracts.current import Resolver
from partita.orm import DATABASES, registry
from partita.orm.errors import OrmError
from partita.serializers.dumping import dump
from partita.serializers.errors import SerializersError
from partita.serializers.fixtures import COMPRESSIONS, load_fixtures
from partita.serializers.formats.register import current_formats
from partita.serializers.loading import Loader, Loading
from partita.serializers.progress import Bar
from partita.serializers.selection import chosen_models, chosen_rows, count_rows, proxies_named

__all__ = ("DumpData", "LoadData")

_WRITABLE = ("bz2", "gz", "lzma", "xz")


class DumpData:
    """Writes rows of the database in a format."""

    __slots__ = ()

    name = "dumpdata"
    help = "Write rows of the database as JSON, JSON Lines, XML, YAML or a format of your own"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument("labels", nargs="*", metavar="app[.Model]", help="only these apps and models")
        parser.add_argument("--format", default=None, help="json unless the name of the output says otherwise")
        parser.add_argument("--indent", type=int, default=None, help="spaces for each level")
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("-e", "--exclude", action="append", default=[], metavar="app[.Model]", help="not these")
        parser.add_argument("--natural-foreign", action="store_true", help="point to rows by their natural keys")
        parser.add_argument("--natural-primary", action="store_true", help="leave out keys of rows with a natural key")
        parser.add_argument(
            "-a", "--all", action="store_true", help="also rows that the default managers of models do not show"
        )
        parser.add_argument("--pks", default=None, help="only rows with these keys, separated by commas; for one model")
        parser.add_argument(
            "-o", "--output", default=None, help="a file; packed if its name ends in .gz, .bz2, .lzma or .xz"
        )
        parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `Command.run`."""
        try:
            return self._run(app, options)
        except (SerializersError, OrmError, OSError) as error:
            raise SystemExit(f"{self.name}: {error}") from error

    def _run(self, app: Resolver, options: argparse.Namespace) -> int:
        database = app.require(DATABASES)[options.database]
        if options.pks is not None and (len(options.labels) != 1 or "." not in options.labels[0]):
            raise SerializersError("--pks needs exactly one model, such as shop.Album")
        for proxy in proxies_named(options.labels):
            sys.stderr.write(f"{proxy._meta.label} is a proxy model and won't be serialized.\n")
        natural = options.natural_foreign or options.natural_primary
        models = chosen_models(options.labels, options.exclude, database=database, in_order=natural)
        keys = None if options.pks is None else [key for key in options.pks.split(",") if key.strip()]
        format = options.format or _format_of(options.output)
        current_formats().get(format)
        bar: Bar | None = None
        if options.output and not options.quiet and sys.stdout.isatty():
            bar = Bar(sys.stdout, count_rows(models, database, keys, use_base_manager=options.all))
        rows = chosen_rows(models, database, keys, use_base_manager=options.all)
        with _target(options.output) as file:
            dump(
                rows,
                format,
                to=file,
                indent=options.indent,
                use_natural_foreign_keys=options.natural_foreign,
                use_natural_primary_keys=options.natural_primary,
                progress=None if bar is None else bar.show,
            )
        return 0


class LoadData:
    """Loads fixtures into the database."""

    __slots__ = ()

    name = "loaddata"
    help = "Load fixtures into the database, all or nothing"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options."""
        parser.add_argument(
            "labels", nargs="+", metavar="fixture", help="name or path of a file; - for the standard input"
        )
        parser.add_argument("--format", default=None, help="of the standard input")
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument(
            "-i", "--ignorenonexistent", action="store_true", help="pass over models and fields that are not there"
        )
        parser.add_argument("-e", "--exclude", action="append", default=[], metavar="app[.Model]", help="not these")
        parser.add_argument("-q", "--quiet", action="store_true", help="tell nothing")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `Command.run`."""
        try:
            return self._run(app, options)
        except (SerializersError, OrmError, OSError) as error:
            raise SystemExit(f"{self.name}: {error}") from error

    def _run(self, app: Resolver, options: argparse.Namespace) -> int:
        database = app.require(DATABASES)[options.database]
        accepted = set(chosen_models((), options.exclude, database=database))
        accepted |= {model for model in registry.get_models(include_auto_created=True) if model._meta.auto_created}
        how = Loading(
            ignore_nonexistent=options.ignorenonexistent,
            accepts=lambda model: model._meta.concrete_model in accepted,
        )
        if options.labels == ["-"]:
            if options.format is None:
                raise SerializersError("--format must be specified when reading from stdin.")
            loader = Loader(database, how)
            saved = loader.load([(options.format, getattr(sys.stdin, "buffer", sys.stdin), "stdin")])
            found, fixtures = loader.found, 1
        else:
            fixtures, found, saved = load_fixtures(options.labels, using=database, how=how)
        if not options.quiet:
            some = "" if found == saved else f" (of {found})"
            sys.stdout.write(f"Installed {saved} object(s){some} from {fixtures} fixture(s)\n")
        return 0


def _format_of(output: str | None) -> str:
    """Return the format that the name of a file says, or JSON."""
    if output is None:
        return "json"
    parts = Path(output).name.split(".")[1:]
    if parts and parts[-1] in COMPRESSIONS:
        parts.pop()
    return (current_formats().for_extension(parts[-1]) if parts else None) or "json"


@contextmanager
def _target(output: str | None) -> Iterator[IO[str]]:
    """Open what is written to; a file is kept only if all has been written."""
    if output is None:
        yield sys.stdout
        if not sys.stdout.isatty():
            return
        sys.stdout.write("\n")
        return
    path = Path(output)
    packing = path.suffix.removeprefix(".")
    if packing == "zip":
        raise SerializersError("Zip files are read and not written: take .gz, .bz2 or .xz")
    opened: Callable[..., Any] = COMPRESSIONS[packing] if packing in _WRITABLE else open
    partial = path.with_name(f"{path.name}.partial")
    try:
        with opened(partial, "wt", encoding="utf-8") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

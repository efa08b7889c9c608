"""What the command line offers: ``makemigrations``, ``migrate``, ``showmigrations``, ``sqlmigrate``."""

import argparse
import sys
import sysconfig
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from partita.contracts.current import Resolver
from partita.contracts.key import ExtensionPoint
from partita.migrations.errors import MigrationError
from partita.migrations.executor import Executor, Step, statements
from partita.migrations.loader import MigrationApp, load
from partita.migrations.making import drifted, make_migrations, save
from partita.migrations.questions import questioner
from partita.migrations.recorder import Recorder
from partita.migrations.running import migrate
from partita.orm import DATABASES, Database, registry
from partita.orm.errors import OrmError

__all__ = ("AFTER_MIGRATE", "MIGRATION_APPS", "MakeMigrations", "Migrate", "ShowMigrations", "SqlMigrate")

MIGRATION_APPS = ExtensionPoint[MigrationApp]("partita.migrations.apps")
"""The apps that have models; each app package is added once."""

AFTER_MIGRATE = ExtensionPoint[Callable[[Database], object]]("partita.migrations.after")
"""What packages do once `partita migrate` has brought a database to the last migrations; called with the database."""

Out = Callable[[str], object]


def _stdout(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class _Command(ABC):
    """Writes to ``out``; errors of migrations and databases become messages."""

    __slots__ = ("_out",)

    name: str
    help: str

    def __init__(self, out: Out = _stdout) -> None:
        self._out = out

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Do the work with ``app`` current; return the exit status."""
        try:
            return self._run(app, options)
        except (MigrationError, OrmError) as error:
            raise SystemExit(f"{self.name}: {error}") from error

    @abstractmethod
    def _run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Do the work; return the exit status."""


class MakeMigrations(_Command):
    """The command ``partita makemigrations``."""

    __slots__ = ()

    name = "makemigrations"
    help = "Write migrations for what changed in the models"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        parser.add_argument("labels", nargs="*", metavar="app", help="only these apps; those of the project otherwise")
        parser.add_argument("--check", action="store_true", help="write nothing; status 1 if something changed")
        parser.add_argument("--dry-run", action="store_true", help="show the files, write nothing")
        parser.add_argument("--empty", action="store_true", help="write a migration without operations")
        parser.add_argument("--name", "-n", help="what to call the migrations, after the number")
        parser.add_argument("--no-input", "--noinput", action="store_true", help="ask nothing")

    def _run(self, app: Resolver, options: argparse.Namespace) -> int:
        apps = app.all(MIGRATION_APPS)
        labels = options.labels or [each.label for each in apps if _is_ours(each)]
        check = options.check
        files = make_migrations(
            apps,
            registry.get_models(),
            labels,
            questioner=questioner(interactive=not (options.no_input or check)),
            name=options.name,
            empty=options.empty,
        )
        stale = [label for label in drifted(apps) if label in labels]
        for label in stale:
            self._out(f"Migrations of {label} were changed by hand since the snapshot beside them was taken.\n")
        if not files:
            self._out("No changes in models.\n")
        for file in files:
            self._out(f"{file.migration.app_label}: {_shown(file.path)}\n")
            for operation in file.migration.operations:
                self._out(f"  - {operation.describe()}\n")
            if options.dry_run:
                self._out(file.text)
        if check:
            return 1 if files or stale else 0
        if not options.dry_run:
            save(files, apps)
        return 0


class Migrate(_Command):
    """The command ``partita migrate``."""

    __slots__ = ()

    name = "migrate"
    help = "Bring the database to where the migrations say"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        parser.add_argument("app_label", nargs="?", metavar="app", help="only this app")
        parser.add_argument("migration", nargs="?", help="up or down to this one; zero undoes all of the app")
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("--fake", action="store_true", help="record only, change nothing")
        parser.add_argument("--fake-initial", action="store_true", help="record what would make tables that are there")
        parser.add_argument("--plan", action="store_true", help="show what would run")
        parser.add_argument("--check", action="store_true", help="run nothing; status 1 if something is to be run")

    def _run(self, app: Resolver, options: argparse.Namespace) -> int:
        databases, apps = app.require(DATABASES), app.all(MIGRATION_APPS)
        if options.plan or options.check:
            graph = load(apps)
            targets = None
            if options.app_label is not None:
                name = options.migration
                leaf = graph.leaf(options.app_label) if name is None else None
                found = (
                    leaf or graph.find(options.app_label, name or "") if name != "zero" else (options.app_label, name)
                )
                targets = [found]
            plan = Executor(databases[options.database], graph).plan(targets)
            self._show(plan)
            return 1 if options.check and plan else 0
        done = migrate(
            databases,
            apps,
            options.app_label,
            options.migration,
            alias=options.database,
            fake=options.fake,
            fake_initial=options.fake_initial,
            report=self._out,
        )
        if not done:
            self._out("Nothing to migrate.\n")
        if options.app_label is None and not options.fake:
            with databases:
                for follow_up in app.all(AFTER_MIGRATE):
                    follow_up(databases[options.database])
        return 0

    def _show(self, plan: Sequence[Step]) -> None:
        for step in plan:
            self._out(f"{'Undo ' if step.backwards else ''}{'.'.join(step.key)}\n")
        if not plan:
            self._out("Nothing to migrate.\n")


class ShowMigrations(_Command):
    """The command ``partita showmigrations``."""

    __slots__ = ()

    name = "showmigrations"
    help = "List migrations, with a cross at those the database has had"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        parser.add_argument("labels", nargs="*", metavar="app", help="only these apps")
        parser.add_argument("--database", default="default", help="alias of the database")

    def _run(self, app: Resolver, options: argparse.Namespace) -> int:
        graph = load(app.all(MIGRATION_APPS))
        applied = Recorder(app.require(DATABASES)[options.database]).applied()
        for label in options.labels or [each.label for each in app.all(MIGRATION_APPS)]:
            self._out(f"{label}\n")
            own = [key for key in graph.order if key[0] == label]
            for key in own:
                self._out(f" [{'X' if key in applied else ' '}] {key[1]}\n")
            if not own:
                self._out(" (no migrations)\n")
        return 0


class SqlMigrate(_Command):
    """The command ``partita sqlmigrate``."""

    __slots__ = ()

    name = "sqlmigrate"
    help = "Show the SQL of a migration"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare options and arguments."""
        parser.add_argument("app_label", metavar="app")
        parser.add_argument("migration", help="its name, or how it begins")
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("--backwards", action="store_true", help="show what undoes it")

    def _run(self, app: Resolver, options: argparse.Namespace) -> int:
        graph = load(app.all(MIGRATION_APPS))
        key = graph.find(options.app_label, options.migration)
        vendor = app.require(DATABASES)[options.database].vendor
        for statement in statements(graph, key, vendor, backwards=options.backwards):
            self._out(f"{statement}\n" if statement.startswith("--") else f"{statement};\n")
        return 0


def _is_ours(app: MigrationApp) -> bool:
    """Tell whether an app belongs to the project, not to an installed package whose authors write its migrations."""
    installed = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    path = app.path.resolve()
    return not app.module.startswith("partita.") and not any(path.is_relative_to(folder) for folder in installed)


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)

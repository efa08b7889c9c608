"""Tells `partita.migrations` which packages have models; loaded only where it is installed."""

from collections.abc import Iterable

from partita.contracts.app import Registrar
from partita.migrations.commands import MIGRATION_APPS
from partita.migrations.loader import MigrationApp
from partita.web.packages import AppPackage

__all__ = ("setup",)


def setup(app: Registrar, packages: Iterable[AppPackage], defaults: Iterable[AppPackage]) -> None:
    """Register packages that have a module ``models``; those that every application gets, only with migrations."""
    chosen = [package for package in packages if package.has("models")]
    chosen += [package for package in defaults if package.below("migrations") is not None]
    for package in chosen:
        if package.folder is not None:
            app.add(MIGRATION_APPS, MigrationApp(package.label, package.name, package.folder))

"""Migrations read from the folders of apps."""

import importlib.util
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from partita.migrations.errors import MigrationFileError
from partita.migrations.graph import Graph
from partita.migrations.migration import Migration
from partita.migrations.state import ProjectState

__all__ = ("MigrationApp", "load", "load_snapshot", "state_of")

_NAME = re.compile(r"[A-Za-z0-9]\w*", re.ASCII)
SNAPSHOT = "snapshot.json"


class MigrationApp(NamedTuple):
    """An app whose models have tables.

    Args:
        label: Of the app, such as ``shop``.
        module: Its package, such as ``shop`` or ``partita.auth``.
        path: Its folder; migrations are in ``migrations`` within.
    """

    label: str
    module: str
    path: Path

    @property
    def folder(self) -> Path:
        """Where its migrations are."""
        return self.path / "migrations"


def load(apps: Iterable[MigrationApp]) -> Graph:
    """Read all migrations of ``apps``.

    Raises:
        MigrationFileError: If a file cannot be imported or has no class ``Migration``.
        UnknownMigration: If one depends on one that does not exist.
        CyclicMigrations: If they wait for one another.
    """
    return Graph(migration for app in apps for migration in _read(app))


def load_snapshot(app: MigrationApp) -> dict[str, Any] | None:
    """Return what the snapshot of an app says; None if there is none.

    Raises:
        MigrationFileError: If it is not JSON, as after a conflict of two branches.
    """
    path = app.folder / SNAPSHOT
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise MigrationFileError(str(path), f"it is not JSON ({error}). Delete it and run makemigrations.") from None
    if not isinstance(found, dict):
        raise MigrationFileError(str(path), "it is no snapshot. Delete it and run makemigrations.")
    return found


def state_of(graph: Graph) -> ProjectState:
    """Return the models as they are after all migrations."""
    state = ProjectState()
    for key in graph.order:
        state = graph.migrations[key].change(state)
    return state


def _read(app: MigrationApp) -> Iterable[Migration]:
    for path in sorted(app.folder.glob("*.py")):
        if not path.name.startswith("_"):
            yield _import(app, path)


def _import(app: MigrationApp, path: Path) -> Migration:
    if not _NAME.fullmatch(path.stem):
        raise MigrationFileError(str(path), "its name must be letters, digits and underscores.")
    # Not through sys.modules: makemigrations and tests write files and read them again in one process.
    spec = importlib.util.spec_from_file_location(f"{app.module}.migrations.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise MigrationFileError(str(path), "it cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except Exception as error:
        raise MigrationFileError(str(path), f"{type(error).__name__}: {error}") from error
    found = getattr(module, "Migration", None)
    if not (isinstance(found, type) and issubclass(found, Migration)):
        raise MigrationFileError(str(path), "it has no class Migration(migrations.Migration).")
    return found(app.label, path.stem)

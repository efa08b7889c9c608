"""New migrations for what changed in the models."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from partita.migrations.arrangement import arrange, make
from partita.migrations.autodetector import detect
from partita.migrations.errors import UnknownMigration
from partita.migrations.graph import Graph
from partita.migrations.loader import SNAPSHOT, MigrationApp, load, load_snapshot, state_of
from partita.migrations.migration import Migration
from partita.migrations.questions import Questioner, Refuse
from partita.migrations.state import ModelClass, ProjectState
from partita.migrations.writer import write

__all__ = ("NewFile", "drifted", "make_migrations", "save")


class NewFile(NamedTuple):
    """A file to write."""

    path: Path
    text: str
    migration: Migration


def make_migrations(
    apps: Sequence[MigrationApp],
    models: Iterable[ModelClass],
    labels: Iterable[str] | None = None,
    *,
    questioner: Questioner | None = None,
    name: str | None = None,
    empty: bool = False,
) -> list[NewFile]:
    """Return the files that bring the migrations of ``apps`` to where ``models`` are; writes nothing.

    Args:
        apps: All there are.
        models: All there are.
        labels: The apps to make migrations for, with those they need; None for all.
        questioner: Answers what the models leave open.
        name: Of the new migrations; made from what they do if None.
        empty: Whether to make one without operations for each of ``labels``, to fill by hand.

    Raises:
        MigrationError: If migrations cannot be read, a question stays open, or a value cannot be written.
    """
    graph = load(apps)
    by_label = {app.label: app for app in apps}
    chosen = set(by_label if labels is None else labels)
    for label in sorted(chosen - by_label.keys()):
        raise UnknownMigration(label, f"Apps with migrations are: {', '.join(sorted(by_label)) or 'none'}.")
    for label in by_label:
        graph.leaf(label)  # two ends have to be joined first
    if empty:
        new = [_empty(label, graph, name) for label in sorted(chosen)]
    else:
        changes = detect(state_of(graph), ProjectState.of(models), questioner or Refuse())
        makers = {change.makes: change.app_label for change in changes if change.makes is not None}
        waiting = list(chosen)
        while waiting:  # apps whose new models these need
            label = waiting.pop()
            needed = {makers[key] for each in changes if each.app_label == label for key in each.needs if key in makers}
            waiting += needed - chosen
            chosen |= needed
        new = arrange([change for change in changes if change.app_label in chosen & by_label.keys()], graph, name)
    return [
        NewFile(by_label[migration.app_label].folder / f"{migration.name}.py", write(migration), migration)
        for migration in new
    ]


def save(files: Iterable[NewFile], apps: Sequence[MigrationApp]) -> None:
    """Write new migrations, and for each of their apps a snapshot of its models.

    Two branches that both add a migration change the same snapshot, so the conflict shows when they are merged and
    not when they run.
    """
    labels: set[str] = set()
    for file in files:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        marker = file.path.parent / "__init__.py"
        if not marker.exists():
            marker.write_text("", encoding="utf-8")
        with file.path.open("x", encoding="utf-8", newline="\n") as target:
            target.write(file.text)
        labels.add(file.migration.app_label)
    if labels:
        graph = load(apps)
        state = state_of(graph)
        for app in apps:
            if app.label in labels:
                text = json.dumps(_snapshot(app, graph, state), indent=2, ensure_ascii=False)
                (app.folder / SNAPSHOT).write_text(text + "\n", encoding="utf-8", newline="\n")


def drifted(apps: Iterable[MigrationApp]) -> list[str]:
    """Return the labels of apps whose migrations were changed after their snapshot was taken."""
    apps = list(apps)
    graph = load(apps)
    state = state_of(graph)
    found = [(app, load_snapshot(app)) for app in apps]
    return [app.label for app, kept in found if kept is not None and kept != _snapshot(app, graph, state)]


def _snapshot(app: MigrationApp, graph: Graph, state: ProjectState) -> dict[str, object]:
    leaf = graph.leaf(app.label)
    return {"migration": None if leaf is None else leaf[1], "models": state.describe(app.label)}


def _empty(label: str, graph: Graph, name: str | None) -> Migration:
    leaf = graph.leaf(label)
    number = 1 + max(
        (int(found[:4]) for app, found in graph.migrations if app == label and found[:4].isdigit()), default=0
    )
    return make(label, f"{number:04}_{name or 'custom'}", [], [] if leaf is None else [leaf], initial=leaf is None)

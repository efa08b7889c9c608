"""Migrating as one call, for scripts, tests and deployments."""

from collections.abc import Callable, Iterable

from partita.migrations.executor import Executor, Step
from partita.migrations.loader import MigrationApp, load
from partita.orm import Databases

__all__ = ("amigrate", "migrate")


def migrate(
    databases: Databases,
    apps: Iterable[MigrationApp],
    app_label: str | None = None,
    name: str | None = None,
    *,
    alias: str = "default",
    fake: bool = False,
    fake_initial: bool = False,
    report: Callable[[str], object] = lambda text: None,
) -> list[Step]:
    """Bring a database to the last migrations, or one app to a certain one.

    Args:
        databases: Of the application.
        apps: Whose migrations.
        app_label: Only this app, and what it needs.
        name: The beginning of a migration's name; ``zero`` undoes all of the app.
        alias: Which database.
        fake: Whether to record only.
        fake_initial: Whether to record only what would make tables that are there.
        report: Takes progress for people, piece by piece.

    Returns:
        What was run.

    Raises:
        MigrationError: If migrations cannot be read, found, ordered or undone.
        DatabaseError: If the database refuses.
    """

    def work() -> list[Step]:
        graph = load(apps)
        executor = Executor(
            databases[alias],
            graph,
            allow=lambda label, model: databases.allow_migrate(alias, label, model),
            report=report,
        )
        targets = None
        if app_label is not None and name is not None:
            targets = [(app_label, "zero") if name == "zero" else graph.find(app_label, name)]
        elif app_label is not None:
            leaf = graph.leaf(app_label)
            targets = [graph.find(app_label, "") if leaf is None else leaf]
        plan = executor.plan(targets)
        if plan:
            executor.run(plan, fake=fake, fake_initial=fake_initial)
        return plan

    with databases:
        return databases[alias].perform(work)


async def amigrate(
    databases: Databases,
    apps: Iterable[MigrationApp],
    app_label: str | None = None,
    name: str | None = None,
    *,
    alias: str = "default",
    fake: bool = False,
    fake_initial: bool = False,
    report: Callable[[str], object] = lambda text: None,
) -> list[Step]:
    """Async twin of `migrate`."""
    return await databases[alias].arun(
        lambda: migrate(
            databases, apps, app_label, name, alias=alias, fake=fake, fake_initial=fake_initial, report=report
        )
    )

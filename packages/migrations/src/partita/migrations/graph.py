"""The order in which migrations run."""

from collections.abc import Iterable, Mapping

from partita.migrations.errors import ConflictingMigrations, CyclicMigrations, UnknownMigration
from partita.migrations.migration import Key, Migration

__all__ = ("Graph",)


class Graph:
    """Migrations and what they wait for.

    Args:
        migrations: All there are.

    Raises:
        UnknownMigration: If one depends on one that does not exist.
        CyclicMigrations: If they wait for one another.
    """

    __slots__ = ("_after", "_before", "migrations", "order")

    def __init__(self, migrations: Iterable[Migration]) -> None:
        self.migrations: Mapping[Key, Migration] = {migration.key: migration for migration in migrations}
        self.order: tuple[Key, ...] = tuple(sorted(self.migrations))  # until it is known
        """All keys, each after those it waits for; the same on every run."""
        self._before: dict[Key, set[Key]] = {key: set() for key in self.migrations}
        for key, migration in self.migrations.items():
            for dependency in migration.dependencies:
                found = self._resolved(dependency, key)
                if found is not None:
                    self._before[key].add(found)
            for later in migration.run_before:
                self._before[self._known(later, key)].add(key)
        self._after: dict[Key, set[Key]] = {key: set() for key in self.migrations}
        for key, befores in self._before.items():
            for before in befores:
                self._after[before].add(key)
        self.order = tuple(self._sorted(sorted(self.migrations)))

    def leaves(self, app_label: str) -> tuple[Key, ...]:
        """Return the migrations of one app that no other of this app follows."""
        own = [key for key in self.order if key[0] == app_label]
        return tuple(key for key in own if not any(after[0] == app_label for after in self._after[key]))

    def leaf(self, app_label: str) -> Key | None:
        """Return the last migration of one app; None if it has none.

        Raises:
            ConflictingMigrations: If there are several.
        """
        found = self.leaves(app_label)
        if len(found) > 1:
            raise ConflictingMigrations(app_label, [name for _, name in found])
        return found[0] if found else None

    def apps(self) -> tuple[str, ...]:
        """Return the labels of the apps that have migrations."""
        return tuple(sorted({app_label for app_label, _ in self.migrations}))

    def with_ancestors(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """Return ``keys`` and all they wait for, in order."""
        wanted = self._reach(keys, self._before)
        return tuple(key for key in self.order if key in wanted)

    def with_descendants(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """Return ``keys`` and all that wait for them, in order."""
        wanted = self._reach(keys, self._after)
        return tuple(key for key in self.order if key in wanted)

    def followers(self, key: Key) -> tuple[Key, ...]:
        """Return the migrations of the same app that come directly after ``key``."""
        return tuple(after for after in sorted(self._after[key]) if after[0] == key[0])

    def find(self, app_label: str, beginning: str) -> Key:
        """Return the migration of an app whose name begins so.

        Raises:
            UnknownMigration: If there is none, or more than one.
        """
        found = [key for key in self.order if key[0] == app_label and key[1].startswith(beginning)]
        exact = [key for key in found if key[1] == beginning]
        if len(exact or found) != 1:
            hint = f"{', '.join(name for _, name in found)} begin so." if found else self._hint(app_label)
            raise UnknownMigration(f"{app_label}.{beginning}", hint)
        return (exact or found)[0]

    def _hint(self, app_label: str) -> str:
        names = [name for label, name in self.order if label == app_label]
        if names:
            return f"{app_label} has: {', '.join(names)}."
        return f"Apps with migrations are: {', '.join(self.apps()) or 'none'}."

    def _known(self, key: Key, asker: Key) -> Key:
        if key not in self.migrations:
            raise UnknownMigration(".".join(key), f"{'.'.join(asker)} names it. {self._hint(key[0])}")
        return key

    def _resolved(self, dependency: Key, asker: Key) -> Key | None:
        app_label, name = dependency
        if name != "__first__":
            return self._known((app_label, name), asker)
        roots = sorted(
            key
            for key, migration in self.migrations.items()
            if key[0] == app_label and not any(before[0] == app_label for before in migration.dependencies)
        )
        return roots[0] if roots else None  # an app without migrations: its tables are made otherwise

    def _sorted(self, keys: list[Key]) -> list[Key]:
        done: dict[Key, None] = {}
        path: dict[Key, None] = {}
        for start in keys:
            stack = [(start, iter(sorted(self._before[start])))]
            if start in done:
                continue
            path[start] = None
            while stack:
                key, rest = stack[-1]
                following = next((each for each in rest if each not in done), None)
                if following is None:
                    stack.pop()
                    path.pop(key)
                    done[key] = None
                elif following in path:
                    circle = list(path)
                    raise CyclicMigrations([*circle[circle.index(following) :], following])
                else:
                    path[following] = None
                    stack.append((following, iter(sorted(self._before[following]))))
        return list(done)

    def _reach(self, keys: Iterable[Key], edges: Mapping[Key, set[Key]]) -> set[Key]:
        found: set[Key] = set()
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            if key not in found:
                found.add(key)
                waiting.extend(edges[key])
        return found

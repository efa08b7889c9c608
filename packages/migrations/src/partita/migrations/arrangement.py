"""Operations arranged into new migrations, so that each finds what it needs."""

from collections.abc import Iterable, Sequence

from partita.migrations.autodetector import Change
from partita.migrations.graph import Graph
from partita.migrations.migration import Key, Migration
from partita.migrations.operations import CreateModel, Operation

__all__ = ("arrange", "make")

_LONGEST = 52


def arrange(changes: Sequence[Change], graph: Graph, name: str | None = None) -> list[Migration]:
    """Return new migrations that hold ``changes`` in their order.

    An app gets one migration, or several if apps point to each other crosswise.

    Args:
        changes: In an order in which they can run.
        graph: The migrations there are.
        name: For the new ones; made from what they do if None.
    """
    drafts: list[_Draft] = []
    open_drafts: dict[str, _Draft] = {}
    made_in: dict[tuple[str, str], _Draft] = {}
    freed_in: dict[tuple[str, str], set[_Draft]] = {}
    for change in changes:
        draft = open_drafts.get(change.app_label)
        needed = {made_in[key] for key in change.needs if key in made_in}
        if change.drops is not None:
            needed |= freed_in.get(change.drops, set())
        if draft is None or any(other is not draft and draft in other.ancestors() for other in needed):
            draft = _Draft(change.app_label, draft)
            open_drafts[change.app_label] = draft
            drafts.append(draft)
        draft.operations.append(change.operation)
        draft.after |= needed - {draft}
        draft.apps |= {app_label for app_label, _ in change.needs if (app_label, _) not in made_in}
        if change.makes is not None:
            made_in[change.makes] = draft
        for key in change.frees:
            freed_in.setdefault(key, set()).add(draft)
    counts: dict[str, int] = {}
    for draft in drafts:
        counts[draft.app_label] = counts.get(draft.app_label, _last_number(graph, draft.app_label)) + 1
        draft.name = f"{counts[draft.app_label]:04}_{name or _name(draft, graph)}"
    return [draft.migration(graph) for draft in drafts]


class _Draft:
    """A migration that is being filled."""

    __slots__ = ("after", "app_label", "apps", "name", "operations", "previous")

    def __init__(self, app_label: str, previous: "_Draft | None") -> None:
        self.app_label, self.previous, self.name = app_label, previous, ""
        self.operations: list[Operation] = []
        self.after: set[_Draft] = set() if previous is None else {previous}
        self.apps: set[str] = set()

    def ancestors(self) -> "set[_Draft]":
        found: set[_Draft] = set()
        waiting: list[_Draft] = [self]
        while waiting:
            for draft in waiting.pop().after:
                if draft not in found:
                    found.add(draft)
                    waiting.append(draft)
        return found

    def migration(self, graph: Graph) -> Migration:
        leaf = graph.leaf(self.app_label) if self.previous is None else None
        others = {graph.leaf(app_label) for app_label in self.apps - {self.app_label}}
        dependencies = {(draft.app_label, draft.name) for draft in self.after} | ({leaf, *others} - {None})
        return make(
            self.app_label,
            self.name,
            self.operations,
            sorted(key for key in dependencies if key is not None),
            initial=leaf is None and self.previous is None,
        )


def make(
    app_label: str,
    name: str,
    operations: Sequence[Operation],
    dependencies: Iterable[Key] = (),
    *,
    initial: bool = False,
) -> Migration:
    """Return a migration that has no file."""
    attributes = {"operations": list(operations), "dependencies": list(dependencies), "initial": initial}
    kind: type[Migration] = type("Migration", (Migration,), {"__slots__": (), **attributes})
    return kind(app_label, name)


def _last_number(graph: Graph, app_label: str) -> int:
    numbers = [name.partition("_")[0] for label, name in graph.migrations if label == app_label]
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)


def _name(draft: _Draft, graph: Graph) -> str:
    if draft.previous is None and graph.leaf(draft.app_label) is None:
        return "initial"
    fragments = [operation.fragment for operation in draft.operations if operation.fragment]
    if not fragments:
        return "custom" if not all(isinstance(each, CreateModel) for each in draft.operations) else "models"
    name = fragments[0]
    for fragment in fragments[1:]:
        longer = f"{name}_{fragment}"
        if len(longer) > _LONGEST:
            return f"{name}_and_more"
        name = longer
    return name

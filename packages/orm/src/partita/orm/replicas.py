"""Reading from replicas of a database without missing what one has just written."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ("ReplicaRouter",)


class ReplicaRouter:
    """Sends writes to a primary and reads to its replicas in turn; whoever wrote reads from the primary for a while.

    "Whoever" is a context: a request, a task, a thread. A task started from one that wrote inherits that it did. Rows that
    were loaded from the primary, and everything inside of a transaction on it, stay there too.

    Args:
        primary: The alias that is written to.
        replicas: The aliases that are read from.
        sticky: Seconds that reads follow a write to the primary; longer than replicas lag behind.
        models: Labels of apps or models, such as ``shop`` or ``shop.album``; None for all.
        clock: Seconds that only ever grow.
    """

    def __init__(
        self,
        primary: str,
        replicas: Sequence[str],
        *,
        sticky: float = 5.0,
        models: Iterable[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not replicas:
            raise ValueError("ReplicaRouter needs at least one replica.")
        self.primary, self.replicas, self.sticky = primary, tuple(replicas), sticky
        self.models = None if models is None else frozenset(label.lower() for label in models)
        self._clock = clock
        self._turn = itertools.cycle(self.replicas)
        self._until: ContextVar[float] = ContextVar(f"partita.orm.replicas.{primary}", default=float("-inf"))
        self._pinned: ContextVar[bool] = ContextVar(f"partita.orm.replicas.{primary}.pinned", default=False)

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        """Return a replica, or the primary for whoever has written to it."""
        if not self._ours(model):
            return None
        if self._pinned.get() or self._clock() < self._until.get():
            return self.primary
        if self._in_transaction() or self._is_known(hints.get("instance")):
            return self.primary
        return next(self._turn)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        """Return the primary, and remember that this context reads from it now."""
        if not self._ours(model):
            return None
        self._until.set(max(self._until.get(), self._clock() + self.sticky))  # it may be pinned for longer
        return self.primary

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool | None:
        """Allow relations between rows of the primary and its replicas, which are the same rows."""
        family = {self.primary, *self.replicas, None}
        return True if {one._state.db, other._state.db} <= family else None

    def allow_migrate(self, alias: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        """Forbid changes of tables in replicas, which follow the primary."""
        return False if alias in self.replicas else None

    def pin(self, seconds: float | None = None) -> None:
        """Read from the primary in this context for the next seconds; without a number, ``sticky``."""
        self._until.set(self._clock() + (self.sticky if seconds is None else seconds))

    @contextmanager
    def pinned(self) -> Iterator[None]:
        """Read from the primary inside of the block, whatever was written."""
        token = self._pinned.set(True)
        try:
            yield
        finally:
            self._pinned.reset(token)

    def _ours(self, model: Any) -> bool:
        meta = model._meta
        return self.models is None or not self.models.isdisjoint((meta.app_label.lower(), meta.label_lower))

    def _in_transaction(self) -> bool:
        from partita.orm.databases import find_databases

        databases = find_databases()
        held = None if databases is None else databases[self.primary].held.get()
        return held is not None and held.depth > 0

    def _is_known(self, instance: Any) -> bool:
        return instance is not None and instance._state.db == self.primary

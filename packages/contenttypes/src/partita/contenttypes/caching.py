"""The content types that a database is known to have; they are few and hardly ever change."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from partita.orm import Database, on_commit
from partita.orm.transactions import waits_for_commit

if TYPE_CHECKING:
    from partita.contenttypes.models import ContentType

__all__ = ("KnownTypes",)


class KnownTypes:
    """Content types of one database, by their model's name and by their key."""

    __slots__ = ("_by_id", "_by_name", "_undecided")

    def __init__(self) -> None:
        self._undecided: dict[tuple[str, str], Callable[[], None]] = {}
        self._by_name: dict[tuple[str, str], ContentType] = {}
        self._by_id: dict[object, ContentType] = {}

    def named(self, app_label: str, model: str) -> "ContentType | None":
        """Return the content type of a model, if it is known."""
        return self._by_name.get((app_label, model))

    def with_id(self, key: object) -> "ContentType | None":
        """Return the content type with this key, if it is known."""
        return self._by_id.get(key)

    def add(self, content_type: "ContentType", database: Database) -> None:
        """Remember a content type, unless a transaction that is still open made it: that may be undone.

        Args:
            content_type: As the database has it.
            database: Where it was read.
        """
        name = content_type.natural_key()
        keep = self._undecided.get(name)
        if keep is not None and waits_for_commit(keep, using=database):
            return
        self._undecided.pop(name, None)
        self._by_name[name] = content_type
        self._by_id[content_type.pk] = content_type

    def add_at_commit(self, content_type: "ContentType", database: Database) -> None:
        """Remember a content type that was made now, once the transaction that made it is kept."""

        def keep() -> None:
            self._undecided.pop(content_type.natural_key(), None)
            self.add(content_type, database)

        self._undecided[content_type.natural_key()] = keep
        on_commit(keep, using=database)

    def clear(self) -> None:
        """Forget all."""
        self._by_name, self._by_id = {}, {}

    def __len__(self) -> int:
        return len(self._by_id)

"""Abstract models with what many models need: times of making and changing, deletion that hides, versions of rows."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from partita.orm.altering import alters_data
from partita.orm.errors import OrmError
from partita.orm.expressions import F
from partita.orm.fields import BooleanField, DateTimeField, PositiveIntegerField
from partita.orm.managers import Manager
from partita.orm.models import Model
from partita.orm.queryset import QuerySet
from partita.orm.transactions import atomic

if TYPE_CHECKING:
    from partita.orm.database import Database

__all__ = (
    "SoftDeleteManager",
    "SoftDeleteMixin",
    "SoftDeleteQuerySet",
    "StaleObject",
    "TimestampMixin",
    "VersionMixin",
)

R = TypeVar("R")
M = TypeVar("M", bound=Model)


class StaleObject(OrmError):
    """A row was changed by somebody else since it was loaded."""

    def __init__(self, label: str, key: object, version: int) -> None:
        super().__init__(label, key, version)
        self.label, self.key, self.version = label, key, version

    def __str__(self) -> str:
        return (
            f"{self.label} {self.key!r:.80} is not at version {self.version} any more: somebody else saved or deleted it. "
            "Load it again, apply the change, and save."
        )


class TimestampMixin(Model):
    """Two columns: when the row was made, and when it was saved last.

    ``save(update_fields=...)`` moves ``updated_at`` as well; `QuerySet.update` does not.
    """

    created_at = DateTimeField(auto_now_add=True, db_index=True)
    updated_at = DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: "bool | tuple[type, ...]" = False,
        force_update: bool = False,
        using: "str | Database | None" = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the row and its time."""
        names = None if update_fields is None else set(update_fields)
        if names:
            names.add("updated_at")
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=names)


class SoftDeleteQuerySet(QuerySet[R]):
    """Rows that are hidden instead of deleted."""

    def alive(self) -> Self:
        """Keep the rows that are not deleted."""
        return self.filter(is_deleted=False)

    def dead(self) -> Self:
        """Keep the rows that are deleted."""
        return self.filter(is_deleted=True)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Hide the rows; return how many, in all and by model. No signals are sent."""
        count = self.alive().update(is_deleted=True, deleted_at=dt.datetime.now(dt.UTC))
        return count, {self.model._meta.label: count} if count else {}

    @alters_data
    def hard_delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, and what depends on them, for good."""
        return super().delete()

    @alters_data
    async def ahard_delete(self) -> tuple[int, dict[str, int]]:
        """Async twin of `hard_delete`."""
        return await self._awrite(self.hard_delete)

    @alters_data
    def restore(self) -> int:
        """Show the rows again; return how many were hidden."""
        return self.dead().update(is_deleted=False, deleted_at=None)

    @alters_data
    async def arestore(self) -> int:
        """Async twin of `restore`."""
        return await self._awrite(self.restore)


if TYPE_CHECKING:

    class _Queries(SoftDeleteQuerySet[M], Manager[M]):
        """To type checkers a manager has the methods of its QuerySet."""
else:
    _Queries = Manager


class SoftDeleteManager(_Queries[M]):
    """Begins with the rows that are not deleted."""

    queryset_class: ClassVar[Any] = SoftDeleteQuerySet

    def get_queryset(self) -> QuerySet[M]:
        """Return the rows that are not deleted."""
        rows: SoftDeleteQuerySet[M] = SoftDeleteQuerySet(self.model, using=self._using)
        return rows.alive()


class _EveryManager(_Queries[M]):
    queryset_class: ClassVar[Any] = SoftDeleteQuerySet


class SoftDeleteMixin(Model):
    """A row that ``delete()`` hides and ``restore()`` shows again.

    ``objects`` begins with what is not deleted, ``all_objects`` with everything. Rows that depend on a hidden one stay as
    they are; relations still lead to it. `hard_delete` deletes for good, with everything that depends on the row.
    """

    is_deleted = BooleanField(default=False, editable=False, db_index=True)
    deleted_at = DateTimeField(null=True, blank=True, editable=False)

    if TYPE_CHECKING:
        # narrower than every model's
        objects: ClassVar[SoftDeleteManager[Self]]  # pyright: ignore[reportIncompatibleVariableOverride]
        all_objects: ClassVar[_EveryManager[Self]]
    else:
        objects = SoftDeleteManager()
        all_objects = _EveryManager()

    class Meta:
        abstract = True

    def delete(self, using: "str | Database | None" = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Hide the row; return how many were hidden. It is saved, with the signals of saving."""
        if self.is_deleted:
            return 0, {}
        self.is_deleted, self.deleted_at = True, dt.datetime.now(dt.UTC)
        self.save(using=using, update_fields=("is_deleted", "deleted_at"))
        return 1, {self._meta.label: 1}

    @alters_data
    def restore(self, using: "str | Database | None" = None) -> None:
        """Show the row again."""
        self.is_deleted, self.deleted_at = False, None
        self.save(using=using, update_fields=("is_deleted", "deleted_at"))

    @alters_data
    async def arestore(self, using: "str | Database | None" = None) -> None:
        """Async twin of `restore`."""
        await self._write_database(using).arun(self.restore, using)

    @alters_data
    def hard_delete(
        self, using: "str | Database | None" = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Delete the row, and what depends on it, for good."""
        return super().delete(using=using, keep_parents=keep_parents)

    @alters_data
    async def ahard_delete(
        self, using: "str | Database | None" = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Async twin of `hard_delete`."""
        return await self._write_database(using).arun(self.hard_delete, using, keep_parents)


class VersionMixin(Model):
    """A row that is saved and deleted only as it was loaded: who comes second is told.

    Each save counts ``version`` up, and holds the row until the transaction ends. `QuerySet.update` does not count.
    """

    version = PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: "bool | tuple[type, ...]" = False,
        force_update: bool = False,
        using: "str | Database | None" = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the row.

        Raises:
            StaleObject: If it was changed or deleted since it was loaded.
        """
        options: dict[str, Any] = {"force_update": force_update, "update_fields": update_fields}
        if self._state.adding or force_insert or self.pk is None:
            super().save(force_insert=force_insert, using=using, **options)
            return
        database = self._write_database(using)
        loaded = self.version
        database.perform(self._save_next, database, options)
        self.version = loaded + 1

    def _save_next(self, database: "Database", options: dict[str, Any]) -> None:
        loaded = self.version
        with atomic(database, savepoint=False):
            self._take(database)
            try:
                self.version = loaded + 1
                super().save(using=database, **options)
            finally:
                self.version = loaded  # until everything is kept

    def delete(self, using: "str | Database | None" = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the row.

        Raises:
            StaleObject: If it was changed or deleted since it was loaded.
        """
        database = self._write_database(using)
        return database.perform(self._delete_this, database, keep_parents)

    def _delete_this(self, database: "Database", keep_parents: bool) -> tuple[int, dict[str, int]]:
        with atomic(database, savepoint=False):
            if self.pk is not None:
                self._take(database)
            return super().delete(using=database, keep_parents=keep_parents)

    def _take(self, database: "Database") -> None:
        rows = cast("QuerySet[Any]", type(self)._base_manager.using(database))
        if not rows.filter(pk=self.pk, version=self.version).update(version=F("version") + 1):
            raise StaleObject(self._meta.label, self.pk, self.version)

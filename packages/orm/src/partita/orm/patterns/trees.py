"""Rows in a tree: each knows the way from its root, so that whole branches are found by one index."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from partita.orm.altering import alters_data
from partita.orm.deletion_rules import CASCADE
from partita.orm.errors import OrmError
from partita.orm.expressions import F, Value
from partita.orm.fields import CharField, ForeignKey, PositiveIntegerField
from partita.orm.functions import Concat, Substr
from partita.orm.managers import Manager
from partita.orm.models import Model
from partita.orm.q import Q
from partita.orm.queryset import QuerySet
from partita.orm.transactions import atomic

if TYPE_CHECKING:
    from partita.orm.database import Database

__all__ = ("TreeError", "TreeManager", "TreeMixin", "TreeQuerySet")

R = TypeVar("R")
M = TypeVar("M", bound=Model)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_STEP = 8  # digits of base 36: up to 2.8 million million rows


class TreeError(OrmError, ValueError):
    """A row cannot stand where it is put: below itself, or too deep."""


class TreeQuerySet(QuerySet[R]):
    """Rows of a tree."""

    def roots(self) -> Self:
        """Keep the rows without a parent."""
        return self.filter(parent__isnull=True)

    def leaves(self) -> Self:
        """Keep the rows without children."""
        return self.filter(children__isnull=True)

    def in_tree_order(self) -> Self:
        """Order as the tree is read: each row before its children, siblings by their age."""
        return self.order_by("path")

    def ancestors_of(self, *nodes: Any, include_self: bool = False) -> Self:
        """Keep the rows above any of ``nodes``, in one query."""
        paths = {node.path[:end] for node in nodes for end in _ends(node.path, include_self)}
        return self.filter(path__in=sorted(paths))

    def descendants_of(self, *nodes: Any, include_self: bool = False) -> Self:
        """Keep the rows below any of ``nodes``, in one query."""
        either = Q.create(connector="OR")
        for node in nodes:
            below = Q(path__startswith=node.path)
            either |= below if include_self else below & Q(depth__gt=node.depth)
        return self.filter(either) if nodes else self.none()


if TYPE_CHECKING:

    class _Queries(TreeQuerySet[M], Manager[M]):
        """To type checkers a manager has the methods of its QuerySet."""
else:
    _Queries = Manager


class TreeManager(_Queries[M]):
    """Begins with all rows of the tree."""

    queryset_class: ClassVar[Any] = TreeQuerySet


class TreeMixin(Model):
    """A row with a parent and children.

    ``parent`` is set and saved like any field; a branch moves with its root. ``path`` and ``depth`` follow by themselves:
    the path is the keys from the root on, eight digits each, and may be looked at but not set. Keys are whole numbers.
    Bulk methods do not keep paths; `rebuild` does.
    """

    parent = ForeignKey("self", CASCADE, null=True, blank=True, related_name="children")
    path = CharField(max_length=504, default="", editable=False, db_index=True)
    depth = PositiveIntegerField(default=0, editable=False)

    if TYPE_CHECKING:
        parent_id: Any
        # narrower than every model's
        objects: ClassVar[TreeManager[Self]]  # pyright: ignore[reportIncompatibleVariableOverride]
    else:
        objects = TreeManager()

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
        """Write the row, and the paths of its branch if it moved.

        Raises:
            TreeError: If its parent is itself or below it, or it stands too deep.
        """
        database = self._write_database(using)
        options: dict[str, Any] = {
            "force_insert": force_insert,
            "force_update": force_update,
            "update_fields": update_fields,
        }
        database.perform(self._save_in_tree, database, options)

    def _save_in_tree(self, database: "Database", options: dict[str, Any]) -> None:
        with atomic(database, savepoint=False):
            rows = self._tree(database)
            names = options["update_fields"]
            moves = names is None or bool({"parent", "parent_id"} & set(names))
            before = None if self.pk is None else rows.filter(pk=self.pk).values_list("path", flat=True).first()
            super().save(using=database, **options)
            if moves:
                self._settle(rows, before)

    def _tree(self, database: "Database") -> QuerySet[Any]:
        field = self._meta.get_field("path")
        return cast("QuerySet[Any]", field.model._base_manager.using(database))

    def _settle(self, rows: QuerySet[Any], before: str | None) -> None:
        """Give the row the path that follows from its parent, and its branch the paths that follow from that."""
        above = ""
        if self.parent_id is not None:
            # Nobody may move the parent while its path is taken.
            found = rows.filter(pk=self.parent_id).select_for_update().values_list("path", flat=True).first()
            above = found or ""
            if self.parent_id == self.pk or (before and above.startswith(before)):
                raise TreeError(f"{self._meta.object_name} {self.pk} cannot be below itself.")
        path = above + _step(self.pk)
        depth = len(above) // _STEP
        if path != before:
            self._check_depth(rows, before, len(path))
            if before:
                rest = Substr("path", len(before) + 1)
                change = depth - (len(before) // _STEP - 1)
                rows.filter(path__startswith=before).update(path=Concat(Value(path), rest), depth=F("depth") + change)
            else:
                rows.filter(pk=self.pk).update(path=path, depth=depth)
        self.path, self.depth = path, depth

    def _check_depth(self, rows: QuerySet[Any], before: str | None, length: int) -> None:
        longest = length
        if before:
            deepest = rows.filter(path__startswith=before).order_by("-depth").values_list("path", flat=True).first()
            longest = length + len(deepest or before) - len(before)
        most = self._meta.get_field("path").max_length
        if longest > most:
            raise TreeError(f"A tree has at most {most // _STEP} levels; {self._meta.object_name} {self.pk} is deeper.")

    @property
    def is_root(self) -> bool:
        """Whether it has no parent."""
        return self.parent_id is None

    def get_ancestors(self, *, include_self: bool = False) -> QuerySet[Self]:
        """Return the rows from the root to the parent, in one query."""
        return self._nodes().ancestors_of(self, include_self=include_self).in_tree_order()

    def get_descendants(self, *, include_self: bool = False) -> QuerySet[Self]:
        """Return all rows below this one in the order of the tree, in one query."""
        return self._nodes().descendants_of(self, include_self=include_self).in_tree_order()

    def get_root(self) -> Self:
        """Return the row that all ways of this tree begin with."""
        return self._nodes().get(path=self.path[:_STEP])

    def is_ancestor_of(self, other: "TreeMixin") -> bool:
        """Return whether ``other`` is below this one, as both were loaded."""
        return other.path != self.path and other.path.startswith(self.path)

    def is_descendant_of(self, other: "TreeMixin") -> bool:
        """Return whether ``other`` is above this one, as both were loaded."""
        return other.is_ancestor_of(self)

    def _nodes(self) -> TreeQuerySet[Self]:
        return TreeQuerySet(type(self), using=vars(self)["_s"].database)

    @classmethod
    @alters_data
    def rebuild(cls, using: "str | Database | None" = None) -> int:
        """Work out all paths anew, after bulk changes; return how many were wrong."""
        database = cls()._write_database(using)
        return database.perform(cls._rebuild, database)

    @classmethod
    def _rebuild(cls, database: "Database") -> int:
        rows = cls()._tree(database)
        with atomic(database, savepoint=False):
            known = {row[0]: row[1:] for row in rows.order_by().values_list("pk", "parent_id", "path", "depth")}
            paths: dict[Any, str] = {}
            wrong = 0
            for key in known:
                wrong += cls._rebuild_one(rows, key, known, paths)
        return wrong

    @classmethod
    def _rebuild_one(cls, rows: QuerySet[Any], key: Any, known: dict[Any, Any], paths: dict[Any, str]) -> int:
        way: list[Any] = []
        at = key
        while at is not None and at not in paths:
            if at in way:
                raise TreeError(f"{cls.__name__} {at} is below itself.")
            way.append(at)
            at = known[at][0]
        wrong = 0
        for at in reversed(way):
            parent, path, depth = known[at]
            paths[at] = (paths[parent] if parent is not None else "") + _step(at)
            level = len(paths[at]) // _STEP - 1
            if (path, depth) != (paths[at], level):
                rows.filter(pk=at).update(path=paths[at], depth=level)
                wrong += 1
        return wrong


def _step(key: Any) -> str:
    """Return the digits of a key; all are as long, so that their order is that of the keys."""
    if not isinstance(key, int) or key < 0:
        raise TreeError(f"Rows of a tree have whole numbers as keys, not {key!r:.40}.")
    digits = ""
    while key:
        key, digit = divmod(key, 36)
        digits = _DIGITS[digit] + digits
    if len(digits) > _STEP:
        raise TreeError("This key is larger than a tree can take.")
    return digits.rjust(_STEP, "0")


def _ends(path: str, include_self: bool) -> range:
    return range(_STEP, len(path) + (1 if include_self else 0), _STEP)

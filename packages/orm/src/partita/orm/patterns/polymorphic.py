"""Rows of a model with children, each as what it really is, in one query."""

import weakref
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from partita.orm.errors import FieldError
from partita.orm.managers import Manager
from partita.orm.models import Model
from partita.orm.queryset import QuerySet
from partita.orm.state import State

__all__ = ("PolymorphicManager", "PolymorphicQuerySet", "polymorphic")

R = TypeVar("R")
M = TypeVar("M", bound=Model)


class _Child:
    """A model that inherits a row, by the attribute that leads to it, with those that inherit from it."""

    __slots__ = ("accessor", "children", "model")

    def __init__(self, model: Any, accessor: str, children: "list[_Child]") -> None:
        self.model, self.accessor, self.children = model, accessor, children


def polymorphic(rows: QuerySet[R], *models: type) -> QuerySet[R]:
    """Return the query with each row as the child that it is: one statement, with an outer join for each child's table.

    Args:
        rows: A query for instances of a model from which others inherit with tables of their own.
        models: Look for these children only, and those between; for all unless given.

    Raises:
        FieldError: If one of ``models`` does not inherit from the model, or the query is not one for instances.
    """
    model = rows.model
    if rows.query.columns is not None:
        raise FieldError("Only instances can be what they really are; leave values() and values_list() out.")
    for wanted in models:
        if not (isinstance(wanted, type) and issubclass(wanted, model)):
            raise FieldError(f"{getattr(wanted, '__name__', wanted)!r:.80} does not inherit from {model.__name__}.")
    tree = _children(model, models)
    names = list(_paths(tree, ""))
    if not names:
        return rows.all()
    found = rows.select_related(*names)
    found._convert = lambda instances: _as_what_they_are(instances, tree)
    return found


class PolymorphicQuerySet(QuerySet[R]):
    """Rows that can be asked for as what they really are."""

    def polymorphic(self, *models: type) -> QuerySet[R]:
        """Return each row as the child that it is; see `partita.orm.patterns.polymorphic.polymorphic`."""
        return polymorphic(self, *models)

    def instance_of(self, *models: type) -> QuerySet[R]:
        """Keep the rows that are instances of one of ``models``, and return them as that."""
        from partita.orm.q import Q

        either = Q.create(connector="OR")
        for wanted in models:
            names = _path_to(_children(self.model, (wanted,)), wanted)
            if names is None:
                raise FieldError(
                    f"{getattr(wanted, '__name__', wanted)!r:.80} does not inherit from {self.model.__name__}."
                )
            either |= Q(**{f"{'__'.join(names)}__isnull": False})
        return polymorphic(self.filter(either))


if TYPE_CHECKING:

    class _Queries(PolymorphicQuerySet[M], Manager[M]):
        """To type checkers a manager has the methods of its QuerySet."""
else:
    _Queries = Manager


class PolymorphicManager(_Queries[M]):
    """Gives every row as what it really is: ``objects = PolymorphicManager()``."""

    queryset_class: ClassVar[Any] = PolymorphicQuerySet

    def get_queryset(self) -> QuerySet[M]:
        """Return all rows, each as what it is."""
        rows: PolymorphicQuerySet[M] = PolymorphicQuerySet(self.model, using=self._using)
        return polymorphic(rows)


def _children(model: Any, wanted: tuple[type, ...]) -> list[_Child]:
    meta = model._meta.concrete_model._meta
    found: list[_Child] = []
    for reverse in meta.related_objects:
        if not (reverse.one_to_one and reverse.parent_link) or reverse.related_model is model:
            continue
        if reverse.field.related_model._meta.concrete_model is not meta.model:
            continue
        child = reverse.field.model
        if wanted and not any(issubclass(each, child) or issubclass(child, each) for each in wanted):
            continue
        found.append(_Child(child, reverse.accessor, _children(child, wanted)))
    return found


def _paths(children: list[_Child], prefix: str) -> Any:
    for child in children:
        yield f"{prefix}{child.accessor}"
        yield from _paths(child.children, f"{prefix}{child.accessor}__")


def _path_to(children: list[_Child], model: type) -> list[str] | None:
    for child in children:
        if child.model is model:
            return [child.accessor]
        below = _path_to(child.children, model)
        if below is not None:
            return [child.accessor, *below]
    return None


def _as_what_they_are(instances: list[Any], children: list[_Child]) -> list[Any]:
    found: list[Any] = []
    kinds: dict[type, list[Any]] = {}
    for instance in instances:
        last, level = instance, children
        while True:
            below = next(((each, row) for each in level if (row := last.__dict__.get(each.accessor)) is not None), None)
            if below is None:
                break
            level, last = below[0].children, below[1]
        if last is not instance:
            own = last.__dict__
            for name, value in instance.__dict__.items():  # annotations and what prefetching needs
                if name not in own and not isinstance(value, Model) and value is not None:
                    own[name] = value
            kinds.setdefault(type(last), []).append(last)
        found.append(last)
    for rows in kinds.values():  # relations that are missing load for all of a kind at once
        state = State(rows[0].__dict__["_s"].database, False, tuple(map(weakref.ref, rows)))
        for row in rows:
            row.__dict__["_s"] = state
    return found

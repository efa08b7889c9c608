"""The two ends of a relation as attributes, and how a row on one end finds those on the other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from partita.orm.databases import current_databases
from partita.orm.paths import Step
from partita.orm.prefetch_modes import FETCH_PEERS
from partita.orm.registration import RegisterLookups
from partita.orm.related_rows import in_chunks, keep_groups, of_one_owner, rows_above
from partita.orm.state import OfOwners, State

if TYPE_CHECKING:
    from threading import RLock

__all__ = ("ForwardOne", "ManyAccessor", "Reverse", "ReverseMany", "ReverseOne", "as_parent", "back_to")

_PEERS_AT_ONCE = 1000


class Reverse(RegisterLookups):
    """A relation seen from the model it points to."""

    is_relation = True
    concrete = False
    auto_created = True
    editable = False
    attname = None
    column = None

    def __init__(self, field: Any, related_name: str | None, related_query_name: str | None) -> None:
        self.field = field
        self.remote_field = field
        self.model = field.related_model
        self.related_model = field.model
        self.related_name = related_name
        hidden = related_name is not None and related_name.endswith("+")
        own = field.model._meta.model_name
        self.accessor: str | None = None if hidden else related_name or (own if field.one_to_one else f"{own}_set")
        self.name = related_query_name or (related_name if related_name and not hidden else own)
        self.hidden = hidden
        self.one_to_one, self.many_to_many = field.one_to_one, field.many_to_many
        self.one_to_many, self.many_to_one = field.many_to_one, False
        self.multiple = not field.one_to_one
        self.parent_link: bool = field.parent_link
        self._steps: tuple[Step, ...] | None = None

    def __repr__(self) -> str:
        kind = "OneToOneRel" if self.one_to_one else "ManyToManyRel" if self.many_to_many else "ManyToOneRel"
        meta = self.related_model._meta
        return f"<{kind}: {meta.app_label}.{meta.model_name}>"

    @property
    def on_delete(self) -> Any:
        """The rule of the foreign key; None for many-to-many."""
        return getattr(self.field, "on_delete", None)

    @property
    def through(self) -> Any:
        """The model of the table between, of a many-to-many relation; None for others."""
        return getattr(self.field, "through", None)

    @property
    def limit_choices_to(self) -> Any:
        """What the relation's field may choose."""
        return self.field.limit_choices_to

    @property
    def null(self) -> bool:
        """Whether there may be no row at this end: always."""
        return True

    def get_accessor_name(self) -> str | None:
        """Return the attribute on the model pointed to."""
        return self.accessor

    @property
    def origin(self) -> Any:
        """The model in whose table the joins begin."""
        field = self.field
        if field.many_to_many:
            return field.through._meta.get_field(field.target_name).target_field.model
        return field.target_field.model

    def steps(self) -> tuple[Step, ...]:
        """Return the joins from the model pointed to."""
        if self._steps is None:
            with _building(self.field):
                if self._steps is None:
                    self._steps = self._new_steps()
        return self._steps

    def _new_steps(self) -> tuple[Step, ...]:
        field = self.field
        if not field.many_to_many:
            return cast("tuple[Step, ...]", field.steps_back(multiple=self.multiple))
        source, target = (
            field.through._meta.get_field(field.source_name),
            field.through._meta.get_field(field.target_name),
        )
        return (target.step_back(field.through, multiple=True), *source.steps())

    def target_of_last_step(self) -> Any:
        """Return the field at the far end that the last join goes by, or None for the primary key."""
        if self.field.many_to_many:
            return self.field.through._meta.get_field(self.field.source_name).target_field
        return None

    def trimmed(self, found: Any) -> Any:
        """Return the column that repeats ``found`` one join earlier, if there is one."""
        if self.field.many_to_many:
            source = self.field.through._meta.get_field(self.field.source_name)
            return source.trimmed(found)
        return None


class ForwardOne:
    """``album.artist``: the row a foreign key points to; kept beside the key, in ``__dict__[name]``."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: object = None) -> Any:
        field = self.field
        if instance is None:
            return field
        values = instance.__dict__
        key = values[field.attname] if field.attname in values else getattr(instance, field.attname)
        related = values.get(field.name)
        if related is not None and (key is None or related.__dict__.get(field.target_field.attname) == key):
            return related
        if key is None:
            if field.null:
                return None
            raise field.related_model.RelatedObjectDoesNotExist(f"{type(instance).__name__} has no {field.name}.")
        if field.model is not instance._meta.concrete_model:  # of a parent's table, whose row may know
            for parent in rows_above(instance):
                related = parent.__dict__.get(field.name)
                if related is not None and related.__dict__.get(field.target_field.attname) == key:
                    return related
        database = instance._read_database(field.related_model)
        related = database.read(self._load, instance, key, database)
        if related is None:
            raise field.related_model.RelatedObjectDoesNotExist(
                f"{field.related_model.__name__} matching {field.name} {key!r} does not exist."
            )
        return related

    def __set__(self, instance: Any, related: Any) -> None:
        field = self.field
        if related is None:
            instance.__dict__[field.attname] = None
            instance.__dict__.pop(field.name, None)
            return
        concrete = field.related_model._meta.concrete_model
        if not isinstance(related, concrete):
            raise ValueError(
                f'Cannot assign "{related!r:.80}": "{type(instance).__name__}.{field.name}" must be '
                f'a "{concrete.__name__}" instance.'
            )
        ours, theirs = instance.__dict__["_s"].database, related.__dict__["_s"].database
        known = ours is not None and theirs is not None
        if known and ours is not theirs and not current_databases().allow_relation(related, instance):
            raise ValueError(f'Cannot assign "{related!r:.80}": the current database router prevents this relation.')
        key = instance.__dict__[field.attname] = related.__dict__.get(field.target_field.attname)
        instance.__dict__[field.name] = related
        if key is None:  # saving takes the key that it has by then
            instance.__dict__.setdefault("_unsaved", set()).add(field.name)
        if field.parent_link:  # what the link says, the inherited keys say as well
            meta = field.related_model._meta
            instance.__dict__[field.target_field.attname] = key
            for link in meta.parents.values():
                if link is not None:
                    instance.__dict__[link.target_field.attname] = getattr(related, link.attname)
        if field.one_to_one and field.remote_field.accessor is not None:
            related.__dict__[field.remote_field.accessor] = instance

    def _load(self, instance: Any, key: Any, database: Any) -> Any:
        """Load for the instance, and at once for the rows that were fetched with it."""
        field = self.field
        if field.parent_link and (parent := as_parent(instance, field.related_model)) is not None:
            instance.__dict__[field.name] = parent
            return parent
        waiting: dict[Any, list[Any]] = {key: [instance]}
        for peer in instance._peers(field.name):
            values = peer.__dict__
            wanted = values.get(field.attname)
            if peer is not instance and wanted is not None and field.name not in values:
                if wanted not in waiting and len(waiting) >= _PEERS_AT_ONCE:
                    continue
                waiting.setdefault(wanted, []).append(peer)
        target = field.target_field
        rows = field.related_model._base_manager.using(database)
        if len(waiting) == 1:
            found = list(rows.filter(**{target.name: key}))
        else:
            found = list(rows.filter(**{f"{target.name}__in": list(waiting)}))
        for related in found:
            for peer in waiting.get(related.__dict__[target.attname], ()):
                self.cache(peer, related)
        return instance.__dict__.get(field.name)

    def is_cached(self, instance: Any) -> bool:
        """Return whether the row is loaded."""
        return self.field.name in instance.__dict__ or getattr(instance, self.field.attname) is None

    def cache(self, instance: Any, related: Any) -> None:
        """Remember the row pointed to."""
        field = self.field
        instance.__dict__[field.name] = related
        if related is not None and field.one_to_one and field.remote_field.accessor is not None:
            related.__dict__[field.remote_field.accessor] = instance

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows that all ``instances`` point to."""
        field = self.field
        target = field.target_field
        keys = {getattr(instance, field.attname) for instance in instances} - {None}
        if not rows.query.is_sliced:
            rows = rows.order_by()  # there is one at most for each
        found = {
            related.__dict__[target.attname]: related for related in in_chunks(rows, f"{target.name}__in", list(keys))
        }
        for instance in instances:
            related = found.get(getattr(instance, field.attname))
            if to_attr is not None:
                setattr(instance, to_attr, related)
            elif related is not None:
                self.cache(instance, related)
        return list(found.values())

    def rows(self) -> Any:
        """Return all rows that may be pointed to."""
        return self.field.related_model._base_manager.all()


class ReverseOne:
    """``user.profile``: the one row that points here."""

    def __init__(self, reverse: Reverse) -> None:
        self.reverse = reverse
        self.name = cast("str", reverse.accessor)

    @property
    def RelatedObjectDoesNotExist(self) -> Any:
        """What is raised where there is no such row, for ``except User.profile.RelatedObjectDoesNotExist``."""
        return self.reverse.related_model.RelatedObjectDoesNotExist

    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self
        if self.name not in instance.__dict__:
            database = instance._read_database(self.reverse.related_model)
            database.read(self._load, instance, database)
        related = instance.__dict__[self.name]
        if related is None:
            raise self.reverse.related_model.RelatedObjectDoesNotExist(f"{type(instance).__name__} has no {self.name}.")
        return related

    def __set__(self, instance: Any, related: Any) -> None:
        field = self.reverse.field
        if related is not None and not isinstance(related, self.reverse.related_model):
            raise ValueError(
                f'Cannot assign "{related!r:.80}": "{type(instance).__name__}.{self.name}" must be '
                f'a "{self.reverse.related_model.__name__}" instance.'
            )
        if related is None:
            old = instance.__dict__.pop(self.name, None)
            if old is not None:
                setattr(old, field.name, None)
            return
        setattr(related, field.name, instance)

    def _load(self, instance: Any, database: Any) -> None:
        peers = [peer for peer in instance._peers(self.name) if self.name not in peer.__dict__][:_PEERS_AT_ONCE]
        if all(peer is not instance for peer in peers):
            peers.append(instance)
        self.prefetch(peers, self.rows().using(database), None)

    def is_cached(self, instance: Any) -> bool:
        """Return whether the row, or that there is none, is known."""
        return self.name in instance.__dict__

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows that point to all ``instances``."""
        field = self.reverse.field
        attname = field.target_field.attname
        by_key = {getattr(instance, attname): instance for instance in instances}
        if not rows.query.is_sliced:
            rows = rows.order_by()  # there is one at most for each
        found = in_chunks(rows, f"{field.name}__in", list(by_key), field)
        by_owner = {getattr(related, field.attname): related for related in found}
        for instance in instances:
            related = by_owner.get(getattr(instance, attname))
            if to_attr is not None:
                setattr(instance, to_attr, related)
                continue
            instance.__dict__[self.name] = related
            if related is not None:
                related.__dict__[field.name] = instance
        return found

    def rows(self) -> Any:
        """Return all rows that may point here."""
        return self.reverse.related_model._base_manager.all()


class ReverseMany:
    """``artist.albums``: the rows that point here, behind a manager."""

    def __init__(self, reverse: Reverse) -> None:
        self.reverse = reverse
        self.name = cast("str", reverse.accessor)
        self._kind: Any = None

    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self
        if self._kind is None:
            from partita.orm.managers_related import related_manager

            with _building(self.reverse.field):
                self._kind = self._kind or related_manager(self.reverse)
        # A key of several columns is not in there.
        if instance.__dict__.get(instance._meta.pk.attname) is None and not instance._is_pk_set():
            raise ValueError(
                f"{type(instance).__name__!r} instance needs to have a primary key value before this relationship can be used."
            )
        return self._kind(instance)

    def __set__(self, instance: Any, rows: Any) -> None:
        raise TypeError(
            f"Direct assignment to the reverse side of a related set is prohibited. Use {self.name}.set() instead."
        )

    def is_cached(self, instance: Any) -> bool:
        """Return whether the rows are loaded."""
        return self.name in instance.__dict__.get("_prefetched", ())

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows that point to any of ``instances``."""
        field = self.reverse.field
        attname = field.target_field.attname
        owners = {getattr(instance, attname): instance for instance in instances}
        known_by = OfOwners(instances, self.name) if to_attr is None and rows._mode is FETCH_PEERS else None
        found = in_chunks(rows, f"{field.name}__in", list(owners), field, known_by)
        groups: dict[Any, list[Any]] = {key: [] for key in owners}
        places = {key: (owner, groups[key].append) for key, owner in owners.items()}
        name, column = field.name, field.attname
        for related in found:
            values = related.__dict__
            owner, take = places[values[column] if column in values else getattr(related, column)]
            if name not in values:
                values[name] = owner
            take(related)
        keep_groups(instances, attname, groups, self.name, to_attr, rows, self._of_owner)
        return found

    def _of_owner(self, rows: Any, key: Any) -> Any:
        """Return those of ``rows`` that point to ``key``."""
        field = self.reverse.field
        return of_one_owner(rows, (), field, lambda whole: whole.filter(**{field.name: key}))

    def rows(self) -> Any:
        """Return all rows that may point here."""
        return self.reverse.related_model._default_manager.all()


class ManyAccessor:
    """``album.genres``: rows related by a table between, behind a manager."""

    def __init__(self, field: Any, *, forward: bool) -> None:
        self.field, self.forward = field, forward
        self._kind: Any = None
        self._back: tuple[Any, Step] | None = None

    def _way_back(self) -> tuple[Any, Step]:
        """Return the key to our side in the table between, and the join to it from the other side."""
        if self._back is None:
            with _building(self.field):
                if self._back is None:
                    self._back = self._new_way_back()
        return self._back

    def _new_way_back(self) -> tuple[Any, Step]:
        names = self.field.source_name, self.field.target_name
        own, other = (self.through._meta.get_field(name) for name in (names if self.forward else reversed(names)))
        return getattr(own, "own_field", own), other.step_back(self.through, multiple=True)

    @property
    def name(self) -> str:
        """The attribute."""
        return cast("str", self.field.name if self.forward else self.field.remote_field.accessor)

    @property
    def through(self) -> Any:
        """The model of the table between."""
        return self.field.through

    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self
        if self._kind is None:
            from partita.orm.managers_many import many_manager

            with _building(self.field):
                self._kind = self._kind or many_manager(self.field, self.forward)
        target = self._way_back()[0].target_field
        key = getattr(instance, target.attname)
        if key is None or (target.is_tuple and None in key):
            raise ValueError(
                f'"{instance!r:.80}" needs to have a value for field "{target.name}" before this many-to-many relationship '
                "can be used."
            )
        return self._kind(instance)

    def __set__(self, instance: Any, rows: Any) -> None:
        side = "forward" if self.forward else "reverse"
        raise TypeError(
            f"Direct assignment to the {side} side of a many-to-many set is prohibited. Use {self.name}.set() instead."
        )

    def is_cached(self, instance: Any) -> bool:
        """Return whether the rows are loaded."""
        return self.name in instance.__dict__.get("_prefetched", ())

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows related to any of ``instances``."""
        own_field, step_back = self._way_back()
        attname = own_field.target_field.attname
        keys = list({getattr(instance, attname) for instance in instances})
        groups: dict[Any, list[Any]] = {key: [] for key in keys}
        found: dict[Any, Any] = {}
        for start in range(0, len(keys), _PEERS_AT_ONCE):
            for related, key in rows._paired((step_back,), own_field, keys[start : start + _PEERS_AT_ONCE]):
                groups[key].append(found.setdefault(related.pk, related))
        keep_groups(instances, attname, groups, self.name, to_attr, rows, self._of_owner)
        return list(found.values())

    def _of_owner(self, rows: Any, key: Any) -> Any:
        """Return those of ``rows`` that the table between relates to ``key``."""
        own_field, step_back = self._way_back()
        path = (step_back,)
        return of_one_owner(rows, path, own_field, lambda whole: whole._related_over(step_back, own_field, key))

    def rows(self) -> Any:
        """Return all rows that may be related."""
        model = self.field.related_model if self.forward else self.field.model
        return model._default_manager.all()


def back_to(model: Any, ancestor: Any) -> tuple[Step, ...]:
    """Return the joins from the table of ``ancestor`` to that of ``model``, which inherits from it."""
    return tuple(
        Step(link.model, link.target_field.column, link.column, multiple=False, nullable=True)
        for link in reversed(model._meta.links_to(ancestor))
    )


def as_parent(instance: Any, model: Any) -> Any:
    """Return what ``instance`` is in the table of its parent ``model``; None if something of that is not loaded."""
    values = instance.__dict__
    attnames = [field.attname for field in model._meta.fields]
    if any(attname not in values for attname in attnames):
        return None
    parent = object.__new__(model)
    parent.__dict__.update({attname: values[attname] for attname in attnames})
    parent.__dict__["_s"] = State(values["_s"].database, values["_s"].adding)
    return parent


def _building(field: Any) -> "RLock":
    """Return the lock under which joins and managers are made: joins are told apart by identity, so there must be one."""
    return cast("RLock", field.model._meta.registry.building)

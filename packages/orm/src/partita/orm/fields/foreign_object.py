"""Relations that go by several columns, as to rows whose key is made of several."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast, overload

from partita.orm.deletion_rules import Rule
from partita.orm.errors import FieldError, ModelError
from partita.orm.fields.base import Field, FieldOptions
from partita.orm.fields.composite import TupleField, key_state
from partita.orm.fields.private import PrivateField
from partita.orm.fields.related import RelatedField
from partita.orm.paths import ColumnsStep, Step
from partita.orm.relations import Reverse, ReverseMany, back_to

if TYPE_CHECKING:
    from partita.contracts.checks import Finding
    from partita.orm.models import Model

__all__ = ("ForeignObject",)

M = TypeVar("M", bound="Model")
T = TypeVar("T")
_PEERS_AT_ONCE = 1000


class Ends(TupleField):
    """The columns on one side of a relation, as look-ups over it compare them."""

    def __init__(self, relation: "ForeignObject[Any]", fields: Sequence[Field[Any]], attname: str) -> None:
        super().__init__(null=any(field.null for field in fields), editable=False)
        self.relation, self._fields = relation, tuple(fields)
        self.name, self.attname, self.model = relation.name, attname, fields[0].model

    @property
    def fields(self) -> tuple[Field[Any], ...]:
        return self._fields

    def steps(self) -> tuple[Step, ...]:
        """Return the joins that are not needed where these columns stand for the row over there."""
        return self.relation.steps()

    @property
    def target_field(self) -> Any:
        """The columns on the other side."""
        return self.relation.target_field

    def value_of(self, instance: Any) -> Any:
        """Return the values of ``instance`` as a tuple; None if one of them is None."""
        return key_state(tuple([getattr(instance, field.attname) for field in self._fields]))


class ForeignObject(PrivateField, RelatedField[T], Generic[T]):  # type: ignore[misc]  # pyright: ignore[reportIncompatibleVariableOverride]  # it has no column
    """A row of another model, found by several columns that are fields of this model already; it adds none.

    Nothing in the database keeps the columns true: where that matters, declare a constraint or foreign keys for parts.

    Args:
        to: The model, its name, ``"app.Model"``, or ``"self"``.
        on_delete: What happens here when that row is deleted, as for `ForeignKey`; not by the database.
        from_fields: Fields of this model, by name or attribute.
        to_fields: The fields over there that they repeat, in the same order.
        options: ``related_name``, ``related_query_name``, ``limit_choices_to``, ``null``, ``blank`` and so on.
    """

    many_to_one = True
    db_constraint = False
    one_to_one = False
    _steps: tuple[Step, ...] | None = None
    _ends: "tuple[Ends, Ends] | None" = None

    @overload
    def __init__(
        self: "ForeignObject[M]",
        to: type[M],
        on_delete: Rule,
        from_fields: Sequence[str],
        to_fields: Sequence[str],
        *,
        null: Literal[False] = False,
        **options: Any,
    ) -> None: ...
    @overload
    def __init__(
        self: "ForeignObject[M | None]",
        to: type[M],
        on_delete: Rule,
        from_fields: Sequence[str],
        to_fields: Sequence[str],
        *,
        null: Literal[True],
        **options: Any,
    ) -> None: ...
    @overload
    def __init__(
        self: "ForeignObject[Any]",
        to: str,
        on_delete: Rule,
        from_fields: Sequence[str],
        to_fields: Sequence[str],
        *,
        null: bool = False,
        **options: Any,
    ) -> None: ...
    def __init__(
        self,
        to: Any,
        on_delete: Rule,
        from_fields: Sequence[str],
        to_fields: Sequence[str],
        *,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        null: bool = False,
        **options: Any,
    ) -> None:
        Field.__init__(self, null=null, **cast("FieldOptions", options))
        self._aim(to, related_name, related_query_name, limit_choices_to)
        if not isinstance(on_delete, Rule) or (on_delete.in_database and not self.db_constraint):
            raise ModelError(
                f"on_delete must be CASCADE, PROTECT, SET_NULL or another rule of ours, not {on_delete!r}."
            )
        if not from_fields or len(from_fields) != len(to_fields):
            raise ModelError(
                f"A ForeignObject needs as many from_fields as to_fields, at least one; not {list(from_fields)} and "
                f"{list(to_fields)}."
            )
        self.on_delete = on_delete
        self.from_fields, self.to_fields = tuple(from_fields), tuple(to_fields)

    def check(self, **options: Any) -> "list[Finding]":
        """Return what is wrong with the declaration."""
        return Field.check(self, **options)

    # -- joining a model --------------------------------------------------------------------------------------------

    def contribute_to_class(self, model: "type[Model]", name: str, private_only: bool = True) -> None:
        """Become the member ``name`` of ``model``, and look for the other model; ``private_only`` goes without saying."""
        PrivateField.contribute_to_class(self, model, name)
        if self._given_verbose_name is None:
            self.verbose_name = name.replace("_", " ")
        self._look_for_target()

    def copy_for(self, *, from_table: bool = False) -> Any:
        """Return a copy for a class that inherits this; what came from a table keeps its way back there."""
        copy: Any = PrivateField.copy_for(self, from_table=from_table)
        copy._steps = copy._ends = None
        if from_table:
            copy._related_name = "+"
        return copy

    def _connect(self, target: "type[Model]", reverse: Reverse) -> None:
        setattr(target, cast("str", reverse.accessor), ReverseMany(reverse))

    @property
    def attname(self) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]  # not to be set
        """The hidden attribute that has the values of the columns as a tuple."""
        return f"_{self.name}_key"

    def _both_ends(self) -> "tuple[Ends, Ends]":
        if self._ends is None:
            if self.related_model is None:
                raise ModelError(
                    f"{self!r} points to {self.target_label!r}, which does not exist. Is its module imported?"
                )
            with self.model._meta.registry.building:
                if self._ends is None:
                    self._ends = self._new_ends()
        return self._ends

    def _new_ends(self) -> "tuple[Ends, Ends]":
        own = Ends(self, [self.model._meta.get_field(name) for name in self.from_fields], self.attname)
        there = f"_{self.model._meta.label_lower.replace('.', '_')}_{self.name}_target"
        target = Ends(self, [self.related_model._meta.get_field(name) for name in self.to_fields], there)
        for ends, model in ((own, self.model), (target, self.related_model)):
            if len({field.model for field in ends.fields}) != 1 or not all(field.concrete for field in ends.fields):
                raise ModelError(f"{self!r}: {[f.name for f in ends.fields]} must be columns of one table.")
            setattr(model._meta.concrete_model, ends.attname, property(ends.value_of))
        return own, target

    @property
    def own_field(self) -> Any:
        """The columns here, as one."""
        return self._both_ends()[0]

    @property
    def target_field(self) -> Any:
        """The columns over there, as one."""
        return self._both_ends()[1]

    @property
    def related_fields(self) -> list[tuple[Field[Any], Field[Any]]]:
        """Pairs of a field here and the one over there that it repeats."""
        own, target = self._both_ends()
        return list(zip(own.fields, target.fields, strict=True))

    # -- queries ----------------------------------------------------------------------------------------------------

    @property
    def origin(self) -> Any:
        """The model in whose table the joins begin."""
        return self.own_field.model

    def step_back(self, model: Any, *, multiple: bool) -> Step:
        """Return the join from the rows pointed to, to those of ``model`` that point there."""
        made: dict[Any, Step] = self.__dict__.setdefault("_steps_back", {})
        pairs = [(there.column, here.column) for here, there in self.related_fields]
        return made.setdefault((model, multiple), ColumnsStep(model, pairs, multiple=multiple, nullable=True))

    def steps_back(self, *, multiple: bool) -> tuple[Step, ...]:
        """Return the joins from the rows pointed to, to this model."""
        owner = self.own_field.model
        return (self.step_back(owner, multiple=multiple), *back_to(self.model, owner))

    def steps(self) -> tuple[Step, ...]:
        """Return the join to the other model."""
        if self._steps is None:
            own, target = self._both_ends()
            with self.model._meta.registry.building:  # joins are told apart by identity, so there must be one
                if self._steps is None:
                    pairs = [(here.column, there.column) for here, there in self.related_fields]
                    owner = target.model
                    first = self.related_model if not self.related_model._meta.links_to(owner) else owner
                    nullable = self.null or own.null
                    step = ColumnsStep(first, pairs, multiple=False, nullable=nullable)
                    self._steps = (step, *back_to(self.related_model, owner))
        return self._steps

    def target_of_last_step(self) -> Any:
        """Return the columns over there that the join goes by."""
        return self.target_field

    def trimmed(self, found: Any) -> Any:
        """Return the columns here if they repeat ``found``."""
        return self.own_field if found is self.target_field else None

    def assignments(self, value: Any) -> dict[str, Any]:
        """Return the values that the columns get where this is set to ``value``, a row over there or None."""
        own, target = self._both_ends()
        if value is None:
            loose = [field for field in own.fields if field.null]
            return {field.attname: None for field in loose or own.fields}
        parts = value if isinstance(value, list | tuple) else [getattr(value, field.attname) for field in target.fields]
        return {field.attname: part for field, part in zip(own.fields, parts, strict=True)}

    # -- the attribute ----------------------------------------------------------------------------------------------

    @overload
    def __get__(self, instance: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: object = None) -> T: ...
    @overload
    def __get__(self, instance: object, owner: object = None) -> Self: ...
    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None or not hasattr(instance, "_load_deferred"):
            return self
        key = self.own_field.value_of(instance)
        related = instance.__dict__.get(self.name)
        if related is not None and (key is None or self.target_field.value_of(related) == key):
            return related
        if key is not None:
            database = instance._read_database(self.related_model)
            related = database.read(self._load, instance, key, database)
        if key is None and self.null:
            return None
        if key is None or related is None:
            raise self.related_model.RelatedObjectDoesNotExist(f"{type(instance).__name__} has no {self.name}.")
        return related

    def __set__(self, instance: Any, value: Any) -> None:
        if value is None:
            if not self.null:
                raise ValueError(f"{type(instance).__name__}.{self.name} must be a {self.related_model.__name__}.")
        elif not isinstance(value, self.related_model._meta.concrete_model):
            raise ValueError(
                f'Cannot assign "{value!r:.80}": "{type(instance).__name__}.{self.name}" must be a '
                f'"{self.related_model.__name__}" instance.'
            )
        for attname, part in self.assignments(value).items():
            setattr(instance, attname, part)
        if value is None:
            instance.__dict__.pop(self.name, None)
        else:
            self._keep(instance, value)

    def _keep(self, instance: Any, related: Any) -> None:
        """Remember the row over there."""
        instance.__dict__[self.name] = related

    def _load(self, instance: Any, key: Any, database: Any) -> Any:
        """Load for the instance, and at once for the rows that were fetched with it."""
        peers = [peer for peer in instance._peers(self.name) if self.name not in peer.__dict__]
        rows = self.related_model._base_manager.using(database)
        self.prefetch([instance, *peers[: _PEERS_AT_ONCE - 1]], rows.all(), None)
        related = instance.__dict__.get(self.name)
        return related if related is not None and self.target_field.value_of(related) == key else None

    def is_cached(self, instance: Any) -> bool:
        """Return whether the row is loaded."""
        return self.name in instance.__dict__ or self.own_field.value_of(instance) is None

    def prefetch(self, instances: Sequence[Any], rows: Any, to_attr: str | None) -> list[Any]:
        """Load the rows that all ``instances`` point to."""
        own, target = self._both_ends()
        wanted = list({key for instance in instances if (key := own.value_of(instance)) is not None})
        if rows.query.is_sliced:
            raise FieldError("A sliced queryset cannot be prefetched: the slice would cut across all owners.")
        found: dict[Any, Any] = {}
        for start in range(0, len(wanted), _PEERS_AT_ONCE):
            chosen = rows.filter(_among(self.related_model, target, wanted[start : start + _PEERS_AT_ONCE]))
            found.update((target.value_of(row), row) for row in chosen)
        for instance in instances:
            related = found.get(own.value_of(instance))
            if to_attr is not None:
                setattr(instance, to_attr, related)
            elif related is not None:
                self._keep(instance, related)
        return list(found.values())

    def rows(self) -> Any:
        """Return all rows that may be pointed to."""
        return self.related_model._base_manager.all()

    # -- the life of a row ------------------------------------------------------------------------------------------

    def prepare_save(self, instance: Any) -> None:
        """Take the values of a related row that was saved after it was assigned.

        Raises:
            ValueError: If it is not saved yet.
        """
        related = instance.__dict__.get(self.name)
        if related is None or self.own_field.value_of(instance) is not None:
            return
        if self.target_field.value_of(related) is None:
            raise ValueError(f"save() prohibited to prevent data loss due to unsaved related object '{self.name}'.")
        for attname, part in self.assignments(related).items():
            setattr(instance, attname, part)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the rule and the columns."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.update(on_delete=self.on_delete, from_fields=self.from_fields, to_fields=self.to_fields)
        return name, path, args, kwargs


def _among(model: Any, ends: Any, keys: Sequence[Any]) -> Any:
    """Return the condition that the columns have one of ``keys``."""
    from partita.orm.expressions import Column
    from partita.orm.lookups.tuples import TUPLE_LOOKUPS
    from partita.orm.nodes import Condition, Target

    lookup = TUPLE_LOOKUPS["in"].comparison
    path = model._meta.way_to(ends.model)
    return Condition(Target(Column(path, ends), lookup, None, kept=False), lookup.prepare(ends, keys))

"""Foreign keys to rows whose key is made of several columns: one column here for each of them, and one constraint."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from partita.orm.errors import ModelError
from partita.orm.fields.base import Field
from partita.orm.fields.foreign_object import Ends, ForeignObject
from partita.orm.fields.numbers import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    IntegerField,
    SmallAutoField,
    SmallIntegerField,
)
from partita.orm.fields.related import ForeignKey
from partita.orm.relations import Reverse, ReverseOne

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("CompositeForeignKey", "take_the_place_of")

T = TypeVar("T")
_COUNTING: tuple[tuple[type[Field[Any]], type[Field[Any]]], ...] = (
    (BigAutoField, BigIntegerField),
    (SmallAutoField, SmallIntegerField),
    (AutoField, IntegerField),
)
_ONLY_OF_THE_TARGET = (
    "primary_key",
    "unique",
    "db_index",
    "db_column",
    "db_comment",
    "db_default",
    "db_tablespace",
    "default",
    "unique_for_date",
    "unique_for_month",
    "unique_for_year",
    "auto_now",
    "auto_now_add",
    "verbose_name",
    "help_text",
    "name",
    "choices",
    "validators",
)


def take_the_place_of(declared: ForeignKey[Any], target: "type[Model]") -> None:
    """Put a `CompositeForeignKey` and its columns where ``declared`` stands, because ``target`` has a key of several columns.

    Raises:
        ModelError: If the field is the model's own key or leads to a parent, which need one column.
    """
    model, name = declared.model, declared.name
    if declared.primary_key or declared.parent_link:
        raise ModelError(
            f"{model._meta.label}.{name} cannot be a primary key or a link to a parent, because the key of "
            f"{target._meta.label} is made of several columns. Name its columns in a CompositePrimaryKey instead."
        )
    model._meta.remove_field(declared)
    if model.__dict__.get(declared.attname) is declared:
        delattr(model, declared.attname)
    declared.related_model = target
    parts = [_part(declared, field, place) for place, field in enumerate(target._meta.pk_fields)]
    for part, field in zip(parts, target._meta.pk_fields, strict=True):
        part.contribute_to_class(model, f"{name}_{field.attname}")
    relation = CompositeForeignKey[Any](declared, target, [part.name for part in parts])
    for part in parts:
        part.part_of = relation
    relation.contribute_to_class(model, name)
    _hand_down(relation, model._meta)


def _hand_down(relation: "CompositeForeignKey[Any]", meta: Any) -> None:
    """Give the relation to models that inherit it and were made before its target was known."""
    for child in meta.children:
        if not child.proxy and relation.name not in child.model.__dict__:
            relation.copy_for(from_table=True).contribute_to_class(child.model, relation.name)
        _hand_down(relation, child)


def _part(declared: ForeignKey[Any], field: Any, place: int) -> Field[Any]:
    """Return the field of one column, which repeats ``field`` of the other model."""
    column = field.column
    while isinstance(field, ForeignKey):
        field = field.target_field
    kind = next((plain for auto, plain in _COUNTING if isinstance(field, auto)), None)
    if kind is None:
        _, _, args, kwargs = field.deconstruct()
        kind = type(field)
        given = {key: value for key, value in kwargs.items() if key not in _ONLY_OF_THE_TARGET}
    else:
        args, given = [], {}
    given.update(null=declared.null, blank=declared.blank, editable=False)
    if declared.has_default():
        given["default"] = partial(_part_of_default, declared, place)
    if declared.db_column:
        given["db_column"] = f"{declared.db_column}_{column}"
    part: Field[Any] = kind(*args, **given)
    part.auto_created = True
    part.creation_counter = declared.creation_counter
    return part


def _part_of_default(declared: ForeignKey[Any], place: int) -> Any:
    default: Any = declared.default
    if callable(default):
        default = default()
    key = default.pk if hasattr(default, "_meta") else default
    return None if key is None else key[place]


class _Columns(Ends):
    """The columns of the foreign key as one field."""

    is_foreign_key: ClassVar[bool] = True


class CompositeForeignKey(ForeignObject[T]):
    """What a `ForeignKey` or `OneToOneField` becomes whose target has a key of several columns.

    ``row.NAME`` is the row over there and ``row.NAME_id`` its key as a tuple; the columns are called ``NAME_COLUMN``.

    Args:
        declared: The field as the model declares it.
        target: The model it points to.
        columns: The names of this model's fields that repeat the key, in its order.
    """

    is_foreign_key: ClassVar[bool] = True
    default_error_messages = ForeignKey.default_error_messages
    _is_inherited = False  # from a model in whose table the columns are

    def __init__(self, declared: ForeignKey[Any], target: "type[Model]", columns: Sequence[str]) -> None:
        self.db_constraint = declared.db_constraint
        begin: Any = super().__init__
        begin(
            target,
            declared.on_delete,
            columns,
            [field.name for field in target._meta.pk_fields],
            related_name=declared._related_name,
            related_query_name=declared._related_query_name,
            limit_choices_to=declared.limit_choices_to,
            null=declared.null,
            blank=declared.blank,
            editable=declared.editable,
            help_text=declared.help_text,
            verbose_name=declared._given_verbose_name,
            default=declared.default,
            db_index=declared.db_index,
            error_messages=declared._given_error_messages,
        )
        self.declared, self.related_model = declared, target
        self.creation_counter = declared.creation_counter
        own: dict[str, Any] = vars(self)
        own.update(many_to_one=declared.many_to_one, one_to_one=declared.one_to_one, unique=declared.unique)

    def _connect(self, target: "type[Model]", reverse: Reverse) -> None:
        if self.one_to_one:
            setattr(target, cast("str", reverse.accessor), ReverseOne(reverse))
        else:
            super()._connect(target, reverse)

    @property
    def attname(self) -> str:  # type: ignore[override]  # pyright: ignore[reportIncompatibleVariableOverride]  # not to be set
        """The attribute with the key as a tuple; None if a part of it is None."""
        return f"{self.name}_id"

    def _new_ends(self) -> tuple[Any, Any]:
        own = _Columns(self, [self.model._meta.get_field(name) for name in self.from_fields], self.attname)
        concrete = self.model._meta.concrete_model
        setattr(concrete, self.attname, property(own.value_of, self._take))
        return own, self.related_model._meta.pk

    def columns_as_one(self) -> Any:
        """Return what look-ups and ``values()`` call ``NAME_id``."""
        return self.own_field

    def copy_for(self, *, from_table: bool = False) -> Any:
        """Return a copy for a class that inherits this; an abstract class never has one."""
        copy = super().copy_for(from_table=from_table)
        copy.related_model = self.related_model
        copy.unique, copy._is_inherited = False, from_table
        return copy

    # -- the table --------------------------------------------------------------------------------------------------

    def add_to_table(self, table: Any) -> None:
        """Add the foreign key, and an index or a unique constraint over its columns."""
        from sqlalchemy import Index, UniqueConstraint

        from partita.orm.schema import DeferredForeignKey, short_name

        if self._is_inherited:
            return
        columns = [table.c[field.column] for field in self.own_field.fields]
        stem = f"{table.name}_{self.name}"
        if self.db_constraint:
            # MySQL wants the columns in the order that they have in the key over there, which is that of the table.
            order = self.related_model._meta.concrete_model._meta.local_fields
            pairs = sorted(self.related_fields, key=lambda pair: order.index(pair[1]))
            remote = self.related_model._meta.db_table
            table.append_constraint(
                DeferredForeignKey(
                    [table.c[here.column] for here, _ in pairs],
                    [f"{remote}.{there.column}" for _, there in pairs],
                    name=short_name(f"{stem}_fk"),
                    link_to_name=True,
                    ondelete=self.on_delete.in_database,
                )
            )
        if self.unique:
            table.append_constraint(UniqueConstraint(*columns, name=short_name(f"{stem}_key")))
        elif self.db_index:
            Index(short_name(f"{stem}_idx"), *columns)

    # -- values -----------------------------------------------------------------------------------------------------

    def _take(self, instance: Any, key: Any) -> None:
        """Set the columns to the parts of ``key``, a tuple or None."""
        for attname, part in self.assignments(key).items():
            setattr(instance, attname, part)

    def __set__(self, instance: Any, value: Any) -> None:
        if value is None:
            self._take(instance, None)
            instance.__dict__.pop(self.name, None)
        else:
            super().__set__(instance, value)

    def _keep(self, instance: Any, related: Any) -> None:
        super()._keep(instance, related)
        if self.one_to_one and self.remote_field.accessor is not None:
            related.__dict__[self.remote_field.accessor] = instance

    def assignments(self, value: Any) -> dict[str, Any]:
        """Return the values that the columns get where this is set to a row over there, its key or None."""
        own = self.own_field
        if value is None:
            return dict.fromkeys([field.attname for field in own.fields])
        if hasattr(value, "_meta"):
            return super().assignments(value)
        return dict(zip([field.attname for field in own.fields], own.checked(value, self.name), strict=True))

    def get_prep_value(self, value: Any) -> Any:
        """Return the key of a row, or a key, with the types of the columns."""
        if hasattr(value, "_meta"):
            value = value.pk
        return None if value is None else self.own_field.get_prep_value(value)

    def to_python(self, value: Any) -> Any:
        """Return a key with the types of the columns."""
        return self.own_field.to_python(value)

    def validate_row(self, instance: Any) -> None:
        """Check that the row pointed to exists.

        Raises:
            ValidationError: If it does not, or a key is needed and there is none.
        """
        key = self.own_field.value_of(instance)
        if key is None:
            if not self.null:
                raise self.invalid("null")
            return
        rows = self.related_model._base_manager.filter(pk=key)
        if self.limit_choices_to:
            limits = self.limit_choices_to() if callable(self.limit_choices_to) else self.limit_choices_to
            rows = rows.complex_filter(limits)
        if not rows.exists():
            raise self.invalid("invalid", model=str(self.related_model._meta.verbose_name), field="pk", value=key)

    # -- description ------------------------------------------------------------------------------------------------

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Describe the field as it was declared."""
        return self.declared.deconstruct()

    def clone(self) -> Any:
        """Return an equal field that belongs to no model: a `ForeignKey` or `OneToOneField`."""
        return self.declared.clone()

"""Fields that point to other models."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, Unpack, cast, overload

from sqlalchemy.types import TypeEngine

from partita.contracts.i18n import gettext_lazy
from partita.orm.deletion_rules import Rule
from partita.orm.errors import ModelError
from partita.orm.fields.base import BLANK_CHOICE, Converter, Field, FieldOptions, Text
from partita.orm.fields.numbers import AutoField, BigAutoField, BigIntegerField, IntegerField, SmallAutoField
from partita.orm.paths import Step
from partita.orm.relations import ForwardOne, Reverse, ReverseMany, ReverseOne, back_to

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("ForeignKey", "OneToOneField", "RelatedField", "RelationOptions")

M = TypeVar("M", bound="Model")
T = TypeVar("T")


class RelationOptions(FieldOptions, total=False):
    """Options of fields that point to another model."""

    related_name: str | None
    related_query_name: str | None
    limit_choices_to: Any
    to_field: str | None
    db_constraint: bool
    parent_link: bool
    verbose_name: Text | None


class RelatedField(Field[T], Generic[T]):
    """What relations have in common: the other model, and the way back."""

    is_relation: ClassVar[bool] = True
    empty_strings_allowed: ClassVar[bool] = False

    def _aim(self, to: Any, related_name: str | None, related_query_name: str | None, limit_choices_to: Any) -> None:
        if not isinstance(to, str) and not hasattr(to, "_meta"):
            raise ModelError(f"{type(self).__name__} needs a model or its name, such as 'shop.Artist', not {to!r}.")
        self.to = to
        self._related_name, self._related_query_name = related_name, related_query_name
        self.limit_choices_to = limit_choices_to

    @property
    def RelatedObjectDoesNotExist(self) -> Any:
        """What is raised where there is no such row, for ``except Album.artist.RelatedObjectDoesNotExist``."""
        return self.related_model.RelatedObjectDoesNotExist

    @property
    def target_label(self) -> str:
        """The label of the model this points to, such as ``shop.Artist``."""
        to = self.to
        if self.related_model is not None:
            return cast("str", self.related_model._meta.label)
        if not isinstance(to, str):
            return cast("str", to._meta.swapped or to._meta.label)
        if to == "self":
            return self.model._meta.label
        return to if "." in to else f"{self.model._meta.app_label}.{to}"

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the field ``name`` of ``model``, and look for the other model."""
        super().contribute_to_class(model, name)
        self._look_for_target()

    def _look_for_target(self) -> None:
        model = self.model
        if not model._meta.abstract:
            if isinstance(self.to, str):
                model._meta.registry.when_registered(self.target_label, self._meet)
            elif self.to._meta.swapped is not None:
                model._meta.registry.when_registered(self.to._meta.swapped, self._meet)
            else:
                self._meet(self.to)

    def _meet(self, target: "type[Model]") -> None:
        self.related_model = target
        related_name = self._related_name or self.model._meta.default_related_name
        reverse = self._reverse(self._spelled(related_name), self._spelled(self._related_query_name))
        self.remote_field = reverse
        concrete = target._meta.concrete_model
        concrete._meta.add_reverse(reverse)
        if reverse.accessor is not None:
            self._connect(concrete, reverse)

    if TYPE_CHECKING:

        def _connect(self, target: "type[Model]", reverse: Reverse) -> None: ...

    def _reverse(self, related_name: str | None, query_name: str | None) -> Reverse:
        return Reverse(self, related_name, query_name)

    def _spelled(self, name: str | None) -> str | None:
        if name is None:
            return None
        meta = self.model._meta
        return name % {"class": meta.model_name, "model_name": meta.model_name, "app_label": meta.app_label.lower()}

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the target and the way back."""
        name, path, args, kwargs = super().deconstruct()
        kwargs["to"] = self.target_label if hasattr(self, "model") else self.to
        for option, value in (
            ("related_name", self._related_name),
            ("related_query_name", self._related_query_name),
            ("limit_choices_to", self.limit_choices_to),
        ):
            if value is not None:
                kwargs[option] = value
        return name, path, args, kwargs


class ForeignKey(RelatedField[T], Generic[T]):
    """A row of another model; the column is called ``<name>_id``.

    Args:
        to: The model, its name, ``"app.Model"``, or ``"self"``.
        on_delete: What happens here when that row is deleted: `CASCADE`, `PROTECT`, `RESTRICT`, `SET_NULL`,
            `SET_DEFAULT`, ``SET(...)`` or `DO_NOTHING`; the database itself does `DB_CASCADE`, `DB_SET_NULL`, `DB_SET_DEFAULT`.
        related_name: The way back from the other model; ``"+"`` for none.
    """

    many_to_one: ClassVar[bool] = True
    is_foreign_key: ClassVar[bool] = True
    _steps: tuple[Step, ...] | None = None
    _target_field: Field[Any] | None = None
    default_error_messages = {
        "invalid": gettext_lazy("%(model)s instance with %(field)s %(value)r does not exist."),
    }

    @overload
    def __init__(
        self: "ForeignKey[M]",
        to: type[M],
        on_delete: Rule,
        *,
        null: Literal[False] = False,
        **options: Unpack[RelationOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "ForeignKey[M | None]",
        to: type[M],
        on_delete: Rule,
        *,
        null: Literal[True],
        **options: Unpack[RelationOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "ForeignKey[Any]", to: str, on_delete: Rule, *, null: bool = False, **options: Unpack[RelationOptions]
    ) -> None: ...
    def __init__(self, to: Any, on_delete: Rule, *, null: bool = False, **options: Unpack[RelationOptions]) -> None:
        self._begin(to, on_delete, null, options)

    def _begin(self, to: Any, on_delete: Rule, null: bool, options: RelationOptions) -> None:
        aim = {key: options.pop(key, None) for key in ("related_name", "related_query_name", "limit_choices_to")}  # type: ignore[misc]  # literal keys
        self.to_field = options.pop("to_field", None)
        self.db_constraint = options.pop("db_constraint", True)
        self.parent_link = options.pop("parent_link", False)
        if self.parent_link:
            options.setdefault("editable", False)  # forms show the parent's fields, not the way to them
        options.setdefault("db_index", True)
        Field.__init__(self, null=null, **cast("FieldOptions", options))
        self._aim(to, cast("Any", aim["related_name"]), cast("Any", aim["related_query_name"]), aim["limit_choices_to"])
        if not isinstance(on_delete, Rule):
            raise ModelError(f"on_delete must be CASCADE, PROTECT, SET_NULL or another rule, not {on_delete!r}.")
        if on_delete.in_database and not self.db_constraint:
            raise ModelError(f"on_delete={on_delete.name} needs a constraint in the database (db_constraint=True).")
        self.on_delete = on_delete

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the field ``name`` of ``model``."""
        setattr(model, self._given_name or name, ForwardOne(self))
        super().contribute_to_class(model, name)

    def _meet(self, target: "type[Model]") -> None:
        key: Any = getattr(target._meta, "pk", None) if self.to_field is None else None
        if key is not None and key.is_tuple:
            if not target._meta.is_complete:  # its body is being read
                target._meta.registry.when_registered(target._meta.label, self._meet)
                return
            from partita.orm.fields.composite_foreign_key import take_the_place_of

            take_the_place_of(self, target)
        else:
            super()._meet(target)

    def _connect(self, target: "type[Model]", reverse: Reverse) -> None:
        setattr(target, cast("str", reverse.accessor), ReverseMany(reverse))

    def get_attname(self) -> str:
        """Return ``<name>_id``."""
        return f"{self.name}_id"

    @property
    def target_field(self) -> Field[Any]:
        """The other model's field that the column repeats."""
        known = self._target_field
        if known is None:
            if self.related_model is None:
                raise ModelError(
                    f"{self!r} points to {self.target_label!r}, which does not exist. Is its module imported?"
                )
            meta = self.related_model._meta
            known = self._target_field = cast("Field[Any]", meta.get_field(self.to_field) if self.to_field else meta.pk)
            if not known.concrete:
                self._target_field = None
                raise ModelError(f"{self!r} points to {meta.label}.{known.name}, which has no column.")
        return known

    @property
    def origin(self) -> "type[Model]":
        """The model in whose table the joins begin."""
        return self.model

    def step_back(self, model: Any, *, multiple: bool) -> Step:
        """Return the join from the rows pointed to, to those of ``model`` that point there; the same object each time.

        Joins are told apart by identity: who comes by a relation to many and who comes by its table between is joined once.
        """
        made: dict[Any, Step] = self.__dict__.setdefault("_steps_back", {})
        step = Step(model, self.target_field.column, self.column, multiple=multiple, nullable=True)
        return made.setdefault((model, multiple), step)

    def steps_back(self, *, multiple: bool) -> tuple[Step, ...]:
        """Return the joins from the rows pointed to, to this model."""
        return (self.step_back(self.model, multiple=multiple),)

    def steps(self) -> tuple[Step, ...]:
        """Return the join to the other model, by way of its parent's table if the field pointed to is there."""
        if self._steps is None:
            with self.model._meta.registry.building:  # joins are told apart by identity, so there must be one
                if self._steps is None:
                    target = self.target_field
                    owner = self.related_model if target.model._meta.abstract else target.model
                    first = self.related_model if not self.related_model._meta.links_to(owner) else owner
                    step = Step(first, self.column, target.column, multiple=False, nullable=self.null)
                    self._steps = (step, *back_to(self.related_model, owner))
        return self._steps

    def target_of_last_step(self) -> Any:
        """Return the field over there that the join goes by."""
        return self.target_field

    def trimmed(self, found: Any) -> Any:
        """Return this field if its own column repeats ``found``."""
        return self if found is self.target_field else None

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the rule and the column pointed to."""
        name, path, args, kwargs = super().deconstruct()
        kwargs["on_delete"] = self.on_delete
        if self.parent_link:
            kwargs["parent_link"] = True
            kwargs.pop("editable", None)
        if self.to_field is not None:
            kwargs["to_field"] = self.to_field
        if not self.db_constraint:
            kwargs["db_constraint"] = False
        if self.db_index:
            kwargs.pop("db_index", None)
        else:
            kwargs["db_index"] = False
        return name, path, args, kwargs

    @property
    def column_field(self) -> Field[Any]:
        """The field that describes the column: what counts up over there is a plain number here."""
        target = self.target_field
        while isinstance(target, ForeignKey):
            target = target.target_field
        if isinstance(target, BigAutoField):
            return _BIG
        if isinstance(target, AutoField) and not isinstance(target, SmallAutoField):
            return _PLAIN
        return target

    def sql_type(self) -> TypeEngine[Any]:
        """The type of the column pointed to."""
        return self.column_field.sql_type()

    def to_driver(self, dialect: str) -> Converter | None:
        """As the field pointed to."""
        return self.column_field.to_driver(dialect)

    def from_driver(self, dialect: str) -> Converter | None:
        """As the field pointed to."""
        return self.column_field.from_driver(dialect)

    def takes_plain(self) -> type | None:
        """As the field pointed to, unless a subclass prepares values in its own way."""
        own = type(self).get_prep_value is ForeignKey.get_prep_value
        return self.target_field.takes_plain() if own else None

    def get_prep_value(self, value: Any) -> Any:
        """Return the key of an instance, or a key as the type of the field pointed to."""
        if hasattr(value, "_meta"):
            value = getattr(value, self.target_field.attname)
        return self.target_field.get_prep_value(value)

    def get_default(self) -> Any:
        """Return the default as a key."""
        default = super().get_default()
        return getattr(default, self.target_field.attname) if hasattr(default, "_meta") else default

    def to_python(self, value: Any) -> Any:
        """Return ``value`` as the type of the field pointed to."""
        return self.target_field.to_python(value)

    def validate(self, value: Any, instance: Any) -> None:
        """Check that the row exists."""
        if self.parent_link:
            return
        super().validate(value, instance)
        if value is None:
            return
        target = self.related_model._base_manager.filter(**{self.target_field.name: value})
        if self.limit_choices_to:
            limits = self.limit_choices_to() if callable(self.limit_choices_to) else self.limit_choices_to
            target = target.complex_filter(limits)
        if not target.exists():
            raise self.invalid(
                "invalid",
                model=str(self.related_model._meta.verbose_name),
                field=self.target_field.name,
                value=value,
            )

    def get_choices(self, include_blank: bool = True, blank_choice: Any = (BLANK_CHOICE,)) -> Any:
        """Return key and text of every row pointed to, with a blank one first."""
        rows = self.related_model._default_manager.all()
        if self.limit_choices_to:
            limits = self.limit_choices_to() if callable(self.limit_choices_to) else self.limit_choices_to
            rows = rows.complex_filter(limits)
        pairs = [(getattr(row, self.target_field.attname), str(row)) for row in rows]
        return [*blank_choice, *pairs] if include_blank else pairs


class OneToOneField(ForeignKey[T], Generic[T]):
    """A foreign key that no two rows share; the way back gives the one row."""

    many_to_one: ClassVar[bool] = False
    one_to_one: ClassVar[bool] = True

    @overload
    def __init__(
        self: "OneToOneField[M]",
        to: type[M],
        on_delete: Rule,
        *,
        null: Literal[False] = False,
        **options: Unpack[RelationOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "OneToOneField[M | None]",
        to: type[M],
        on_delete: Rule,
        *,
        null: Literal[True],
        **options: Unpack[RelationOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "OneToOneField[Any]", to: str, on_delete: Rule, *, null: bool = False, **options: Unpack[RelationOptions]
    ) -> None: ...
    def __init__(self, to: Any, on_delete: Rule, *, null: bool = False, **options: Unpack[RelationOptions]) -> None:
        options["unique"] = True
        self._begin(to, on_delete, null, options)

    def _connect(self, target: "type[Model]", reverse: Reverse) -> None:
        setattr(target, cast("str", reverse.accessor), ReverseOne(reverse))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Leave out what goes without saying."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("unique", None)
        return name, path, args, kwargs


_PLAIN: IntegerField[int] = IntegerField()
_BIG: BigIntegerField[int] = BigIntegerField()

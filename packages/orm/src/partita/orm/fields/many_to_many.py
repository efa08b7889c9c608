"""Fields that relate many rows to many, by a table between the two."""

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypedDict, TypeVar, Unpack, cast, overload

from partita.orm.errors import ModelError
from partita.orm.fields.base import Text
from partita.orm.fields.related import ForeignKey, RelatedField
from partita.orm.paths import Step
from partita.orm.relations import ManyAccessor, Reverse

if TYPE_CHECKING:
    from partita.orm.managers_many import ManyManager
    from partita.orm.models import Model

__all__ = ("ManyToManyField",)

M = TypeVar("M", bound="Model")
T = TypeVar("T")


class ManyOptions(TypedDict, total=False):
    """Options of many-to-many relations."""

    related_name: str | None
    related_query_name: str | None
    limit_choices_to: Any
    through: Any
    through_fields: tuple[str, str] | None
    symmetrical: bool | None
    db_table: str | None
    db_constraint: bool
    blank: bool
    editable: bool
    help_text: Text
    verbose_name: Text | None


class ManyToManyField(RelatedField[T], Generic[T]):
    """Many rows of another model, kept in a table between the two.

    Args:
        to: The model, its name, ``"app.Model"``, or ``"self"``.
        through: The model between, if it is not to be made.
        through_fields: Its foreign keys to this and to the other model, where it has several.
        symmetrical: For ``"self"``: whether a relation holds both ways; True unless ``through`` is given.
        db_constraint: Whether the database holds the keys of the table between to lead to rows.
    """

    many_to_many: ClassVar[bool] = True
    concrete: ClassVar[bool] = False
    _steps: tuple[Step, ...] | None = None
    through: Any = None
    _names: tuple[str, str] | None = None

    @overload
    def __init__(self: "ManyToManyField[M]", to: type[M], **options: Unpack[ManyOptions]) -> None: ...
    @overload
    def __init__(self: "ManyToManyField[Any]", to: str, **options: Unpack[ManyOptions]) -> None: ...
    def __init__(self, to: Any, **options: Unpack[ManyOptions]) -> None:
        given: dict[str, Any] = dict(options)
        self._through = given.pop("through", None)
        self.through_fields = given.pop("through_fields", None)
        if self.through_fields is not None and self._through is None:
            raise ValueError("Cannot specify through_fields without a through model.")
        if given.get("db_table") is not None and self._through is not None:
            raise ValueError("Cannot specify a db_table if an intermediary model is used.")
        self.db_constraint = given.pop("db_constraint", True)
        if not self.db_constraint and self._through is not None:
            raise ValueError(
                "Cannot supply a through model and db_constraint=False; set it on the model's foreign keys."
            )
        symmetrical = given.pop("symmetrical", None)
        self.db_table = given.pop("db_table", None)
        aim = {key: given.pop(key, None) for key in ("related_name", "related_query_name", "limit_choices_to")}
        super().__init__(**given)
        self._aim(to, **aim)
        self._given_symmetrical = symmetrical
        self.symmetrical = (to == "self") if symmetrical is None else symmetrical

    @overload  # type: ignore[override]  # read, it is a manager
    def __get__(self, instance: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self: "ManyToManyField[M]", instance: "Model", owner: object = None) -> "ManyManager[M]": ...
    @overload
    def __get__(self, instance: object, owner: object = None) -> Self: ...
    def __get__(self, instance: Any, owner: object = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # read, it is a manager
        return super().__get__(instance, owner)

    def get_attname(self) -> str:
        """Return the name; there is no column."""
        return self.name

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the field ``name`` of ``model``, with a table between unless one is given."""
        if self.symmetrical and self.to == "self" and self._related_name is None:
            self._related_name = f"{name}_rel_+"
        super().contribute_to_class(model, name)
        setattr(model, name, ManyAccessor(self, forward=True))
        if model._meta.abstract:
            return
        if self._through is None:
            self.through = _between(self)
        elif isinstance(self._through, str):
            label = self._through if "." in self._through else f"{model._meta.app_label}.{self._through}"
            model._meta.registry.when_registered(label, self._pass_through)
        else:
            self._pass_through(self._through)

    def _pass_through(self, model: Any) -> None:
        self.through = model

    @property
    def source_name(self) -> str:
        """The foreign key of the table between to this side.

        Raises:
            ModelError: If there is no such table, or no such key in it.
        """
        return self._name_ends()[0]

    @property
    def target_name(self) -> str:
        """The foreign key of the table between to the other side."""
        return self._name_ends()[1]

    def _name_ends(self) -> tuple[str, str]:
        if self._names is None:
            self._names = self._find_ends()
        return self._names

    def _find_ends(self) -> tuple[str, str]:
        if self.through is None:
            raise ModelError(f"{self!r} goes through {self._through!r}, which does not exist. Is its module imported?")
        if self.through_fields:
            if len(self.through_fields) < 2 or not all(self.through_fields[:2]):
                raise ModelError(f"{self!r}: through_fields must name two foreign keys, not {self.through_fields!r}.")
            return self.through_fields[0], self.through_fields[1]
        meta = self.through._meta
        ends = [f for f in (*meta.fields, *meta.private_fields) if f.is_foreign_key]
        own, others = self.model._meta.label, self.target_label
        sources = [field.name for field in ends if field.target_label == own]
        targets = [field.name for field in ends if field.target_label.lower() == others.lower()]
        if own == others and len(sources) >= 2:
            return sources[0], sources[1]
        if sources and targets:
            return sources[0], targets[0]
        raise ModelError(f"{self.through._meta.label} needs foreign keys to {own} and to {others}.")

    def _connect(self, target: "type[Model]", reverse: Reverse) -> None:
        setattr(target, cast("str", reverse.accessor), ManyAccessor(self, forward=False))

    @property
    def origin(self) -> "type[Model]":
        """The model in whose table the joins begin."""
        return cast("type[Model]", self.through._meta.get_field(self.source_name).target_field.model)

    def steps(self) -> tuple[Step, ...]:
        """Return the joins over the table between to the other model."""
        if self._steps is None:
            with self.model._meta.registry.building:
                if self._steps is None:
                    self._steps = self._new_steps()
        return self._steps

    def _new_steps(self) -> tuple[Step, ...]:
        source, target = (
            self.through._meta.get_field(self.source_name),
            self.through._meta.get_field(self.target_name),
        )
        return (source.step_back(self.through, multiple=True), *target.steps())

    def target_of_last_step(self) -> Any:
        """Return the field over there that the last join goes by."""
        return self.through._meta.get_field(self.target_name).target_field

    def trimmed(self, found: Any) -> Any:
        """Return the column of the table between that repeats ``found``, if there is one."""
        target = self.through._meta.get_field(self.target_name)
        return target.trimmed(found)

    def value_from_object(self, instance: Any) -> Any:
        """Return the related rows, or none for a row that is not saved yet."""
        return [] if not instance._is_pk_set() else list(getattr(instance, self.name).all())

    def get_choices(self, include_blank: bool = True, blank_choice: Any = ()) -> Any:
        """Return key and text of every row that may be chosen."""
        return [(row.pk, str(row)) for row in self.related_model._default_manager.all()]

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the table between."""
        name, path, args, kwargs = super().deconstruct()
        if str(kwargs.get("related_name", "")).endswith("_rel_+"):
            del kwargs["related_name"]
        if self._through is not None:
            kwargs["through"] = self._through if isinstance(self._through, str) else self._through._meta.label
        for option in ("through_fields", "db_table"):
            if getattr(self, option) is not None:
                kwargs[option] = getattr(self, option)
        if not self.db_constraint:
            kwargs["db_constraint"] = False
        if self._given_symmetrical is not None:
            kwargs["symmetrical"] = self._given_symmetrical
        return name, path, args, kwargs


def _between(field: ManyToManyField[Any]) -> Any:
    """Make the model of the table between two others."""
    from partita.orm.deletion_rules import CASCADE
    from partita.orm.models import Model, ModelBase

    model = field.model
    meta = model._meta
    other = field.target_label.rpartition(".")[2].lower()
    own = meta.model_name
    source, target = (f"from_{own}", f"to_{own}") if other == own else (own, other)
    table = field.db_table or f"{meta.db_table}_{field.name}"
    given: Any = field.to
    # By label, so that it follows models that stand for others; but another registry's labels are not known in this one.
    elsewhere = not isinstance(given, str) and given._meta.registry is not meta.registry
    options = type(
        "Meta",
        (),
        {
            "app_label": meta.app_label,
            "db_table": table,
            "registry": meta.registry,
            "auto_created": model,
            "unique_together": ((source, target),),
            "verbose_name": f"{own}-{other} relationship",
        },
    )
    to: Any = given if elsewhere else field.target_label
    back, held = f"{model.__name__}_{field.name}+", field.db_constraint
    attributes = {
        "Meta": options,
        "__module__": model.__module__,
        "__qualname__": f"{model.__qualname__}_{field.name}",
        source: ForeignKey(model, CASCADE, related_name=back, db_constraint=held),
        target: ForeignKey(to, CASCADE, related_name=back, db_constraint=held),
    }
    through: Any = ModelBase(f"{model.__name__}_{field.name}", (Model,), attributes)
    field._names = source, target
    return through

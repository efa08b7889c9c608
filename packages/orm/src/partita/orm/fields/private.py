"""What a model has beside its columns, such as a generic relation: the base class for members of packages above this one."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from partita.contracts.checks import Finding
    from partita.orm.models import Model
    from partita.orm.paths import Step

__all__ = ("PrivateField",)


class PrivateField:
    """A named member of a model without a column of its own.

    The model lists it in ``_meta.private_fields``; models that inherit, from abstract classes and from tables alike, get
    copies. Subclasses are descriptors, and keep what they have loaded for an instance in ``instance.__dict__[name]``.
    The methods here are called at the moments that their names tell; they do nothing unless a subclass says so.
    """

    name: str
    model: "type[Model]"
    related_model: Any = None
    remote_field: Any = None
    is_relation: ClassVar[bool] = True
    is_foreign_key: ClassVar[bool] = False
    part_of: ClassVar[None] = None
    is_tuple: ClassVar[bool] = False
    concrete: ClassVar[bool] = False
    hidden: ClassVar[bool] = False
    editable: ClassVar[bool] = False
    auto_created: ClassVar[bool] = False
    primary_key: ClassVar[bool] = False
    unique: ClassVar[bool] = False
    generated: ClassVar[bool] = False
    parent_link: ClassVar[bool] = False
    many_to_one: ClassVar[bool] = False
    one_to_one: ClassVar[bool] = False
    one_to_many: ClassVar[bool] = False
    many_to_many: ClassVar[bool] = False
    column: ClassVar[None] = None

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the member ``name`` of ``model``."""
        self.model, self.name = model, name
        model._meta.add_private(self)
        setattr(model, name, self)

    def copy_for(self, *, from_table: bool = False) -> Self:
        """Return a copy for a class that inherits this.

        Args:
            from_table: Whether it inherits from a model with a table of its own, not from an abstract one.
        """
        return copy.copy(self)

    @property
    def attname(self) -> str:
        """The attribute on instances."""
        return self.name

    def __repr__(self) -> str:
        model = getattr(self, "model", None)
        where = f"{model._meta.label}.{self.name}" if model is not None else "unbound"
        return f"<{type(self).__name__}: {where}>"

    def check(self, **options: Any) -> "list[Finding]":
        """Return what is wrong with the declaration: nothing that is known here."""
        return []

    # -- queries ----------------------------------------------------------------------------------------------------

    @property
    def origin(self) -> "type[Model]":
        """The model in whose table the joins begin."""
        return self.model

    def steps(self) -> "tuple[Step, ...]":
        """Return the joins to the other model, made once.

        Raises:
            FieldError: If queries cannot follow this.
        """
        from partita.orm.errors import FieldError

        raise FieldError(f"Queries cannot follow {self.model._meta.label}.{self.name}.")

    def steps_from(self, model: "type[Model]") -> "tuple[Step, ...]":
        """Return the joins that begin at ``model``, which is this one or a proxy of it."""
        return self.steps()

    def target_of_last_step(self) -> Any:
        """Return the field over there that the last join goes by; None for the primary key."""
        return None

    def trimmed(self, found: Any) -> Any:
        """Return the column that repeats ``found`` one join earlier, if there is one."""
        return None

    def assignments(self, value: Any) -> dict[str, Any]:
        """Return what the columns are set to, by attribute, where an update sets this to ``value``.

        Raises:
            FieldError: If updates cannot set this.
        """
        from partita.orm.errors import FieldError

        raise FieldError(f"Updates cannot set {self.model._meta.label}.{self.name}; set the columns behind it.")

    def lookups_for(self, related: Any) -> dict[str, Any]:
        """Return the look-ups that find the rows which point to ``related``."""
        return {self.name: related}

    def lookups_beside(self, instance: Any) -> dict[str, Any]:
        """Return the look-ups that find the rows which share what ``instance`` points to; for ``order_with_respect_to``."""
        return {self.name: getattr(instance, self.name)}

    def columns_as_one(self) -> Any:
        """Return the field that stands for several columns under the name ``attname`` in queries; None if nothing does."""
        return None

    def validate_row(self, instance: Any) -> None:
        """Check the values that ``instance`` has for this, as `Model.clean_fields` does.

        Raises:
            ValidationError: If they will not do.
        """

    # -- the table ----------------------------------------------------------------------------------------------------

    def add_to_table(self, table: Any) -> None:
        """Put into SQLAlchemy's table what keeps this true: foreign keys, indexes."""

    # -- the life of a row --------------------------------------------------------------------------------------------

    def prepare_save(self, instance: Any) -> None:
        """Take what has to be known before ``instance`` is saved, such as the key of a row that was saved meanwhile."""

    def forget(self, instance: Any) -> None:
        """Drop what was loaded for ``instance``, because it is loaded again."""
        instance.__dict__.pop(self.name, None)

    def dependents(self, instances: Sequence[Any], database: Any) -> Any:
        """Return the rows that are deleted with ``instances`` as a query; None if there are never any."""
        return None

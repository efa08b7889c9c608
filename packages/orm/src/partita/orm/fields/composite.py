"""Keys made of several columns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from partita.orm.errors import ModelError
from partita.orm.fields.base import DATABASE_DEFAULT, Field

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("CompositePrimaryKey", "TupleField", "key_state")


class TupleField(Field[tuple[Any, ...]]):
    """Several columns as one value: what look-ups over keys and relations of several columns compare."""

    concrete: ClassVar[bool] = False
    is_tuple: ClassVar[bool] = True
    empty_strings_allowed: ClassVar[bool] = False
    column: Any = None

    @property
    def fields(self) -> tuple[Field[Any], ...]:
        """The fields that have the columns, in order."""
        raise ModelError(f"{type(self).__name__} does not say what its columns are.")

    @property
    def counted(self) -> Field[Any]:
        """The field that is NULL where any of them is, as far as one can be: what is counted for all."""
        return next((field for field in self.fields if field.null), self.fields[0])

    def get_prep_value(self, value: Any) -> Any:
        """Return the parts as each column takes them."""
        return tuple(
            field.get_prep_value(part) for field, part in zip(self.fields, self.checked(value, "exact"), strict=True)
        )

    def to_python(self, value: Any) -> Any:
        """Return the parts as Python's types."""
        if value is None:
            return None
        return tuple(field.to_python(part) for field, part in zip(self.fields, value, strict=True))

    def checked(self, value: Any, lookup: str) -> Sequence[Any]:
        """Return ``value`` if it has a part for each column.

        Args:
            value: What stands right of a comparison.
            lookup: The comparison, for the error.

        Raises:
            ValueError: If it has not.
        """
        if not isinstance(value, list | tuple):
            raise ValueError(f"{lookup!r} lookup of {self.name!r} must be a tuple or a list")
        if len(value) != len(self.fields):
            raise ValueError(f"{lookup!r} lookup of {self.name!r} must have {len(self.fields)} elements")
        return value

    def get_lookup(self, name: str) -> Any:
        """Return the class of the look-up ``name``, or None."""
        from partita.orm.lookups.tuples import TUPLE_LOOKUPS

        return self.registered_lookup(name) or TUPLE_LOOKUPS.get(name)

    def get_transform(self, name: str) -> Any:
        """Return the transform ``name`` if one was registered."""
        return self.registered_transform(name)


class KeyPartsError(ModelError, ValueError):
    """The arguments of a `CompositePrimaryKey` make no key."""


class CompositePrimaryKey(TupleField):
    """The key of rows that are told apart by several columns together: ``pk = CompositePrimaryKey("tenant_id", "id")``.

    Read, it is a tuple; look-ups, orders and ``values_list("pk")`` take it as one. A `ForeignKey` to such a row has as many
    columns as the key.

    Args:
        field_names: Two or more fields of the model, by name or attribute; their columns must not be NULL.
    """

    def __init__(self, *field_names: str, **options: Any) -> None:
        for name, told in (("default", "default"), ("db_default", "database default")):
            if name in options:
                raise KeyPartsError(f"CompositePrimaryKey cannot have a {told}.")
        if options.get("db_column") is not None:
            raise KeyPartsError("CompositePrimaryKey cannot have a db_column.")
        if unknown := options.keys() - {"editable", "primary_key", "blank", "db_column"}:
            raise KeyPartsError(f"CompositePrimaryKey takes names of fields, and no option {sorted(unknown)[0]!r}.")
        if options.get("editable", False):
            raise KeyPartsError("CompositePrimaryKey cannot be editable.")
        if not options.get("primary_key", True):
            raise KeyPartsError("CompositePrimaryKey must be a primary key.")
        if not options.get("blank", True):
            raise KeyPartsError("CompositePrimaryKey must be blank.")
        if not all(isinstance(name, str) for name in field_names) or len(set(field_names)) != len(field_names):
            raise KeyPartsError("CompositePrimaryKey args must be unique strings.")
        if len(field_names) < 2:
            raise KeyPartsError("CompositePrimaryKey must include at least two fields.")
        self.field_names: tuple[str, ...] = field_names
        super().__init__(None, editable=False, primary_key=True, blank=True)
        self._parts: tuple[Field[Any], ...] | None = None

    # -- joining a model --------------------------------------------------------------------------------------------

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the key of ``model``.

        Raises:
            ModelError: If the attribute is not called ``pk``, or the model has another key.
        """
        self.name = self.attname = name
        self.model = model
        model._meta.take_key(self)
        setattr(model, name, self)

    def copy_for(self) -> Self:
        """Return a copy for a class that inherits this from an abstract one."""
        copy = super().copy_for()
        copy._parts = None
        return copy

    @property
    def fields(self) -> tuple[Field[Any], ...]:
        """The fields that make the key, in order.

        Raises:
            ModelError: If one of them cannot be part of a key.
        """
        if self._parts is None:
            self._parts = tuple(self._part(name) for name in self.field_names)
            if len(set(self._parts)) != len(self._parts):
                raise ModelError(f"{self.model.__name__}.pk names one column twice: {', '.join(self.field_names)}.")
        return self._parts

    def _part(self, name: str) -> Field[Any]:
        found: Any = self.model._meta.find(name)[0] if name != "pk" else None
        where = f"{self.model.__name__}.pk: {name!r}"
        if found is None or not found.concrete or found not in self.model._meta.local_fields:
            raise ModelError(f"{where} is no field of this model with a column of its own.")
        if found.null:
            raise ModelError(f"{where} cannot be part of a key, because it may be NULL. Take away null=True.")
        if found.generated:
            raise ModelError(f"{where} cannot be part of a key, because the database computes it.")
        if found.primary_key:
            raise ModelError(f"{where} cannot be part of a key and a key itself. Take away primary_key=True.")
        return found  # type: ignore[no-any-return]  # a field with a column

    def value_of(self, instance: Any) -> Any:
        """Return the key of ``instance``; None if a part of it is None."""
        return key_state(self.__get__(instance))

    @property
    def attnames(self) -> tuple[str, ...]:
        """The attributes that hold the parts."""
        return tuple(field.attname for field in self.fields)

    # -- the attribute ----------------------------------------------------------------------------------------------

    def __get__(self, instance: Any, owner: object = None) -> Any:
        if instance is None:
            return self
        return tuple([getattr(instance, attname) for attname in self.attnames])

    def __set__(self, instance: Any, value: Any) -> None:
        attnames = self.attnames
        if value is None:
            value = (None,) * len(attnames)
        elif not isinstance(value, list | tuple):
            raise ValueError(f"{self.name!r} must be a list or a tuple.")
        if len(value) != len(attnames):
            raise ValueError(f"{self.name!r} must have {len(attnames)} elements.")
        for attname, part in zip(attnames, value, strict=True):
            setattr(instance, attname, part)

    # -- values -----------------------------------------------------------------------------------------------------

    def has_default(self) -> bool:
        """Return whether any part has a default, so that a new row may have a key that nobody gave."""
        return any(field.has_default() for field in self.fields)

    def has_db_default(self) -> bool:
        """Return that the database gives parts, and never the whole."""
        return False

    def value_to_string(self, instance: Any) -> str:
        """Return the parts as JSON."""
        import json

        return json.dumps([field.value_to_string(instance) for field in self.fields])

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return the names of the fields."""
        return "pk", "partita.orm.CompositePrimaryKey", list(self.field_names), {}


def key_state(key: Any) -> Any:
    """Return a key; DATABASE_DEFAULT if the database is to give a part of it, None if a part is missing."""
    if type(key) is not tuple:
        return key
    if any(part is DATABASE_DEFAULT for part in key):
        return DATABASE_DEFAULT
    return None if any(part is None for part in key) else key

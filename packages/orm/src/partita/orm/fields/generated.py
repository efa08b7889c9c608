"""Columns that the database computes out of others."""

from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy.types import TypeEngine

from partita.orm.errors import ModelError
from partita.orm.fields.base import Converter, Field

__all__ = ("GeneratedField",)

T = TypeVar("T")


class GeneratedField(Field[T], Generic[T]):
    """A column that the database computes from other columns of its row; it is read, never written.

    Args:
        expression: What it computes, out of fields of the same model.
        output_field: What the result is; gives the column its type.
        db_persist: Whether the result is stored (``STORED``) or computed at each read (``VIRTUAL``, not in PostgreSQL 17
            and older).
    """

    generated: ClassVar[bool] = True
    empty_strings_allowed: ClassVar[bool] = False

    def __init__(
        self, *, expression: Any, output_field: Field[T], db_persist: bool | None = None, **options: Any
    ) -> None:
        if db_persist not in (True, False):
            raise ValueError("GeneratedField.db_persist must be True or False.")
        for name in ("default", "db_default"):
            if name in options:
                raise ValueError(
                    f"GeneratedField cannot have a {name.replace('_', ' ')}: the database computes its value."
                )
        if options.pop("editable", False):
            raise ValueError("GeneratedField cannot be editable.")
        if not options.pop("blank", True):
            raise ValueError("GeneratedField must be blank.")
        if options.get("primary_key"):
            raise ModelError("GeneratedField cannot be the primary key: a new row's key must be known.")
        super().__init__(editable=False, blank=True, null=options.pop("null", True), **options)
        self.expression, self.output_field, self.db_persist = expression, output_field, db_persist
        self.is_text = output_field.is_text  # type: ignore[misc]  # of this column, not of all computed ones

    def contribute_to_class(self, model: Any, name: str) -> None:
        """Become the field ``name`` of ``model``."""
        super().contribute_to_class(model, name)
        self.output_field.name = self.output_field.attname = self.name
        self.output_field.column, self.output_field.model = self.column, model

    def get_lookup(self, name: str) -> Any:
        """As the output field, for what is not registered for computed columns themselves."""
        own = super().get_lookup(name) if self._registered(name) is not None else None
        return self.output_field.get_lookup(name) if own is None else own

    def get_transform(self, name: str) -> Any:
        """As the output field, for what is not registered for computed columns themselves."""
        own = self.registered_transform(name)
        return self.output_field.get_transform(name) if own is None else own

    def sql_type(self) -> TypeEngine[Any]:
        """As the output field."""
        return self.output_field.sql_type()

    def to_driver(self, dialect: str) -> Converter | None:
        """As the output field."""
        return self.output_field.to_driver(dialect)

    def from_driver(self, dialect: str) -> Converter | None:
        """As the output field."""
        return self.output_field.from_driver(dialect)

    def to_python(self, value: Any) -> Any:
        """As the output field."""
        return self.output_field.to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        """As the output field."""
        return self.output_field.get_prep_value(value)

    def get_internal_type(self) -> str:
        """As the output field."""
        return self.output_field.get_internal_type()

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the expression."""
        name, path, args, kwargs = super().deconstruct()
        for option in ("editable", "blank", "null"):
            kwargs.pop(option, None)
        if not self.null:
            kwargs["null"] = False
        kwargs.update(expression=self.expression, output_field=self.output_field, db_persist=self.db_persist)
        return name, path, args, kwargs

"""What a model knows about itself: ``Model._meta``."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Table

from partita.orm.errors import FieldDoesNotExist, ModelError
from partita.orm.registry import Registry, registry

if TYPE_CHECKING:
    from partita.orm.fields.base import Field
    from partita.orm.models import Model

__all__ = ("Options",)

_DEFAULTS: dict[str, Any] = {
    "abstract": False,
    "app_label": None,
    "auto_created": None,
    "base_manager_name": None,
    "constraints": (),
    "db_table": None,
    "db_table_comment": "",
    "default_manager_name": None,
    "default_permissions": ("add", "change", "delete", "view"),
    "default_related_name": None,
    "get_latest_by": None,
    "indexes": (),
    "managed": True,
    "ordering": (),
    "permissions": (),
    "proxy": False,
    "registry": registry,
    "unique_together": (),
    "verbose_name": None,
    "verbose_name_plural": None,
}


class Beginning(NamedTuple):
    """What a new instance begins with: attributes whose value is known, those to be made, names of relations."""

    fixed: dict[str, Any]
    made: "tuple[tuple[str, Callable[[], Any]], ...]"
    relations: frozenset[str]


class Options:
    """The answers to ``class Meta`` and the model's fields.

    Attributes:
        fields: Fields with a column, in order.
        many_to_many: Fields without one.
        related_objects: Relations of other models that point here.
        pk: The primary key.
        label: ``shop.Album``.
    """

    abstract: bool
    auto_created: Any
    base_manager_name: str | None
    constraints: Sequence[Any]
    db_table: str
    db_table_comment: str
    default_manager_name: str | None
    default_permissions: Sequence[str]
    default_related_name: str | None
    get_latest_by: Any
    indexes: Sequence[Any]
    managed: bool
    ordering: Sequence[Any]
    permissions: Sequence[tuple[str, str]]
    proxy: bool
    registry: Registry
    unique_together: tuple[tuple[str, ...], ...]
    verbose_name: Any
    verbose_name_plural: Any
    app_label: str
    pk: "Field[Any]"

    def __init__(self, model: "type[Model]", meta: Any, inherited: "Options | None") -> None:
        self.model = model
        self.concrete_model: type[Model] = model
        self.object_name = model.__name__
        self.model_name = model.__name__.lower()
        given = {name: value for name, value in vars(meta).items() if not name.startswith("__")} if meta else {}
        unknown = given.keys() - _DEFAULTS.keys()
        if unknown:
            raise ModelError(f"{model.__name__}.Meta has an unknown option {sorted(unknown)[0]!r}.")
        for name, value in _DEFAULTS.items():
            setattr(self, name, given.get(name, value))
        if inherited is not None:
            for name in (
                "registry",
                "app_label",
                "ordering",
                "get_latest_by",
                "indexes",
                "constraints",
                "default_related_name",
            ):
                if name not in given:
                    setattr(self, name, getattr(inherited, name))
        if not getattr(self, "app_label", None):
            parts = model.__module__.split(".")
            self.app_label = parts[-2] if len(parts) > 1 else parts[-1]
        self.db_table = self.db_table or f"{self.app_label}_{self.model_name}"
        if self.verbose_name is None:
            self.verbose_name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", model.__name__).lower()
        if self.verbose_name_plural is None:
            self.verbose_name_plural = f"{self.verbose_name}s"
        together: Any = self.unique_together
        if together and isinstance(together[0], str):
            together = (together,)
        self.unique_together = tuple(tuple(group) for group in together)
        self.fields: list[Field[Any]] = []
        self.many_to_many: list[Any] = []
        self._reverse: list[Any] = []
        self._by_name: dict[str, tuple[Any, bool]] = {}
        self.resolved: dict[str, Any] = {}
        self.lookups: dict[str, Any] = {}
        self._table: Table | None = None
        self._aliases: dict[str, Any] = {}
        self._loaders: dict[Any, Any] = {}
        self.beginning: Beginning | None = None
        self._foreign_keys: tuple[Any, ...] | None = None

    def __repr__(self) -> str:
        return f"<Options for {self.object_name}>"

    @property
    def label(self) -> str:
        """App label and class name, such as ``shop.Album``."""
        return f"{self.app_label}.{self.object_name}"

    @property
    def label_lower(self) -> str:
        """The label in lower case."""
        return f"{self.app_label}.{self.model_name}"

    @property
    def concrete_fields(self) -> "list[Field[Any]]":
        """The fields with a column."""
        return self.fields

    @property
    def related_objects(self) -> list[Any]:
        """Relations of other models that point here, without hidden ones."""
        return [reverse for reverse in self._reverse if not reverse.hidden]

    @property
    def all_related_objects(self) -> list[Any]:
        """Relations of other models that point here."""
        return list(self._reverse)

    @property
    def table(self) -> Table:
        """SQLAlchemy's table."""
        table = self._table
        return self._built_table() if table is None else table

    def alias(self, name: str) -> Any:
        """Return the table under another name. Making one takes long, so those made are kept; compilers use few names."""
        if self.concrete_model is not self.model:
            return self.concrete_model._meta.alias(name)
        known = self._aliases.get(name)
        if known is None:
            known = self._aliases.setdefault(name, self.table.alias(name))
        return known

    def _built_table(self) -> Table:
        from partita.orm.schema import build_table

        if self.concrete_model is not self.model:
            self._table = self.concrete_model._meta.table
            return self._table
        with self.registry.building:
            if self._table is None:
                metadata = self.registry.metadata
                try:
                    self._table = build_table(self.model, metadata)
                except BaseException:  # half a table must not be in the way of the next try
                    if (half := metadata.tables.get(self.db_table)) is not None:
                        metadata.remove(half)
                    raise
            return self._table

    @property
    def foreign_keys(self) -> tuple[Any, ...]:
        """The fields that point to other rows."""
        known = self._foreign_keys
        if known is None:
            known = self._foreign_keys = tuple(field for field in self.fields if field.is_relation)
        return known

    def begin(self) -> "Beginning":
        """Return what the attributes of a new instance begin with, worked out once."""
        fixed: dict[str, Any] = {}
        made: list[tuple[str, Callable[[], Any]]] = []
        for field in self.fields:
            if callable(field.default) and field.has_default():
                made.append((field.attname, field.get_default))
                fixed[field.attname] = None
            else:
                fixed[field.attname] = field.get_default()
        relations = frozenset(field.name for field in self.fields if field.is_relation)
        self.beginning = Beginning(fixed, tuple(made), relations)
        return self.beginning

    def add_field(self, field: Any) -> None:
        """Take in a field."""
        if field.name in self._by_name and not self.proxy:
            raise ModelError(f"{self.object_name} has two fields called {field.name!r}.")
        if field.name.endswith("_") or "__" in field.name or field.name == "pk":
            raise ModelError(
                f"{self.object_name}.{field.name}: a field's name must not end in _ nor contain __ nor be pk."
            )
        (self.fields if field.concrete else self.many_to_many).append(field)
        self._by_name[field.name] = (field, False)
        if field.attname != field.name:
            self._by_name[field.attname] = (field, True)
        if field.primary_key:
            self.pk = field

    def add_reverse(self, reverse: Any) -> None:
        """Take in a relation that points here."""
        self._reverse.append(reverse)
        self.resolved.clear()
        self.lookups.clear()

    def find(self, name: str) -> tuple[Any, bool]:
        """Return the field or reverse relation that a query calls ``name``, and whether the name is a relation's column."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        if name == "pk":
            return self.pk, False
        for reverse in self._reverse:
            if reverse.name == name and not (reverse.hidden and reverse.related_model._meta.auto_created is None):
                return reverse, False
        return None, False

    def query_names(self) -> list[str]:
        """Return every name a query may begin with."""
        reverse = [reverse.name for reverse in self._reverse if not reverse.hidden]
        return [*self._by_name, *reverse, "pk"]

    def get_field(self, name: str) -> Any:
        """Return a field or reverse relation.

        Raises:
            FieldDoesNotExist: If there is none.
        """
        found, _ = self.find(name) if name != "pk" else (None, False)
        if found is None:
            raise FieldDoesNotExist(f"{self.object_name} has no field named {name!r}")
        return found

    def get_fields(self, include_hidden: bool = False) -> list[Any]:
        """Return reverse relations, then fields, then many-to-many fields."""
        return [*(self._reverse if include_hidden else self.related_objects), *self.fields, *self.many_to_many]

    def can_migrate(self) -> bool:
        """Return whether there is a table to make."""
        return self.managed and not self.proxy and not self.abstract

"""What a model knows about itself: ``Model._meta``."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from partita.contracts.i18n import untranslated
from partita.orm.errors import ModelError
from partita.orm.features import check_features, has_features
from partita.orm.members import Members
from partita.orm.registry import Registry, registry

if TYPE_CHECKING:
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
    "db_tablespace": "",
    "default_manager_name": None,
    "default_permissions": ("add", "change", "delete", "view"),
    "default_related_name": None,
    "get_latest_by": None,
    "indexes": (),
    "managed": True,
    "order_with_respect_to": None,
    "ordering": (),
    "permissions": (),
    "proxy": False,
    "registry": registry,
    "required_db_features": (),
    "required_db_vendor": None,
    "select_on_save": False,
    "swappable": None,
    "unique_together": (),
    "verbose_name": None,
    "verbose_name_plural": None,
    "view": None,
}
_FROM_CONCRETE_PARENT = ("ordering", "get_latest_by")


class Options(Members):
    """The answers to ``class Meta`` and the model's fields.

    Attributes:
        fields: Fields with a column, in order; those of concrete parents, whose columns are in the parents' tables, first.
        local_fields: Those among them whose columns are in this model's own table.
        many_to_many: Fields without a column; ``local_many_to_many`` are those declared here.
        private_fields: Members without a column that packages above add, such as generic relations.
        parents: Concrete models this one inherits from, each with the one-to-one field that leads there; None for the
            parent of a proxy, which shares the table.
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
    db_tablespace: str
    default_manager_name: str | None
    default_permissions: Sequence[str]
    default_related_name: str | None
    get_latest_by: Any
    indexes: Sequence[Any]
    managed: bool
    order_with_respect_to: Any
    ordering: Sequence[Any]
    permissions: Sequence[tuple[str, str]]
    proxy: bool
    registry: Registry
    required_db_features: Sequence[str]
    required_db_vendor: str | None
    select_on_save: bool
    swappable: str | None
    unique_together: tuple[tuple[str, ...], ...]
    verbose_name: Any
    verbose_name_plural: Any
    view: Any
    app_label: str

    def __init__(self, model: "type[Model]", meta: Any, inherited: "Options | None") -> None:
        super().__init__(model)
        self.model = model
        self.object_name = model.__name__
        self.model_name = model.__name__.lower()
        given = _given(meta)
        self.original_attrs = given
        unknown = given.keys() - _DEFAULTS.keys()
        if unknown:
            raise ModelError(
                f"{model.__name__}.Meta has an unknown option {sorted(unknown)[0]!r}. Known are {', '.join(_DEFAULTS)}."
            )
        for name, value in _DEFAULTS.items():
            setattr(self, name, given.get(name, value))
        if inherited is not None:
            self._inherit(inherited, given)
        if not getattr(self, "app_label", None):
            self.app_label = _app_label(model.__module__)
        self.db_table = self.db_table or f"{self.app_label}_{self.model_name}"
        if self.verbose_name is None:
            self.verbose_name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", model.__name__).lower()
        if self.verbose_name_plural is None:
            self.verbose_name_plural = f"{self.verbose_name}s"
        together: Any = self.unique_together  # forms that it must not have are told by checks
        together = together if isinstance(together, list | tuple | set | frozenset) else ()
        if together and all(isinstance(each, str) for each in together):
            together = (together,)
        self.unique_together = tuple(tuple(group) for group in together if isinstance(group, list | tuple))
        order: Any = self.ordering
        self.ordering = tuple(order) if isinstance(order, list | tuple) else (order,) if isinstance(order, str) else ()
        check_features(model.__name__, self.required_db_features)
        self.constraints = _named(self.constraints, self)
        self.indexes = _named(self.indexes, self)
        self._table: Table | None = None
        self._aliases: dict[str, Any] = {}

    def _inherit(self, inherited: "Options", given: dict[str, Any]) -> None:
        if "registry" not in given:
            self.registry = inherited.registry
        # A label derived from the parent's module says nothing about ours, unless it is the same module.
        told = inherited.abstract and "app_label" in inherited.original_attrs
        if "app_label" not in given and (told or inherited.model.__module__ == self.model.__module__):
            self.app_label = inherited.app_label
        if not inherited.abstract:
            for name in _FROM_CONCRETE_PARENT:
                if name not in given:
                    setattr(self, name, getattr(inherited, name))

    def __repr__(self) -> str:
        return f"<Options for {self.object_name}>"

    def __str__(self) -> str:
        return self.label_lower

    @property
    def label(self) -> str:
        """App label and class name, such as ``shop.Album``."""
        return f"{self.app_label}.{self.object_name}"

    @property
    def label_lower(self) -> str:
        """The label in lower case."""
        return f"{self.app_label}.{self.model_name}"

    @property
    def verbose_name_raw(self) -> str:
        """The verbose name, untranslated."""
        with untranslated():
            return str(self.verbose_name)

    # -- tables -----------------------------------------------------------------------------------------------------

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
    def is_view(self) -> bool:
        """Whether a query gives the rows, see `partita.orm.patterns.views`."""
        return self.view is not None or hasattr(self.model, "view_sql")

    def can_migrate(self, database: Any = None) -> bool:
        """Return whether there is a table to make, in ``database`` if one is given."""
        if self.proxy or self.abstract or not self.managed or self.swapped is not None or self.is_view:
            return False
        vendor = getattr(database, "vendor", None)
        if vendor is None:
            return True
        kind = getattr(database, "kind", None)
        able = has_features(vendor, self.required_db_features) if kind is None else kind.has(*self.required_db_features)
        return self.required_db_vendor in (None, vendor) and able

    @property
    def swapped(self) -> str | None:
        """The label of the model that stands for this one; None if this one stands for itself."""
        label = self.registry.swaps.get(self.swappable) if self.swappable else None
        return None if label is None or label.lower() == self.label_lower else label

    @property
    def proxy_for_model(self) -> Any:
        """The model, perhaps a proxy itself, that this proxy shows; None if this is no proxy."""
        if not self.proxy:
            return None
        return next(kind for kind in self.model.__mro__[1:] if hasattr(kind, "_meta") and not kind._meta.abstract)

    # -- managers ---------------------------------------------------------------------------------------------------

    @property
    def managers(self) -> tuple[Any, ...]:
        """The managers of the model, the default one first."""
        default = self.model._default_manager
        found = {default.name: default}
        for kind in self.model.__mro__:
            for name, value in vars(kind).items():
                if name == getattr(value, "name", None) and hasattr(value, "get_queryset") and not name.startswith("_"):
                    found.setdefault(name, getattr(self.model, name))
        return tuple(found.values())

    @property
    def managers_map(self) -> dict[str, Any]:
        """The managers by name."""
        return {manager.name: manager for manager in self.managers}

    @property
    def default_manager(self) -> Any:
        """The manager that relations and the admin begin with."""
        return self.model._default_manager

    @property
    def base_manager(self) -> Any:
        """The manager that single related rows, refreshes and deletions begin with."""
        return self.model._base_manager


def _app_label(module: str) -> str:
    """Return the name of the package that has the module, or that has ``models`` if the module is in that."""
    parts = module.split(".")
    if "models" in parts[1:]:
        return parts[len(parts) - 2 - parts[::-1].index("models")]
    return parts[-2] if len(parts) > 1 else parts[-1].strip("_") or parts[-1]  # __main__, in a script


def _given(meta: Any) -> dict[str, Any]:
    """Return what a Meta class says, also by way of the classes it extends; only ``abstract`` is never inherited."""
    if meta is None:
        return {}
    given: dict[str, Any] = {}
    for kind in reversed(meta.__mro__):
        if kind is not object:
            given.update({name: value for name, value in vars(kind).items() if not name.startswith("_")})
    if "abstract" not in vars(meta):
        given.pop("abstract", None)
    return given


def _named(parts: Sequence[Any], options: Options) -> tuple[Any, ...]:
    """Return indexes or constraints with the model in their names where these leave room for it."""
    names = {"app_label": options.app_label.lower(), "class": options.model_name}
    return tuple(
        part.named(part.name % names) if part.name and "%(" in part.name and not options.abstract else part
        for part in parts
    )

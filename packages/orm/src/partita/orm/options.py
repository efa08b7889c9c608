"""What a model knows about itself: ``Model._meta``."""

import re
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import Table

from partita.orm.errors import FieldDoesNotExist, ModelError
from partita.orm.features import check_features, has_features
from partita.orm.registry import Registry, registry

if TYPE_CHECKING:
    from partita.orm.fields.base import Field
    from partita.orm.models import Model
    from partita.orm.paths import Step

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


class Beginning(NamedTuple):
    """What a new instance begins with: attributes whose value is known, those to be made, names of relations."""

    fixed: dict[str, Any]
    made: "tuple[tuple[str, Callable[[], Any]], ...]"
    relations: frozenset[str]


class Options:
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
    pk: "Field[Any]"

    def __init__(self, model: "type[Model]", meta: Any, inherited: "Options | None") -> None:
        self.model = model
        self.concrete_model: type[Model] = model
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
        together: Any = self.unique_together
        if together and isinstance(together[0], str):
            together = (together,)
        self.unique_together = tuple(tuple(group) for group in together)
        self.ordering = (self.ordering,) if isinstance(self.ordering, str) else tuple(self.ordering or ())
        check_features(model.__name__, self.required_db_features)
        self.constraints = _named(self.constraints, self)
        self.indexes = _named(self.indexes, self)
        self.parents: dict[Any, Any] = {}
        self.children: list[Options] = []
        self.fields: list[Field[Any]] = []
        self.local_fields: list[Field[Any]] = []
        self.many_to_many: list[Any] = []
        self.local_many_to_many: list[Any] = []
        self.private_fields: list[Any] = []
        self._reverse: list[Any] = []
        self._by_name: dict[str, tuple[Any, bool]] = {}
        self._ways: dict[Any, tuple[Any, ...]] = {}
        self.resolved: dict[str, Any] = {}
        self.lookups: dict[str, Any] = {}
        self._table: Table | None = None
        self._aliases: dict[str, Any] = {}
        self._loaders: dict[Any, Any] = {}
        self.beginning: Beginning | None = None
        self._foreign_keys: tuple[Any, ...] | None = None
        self._all_reverse: tuple[Any, ...] | None = None
        self._database_fields: tuple[Any, ...] | None = None

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
        name = self.verbose_name
        return str(getattr(name, "message", name))

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
        return self.required_db_vendor in (None, vendor) and has_features(vendor, self.required_db_features)

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

    # -- parents ----------------------------------------------------------------------------------------------------

    @property
    def all_parents(self) -> tuple[Any, ...]:
        """The concrete models this one inherits from, near ones first, each once."""
        found: dict[Any, None] = dict.fromkeys(self.parents)
        for parent in list(found):
            found.update(dict.fromkeys(parent._meta.all_parents))
        return tuple(found)

    def get_parent_list(self) -> list[Any]:
        """Return `all_parents` as a list."""
        return list(self.all_parents)

    def get_ancestor_link(self, ancestor: Any) -> Any:
        """Return the field of this model that leads towards ``ancestor``; None if it is no ancestor or shares the table."""
        links = self.links_to(ancestor)
        return links[0] if links else None

    def get_base_chain(self, model: Any) -> list[Any]:
        """Return the parents from this model's own parent to ``model``; empty if ``model`` is no ancestor."""
        if model in self.parents:
            return [model]
        for parent in self.parents:
            if chain := parent._meta.get_base_chain(model):
                return [parent, *chain]
        return []

    def links_to(self, ancestor: Any) -> tuple[Any, ...]:
        """Return the one-to-one fields that lead from this model's table to that of ``ancestor``, one a table."""
        concrete = ancestor._meta.concrete_model
        own = self.concrete_model._meta
        if concrete is own.model:
            return ()
        for parent, link in own.parents.items():
            if parent is concrete:
                return (link,)
            if further := parent._meta.links_to(concrete):
                return (link, *further)
        return ()

    def way_to(self, ancestor: Any) -> "tuple[Step, ...]":
        """Return the joins from this model's table to that of ``ancestor``; none if it is the same."""
        known = self._ways.get(ancestor)
        if known is None:
            known = tuple([step for link in self.links_to(ancestor) for step in link.steps()])
            self._ways[ancestor] = known
        return known

    def steps_of(self, relation: Any) -> "tuple[Step, ...]":
        """Return the joins from this model over a relation that it has itself or inherits."""
        own = relation.steps_from(self.model) if relation in self.private_fields else relation.steps()
        return (*self.way_to(relation.origin), *own)

    def take_over(self, concrete: Any) -> None:
        """Share everything about fields with the model of which this is a proxy."""
        theirs = concrete._meta
        self.concrete_model = theirs.model
        self.db_table = theirs.db_table
        self.parents[theirs.model] = None
        theirs.children.append(self)
        for name in ("fields", "many_to_many", "private_fields", "_reverse", "_by_name", "pk"):
            setattr(self, name, getattr(theirs, name))

    def add_parent(self, concrete: Any, link: Any) -> None:
        """Take in the fields of a parent that has a table of its own."""
        self.parents[concrete] = link
        concrete._meta.children.append(self)
        self._merge()

    def _merge(self) -> None:
        """Bring fields of parents and own ones together, in place: proxies share the lists."""
        parents = [parent._meta for parent, link in self.parents.items() if link is not None]
        self.fields[:] = _once(
            field for source in (*[meta.fields for meta in parents], self.local_fields) for field in source
        )
        self.many_to_many[:] = _once(
            field for source in (*[meta.many_to_many for meta in parents], self.local_many_to_many) for field in source
        )
        self._by_name.clear()
        for field in (*self.fields, *self.many_to_many, *self.private_fields):
            self._by_name[field.name] = (field, False)
        for field in self.fields:
            if field.attname != field.name:
                self._by_name.setdefault(field.attname, (field, True))
        self.forget()

    def forget(self) -> None:
        """Drop what was worked out from fields and relations, here and in models that inherit them."""
        self.resolved.clear()
        self.lookups.clear()
        self._ways.clear()
        self._loaders.clear()
        self.beginning = self._foreign_keys = self._all_reverse = self._database_fields = None
        for child in self.children:
            child.forget()

    # -- fields -----------------------------------------------------------------------------------------------------

    @property
    def concrete_fields(self) -> "list[Field[Any]]":
        """The fields with a column."""
        return self.fields

    @property
    def local_concrete_fields(self) -> "list[Field[Any]]":
        """The fields with a column in this model's own table."""
        return self.local_fields

    @property
    def auto_field(self) -> Any:
        """The field of this model's own table that counts up; None if there is none."""
        return next((field for field in self.local_fields if field.is_auto), None)

    @property
    def foreign_keys(self) -> tuple[Any, ...]:
        """The fields that point to other rows."""
        known = self._foreign_keys
        if known is None:
            known = self._foreign_keys = tuple(field for field in self.fields if field.is_relation)
        return known

    @property
    def database_fields(self) -> tuple[Any, ...]:
        """The fields of this model's own table whose value the database may give: defaults of its own, computed columns."""
        known = self._database_fields
        if known is None:
            known = self._database_fields = tuple(
                field for field in self.local_fields if field.generated or field.has_db_default()
            )
        return known

    @property
    def db_returning_fields(self) -> list[Any]:
        """The fields whose values the database tells when a row is inserted."""
        return [field for field in self.local_fields if field.is_auto or field in self.database_fields]

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
        known = self._by_name.get(field.name)
        if known is not None and not known[1] and not self.proxy:
            raise ModelError(f"{self.object_name} has two fields called {field.name!r}.")
        if field.name.endswith("_") or "__" in field.name or (field.name == "pk" and field.concrete):
            raise ModelError(
                f"{self.object_name}.{field.name}: a field's name must not end in _ nor contain __ nor be pk."
            )
        if field.concrete:
            insort(self.local_fields, field, key=_counter)
        else:
            insort(self.local_many_to_many, field, key=_counter)
        if field.primary_key:
            if hasattr(self, "pk") and not self.pk.concrete:
                raise ModelError(f"{self.object_name} has two primary keys: pk and {field.name}.")
            self.pk = field
        self._merge()
        for child in self.children:
            child._merge_inherited()

    def take_key(self, key: Any) -> None:
        """Take in a key that is made of several columns."""
        if hasattr(self, "pk"):
            raise ModelError(f"{self.object_name} has two primary keys: pk and {self.pk.name}.")
        self.pk = key
        self.forget()

    @property
    def pk_fields(self) -> "tuple[Field[Any], ...]":
        """The fields that make the key: one, or the parts of a `CompositePrimaryKey`."""
        pk: Any = self.pk
        return (pk,) if pk.concrete else pk.fields

    @property
    def pk_attnames(self) -> frozenset[str]:
        """The attributes that hold the key."""
        return frozenset([field.attname for field in self.pk_fields])

    def add_private(self, field: Any) -> None:
        """Take in a member without a column of its own."""
        known = self._by_name.get(field.name)
        if known is not None and not known[1]:
            raise ModelError(f"{self.object_name} has two fields called {field.name!r}.")
        self.private_fields.append(field)
        self._merge()

    def _merge_inherited(self) -> None:
        if not self.proxy:
            self._merge()
        for child in self.children:
            child._merge_inherited()

    def find(self, name: str) -> tuple[Any, bool]:
        """Return the field or reverse relation that a query calls ``name``, and whether the name is a relation's column."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        if name == "pk":
            return self.pk, False
        for reverse in self.all_related_objects:
            if reverse.name == name and not (reverse.hidden and reverse.related_model._meta.auto_created is None):
                return reverse, False
        # What stands in for one of several columns is no field itself, see `translated.TranslatedField`.
        choose = getattr(getattr(self.model, name, None), "column_in_use", None)
        return (None, False) if choose is None else self._by_name[choose()]

    def query_names(self) -> list[str]:
        """Return every name a query may begin with."""
        reverse = [reverse.name for reverse in self.all_related_objects if not reverse.hidden]
        return [*self._by_name, *reverse]

    def get_field(self, name: str) -> Any:
        """Return a field or reverse relation.

        Raises:
            FieldDoesNotExist: If there is none.
        """
        found, _ = self.find(name) if name != "pk" else (None, False)
        if found is None:
            raise FieldDoesNotExist(f"{self.object_name} has no field named {name!r}")
        return found

    def get_fields(self, include_parents: bool = True, include_hidden: bool = False) -> list[Any]:
        """Return reverse relations, then fields, then many-to-many fields.

        Args:
            include_parents: Whether those inherited from other tables are among them.
            include_hidden: Whether reverse relations without a name are among them.
        """
        if include_parents:
            found = [*self.all_related_objects, *self.fields, *self.many_to_many, *self.private_fields]
        else:
            found = [*self._reverse, *self.local_fields, *self.local_many_to_many, *self.private_fields]
        return [field for field in found if include_hidden or not getattr(field, "hidden", False)]

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

    # -- relations of other models ----------------------------------------------------------------------------------

    @property
    def related_objects(self) -> list[Any]:
        """Relations of other models that point here, without hidden ones."""
        return [reverse for reverse in self.all_related_objects if not reverse.hidden]

    @property
    def all_related_objects(self) -> tuple[Any, ...]:
        """Relations of other models that point here or to a parent; not the links of a parent's children."""
        known = self._all_reverse
        if known is None:
            inherited = [
                reverse
                for parent in self.concrete_model._meta.parents
                for reverse in parent._meta.all_related_objects
                if not reverse.parent_link
            ]
            known = self._all_reverse = tuple(_once([*inherited, *self._reverse]))
        return known

    def add_reverse(self, reverse: Any) -> None:
        """Take in a relation that points here."""
        self._reverse.append(reverse)
        self.forget()


def _app_label(module: str) -> str:
    """Return the name of the package that has the module, or that has ``models`` if the module is in that."""
    parts = module.split(".")
    if "models" in parts[1:]:
        return parts[len(parts) - 2 - parts[::-1].index("models")]
    return parts[-2] if len(parts) > 1 else parts[-1]


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


def _once(fields: "Iterator[Any] | list[Any]") -> list[Any]:
    return list({id(field): field for field in fields}.values())


def _counter(field: Any) -> int:
    return cast("int", field.creation_counter)

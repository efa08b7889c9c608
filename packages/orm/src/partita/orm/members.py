"""The members of a model: its fields, the parents it inherits some from, the relations that point to it."""

from bisect import insort
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from partita.orm.errors import FieldDoesNotExist, ModelError

if TYPE_CHECKING:
    from partita.orm.fields.base import Field
    from partita.orm.models import Model
    from partita.orm.paths import Step

__all__ = ("Beginning", "Members")


class Beginning(NamedTuple):
    """What a new instance begins with: attributes whose value is known, those to be made, names of relations."""

    fixed: dict[str, Any]
    made: "tuple[tuple[str, Callable[[], Any]], ...]"
    relations: frozenset[str]


class Members:
    """The part of ``Model._meta`` that knows fields, parents and relations; `Options` has the rest."""

    model: "type[Model]"
    app_label: str
    object_name: str
    abstract: bool
    proxy: bool
    db_table: str
    pk: "Field[Any]"

    def __init__(self, model: "type[Model]") -> None:
        self.concrete_model: type[Model] = model
        self.parents: dict[Any, Any] = {}
        self.children: list[Members] = []
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
        self._loaders: dict[Any, Any] = {}
        self.beginning: Beginning | None = None
        self._foreign_keys: tuple[Any, ...] | None = None
        self._all_reverse: tuple[Any, ...] | None = None
        self._database_fields: tuple[Any, ...] | None = None
        self.manager_names: tuple[str, ...] = ()
        self.refused: dict[str, Any] = {}  # fields that a proxy cannot have

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
        for private in self.private_fields:
            if (columns := private.columns_as_one()) is not None:
                self._by_name.setdefault(private.attname, (columns, True))
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
    def cache_names(self) -> list[str]:
        """The attributes under which instances may come to keep related rows; those likely first."""
        found = [field.name for field in self.foreign_keys]
        related = self.related_objects
        if self.many_to_many or any(reverse.multiple for reverse in related):
            found.append("_prefetched")
        return [*found, *[reverse.accessor for reverse in related if reverse.one_to_one]]

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
        """Return what the attributes of a new instance begin with, worked out once.

        Raises:
            TypeError: If the model is abstract.
        """
        if self.abstract:
            raise TypeError(f"{self.object_name} is abstract. Make instances of a model that inherits from it.")
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
        if known is not None and not known[1] and not self.proxy and known[0].model is self.model:
            raise ModelError(f"{self.object_name} has two fields called {field.name!r}.")
        if field.is_auto and self.auto_field is not None:
            raise ValueError(
                f"Model {self.app_label}.{self.object_name} can't have more than one auto-generated field."
            )
        if field.concrete:
            insort(self.local_fields, field, key=_counter)
        else:
            insort(self.local_many_to_many, field, key=_counter)
        if field.primary_key and (not hasattr(self, "pk") or self.pk.concrete):  # two are told by a check
            self.pk = field
        self._merge()
        for child in self.children:
            child._merge_inherited()

    def remove_field(self, field: Any) -> None:
        """Take out a field with a column, because something else takes its place."""
        self.local_fields.remove(field)
        self._merge()
        for child in self.children:
            child._merge_inherited()

    def columns_of(self, name: str) -> "tuple[Field[Any], ...]":
        """Return the fields with the columns of a field or relation; none for one without columns here.

        Raises:
            FieldDoesNotExist: If there is no such field.
        """
        found: Any = self.get_field(name) if name != "pk" else self.pk
        if found.concrete:
            return (found,)
        columns = found if found.is_tuple else found.columns_as_one() if found in self.private_fields else None
        return () if columns is None else columns.fields

    def with_columns_of_keys(self, names: frozenset[str]) -> frozenset[str]:
        """Return names of fields with those of their columns in the place of foreign keys that have several."""
        for private in self.private_fields:
            given = {private.name, private.attname} & names
            if given and (columns := private.columns_as_one()) is not None:
                names = names - given | {field.name for field in columns.fields}
        return names

    def take_key(self, key: Any) -> None:
        """Take in a key that is made of several columns."""
        if hasattr(self, "pk"):
            raise ModelError(f"{self.object_name} has two primary keys: pk and {self.pk.name}.")
        self.pk = key
        self.forget()

    @property
    def is_complete(self) -> bool:
        """Whether all fields that make the key are there."""
        pk: Any = self.pk
        return bool(pk.concrete or all(name in self._by_name for name in pk.field_names))

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
        by_name = name != "pk" or name in self._by_name or self.pk.is_tuple
        found, _ = self.find(name) if by_name else (None, False)
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


def _once(fields: "Iterator[Any] | list[Any]") -> list[Any]:
    return list({id(field): field for field in fields}.values())


def _counter(field: Any) -> int:
    return cast("int", field.creation_counter)

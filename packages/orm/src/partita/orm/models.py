"""Models: classes whose instances are rows."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from partita.orm import signals
from partita.orm.altering import AltersData, alters_data
from partita.orm.database import Database
from partita.orm.databases import current_databases, find_databases
from partita.orm.deletion import delete_instances
from partita.orm.errors import FieldDoesNotExist, MultipleObjectsReturned, NotUpdated, ObjectDoesNotExist
from partita.orm.fields import Field, PrivateField
from partita.orm.fields.composite import key_state
from partita.orm.instance_copies import Copied
from partita.orm.managers import Manager
from partita.orm.model_classes import ModelBase
from partita.orm.options import Options
from partita.orm.paths import unknown_keywords
from partita.orm.prefetch_modes import Blocked, FieldFetchBlocked
from partita.orm.relations import ManyAccessor
from partita.orm.state import DEFERRED, NEW, OfOwners, State
from partita.orm.transactions import atomic
from partita.orm.validity import (
    clean_fields,
    full_clean,
    not_unique,
    repeated_date,
    validate_constraints,
    validate_unique,
)
from partita.orm.writing import save_row
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.contracts.checks import Finding
    from partita.orm.queryset import Beginning

__all__ = ("Model", "ModelBase")

M = TypeVar("M", bound="Model")


class Model(Copied, AltersData, metaclass=ModelBase):
    """One row. Declare fields as class attributes, and the rest in ``class Meta``."""

    if TYPE_CHECKING:
        _meta: ClassVar[Options]
        if False:  # pyright finds `objects` in the metaclass, mypy here
            objects: ClassVar[Beginning]
        _default_manager: ClassVar[Manager[Self]]
        _base_manager: ClassVar[Manager[Self]]
        pk: Any
        DoesNotExist: ClassVar[type[ObjectDoesNotExist]]
        MultipleObjectsReturned: ClassVar[type[MultipleObjectsReturned]]
        NotUpdated: ClassVar[type[NotUpdated]]
        RelatedObjectDoesNotExist: ClassVar[type[ObjectDoesNotExist]]
        id: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        meta = self._meta
        values = vars(self)
        values["_s"] = NEW
        if signals.pre_init.has_listeners(type(self)):
            signals.pre_init.send(type(self), args=args, kwargs=kwargs)
        fixed, made, relations = meta.beginning or meta.begin()
        values.update(fixed)
        for attname, make in made:
            if attname not in kwargs:
                values[attname] = make()
        if args:
            self._take_positional(args, kwargs)
        others: dict[str, Any] | None = None
        for name, value in kwargs.items():
            if name in fixed:
                values[name] = value
            elif name in relations:
                setattr(self, name, value)
            elif others is None:
                others = {name: value}
            else:
                others[name] = value
        if others is not None:
            self._take_others(others)
        if signals.post_init.has_listeners(type(self)):
            signals.post_init.send(type(self), instance=self)

    def _take_positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        fields = self._meta.fields
        if len(args) > len(fields):
            raise IndexError("Number of args exceeds number of fields")
        for field, value in zip(fields, args, strict=False):
            if field.name in kwargs or field.attname in kwargs:
                raise TypeError(
                    f"{type(self).__name__}() got both positional and keyword arguments for field {field.name!r}."
                )
            if value is DEFERRED:
                vars(self).pop(field.attname, None)
            else:
                vars(self)[field.attname] = value

    def _take_others(self, kwargs: dict[str, Any]) -> None:
        """Take keywords that are no columns: ``pk``, properties, members of packages above."""
        for name, value in kwargs.items():
            if name != "pk" and not isinstance(getattr(type(self), name, None), property | PrivateField | ManyAccessor):
                raise unknown_keywords(type(self), kwargs)
            setattr(self, name, value)

    # -- identity ---------------------------------------------------------------------------------------------------

    if not TYPE_CHECKING:  # where it is Any, so that a key of several columns may have this name

        @property
        def pk(self) -> Any:
            """The primary key."""
            return getattr(self, self._meta.pk.attname)

        @pk.setter
        def pk(self, value: Any) -> None:
            self._take_key(value)

    def _take_key(self, value: Any) -> None:
        for link in self._meta.parents.values():  # the keys of rows in parents' tables are this key as well
            if link is not None and link is not self._meta.pk:
                setattr(self, link.target_field.attname, value)
        meta = self._meta
        while True:
            setattr(self, meta.pk.attname, value)
            if not (meta.pk.is_relation and cast("Any", meta.pk).parent_link):
                break
            meta = meta.pk.related_model._meta

    def _is_pk_set(self) -> bool:
        """Return whether the key, or each part of it, has a value."""
        return key_state(self.pk) is not None

    @property
    def _state(self) -> State:
        """Where this came from, and whether it is new."""
        own = vars(self)["_s"].own()
        vars(self)["_s"] = own
        return cast("State", own)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model):
            return NotImplemented
        if self._meta.concrete_model is not other._meta.concrete_model:
            return False
        key = key_state(self.pk)
        return self is other if key is None else bool(key == other.pk)

    def __hash__(self) -> int:
        if not self._is_pk_set():
            raise TypeError("Model instances without primary key value are unhashable")
        return hash(self.pk)

    def __str__(self) -> str:
        return f"{type(self).__name__} object ({self.pk})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    # -- loading ----------------------------------------------------------------------------------------------------

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:
        """Make an instance of a row; override it to change how."""
        instance = object.__new__(cls)
        vars(instance)["_s"] = State(db)
        vars(instance).update(zip(field_names, values, strict=True))
        return instance

    @classmethod
    def _has_own_from_db(cls) -> bool:
        return cls.from_db.__func__ is not Model.from_db.__func__  # type: ignore[attr-defined]  # class methods have one

    @classmethod
    def _wants_peers(cls, loaded: Collection[str], *, whole: bool) -> bool:
        """Return whether rows fetched together have to know one another, because more may be loaded for all of them.

        Args:
            loaded: The relations that come with the rows.
            whole: Whether all of their columns do.
        """
        meta = cls._meta
        singles = (*meta.fields, *[field for field in meta.private_fields if not field.one_to_many])
        relations: set[str | None] = {field.name for field in singles if field.is_relation}
        relations |= {reverse.accessor for reverse in meta.related_objects if reverse.one_to_one}
        return bool(relations if not whole else relations - {None, *loaded})

    def _peers(self, name: str = "") -> list[Any]:
        peers = vars(self)["_s"].peers
        if isinstance(peers, Blocked):
            raise FieldFetchBlocked(f"Fetching of {type(self).__name__}.{name} blocked.") from None
        if isinstance(peers, OfOwners):
            return list(peers)
        return [peer for ref in peers if (peer := ref()) is not None]

    def _read_database(self, model: Any) -> Database:
        database = vars(self)["_s"].database
        databases = find_databases()
        if isinstance(database, Database) and (databases is None or not databases.routers):
            return database
        return (databases or current_databases()).for_read(model, instance=self)

    def _write_database(self, using: "str | Database | None") -> Database:
        if isinstance(using, Database):
            return using
        if using is not None:
            return current_databases()[using]
        database = vars(self)["_s"].database
        databases = find_databases()
        if isinstance(database, Database) and (databases is None or not databases.routers):
            return database
        return (databases or current_databases()).for_write(type(self), instance=self)

    def _load_deferred(self, field: Field[Any]) -> None:
        """Load a field that was left out; for all rows fetched with this one."""
        if vars(self)["_s"].adding or not self._is_pk_set():
            raise AttributeError(f"Cannot retrieve deferred field {field.attname!r} from an unsaved model.")
        if (
            field.primary_key
            and (links := self._meta.links_to(field.model))
            and all(each.primary_key for each in links)
        ):
            vars(self)[field.attname] = self.pk  # a child's key is that of its parents
            return
        if type(self).refresh_from_db is not Model.refresh_from_db:  # what loads fields anew loads them first, too
            self.refresh_from_db(fields=[field.attname])
            return
        self._read_database(type(self)).read(self._load_field, field)

    def _load_field(self, field: Field[Any]) -> None:
        peers = self._peers(field.name)[:1000]
        waiting: dict[Any, list[Any]] = {self.pk: [self]}
        for peer in peers:  # of those that came by select_related several may be the same row
            if peer is not self and field.attname not in peer.__dict__ and peer._is_pk_set():
                waiting.setdefault(peer.pk, []).append(peer)
        rows = type(self)._base_manager.using(self._read_database(type(self)))
        found: Any = rows.filter(pk__in=list(waiting)).values_list("pk", field.attname)
        for key, value in found:
            for peer in waiting[key]:
                peer.__dict__[field.attname] = value
        if field.attname not in vars(self):
            raise self.DoesNotExist(f"{type(self).__name__} matching query does not exist.")

    def get_deferred_fields(self) -> set[str]:
        """Return the attributes that are not loaded."""
        return {field.attname for field in self._meta.fields if field.attname not in vars(self)}

    def refresh_from_db(
        self, using: "str | Database | None" = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Load the row again, or some of its fields."""
        database = self._write_database(using)
        database.perform(self._refresh, database, None if fields is None else list(fields), from_queryset)

    async def arefresh_from_db(
        self, using: "str | Database | None" = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        """Async twin of `refresh_from_db`."""
        await self._write_database(using).arun(self.refresh_from_db, using, fields, from_queryset)

    def _refresh(self, database: Database, fields: list[str] | None, rows: Any) -> None:
        meta = self._meta
        prefetched = vars(self).get("_prefetched", {})
        if fields is None:
            prefetched.clear()
            attnames = [field.attname for field in meta.fields if field.attname in vars(self)]
        else:
            for name in fields:
                prefetched.pop(name, None)
            attnames = [field.attname for name in fields for field in meta.columns_of(name)]
            for private in meta.private_fields:
                if private.name in fields:
                    private.forget(self)
            if not attnames:
                return
        rows = type(self)._base_manager.all() if rows is None else rows
        fresh = rows.using(database).only(*attnames).get(pk=self.pk)
        for attname in attnames:
            vars(self)[attname] = fresh.__dict__[attname]
        for field in meta.fields:
            if field.is_relation and (fields is None or field.name in fields or field.attname in attnames):
                vars(self).pop(field.name, None)
        if fields is None:
            for private in meta.private_fields:
                private.forget(self)
            for reverse in meta.related_objects:
                if reverse.one_to_one:
                    vars(self).pop(reverse.accessor, None)
        vars(self)["_s"] = State(database)

    # -- saving -----------------------------------------------------------------------------------------------------

    @alters_data
    def save(
        self,
        *,
        force_insert: "bool | tuple[type, ...]" = False,
        force_update: bool = False,
        using: "str | Database | None" = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Write the row.

        Args:
            force_insert: Insert, never update; or a tuple of this model and parents whose rows are to be inserted.
            force_update: Update, never insert.
            using: A database or its alias.
            update_fields: Write only these.

        Raises:
            NotUpdated: If an update was forced and there is no such row.
        """
        if force_insert and (force_update or update_fields):
            raise ValueError("Cannot force both insert and updating in model saving.")
        if not isinstance(force_insert, bool):
            self._check_force_insert(force_insert)
        database = self._write_database(using)
        names = None if update_fields is None else frozenset(update_fields)
        if names is not None:
            if not names:
                return
            names = self._meta.with_columns_of_keys(names)
            self._check_update_fields(names)
        self._take_keys_of_related()
        if names is None and not force_insert and not vars(self)["_s"].adding:
            deferred = self.get_deferred_fields()
            if deferred:
                names = frozenset(
                    field.name
                    for field in self._meta.fields
                    if field.attname not in deferred and not field.primary_key and field not in self._meta.pk_fields
                )
        database.perform(
            self.save_base, using=database, force_insert=force_insert, force_update=force_update, update_fields=names
        )

    @alters_data
    async def asave(
        self,
        *,
        force_insert: "bool | tuple[type, ...]" = False,
        force_update: bool = False,
        using: "str | Database | None" = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Async twin of `save`; an overridden save() is what runs."""
        await self._write_database(using).arun(
            lambda: self.save(
                force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields
            )
        )

    @alters_data
    def save_base(
        self,
        raw: bool = False,
        force_insert: "bool | tuple[type, ...]" = False,
        force_update: bool = False,
        using: Any = None,
        update_fields: frozenset[str] | None = None,
    ) -> None:
        """Write the row and send the signals; ``raw`` for fixtures, whose values are taken as they are."""
        database = self._write_database(using)
        origin = type(self)
        tell = not self._meta.auto_created
        if tell and signals.pre_save.has_listeners(origin):
            signals.pre_save.send(origin, instance=self, raw=raw, using=database.alias, update_fields=update_fields)
        if self._meta.concrete_model._meta.parents:  # several tables, all or none
            with atomic(database, savepoint=False):
                created = save_row(self, database, raw, force_insert, force_update, update_fields)
        else:
            created = save_row(self, database, raw, force_insert, force_update, update_fields)
        vars(self)["_s"] = State(database, False, vars(self)["_s"].peers)
        if tell and signals.post_save.has_listeners(origin):
            signals.post_save.send(
                origin, instance=self, created=created, raw=raw, using=database.alias, update_fields=update_fields
            )

    def _check_force_insert(self, models: object) -> None:
        if not isinstance(models, tuple):
            raise TypeError("force_insert must be a bool or tuple.")
        for model in models:
            if not isinstance(model, ModelBase):
                raise TypeError(f"Invalid force_insert member. {model!r} must be a model subclass.")
            if not isinstance(self, model):
                raise TypeError(
                    f"Invalid force_insert member. {model.__qualname__} must be a base of {type(self).__qualname__}."
                )

    def _check_update_fields(self, names: frozenset[str]) -> None:
        keys = self._meta.pk_fields
        known = {field.name for field in self._meta.fields if field not in keys and not field.primary_key}
        known |= {field.attname for field in self._meta.fields if field not in keys and not field.primary_key}
        if unknown := names - known:
            raise ValueError(
                f"The following fields do not exist in this model, are m2m fields, primary keys, or are non-concrete fields: "
                f"{', '.join(sorted(unknown))}"
            )

    def _take_keys_of_related(self, operation: str = "save") -> None:
        """Copy keys of related rows that were saved after they were assigned."""
        values = vars(self)
        for field in self._meta.foreign_keys:
            related = values.get(field.name)
            if related is None:
                continue
            key = getattr(related, cast("Any", field).target_field.attname)
            if values.get(field.attname) is None and field.name not in values.get("_unsaved", ()):
                del values[field.name]  # the column was set to None since
                continue
            if key is None:
                raise ValueError(
                    f"{operation}() prohibited to prevent data loss due to unsaved related object '{field.name}'."
                )
            if values.get(field.attname) is None:
                values[field.attname] = key
        values.pop("_unsaved", None)
        for private in self._meta.private_fields:
            private.prepare_save(self)

    @alters_data
    def delete(self, using: "str | Database | None" = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Delete the row and what depends on it; return how many went, in all and by model."""
        if not self._is_pk_set():
            raise ValueError(
                f"{self._meta.object_name} object can't be deleted because its {self._meta.pk.attname} attribute is set to None."
            )
        database = self._write_database(using)
        return database.perform(delete_instances, [self], database, keep_parents=keep_parents, origin=self)

    @alters_data
    async def adelete(
        self, using: "str | Database | None" = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Async twin of `delete`; an overridden delete() is what runs."""
        return await self._write_database(using).arun(lambda: self.delete(using=using, keep_parents=keep_parents))

    def prepare_database_save(self, field: Any) -> Any:
        """Return what a relation to this row keeps of it.

        Args:
            field: The relation.

        Raises:
            ValueError: If the row has no key yet.
        """
        if not self._is_pk_set():
            raise ValueError(f"Unsaved model instance {self!r} cannot be used in an ORM query.")
        return getattr(self, field.target_field.attname)

    def serializable_value(self, field_name: str) -> Any:
        """Return the value of a field; of a relation, its key."""
        try:
            return getattr(self, self._meta.get_field(field_name).attname)
        except FieldDoesNotExist:
            return getattr(self, field_name)

    # -- checks -----------------------------------------------------------------------------------------------------

    @classmethod
    def check(cls, **options: Any) -> "list[Finding]":
        """Return what is wrong with the declaration of this model, and in ``databases``; override it for checks of your own."""
        from partita.orm.checks.models import check_model

        return check_model(cls, options.get("databases") or ())

    # -- validation -------------------------------------------------------------------------------------------------

    def clean(self) -> None:
        """Check what concerns several fields; override it."""

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Convert and check each field."""
        clean_fields(self, exclude)

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Check that no other row has the same unique values."""
        validate_unique(self, exclude)

    def unique_error_message(self, model_class: type, unique_check: Sequence[str]) -> ValidationError:
        """Return the error for fields whose values another row has; override it for texts of your own."""
        return not_unique(self, tuple(unique_check))

    def date_error_message(self, lookup_type: str, field_name: str, unique_for: str) -> ValidationError:
        """Return the error for a value that another row has on the same ``date``, or in the same ``month`` or ``year``."""
        return repeated_date(self, lookup_type, field_name, unique_for)

    def get_constraints(self) -> "list[tuple[type[Model], Any]]":
        """Return the constraints to check, each with the model that has it: this one's and those of its parents."""
        own = self._meta.concrete_model
        models: list[Any] = [own, *own._meta.all_parents]
        return [(model, constraint) for model in models for constraint in model._meta.constraints]

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check Meta.constraints."""
        validate_constraints(self, exclude)

    def full_clean(
        self, exclude: Collection[str] | None = None, validate_unique: bool = True, validate_constraints: bool = True
    ) -> None:
        """Check everything, and raise all errors together."""
        full_clean(self, exclude, validate_unique, validate_constraints)

    async def afull_clean(
        self, exclude: Collection[str] | None = None, validate_unique: bool = True, validate_constraints: bool = True
    ) -> None:
        """Async twin of `full_clean`."""
        await self._write_database(None).arun(self.full_clean, exclude, validate_unique, validate_constraints)

    def _get_next_or_previous(self, field_name: str, backwards: bool, **lookups: Any) -> Self:
        if not self._is_pk_set():
            raise ValueError("get_next/get_previous cannot be used on unsaved objects.")
        from partita.orm.q import Q

        compare = "lt" if backwards else "gt"
        value = getattr(self, field_name)
        beyond = Q(**{f"{field_name}__{compare}": value}) | Q(**{field_name: value, f"pk__{compare}": self.pk})
        order = [f"-{field_name}", "-pk"] if backwards else [field_name, "pk"]
        found = type(self)._default_manager.filter(**lookups).filter(beyond).order_by(*order).first()
        if found is None:
            raise self.DoesNotExist(f"{self._meta.object_name} matching query does not exist.")
        return found

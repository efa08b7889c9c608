"""Objects of a file as rows that can be saved."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from partita.orm import Database, Field, Model, ObjectDoesNotExist, Registry, registry
from partita.orm.databases import current_databases
from partita.orm.errors import DatabaseError, IntegrityError
from partita.serializers.errors import ConflictError, DeserializationError, SaveError
from partita.serializers.records import has_natural_key
from partita.serializers.values import read_value
from partita.validation import ValidationError

__all__ = ("Builder", "DeserializedObject")

_REFUSALS = (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError, LookupError)


class DeserializedObject:
    """A row as a file has it, not saved yet.

    Attributes:
        object: The instance.
        m2m_data: Keys of the rows that each many-to-many field relates, by the field's name.
        deferred_fields: Natural keys, by field, of rows that were not there yet.
        number: Which object of the file it is, counted from 1.
    """

    __slots__ = ("_builder", "deferred_fields", "m2m_data", "number", "object")

    def __init__(self, builder: "Builder", object: Model, number: int) -> None:
        self._builder = builder
        self.object, self.number = object, number
        self.m2m_data: dict[str, list[Any]] = {}
        self.deferred_fields: dict[Any, Any] = {}

    def __repr__(self) -> str:
        return f"<DeserializedObject: {self.object._meta.label}(pk={self.object.pk})>"

    @property
    def must_wait(self) -> bool:
        """Whether it cannot be saved before a row that it needs is there."""
        return any(not field.many_to_many and not field.null for field in self.deferred_fields)

    def save(self, save_m2m: bool = True, using: "str | Database | None" = None, *, force_insert: bool = False) -> None:
        """Write the row, with its values as they are, and what belongs to it.

        Args:
            save_m2m: Also relate the rows of ``m2m_data``.
            using: A database or its alias; the one given when the file was read unless given.
            force_insert: Insert, and fail if a row has the key.

        Raises:
            ConflictError: If a constraint forbids it.
            SaveError: If the database does not take it.
        """
        database = self._builder.database if using is None else using
        try:
            Model.save_base(self.object, raw=True, using=database, force_insert=force_insert)
            if save_m2m:
                for name, keys in self.m2m_data.items():
                    getattr(self.object, name).set(keys)
        except IntegrityError as error:
            raise ConflictError(f"Could not be saved: {error!s:.500}", **self._place()) from error
        except (DatabaseError, ValidationError, *_REFUSALS) as error:
            raise SaveError(f"Could not be saved: {error!s:.500}", **self._place()) from error

    def save_deferred_fields(self, using: "str | Database | None" = None) -> None:
        """Find the rows that were not there yet, and save the row again with them.

        Raises:
            DeserializationError: If one is still missing.
        """
        waiting, self.deferred_fields = self.deferred_fields, {}
        self.m2m_data = {}
        for field, value in waiting.items():
            self._builder.take(self, field, value, defer=False)
        self.save(using=using)

    def find_missing(self) -> bool:
        """Look again for the rows that were not there yet; return whether `save` can do without those that still are not."""
        waiting, self.deferred_fields = self.deferred_fields, {}
        for field, value in waiting.items():
            self._builder.take(self, field, value, defer=True)
        return not self.must_wait

    def find_key(self) -> None:
        """Take the key of the row that has the same natural key, if this one came without a key."""
        if not self.object._is_pk_set() and has_natural_key(type(self.object)):
            self._builder.find_key(self)

    def _place(self) -> dict[str, Any]:
        return self._builder.place(self.number, self.object._meta.label_lower, self.object.pk)


class _Fields(NamedTuple):
    by_name: dict[str, Any]
    key: Field[Any]


class Builder:
    """Makes rows of the objects of one file.

    Args:
        using: Where rows are looked up and saved; as routers say unless given.
        source: What the file is called in errors.
        ignore_nonexistent: Pass over models and fields that are not there.
        handle_forward_references: Take natural keys of rows that are not there yet, to be looked up later.
        models: Where models are registered.
    """

    def __init__(
        self,
        using: "str | Database | None" = None,
        *,
        source: str = "",
        ignore_nonexistent: bool = False,
        handle_forward_references: bool = False,
        models: Registry = registry,
    ) -> None:
        self.database = using
        self._source, self._models = source, models
        self._ignore, self._defers = ignore_nonexistent, handle_forward_references
        self._fields: dict[Any, _Fields] = {}

    def build(self, objects: "Iterator[Mapping[str, object]] | Any") -> Iterator[DeserializedObject]:
        """Yield a row for each object.

        Raises:
            DeserializationError: If one cannot be made a row; it says which, and which field.
        """
        for number, found in enumerate(objects, 1):
            made = self._row(number, found)
            if made is not None:
                yield made

    def place(self, number: int, model: object, pk: object, field: str = "") -> dict[str, Any]:
        """Return where an error happened, as the errors take it."""
        return {"source": self._source, "number": number, "model": str(model)[:80], "pk": pk, "field": field}

    def _row(self, number: int, found: Any) -> DeserializedObject | None:
        if not isinstance(found, Mapping):
            raise DeserializationError(
                f"expected an object with model, pk and fields, got {type(found).__name__}",
                **self.place(number, "", None),
            )
        label, key = found.get("model"), found.get("pk")
        if not isinstance(label, str):
            raise DeserializationError("<object> is missing the 'model' of the row", **self.place(number, "", key))
        try:
            model: Any = self._models.get_model(label)
        except LookupError:
            if self._ignore:
                return None
            raise DeserializationError(
                f"Invalid model identifier: {label[:80]!r} is no model here. Is its app installed?",
                **self.place(number, label, key),
            ) from None
        values = found.get("fields", {})
        if not isinstance(values, Mapping):
            reason = f"expected a mapping of fields, got {type(values).__name__}"
            raise DeserializationError(reason, **self.place(number, label, key))
        return self._filled(number, model, key, values)

    def _filled(self, number: int, model: Any, key: Any, values: Mapping[Any, Any]) -> DeserializedObject:
        known = self._known(model)
        place = self.place(number, model._meta.label_lower, key)
        try:
            made = DeserializedObject(self, model(), number)
        except _REFUSALS as error:  # an __init__ or a default of the user's
            raise DeserializationError(f"no instance could be made: {error!s:.200}", **place) from error
        for name, value in values.items():
            field = known.by_name.get(name)
            if field is not None:
                self.take(made, field, value, defer=self._defers, place={**place, "field": name})
            elif not self._ignore:
                names = ", ".join(sorted(known.by_name))
                reason = f"{model._meta.label} has no field named '{str(name)[:80]}'; it has {names}"
                raise DeserializationError(reason, **{**place, "field": str(name)[:80]})
        if key is not None:
            self._take_key(made, known.key, key, place)
        elif has_natural_key(model) and not made.deferred_fields:
            self.find_key(made)
        return made

    def _known(self, model: Any) -> _Fields:
        known = self._fields.get(model)
        if known is None:
            meta = model._meta
            fields = {field.name: field for field in (*meta.fields, *meta.many_to_many)}
            known = self._fields[model] = _Fields(fields, meta.pk)
        return known

    def _take_key(self, made: DeserializedObject, field: Any, key: Any, place: dict[str, Any]) -> None:
        try:
            made.object.pk = read_value(field, key)
        except (ValidationError, *_REFUSALS) as error:
            raise DeserializationError(_refusal(error, key), **{**place, "field": field.name}) from error

    def take(
        self, made: DeserializedObject, field: Any, value: Any, *, defer: bool, place: dict[str, Any] | None = None
    ) -> None:
        """Give a row the value of one field, as a file has it.

        Raises:
            DeserializationError: If the field refuses it, or it points to a row that is not there and ``defer`` is false.
        """
        instance = made.object
        if field.generated:
            return  # the database computes it
        try:
            if field.many_to_many:
                made.m2m_data[field.name] = self._keys(field, value)
            elif field.is_relation:
                setattr(instance, field.attname, self._pointed(field, value))
            else:
                setattr(instance, field.attname, read_value(field, value))
        except ObjectDoesNotExist as error:
            if defer:
                made.deferred_fields[field] = value
                return
            place = place or self.place(made.number, instance._meta.label_lower, instance.pk, field.name)
            reason = f"{error!s:.200} There is no {field.related_model._meta.label} {value!r:.200}."
            raise DeserializationError(reason, **place) from error
        except (ValidationError, *_REFUSALS) as error:
            place = place or self.place(made.number, instance._meta.label_lower, instance.pk, field.name)
            raise DeserializationError(_refusal(error, value), **place) from error

    def _keys(self, field: Any, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise ValueError("expected a list of keys")
        target = field.related_model
        return [
            self._natural(target, part).pk if _is_natural(target, part) else read_value(target._meta.pk, part)
            for part in value
        ]

    def _pointed(self, field: Any, value: Any) -> Any:
        if value is None:
            return None
        if _is_natural(field.related_model, value):
            return getattr(self._natural(field.related_model, value), field.target_field.attname)
        return read_value(field.target_field, value)

    def _natural(self, model: Any, parts: Any) -> Any:
        return self._manager(model).get_by_natural_key(*parts)

    def _manager(self, model: Any) -> Any:
        return model._default_manager.db_manager(self._place_of(model))

    def _place_of(self, model: Any) -> Database:
        using = self.database
        if using is None:
            return current_databases().for_write(model)
        return using if isinstance(using, Database) else current_databases()[using]

    def find_key(self, made: DeserializedObject) -> None:
        """Give a row without a key the key of the row that has its natural key, if there is one."""
        instance: Any = made.object
        manager = self._manager(type(instance))
        if not hasattr(manager, "get_by_natural_key"):
            return
        # What the natural key follows is looked up where the row is going to be.
        instance._state.database = self._place_of(type(instance))
        try:
            instance.pk = manager.get_by_natural_key(*instance.natural_key()).pk
        except ObjectDoesNotExist:
            return
        finally:
            instance._state.database = None


def _is_natural(model: Any, value: Any) -> bool:
    is_key = getattr(model._meta.pk, "is_tuple", False)
    return isinstance(value, list | tuple) and not is_key and hasattr(model._default_manager, "get_by_natural_key")


def _refusal(error: Exception, value: Any) -> str:
    messages = "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
    return f"{messages[:300]} (field_value was '{str(value)[:80]}')"

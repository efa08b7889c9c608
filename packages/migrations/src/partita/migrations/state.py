"""Models as migrations know them: descriptions that can be compared, and classes made from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import sqlalchemy

from partita.contracts.i18n import TRANSLATOR
from partita.migrations.errors import NotWritable, StateError
from partita.migrations.serializer import Source, call, source
from partita.orm import Field, ForeignKey, ForeignObject, ManyToManyField, Model, Registry
from partita.orm.models import ModelBase

__all__ = ("AnyField", "HistoricalApps", "ModelState", "ProjectState", "describe_field", "renamed_relation", "targets")

AnyField: TypeAlias = Field[Any]
ModelClass: TypeAlias = type[Model]

_OPTIONS = (
    "db_table",
    "db_table_comment",
    "ordering",
    "unique_together",
    "indexes",
    "constraints",
    "verbose_name",
    "verbose_name_plural",
    "get_latest_by",
    "managed",
    "default_related_name",
    "default_permissions",
    "permissions",
)


class ModelState:
    """One model: its fields and options, not bound to any class. Never changed, only replaced.

    Args:
        app_label: Of its app.
        name: Of its class.
        fields: By name, in order.
        options: What its ``Meta`` says.
        bases: Labels of the models it inherits from that have tables of their own; for a proxy, the model it shows.
    """

    __slots__ = ("app_label", "bases", "fields", "name", "options")

    def __init__(
        self,
        app_label: str,
        name: str,
        fields: Mapping[str, AnyField],
        options: Mapping[str, Any] | None = None,
        bases: Sequence[str] = (),
    ) -> None:
        self.app_label, self.name, self.bases = app_label, name, tuple(bases)
        self.fields: Mapping[str, AnyField] = dict(fields)
        self.options: Mapping[str, Any] = dict(options or {})

    @classmethod
    def of(cls, model: ModelClass) -> "ModelState":
        """Describe a model class."""
        meta = model._meta
        own = [field for field in meta.private_fields if isinstance(field, ForeignObject) and field.model is model]
        key = [meta.pk] if meta.pk.is_tuple and not meta.proxy else []
        columns = [field for field in meta.local_fields if field.part_of is None]
        fields = {field.name: field.clone() for field in (*key, *columns, *meta.local_many_to_many, *own)}
        bare = _render(cls(meta.app_label, meta.object_name, {}), Registry())._meta
        options = {
            name: getattr(meta, name)
            for name in _OPTIONS
            if getattr(meta, name) != getattr(bare, name) and not _is_derived(meta, name)
        }
        view_sql: Any = getattr(model, "view_sql", None)
        if view_sql is not None:
            options["view"] = view_sql()
        if meta.proxy:
            options = {name: value for name, value in options.items() if name != "db_table"} | {"proxy": True}
        return cls(meta.app_label, meta.object_name, fields, options, [parent._meta.label for parent in meta.parents])

    @property
    def key(self) -> tuple[str, str]:
        """App label and name in lower case."""
        return self.app_label, self.name.lower()

    @property
    def label(self) -> str:
        """Such as ``shop.Album``."""
        return f"{self.app_label}.{self.name}"

    def field(self, name: str) -> AnyField:
        """Return a field.

        Raises:
            StateError: If there is none.
        """
        try:
            return self.fields[name]
        except KeyError:
            raise StateError("field", f"{self.label}.{name}") from None

    def with_fields(self, fields: Mapping[str, AnyField]) -> "ModelState":
        """Return it with other fields."""
        return ModelState(self.app_label, self.name, fields, self.options, self.bases)

    def with_bases(self, bases: Sequence[str]) -> "ModelState":
        """Return it with other parents."""
        return ModelState(self.app_label, self.name, self.fields, self.options, bases)

    def with_exactly(self, fields: Mapping[str, AnyField], options: Mapping[str, Any]) -> "ModelState":
        """Return it with other fields and options."""
        return ModelState(self.app_label, self.name, fields, options, self.bases)

    @property
    def base_keys(self) -> list[tuple[str, str]]:
        """The keys of the models it inherits from."""
        return [_key(label, self) for label in self.bases]

    def with_options(self, **options: Any) -> "ModelState":
        """Return it with some options changed; an empty value takes an option away."""
        kept = {name: value for name, value in {**self.options, **options}.items() if value not in (None, (), [], "")}
        return ModelState(self.app_label, self.name, self.fields, kept, self.bases)

    def named(self, name: str) -> "ModelState":
        """Return it with another name."""
        return ModelState(self.app_label, name, self.fields, self.options, self.bases)

    def describe(self) -> dict[str, Any]:
        """Return what JSON can hold: the source of each field and option."""
        told: dict[str, Any] = {"bases": list(self.bases)} if self.bases else {}
        return told | {
            "name": self.name,
            "fields": {name: describe_field(field, self.label, name).text for name, field in self.fields.items()},
            "options": {name: source(_sorted(value)).text for name, value in sorted(self.options.items())},
        }


class ProjectState:
    """All models at one point of the migrations."""

    __slots__ = ("_apps", "_made", "models")

    def __init__(self, models: Iterable[ModelState] = ()) -> None:
        self.models: dict[tuple[str, str], ModelState] = {model.key: model for model in models}
        self._apps: HistoricalApps | None = None
        self._made = _Made()

    @classmethod
    def of(cls, models: Iterable[ModelClass]) -> "ProjectState":
        """Describe model classes; abstract ones and the tables between others are left out."""
        with _untranslated():
            return cls(
                ModelState.of(model) for model in models if not (model._meta.abstract or model._meta.auto_created)
            )

    def copy(self) -> "ProjectState":
        """Return one that can be changed by itself."""
        copy = ProjectState(self.models.values())
        copy._made = self._made
        return copy

    def model(self, app_label: str, name: str) -> ModelState:
        """Return a model.

        Raises:
            StateError: If there is none.
        """
        try:
            return self.models[app_label, name.lower()]
        except KeyError:
            raise StateError("model", f"{app_label}.{name}") from None

    def put(self, model: ModelState) -> None:
        """Add or replace a model."""
        if model.key in self.models:
            self._made = _Made()
        self.models[model.key] = model
        self._apps = None

    def remove(self, app_label: str, name: str) -> None:
        """Take a model away."""
        del self.models[self.model(app_label, name).key]
        self._apps, self._made = None, _Made()

    def rename_model(self, app_label: str, old: str, new: str) -> None:
        """Give a model another name, also where relations point to it."""
        model = self.model(app_label, old)
        self.remove(app_label, old)
        self.put(model.named(new))
        before, after = f"{app_label}.{old}".lower(), f"{app_label}.{new}"
        for key, other in list(self.models.items()):
            fields = {name: renamed_relation(field, before, after) for name, field in other.fields.items()}
            if any(fields[name] is not other.fields[name] for name in fields):
                self.models[key] = other.with_fields(fields)
            if any(label.lower() == before for label in other.bases):
                bases = [after if label.lower() == before else label for label in other.bases]
                self.models[key] = self.models[key].with_bases(bases)

    @property
    def apps(self) -> "HistoricalApps":
        """The models of this state as classes, which know of no later ones."""
        if self._apps is None:
            self._apps = HistoricalApps(self, _Made())
        return self._apps

    @property
    def tables(self) -> "HistoricalApps":
        """The same for their tables alone: made once for all states that only add models to one another."""
        if any(self.models.get(key, state) is not state for key, state in self._made.states.items()):
            self._made = _Made()  # states that came from one have gone different ways
        return HistoricalApps(self, self._made)

    def describe(self, app_label: str) -> dict[str, Any]:
        """Return the models of one app as JSON can hold them."""
        with _untranslated():
            own = sorted(key for key in self.models if key[0] == app_label)
            return {name: self.models[label, name].describe() for label, name in own}


class _Made:
    """Classes made so far."""

    __slots__ = ("models", "registry", "states")

    def __init__(self) -> None:
        self.registry = Registry()
        self.states: dict[tuple[str, str], ModelState] = {}
        self.models: dict[tuple[str, str], Any] = {}


class HistoricalApps:
    """Models as they were, made when they are asked for; ``apps`` in `RunPython`."""

    __slots__ = ("_made", "_state")

    def __init__(self, state: ProjectState, made: _Made) -> None:
        self._state, self._made = state, made

    def get_model(self, app_label: str, model_name: str | None = None) -> Any:
        """Return a model with all its relations, named as ``"shop.Album"`` or ``"shop", "Album"``."""
        if model_name is None:
            app_label, _, model_name = app_label.partition(".")
        for key in self._state.models:
            self._make(key)
        return self._make(self._state.model(app_label, model_name).key)

    def table(self, app_label: str, name: str) -> sqlalchemy.Table:
        """Return the table of a model."""
        return self._table(self._make(self._state.model(app_label, name).key))

    def through_table(self, app_label: str, name: str, field: str) -> sqlalchemy.Table:
        """Return the table of a many-to-many field."""
        model = self._make(self._state.model(app_label, name).key)
        return self._table(model._meta.get_field(field).through)

    def bound(self, app_label: str, name: str, field: str) -> AnyField:
        """Return a field that belongs to its model."""
        found: AnyField = self._make(self._state.model(app_label, name).key)._meta.get_field(field)
        return found

    def _table(self, model: Any) -> sqlalchemy.Table:
        """Return the table of a model; those it points to are made, too, so that its foreign keys know them."""
        table: sqlalchemy.Table = model._meta.table
        for field in (*model._meta.fields, *model._meta.private_fields):
            if field.is_relation and field.related_model is not None:
                target = field.related_model._meta
                if target.db_table not in table.metadata.tables:
                    self._table(field.related_model)
        return table

    def _make(self, key: tuple[str, str]) -> Any:
        """Make a model and what it points to, so that its columns know their types."""
        made = self._made
        if key not in made.models:
            state = made.states[key] = self._state.models[key]
            bases = [self._make(base) for base in state.base_keys]
            if key in made.models:  # a parent that points here made it
                return made.models[key]
            made.models[key] = _render(state, made.registry, bases)
            for field in state.fields.values():
                for target in targets(field, state):
                    if target in self._state.models:
                        self._make(target)
        return made.models[key]


def describe_field(field: AnyField, label: str, name: str) -> Source:
    """Return the source of a field.

    Raises:
        NotWritable: If one of its arguments has none; names the field.
    """
    _, path, args, kwargs = field.deconstruct()
    try:
        return call(path, args, kwargs)
    except NotWritable as error:
        raise NotWritable(f"{label}.{name}: {error.value}", error.reason) from None


def targets(field: AnyField, owner: ModelState) -> list[tuple[str, str]]:
    """Return the keys of the models a field needs: what it points to, and the table between if it is given."""
    if not field.is_relation:
        return []
    _, _, _, kwargs = field.deconstruct()
    labels = [kwargs["to"], *([kwargs["through"]] if "through" in kwargs else [])]
    return [_key(str(label), owner) for label in labels]


def renamed_relation(field: AnyField, before: str, after: str) -> AnyField:
    """Return a field that points to ``after`` where it pointed to ``before``; itself if it did not."""
    if not field.is_relation:
        return field
    _, _, args, kwargs = field.deconstruct()
    changed = {name: after for name in ("to", "through") if str(kwargs.get(name, "")).lower() == before}
    if not changed:
        return field
    again: AnyField = type(field)(*args, **{**kwargs, **changed})
    return again


def is_many(field: AnyField) -> bool:
    """Tell whether a field is kept in a table of its own."""
    return isinstance(field, ManyToManyField) and "through" not in field.deconstruct()[3]


def columns_of(field: AnyField) -> tuple[AnyField, ...]:
    """Return the fields with the columns of one that belongs to a model: itself, or those of a foreign key with several."""
    return field.model._meta.columns_of(field.name)


def renamed_columns(old: AnyField, new: AnyField) -> dict[str, str]:
    """Return the columns of ``new`` whose names differ, by those in ``old``; none if it has not as many."""
    pairs = [(one.column, two.column) for one, two in zip(columns_of(old), columns_of(new), strict=False)]
    return {one: two for one, two in pairs if one != two} if len(columns_of(old)) == len(columns_of(new)) else {}


def is_foreign_key(field: AnyField) -> bool:
    """Tell whether a field's column points to a row."""
    return isinstance(field, ForeignKey)


def _key(label: str, owner: ModelState) -> tuple[str, str]:
    if label == "self":
        return owner.key
    app_label, _, name = label.rpartition(".")
    return app_label or owner.app_label, name.lower()


def _render(state: ModelState, registry: Registry, bases: Sequence[Any] = ()) -> Any:
    options = {**state.options, "app_label": state.app_label, "registry": registry}
    attributes: dict[str, Any] = {
        "__module__": f"{state.app_label}.historical",
        "Meta": type("Meta", (), options),
        **{name: field.clone() for name, field in state.fields.items()},
    }
    return ModelBase(state.name, tuple(bases) or (Model,), attributes)


def _is_derived(meta: Any, name: str) -> bool:
    return name == "verbose_name_plural" and meta.verbose_name_plural == f"{meta.verbose_name}s"


def _sorted(value: object) -> object:
    return sorted(value, key=lambda item: source(item).text) if isinstance(value, set | frozenset) else value


@contextmanager
def _untranslated() -> Iterator[None]:
    """Keep texts in the language they are written in, whoever runs this."""
    token = TRANSLATOR.set(None)
    try:
        yield
    finally:
        TRANSLATOR.reset(token)


def names(values: Sequence[Any]) -> dict[str, Any]:
    """Return indexes or constraints by name."""
    return {value.name: value for value in values}

"""Content types: a row for each model, so that other rows can point to a model."""

from typing import Any, ClassVar, cast

from partita.contenttypes.caching import KnownTypes
from partita.contenttypes.errors import StaleContentType
from partita.contracts.i18n import gettext_lazy
from partita.orm import CharField, Database, Manager, Model, Q, QuerySet

__all__ = ("ContentType", "ContentTypeManager")


class ContentTypeManager(Manager["ContentType"]):
    """Finds content types; what a database has once told, it is not asked again."""

    def get_by_natural_key(self, app_label: str, model: str) -> "ContentType":
        """Return the content type of a model by its app's label and its name in lower case.

        Raises:
            ContentType.DoesNotExist: If there is none.
        """
        database = self._database()
        known = self._known(database).named(app_label, model)
        if known is None:
            known = self.using(database).get(app_label=app_label, model=model)
            self._known(database).add(known, database)
        return known

    async def aget_by_natural_key(self, app_label: str, model: str) -> "ContentType":
        """Async twin of `get_by_natural_key`."""
        database = self._database()
        known = self._known(database).named(app_label, model)
        return await database.arun(self.get_by_natural_key, app_label, model) if known is None else known

    def known_for_model(self, model: "type[Model] | Model", for_concrete_model: bool = True) -> "ContentType | None":
        """Return what `get_for_model` does if that needs no query, or None.

        Args:
            model: A model or one of its rows.
            for_concrete_model: Whether a proxy counts as the model that it stands for.
        """
        return self._known(self._database()).named(*_name_of(model, for_concrete_model))

    def get_for_model(self, model: "type[Model] | Model", for_concrete_model: bool = True) -> "ContentType":
        """Return the content type of a model, made if it is missing.

        Args:
            model: A model or one of its rows.
            for_concrete_model: Whether a proxy counts as the model that it stands for.
        """
        database = self._database()
        name = _name_of(model, for_concrete_model)
        known = self._known(database).named(*name)
        return database.perform(self._found, database, *name) if known is None else known

    async def aget_for_model(self, model: "type[Model] | Model", for_concrete_model: bool = True) -> "ContentType":
        """Async twin of `get_for_model`."""
        known = self.known_for_model(model, for_concrete_model)
        if known is None:
            known = await self._database().arun(self.get_for_model, model, for_concrete_model)
        return known

    def get_for_models(
        self, *models: "type[Model] | Model", for_concrete_models: bool = True
    ) -> "dict[type[Model] | Model, ContentType]":
        """Return the content types of several models by model, those that are not known in one query."""
        database = self._database()
        known = self._known(database)
        names = {model: _name_of(model, for_concrete_models) for model in models}
        missing = {name for name in names.values() if known.named(*name) is None}
        found = database.perform(self._found_all, database, missing) if missing else {}
        return {model: known.named(*name) or found[name] for model, name in names.items()}

    async def aget_for_models(
        self, *models: "type[Model] | Model", for_concrete_models: bool = True
    ) -> "dict[type[Model] | Model, ContentType]":
        """Async twin of `get_for_models`."""
        return await self._database().arun(
            lambda: self.get_for_models(*models, for_concrete_models=for_concrete_models)
        )

    def get_for_id(self, id: object) -> "ContentType":
        """Return the content type with this key.

        Raises:
            ContentType.DoesNotExist: If there is none.
        """
        database = self._database()
        known = self._known(database).with_id(id)
        if known is None:
            known = self.using(database).get(pk=id)
            self._known(database).add(known, database)
        return known

    async def aget_for_id(self, id: object) -> "ContentType":
        """Async twin of `get_for_id`."""
        database = self._database()
        known = self._known(database).with_id(id)
        return await database.arun(self.get_for_id, id) if known is None else known

    def clear_cache(self) -> None:
        """Forget what this manager's database has told; tests need it after they have emptied tables."""
        self._known(self._database()).clear()

    def _database(self) -> Database:
        return self.get_queryset().database

    def _known(self, database: Database) -> KnownTypes:
        known: KnownTypes = database.kept.setdefault(self, KnownTypes())
        return known

    def _found(self, database: Database, app_label: str, model: str) -> "ContentType":
        try:
            found = self.using(database).get(app_label=app_label, model=model)
        except self.model.DoesNotExist:
            found, is_new = self.get_or_create(app_label=app_label, model=model)
            if is_new:
                made_in: Any = found.__dict__["_s"].database
                self._known(database).add_at_commit(found, made_in)
                return found
        self._known(database).add(found, database)
        return found

    def _found_all(self, database: Database, missing: set[tuple[str, str]]) -> "dict[tuple[str, str], ContentType]":
        found = self._named(database, missing)
        for row in found.values():
            self._known(database).add(row, database)
        if new := sorted(missing - found.keys()):
            rows = [self.model(app_label=app_label, model=model) for app_label, model in new]
            self.db_manager(self._target()).bulk_create(rows, ignore_conflicts=True)
            made = self._named(self._target(), set(new))  # others may have made some of them meanwhile
            for row in made.values():
                self._known(database).add_at_commit(row, self._target())
            found.update(made)
        return found

    def _named(self, database: Database, names: set[tuple[str, str]]) -> "dict[tuple[str, str], ContentType]":
        wanted = Q()
        models_of: dict[str, list[str]] = {}
        for app_label, model in sorted(names):
            models_of.setdefault(app_label, []).append(model)
        for app_label, models in models_of.items():
            wanted |= Q(app_label=app_label, model__in=models)
        return {row.natural_key(): row for row in self.using(database).filter(wanted)}

    def _target(self) -> Database:
        rows: Any = self.get_queryset()
        rows._for_write = True
        database: Database = rows.database
        return database


class ContentType(Model):
    """One model of the application."""

    app_label = CharField(max_length=100)
    model = CharField(gettext_lazy("python model class name"), max_length=100)

    objects: ClassVar[ContentTypeManager] = ContentTypeManager()  # pyright: ignore[reportIncompatibleVariableOverride] # of this class

    class Meta:
        db_table = "partita_content_type"
        verbose_name = gettext_lazy("content type")
        verbose_name_plural = gettext_lazy("content types")
        unique_together = (("app_label", "model"),)

    def __str__(self) -> str:
        return self.app_labeled_name

    @property
    def name(self) -> str:
        """What people call the model; its plain name if the model is gone."""
        model = self.model_class()
        return self.model if model is None else str(model._meta.verbose_name)

    @property
    def app_labeled_name(self) -> str:
        """The app and what people call the model."""
        model = self.model_class()
        return f"{self.app_label} | {self.model}" if model is None else f"{self.app_label.title()} | {self.name}"

    def model_class(self) -> type[Model] | None:
        """Return the model; None if it is gone."""
        try:
            return self._meta.registry.get_model(self.app_label, self.model)
        except LookupError:
            return None

    def get_object_for_this_type(self, using: "str | Database | None" = None, **lookups: object) -> Any:
        """Return the one row of the model that matches.

        Args:
            using: A database or its alias.
            lookups: As for `QuerySet.get`.

        Raises:
            StaleContentType: If the model is gone.
            ObjectDoesNotExist: If no row matches; the model's own ``DoesNotExist``.
        """
        return self._rows(using).get(**lookups)

    async def aget_object_for_this_type(self, using: "str | Database | None" = None, **lookups: object) -> Any:
        """Async twin of `get_object_for_this_type`."""
        return await self._rows(using).aget(**lookups)

    def get_all_objects_for_this_type(self, using: "str | Database | None" = None, **lookups: object) -> QuerySet[Any]:
        """Return the rows of the model that match.

        Raises:
            StaleContentType: If the model is gone.
        """
        return self._rows(using).filter(**lookups)

    def _rows(self, using: "str | Database | None") -> QuerySet[Any]:
        model = self.model_class()
        if model is None:
            raise StaleContentType(self.app_label, self.model)
        rows = model._base_manager.all()
        return rows if using is None else rows.using(using)

    def natural_key(self) -> tuple[str, str]:
        """Return what `ContentTypeManager.get_by_natural_key` takes."""
        return (self.app_label, self.model)


def _name_of(model: Any, for_concrete_model: bool) -> tuple[str, str]:
    meta = model._meta
    if for_concrete_model:
        meta = meta.concrete_model._meta
    return (cast("str", meta.app_label), cast("str", meta.model_name))

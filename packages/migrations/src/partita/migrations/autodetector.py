"""The operations that lead from one state of the models to another."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from partita.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterUniqueTogether,
    AlterView,
    CreateModel,
    DeleteModel,
    Operation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameModel,
)
from partita.migrations.operations.models import OPTIONS_WITHOUT_SCHEMA
from partita.migrations.questions import Questioner
from partita.migrations.serializer import source
from partita.migrations.state import (
    AnyField,
    ModelState,
    ProjectState,
    describe_field,
    is_many,
    names,
    renamed_relation,
    targets,
)

__all__ = ("Change", "detect")

ModelKey = tuple[str, str]


class Change(NamedTuple):
    """One operation, and what has to be there before it."""

    app_label: str
    operation: Operation
    needs: frozenset[ModelKey]
    """Models that it points to."""
    makes: ModelKey | None = None
    """The model that it creates, or gives another name."""
    frees: frozenset[ModelKey] = frozenset()
    """Models that it points to no more."""
    drops: ModelKey | None = None
    """The model that it deletes."""


def detect(before: ProjectState, after: ProjectState, questioner: Questioner) -> list[Change]:
    """Return the operations that turn ``before`` into ``after``, in an order in which they can run.

    Raises:
        Unanswered: If a value for existing rows is needed and ``questioner`` has none.
    """
    return list(_Detector(before.copy(), after, questioner).changes())


class _Detector:
    """One comparison; ``before`` follows the operations found so far."""

    __slots__ = ("_after", "_before", "_questioner")

    def __init__(self, before: ProjectState, after: ProjectState, questioner: Questioner) -> None:
        self._before, self._after, self._questioner = before, after, questioner

    def changes(self) -> Iterator[Change]:
        yield from self._renamed_models()
        created = [key for key in self._after.models if key not in self._before.models]
        deleted = [key for key in self._before.models if key not in self._after.models]
        kept = [key for key in self._after.models if key in self._before.models]
        for key in kept:
            yield from self._renamed_fields(key)
        for key in kept:
            yield from self._removed_parts(key)
        postponed: list[Change] = []
        for key in sorted(self._in_order_of_need(created), key=self._is_view):
            yield from self._created(key, set(created), postponed)
        yield from postponed
        for key in kept:
            yield from self._changed_fields(key)
        for key in created:
            yield from self._added_parts(key, frozenset(self._last_parts(self._after.models[key])))
        for key in kept:
            yield from self._added_parts(key, frozenset())
            yield from self._options(key)
        yield from self._deleted(deleted)

    def _do(
        self,
        app_label: str,
        operation: Operation,
        needs: Sequence[ModelKey] = (),
        makes: ModelKey | None = None,
        frees: Sequence[ModelKey] = (),
        drops: ModelKey | None = None,
    ) -> Change:
        operation.state_forwards(app_label, self._before)
        return Change(app_label, operation, frozenset(needs), makes, frozenset(frees), drops)

    # Renames

    def _renamed_models(self) -> Iterator[Change]:
        for key, model in self._after.models.items():
            if key in self._before.models:
                continue
            for old_key, old in list(self._before.models.items()):
                if old_key in self._after.models or old_key[0] != key[0] or not _same_fields(old, model):
                    continue
                if self._questioner.renamed_model(key[0], old.name, model.name):
                    yield self._do(key[0], RenameModel(old.name, model.name), makes=key)
                    break

    def _renamed_fields(self, key: ModelKey) -> Iterator[Change]:
        new = self._after.models[key]
        for name, field in new.fields.items():
            old = self._before.models[key]
            if name in old.fields:
                continue
            for old_name, old_field in old.fields.items():
                if old_name in new.fields or not _same(old_field, field, old):
                    continue
                if self._questioner.renamed_field(new.label, old_name, name):
                    yield self._do(key[0], RenameField(new.name, old_name, name))
                    break

    # Models

    def _created(self, key: ModelKey, new: set[ModelKey], postponed: list[Change]) -> Iterator[Change]:
        model = self._after.models[key]
        fields: list[tuple[str, AnyField]] = []
        needs: list[ModelKey] = list(model.base_keys)
        for name, field in model.fields.items():
            aims = [target for target in targets(field, model) if target != key]
            if any(target in new and target not in self._before.models for target in aims):
                postponed.append(Change(key[0], AddField(model.name, name, field), frozenset(aims)))
            else:
                fields.append((name, field))
                needs += aims
        last = self._last_parts(model)
        options = {name: value for name, value in model.options.items() if name not in last}
        if self._is_view(key):  # what it is computed from is told by its SQL alone
            needs += [other for other in new if other[0] == key[0] and not self._is_view(other)]
        yield self._do(key[0], CreateModel(model.name, fields, options, model.bases), needs, makes=key)

    def _is_view(self, key: ModelKey) -> bool:
        return "view" in self._after.models[key].options

    def _last_parts(self, model: ModelState) -> set[str]:
        """Return the options that name fields, if some of these come later than the model."""
        late = any(
            target != model.key and target in self._after.models and target not in self._before.models
            for field in model.fields.values()
            for target in targets(field, model)
        )
        present = self._before.models.get(model.key)
        missing = present is not None and present.fields.keys() != model.fields.keys()
        return {"unique_together", "indexes", "constraints"} & model.options.keys() if late or missing else set()

    def _in_order_of_need(self, created: list[ModelKey]) -> list[ModelKey]:
        """Return models so that most come after those they point to; circles are broken where they begin."""
        done: dict[ModelKey, None] = {}
        path: set[ModelKey] = set()

        def visit(key: ModelKey) -> None:
            if key in done or key in path:
                return
            path.add(key)
            model = self._after.models[key]
            for base in model.base_keys:
                if base in wanted:
                    visit(base)
            for field in model.fields.values():
                for target in targets(field, model):
                    if target in wanted and not (path & set(self._ancestors(target))):
                        visit(target)
            path.discard(key)
            done[key] = None

        wanted = set(created)
        for key in created:
            visit(key)
        return list(done)

    def _ancestors(self, key: ModelKey) -> Iterator[ModelKey]:
        """Yield the models that ``key`` inherits from."""
        for base in self._after.models[key].base_keys:
            yield base
            if base in self._after.models:
                yield from self._ancestors(base)

    def _deleted(self, deleted: list[ModelKey]) -> Iterator[Change]:
        waiting = list(deleted)
        while waiting:
            free = [key for key in waiting if not self._pointed_to(key, waiting)]
            if not free:  # a circle: cut it at its first relation
                key = waiting[0]
                model = self._before.models[key]
                name = next(
                    name
                    for name, field in model.fields.items()
                    if any(target in waiting and target != key for target in targets(field, model))
                )
                yield self._do(key[0], RemoveField(model.name, name), frees=targets(model.fields[name], model))
                continue
            for key in free:
                model = self._before.models[key]
                aims = [target for field in model.fields.values() for target in targets(field, model)]
                aims += model.base_keys
                yield self._do(key[0], DeleteModel(model.name), frees=aims, drops=key)
                waiting.remove(key)

    def _pointed_to(self, key: ModelKey, owners: Sequence[ModelKey]) -> bool:
        return any(
            key in self._before.models[owner].base_keys
            or any(
                key in targets(field, self._before.models[owner])
                for field in self._before.models[owner].fields.values()
            )
            for owner in owners
            if owner != key
        )

    # Fields

    def _changed_fields(self, key: ModelKey) -> Iterator[Change]:
        new = self._after.models[key]
        for name in [name for name in self._before.models[key].fields if name not in new.fields]:
            gone = targets(self._before.models[key].fields[name], new)
            yield self._do(key[0], RemoveField(new.name, name), frees=gone)
        for name, field in new.fields.items():
            old = self._before.models[key].fields.get(name)
            aims = [target for target in targets(field, new) if target != key]
            if old is None:
                yield self._do(key[0], self._addition(new, name, field), aims)
            elif describe_field(old, new.label, name).text != describe_field(field, new.label, name).text:
                if _kind(old) != _kind(field) or (is_many(old) and targets(old, new) != targets(field, new)):
                    yield self._do(key[0], RemoveField(new.name, name), frees=targets(old, new))
                    yield self._do(key[0], self._addition(new, name, field), aims)
                else:
                    yield self._do(key[0], self._alteration(new, name, old, field), aims, frees=targets(old, new))

    def _addition(self, model: ModelState, name: str, field: AnyField) -> AddField:
        if (
            not field.concrete
            or self._is_view(model.key)
            or field.null
            or field.has_default()
            or field.generated
            or field.get_default() is not None
        ):
            return AddField(model.name, name, field)
        value = self._questioner.default_for(model.label, name, new=True)
        return AddField(model.name, name, _with_default(field, value), preserve_default=False)

    def _alteration(self, model: ModelState, name: str, old: AnyField, field: AnyField) -> AlterField:
        stays = not (field.concrete and old.null and not field.null) or self._is_view(model.key)
        if stays or field.has_default() or field.has_db_default():
            return AlterField(model.name, name, field)
        value = self._questioner.default_for(model.label, name, new=False)
        return AlterField(model.name, name, _with_default(field, value), preserve_default=False)

    # Indexes, constraints, options

    def _removed_parts(self, key: ModelKey) -> Iterator[Change]:
        new = self._after.models[key]
        for option, operation in (("constraints", RemoveConstraint), ("indexes", RemoveIndex)):
            wanted = names(new.options.get(option, ()))
            for name, part in names(self._before.models[key].options.get(option, ())).items():
                if name not in wanted or source(wanted[name]) != source(part):
                    yield self._do(key[0], operation(new.name, name))
        old_groups = self._before.models[key].options.get("unique_together", ())
        new_groups = new.options.get("unique_together", ())
        stay = tuple(group for group in old_groups if group in new_groups)
        if stay != tuple(old_groups):
            yield self._do(key[0], AlterUniqueTogether(new.name, stay))

    def _added_parts(self, key: ModelKey, parts: frozenset[str]) -> Iterator[Change]:
        new, old = self._after.models[key], self._before.models[key]
        if new.options.get("unique_together", ()) != old.options.get("unique_together", ()):
            yield self._do(key[0], AlterUniqueTogether(new.name, new.options["unique_together"]))
        for name, index in names(new.options.get("indexes", ())).items():
            if name not in names(old.options.get("indexes", ())):
                yield self._do(key[0], AddIndex(new.name, index))
        for name, constraint in names(new.options.get("constraints", ())).items():
            if name not in names(old.options.get("constraints", ())):
                yield self._do(key[0], AddConstraint(new.name, constraint))

    def _options(self, key: ModelKey) -> Iterator[Change]:
        new, old = self._after.models[key], self._before.models[key]
        if new.options.get("db_table") != old.options.get("db_table"):
            yield self._do(key[0], AlterModelTable(new.name, new.options.get("db_table")))
        if new.options.get("db_table_comment") != old.options.get("db_table_comment"):
            yield self._do(key[0], AlterModelTableComment(new.name, new.options.get("db_table_comment")))
        if new.options.get("view") != old.options.get("view"):
            yield self._do(key[0], AlterView(new.name, new.options["view"]))
        wanted = {name: new.options[name] for name in OPTIONS_WITHOUT_SCHEMA if name in new.options}
        present = {name: old.options[name] for name in OPTIONS_WITHOUT_SCHEMA if name in old.options}
        if source(wanted) != source(present):
            yield self._do(key[0], AlterModelOptions(new.name, wanted))


def _kind(field: AnyField) -> str:
    if is_many(field):
        return "many-to-many"
    return "column" if field.concrete else "many-to-many through a model"


def _same(one: AnyField, two: AnyField, owner: ModelState) -> bool:
    return describe_field(one, owner.label, "").text == describe_field(two, owner.label, "").text


def _same_fields(old: ModelState, new: ModelState) -> bool:
    if old.fields.keys() != new.fields.keys():
        return False
    return all(
        _same(renamed_relation(field, old.label.lower(), new.label), new.fields[name], new)
        for name, field in old.fields.items()
    )


def _with_default(field: AnyField, value: object) -> AnyField:
    _, _, args, kwargs = field.deconstruct()
    options: dict[str, Any] = {**kwargs, "default": value}
    again: AnyField = type(field)(*args, **options)
    return again

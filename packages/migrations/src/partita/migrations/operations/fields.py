"""Operations on one field of a model."""

from typing import Any

from partita.migrations.errors import KeyCannotChange
from partita.migrations.operations.base import Operation
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import AnyField, ModelState, ProjectState, is_many, renamed_columns
from partita.orm import CompositePrimaryKey

__all__ = ("AddField", "AlterField", "RemoveField", "RenameField")


class _FieldOperation(Operation):
    """Changes one field; the database follows by comparing the table before and after."""

    model_name: str
    name: str

    def _change(
        self,
        app_label: str,
        editor: SchemaEditor,
        before: ProjectState,
        after: ProjectState,
        renamed: dict[str, str] | None = None,
        filling: AnyField | None = None,
    ) -> None:
        model = after.model(app_label, self.model_name)
        if editor.may_change(app_label, model):
            editor.change_model(
                before, after, app_label, self.model_name, self.model_name, renamed=renamed, filling=filling
            )

    def _place(self) -> str:
        return f"{self.model_name}.{self.name}"


class AddField(_FieldOperation):
    """Add a field.

    Args:
        model_name: Of the model.
        name: Of the field.
        field: The field; its default fills the rows there are.
        preserve_default: Whether the default stays the field's when they are filled.
    """

    def __init__(self, model_name: str, name: str, field: AnyField, preserve_default: bool = True) -> None:
        self.model_name, self.name, self.field, self.preserve_default = model_name, name, field, preserve_default

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the field."""
        model = state.model(app_label, self.model_name)
        _refuse_key(model, self.field)
        field = self.field if self.preserve_default else _without_default(self.field)
        state.put(model.with_fields({**model.fields, self.name: field}))

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Add a column, or make the table of a many-to-many field."""
        if is_many(self.field):
            if editor.may_change(app_label, after.model(app_label, self.model_name)):
                editor.create_through(after, app_label, self.model_name, self.name)
        elif self.field.concrete:
            self._change(app_label, editor, before, after, filling=_named(self.field, self.name))

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop it."""
        _remove(self, app_label, editor, before, after, self.field)

    def describe(self) -> str:
        """Such as ``Add field title to album``."""
        return f"Add field {self.name} to {self.model_name}"

    @property
    def fragment(self) -> str:
        """Model and field."""
        return f"{self.model_name.lower()}_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        arguments: dict[str, Any] = {"model_name": self.model_name, "name": self.name, "field": self.field}
        return "AddField", arguments | ({} if self.preserve_default else {"preserve_default": False})


class RemoveField(_FieldOperation):
    """Drop a field."""

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Take the field away."""
        model = state.model(app_label, self.model_name)
        _refuse_key(model, model.field(self.name))
        state.put(model.with_fields({name: field for name, field in model.fields.items() if name != self.name}))

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop the column, or the table of a many-to-many field."""
        field = before.model(app_label, self.model_name).field(self.name)
        _remove(self, app_label, editor, before, after, field)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Add it again; its default fills the rows there are."""
        field = after.model(app_label, self.model_name).field(self.name)
        if is_many(field):
            if editor.may_change(app_label, after.model(app_label, self.model_name)):
                editor.create_through(after, app_label, self.model_name, self.name)
        elif field.concrete:
            self._change(app_label, editor, before, after, filling=_named(field, self.name))

    def describe(self) -> str:
        """Such as ``Remove field title from album``."""
        return f"Remove field {self.name} from {self.model_name}"

    @property
    def fragment(self) -> str:
        """Model and field."""
        return f"remove_{self.model_name.lower()}_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return "RemoveField", {"model_name": self.model_name, "name": self.name}


class AlterField(_FieldOperation):
    """Change a field.

    Args:
        model_name: Of the model.
        name: Of the field.
        field: What it becomes; its default fills NULLs if it must not be NULL any more.
        preserve_default: Whether the default stays the field's when they are filled.
    """

    def __init__(self, model_name: str, name: str, field: AnyField, preserve_default: bool = True) -> None:
        self.model_name, self.name, self.field, self.preserve_default = model_name, name, field, preserve_default

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Replace the field."""
        model = state.model(app_label, self.model_name)
        _refuse_key(model, model.field(self.name))
        field = self.field if self.preserve_default else _without_default(self.field)
        state.put(model.with_fields({**model.fields, self.name: field}))

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Change the column, and columns that point to it."""
        self._alter(app_label, editor, before, after, self.field)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Change it back."""
        field = after.model(app_label, self.model_name).field(self.name)
        self._alter(app_label, editor, before, after, field)

    def _alter(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState, field: AnyField
    ) -> None:
        if is_many(field):
            place = (self.model_name, self.name)
            if editor.may_change(app_label, after.model(app_label, self.model_name)):
                editor.change_through(before, after, app_label, place, place)
        elif field.concrete:
            old = before.tables.bound(app_label, self.model_name, self.name)
            new = after.tables.bound(app_label, self.model_name, self.name)
            renamed = renamed_columns(old, new)
            self._change(app_label, editor, before, after, renamed=renamed, filling=_named(field, self.name))

    def describe(self) -> str:
        """Such as ``Alter field title on album``."""
        return f"Alter field {self.name} on {self.model_name}"

    @property
    def fragment(self) -> str:
        """Model and field."""
        return f"alter_{self.model_name.lower()}_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        arguments: dict[str, Any] = {"model_name": self.model_name, "name": self.name, "field": self.field}
        return "AlterField", arguments | ({} if self.preserve_default else {"preserve_default": False})


class RenameField(_FieldOperation):
    """Give a field another name, its column too unless ``db_column`` says otherwise."""

    def __init__(self, model_name: str, old_name: str, new_name: str) -> None:
        self.model_name, self.old_name, self.new_name = model_name, old_name, new_name
        self.name = new_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Rename it, also in options and where relations name it."""
        rename_field(state, app_label, self.model_name, self.old_name, self.new_name)

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Rename the column, and what is named after it."""
        self._rename(app_label, editor, before, after, self.old_name, self.new_name)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Rename it back."""
        self._rename(app_label, editor, before, after, self.new_name, self.old_name)

    def _rename(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState, old: str, new: str
    ) -> None:
        model = after.model(app_label, self.model_name)
        if is_many(model.field(new)):
            if editor.may_change(app_label, model):
                editor.change_through(before, after, app_label, (self.model_name, old), (self.model_name, new))
        elif model.field(new).concrete:
            old_field = before.tables.bound(app_label, self.model_name, old)
            new_field = after.tables.bound(app_label, self.model_name, new)
            self._change(app_label, editor, before, after, renamed=renamed_columns(old_field, new_field))

    def describe(self) -> str:
        """Such as ``Rename field title on album to name``."""
        return f"Rename field {self.old_name} on {self.model_name} to {self.new_name}"

    @property
    def fragment(self) -> str:
        """Both names."""
        return f"rename_{self.old_name.lower()}_{self.model_name.lower()}_{self.new_name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        names = {"model_name": self.model_name, "old_name": self.old_name, "new_name": self.new_name}
        return "RenameField", dict(names)


def rename_field(state: ProjectState, app_label: str, model_name: str, old: str, new: str) -> None:
    """Rename a field in ``state``, also in options and where relations name it."""
    model = state.model(app_label, model_name)
    model.field(old)
    fields = {new if name == old else name: _renamed_part(field, old, new) for name, field in model.fields.items()}
    options: dict[str, Any] = dict(model.options)
    if "unique_together" in options:
        options["unique_together"] = tuple(
            tuple(new if name == old else name for name in group) for group in options["unique_together"]
        )
    state.put(model.with_exactly(fields, options))
    for other in list(state.models.values()):
        changed = {name: _renamed_target(field, other, model, old, new) for name, field in other.fields.items()}
        if any(changed[name] is not other.fields[name] for name in changed):
            state.put(other.with_fields(changed))


def _renamed_part(field: AnyField, old: str, new: str) -> AnyField:
    """Return a key of several columns with ``new`` where it named ``old``."""
    if not isinstance(field, CompositePrimaryKey):
        return field
    names = {old: new, f"{old}_id": f"{new}_id"}
    return CompositePrimaryKey(*[names.get(name, name) for name in field.field_names])


def _renamed_target(field: AnyField, owner: ModelState, model: ModelState, old: str, new: str) -> AnyField:
    if not field.is_relation:
        return field
    _, _, args, kwargs = field.deconstruct()
    label = str(kwargs["to"]).lower()
    if kwargs.get("to_field") == old and label in {model.label.lower(), "self"}:
        again: AnyField = type(field)(*args, **{**kwargs, "to_field": new})
        return again
    if old in kwargs.get("through_fields", ()) and str(kwargs.get("through", "")).lower() == model.label.lower():
        ends = tuple(new if name == old else name for name in kwargs["through_fields"])
        through: AnyField = type(field)(*args, **{**kwargs, "through_fields": ends})
        return through
    return field


def _remove(
    operation: _FieldOperation,
    app_label: str,
    editor: SchemaEditor,
    before: ProjectState,
    after: ProjectState,
    field: AnyField,
) -> None:
    if is_many(field):
        if editor.may_change(app_label, before.model(app_label, operation.model_name)):
            editor.delete_through(before, app_label, operation.model_name, operation.name)
    elif field.concrete:
        operation._change(app_label, editor, before, after)


def _without_default(field: AnyField) -> AnyField:
    _, _, args, kwargs = field.deconstruct()
    kwargs.pop("default", None)
    again: AnyField = type(field)(*args, **kwargs)
    return again


def _named(field: AnyField, name: str) -> AnyField:
    """Return the field with the name that finds its column."""
    again = field.clone()
    again.name = name
    return again


def _refuse_key(model: ModelState, field: AnyField) -> None:
    """Refuse to change a key that is made of several columns: rows everywhere may point to it."""
    if field.is_tuple:
        raise KeyCannotChange(model.label)

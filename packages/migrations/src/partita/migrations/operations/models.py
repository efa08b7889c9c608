"""Operations on whole models."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from partita.migrations.operations.base import Operation
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import AnyField, ModelState, ProjectState, is_many

__all__ = (
    "AlterModelOptions",
    "AlterModelTable",
    "AlterModelTableComment",
    "AlterUniqueTogether",
    "AlterView",
    "CreateModel",
    "DeleteModel",
    "RenameModel",
)

OPTIONS_WITHOUT_SCHEMA = (
    "ordering",
    "verbose_name",
    "verbose_name_plural",
    "get_latest_by",
    "managed",
    "default_related_name",
    "default_permissions",
    "permissions",
)
"""What `AlterModelOptions` may change: nothing in the database follows."""


class CreateModel(Operation):
    """Make a model and its table.

    Args:
        name: Of the class.
        fields: Pairs of name and field.
        options: What its ``Meta`` says.
        bases: Labels of the models that it inherits from and that have tables of their own, such as ``shop.Place``.
    """

    def __init__(
        self,
        name: str,
        fields: Sequence[tuple[str, AnyField]],
        options: Mapping[str, Any] | None = None,
        bases: Sequence[str] = (),
    ) -> None:
        self.name, self.fields, self.options, self.bases = name, list(fields), dict(options or {}), tuple(bases)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add the model."""
        state.put(ModelState(app_label, self.name, dict(self.fields), self.options, self.bases))

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Create its table and those of its many-to-many fields."""
        if editor.may_change(app_label, after.model(app_label, self.name)):
            editor.create_model(after, app_label, self.name)
        editor.change_view(None, after.model(app_label, self.name))

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop them."""
        editor.change_view(before.model(app_label, self.name), None)
        if editor.may_change(app_label, before.model(app_label, self.name)):
            editor.delete_model(before, app_label, self.name)

    def describe(self) -> str:
        """Such as ``Create model Album``."""
        return f"Create model {self.name}"

    @property
    def fragment(self) -> str:
        """The model."""
        return self.name.lower()

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Name, fields, options, bases."""
        arguments: dict[str, Any] = {"name": self.name, "fields": self.fields}
        arguments |= {"options": self.options} if self.options else {}
        return "CreateModel", arguments | ({"bases": self.bases} if self.bases else {})


class DeleteModel(Operation):
    """Drop a model and its table."""

    def __init__(self, name: str) -> None:
        self.name = name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Take the model away."""
        state.remove(app_label, self.name)

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop its table and those of its many-to-many fields."""
        editor.change_view(before.model(app_label, self.name), None)
        if editor.may_change(app_label, before.model(app_label, self.name)):
            editor.delete_model(before, app_label, self.name)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Create them again, empty."""
        if editor.may_change(app_label, after.model(app_label, self.name)):
            editor.create_model(after, app_label, self.name)
        editor.change_view(None, after.model(app_label, self.name))

    def describe(self) -> str:
        """Such as ``Delete model Album``."""
        return f"Delete model {self.name}"

    @property
    def fragment(self) -> str:
        """The model."""
        return f"delete_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Name."""
        return "DeleteModel", {"name": self.name}


class RenameModel(Operation):
    """Give a model another name, its table too unless ``db_table`` says otherwise."""

    def __init__(self, old_name: str, new_name: str) -> None:
        self.old_name, self.new_name = old_name, new_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Rename it, also where relations point to it."""
        state.rename_model(app_label, self.old_name, self.new_name)

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Rename tables, and what is named after them."""
        self._rename(app_label, editor, before, after, self.old_name, self.new_name)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Rename them back."""
        self._rename(app_label, editor, before, after, self.new_name, self.old_name)

    def _rename(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState, old: str, new: str
    ) -> None:
        model = after.model(app_label, new)
        if editor.may_change(app_label, model):
            editor.change_model(before, after, app_label, old, new)
            for name, field in model.fields.items():
                if is_many(field):
                    editor.change_through(before, after, app_label, (old, name), (new, name))

    def describe(self) -> str:
        """Such as ``Rename model Album to Record``."""
        return f"Rename model {self.old_name} to {self.new_name}"

    @property
    def fragment(self) -> str:
        """Both names."""
        return f"rename_{self.old_name.lower()}_{self.new_name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Both names."""
        return "RenameModel", {"old_name": self.old_name, "new_name": self.new_name}


class _OptionsOperation(Operation, ABC):
    """Changes options of one model; the database follows by comparing the table before and after."""

    name: str

    @abstractmethod
    def _options(self, model: ModelState) -> dict[str, Any]:
        """Return the options that change."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the options."""
        model = state.model(app_label, self.name)
        state.put(model.with_options(**self._options(model)))

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Change the table accordingly."""
        model = after.model(app_label, self.name)
        if editor.may_change(app_label, model):
            editor.change_model(before, after, app_label, self.name, self.name)
            for name, field in model.fields.items():
                if is_many(field):
                    editor.change_through(before, after, app_label, (self.name, name), (self.name, name))

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """The same, the other way."""
        self.database_forwards(app_label, editor, before, after)


class AlterModelTable(_OptionsOperation):
    """Give a model's table another name; None for the usual one."""

    def __init__(self, name: str, table: str | None) -> None:
        self.name, self.table = name, table

    def _options(self, model: ModelState) -> dict[str, Any]:
        return {"db_table": self.table}

    def describe(self) -> str:
        """Such as ``Rename table for album to records``."""
        return f"Rename table for {self.name} to {self.table or 'the usual one'}"

    @property
    def fragment(self) -> str:
        """The model."""
        return f"alter_{self.name.lower()}_table"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Name and table."""
        return "AlterModelTable", {"name": self.name, "table": self.table}


class AlterModelTableComment(_OptionsOperation):
    """Change the comment that the database keeps with a table."""

    def __init__(self, name: str, table_comment: str | None) -> None:
        self.name, self.table_comment = name, table_comment

    def _options(self, model: ModelState) -> dict[str, Any]:
        return {"db_table_comment": self.table_comment}

    def describe(self) -> str:
        """Such as ``Alter table comment of album``."""
        return f"Alter table comment of {self.name}"

    @property
    def fragment(self) -> str:
        """The model."""
        return f"alter_{self.name.lower()}_comment"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Name and comment."""
        return "AlterModelTableComment", {"name": self.name, "table_comment": self.table_comment}


class AlterUniqueTogether(_OptionsOperation):
    """Change which fields together must be unique."""

    def __init__(self, name: str, unique_together: Sequence[Sequence[str]]) -> None:
        self.name, self.unique_together = name, tuple(tuple(group) for group in unique_together or ())

    def _options(self, model: ModelState) -> dict[str, Any]:
        return {"unique_together": self.unique_together}

    def describe(self) -> str:
        """Such as ``Alter unique together of album (1 constraint)``."""
        return f"Alter unique together of {self.name} to {self.unique_together!r}"

    @property
    def fragment(self) -> str:
        """The model."""
        return f"alter_{self.name.lower()}_unique_together"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Name and groups."""
        return "AlterUniqueTogether", {"name": self.name, "unique_together": self.unique_together}


class AlterView(Operation):
    """Make a view anew, because its query changed.

    Args:
        name: Of the model.
        view: What `View.view_sql` says of it.
    """

    def __init__(self, name: str, view: Mapping[str, Any]) -> None:
        self.name, self.view = name, dict(view)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Replace the query."""
        state.put(state.model(app_label, self.name).with_options(view=self.view))

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Drop it, and create it anew."""
        editor.change_view(before.model(app_label, self.name), after.model(app_label, self.name))

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """The same, the other way."""
        self.database_forwards(app_label, editor, before, after)

    def describe(self) -> str:
        """Such as ``Alter view sales``."""
        return f"Alter view {self.name}"

    @property
    def fragment(self) -> str:
        """The model."""
        return f"alter_view_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Name and query."""
        return "AlterView", {"name": self.name, "view": self.view}


class AlterModelOptions(Operation):
    """Change options that the database does not know of; those left out go back to what they are by default."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self.name, self.options = name, dict(options)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change the options."""
        model = state.model(app_label, self.name)
        kept = {name: value for name, value in model.options.items() if name not in OPTIONS_WITHOUT_SCHEMA}
        state.put(model.with_exactly(model.fields, {**kept, **self.options}))

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Nothing follows."""

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Nothing follows."""

    def describe(self) -> str:
        """Such as ``Change Meta options of album``."""
        return f"Change Meta options of {self.name}"

    @property
    def fragment(self) -> str:
        """The model."""
        return f"alter_{self.name.lower()}_options"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """Name and options."""
        return "AlterModelOptions", {"name": self.name, "options": self.options}

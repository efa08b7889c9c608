"""Operations on indexes and constraints of a model."""

from typing import Any

from partita.migrations.errors import StateError
from partita.migrations.operations.base import Operation
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import ModelState, ProjectState, names

__all__ = ("AddConstraint", "AddIndex", "RemoveConstraint", "RemoveIndex", "RenameIndex")


class _ListOperation(Operation):
    """Changes the indexes or constraints of one model; the database follows by comparing the table before and after."""

    model_name: str

    def database_forwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Change the table accordingly."""
        if editor.may_change(app_label, after.model(app_label, self.model_name)):
            editor.change_model(before, after, app_label, self.model_name, self.model_name)

    def database_backwards(
        self, app_label: str, editor: SchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """The same, the other way."""
        self.database_forwards(app_label, editor, before, after)

    def _add(self, app_label: str, state: ProjectState, option: str, value: Any) -> None:
        model = state.model(app_label, self.model_name)
        state.put(model.with_options(**{option: (*model.options.get(option, ()), value)}))

    def _remove(self, app_label: str, state: ProjectState, option: str, name: str) -> None:
        model = state.model(app_label, self.model_name)
        _found(model, option, name)
        kept = tuple(value for value in model.options.get(option, ()) if value.name != name)
        state.put(model.with_options(**{option: kept}))


class AddIndex(_ListOperation):
    """Add an index."""

    def __init__(self, model_name: str, index: Any) -> None:
        self.model_name, self.index = model_name, index

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add it to the model's options."""
        self._add(app_label, state, "indexes", self.index)

    def describe(self) -> str:
        """Such as ``Create index album_title_idx on album``."""
        return f"Create index {self.index.name} on {self.model_name}"

    @property
    def fragment(self) -> str:
        """Its name."""
        return f"{self.model_name.lower()}_{self.index.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return "AddIndex", {"model_name": self.model_name, "index": self.index}


class RemoveIndex(_ListOperation):
    """Drop an index."""

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Take it from the model's options."""
        self._remove(app_label, state, "indexes", self.name)

    def describe(self) -> str:
        """Such as ``Remove index album_title_idx from album``."""
        return f"Remove index {self.name} from {self.model_name}"

    @property
    def fragment(self) -> str:
        """Its name."""
        return f"remove_{self.model_name.lower()}_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return "RemoveIndex", {"model_name": self.model_name, "name": self.name}


class RenameIndex(_ListOperation):
    """Give an index another name; it is made again under it."""

    def __init__(self, model_name: str, new_name: str, old_name: str) -> None:
        self.model_name, self.new_name, self.old_name = model_name, new_name, old_name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Replace it in the model's options."""
        model = state.model(app_label, self.model_name)
        old = _found(model, "indexes", self.old_name)
        _, args, kwargs = tuple(old.deconstruct())[-3:]
        new = type(old)(*args, **{**kwargs, "name": self.new_name})
        indexes = tuple(new if value is old else value for value in model.options["indexes"])
        state.put(model.with_options(indexes=indexes))

    def describe(self) -> str:
        """Such as ``Rename index a on album to b``."""
        return f"Rename index {self.old_name} on {self.model_name} to {self.new_name}"

    @property
    def fragment(self) -> str:
        """Both names."""
        return f"rename_{self.old_name.lower()}_{self.new_name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        given = {"model_name": self.model_name, "new_name": self.new_name, "old_name": self.old_name}
        return "RenameIndex", dict(given)


class AddConstraint(_ListOperation):
    """Add a constraint; rows that break it make this fail."""

    def __init__(self, model_name: str, constraint: Any) -> None:
        self.model_name, self.constraint = model_name, constraint

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Add it to the model's options."""
        self._add(app_label, state, "constraints", self.constraint)

    def describe(self) -> str:
        """Such as ``Create constraint year_is_positive on album``."""
        return f"Create constraint {self.constraint.name} on {self.model_name}"

    @property
    def fragment(self) -> str:
        """Its name."""
        return f"{self.model_name.lower()}_{self.constraint.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return "AddConstraint", {"model_name": self.model_name, "constraint": self.constraint}


class RemoveConstraint(_ListOperation):
    """Drop a constraint."""

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name, self.name = model_name, name

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Take it from the model's options."""
        self._remove(app_label, state, "constraints", self.name)

    def describe(self) -> str:
        """Such as ``Remove constraint year_is_positive from album``."""
        return f"Remove constraint {self.name} from {self.model_name}"

    @property
    def fragment(self) -> str:
        """Its name."""
        return f"remove_{self.model_name.lower()}_{self.name.lower()}"

    def deconstruct(self) -> tuple[str, dict[str, Any]]:
        """What was given."""
        return "RemoveConstraint", {"model_name": self.model_name, "name": self.name}


def _found(model: ModelState, option: str, name: str) -> Any:
    found = names(model.options.get(option, ())).get(name)
    if found is None:
        raise StateError(option.removesuffix("es").removesuffix("s"), f"{model.label}: {name}")
    return found

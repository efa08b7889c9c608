"""The register in which models find one another by name."""

import threading
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData

from partita.orm.errors import ModelError

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("Registry", "registry")


class Registry:
    """Models under their labels, such as ``shop.album``; relations given as text wait here for their model.

    What models make at their first use (tables, joins, plans) is made under ``building``, once for all threads.

    Args:
        default_auto_field: The class of the key that models get which declare none; ``BigAutoField`` if left out.
        swaps: What stands for models that may be swapped; see `swap`.
    """

    def __init__(self, *, default_auto_field: Any = None, swaps: Mapping[str, str] | None = None) -> None:
        if default_auto_field is not None:
            from partita.orm.fields.numbers import AutoField

            if not (isinstance(default_auto_field, type) and issubclass(default_auto_field, AutoField)):
                raise ModelError(
                    f"default_auto_field must be AutoField or a class that inherits from it, not {default_auto_field!r:.80}."
                )
        self.default_auto_field = default_auto_field
        self.swaps: dict[str, str] = dict(swaps or {})
        self.metadata = MetaData()
        self.building = threading.RLock()
        self._models: dict[tuple[str, str], type[Model]] = {}
        self._waiting: dict[tuple[str, str], list[Callable[[Any], None]]] = {}
        self._frozen = False

    def freeze(self) -> None:
        """Take no more models."""
        self._frozen = True

    def register(self, model: "type[Model]") -> None:
        """Add a model and connect the relations that wait for it.

        Raises:
            ModelError: If the label is taken or the registry is frozen.
        """
        key = (model._meta.app_label, model._meta.model_name)
        known = self._models.get(key)
        again = known is not None and (known.__module__, known.__qualname__) == (model.__module__, model.__qualname__)
        if again:  # its module runs a second time: in a notebook, after a failed import
            warnings.warn(
                f"Model '{model._meta.label_lower}' was already registered. Reloading models is not advised as it can lead "
                "to inconsistencies, most notably with related models.",
                RuntimeWarning,
                stacklevel=2,
            )
        elif known is not None:
            raise ModelError(
                f"Two models are called {model._meta.label}: {known.__module__}.{known.__qualname__} and "
                f"{model.__module__}.{model.__qualname__}. Rename one, or give it a Meta.app_label or Meta.registry of its own."
            )
        if self._frozen:
            raise ModelError(
                f"{model._meta.label} comes too late: the registry is frozen once an application is built."
            )
        self._models[key] = model
        for callback in self._waiting.pop(key, ()):
            self._meet(model, callback)

    def when_registered(self, label: str, callback: Callable[[Any], None]) -> None:
        """Call ``callback`` with the model ``label`` as soon as it exists."""
        key = _key(label)
        if key in self._models:
            self._meet(self._models[key], callback)
        else:
            self._waiting.setdefault(key, []).append(callback)

    def _meet(self, model: "type[Model]", callback: Callable[[Any], None]) -> None:
        swapped = model._meta.swapped
        if swapped is None:
            callback(model)
        else:  # relations follow
            self.when_registered(swapped, callback)

    def swap(self, swappable: str, label: str) -> None:
        """Let another model stand for one whose ``Meta.swappable`` is ``swappable``; relations to the one lead to the other.

        The one gets no table, and its managers say what stands for it.

        Args:
            swappable: The name in ``Meta.swappable``, such as ``AUTH_USER_MODEL``.
            label: The model that stands for it, such as ``shop.Customer``.

        Raises:
            ModelError: If it comes too late: such a model is declared already.
        """
        late = next((model for model in self._models.values() if model._meta.swappable == swappable), None)
        if late is not None and self.swaps.get(swappable, late._meta.label).lower() != label.lower():
            raise ModelError(
                f"{late._meta.label} is declared already, so {label} comes too late to stand for it. Call swap() before its "
                "module is imported."
            )
        self.swaps[swappable] = label

    def get_model(self, app_label: str, model_name: str | None = None) -> "type[Model]":
        """Return one model, named as ``"shop.Album"`` or ``"shop", "Album"``.

        Raises:
            LookupError: If there is none.
        """
        key = _key(app_label) if model_name is None else (app_label, model_name.lower())
        try:
            return self._models[key]
        except KeyError:
            raise LookupError(f"There is no model {'.'.join(key)!r}. Is its module imported?") from None

    def get_models(
        self, app_label: str | None = None, *, include_auto_created: bool = False, include_swapped: bool = False
    ) -> "list[type[Model]]":
        """Return the models, of one app or all, in the order of their declaration."""
        return [
            model
            for (label, _), model in self._models.items()
            if app_label in (None, label)
            and (include_auto_created or not model._meta.auto_created)
            and (include_swapped or model._meta.swapped is None)
        ]

    def waiting(self) -> dict[tuple[str, str], list[Callable[[Any], None]]]:
        """Return what waits for models that are not there, by app label and name in lower case."""
        return {key: list(callbacks) for key, callbacks in self._waiting.items()}

    def unresolved(self) -> list[str]:
        """Return the labels that relations wait for."""
        return [".".join(key) for key in self._waiting]


def _key(label: str) -> tuple[str, str]:
    app_label, _, model_name = label.rpartition(".")
    return app_label, model_name.lower()


registry = Registry()
"""Where models go that name no other registry; one a process, because classes are made at import."""

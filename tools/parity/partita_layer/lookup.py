"""What partita has, by name."""

from __future__ import annotations

import importlib
from typing import Any

from partita.orm import Model, registry

__all__ = (
    "Models",
    "all_models",
    "find",
    "need",
)


def find(module: str, name: str | None = None) -> Any:
    """Return an object of partita, or None."""
    if (module, name) == ("partita.orm", "registry"):
        return Models()
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        return None
    return getattr(found, name, None) if name else found


def need(module: str, name: str) -> Any:
    """Return an object of partita, or fail the test that asks for it."""
    found = find(module, name)
    if found is None:
        raise importlib.import_module("harness.missing").MissingName(f"{module}.{name}")
    return found


class Models:
    """partita's register of models, under the names that the runner calls."""

    def models(self) -> list[type[Model]]:
        """Return all models."""
        return registry.get_models(include_auto_created=True)

    def model(self, app_label: str, name: str) -> type[Model]:
        """Return one model."""
        return registry.get_model(app_label, name)


def all_models() -> list[type[Model]]:
    """Return every model that a table is made for."""
    return Models().models()

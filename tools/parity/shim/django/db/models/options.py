"""Where models go that tests isolate: Django swaps the default of its options, partita has registers."""

from __future__ import annotations

from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.orm import Registry, options, registry

__all__ = ("Options",)


class _Switch(type):
    _apps: Any = None

    @property
    def default_apps(cls) -> Any:
        """The register of the tests; None means partita's own."""
        return cls._apps

    @default_apps.setter
    def default_apps(cls, apps: Any) -> None:
        cls._apps = apps
        options._DEFAULTS["registry"] = registry if apps is None else Registry()


class Options(options.Options, metaclass=_Switch):
    """The options of a model."""


__getattr__ = fallback("django.db.models.options")

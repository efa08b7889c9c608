"""Django's name for the engine over Jinja2."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from django.template.engine import named_processors  # pyright: ignore
from harness import adapter  # pyright: ignore[reportMissingImports]

from partita.templates.jinja import JinjaEngine


class Jinja2(JinjaEngine):
    """The engine made from Django's dictionary."""

    app_dirname = "jinja2"

    def __init__(self, params: dict[str, Any]) -> None:
        self.name = params.get("NAME", "jinja2")
        options = dict(params.get("OPTIONS", {}))
        if "environment" in options:
            module, _, name = options["environment"].rpartition(".")
            options["environment"] = getattr(import_module(module), name)
        apps = [Path(folder) / "jinja2" for folder in adapter.package_folders()] if params.get("APP_DIRS") else []
        given = list(named_processors(options.pop("context_processors", ())))
        super().__init__([*params.get("DIRS", ()), *apps], context_processors=given, **options)

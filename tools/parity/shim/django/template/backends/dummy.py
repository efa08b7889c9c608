"""Django's name for the engine over ``string.Template``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]

from partita.templates.strings import StringEngine


class TemplateStrings(StringEngine):
    """The engine made from Django's dictionary."""

    app_dirname = "template_strings"

    def __init__(self, params: dict[str, Any]) -> None:
        self.name = params.get("NAME", "dummy")
        apps = (
            [Path(folder) / "template_strings" for folder in adapter.package_folders()]
            if params.get("APP_DIRS")
            else []
        )
        super().__init__([*params.get("DIRS", ()), *apps])

"""Django's name for partita's own engine."""

from __future__ import annotations

from typing import Any

from django.template.engine import Engine  # pyright: ignore


class DjangoTemplates(Engine):
    """The engine made from Django's dictionary."""

    app_dirname = "templates"

    def __init__(self, params: dict[str, Any]) -> None:
        self.name = params.get("NAME", "django")
        options = dict(params.get("OPTIONS", {}))
        super().__init__(params.get("DIRS", ()), bool(params.get("APP_DIRS")), **options)
        self.engine = self

"""Django's renderers: partita's, over engines with the folders of the installed applications."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.forms import renderers as ours
from partita.templates import Engine

__all__ = ("BaseRenderer", "DjangoTemplates", "Jinja2", "TemplatesSetting")


def _renamed(name: str) -> str:
    return f"partita/{name.removeprefix('django/')}" if name.startswith("django/forms/") else name


class BaseRenderer(ours.BaseRenderer):
    """partita's, whose templates have other names."""

    def direct(self, template_name: str) -> ours.Writer | None:
        return super().direct(_renamed(template_name))

    def render(self, template_name: str, context: Mapping[str, object], request: object = None) -> str:
        return super().render(_renamed(template_name), context, request)  # type: ignore[safe-super]


class DjangoTemplates(BaseRenderer, ours.TemplatesRenderer):
    """partita's renderer for templates."""

    def __init__(self) -> None:
        super().__init__(Engine(dirs=[*adapter.app_folders(), ours.TEMPLATES]))

    def get_template(self, name: str) -> Any:
        return self.engine.get_template(_renamed(name))  # type: ignore[attr-defined]


TemplatesSetting = DjangoTemplates


class Jinja2(BaseRenderer, ours.Jinja2Renderer):
    """partita's renderer with Jinja2."""

    def __init__(self) -> None:
        import jinja2

        folders = [f"{folder}/jinja2" for folder in adapter.package_folders() if Path(folder, "jinja2").is_dir()]
        super().__init__(jinja2.Environment(loader=jinja2.FileSystemLoader(folders), auto_reload=False))

    def get_template(self, name: str) -> Any:
        return self.engine.get_template(_renamed(name))  # type: ignore[attr-defined]


__getattr__ = fallback("django.forms.renderers")

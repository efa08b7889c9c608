"""Templates of the current application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES
from partita.templates import Template

__all__ = ("get_template", "render_to_string", "select_template")


def get_template(template_name: str, using: str | None = None) -> Template:
    """Return a template."""
    engine: Any = require(TEMPLATES)
    found: Template = engine.get_template(template_name)
    return found


def select_template(template_name_list: Sequence[str], using: str | None = None) -> Template:
    """Return the first template there is."""
    engine: Any = require(TEMPLATES)
    found: Template = engine.select_template(template_name_list)
    return found


def render_to_string(
    template_name: str | Sequence[str], context: Any = None, request: Any = None, using: str | None = None
) -> str:
    """Return a template rendered."""
    engine: Any = require(TEMPLATES)
    text: str = engine.render(template_name, context, request)
    return text


__getattr__ = fallback("django.template.loader")

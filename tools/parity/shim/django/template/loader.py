"""Templates of the engines of the setting TEMPLATES."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template import engines  # pyright: ignore
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

__all__ = ("get_template", "render_to_string", "select_template")


_ENGINES: Any = engines


def get_template(template_name: str, using: str | None = None) -> Any:
    """Return a template."""
    return _ENGINES.made().get_template(template_name, using)


def select_template(template_name_list: Sequence[str], using: str | None = None) -> Any:
    """Return the first template there is."""
    return _ENGINES.made().select_template(template_name_list, using)


def render_to_string(
    template_name: str | Sequence[str], context: Any = None, request: Any = None, using: str | None = None
) -> Any:
    """Return a template rendered."""
    return _ENGINES.made().render(template_name, context, request, using)


__getattr__ = fallback("django.template.loader")

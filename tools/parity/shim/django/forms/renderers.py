"""partita's widgets write their HTML themselves, so a renderer is an argument that nobody needs: it is dropped."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.forms import Widget

__all__ = ("DjangoTemplates", "Jinja2")


class DjangoTemplates:
    """Stands for Django's own renderer."""


class Jinja2:
    """Stands for Django's renderer with Jinja2."""


def _without_renderer(render: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(render)
    def dropped(self: Widget, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return render(self, name, value, attrs)

    return dropped


def _drop_renderers(kind: Any) -> None:
    if "render" in vars(kind):
        kind.render = _without_renderer(kind.render)
    for below in kind.__subclasses__():
        _drop_renderers(below)


_drop_renderers(Widget)

__getattr__ = fallback("django.forms.renderers")

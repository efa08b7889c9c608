"""Django's names of arguments for partita's decorators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita import views

__all__ = ("condition",)


def condition(
    etag_func: Callable[..., Any] | None = None, last_modified_func: Callable[..., Any] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Skip a view if the client has what it would answer with."""
    return views.condition(etag_func, last_modified_func)


__getattr__ = fallback("django.views.decorators.http")

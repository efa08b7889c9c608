"""partita's filters as functions: its libraries hold them under the names that templates use."""

from __future__ import annotations

from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.templates import stringfilter
from partita.templates.filters import html, lists, strings, values

__all__ = ("stringfilter",)

_FILTERS = {**strings.register.filters, **html.register.filters, **lists.register.filters, **values.register.filters}
_else = fallback("django.template.defaultfilters")


def __getattr__(name: str) -> Any:
    found = _FILTERS.get(name.removesuffix("_filter"))
    return _else(name) if found is None else found

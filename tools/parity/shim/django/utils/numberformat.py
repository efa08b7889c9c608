"""Django's arguments for the format of a number."""

from __future__ import annotations

import importlib
from decimal import Decimal

from partita.text import Formats, number_format

__all__ = ("format",)


def format(
    number: float | Decimal | str,
    decimal_sep: str,
    decimal_pos: int | None = None,
    grouping: int | tuple[int, ...] = 0,
    thousand_sep: str = "",
    force_grouping: bool = False,
    use_l10n: bool | None = None,
) -> str:
    """Write a number with the separators given."""
    sizes = (grouping,) if isinstance(grouping, int) else grouping
    formats = Formats(decimal_separator=decimal_sep, thousand_separator=thousand_sep, grouping=sizes)
    usual = use_l10n is not False and bool(importlib.import_module("django.conf").settings.USE_THOUSAND_SEPARATOR)
    wanted = force_grouping or usual
    return number_format(number, decimal_pos, group=wanted and bool(sizes[0]), formats=formats)

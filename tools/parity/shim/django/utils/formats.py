"""Django's arguments for formats of the language in force or of another one."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

import partita.text as text
from partita import i18n
from partita.contracts.current import require

__all__ = (
    "date_format",
    "get_format",
    "localize",
    "number_format",
    "reset_format_cache",
    "sanitize_separators",
    "time_format",
)

sanitize_separators = text.plain_number


def get_format(format_type: Any, lang: str | None = None, use_l10n: bool | None = None) -> Any:
    """Return a format by its name."""
    return text.get_format(str(format_type), None if lang is None else _formats(lang))


def date_format(value: date, format: str | None = None, use_l10n: bool | None = None) -> str:
    """Write a date."""
    return text.date_format(value, format)


def time_format(value: time, format: str | None = None, use_l10n: bool | None = None) -> str:
    """Write a time."""
    return text.time_format(value, format)


def number_format(
    value: float | Decimal | str,
    decimal_pos: int | None = None,
    use_l10n: bool | None = None,
    force_grouping: bool = False,
) -> str:
    """Write a number."""
    return text.number_format(value, decimal_pos, group=True if force_grouping else None)


def localize(value: Any, use_l10n: bool | None = None) -> Any:
    """Write a value as the language in force does."""
    return text.localize(value)


def reset_format_cache() -> None:
    """Do nothing: partita keeps formats with the application, which is made anew for other settings."""


def _formats(language: str) -> text.Formats:
    translations = require(i18n.TRANSLATIONS)
    return translations.formats(translations.match(language))


__getattr__ = fallback("django.utils.formats")

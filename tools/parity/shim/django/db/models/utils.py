"""The label of no choice, which Django finds by a setting."""

from __future__ import annotations

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.contracts.i18n import LazyText
from partita.forms.choices import BLANK_CHOICE_LABEL

__all__ = ("get_blank_choice_label",)


def get_blank_choice_label() -> LazyText:
    """Return the label."""
    return BLANK_CHOICE_LABEL


__getattr__ = fallback("django.db.models.utils")

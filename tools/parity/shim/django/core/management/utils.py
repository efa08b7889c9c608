"""The program that Django's tests look for before they extract or compile messages; partita itself needs none."""

from __future__ import annotations

import shutil

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

__all__ = ("find_command",)


def find_command(name: str) -> str | None:
    """Return the path of a program, or None."""
    return shutil.which(name)


__getattr__ = fallback("django.core.management.utils")

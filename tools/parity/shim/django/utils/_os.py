"""Whether the machine of the tests has symbolic links, which one of them asks for."""

from __future__ import annotations

import os

from harness.hook import fallback  # pyright: ignore[reportMissingImports]

__all__ = ("symlinks_supported",)


def symlinks_supported() -> bool:
    """Tell whether it has."""
    return hasattr(os, "symlink")


__getattr__ = fallback("django.utils._os")

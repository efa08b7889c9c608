"""Where packages keep files that are served as they are."""

from pathlib import Path

from partita.contracts.key import ExtensionPoint

__all__ = ("STATIC_DIRS",)

STATIC_DIRS = ExtensionPoint[Path]("partita.static.dirs")
"""Folders, first come first served; a file's URL is its path below the folder."""

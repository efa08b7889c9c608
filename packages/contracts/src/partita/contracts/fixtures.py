"""Where packages keep rows that can be loaded into a database."""

from pathlib import Path

from partita.contracts.key import ExtensionPoint

__all__ = ("FIXTURE_DIRS",)

FIXTURE_DIRS = ExtensionPoint[Path]("partita.serializers.fixture_dirs")
"""Folders named ``fixtures``, the project's own before those of partita's packages."""

"""Where packages keep files that are served as they are, and what their addresses are."""

from collections.abc import Callable
from pathlib import Path

from partita.contracts.key import ExtensionPoint, Key

__all__ = ("ASSET_URL", "STATIC_DIRS")

STATIC_DIRS = ExtensionPoint[Path]("partita.static.dirs")
"""Folders, first come first served; a file's URL is its path below the folder."""

ASSET_URL = Key[Callable[[str], str]]("partita.static.asset_url")
"""Makes the URL of a static file from its name, such as ``shop/shop.js``."""

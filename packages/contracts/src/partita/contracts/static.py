"""Where packages keep files that are served as they are, and what their addresses are."""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from partita.contracts.key import ExtensionPoint, Key

__all__ = ("ASSET_URL", "STATIC_DIRS", "STATIC_SERVING")

STATIC_DIRS = ExtensionPoint[Path]("partita.static.dirs")
"""Folders, first come first served; a file's URL is its path below the folder."""

ASSET_URL = Key[Callable[[str], str]]("partita.static.asset_url")
"""Makes the URL of a static file from its name, such as ``shop/shop.js``."""

STATIC_SERVING: ContextVar[Literal["as set", "never", "sources"]] = ContextVar(
    "partita.static.serving", default="as set"
)
"""Whether an application serves its static files itself: as its settings say, not at all, or from where people edit them even
while `debug` is off. A command that serves sets it before the application is put together."""

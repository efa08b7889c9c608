"""Django's finders, each around a `StaticFiles` of partita over the folders that it looks into."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]
from harness.hook import fallback  # pyright: ignore[reportMissingImports]

from partita.contracts.current import require
from partita.static import STATIC_SOURCES, StaticFiles

__all__ = ("AppDirectoriesFinder", "FileSystemFinder", "find", "get_finder", "searched_locations")

searched_locations: list[Any] = []


class _Finder:
    def __init__(self, app_names: Any = None, *arguments: Any, **options: Any) -> None:
        self.files = StaticFiles(list(self.folders()))

    def folders(self) -> Iterator[Any]:
        """Yield the folders."""
        return iter(())

    def find(self, path: str, find_all: bool = False) -> Any:
        """Return the file, or every one of that name; nothing is an empty list."""
        searched_locations.extend(map(str, self.files.dirs))
        found = [str(each) for each in self.files.find_all(path)]
        return found if find_all else found[0] if found else []


class FileSystemFinder(_Finder):
    """Looks into the folders of the settings."""

    def folders(self) -> Iterator[Any]:
        """Yield the folders."""
        for each in importlib.import_module("django.conf").settings.STATICFILES_DIRS:
            yield (each[0], Path(each[1])) if isinstance(each, tuple | list) else Path(each)


class AppDirectoriesFinder(_Finder):
    """Looks into the folders of the apps."""

    def folders(self) -> Iterator[Any]:
        """Yield the folders."""
        for folder in adapter.package_folders():
            if Path(folder, "static").is_dir():
                yield Path(folder, "static")


def find(path: str, find_all: bool = False) -> Any:
    """Return the file as the application finds it, or every one of that name."""
    files = require(STATIC_SOURCES)
    searched_locations[:] = map(str, files.dirs)
    if find_all:
        return [str(each) for each in files.find_all(path)]
    found = files.find(path)
    return None if found is None else str(found)


@functools.cache
def get_finder(name: str) -> Any:
    """Return the finder of a dotted name."""
    module, _, kind = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), kind)()
    except AttributeError as error:
        raise ImportError(f"no finder {name}") from error


__getattr__ = fallback("django.contrib.staticfiles.finders")

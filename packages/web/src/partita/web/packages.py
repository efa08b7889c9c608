"""The packages an application is made of: finding their modules and folders."""

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

__all__ = ("DEFAULT_APPS", "AppPackage", "installed")

DEFAULT_APPS = (
    "partita.http",
    "partita.urls",
    "partita.signing",
    "partita.i18n",
    "partita.templates",
    "partita.storage",
    "partita.orm",
    "partita.migrations",
    "partita.security",
    "partita.sessions",
    "partita.static",
    "partita.views",
    "partita.server",
)
"""What every application gets, as far as it is installed."""


class AppPackage:
    """One package named in ``apps``.

    Args:
        name: Dotted.

    Raises:
        ImportError: If there is no such package.
    """

    __slots__ = ("folder", "label", "module", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.label = name.rpartition(".")[2]
        self.module = import_module(name)
        self.folder = _folder(self.module)

    def has(self, part: str) -> bool:
        """Tell whether the package has a module ``part``, without importing it."""
        dotted = f"{self.name}.{part}"
        return dotted in sys.modules or (self.folder is not None and find_spec(dotted) is not None)

    def load(self, part: str) -> ModuleType | None:
        """Import the module ``part`` of the package, such as ``models``; None if it has none."""
        return import_module(f"{self.name}.{part}") if self.has(part) else None

    def below(self, name: str) -> Path | None:
        """Return the folder ``name`` of the package, such as ``templates``; None if it has none."""
        if self.folder is None:
            return None
        path = self.folder / name
        return path if path.is_dir() else None


def installed(names: Iterable[str]) -> Iterator[str]:
    """Yield the names of packages that have an ``integration`` and are installed."""
    for name in names:
        try:
            if find_spec(f"{name}.integration") is not None:
                yield name
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise


def _folder(module: ModuleType) -> Path | None:
    path = getattr(module, "__path__", None)  # a module in a single file has none
    return Path(next(iter(path))) if path else None

"""The packages an application is made of: finding their modules and folders."""

import sys
from collections.abc import Container, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.key import ExtensionPoint
from partita.contracts.measures import MEASURES
from partita.contracts.templates import TEMPLATE_DIRS, TEMPLATE_LIBRARIES

__all__ = ("DEFAULT_APPS", "AppPackage", "installed", "on_demand", "shared_lists", "with_required")

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

_ON_DEMAND = {
    "partita.orm": ("databases", "models"),
    "partita.migrations": ("", ""),
    "partita.templates": ("templates", "templates"),
    "partita.i18n": ("i18n", "locale"),
    "partita.storage": ("storages", ""),
}
"""Those of them that are set up when something first looks for what they give, since importing them takes several times as long
as all else; with the section of the settings, and the part of a package of the project, that tell of their use at the start."""

_ANY: tuple[ExtensionPoint[Any], ...] = (COMMANDS, CHECKS, MEASURES)
_SHARED: dict[str, tuple[ExtensionPoint[Any], ...]] = {
    "partita.templates": (*_ANY, TEMPLATE_LIBRARIES),
    "partita.i18n": (*_ANY, TEMPLATE_LIBRARIES, TEMPLATE_DIRS),
}


class AppPackage:
    """One package named in ``apps``.

    Args:
        name: Dotted.
        on_demand: Not to be imported yet.

    Raises:
        ImportError: If there is no such package.
    """

    __slots__ = ("_places", "folder", "label", "name")

    def __init__(self, name: str, *, on_demand: bool = False) -> None:
        self.name = name
        self.label = name.rpartition(".")[2]
        self._places = _places(name) if on_demand else getattr(import_module(name), "__path__", None)
        self.folder = Path(next(iter(self._places))) if self._places else None  # a module in a single file has none

    def has(self, part: str) -> bool:
        """Tell whether the package has a module ``part``, without importing it."""
        return _has(self.name, self._places, part)

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
    """Yield the names of packages that have an ``integration`` and are installed; imports none of them."""
    for name in names:
        try:
            places = _places(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
            continue
        if _has(name, places, "integration"):
            yield name


def with_required(names: Iterable[str]) -> tuple[str, ...]:
    """Return the packages of a project, each after those that it cannot do without.

    Args:
        names: As the project has them; a package lists what it needs as ``REQUIRES`` in its ``integration``.
    """
    found: dict[str, None] = {}
    for name in names:
        if name not in found:
            integration = AppPackage(name).load("integration")
            found.update(dict.fromkeys(with_required(getattr(integration, "REQUIRES", ()))))
            found[name] = None
    return tuple(found)


def on_demand(names: Iterable[str], sections: Container[str], packages: Iterable[AppPackage]) -> Iterator[str]:
    """Yield those of the packages ``names`` that need not be set up at the start.

    Args:
        names: Of default packages.
        sections: Of the settings, those in which something is set.
        packages: Of the project.
    """
    own = tuple(packages)
    for name in names:
        if name in _ON_DEMAND:
            section, part = _ON_DEMAND[name]
            used = section in sections or (part and any(each.has(part) or each.below(part) for each in own))
            if not used:
                yield name


def shared_lists(name: str) -> tuple[ExtensionPoint[Any], ...]:
    """Return the lists of others that the package ``name`` adds to: who asks for one of them needs the package set up."""
    return _SHARED.get(name, _ANY)


def _places(name: str) -> Sequence[str] | None:
    spec = find_spec(name)
    return None if spec is None else spec.submodule_search_locations


def _has(name: str, places: Iterable[str] | None, part: str) -> bool:
    # `importlib.util.find_spec` would import the package to learn where its modules are.
    dotted = f"{name}.{part}"
    if dotted in sys.modules:
        return True
    if places is None:
        return False
    return any(finder.find_spec(dotted, list(places)) is not None for finder in sys.meta_path)

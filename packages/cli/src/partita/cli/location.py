"""Where a project's application is: ``[tool.partita] app = "shop.app:app"`` in its pyproject.toml."""

import importlib
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from partita.cli.errors import NoProject
from partita.contracts.current import Resolver

__all__ = ("Application", "Location", "find_location", "load_application")


class Application(Resolver, Protocol):
    """What the command line needs of an application."""

    def __enter__(self) -> object:
        """Make it the current one."""

    def __exit__(self, *raised: object) -> object:
        """Stop that."""


class Location(NamedTuple):
    """An application that has not been imported yet."""

    folder: Path
    """The project's folder, from which its packages are imported."""
    target: str
    """Module and attribute, such as ``shop.app:app``."""


def find_location(start: Path, target: str | None = None) -> Location:
    """Find the project around a folder.

    Args:
        start: The folder to begin at; its parents are looked at as well.
        target: The application, if the caller knows it.

    Raises:
        NoProject: If there is none, or its pyproject.toml cannot be read or does not name an application.
    """
    if target is not None:
        return Location(start, _checked(target, "--app"))
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if not path.is_file():
            continue
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("partita", {})
        except (OSError, ValueError) as error:
            raise NoProject(f"{path} cannot be read: {error}") from error
        if isinstance(table, dict) and isinstance(found := table.get("app"), str):
            return Location(folder, _checked(found, str(path)))
    raise NoProject(
        f"No pyproject.toml in {start} or above it says where the application is. Add this to it:\n"
        '    [tool.partita]\n    app = "shop.app:app"\n'
        "or name it: partita --app shop.app:app ...; or make a new project: partita new shop"
    )


def load_application(location: Location) -> Application:
    """Import the application.

    Raises:
        NoProject: If the module has no such attribute, or it is no application.
        Exception: Whatever importing it raises.
    """
    folder = str(location.folder)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module_name, _, attribute = location.target.partition(":")
    found: object = importlib.import_module(module_name)
    for name in attribute.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            raise NoProject(f"{module_name} has no {attribute!r} (wanted: {location.target})") from None
    if not all(hasattr(found, name) for name in ("require", "find", "all", "__enter__")):
        raise NoProject(f"{location.target} is a {type(found).__name__}, not an application")
    return cast("Application", found)


def _checked(target: str, source: str) -> str:
    module, colon, attribute = target.partition(":")
    if not colon or not attribute or not all(part.isidentifier() for part in f"{module}.{attribute}".split(".")):
        raise NoProject(f"{source} says {target[:80]!r}; expected module:attribute, such as shop.app:app")
    return target

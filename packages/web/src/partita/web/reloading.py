"""What an application does about files that have changed, so that the process need not start again: for development."""

import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

from partita.contracts.current import Resolver
from partita.contracts.settings import DEBUG
from partita.contracts.templates import TEMPLATE_LIBRARIES, TEMPLATES
from partita.web.modules import RELOADABLE, Exchange, dependants, project_modules
from partita.web.packages import AppPackage

__all__ = ("reload",)

_TEMPLATES = (".html", ".txt", ".xml", ".md", ".j2", ".jinja")
_ASSETS = (".css", ".js", ".mjs", ".svg")  # read from their files at each request
_PARTS = frozenset(
    {"integration", "models", "admin", "templatetags", "migrations", "management"}
)  # found by their names


class _Application(Resolver, Protocol):
    packages: tuple[AppPackage, ...]

    def exchange_routes(self) -> None:
        """Put routes and middleware together anew; if that fails, the former ones stay."""
        ...


def reload(app: _Application, paths: Iterable[str], folder: Path) -> str:
    """Use what stands in files now.

    Templates and assets are read anew in any case while `debug` is on. Modules are exchanged together with those that import them
    and with those that hold routes; then routes and middleware are put together anew. All else that the application has stays:
    connections, caches, sessions in memory.

    Args:
        app: The application.
        paths: Of files that have changed.
        folder: The project's; modules outside of it are left alone.

    Returns:
        Why the program has to be started again; empty if it need not be.

    Raises:
        SyntaxError: If a module cannot be compiled; everything stays as it was.
    """
    modules: list[str] = []
    for path in paths:
        if path.endswith(".py"):
            modules.append(path)
        elif not path.endswith((*_TEMPLATES, *_ASSETS)):
            return f"{Path(path).name} is read at the start only"
        elif path.endswith(_TEMPLATES) and not app.find(DEBUG):
            return "templates are read once, as long as debug is off"
        elif path.endswith(_TEMPLATES):
            _forget_templates(app)  # a new one may stand before the one that was found
    # In two steps, of which the second may hold none of the modules that are to be let go.
    reason, names = _plan(app, modules, folder) if modules else ("", frozenset())
    return _exchange(app, names) if names else reason


def _forget_templates(app: Resolver) -> None:
    reset = cast("Callable[[], None] | None", getattr(app.find(TEMPLATES), "reset", None))
    if reset is not None:
        reset()


def _plan(app: _Application, paths: Sequence[str], folder: Path) -> tuple[str, Collection[str]]:
    """Return why the program has to be started again, or the modules to exchange."""
    modules = project_modules(folder)
    by_path = {Path(module.__file__ or "").resolve(): name for name, module in modules.items()}
    changed: list[str] = []
    for path in paths:
        name = by_path.get(Path(path).resolve())
        if name is not None and Path(path).exists():
            changed.append(name)
        elif name is not None:
            return f"{name} has gone", ()
        elif _PARTS.intersection((Path(path).stem, Path(path).parent.name)):
            return f"{Path(path).name} may be found at the start", ()
        # Nobody has imported others, so nobody has anything old of theirs.
    if not changed:
        return "", ()
    reasons = dependants(changed, modules)
    routes = [
        name for name, module in modules.items() if hasattr(module, "urlpatterns")
    ]  # they name views by texts, too
    for name, cause in dependants(routes, modules).items():
        reasons.setdefault(name, cause)
    names = {*changed, *reasons, *routes}
    for name in sorted(names):
        if why := _holds(app, name, modules[name]):
            because = f", which imports {reasons[name]}" if name in reasons else ""
            return f"{name}{because} {why}", ()
    return "", names


def _exchange(app: _Application, names: Collection[str]) -> str:
    try:
        exchange = Exchange(names)
    except SyntaxError:
        raise
    except Exception as error:  # noqa: BLE001 - modules may fail in any way
        return f"modules cannot be exchanged ({type(error).__name__}: {error})"
    try:
        app.exchange_routes()
    except Exception as error:  # noqa: BLE001 - so may what they hold
        exchange.undo()
        return f"routes cannot be put together ({type(error).__name__}: {error})"
    held = exchange.held()
    return f"somebody holds {held}, as it was" if held else ""


def _holds(app: _Application, name: str, module: ModuleType) -> str:
    """Say why a module cannot be exchanged; empty if it can."""
    if name == "__main__" or any(value is app for value in vars(module).values()):
        return "makes the application"
    if getattr(module, RELOADABLE, True) is False:
        return f"says {RELOADABLE} = False"
    for package in app.packages:
        for part in sorted(_PARTS):
            if f"{name}.".startswith(f"{package.name}.{part}."):
                return f"is registered at the start, as the {part} of {package.name}"
    if any(module_name == name for _, module_name in app.all(TEMPLATE_LIBRARIES)):
        return "is a library of templates"
    model = getattr(sys.modules.get("partita.orm"), "Model", None)
    for value in vars(module).values():
        if isinstance(value, type) and model is not None and issubclass(value, model) and value.__module__ == name:
            return f"defines the model {value.__name__}"
    return ""

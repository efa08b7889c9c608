"""Exchanging modules of a project for what their files say now, while the process goes on: for development."""

import ast
import gc
import importlib
import sys
import time
import typing
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType

__all__ = ("KEEP", "RELOADABLE", "Exchange", "dependants", "project_modules")

RELOADABLE = "__partita_reload__"
"""A module that sets this name to False is never exchanged: it has threads, or has registered itself where nobody notices."""
KEEP = "__partita_keep__"
"""A module lists in this the names of its globals whose values outlast an exchange."""

_TOOLS = frozenset({"site-packages", ".venv", "venv", "node_modules"})
_WAIT = 2.0
_STEP = 0.05


def project_modules(folder: Path) -> dict[str, ModuleType]:
    """Return the modules that were imported from below a folder, by name; not those of packages installed there."""
    found: dict[str, ModuleType] = {}
    for name, module in tuple(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(module, ModuleType) and isinstance(file, str) and file.endswith(".py"):
            path = Path(file)
            if path.is_relative_to(folder) and not _TOOLS.intersection(path.relative_to(folder).parts):
                found[name] = module
    return found


def dependants(changed: Collection[str], modules: Mapping[str, ModuleType]) -> dict[str, str]:
    """Return the modules that import one of those that have changed, and those that import them, and so on.

    Args:
        changed: Names, which are not among the answer.
        modules: Those to look at, by name. What a function imports when it is called counts for nothing, since that finds the new
            module; nor does what is imported for type checkers only.

    Returns:
        By name the module because of which each is there.
    """
    sources = {name: _source(module) for name, module in modules.items()}
    read: dict[str, frozenset[str]] = {}
    found: dict[str, str] = {}
    waiting = list(changed)
    while waiting:
        target = waiting.pop()
        word = target.rpartition(".")[2]
        for name, source in sources.items():
            if name in found or name in changed or word not in source:
                continue
            if name not in read:
                read[name] = frozenset(_imports(source, modules[name]))
            if target in read[name]:
                found[name] = target
                waiting.append(name)
    return found


def _source(module: ModuleType) -> str:
    try:
        return Path(module.__file__ or "").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _imports(source: str, module: ModuleType) -> Iterator[str]:
    """Yield the names of modules that a module imports when it is run."""
    package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    for node in _statements(ast.parse(source, module.__file__ or "<unknown>")):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*parts, *([node.module] if node.module else [])])
            yield origin
            yield from (f"{origin}.{each.name}" for each in node.names)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.expr):
            continue
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            yield from (below for each in node.orelse for below in (each, *_statements(each)))
        else:
            yield from _statements(node)


class Exchange:
    """Modules that are imported anew, in place of those that were there.

    New module objects, and not the old ones run again: requests that still run see the module that they began with.

    Args:
        names: Of modules that are imported; all of them are run.

    Raises:
        SyntaxError: If the source of one is none, before anything has happened.
        Exception: Whatever one of them raises; then the old ones are back in place.
    """

    __slots__ = ("_attributes", "_names", "_old", "_watched")

    def __init__(self, names: Collection[str]) -> None:
        self._names = tuple(sorted(names))
        self._old = {name: sys.modules[name] for name in self._names}
        self._attributes = [
            (parent, leaf, getattr(parent, leaf, None))
            for parent, leaf in (_parent_of(name) for name in self._names)
            if parent is not None
        ]
        for module in self._old.values():
            _check(Path(module.__file__ or ""))
        try:
            self._import()
        except BaseException:
            self.undo()
            raise
        self._watched = [each for name, module in self._old.items() for each in _defined(name, module)]

    def _import(self) -> None:
        for name in self._names:
            del sys.modules[name]
        importlib.invalidate_caches()
        for name in self._names:
            importlib.import_module(name)
        for name, old in self._old.items():
            new = sys.modules[name]
            for leaf, value in vars(old).items():  # parts of a package that stay as they are
                if isinstance(value, ModuleType) and sys.modules.get(f"{name}.{leaf}") is value:
                    setattr(new, leaf, value)
            for kept in getattr(new, KEEP, ()):
                if kept in vars(old):
                    self._keep(new, kept, vars(old)[kept])

    def _keep(self, module: ModuleType, name: str, value: object) -> None:
        fresh = vars(module).get(name)
        for each in (sys.modules[other] for other in self._names):  # some have imported it from there meanwhile
            for key, found in tuple(vars(each).items()):
                if found is fresh and fresh is not None:
                    setattr(each, key, value)
        setattr(module, name, value)

    def undo(self) -> None:
        """Put the old modules back."""
        sys.modules.update(self._old)
        for parent, leaf, value in self._attributes:
            setattr(parent, leaf, value)

    def held(self) -> str:
        """Return the name of something in the old modules that somebody outside of them still holds; empty if there is nothing.

        After this they cannot be put back.
        """
        self._old.clear()
        self._attributes.clear()
        gc.unfreeze()  # a server freezes what its start has made
        deadline = time.monotonic() + _WAIT
        while True:
            for forget in getattr(typing, "_cleanups", ()):  # it remembers types that it was asked about
                forget()
            gc.collect()
            found = next((name for name, each in self._watched if each() is not None), "")
            if not found or time.monotonic() >= deadline:
                return found
            time.sleep(_STEP)  # a request may be about to end


def _parent_of(name: str) -> tuple[ModuleType | None, str]:
    parent, _, leaf = name.rpartition(".")
    return sys.modules.get(parent), leaf


def _check(path: Path) -> None:
    compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    with suppress(OSError, NotImplementedError):
        # Bytecode fits its source by the second and the size, and people make two changes within one second.
        Path(cache_from_source(str(path))).unlink()


def _defined(name: str, module: ModuleType) -> Iterator[tuple[str, "weakref.ref[object]"]]:
    kept = set(getattr(module, KEEP, ()))
    for key, value in vars(module).items():
        if key not in kept and getattr(value, "__module__", None) == name and not isinstance(value, ModuleType):
            with suppress(TypeError):  # what cannot be referred to weakly
                yield f"{name}.{key}", weakref.ref(value)

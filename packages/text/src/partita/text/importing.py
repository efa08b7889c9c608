"""Things found by their dotted name."""

import sys
from types import ModuleType
from typing import Any

__all__ = ("import_string", "module_has_submodule")


def import_string(path: str) -> Any:
    """Return what a dotted name such as ``shop.views.home`` stands for; its module is imported if it is not yet.

    Raises:
        ImportError: If there is no such module, or nothing of that name in it. The message says which.
    """
    from importlib import import_module

    module_name, dot, name = path.rpartition(".")
    if not dot or not module_name:
        raise ImportError(f"{path[:200]!r} doesn't look like a module path; expected one such as 'shop.views.home'")
    module = sys.modules.get(module_name)
    if module is None or getattr(getattr(module, "__spec__", None), "_initializing", False):
        module = import_module(module_name)
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise ImportError(f'Module "{module_name}" does not define a "{name}" attribute/class') from error


def module_has_submodule(package: ModuleType, name: str) -> bool:
    """Tell whether ``package`` has a module ``name``, without importing it (packages in between are).

    Args:
        package: A module; one that is no package has none.
        name: May be dotted.
    """
    from importlib.util import find_spec

    if not hasattr(package, "__path__"):
        return False
    try:
        return find_spec(f".{name}", package.__name__) is not None
    except ModuleNotFoundError:
        return False

"""Names of a package that are imported when somebody first asks for them (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

__all__ = ("on_first_use",)


def on_first_use(
    package: str, modules: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package that loads some of its modules only when they are needed.

    Type checkers want the imports all the same, under ``if TYPE_CHECKING``; this stands in the branch beside them.

    Args:
        package: Its ``__name__``.
        modules: Names by the module of the package that has them, without the package's own name. None may be called like a
            module of the package: who imports that module would have put it in the name's place.

    Raises:
        ValueError: If a name is one of the modules.
    """
    places = {name: module for module, names in modules.items() for name in names}
    if wrong := places.keys() & modules.keys():
        raise ValueError(f"{package} has modules of the names {sorted(wrong)}; import those names at once")

    def getattribute(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found: object = getattr(import_module(f"{package}.{places[name]}"), name)
        setattr(sys.modules[package], name, found)  # the next look-up finds it without coming here
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return getattribute, names

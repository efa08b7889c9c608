"""Users with a name to log in with, in the place of those that partita's applications have by default."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

__all__ = ("install",)


def install() -> None:
    """Let `partita.auth.models` be the module of the shims."""
    sys.meta_path.insert(0, _UsersWithNames())


class _UsersWithNames(importlib.abc.MetaPathFinder):
    """Puts a user with a name to log in with in the place of the one that partita's applications have by default."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return the module of the shims for `partita.auth.models`."""
        if fullname != "partita.auth.models":
            return None
        file = Path(__file__).parents[1] / "shim" / "django" / "contrib" / "auth" / "partita_users.py"
        return importlib.util.spec_from_file_location(fullname, file)

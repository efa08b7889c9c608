"""The static files of an application: folders, the first of which wins."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from partita.contracts.key import Key
from partita.static.errors import StaticNameError
from partita.static.names import checked_name

__all__ = ("STATIC", "Found", "StaticFiles")


class Found(NamedTuple):
    """One file."""

    name: str
    path: Path


class StaticFiles:
    """Finds static files, and says at which URL they are.

    Args:
        dirs: Folders; a file in an earlier one hides one of the same name in a later one. Links inside of them may not lead
            out of them.
        url: Where the files are: a path with slashes at both ends, or the URL of another host.
    """

    __slots__ = ("_roots", "dirs", "url")

    def __init__(self, dirs: Iterable[Path], url: str = "/static/") -> None:
        self.dirs = tuple(dirs)
        self.url = url if url.endswith("/") else f"{url}/"
        self._roots = tuple(os.path.realpath(folder) for folder in self.dirs)

    def url_of(self, name: str) -> str:
        """Return the URL of a file, whether it is there or not.

        Raises:
            StaticNameError: If ``name`` cannot be the name of a file.
        """
        return self.url + quote(checked_name(name.lstrip("/")), safe="/~@!$&'()*+,;=")

    def find(self, name: str) -> Path | None:
        """Return the file, with all links resolved, or None if there is none."""
        return next((found.path for found in self._each(name)), None)

    def find_all(self, name: str) -> list[Path]:
        """Return the file in every folder that has it; the first one is served."""
        return [found.path for found in self._each(name)]

    def list(self) -> Iterator[Found]:
        """Yield every file that is served, in no particular order."""
        seen: set[str] = set()
        for root in self._roots:
            for folder, folders, files in os.walk(root):
                folders[:] = [each for each in folders if not each.startswith(".")]
                for file in files:
                    name = os.path.relpath(os.path.join(folder, file), root).replace(os.sep, "/")
                    path = self._inside(root, name)
                    if name not in seen and path is not None:
                        seen.add(name)
                        yield Found(name, path)

    def _each(self, name: str) -> Iterator[Found]:
        for root in self._roots:
            path = self._inside(root, name)
            if path is not None:
                yield Found(name, path)

    def _inside(self, root: str, name: str) -> Path | None:
        try:
            path = os.path.realpath(os.path.join(root, checked_name(name)), strict=True)
        except (StaticNameError, OSError, ValueError):
            return None
        # By whole parts: /srv/static-old begins with /srv/static too (CVE-2023-29159).
        if os.path.commonpath((root, path)) != root or not os.path.isfile(path):
            return None
        return Path(path)


STATIC = Key[StaticFiles]("partita.static")
"""The application's static files."""

"""The static files of an application: folders, the first of which wins."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import quote

from partita.contracts.key import Key
from partita.contracts.mounting import SCRIPT_PREFIX
from partita.static.errors import StaticNameError, StaticNotCollected
from partita.static.names import checked_name

__all__ = ("STATIC", "STATIC_SOURCES", "Found", "HashedNames", "StaticFiles")

_SAFE = "/~@!$&'()*+,;="


class HashedNames(Protocol):
    """Knows names with hashes; `partita.static.Manifest` is one."""

    @property
    def integrity(self) -> Mapping[str, str]:
        """Values of the attribute ``integrity`` in HTML, by name."""
        ...

    def hashed(self, name: str) -> str:
        """Return the name with the hash.

        Raises:
            StaticNotCollected: If there is no such file.
        """
        ...

    def is_hashed(self, name: str) -> bool:
        """Tell whether ``name`` is one with a hash, so that its content never changes."""
        ...


class Found(NamedTuple):
    """One file."""

    name: str
    path: Path


class StaticFiles:
    """Finds static files, and says at which URL they are.

    Args:
        dirs: Folders; a file in an earlier one hides one of the same name in a later one. Links inside of them may not lead
            out of them. A pair of a prefix and a folder puts ``prefix/`` before the names of its files.
        url: Where the files are: a path with slashes at both ends, or the URL of another host.
        hashed_names: If given, URLs have the names with hashes that it knows.
        strict: Whether a file that ``hashed_names`` does not know is an error; its URL is without a hash otherwise.
        below_mount: Whether a path in ``url`` is below the place where the application is mounted, because it serves the files itself.

    Raises:
        StaticNameError: If a prefix cannot be the name of a folder; slashes stand inside of it only.
    """

    __slots__ = ("_below_mount", "_roots", "_strict", "dirs", "hashed_names", "url")

    def __init__(
        self,
        dirs: Iterable[Path | tuple[str, Path]],
        url: str = "/static/",
        hashed_names: HashedNames | None = None,
        *,
        strict: bool = True,
        below_mount: bool = False,
    ) -> None:
        pairs = [each if isinstance(each, tuple) else ("", each) for each in dirs]
        self.dirs = tuple(folder for _, folder in pairs)
        self.hashed_names, self._strict = hashed_names, strict
        self.url = url if url.endswith("/") else f"{url}/"
        self._below_mount = below_mount and self.url.startswith("/") and not self.url.startswith("//")
        self._roots = tuple(
            (f"{checked_name(prefix)}/" if prefix else "", os.path.realpath(folder)) for prefix, folder in pairs
        )

    @property
    def prefix(self) -> str:
        """What URLs begin with: ``url``, behind the place where the current application is mounted if that matters."""
        mount = SCRIPT_PREFIX.get()
        return f"{quote(mount, safe=_SAFE)}{self.url[1:]}" if self._below_mount and mount != "/" else self.url

    def url_of(self, name: str) -> str:
        """Return the URL of a file, whether it is there or not.

        Raises:
            StaticNameError: If ``name`` cannot be the name of a file.
            StaticNotCollected: If URLs have hashes, and nobody collected the file.
        """
        name = checked_name(name.lstrip("/"))
        if self.hashed_names is not None:
            try:
                name = self.hashed_names.hashed(name)
            except StaticNotCollected:
                if self._strict:
                    raise
        return self.prefix + quote(name, safe=_SAFE)

    def integrity_of(self, name: str) -> str:
        """Return what the attribute ``integrity`` of a file in HTML should be; empty while nothing is collected."""
        return "" if self.hashed_names is None else self.hashed_names.integrity.get(name.lstrip("/"), "")

    def is_immutable(self, name: str) -> bool:
        """Tell whether a file of that name never changes, because a hash is part of the name."""
        return self.hashed_names is not None and self.hashed_names.is_hashed(name)

    def find(self, name: str) -> Path | None:
        """Return the file, with all links resolved, or None if there is none."""
        return next((found.path for found in self._each(name)), None)

    def find_all(self, name: str) -> list[Path]:
        """Return the file in every folder that has it; the first one is served."""
        return [found.path for found in self._each(name)]

    def list(self) -> Iterator[Found]:
        """Yield every file that is served, in no particular order."""
        seen: set[str] = set()
        for prefix, root in self._roots:
            for folder, folders, files in os.walk(root):
                folders[:] = [each for each in folders if not each.startswith(".")]
                for file in files:
                    inner = os.path.relpath(os.path.join(folder, file), root).replace(os.sep, "/")
                    name, path = prefix + inner, self._inside(root, inner)
                    if name not in seen and path is not None:
                        seen.add(name)
                        yield Found(name, path)

    def hidden(self) -> Iterator[Found]:
        """Yield every file that is not served, because one in an earlier folder has the same name; in no particular order."""
        served = {found.name: found.path for found in self.list()}
        for name, path in served.items():
            yield from (Found(name, other) for other in self.find_all(name) if other != path)

    def _each(self, name: str) -> Iterator[Found]:
        for prefix, root in self._roots:
            path = self._inside(root, name.removeprefix(prefix)) if name.startswith(prefix) else None
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
"""The application's static files, as they are served."""
STATIC_SOURCES = Key[StaticFiles]("partita.static.sources")
"""The same files where people edit them: in the folders of packages and of the project."""

"""Where templates come from."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from partita.templates.template import Source

__all__ = ("DictLoader", "FileLoader", "Listing", "Loader")


class Loader(Protocol):
    """Finds the source of a template by name."""

    def load(self, name: str, skip: Collection[str] = ()) -> Source | None:
        """Return the source, or None if this loader has none of this name.

        Args:
            name: Slash separated.
            skip: Filenames of sources to pass over, for templates that extend one of their own name.
        """

    def places(self, name: str) -> list[str]:
        """Return where the name was looked for, for errors."""
        ...


@runtime_checkable
class Listing(Protocol):
    """A loader that can tell which templates it has, so that all of them may be checked."""

    def names(self) -> Iterator[str]:
        """Iterate over the names."""
        ...


class FileLoader:
    """Templates in folders, first come first served.

    Args:
        folders: Where to look.
        encoding: Of the files.
    """

    def __init__(self, folders: Sequence[str | os.PathLike[str]], encoding: str = "utf-8") -> None:
        self.folders = [os.path.abspath(folder) for folder in folders]
        self.encoding = encoding

    def load(self, name: str, skip: Collection[str] = ()) -> Source | None:
        """See `Loader.load`. Names that would leave the folder are not found."""
        if not is_safe_name(name):
            return None
        for folder in self.folders:
            path = os.path.join(folder, *name.split("/"))
            if path in skip:
                continue
            try:
                stamp = _stamp(path)
                with open(path, encoding=self.encoding) as file:
                    text = file.read()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
            return Source(text, name, path, lambda path=path, stamp=stamp: _stamp(path) == stamp)  # type: ignore[misc] # mypy cannot infer defaults of a lambda
        return None

    def places(self, name: str) -> list[str]:
        """See `Loader.places`."""
        if not is_safe_name(name):
            return ["(refused: a name must stay below the template folders)"]
        return [os.path.join(folder, name) for folder in self.folders]

    def names(self) -> Iterator[str]:
        """See `Listing.names`: every file whose name does not begin with a dot."""
        for root in self.folders:
            for folder, folders, files in os.walk(root):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for file in sorted(files):
                    if not file.startswith("."):
                        yield os.path.relpath(os.path.join(folder, file), root).replace(os.sep, "/")


class DictLoader:
    """Templates in memory.

    Args:
        templates: Sources by name; later changes of the mapping are seen.
    """

    def __init__(self, templates: Mapping[str, str]) -> None:
        self.templates = templates

    def load(self, name: str, skip: Collection[str] = ()) -> Source | None:
        """See `Loader.load`."""
        text = self.templates.get(name)
        filename = f"template:{name}"
        if text is None or filename in skip:
            return None
        return Source(text, name, filename, lambda: self.templates.get(name) == text)

    def places(self, name: str) -> list[str]:
        """See `Loader.places`."""
        return ["templates given as a mapping"]

    def names(self) -> Iterator[str]:
        """See `Listing.names`."""
        return iter(self.templates)


def is_safe_name(name: str) -> bool:
    """Whether ``name`` stays below the folder it is joined to, whatever the system."""
    if not name or "\\" in name or "\0" in name or name.startswith("/") or os.path.isabs(name):
        return False
    parts = name.split("/")
    return all(part not in {"", ".", ".."} for part in parts) and ":" not in parts[0]


def _stamp(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size

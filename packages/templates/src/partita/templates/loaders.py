"""Where templates come from."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from partita.templates.sources import Source

__all__ = (
    "CachedLoader",
    "ChainLoader",
    "DictLoader",
    "FileLoader",
    "FunctionLoader",
    "Listing",
    "Loader",
    "PackageLoader",
)


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
            return Source(text, name, path, lambda path=path, stamp=stamp: _stamp(path) == stamp, self)  # type: ignore[misc] # mypy cannot infer defaults of a lambda
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
        return Source(text, name, filename, lambda: self.templates.get(name) == text, self)

    def places(self, name: str) -> list[str]:
        """See `Loader.places`."""
        return ["templates given as a mapping"]

    def names(self) -> Iterator[str]:
        """See `Listing.names`."""
        return iter(self.templates)


class PackageLoader:
    """Templates inside an installed package, which may be a ZIP file.

    Args:
        package: Its dotted name; it is imported at the first look.
        folder: Inside it, slash separated.
        encoding: Of the files.
    """

    def __init__(self, package: str, folder: str = "templates", encoding: str = "utf-8") -> None:
        self.package, self.folder, self.encoding = package, folder, encoding

    def load(self, name: str, skip: Collection[str] = ()) -> Source | None:
        """See `Loader.load`."""
        from importlib import resources

        filename = self.places(name)[0]
        if not is_safe_name(name) or filename in skip:
            return None
        place = resources.files(self.package).joinpath(*self.folder.split("/"), *name.split("/"))
        try:
            text = place.read_text(self.encoding)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

        def is_fresh() -> bool:
            return place.read_text(self.encoding) == text

        return Source(text, name, filename, is_fresh, self)

    def places(self, name: str) -> list[str]:
        """See `Loader.places`."""
        return [f"package {self.package}: {self.folder}/{name}"]

    def names(self) -> Iterator[str]:
        """See `Listing.names`."""
        from importlib import resources
        from importlib.resources.abc import Traversable

        def below(folder: Traversable, prefix: str) -> Iterator[str]:
            for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield from below(entry, f"{prefix}{entry.name}/")
                else:
                    yield prefix + entry.name

        root = resources.files(self.package).joinpath(*self.folder.split("/"))
        if root.is_dir():
            yield from below(root, "")


class FunctionLoader:
    """Templates from wherever a function has them: a database, a service.

    Args:
        find: Takes a name, returns the source, or None if there is none.
        told: What errors call the place.
    """

    def __init__(self, find: Callable[[str], str | None], told: str = "") -> None:
        self.find = find
        self.told = told or f"{find.__module__}.{find.__qualname__}"

    def load(self, name: str, skip: Collection[str] = ()) -> Source | None:
        """See `Loader.load`."""
        filename = f"{self.told}:{name}"
        if filename in skip:
            return None
        text = self.find(name)
        if text is None:
            return None
        return Source(text, name, filename, lambda: self.find(name) == text, self)

    def places(self, name: str) -> list[str]:
        """See `Loader.places`."""
        return [f"{self.told}:{name}"]


class ChainLoader:
    """Several loaders as one, first come first served.

    Args:
        loaders: In the order in which they are asked.
    """

    def __init__(self, loaders: Sequence[Loader]) -> None:
        self.loaders = list(loaders)

    def load(self, name: str, skip: Collection[str] = ()) -> Source | None:
        """See `Loader.load`."""
        for loader in self.loaders:
            source = loader.load(name, skip)
            if source is not None:
                return source
        return None

    def places(self, name: str) -> list[str]:
        """See `Loader.places`."""
        return [place for loader in self.loaders for place in loader.places(name)]

    def names(self) -> Iterator[str]:
        """See `Listing.names`; those of loaders that cannot tell are left out."""
        for loader in self.loaders:
            if isinstance(loader, Listing):
                yield from loader.names()

    def reset(self) -> None:
        """Let every loader forget what it keeps."""
        for loader in self.loaders:
            reset_loader(loader)


class CachedLoader:
    """Keeps what another loader found, and what it did not find: for sources that take long to fetch.

    An engine keeps compiled templates by itself, so files need no such loader.

    Args:
        loader: Asked for what is not kept.
        seconds: How long a source is taken as fresh; None means until `reset`.
        most: How many names are kept; when there are more, all are dropped.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        loader: Loader,
        seconds: float | None = None,
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.loader, self.seconds, self.most, self._clock = loader, seconds, most, clock
        self._kept: dict[tuple[str, tuple[str, ...]], tuple[Source | None, float]] = {}

    def load(self, name: str, skip: Collection[str] = ()) -> Source | None:
        """See `Loader.load`."""
        key = (name, tuple(sorted(skip)))
        kept = self._kept.get(key)
        if kept is not None and (self.seconds is None or self._clock() - kept[1] < self.seconds):
            return kept[0]
        found = self.loader.load(name, skip)
        if len(self._kept) >= self.most:  # names may come from visitors
            self._kept.clear()
        moment = self._clock()
        if found is not None:
            found = Source(found.text, found.name, found.filename, lambda: self._is_fresh(key, moment), found.loader)
        self._kept[key] = (found, moment)
        return found

    def _is_fresh(self, key: tuple[str, tuple[str, ...]], moment: float) -> bool:
        kept = self._kept.get(key)
        if kept is None or kept[1] != moment:
            return False
        return self.seconds is None or self._clock() - moment < self.seconds

    def places(self, name: str) -> list[str]:
        """See `Loader.places`."""
        return self.loader.places(name)

    def names(self) -> Iterator[str]:
        """See `Listing.names`."""
        if isinstance(self.loader, Listing):
            yield from self.loader.names()

    def reset(self) -> None:
        """Forget everything."""
        self._kept.clear()
        reset_loader(self.loader)


def reset_loader(loader: object) -> None:
    """Let ``loader`` forget what it keeps, if it keeps anything."""
    reset = getattr(loader, "reset", None)
    if callable(reset):
        reset()


def is_safe_name(name: str) -> bool:
    """Whether ``name`` stays below the folder it is joined to, whatever the system."""
    if not name or "\\" in name or "\0" in name or name.startswith("/") or os.path.isabs(name):
        return False
    parts = name.split("/")
    return all(part not in {"", ".", ".."} for part in parts) and ":" not in parts[0]


def _stamp(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size

"""A field for the path of a file on the server."""

import os
import re
from collections.abc import Iterator
from typing import Any, Self

from partita.forms.fields.choices import ChoiceField

__all__ = ("FilePathField",)


class FilePathField(ChoiceField):
    """One of the files in a folder, as its path. Each form looks into the folder anew; links to folders are not followed.

    Args:
        path: The folder, absolute.
        match: A regular expression that the name of a file (not its path) must match, such as ``r"\\.pdf$"``.
        recursive: Look into the folders below too.
        allow_files: Offer files.
        allow_folders: Offer folders.
        **kwargs: As for `ChoiceField`, without ``choices``.

    Raises:
        OSError: If the folder cannot be read.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        match: str | re.Pattern[str] | None = None,
        recursive: bool = False,
        allow_files: bool = True,
        allow_folders: bool = False,
        **kwargs: Any,
    ) -> None:
        self.path, self.recursive = os.fspath(path), recursive
        self.match = match if match is None else re.compile(match)
        self.allow_files, self.allow_folders = allow_files, allow_folders
        super().__init__(**kwargs)
        self.set_choices()

    def set_choices(self) -> None:
        """Look into the folder again."""
        choices = [] if self.required else [("", "---------")]
        choices += [(path, os.path.relpath(path, self.path).replace(os.sep, "/")) for path in self._paths()]
        self.choices = choices

    def clone(self) -> Self:
        """Return a copy that has looked into the folder again."""
        again = super().clone()
        again.set_choices()
        return again

    def _paths(self) -> Iterator[str]:
        folders = [self.path]
        while folders:
            with os.scandir(folders.pop(0)) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            below = [entry for entry in found if entry.is_dir(follow_symlinks=False)]
            for entry in found:
                if entry.name == "__pycache__":
                    continue
                if (self.allow_files and entry.is_file() and self._fits(entry.name)) or (
                    self.allow_folders and entry.is_dir()
                ):
                    yield entry.path
            if self.recursive:
                folders += [entry.path for entry in below if entry.name != "__pycache__"]

    def _fits(self, name: str) -> bool:
        return self.match is None or self.match.search(name) is not None

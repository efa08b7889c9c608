"""Fields that name files."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Unpack, cast, overload

from partita.orm.fields.base import Field, FieldOptions, Text
from partita.orm.fields.text import CharField

__all__ = ("FilePathField",)

T = TypeVar("T")


class PathOptions(FieldOptions, total=False):
    """Options of fields that name files."""

    path: str | Path | Callable[[], str | Path]
    match: str | None
    recursive: bool
    allow_files: bool
    allow_folders: bool


class FilePathField(CharField[T], Generic[T]):
    """The path of a file in a folder of the server, chosen from those that are there.

    Args:
        path: The folder, or a function returning it.
        match: A regular expression that the file's name must hold.
        recursive: Whether files of folders inside count too.
        allow_files: Whether files may be chosen.
        allow_folders: Whether folders may be chosen.
    """

    @overload
    def __init__(
        self: "FilePathField[str]",
        verbose_name: Text | None = None,
        *,
        null: Literal[False] = False,
        **options: Unpack[PathOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: "FilePathField[str | None]",
        verbose_name: Text | None = None,
        *,
        null: Literal[True],
        **options: Unpack[PathOptions],
    ) -> None: ...
    def __init__(self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[PathOptions]) -> None:
        self.path = options.pop("path", "")
        self.match, self.recursive = options.pop("match", None), options.pop("recursive", False)
        self.allow_files, self.allow_folders = options.pop("allow_files", True), options.pop("allow_folders", False)
        options.setdefault("max_length", 100)
        Field.__init__(self, verbose_name, null=null, **cast("FieldOptions", options))

    def get_choices(self, include_blank: bool = True, blank_choice: Any = (("", "---------"),)) -> Any:
        """Return path and name of what may be chosen, with a blank one first."""
        if self.choices is not None:
            return super().get_choices(include_blank, blank_choice)
        found = sorted(self._found(), key=lambda pair: pair[1])
        return [*blank_choice, *found] if include_blank and (self.blank or self.null or not found) else found

    def _found(self) -> Iterator[tuple[str, str]]:
        folder = Path(self.path() if callable(self.path) else self.path)
        wanted = None if self.match is None else re.compile(self.match)
        for each in folder.rglob("*") if self.recursive else folder.iterdir():
            allowed = self.allow_files if each.is_file() else self.allow_folders and each.is_dir()
            if allowed and each.name != "__pycache__" and (wanted is None or wanted.search(each.name)):
                yield str(each), str(each.relative_to(folder))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the folder and what may be chosen."""
        name, path, args, kwargs = super().deconstruct()
        for option, usual in (
            ("path", ""),
            ("match", None),
            ("recursive", False),
            ("allow_files", True),
            ("allow_folders", False),
        ):
            if getattr(self, option) != usual:
                kwargs[option] = getattr(self, option)
        if kwargs.get("max_length") == 100:
            del kwargs["max_length"]
        return name, path, args, kwargs

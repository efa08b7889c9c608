"""Files in a folder of this machine."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from partita.storage.base import Storage, listed_path, media_url, octets, with_slash
from partita.storage.errors import SuspiciousFileOperation
from partita.storage.files import File
from partita.storage.moving import Draft, without_drafts
from partita.storage.names import checked_name

__all__ = ("FileSystemStorage",)


class FileSystemStorage(Storage):
    """Files below one folder. Each is there as a whole or not at all, even if the disk is full or the process is killed.

    Links within the folder are followed, wherever they lead: who can make them there may decide.

    Args:
        location: The folder; made when it is first needed.
        base_url: What addresses of files begin with; None if browsers cannot get them.
        file_permissions_mode: Of new files, such as ``0o644``; None for what the process's umask leaves.
        directory_permissions_mode: Of new folders, in the same way.
        allow_overwrite: Whether a file of the same name is replaced, instead of the new one getting another name.
    """

    def __init__(
        self,
        location: str | os.PathLike[str] = "media",
        base_url: str | None = "/media/",
        file_permissions_mode: int | None = 0o644,
        directory_permissions_mode: int | None = None,
        allow_overwrite: bool = False,
    ) -> None:
        self.base_location = os.fspath(location)
        self.location = os.path.abspath(self.base_location)
        self.base_url = with_slash(base_url)
        self.file_permissions_mode = file_permissions_mode
        self.directory_permissions_mode = directory_permissions_mode
        self.allow_overwrite = allow_overwrite

    def __repr__(self) -> str:
        return f"<FileSystemStorage {self.location!r}>"

    def path(self, name: str) -> str:
        """Return where the file is.

        Raises:
            SuspiciousFileOperation: If that were outside of the folder.
        """
        found = os.path.normpath(os.path.join(self.location, checked_name(name)))
        if not found.startswith(os.path.join(self.location, "")):
            raise SuspiciousFileOperation(f"The path of {str(name)[:100]!r} is located outside of the base path.")
        return found

    def _open(self, name: str, mode: str = "rb") -> File:
        return File(open(self.path(name), mode), name)

    def _save(self, name: str, content: Any) -> str:
        path = self.path(name)
        self._make_folders(os.path.dirname(path))
        if hasattr(content, "temporary_file_path") and self._moved(content.temporary_file_path(), path):
            return name
        mode = self.file_permissions_mode
        with Draft(os.path.dirname(path), 0o666 if mode is None else 0o600) as draft:
            for chunk in octets(content):
                draft.write(chunk)
            if mode is not None:
                draft.chmod(mode)
            draft.publish(path, overwrite=self.allow_overwrite)
        return name

    def _moved(self, old: str, path: str) -> bool:
        """Give an upload that is on the same disk one more name, without copying it; the old one goes when it is closed."""
        if self.file_permissions_mode is None or self.allow_overwrite:
            return False
        try:
            os.link(old, path)
            os.chmod(path, self.file_permissions_mode)
        except FileExistsError:
            raise
        except OSError:  # another disk, or one without links
            return False
        return True

    def _make_folders(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        above = os.path.dirname(folder)
        if above != folder:
            self._make_folders(above)
        mode = self.directory_permissions_mode
        try:
            os.mkdir(folder, 0o777 if mode is None else 0o700)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise NotADirectoryError(f"{folder} exists and is not a directory.") from None
            return
        if mode is not None:  # set, and not left to a umask: that belongs to all threads, so it is never touched
            os.chmod(folder, mode)

    def delete(self, name: str) -> None:
        """Remove a file, or a folder that is empty; what is not there is no error."""
        path = self.path(name)
        with suppress(FileNotFoundError):
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            else:
                os.remove(path)

    def exists(self, name: str) -> bool:
        """Return whether there is a file, a folder or a link of that name."""
        return os.path.lexists(self.path(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Return the folders and the files directly in the folder ``path``; none where nothing was saved yet."""
        inside = listed_path(path)
        folder = self.path(inside) if inside else self.location
        folders: list[str] = []
        files: list[str] = []
        if not inside and not os.path.isdir(folder):
            return folders, files
        with os.scandir(folder) as entries:
            kinds = {entry.name: entry.is_dir() for entry in entries}
        for name in without_drafts(iter(kinds)):
            (folders if kinds[name] else files).append(name)
        return folders, files

    def size(self, name: str) -> int:
        """Return the bytes of a file."""
        return os.path.getsize(self.path(name))

    def url(self, name: str | None) -> str:
        """Return the address below ``base_url``."""
        return media_url(self.base_url, name)

    def get_accessed_time(self, name: str) -> datetime:
        """Return when the file was last read, in UTC."""
        return datetime.fromtimestamp(os.path.getatime(self.path(name)), UTC)

    def get_created_time(self, name: str) -> datetime:
        """Return when the file, or what is known about it, was last changed: systems do not agree; in UTC."""
        return datetime.fromtimestamp(os.path.getctime(self.path(name)), UTC)

    def get_modified_time(self, name: str) -> datetime:
        """Return when the file was last written, in UTC."""
        return datetime.fromtimestamp(os.path.getmtime(self.path(name)), UTC)

    def walk(self) -> Iterator[str]:
        """Give the name of every file."""
        root = Path(self.location)
        for folder, _, names in os.walk(root):
            for name in without_drafts(iter(names)):
                yield Path(folder, name).relative_to(root).as_posix()

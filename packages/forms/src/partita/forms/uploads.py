"""Files as other frameworks hand them over, in the shape that file fields know."""

import os
from collections.abc import Iterator
from typing import Any, Final

__all__ = ("ForeignUpload", "adapted")

_CHUNK: Final = 65_536


class ForeignUpload:
    """A file sent to another framework: Werkzeug's ``FileStorage`` (Flask), Starlette's ``UploadFile`` (FastAPI).

    Args:
        original: The object of the framework.
    """

    __slots__ = ("file", "name", "original", "size")

    def __init__(self, original: Any) -> None:
        self.original = original
        self.name: str = original.filename
        self.file: Any = getattr(original, "stream", None) or original.file
        known = getattr(original, "size", None)
        self.size: int = _measured(self.file) if known is None else int(known)

    @property
    def filename(self) -> str:
        """The name that the client gave; not to be trusted."""
        return self.name

    @property
    def content_type(self) -> str:
        """The media type that the client gave; not to be trusted."""
        return self.original.content_type or "application/octet-stream"

    def read(self, size: int = -1) -> bytes:
        """Return at most ``size`` bytes, all that are left unless given."""
        content: bytes = self.file.read(size)
        return content

    def chunks(self, size: int = _CHUNK) -> Iterator[bytes]:
        """Iterate over the whole content, at most ``size`` bytes at a time."""
        self.seek(0)
        while chunk := self.read(size):
            yield chunk

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the content."""
        place: int = self.file.seek(offset, whence)
        return place

    def __repr__(self) -> str:
        return f"<ForeignUpload {self.name!r} ({self.size} bytes)>"

    def __str__(self) -> str:
        return self.name


def adapted(value: Any) -> Any:
    """Return what was sent as file fields know it: a file of another framework wrapped, one without a name as None.

    Args:
        value: A file, a list of files, or anything else, which stays as it is.
    """
    if isinstance(value, list):
        return [one for one in map(adapted, value) if one is not None]
    if not hasattr(value, "filename") or (hasattr(value, "size") and hasattr(value, "name")):
        return value
    return ForeignUpload(value) if value.filename else None  # browsers send an empty part for no file


def _measured(file: Any) -> int:
    place = file.tell()
    size: int = file.seek(0, os.SEEK_END)
    file.seek(place)
    return size

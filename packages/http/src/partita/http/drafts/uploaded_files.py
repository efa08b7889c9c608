"""Uploaded files with Django's constructors: for upload handlers, and for tests and programs that make files themselves."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, NoReturn, Self

from partita.http.forms import UploadedFile
from partita.http.multidict import MultiDict
from partita.http.multipart import name_without_folders

__all__ = ("InMemoryUploadedFile", "SimpleUploadedFile", "TemporaryUploadedFile", "settled", "small_files_in_memory")


class InMemoryUploadedFile(UploadedFile):
    """An uploaded file that lies in memory.

    Args:
        file: Open for reading, mostly a `BytesIO`.
        field_name: Of the form, if there is one.
        name: What the client calls the file; folders in it are left out.
        content_type: What the client claims it is.
        size: Bytes.
        charset: Of text, as the client claims.
        content_type_extra: Other parameters of the content type.
    """

    __slots__ = ("field_name",)

    def __init__(
        self,
        file: IO[bytes],
        field_name: str | None,
        name: str,
        content_type: str,
        size: int,
        charset: str | None = None,
        content_type_extra: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name_without_folders(name), content_type, file, size, charset, content_type_extra or {})
        self.field_name = field_name


class SimpleUploadedFile(InMemoryUploadedFile):
    """An uploaded file made of a name and bytes, for tests of forms.

    Args:
        name: What the client calls the file; folders in it are left out.
        content: All of it.
        content_type: What the client claims it is.
    """

    __slots__ = ()

    def __init__(self, name: str, content: bytes | None, content_type: str = "text/plain") -> None:
        data = content or b""
        super().__init__(BytesIO(data), None, name, content_type, len(data))

    @classmethod
    def from_dict(cls, file_dict: Mapping[str, Any]) -> Self:
        """Make one of ``filename``, ``content`` and, if it is there, ``content-type``."""
        return cls(file_dict["filename"], file_dict["content"], file_dict.get("content-type", "text/plain"))


class TemporaryUploadedFile(UploadedFile):
    """An uploaded file that has a name on disk until it is closed.

    Args:
        name: What the client calls the file; not its name on disk.
        content_type: What the client claims it is.
        size: Bytes; 0 while they are still coming.
        charset: Of text, as the client claims.
        content_type_extra: Other parameters of the content type.
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        content_type: str,
        size: int,
        charset: str | None = None,
        content_type_extra: Mapping[str, str] | None = None,
    ) -> None:
        from tempfile import NamedTemporaryFile  # loading it takes 5 ms, and few forms need it

        disk: Any = NamedTemporaryFile(suffix=".upload")  # noqa: SIM115 - lives as long as the form
        super().__init__(name_without_folders(name), content_type, disk, size, charset, content_type_extra or {})

    def temporary_file_path(self) -> str:
        """Return where it lies."""
        return str(self.file.name)

    def close(self) -> None:
        """Free the space on disk; somebody may have moved the file away."""
        try:
            self.file.close()
        except FileNotFoundError:
            return


def small_files_in_memory(files: MultiDict[UploadedFile]) -> MultiDict[UploadedFile]:
    """Return the files of a form, those in memory as what code written for Django takes them for."""
    return MultiDict([(field, _of_its_class(field, file)) for field, file in files.pairs()])


class _Settled(list[Any]):
    """A list that says why it cannot be changed any more."""

    __slots__ = ()

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise AttributeError("You cannot alter upload handlers after the upload has been processed.")

    append = extend = insert = remove = pop = clear = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse


def settled(handlers: list[Any]) -> list[Any]:
    """Return the upload handlers of a form that has been read: whoever adds one then would wait for its files in vain."""
    return _Settled(handlers)


def _of_its_class(field: str, file: UploadedFile) -> UploadedFile:
    if not isinstance(file.file, BytesIO):
        return file
    kind, extra = file.content_type, file.content_type_extra
    return InMemoryUploadedFile(file.file, field, file.filename, kind, file.size, file.charset, extra)

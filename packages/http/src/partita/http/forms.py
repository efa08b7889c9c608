"""Fields and files of a request's body."""

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from types import MappingProxyType, TracebackType
from typing import IO, TYPE_CHECKING, Self

from partita.http.errors import ContentTooLarge
from partita.http.limits import Limits
from partita.http.media_types import MediaType
from partita.http.multidict import MultiDict
from partita.http.query import parse_query

if TYPE_CHECKING:
    from partita.http.multipart import MultipartParser, Part

__all__ = ("Form", "FormReader", "UploadedFile")

_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_COPY_BYTES = 65_536
_FREE_NAME = 256  # characters of a field's name and type, which honest forms stay below
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


class UploadedFile:
    """A file that came with a form; in memory while it is small, then in a temporary file that has no name.

    Args:
        filename: The last part of the name that the client gave, without folders; never use it as a path.
        content_type: What the client claims it is.
        file: Open for reading and writing.
        size: Bytes.
        charset: Of text, as the client claims.
        content_type_extra: Other parameters of the content type, which came with it.
    """

    __slots__ = ("charset", "content_type", "content_type_extra", "file", "filename", "size")

    def __init__(
        self,
        filename: str,
        content_type: str,
        file: IO[bytes],
        size: int,
        charset: str | None = None,
        content_type_extra: Mapping[str, str] = _NO_PARAMETERS,
    ) -> None:
        self.filename, self.content_type, self.file, self.size = filename, content_type, file, size
        self.charset, self.content_type_extra = charset, content_type_extra

    def __str__(self) -> str:
        return self.filename

    @property
    def name(self) -> str:
        """The same as ``filename``; set it to store the file under another name, of which folders are left out."""
        return self.filename

    @name.setter
    def name(self, value: str) -> None:
        from partita.http.multipart import name_without_folders  # only forms with files have loaded it

        self.filename = name_without_folders(value)

    def read(self, size: int | None = None) -> bytes:
        """Return the whole content, wherever the file's position is; with ``size`` the next bytes from that position."""
        if size is None:
            self.file.seek(0)
            return self.file.read()
        return self.file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Set the position."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self.file.tell()

    def readline(self, size: int = -1) -> bytes:
        """Return the rest of the line at the position."""
        return self.file.readline(size)

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(0)
        return iter(self.file)

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        return True  # an empty file is a file

    @property
    def closed(self) -> bool:
        """Whether the memory or the space on disk is free."""
        return self.file.closed

    def multiple_chunks(self, size: int = _COPY_BYTES) -> bool:
        """Tell whether `chunks` gives more than one piece."""
        return self.size > size

    def chunks(self, size: int = _COPY_BYTES) -> Iterator[bytes]:
        """Give the content from the beginning, piece by piece.

        Args:
            size: Bytes of one piece, at most.
        """
        self.file.seek(0)
        while chunk := self.file.read(size):
            yield chunk

    def close(self) -> None:
        """Free the memory or the space on disk."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<UploadedFile {self.filename!r} ({self.size} bytes)>"


class Form(MultiDict[str]):
    """The text fields of a form; its files are in ``files``."""

    __slots__ = ("files",)

    def __init__(
        self,
        fields: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        files: Mapping[str, UploadedFile] | Iterable[tuple[str, UploadedFile]] = (),
    ) -> None:
        super().__init__(fields)
        self.files: MultiDict[UploadedFile] = MultiDict(files)

    def close(self) -> None:
        """Close every file."""
        for _, file in self.files.pairs():
            file.close()


class FormReader:
    """Turns the chunks of a body into a `Form`, within the limits; does no I/O but temporary files.

    Writing those blocks for as long as the kernel takes to copy a chunk (about 20 us for 64 KiB), less than a hop to a
    thread would take.

    Args:
        media_type: Of the body.
        limits: What it refuses to go beyond.
    """

    __slots__ = (
        "_budget",
        "_count_fields",
        "_count_files",
        "_data",
        "_fields",
        "_file",
        "_files",
        "_limits",
        "_parser",
        "_part",
        "_size",
        "_size_of_part",
        "is_form",
        "is_urlencoded",
    )

    def __init__(self, media_type: MediaType, limits: Limits) -> None:
        self._limits = limits
        self._budget = limits.max_body
        self._fields: list[tuple[str, str]] = []
        self._files: list[tuple[str, UploadedFile]] = []
        self._data = bytearray()
        self._file: IO[bytes] | None = None
        self._part: Part | None = None
        self._size = self._size_of_part = self._count_fields = self._count_files = 0
        self._parser: MultipartParser | None = None
        if media_type.essence == _MULTIPART:
            from partita.http.multipart import MultipartParser as Parser  # only such forms need it

            boundary = media_type.parameters.get("boundary", "")
            self._parser = Parser(boundary, self._begin, self._more, self._end, limits.max_part_header_bytes)
        self.is_urlencoded = media_type.essence == _URLENCODED
        self.is_form = self._parser is not None or self.is_urlencoded

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            BadRequest: If they break the grammar.
            ContentTooLarge: If they break a limit.
        """
        self._size += len(chunk)
        if self._parser is None:
            if self._size > self._limits.max_body:
                raise ContentTooLarge(f"The form has more than {self._limits.max_body} bytes.")
            self._data += chunk
        elif self._size > self._limits.max_upload:
            raise ContentTooLarge(f"The form with its files has more than {self._limits.max_upload} bytes.")
        else:
            self._parser.feed(chunk)

    def finish(self) -> Form:
        """Return the form when the body has ended.

        Raises:
            BadRequest: If the body ends within a part.
        """
        if not self._size:
            return Form()  # nothing came, not even a boundary: so a program says that its form is empty
        if self._parser is None:
            return Form(parse_query(bytes(self._data), self._limits.max_fields))
        self._parser.finish()
        form = Form(self._fields, self._files)
        self._files = []
        return form

    def partial(self) -> Form:
        """Return what was complete when the reading was given up."""
        form = Form(self._fields, self._files)
        self._files = []
        return form

    def __enter__(self) -> "FormReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close what never made it into a form."""
        if self._file is not None:
            self._file.close()
        for _, file in self._files:
            file.close()

    def _begin(self, part: "Part") -> None:
        self._part, self._data, self._size_of_part = part, bytearray(), 0
        kept = len(part.name) + len(part.content_type)
        if kept > _FREE_NAME:  # a thousand of these are as much to hold as a long value
            self._budget -= kept
            if self._budget < 0:
                raise ContentTooLarge("The names of the form's fields are too long.")
        if part.filename is None:
            self._count_fields += 1
            if self._count_fields > self._limits.max_fields:
                raise ContentTooLarge(f"The form has more than {self._limits.max_fields} fields.")
        else:
            self._count_files += 1
            if self._count_files > self._limits.max_files:
                raise ContentTooLarge(f"The form has more than {self._limits.max_files} files.")
            self._file = BytesIO()

    def _more(self, data: bytes) -> None:
        self._size_of_part += len(data)
        if self._file is None:
            self._take_field(data)
        elif self._size_of_part > self._limits.max_file_size:
            raise ContentTooLarge(f"A file has more than {self._limits.max_file_size} bytes.")
        else:
            self._take_file(self._file, data)

    def _take_field(self, data: bytes) -> None:
        self._budget -= len(data)
        if self._size_of_part > self._limits.max_field_size or self._budget < 0:
            raise ContentTooLarge("The text fields of the form are too long.")
        self._data += data

    def _take_file(self, file: IO[bytes], data: bytes) -> None:
        if isinstance(file, BytesIO):
            if self._size_of_part <= self._limits.max_file_memory and len(data) <= self._budget:
                self._budget -= len(data)
            else:
                from tempfile import TemporaryFile  # loading it takes 5 ms, and few forms need it

                self._budget += len(file.getbuffer())
                disk = TemporaryFile()  # noqa: SIM115 - lives as long as the form
                disk.write(file.getbuffer())
                self._file = file = disk
        file.write(data)

    def _end(self) -> None:
        part, file = self._part, self._file
        if part is None:
            raise AssertionError("a part ended that never began")
        self._part = self._file = None
        if file is None:
            self._fields.append((part.name, self._data.decode("utf-8", "replace")))
        elif part.filename:
            file.seek(0)
            kind, charset, extra = content_type_parts(part.content_type)
            made = UploadedFile(part.filename, kind, file, self._size_of_part, charset, extra)
            self._files.append((part.name, made))
        else:
            file.close()  # a file input that nothing was chosen in


def content_type_parts(value: str) -> tuple[str, str | None, Mapping[str, str]]:
    """Return the content type of a part without parameters, its charset, and all parameters; one that cannot be read as it is."""
    if ";" not in value:
        return value, None, _NO_PARAMETERS
    from partita.http.errors import HeaderSyntaxError
    from partita.http.media_types import parse_media_type

    try:
        parsed = parse_media_type(value)
    except HeaderSyntaxError:
        return value, None, _NO_PARAMETERS
    return parsed.essence, parsed.parameters.get("charset"), parsed.parameters

"""Upload handlers: who takes the bytes of uploaded files while they come.

A request goes through its handlers in order. Each piece of a file is handed to the first; what that returns goes to the next,
until one returns None, which keeps it. When a file is complete, the first handler that returns something for it has made the file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from partita.contracts.current import find
from partita.http.drafts.incoming import open_body
from partita.http.drafts.uploaded_files import InMemoryUploadedFile, TemporaryUploadedFile
from partita.http.errors import ClientDisconnected, ContentTooLarge, HttpError
from partita.http.forms import Form, FormReader, UploadedFile, content_type_parts
from partita.http.limits import LIMITS, Limits
from partita.http.media_types import MediaType
from partita.http.upload_settings import UPLOAD_HANDLERS

if TYPE_CHECKING:
    from partita.http.multipart import Part

__all__ = (
    "FileUploadHandler",
    "MemoryFileUploadHandler",
    "SkipFile",
    "StopFutureHandlers",
    "StopUpload",
    "TemporaryFileUploadHandler",
    "UploadFileException",
    "chosen_handlers",
    "parse_with_handlers",
)


def chosen_handlers() -> "Sequence[type[FileUploadHandler]]":
    """Return the handlers that the current application's settings name: by default in memory, then on disk.

    Raises:
        ImportError: If there is none of such a name.
    """
    names = find(UPLOAD_HANDLERS) or ()
    return [_imported(name) for name in names] or [MemoryFileUploadHandler, TemporaryFileUploadHandler]


def _imported(name: str) -> "type[FileUploadHandler]":
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    try:
        found: type[FileUploadHandler] = getattr(import_module(module), attribute)
    except (AttributeError, ValueError) as error:
        raise ImportError(f"[uploads] handlers: there is no {name!r}") from error
    return found


class UploadFileException(HttpError):
    """Base of what an upload handler raises to steer the parser."""


class StopUpload(UploadFileException):
    """Raised by a handler that wants no more of this request.

    Args:
        connection_reset: Whether the rest of the body is left unread, which breaks the connection; otherwise it is read and
            dropped.
    """

    def __init__(self, connection_reset: bool = False) -> None:
        super().__init__(connection_reset)
        self.connection_reset = connection_reset

    def __str__(self) -> str:
        return f"StopUpload: {'drop the connection' if self.connection_reset else 'read the request, then stop'}"


class SkipFile(UploadFileException):
    """Raised by a handler that does not want this file."""


class StopFutureHandlers(UploadFileException):
    """Raised in `FileUploadHandler.new_file` by a handler that takes this file for itself alone."""


class FileUploadHandler:
    """Base of all handlers.

    Args:
        request: The draft whose files these are.
    """

    chunk_size = 65_536
    """Bytes of one piece, at most; the smallest of all handlers counts."""

    file_name: str = ""
    field_name: str = ""
    content_type: str = ""
    content_length: int | None = None
    charset: str | None = None
    content_type_extra: Mapping[str, str]

    def __init__(self, request: Any = None) -> None:
        self.request = request
        self.content_type_extra = {}

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, object],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> tuple[Any, Any] | None:
        """Parse the whole body instead of partita, and return fields and files; None leaves it to partita."""
        return None

    def new_file(
        self,
        field_name: str,
        file_name: str,
        content_type: str,
        content_length: int | None,
        charset: str | None = None,
        content_type_extra: Mapping[str, str] | None = None,
    ) -> None:
        """Get ready for a file.

        Raises:
            StopFutureHandlers: If the handlers behind this one shall not see it.
            SkipFile: If nobody shall.
        """
        self.field_name, self.file_name, self.content_type = field_name, file_name, content_type
        self.content_length, self.charset = content_length, charset
        self.content_type_extra = content_type_extra or {}

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Take a piece of the file.

        Args:
            raw_data: The bytes.
            start: Where in the file they stand.

        Returns:
            What the next handler gets; None if this one keeps it.
        """
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Return the file if this handler made one.

        Args:
            file_size: Bytes that came.
        """
        return None

    def upload_complete(self) -> None:
        """Learn that the whole body has come."""

    def upload_interrupted(self) -> None:
        """Learn that the client went away in the middle of the body."""


class TemporaryFileUploadHandler(FileUploadHandler):
    """Writes each file to a temporary one on disk."""

    file: TemporaryUploadedFile | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open the temporary file."""
        super().new_file(*args, **kwargs)
        self.file = TemporaryUploadedFile(self.file_name, self.content_type, 0, self.charset, self.content_type_extra)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write."""
        if self.file is not None:
            self.file.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Return the file, to be read from its beginning."""
        made, self.file = self.file, None
        if made is not None:
            made.file.flush()
            made.file.seek(0)
            made.size = file_size
        return made

    def upload_interrupted(self) -> None:
        """Remove what came of the file that is not complete."""
        if self.file is not None:
            self.file.close()


class MemoryFileUploadHandler(FileUploadHandler):
    """Keeps files in memory if the whole body is small; otherwise leaves them to the next handler."""

    activated = False
    _file: IO[bytes] | None = None
    file: TemporaryUploadedFile | None = None
    _room = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, object],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Find out how long the body will be."""
        limits = (find(LIMITS) or Limits()) if self.request is None else self.request.limits
        self.activated = 0 < content_length <= limits.max_file_memory
        self._room = limits.max_file_memory

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Take the file if the body is small.

        Raises:
            StopFutureHandlers: If it takes it.
        """
        super().new_file(*args, **kwargs)
        if self.activated:
            self._file = BytesIO()
            raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep the piece if the body is small; on disk if it is longer than it was said to be (CVE-2026-33034)."""
        file = self._file
        if file is None:
            return raw_data
        if self.file is None:
            self._room -= len(raw_data)
            if self._room < 0:
                self._file = file = self._moved_to_disk(file)
        file.write(raw_data)
        return None

    def _moved_to_disk(self, file: IO[bytes]) -> IO[bytes]:
        self.file = disk = TemporaryUploadedFile(
            self.file_name, self.content_type, 0, self.charset, self.content_type_extra
        )
        file.seek(0)
        disk.file.write(file.read())
        file.close()
        return disk.file

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Return the file if it was kept."""
        kept, self._file = self._file, None
        disk, self.file = self.file, None
        if kept is None:
            return None
        kept.flush()
        kept.seek(0)
        if disk is not None:
            disk.size = file_size
            return disk
        return InMemoryUploadedFile(
            kept, self.field_name, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra
        )


class _HandlerReader(FormReader):
    """Gives the bytes of files to handlers, within the same limits."""

    __slots__ = ("_active", "_chunk", "_counters", "_handlers", "_skipped")

    def __init__(self, media_type: MediaType, limits: Limits, handlers: Sequence[FileUploadHandler]) -> None:
        super().__init__(media_type, limits)
        self._handlers = handlers
        self._active: list[FileUploadHandler] = []
        self._counters: list[int] = []
        self._chunk = min([handler.chunk_size for handler in handlers], default=65_536)
        self._skipped = False

    def _begin(self, part: "Part") -> None:
        super()._begin(part)
        if part.filename is None:
            return
        self._file = None
        self._skipped, self._active = not part.filename, []
        if self._skipped:
            return
        kind, charset, extra = content_type_parts(part.content_type)
        try:
            for handler in self._handlers:
                self._active.append(handler)
                try:
                    handler.new_file(part.name, part.filename, kind, None, charset, extra)
                except StopFutureHandlers:
                    break
        except SkipFile:
            self._skipped = True
        self._counters = [0] * len(self._active)

    def _more(self, data: bytes) -> None:
        part = self._part
        if part is None or part.filename is None:
            super()._more(data)
            return
        self._size_of_part += len(data)
        if self._size_of_part > self._limits.max_file_size:
            raise ContentTooLarge(f"A file has more than {self._limits.max_file_size} bytes.")
        if self._skipped:
            return
        try:
            for start in range(0, len(data), self._chunk):
                self._hand_on(data[start : start + self._chunk])
        except SkipFile:
            self._skipped = True

    def _hand_on(self, piece: bytes) -> None:
        for number, handler in enumerate(self._active):
            size = len(piece)
            left = handler.receive_data_chunk(piece, self._counters[number])
            self._counters[number] += size
            if left is None:
                return
            piece = left

    def _end(self) -> None:
        part = self._part
        if part is None or part.filename is None:
            super()._end()
            return
        self._part = None
        if self._skipped:
            return
        for number, handler in enumerate(self._active):
            made = handler.file_complete(self._counters[number])
            if made is not None:
                self._files.append((part.name, made))
                return


def parse_with_handlers(draft: Any, chunks: Iterable[bytes]) -> tuple[Any, Any]:
    """Return the fields and files of a multipart body that goes through the handlers of ``draft``.

    Args:
        draft: An `HttpRequest`.
        chunks: Of the body.

    Raises:
        BadRequest: If the body cannot be read.
        ContentTooLarge: If it breaks a limit.
    """
    handlers: list[FileUploadHandler] = draft.upload_handlers
    media_type: MediaType = draft.media_type
    boundary, length = media_type.parameters.get("boundary", ""), draft.content_length or 0
    for handler in handlers:
        raw = _Replayed(chunks)
        result = handler.handle_raw_input(raw, draft.META, length, boundary, draft.encoding)
        if result is not None:
            return result
        chunks = raw.left()
    form = _parsed(draft, media_type, handlers, iter(chunks))
    return form, form.files


def _parsed(draft: Any, media_type: MediaType, handlers: Sequence[FileUploadHandler], chunks: Iterator[bytes]) -> Form:
    reader = _HandlerReader(media_type, draft.limits, handlers)
    with reader:
        try:
            for chunk in chunks:
                reader.feed(chunk)
            form = reader.finish()
        except StopUpload as stop:
            _drop_unfinished(handlers)
            if not stop.connection_reset:
                for _ in chunks:  # what the client still sends is read, so that it gets to read the answer
                    pass
            form = reader.partial()
        except ClientDisconnected:
            for handler in handlers:
                handler.upload_interrupted()
            _drop_unfinished(handlers)
            raise
        except BaseException:
            _drop_unfinished(handlers)
            raise
    for handler in handlers:
        handler.upload_complete()
    return form


def _drop_unfinished(handlers: Sequence[FileUploadHandler]) -> None:
    """Close what handlers were writing to, whatever errors hold on to them."""
    for handler in handlers:
        file = getattr(handler, "file", None)
        if file is not None and hasattr(file, "close"):
            file.close()


class _Replayed:
    """The body as a file for a handler that may want to parse it; untouched, it goes on to the next one."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._opened: IO[bytes] | None = None

    def left(self) -> Iterable[bytes]:
        """Return what nobody has read."""
        return self._chunks if self._opened is None else iter(lambda: self.read(65_536), b"")

    def __getattr__(self, name: str) -> Any:
        if self._opened is None:
            self._opened = open_body(self._chunks)  # type: ignore[arg-type]  # only iterated over
        return getattr(self._opened, name)
